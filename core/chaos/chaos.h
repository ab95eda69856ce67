/* core/chaos/chaos.h: the chaotic layers of System 1 (Subhashini et al., "Image Encryption using CNN"): block repositioning and
 * a logistic-map keystream, in fixed point so that they are the same on every machine.
 *
 * Neither layer is what secrecy rests on.  State is derived by the caller from a subkey (core/chaos draws no randomness).
 * The choice of precision, period and output bits is explained in chaos.c.
 * Thread-safety: safe.
 */
#pragma once

#include "base/task.h"

G_BEGIN_DECLS

#define CNC_LOGISTIC_CHUNK_BYTES 65536u /* each chunk has a state of its own, so chunks run on all cores */
#define CNC_LOGISTIC_STATE_BYTES 24u    /* x0, Weyl start, Weyl step: u64 little-endian each; any bytes will do */
#define CNC_PERMUTE_BLOCK_BYTES 64u
#define CNC_PERMUTE_STATE_BYTES 24u

/* How many logistic states a buffer of that size takes. */
gsize cnc_logistic_states (gsize size);

/* data ^= keystream; its own inverse.  states: cnc_logistic_states (size) times CNC_LOGISTIC_STATE_BYTES. */
void cnc_logistic_xor (const guint8 *states, guint8 *data, gsize size);

/* Moves the whole blocks of data by a permutation drawn from a logistic-map sequence (Fisher-Yates); a shorter last block
 * stays where it is.  Errors: NO_MEMORY (4 bytes a block). */
gboolean cnc_permute_blocks (const guint8 state[CNC_PERMUTE_STATE_BYTES], gboolean inverse, guint8 *data, gsize size,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
