/* core/stego/lattice.h: bits in two coefficients of every 8 x 8 block of a picture, by dither modulation (format.md).
 *
 * Chen and Wornell, "Quantization Index Modulation", IEEE Trans. Inf. Theory 47 (2001); moved a part of the way only, which bears more noise at
 * the same cost (Eggers, Bäuml, Tzschoppe and Girod, "Scalar Costa Scheme for Information Embedding", IEEE Trans. Signal Processing 51, 2003).
 * The coefficients are (1,2) and (2,1) of the orthonormal DCT of (R+G+B)/sqrt(3); only whole blocks count.  Which bit a block carries follows
 * from its place alone, counted from the top left, so that a part of a picture still tells from where it is.
 * Pixels: row-major opaque RGB8.  Thread-safety: safe.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CNC_LATTICE_BITS 2676u               /* two to a block; then they come again */
#define CNC_LATTICE_BLOCKS (CNC_LATTICE_BITS / 2) /* 1338 */
#define CNC_LATTICE_STEP 80.0f               /* of the coefficients; a bit is half of it away from the other */
#define CNC_LATTICE_GAINS 3u                 /* what blur may have left of the coefficients, that is tried */

/* Where blocks begin, and the number of the first one. */
typedef struct
{
  guint x; /* 0..7 */
  guint y;
  guint first; /* 0..CNC_LATTICE_BLOCKS - 1 */
} CncLatticeOrigin;

typedef struct
{
  float soft[CNC_LATTICE_GAINS][CNC_LATTICE_BITS]; /* above zero: speaks for 0 */
  double presence; /* how surely values stand on a lattice: in standard deviations of what other pictures give */
} CncLatticeReading;

/* Above this, something was written: other pictures come there once in 10^12. */
#define CNC_LATTICE_PRESENT 7.0
#define CNC_LATTICE_PRESENT_ELSEWHERE 8.5 /* 64 * CNC_LATTICE_BLOCKS origins are tried */

/* bits: CNC_LATTICE_BITS of 0 or 1. */
void cnc_lattice_write (guint8 *pixels, guint32 width, guint32 height, const guint8 *bits);

/* Error: NO_MEMORY. */
gboolean cnc_lattice_read (const guint8 *pixels, guint32 width, guint32 height, const CncLatticeOrigin *origin, CncLatticeReading *reading,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Looks in the middle of the picture for blocks that begin anywhere: it was cropped.  found: (out) whether there are some, and origin is set.
 * Error: NO_MEMORY. */
gboolean cnc_lattice_search (const guint8 *pixels, guint32 width, guint32 height, CncLatticeOrigin *origin, gboolean *found, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
