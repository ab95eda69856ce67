/* tests/unit/network-case.h: a small network that hides, and what each of its numbers has to be, computed here.
 *
 * It has a transform of the secret's blocks instead of trained layers: four by four frequencies of the sum of the colours.
 */
#pragma once

#include "stego/network.h"

#include "nn/safetensors.h"
#include "stego-case.h"

#include <glib/gstdio.h>

#include "nets.h"

#define D 16u        /* channels of features */
#define SLOTS 3u     /* one for each axis of colours */
#define STEP 15.0    /* 255 / 17 */
#define DAMP 0.03125 /* of the features */

/* Three slots of 16 channels, one for each axis; and (robust) one of the colours' difference, with wider steps. */
#define CONV(name, in, channels)                                                                                                           \
  "{\"name\":\"" name "\",\"op\":\"conv2d\",\"inputs\":[\"" in "\"],\"attributes\":{\"channels\":" channels                                \
  ",\"kernel\":8,\"stride\":8,\"bias\":0}}"
#define GROW(name, in)                                                                                                                     \
  "{\"name\":\"" name "\",\"op\":\"conv_transpose2d\",\"inputs\":[\"" in                                                                   \
  "\"],\"attributes\":{\"channels\":3,\"kernel\":8,\"stride\":8,\"bias\":0}}"
#define SCALE(name, in, by) "{\"name\":\"" name "\",\"op\":\"affine\",\"inputs\":[\"" in "\"],\"attributes\":{\"scale\":" by "}}"
#define OF(name, op, in) "{\"name\":\"" name "\",\"op\":\"" op "\",\"inputs\":[" in "]}"
#define KEY(name) "{\"name\":\"" name "\",\"channels\":16,\"divide\":8,\"key\":1}"
#define HIDE(inputs, message, channels, up, down, rest, output)                                                                                                                                                                           \
  "{\"version\":1,\"inputs\":[{\"name\":\"cover\",\"channels\":3},{\"name\":\"secret\",\"channels\":3}," inputs                                                                                                                           \
  "],\"nodes\":[" CONV ("prepared", "secret", "16") "," SCALE ("features", "prepared", "0.03125") "," OF (                                                                                                                                \
      "sum1", "add",                                                                                                                                                                                                                      \
      "\"features\",\"key1\"") "," message ","                                                                                                                                                                                            \
                               "{\"name\":\"carrier\",\"op\":\"clamp\",\"inputs\":[\"cover\"],\"attributes\":{\"low\":0.1,\"high\":0.9}}"                                                                                                 \
                               "," CONV ("blocks", "carrier", channels) "," SCALE ("spectrum", "blocks", up) "," OF ("apart", "subtract", "\"message\",\"spectrum\"") "," OF ("nearest", "wrap", "\"apart\"") "," SCALE (                 \
                                   "moved", "nearest",                                                                                                                                                                                    \
                                   down) "," GROW ("change",                                                                                                                                                                              \
                                                   "moved") "," OF ("sum", "add",                                                                                                                                                         \
                                                                    "\"carrier\",\"change\"") "," OF ("stego", "round8",                                                                                                                  \
                                                                                                      "\"sum\"") "," CONV ("read1",                                                                                                       \
                                                                                                                           "stego",                                                                                                       \
                                                                                                                           "16") "," SCALE ("said1",                                                                                      \
                                                                                                                                            "read1",                                                                                      \
                                                                                                                                            up) "," OF ("locked1",                                                                        \
                                                                                                                                                        "subtract",                                                                       \
                                                                                                                                                        "\"said1\",\"key1\"") "," OF ("plain",                                            \
                                                                                                                                                                                      "wrap",                                             \
                                                                                                                                                                                      "\"locked1\"") "," rest                             \
                                                                                                                                                                                                     "],\"outputs\":[\"stego\",\"" output \
                                                                                                                                                                                                     "\"]}"
#define HIDE_GRAPH                                                                                                                         \
  HIDE (KEY ("key1") "," KEY ("key2") "," KEY ("key3"),                                                                                    \
        OF ("carried1", "wrap", "\"sum1\"") "," OF ("message", "concat", "\"carried1\",\"key2\",\"key3\""), "48", "17",                    \
        "0.058823529411764705", SCALE ("loud", "plain", "32") "," GROW ("revealed", "loud"), "revealed")
