/* tests/unit/restore-case.h: small networks of the method "restore", made here: a cosine transform of blocks of 4 x 4 instead of trained layers, with
 * a little of their neighbours in it so that tiles have to overlap. */
#pragma once

#include "methods/restore/restore.h"

#include "nn/safetensors.h"

#include <glib/gstdio.h>
#include <math.h>

#include "nets.h"

#define RESTORE_CHANNELS 16u
#define RESTORE_DIVIDE 4u

#define RESTORE_NODES(colours)                                                                                                             \
  "{\"name\":\"s0\",\"op\":\"affine\",\"inputs\":[\"x\"],\"attributes\":{\"shift\":-0.5}},"                                                \
  "{\"name\":\"e1\",\"op\":\"conv2d\",\"inputs\":[\"s0\"],\"attributes\":{\"channels\":" colours ",\"kernel\":3,\"pad\":1,\"bias\":0}},"   \
  "{\"name\":\"e2\",\"op\":\"conv2d\",\"inputs\":[\"e1\"],\"attributes\":{\"channels\":16,\"kernel\":4,\"stride\":4,\"bias\":0}},"         \
  "{\"name\":\"features\",\"op\":\"affine\",\"inputs\":[\"e2\"],\"attributes\":{\"scale\":0.125}},"                                        \
  "{\"name\":\"sum\",\"op\":\"add\",\"inputs\":[\"features\",\"key1\"]},"                                                                  \
  "{\"name\":\"locked\",\"op\":\"wrap\",\"inputs\":[\"sum\"]},"                                                                            \
  "{\"name\":\"unlocked\",\"op\":\"subtract\",\"inputs\":[\"locked\",\"key1\"]},"                                                          \
  "{\"name\":\"plain\",\"op\":\"wrap\",\"inputs\":[\"unlocked\"]},"                                                                        \
  "{\"name\":\"pilots\",\"op\":\"slice\",\"inputs\":[\"plain\"],\"attributes\":{\"first\":15,\"channels\":1}},"                            \
  "{\"name\":\"level\",\"op\":\"multiply\",\"inputs\":[\"pilots\",\"pilots\"]},"                                                           \
  "{\"name\":\"gain\",\"op\":\"conv2d\",\"inputs\":[\"level\"],\"attributes\":{\"channels\":16,\"kernel\":1,\"activation\":\"relu\"}},"                            \
  "{\"name\":\"d0\",\"op\":\"multiply\",\"inputs\":[\"plain\",\"gain\"]},"                                                                 \
  "{\"name\":\"d1\",\"op\":\"conv2d\",\"inputs\":[\"d0\"],\"attributes\":{\"channels\":16,\"kernel\":3,\"pad\":1,\"bias\":0}},"            \
  "{\"name\":\"d2\",\"op\":\"conv_transpose2d\",\"inputs\":[\"d1\"],\"attributes\":{\"channels\":" colours                                 \
  ",\"kernel\":4,\"stride\":4,\"bias\":0}},"                                                                                               \
  "{\"name\":\"restored\",\"op\":\"affine\",\"inputs\":[\"d2\"],\"attributes\":{\"shift\":0.5}}"
#define RESTORE_MODEL(x, key, colours)                                                                                                     \
  "{\"version\":1,\"inputs\":[{\"name\":\"x\",\"channels\":" colours x "},{\"name\":\"key1\",\"channels\":16" key ",\"key\":1}],"          \
  "\"nodes\":[" RESTORE_NODES (colours) "],\"outputs\":[\"restored\"]}"
#define RESTORE_COLOUR RESTORE_MODEL ("", ",\"divide\":4", "3")
#define RESTORE_GREY RESTORE_MODEL ("", ",\"divide\":4", "1")
#define RESTORE_FIXED RESTORE_MODEL (",\"height\":28,\"width\":28", ",\"height\":7,\"width\":7", "1")

