/* core/measure/statistics.h: the statistics by which papers on picture encryption judge a ciphertext, and what random bytes would give.
 *
 * They are necessary, never sufficient: a cipher that passes them all may still be broken.  A plane is bytes, row-major, one a pixel; where a
 * step is given, that many bytes lie from one pixel to the next (3: one channel of RGB).
 * The limits are those of Wu, Noonan, Agaian, "NPCR and UACI randomness tests for image encryption", 2011, with 256 levels; for the
 * entropy, see CncRandomLimits.  Thread-safety: safe.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CNC_LEVELS 256u

/* Adds size samples to what count holds. */
void cnc_statistics_histogram (const guint8 *data, guint step, gsize size, guint64 count[CNC_LEVELS]);

/* Of a histogram of at least one sample. */
double cnc_histogram_entropy (const guint64 count[CNC_LEVELS]);
double cnc_histogram_chi_square (const guint64 count[CNC_LEVELS]);

/* size >= 1 in both of these. */
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

/* The same while it is counted: all sums stay exact.  Zero-initialised before use. */
typedef struct
{
  guint64 size;
  guint64 by_difference[CNC_LEVELS]; /* absolute */
  guint64 by_xor[CNC_LEVELS];
} CncDifferenceCount;

void cnc_difference_add (CncDifferenceCount *sum, const guint8 *a, const guint8 *b, gsize size);
CncDifference cnc_difference_of (const CncDifferenceCount *sum); /* of at least one byte */

CncDifference cnc_statistics_difference (const guint8 *a, const guint8 *b, gsize size);

/* Peak 255, in dB; infinity for mse 0. */
double cnc_statistics_psnr (double mse);

typedef enum
{
  CNC_NEIGHBOUR_HORIZONTAL, /* a pixel and the one right of it */
  CNC_NEIGHBOUR_VERTICAL,   /* ... below it */
  CNC_NEIGHBOUR_DIAGONAL,   /* ... below and right of it */
} CncNeighbour;

#define CNC_PAIRS (CNC_LEVELS * CNC_LEVELS)

/* Adds the pairs whose first pixel lies in rows first..end - 1: pairs[256 * value + value of the neighbour]. */
void cnc_statistics_pairs (const guint8 *plane, guint step, gsize width, gsize height, gsize first, gsize end, CncNeighbour neighbour,
                           guint32 *pairs);

/* How many pairs a plane has. */
guint64 cnc_statistics_n_pairs (gsize width, gsize height, CncNeighbour neighbour);

/* Pearson's correlation of counted pairs, -1..1; NAN where one side is constant or there is no pair. */
double cnc_pairs_correlation (const guint32 *pairs);

/* The same over all pairs of a plane, 0 in place of NAN. */
double cnc_statistics_correlation (const guint8 *plane, gsize width, gsize height, CncNeighbour neighbour);

/* How often truly random bytes lie outside of a limit. */
typedef enum
{
  CNC_OUTSIDE_5_PERCENT,
  CNC_OUTSIDE_1_PERCENT,
  CNC_OUTSIDE_1_PER_MILLE,
} CncOutside;

/* The normal distribution's two-sided quantile: 1.96 for 5 %. */
double cnc_statistics_deviations (CncOutside outside);

/* Where independent, uniformly random bytes lie in all other cases. */
typedef struct
{
  double npcr_min;           /* one-sided */
  double uaci_min, uaci_max; /* two-sided */
  double chi_square_max;     /* one-sided */
  double entropy_mean;       /* 8 - 255 / (2 size ln 2) */
  double entropy_min;        /* one-sided; 2 size ln 2 (8 - entropy) is distributed like chi-square with 255 degrees of freedom (Miller 1955) */
} CncRandomLimits;

/* size: bytes; the approximations are good from about 4096 on. */
void cnc_statistics_random_limits (gsize size, CncOutside outside, CncRandomLimits *limits);

G_END_DECLS