/* Bits: 1/4 and -1/4. */
#define ROBUST_GRAPH                                                                                                                       \
  HIDE (KEY ("key1"), OF ("message", "wrap", "\"sum1\""), "16", "5.1", "0.19607843137254902",                                              \
        SCALE ("told", "plain",                                                                                                            \
               "3.6") ",{\"name\":\"soft\",\"op\":\"clamp\",\"inputs\":[\"told\"],\"attributes\":{\"low\":-0.9,\"high\":0.9}}",            \
        "soft")
#define ROBUST_AXIS 1u

/* Row k of axis a: the frequency (k % 4, k / 4) of an 8 x 8 block of colours along that axis. */
static inline double
basis (guint axis, guint k, guint colour, guint x, guint y)
{
  static const double axes[3][3] = { { 1, 1, 1 }, { 1, -1, 0 }, { 1, 1, -2 } }, lengths[3] = { 3, 2, 6 };
  const guint u = k % 4, v = k / 4;

  return axes[axis][colour] / sqrt (lengths[axis]) * cos ((x + 0.5) * u * G_PI / 8) * cos ((y + 0.5) * v * G_PI / 8)
         * sqrt ((u == 0 ? 1 : 2) / 8.0) * sqrt ((v == 0 ? 1 : 2) / 8.0);
}

static inline void
fill_rows (CncNet *net, const char *name, guint axis, guint rows)
{
  for (guint i = 0; i < net->n_values; i++)
    if (strcmp (net->graph->parameters[i].name, name) == 0)
      {
        for (guint r = 0; r < rows; r++)
          for (guint c = 0; c < 3; c++)
            for (guint at = 0; at < 64; at++)
              net->values[i][(r * 3 + c) * 64 + at] = (float) basis (axis + r / D, r % D, c, at % 8, at / 8);
        return;
      }
}

/* The model that the JSON describes, as a file.  axis: of the first slot; loudness: of one number of the transform, 1 for a good one. */
static inline void
write_model (const char *path, const char *json, guint axis, double loudness)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncNet) net = model_of (json, 1);
  g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new ();
  g_autoptr (GBytes) bytes = NULL;
  const guint value = cnc_graph_value (net->graph, "spectrum"),
              channels = value != CNC_NO_VALUE ? cnc_graph_channels (net->graph, value) : D;

  fill_rows (net, "prepared.weight", 0, D);
  fill_rows (net, "blocks.weight", axis, channels);
  fill_rows (net, "change.weight", axis, channels);
  fill_rows (net, "read1.weight", axis, D);
  fill_rows (net, "revealed.weight", 0, D);
  for (guint i = 0; i < net->n_values; i++)
    if (strcmp (net->graph->parameters[i].name, "blocks.weight") == 0)
      net->values[i][0] *= (float) loudness;
  g_assert_true (cnc_net_store (net, CNC_DTYPE_F32, writer, &error));
  bytes = cnc_safetensors_writer_finish (writer, &error);
  g_assert_true (cnc_file_replace (path, bytes, &error));
  g_assert_no_error (error);
}

static inline const CncStegoMode *
cnn (void)
{
  return cnc_stego_mode_by_id ("cnn", NULL);
}

static inline CncNetwork *
network (void)
{
  g_autoptr (GError) error = NULL;
  CncNetwork *n = cnc_network_find (cnn (), NULL, &error);

  g_assert_no_error (error);
  return n;
}

static inline CncSecret *
slot_key (guint8 seed)
{
  g_autoptr (CncSecret) kek = case_key (seed);

  return cnc_stego_slot_key (kek, NULL);
}

/* ---- computed here ---- */

#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define QUARTER(a, b, c, d)                                                                                                                \
  (a += b, d = ROTATE (d ^ a, 16), c += d, b = ROTATE (b ^ c, 12), a += b, d = ROTATE (d ^ a, 8), c += d, b = ROTATE (b ^ c, 7))

