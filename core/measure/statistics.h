/* core/measure/statistics.h: the statistics by which papers on picture encryption judge a ciphertext, and what random bytes would give.
 *
 * They are necessary, never sufficient: a cipher that passes them all may still be broken.  A plane is bytes, row-major, one a pixel.
 * The limits are those of Wu, Noonan, Agaian, "NPCR and UACI randomness tests for image encryption", 2011, with 256 levels; for the
 * entropy, see CncRandomLimits.  Thread-safety: safe.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* size >= 1 in all of these. */
double cnc_statistics_entropy (const guint8 *data, gsize size);    /* Shannon, bits a byte, 0..8 */
double cnc_statistics_chi_square (const guint8 *data, gsize size); /* of the histogram against the flat one; 255 degrees of freedom */

/* Two planes of the same size. */
typedef struct
{
  double npcr; /* share of bytes that differ, 0..1 */
  double uaci; /* mean absolute difference / 255, 0..1 */
  double bits; /* share of bits that differ, 0..1 */
  double mse;  /* mean squared difference */
} CncDifference;

CncDifference cnc_statistics_difference (const guint8 *a, const guint8 *b, gsize size);

/* Peak 255, in dB; infinity for mse 0. */
double cnc_statistics_psnr (double mse);

typedef enum
{
  CNC_NEIGHBOUR_HORIZONTAL, /* a pixel and the one right of it */
  CNC_NEIGHBOUR_VERTICAL,   /* ... below it */
  CNC_NEIGHBOUR_DIAGONAL,   /* ... below and right of it */
} CncNeighbour;

/* Pearson's correlation over all such pairs, -1..1; 0 where one side is constant or there is no pair. */
double cnc_statistics_correlation (const guint8 *plane, gsize width, gsize height, CncNeighbour neighbour);

/* Where independent, uniformly random bytes lie in 95 of 100 cases. */
typedef struct
{
  double npcr_min;             /* one-sided */
  double uaci_min, uaci_max;   /* two-sided */
  double chi_square_max;       /* one-sided */
  double entropy_mean;         /* 8 - 255 / (2 size ln 2) */
  double entropy_min;          /* one-sided; 2 size ln 2 (8 - entropy) is distributed like chi-square with 255 degrees of freedom (Miller 1955) */
} CncRandomLimits;

/* size: bytes; the approximations are good from about 4096 on. */
void cnc_statistics_random_limits (gsize size, CncRandomLimits *limits);

G_END_DECLS
