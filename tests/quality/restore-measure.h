/* tests/quality/restore-measure.h: the parts of restore-measure. */
#pragma once

#include "picture/picture.h"
#include "seal/keys.h"

typedef struct
{
  char *model; /* NULL: the usual one */
  const char *key;
  int levels;       /* of method share; 0: method restore */
  int longest_side; /* 0: any */
  gboolean wrong;
  guint32 seed;
  double noise; /* times the numbers' own deviation */
  int limit;
} MeasureOptions;

/* Ends the program with the words on stdout. */
void measure_check (const GError *error);
CncSecret *measure_key (const char *text);
CncPicture *measure_picture (const char *path);

/* Of mean 0 and deviation 1; of that mean. */
double measure_gaussian (GRand *rand);
double measure_poisson (GRand *rand, double mean);

/* dB, at most 99.  Of a grey picture both are of grey; the other one's luma stands for it. */
typedef struct
{
  double psnr, luma;
  double ssim;   /* Gaussian window of 11 (core/measure) */
  double simple; /* flat window of 3, as scikit-image has it with win_size=3 */
  double floats; /* the same of a range of 2, which scikit-image 0.19 takes for floats unless told */
} MeasureQuality;

/* before: RGB; after: RGB or grey; of one size. */
void measure_quality (const CncRaster *before, const CncRaster *after, MeasureQuality *quality);

/* Entropy, chi-square and correlation of neighbours beside what random bytes have; TRUE if none is outside of 99 of 100 cases. */
gboolean measure_body (const char *name, const guint8 *body, gsize width, gsize height);

/* What one bit of the chaos key, or one pixel, changes in the body, with the keystream as it is. */
gboolean measure_chaos (const MeasureOptions *options, const char *path);

void measure_ring (const MeasureOptions *options, int n, char **paths);