/* Word i of ChaCha20's keystream with a nonce of 8 zeros (RFC 7539 section 2.3, the counter of 64 bits). */
static inline guint32
chacha (const guint8 key[32], guint64 i)
{
  guint32 in[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 }, s[16];

  for (guint k = 0; k < 8; k++)
    in[4 + k] = cnc_get_u32 (key + 4 * k);
  in[12] = (guint32) (i / 16);
  in[13] = (guint32) (i / 16 >> 32);
  memcpy (s, in, sizeof s);
  for (guint round = 0; round < 10; round++)
    {
      QUARTER (s[0], s[4], s[8], s[12]);
      QUARTER (s[1], s[5], s[9], s[13]);
      QUARTER (s[2], s[6], s[10], s[14]);
      QUARTER (s[3], s[7], s[11], s[15]);
      QUARTER (s[0], s[5], s[10], s[15]);
      QUARTER (s[1], s[6], s[11], s[12]);
      QUARTER (s[2], s[7], s[8], s[13]);
      QUARTER (s[3], s[4], s[9], s[14]);
    }
  return s[i % 16] + in[i % 16];
}

static inline double
key_number (const guint8 seed[32], guint64 i)
{
  return (chacha (seed, i) >> 8) / 16777216.0 - 0.5;
}

static inline double
wrapped (double x)
{
  return x - floor (x + 0.5);
}

/* What block (x, y) of the picture has along a row of the transform, in steps of 1 / 255 of a sample. */
static inline double
coefficient (const CncRaster *picture, guint axis, guint k, guint32 x, guint32 y)
{
  double sum = 0;

  for (guint c = 0; c < 3; c++)
    for (guint at = 0; at < 64; at++)
      sum += basis (axis, k, c, at % 8, at / 8) * picture->data[((gsize) (8 * y + at / 8) * picture->width + 8 * x + at % 8) * 3 + c];
  return sum;
}

typedef struct
{
  double off;         /* root of the mean square of what is read from what was meant */
  double correlation; /* of what the key opens with the features */
} Reading;

/* The numbers of a slot, along its axis, in the result beside the features of the secret under the key, all computed here. */
static inline Reading
read_slot (const CncRaster *result, const CncRaster *secret, guint axis, double step, const CncSecret *key)
{
  const guint32 columns = result->width / 8, rows = result->height / 8;
  g_autoptr (CncRaster) scaled = cnc_rgb_scale (secret, 8 * columns, 8 * rows, NULL, NULL);
  const double n = (double) D * columns * rows;
  double squares = 0, a = 0, b = 0, aa = 0, bb = 0, ab = 0;
  guint8 seed[CNC_KEY_BYTES];
  gsize i = 0;

  cnc_subkey (key, CNC_SUBKEY_SLOT_FEATURES, seed);
  for (guint k = 0; k < D; k++)
    for (guint32 y = 0; y < rows; y++)
      for (guint32 x = 0; x < columns; x++, i++)
        {
          const double feature = coefficient (scaled, 0, k, x, y) / 255 * DAMP, number = key_number (seed, i),
                       said = coefficient (result, axis, k, x, y) / step, plain = wrapped (said - number);

          squares += wrapped (said - feature - number) * wrapped (said - feature - number);
          a += feature;
          b += plain;
          aa += feature * feature;
          bb += plain * plain;
          ab += feature * plain;
        }
  return (Reading){ sqrt (squares / n), (ab - a * b / n) / sqrt ((aa - a * a / n) * (bb - b * b / n)) };
}

/* ---- where the models are ---- */

static char *folder, *model_path;

/* A folder with the model of mode cnn, for CNNCRYPT_MODEL_PATH. */
static inline void
models_make (void)
{
  folder = g_dir_make_tmp ("test-network-XXXXXX", NULL);
  model_path = g_build_filename (folder, "hide.safetensors", NULL);
  write_model (model_path, HIDE_GRAPH, 0, 1);
  g_setenv ("CNNCRYPT_MODEL_PATH", folder, TRUE);
}

static inline void
models_remove (void)
{
  g_unlink (model_path);
  g_rmdir (folder);
  g_free (model_path);
  g_free (folder);
}

static inline char *
replaced (const char *text, const char *from, const char *to)
{
  g_auto (GStrv) parts = g_strsplit (text, from, -1);

  g_assert_cmpuint (g_strv_length (parts), >, 1);
  return g_strjoinv (to, parts);
}
