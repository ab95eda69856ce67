/* The layers of the hybrid method: geometry, key schedule, order. */
#include "methods/hybrid/hybrid.h"

#include "base/error.h"
#include "base/memory.h"
#include "chaos/chaos.h"
#include "methods/hybrid/cnn.h"
#include "seal/keys.h"

#define HALF_WORDS_MAX 65536u
#define HALF_WORDS_MIN 16u

void
cnc_hybrid_geometry (guint64 length, CncHybridGeometry *geometry)
{
  const guint64 words = MAX (length / 4 + (length % 4 != 0 ? 1 : 0), 1);
  const guint64 segments = (words - 1) / (2 * HALF_WORDS_MAX) + 1;
  const guint64 half = MAX ((words - 1) / (2 * segments) + 1, HALF_WORDS_MIN);
  guint64 width = 4;

  while (width < CNC_CIPHER_MAX_SIDE && (half - 1) / width + 1 >= 2 * width)
    width *= 2;
  geometry->segments = segments;
  geometry->shape.width = (guint32) width;
  geometry->shape.height = (guint32) ((half - 1) / width + 1);
}

guint64
cnc_hybrid_padded_length (guint64 length)
{
  CncHybridGeometry geometry;

  cnc_hybrid_geometry (length, &geometry);
  return geometry.segments * 8 * geometry.shape.width * geometry.shape.height;
}

static void
make_seed (const guint8 key[32], const guint8 iv[32], guint8 seed[32])
{
  const guint8 *part = iv;
  const gsize size = 32;

  cnc_keyed_hash (key, &part, &size, 1, seed);
}

/* The permutation's state is bytes 0..23 of the chaos keystream, the logistic states follow from byte 64 on. */
static gboolean
run_permutation (const guint8 seed[32], gboolean inverse, guint8 *data, gsize length, GError **error)
{
  guint8 state[CNC_PERMUTE_STATE_BYTES];

  cnc_keystream (seed, 0, state, sizeof state);
  return cnc_permute_blocks (state, inverse, data, length, error);
}

static gboolean
run_logistic (const guint8 seed[32], guint8 *data, gsize length, GError **error)
{
  const gsize n = cnc_logistic_states (length);
  g_autofree guint8 *states = cnc_alloc (n, CNC_LOGISTIC_STATE_BYTES, "the chaotic layer", error);

  if (states == NULL)
    return FALSE;
  cnc_keystream (seed, 64, states, n * CNC_LOGISTIC_STATE_BYTES);
  cnc_logistic_xor (states, data, length);
  cnc_wipe (states, n * CNC_LOGISTIC_STATE_BYTES);
  return TRUE;
}

static gboolean
check (const guint8 *data, gsize length, GError **error)
{
  if (data != NULL && length > 0 && cnc_hybrid_padded_length (length) == length)
    return TRUE;
  g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "%zu bytes are no length that the layers work on.", length);
  return FALSE;
}

static gboolean
run (CncBackend *backend, const CncHybridKeys *keys, CncLayers layers, gboolean inverse, guint8 *data, gsize length, CncTask *task,
     GError **error)
{
  CncHybridGeometry geometry;
  guint8 chaos[32], cnn[32];
  gboolean ok = TRUE;

  if (!check (data, length, error))
    return FALSE;
  cnc_hybrid_geometry (length, &geometry);
  make_seed (keys->chaos, keys->iv, chaos);
  make_seed (keys->cnn, keys->iv, cnn);
  if (inverse && (layers & CNC_LAYER_CNN) != 0)
    ok = cnc_cnn_run (backend, &geometry, cnn, TRUE, data, task, error);
  if (ok && !inverse && (layers & CNC_LAYER_PERMUTE) != 0)
    ok = run_permutation (chaos, FALSE, data, length, error);
  if (ok && (layers & CNC_LAYER_LOGISTIC) != 0)
    ok = run_logistic (chaos, data, length, error);
  if (ok && inverse && (layers & CNC_LAYER_PERMUTE) != 0)
    ok = run_permutation (chaos, TRUE, data, length, error);
  if (ok && !inverse && (layers & CNC_LAYER_CNN) != 0)
    ok = cnc_cnn_run (backend, &geometry, cnn, FALSE, data, task, error);
  cnc_wipe (chaos, sizeof chaos);
  cnc_wipe (cnn, sizeof cnn);
  return ok;
}

gboolean
cnc_hybrid_encipher (CncBackend *backend, const CncHybridKeys *keys, CncLayers layers, guint8 *data, gsize length, CncTask *task,
                     GError **error)
{
  return run (backend, keys, layers, FALSE, data, length, task, error);
}

gboolean
cnc_hybrid_decipher (CncBackend *backend, const CncHybridKeys *keys, CncLayers layers, guint8 *data, gsize length, CncTask *task,
                     GError **error)
{
  return run (backend, keys, layers, TRUE, data, length, task, error);
}

gboolean
cnc_hybrid_half_cnn (CncBackend *backend, const CncHybridKeys *keys, guint8 *data, gsize length, CncTask *task, GError **error)
{
  CncHybridGeometry geometry;
  guint8 seed[32];
  gboolean ok;

  if (!check (data, length, error))
    return FALSE;
  cnc_hybrid_geometry (length, &geometry);
  make_seed (keys->cnn, keys->iv, seed);
  ok = cnc_cnn_run_half (backend, &geometry, seed, data, task, error);
  cnc_wipe (seed, sizeof seed);
  return ok;
}
