/* tests/quality/stream.c: ciphertext without end on standard output, for ent, rngtest and dieharder (see randomness.sh).
 *
 *   quality-stream --layer cnn|all|carrier [--seed N] [--bytes N] [--device ID]
 *
 * Under one key after another: the ciphertext of a black picture, of a landscape that differs from the one before in a single pixel, and
 * the exclusive or of the latter with the ciphertext of the same landscape with one bit changed.  cnn: the CNN layer alone; all: with
 * the chaotic layers; both with the IV held fixed within a pair.  carrier: the encrypted picture itself, from behind its header on (the
 * header has fixed bytes by design), each under a file key of its own as always.
 * The program ends when its reader goes away.
 */
#include "common.h"
#include "methods/crypt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE 512u
#define SIZE ((gsize) SIDE * SIDE)

typedef enum
{
  LAYER_CNN,
  LAYER_ALL,
  LAYER_CARRIER,
} Layer;

static CncBackend *backend;
static gint64 left = -1; /* bytes to write; -1: no end */

/* FALSE when enough is written, or nobody reads any more. */
static gboolean
put (const guint8 *data, gsize size)
{
  const gsize n = left < 0 ? size : MIN (size, (gsize) left);

  if (left > 0)
    left -= (gint64) n;
  return fwrite (data, 1, n, stdout) == n && left != 0;
}

/* The encrypted picture behind its header. */
static GByteArray *
carrier (const guint8 *plain, const CncSecret *kek)
{
  const CncFormat grey = { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  const CncEncryptParams params = { .backend = backend, .raw = TRUE };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncPicture) picture = cnc_picture_new ();
  g_autoptr (CncLock) lock = cnc_lock_new_kek (kek, &error);
  g_autoptr (CncRaster) result = NULL;
  GByteArray *out = g_byte_array_new ();
  CncHeader header;
  gsize start;

  picture->raster = lock != NULL ? cnc_raster_new (SIDE, SIDE, &grey, &error) : NULL;
  if (picture->raster == NULL)
    g_error ("%s", error->message);
  memcpy (picture->raster->data, plain, SIZE);
  result = cnc_encrypt (picture, lock, &params, &error);
  if (result == NULL || !cnc_header_read (result->data, cnc_raster_bytes (result), result->width, result->height, &header, &error))
    g_error ("%s", error->message);
  start = cnc_header_bytes (&header);
  return g_byte_array_append (out, result->data + start, (guint) (cnc_raster_bytes (result) - start));
}

static GByteArray *
layers (Layer layer, const guint8 *plain, const CncHybridKeys *keys)
{
  g_autoptr (GError) error = NULL;
  GByteArray *out = g_byte_array_new ();

  g_byte_array_append (out, plain, SIZE);
  if (!cnc_hybrid_encipher (backend, keys, layer == LAYER_CNN ? CNC_LAYER_CNN : CNC_LAYER_ALL, out->data, out->len, NULL, &error))
    g_error ("%s", error->message);
  return out;
}

static void
run (Layer layer, guint64 seed)
{
  g_autofree guint8 *black = g_malloc0 (SIZE), *photograph = g_malloc (SIZE);
  g_autoptr (GError) error = NULL;
  CncSecret *kek = cnc_secret_new_key (NULL, &error);
  gboolean more = kek != NULL;

  if (!more)
    g_error ("%s", error->message);
  quality_landscape (SIDE, 3, photograph);
  for (guint64 i = 0; more; i++)
    {
      const gsize at = quality_random (seed, i, SIZE);
      CncHybridKeys keys;
      GByteArray *c[3];

      quality_keys (seed, i, &keys);
      photograph[quality_random (seed + 1, i, SIZE)] ^= 1;
      for (guint n = 0; n < 3; n++)
        {
          const guint8 *plain = n == 0 ? black : photograph;

          if (n == 2)
            photograph[at] ^= (guint8) (1u << (i % 8));
          c[n] = layer == LAYER_CARRIER ? carrier (plain, kek) : layers (layer, plain, &keys);
        }
      photograph[at] ^= (guint8) (1u << (i % 8));
      for (guint k = 0; k < MIN (c[1]->len, c[2]->len); k++)
        c[2]->data[k] ^= c[1]->data[k];
      for (guint n = 0; n < 3; n++)
        {
          more = more && put (c[n]->data, c[n]->len);
          g_byte_array_unref (c[n]);
        }
    }
  cnc_secret_free (kek);
}

int
main (int argc, char **argv)
{
  static const char *const names[] = { "cnn", "all", "carrier" };
  g_autofree char *device = NULL, *name = NULL;
  gint64 seed = 1;
  const GOptionEntry entries[] = {
    { "layer", 0, 0, G_OPTION_ARG_STRING, &name, "cnn, all, or carrier", "NAME" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &seed, "other keys (default 1)", "N" },
    { "bytes", 0, 0, G_OPTION_ARG_INT64, &left, "stop after so many (default: never)", "N" },
    { "device", 0, 0, G_OPTION_ARG_STRING, &device, "as CNNCRYPT_DEVICE has it (default: that, else cpu)", "ID" },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_strcmp0 (name, names[i]) == 0)
      {
        backend = quality_open (device);
        run ((Layer) i, 16 * (guint64) seed + 7);
        cnc_backend_free (backend);
        return fflush (stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
      }
  g_printerr ("--layer must be cnn, all or carrier.\n");
  return 2;
}