/* Row k of the transform of 4 x 4 pixels of so many colours: of grey the waves in order; of colours nine of their sum and three of each other axis. */
static inline double
restore_basis (guint colours, guint k, guint colour, guint x, guint y)
{
  static const double axes[3][3] = { { 1, 1, 1 }, { 1, -1, 0 }, { 1, 1, -2 } }, lengths[3] = { 3, 2, 6 };
  const guint axis = colours == 1 || k < 9 ? 0 : k / 3 - 2, wave = axis > 0 ? k % 3 : k, across = colours == 1 ? 4 : 3;
  const guint u = axis > 0 ? wave == 1 : wave % across, v = axis > 0 ? wave == 2 : wave / across;

  return (colours == 1 ? 1 : axes[axis][colour] / sqrt (lengths[axis])) * cos ((x + 0.5) * u * G_PI / 4) * cos ((y + 0.5) * v * G_PI / 4)
         * sqrt ((u == 0 ? 1 : 2) / 4.0) * sqrt ((v == 0 ? 1 : 2) / 4.0);
}

static inline void
restore_fill (CncNet *net, const char *name, gboolean pilots)
{
  for (guint i = 0; i < net->n_values; i++)
    {
      const CncParameter *p = &net->graph->parameters[i];
      float *w = net->values[i];
      const guint colours = p->shape.c == RESTORE_CHANNELS ? 1 : p->shape.c;

      if (strcmp (p->name, name) != 0)
        continue;
      if (strcmp (name, "e2.weight") == 0 || strcmp (name, "d2.weight") == 0)
        for (guint k = 0; k < RESTORE_CHANNELS; k++)
          for (guint c = 0; c < colours; c++)
            for (guint at = 0; at < 16; at++)
              w[(k * colours + c) * 16 + at]
                  = k < RESTORE_CHANNELS - 1 || pilots ? (float) restore_basis (colours, k % 15, c, at % 4, at / 4) : 0;
      else if (strcmp (name, "gain.weight") == 0)
        for (guint k = 0; k < RESTORE_CHANNELS; k++)
          w[k] = k == 0 ? -200 : k == 9 || k == 12 ? -400 : -16000; /* the noisier, the less of what is fine */
      else if (strcmp (name, "gain.bias") == 0)
        for (guint k = 0; k < RESTORE_CHANNELS; k++)
          w[k] = 8;
      else /* 3 x 3: itself, and a little of everything */
        for (guint at = 0; at < p->shape.n * p->shape.c * 9; at++)
          w[at] = at % 9 == 4 && at / 9 / p->shape.c == at / 9 % p->shape.c ? 1 : (float) (0.002 * sin (at));
      return;
    }
  g_assert_not_reached ();
}

/* pilots: the last channel is not 0, as it has to be. */
static inline void
restore_write (const char *path, const char *json, gboolean pilots)
{
  static const char *const names[] = { "e1.weight", "e2.weight", "gain.weight", "gain.bias", "d1.weight", "d2.weight" };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncNet) net = model_of (json, 1);
  g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new ();
  g_autoptr (GBytes) bytes = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (strstr (json, "\"e2\"") != NULL)
      restore_fill (net, names[i], pilots);
  g_assert_true (cnc_net_store (net, CNC_DTYPE_F32, writer, &error));
  bytes = cnc_safetensors_writer_finish (writer, &error);
  g_assert_true (cnc_file_replace (path, bytes, &error));
  g_assert_no_error (error);
}

/* restore (colours) and restore-mri (grey), and restore-mnist (grey, 28 x 28). */
static inline void
restore_write_all (const char *folder)
{
  static const struct
  {
    const char *name, *json;
  } models[] = { { "restore", RESTORE_COLOUR }, { "restore-mri", RESTORE_GREY }, { "restore-mnist", RESTORE_FIXED } };

  for (guint i = 0; i < G_N_ELEMENTS (models); i++)
    {
      g_autofree char *file = g_strconcat (models[i].name, ".safetensors", NULL), *path = g_build_filename (folder, file, NULL);

      restore_write (path, models[i].json, FALSE);
    }
}
