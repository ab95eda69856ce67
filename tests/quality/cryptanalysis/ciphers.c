/* tests/quality/cryptanalysis/ciphers.c: what is attacked, see cryptanalysis.h. */
#include "cryptanalysis.h"

#include "base/error.h"
#include "methods/hybrid/cnn.h"
#include "methods/hybrid/hybrid.h"
#include "common.h"
#include "seal/keys.h"

#include <string.h>

#define KEYS 6u /* of quality_keys: a seed of its own */
#define TILE 4u

const char *const ca_cipher_names[CA_N_CIPHERS] = { "logistic", "shuffle", "chaos", "cnn", "layers", "cnn-1", "cnn-2", "cnn-3", "cnn-4" };
const char *const ca_setting_names[CA_N_SETTINGS] = { "fixed", "fresh-iv", "fresh-key" };

guint32
ca_random (guint64 seed, guint64 i, guint32 below)
{
  guint64 x = seed * 0xd1342543de82ef95u + (i + 1) * 0x9e3779b97f4a7c15u; /* SplitMix64 (Steele et al. 2014) */

  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  x ^= x >> 31;
  return (guint32) (((x >> 32) * below) >> 32);
}

static void
logistic_xor (const guint8 key[32], guint8 *data, gsize size)
{
  double x = 0;

  for (guint i = 0; i < 6; i++)
    x = (x + key[i]) / 256;
  x = 0.1 + 0.8 * x;
  for (gsize i = 0; i < size; i++)
    {
      x = 3.99 * x * (1 - x);
      data[i] ^= (guint8) (x * 256);
    }
}

static void
shuffle_tiles (const guint8 key[32], guint side, guint8 *data)
{
  const guint across = side / TILE, n = across * across;
  g_autofree guint *order = g_new (guint, n);
  g_autofree guint8 *from = g_memdup2 (data, (gsize) side * side);
  guint64 seed;

  memcpy (&seed, key, sizeof seed);
  for (guint i = 0; i < n; i++)
    order[i] = i;
  for (guint i = n; i > 1; i--)
    {
      const guint k = ca_random (seed, i, i), other = order[k];

      order[k] = order[i - 1];
      order[i - 1] = other;
    }
  for (guint i = 0; i < n; i++)
    for (guint row = 0; row < TILE; row++)
      memcpy (data + (i / across * TILE + row) * side + i % across * TILE,
              from + (order[i] / across * TILE + row) * side + order[i] % across * TILE, TILE);
}

/* The first rounds of the CNN layer on one segment: A is changed by those with an even number, B by the others. */
static gboolean
some_rounds (CncBackend *backend, const CncHybridKeys *keys, guint rounds, guint8 *data, gsize size, GError **error)
{
  const guint8 *part = keys->iv;
  const gsize part_size = sizeof keys->iv, half = size / 2;
  CncHybridGeometry geometry;
  g_autofree guint32 *tables = NULL;
  CncBuffer *on_device = NULL, *halves[3] = { NULL };
  guint8 seed[32];
  gsize words;
  gboolean good;

  cnc_hybrid_geometry (size, &geometry);
  words = cnc_cipher_table_words (&geometry.shape);
  tables = g_new (guint32, words * CNC_CNN_ROUNDS);
  cnc_keyed_hash (keys->cnn, &part, &part_size, 1, seed);
  cnc_cnn_make_tables (&geometry.shape, seed, tables);
  on_device = cnc_buffer_new (backend, words * CNC_CNN_ROUNDS * 4, error);
  good = on_device != NULL && cnc_buffer_upload (backend, on_device, 0, tables, words * CNC_CNN_ROUNDS * 4, error);
  for (guint i = 0; good && i < 3; i++)
    {
      halves[i] = cnc_buffer_new (backend, half, error);
      good = halves[i] != NULL && (i == 2 || cnc_buffer_upload (backend, halves[i], 0, data + i * half, half, error));
    }
  for (guint r = 0; good && r < rounds; r++)
    {
      CncBuffer *changed = halves[r % 2];

      good = backend->table->cipher_round (backend, &geometry.shape, on_device, r * words, halves[1 - r % 2], changed, halves[2], FALSE,
                                           error);
      halves[r % 2] = halves[2];
      halves[2] = changed;
    }
  for (guint i = 0; good && i < 2; i++)
    good = cnc_buffer_download (backend, halves[i], 0, data + i * half, half, error);
  for (guint i = 0; i < 3; i++)
    cnc_buffer_free (backend, halves[i]);
  cnc_buffer_free (backend, on_device);
  return good;
}

gboolean
ca_encipher (CaCipher *cipher, guint side, const guint8 *plain, guint8 *out, GError **error)
{
  const gsize size = (gsize) side * side;
  const guint64 number = ++cipher->asked;
  CncHybridKeys keys, other;

  if (side % TILE != 0 || side < CA_MIN_SIDE || side > CA_MAX_SIDE || cnc_hybrid_padded_length (size) != size)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "%u is no side of pictures that all ciphers take; use 16, 32 or 64.", side);
      return FALSE;
    }
  quality_keys (KEYS, cipher->setting == CA_FRESH_KEY ? number : 0, &keys);
  quality_keys (KEYS, number, &other);
  if (cipher->setting == CA_FRESH_IV)
    memcpy (keys.iv, other.iv, sizeof keys.iv);
  memmove (out, plain, size);
  switch (cipher->kind)
    {
    case CA_LOGISTIC:
      logistic_xor (keys.chaos, out, size);
      return TRUE;
    case CA_SHUFFLE:
      shuffle_tiles (keys.chaos, side, out);
      return TRUE;
    case CA_CHAOS:
      return cnc_hybrid_encipher (cipher->backend, &keys, CNC_LAYER_PERMUTE | CNC_LAYER_LOGISTIC, out, size, NULL, error);
    case CA_CNN:
      return cnc_hybrid_encipher (cipher->backend, &keys, CNC_LAYER_CNN, out, size, NULL, error);
    case CA_LAYERS:
      return cnc_hybrid_encipher (cipher->backend, &keys, CNC_LAYER_ALL, out, size, NULL, error);
    default:
      return some_rounds (cipher->backend, &keys, cipher->kind - CA_ROUND1 + 1, out, size, error);
    }
}
