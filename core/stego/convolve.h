/* core/stego/convolve.h: the convolutional code of constraint length 15 and rate 1/6, and its decoder for soft decisions.
 *
 * The code is the one of Cassini and Mars Pathfinder (Dolinar, "A new code for Galileo", TDA Progress Report 42-93, 1988, where such codes were
 * searched; polynomials as in libfec's fec.h), without inverted symbols; free distance 56.  Decoded by Viterbi's algorithm (IEEE Trans. Inf.
 * Theory 13, 1967).  Thread-safety: safe.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CNC_CONVOLVE_MEMORY 14u
#define CNC_CONVOLVE_RATE 6u
/* Coded bits of so many bytes: the register is brought back to zero after them. */
#define CNC_CONVOLVE_BITS(bytes) ((8u * (bytes) + CNC_CONVOLVE_MEMORY) * CNC_CONVOLVE_RATE)

/* bytes: the lowest bit of each goes first.  coded: CNC_CONVOLVE_BITS (size) of 0 or 1. */
void cnc_convolve (const guint8 *bytes, gsize size, guint8 *coded);

/* soft: CNC_CONVOLVE_BITS (size) of how much speaks for 0 (above zero) or 1 (below); zero for a bit that nothing is known of.  The likeliest
 * size bytes.  Error: NO_MEMORY. */
gboolean cnc_convolve_decode (const float *soft, gsize size, guint8 *bytes, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
