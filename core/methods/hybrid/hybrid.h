/* core/methods/hybrid/hybrid.h: the lossless layers of "Chaos + CNN" (System 1, repaired): block repositioning, logistic-map keystream,
 * integer CNN cipher.  They work on the packed picture as bytes, inside the seal, and can be run alone by tests and benchmarks.
 *
 * Geometry (format.md, "The layered payload"): the payload is padded with zeros to k segments of two halves of height * width words.
 * Thread-safety: safe, as far as the backend is.
 */
#pragma once

#include "base/task.h"
#include "nn/backend.h"

G_BEGIN_DECLS

typedef enum
{
  CNC_LAYER_PERMUTE = 1 << 0,
  CNC_LAYER_LOGISTIC = 1 << 1,
  CNC_LAYER_CNN = 1 << 2,
  CNC_LAYER_ALL = 7,
} CncLayers;

#define CNC_CNN_ROUNDS 10u

typedef struct
{
  guint8 chaos[32]; /* subkey */
  guint8 cnn[32];   /* subkey */
  guint8 iv[32];
} CncHybridKeys;

typedef struct
{
  CncCipherShape shape;
  guint64 segments; /* k >= 1 */
} CncHybridGeometry;

/* length: bytes of the packed picture, >= 1. */
void cnc_hybrid_geometry (guint64 length, CncHybridGeometry *geometry);
/* segments * 2 * width * height * 4; at least length. */
guint64 cnc_hybrid_padded_length (guint64 length);

/* data: length bytes, where length is a padded length (cnc_hybrid_padded_length (length) == length); changed in place.
 * backend: used by CNC_LAYER_CNN only; may be NULL without it.
 * On an error (NO_MEMORY, GPU_MEMORY, GPU_LOST, CANCELLED) data is undefined: keep what it was made from. */
gboolean cnc_hybrid_encipher (CncBackend *backend, const CncHybridKeys *keys, CncLayers layers, guint8 *data, gsize length,
                              CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean cnc_hybrid_decipher (CncBackend *backend, const CncHybridKeys *keys, CncLayers layers, guint8 *data, gsize length,
                              CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The CNN layer alone, with the first half of its rounds: for looking into it.  As cnc_hybrid_encipher. */
gboolean cnc_hybrid_half_cnn (CncBackend *backend, const CncHybridKeys *keys, guint8 *data, gsize length, CncTask *task,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
