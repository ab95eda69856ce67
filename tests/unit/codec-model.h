/* tests/unit/codec-model.h: a small model for the method "autoencoder", with random weights and made-up tables: it keeps the picture badly, and obeys every rule. */
#pragma once

#include "methods/autoencoder/model.h"
#include "nets.h"

#include <glib/gstdio.h>

#define CODEC_MODEL_CHANNELS 5u
#define CODEC_MODEL_GRAPH                                                                                                                                             \
  "{\"version\":1,\"inputs\":[{\"name\":\"x\",\"channels\":3}],\"nodes\":["                                                                                            \
  NODE ("e1", "conv2d", "\"x\"", "\"channels\":6,\"kernel\":5,\"stride\":2,\"pad\":2,\"activation\":\"leaky_relu\",\"slope\":0.1") ","                                  \
  NODE ("e2", "conv2d", "\"e1\"", "\"channels\":5,\"kernel\":5,\"stride\":2,\"pad\":2") ","                                                                            \
  NODE ("e3", "affine", "\"e2\"", "\"scale\":8") ","                                                                                                                   \
  PLAIN ("z", "quantise", "\"e3\"") ","                                                                                                                               \
  NODE ("d1", "affine", "\"z\"", "\"scale\":0.125") ","                                                                                                                \
  NODE ("d2", "conv2d", "\"d1\"", "\"channels\":48,\"kernel\":3,\"pad\":1") ","                                                                                        \
  NODE ("y", "pixel_shuffle", "\"d2\"", "\"factor\":4") "],\"outputs\":[\"y\"],\"latent\":\"z\"}"

static inline CncLatentTables *
codec_model_tables (guint channels)
{
  CncLatentTables *t = cnc_latent_tables_new (channels, NULL);
  const guint row = CNC_LATENT_OWN + channels;

  for (guint c = 0; c < channels; c++)
    {
      t->mean[c * row] = 1500;
      t->mean[c * row + 1] = 1400;
      t->mean[c * row + CNC_LATENT_NEAR] = 900 - 700 * (gint32) c;
      for (guint i = 0; i < CNC_LATENT_OWN + c; i++)
        t->spread[c * row + i] = i == CNC_LATENT_NEAR ? 31 : 1000 + 100 * (gint32) i;
      if (c > 0)
        t->mean[c * row + CNC_LATENT_OWN] = -333;
      for (guint k = 0; k < CNC_LATENT_CONTEXTS - 1; k++)
        t->limits[c * (CNC_LATENT_CONTEXTS - 1) + k] = (gint32) (800 * k * k);
      for (guint k = 0; k < CNC_LATENT_CONTEXTS; k++)
        {
          guint32 *starts = t->starts + (c * CNC_LATENT_CONTEXTS + k) * (CNC_LATENT_SYMBOLS + 1);
          guint32 total = 0;

          for (guint s = 0; s < CNC_LATENT_SYMBOLS; s++)
            {
              starts[s] = total;
              total += s == CNC_LATENT_ESCAPE ? 65536 - total : 1 + 6000 / (1 + (guint32) ABS ((gint) s - CNC_LATENT_SMALL) * (16 - k));
            }
          starts[CNC_LATENT_SYMBOLS] = total;
        }
    }
  return t;
}

/* The bytes of the model file. */
static inline GBytes *
codec_model_bytes (guint32 seed)
{
  g_autoptr (CncNet) net = model_of (CODEC_MODEL_GRAPH, seed);
  g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new ();
  g_autoptr (CncLatentTables) tables = codec_model_tables (CODEC_MODEL_CHANNELS);
  GBytes *bytes;

  g_assert_true (cnc_net_store (net, CNC_DTYPE_F32, writer, NULL));
  g_assert_true (cnc_latent_tables_store (tables, writer, NULL));
  bytes = cnc_safetensors_writer_finish (writer, NULL);
  g_assert_nonnull (bytes);
  return bytes;
}

/* Writes NAME.safetensors into a new folder, which becomes the only one where models are looked for besides the installed ones.  Returns the folder. */
static inline char *
codec_model_install (const char *name, guint32 seed)
{
  char *folder = g_dir_make_tmp ("cnncrypt-models-XXXXXX", NULL);
  g_autofree char *path = g_strdup_printf ("%s/%s.safetensors", folder, name);
  g_autoptr (GBytes) bytes = codec_model_bytes (seed);

  g_assert_true (cnc_file_replace (path, bytes, NULL));
  g_setenv ("CNNCRYPT_MODEL_PATH", folder, TRUE);
  return folder;
}

static inline void
codec_model_remove (const char *folder, const char *name)
{
  g_autofree char *path = g_strdup_printf ("%s/%s.safetensors", folder, name);

  g_unlink (path);
  g_rmdir (folder);
  g_unsetenv ("CNNCRYPT_MODEL_PATH");
}
