/* tests/quality/hide.h: what the parts of quality-hide share: one row of its table, how a row is measured, and what is done to results on
 * their way. */
#pragma once

#include "stego/stego.h"

/* A way of hiding: a mode with its low bits, and how many secrets. */
typedef struct
{
  const CncStegoMode *mode;
  CncBackend *backend; /* (nullable): of modes with a network */
  guint bits, secrets;
} HideRow;

/* Sums over n pictures.  Pictures that came back bit for bit count in exact and in nothing else: their PSNR is infinite. */
typedef struct
{
  guint n, exact;
  double psnr, luma, ssim; /* PSNR over R'G'B' and of luma (BT.601), mean SSIM of the three channels */
  double worst;            /* least PSNR */
} HideQuality;

#define HIDE_CHANGES 9u

/* Sums over the first secrets of so many covers, after one change. */
typedef struct
{
  guint tried;
  guint found, held; /* came back by what is left of the record; by the record of the unharmed picture */
  double psnr, held_psnr;
} HideSurvival;

typedef struct
{
  gboolean ok; /* everything could be done; else the reason was printed */
  guint covers;
  HideQuality cover, secrets[CNC_STEGO_MAX_SECRETS];
  HideQuality same; /* secrets of the cover's own size: nothing was scaled */
  double filled, hide_seconds, reveal_seconds;
  double rs[2], ws[2], hcf[2]; /* of results; of the covers */
  HideSurvival changes[HIDE_CHANGES];
} HideResult;

/* All pictures (CncRaster) rotated against each other, the first `covers` of them as covers, through PNG files; changed: of so many covers
 * the result is changed, too.  saved: (nullable): a folder that gets the first cover, its result and its secrets as PPM files. */
HideResult hide_measure (const HideRow *row, const GPtrArray *pictures, guint covers, guint changed, const char *saved);

/* Adds one picture; both of one size.  Returns: its PSNR. */
double hide_compare (const CncRaster *should, const CncRaster *is, HideQuality *sum);

/* Of a statistic of one channel (steganalysis.h). */
double hide_mean_of_channels (double (*of) (const guint8 *, guint, gsize, gsize), const CncRaster *raster);

/* Means. */
double hide_psnr (const HideQuality *quality);
double hide_luma (const HideQuality *quality);
double hide_ssim (const HideQuality *quality);
HideQuality hide_all_secrets (const HideResult *result);
/* Of the slot that is worst; infinity where all came back bit for bit. */
double hide_least_slot (const HideRow *row, const HideResult *result);

/* ---- what takes no network ---- */

/* A linear code in the place of the network: the 64 of a block's 192 DCT coefficients that vary most, each through a tanh whose width is
 * the best one for these very pictures, written by dither modulation as a network's features are, with the step that changes the cover to
 * cover_psnr dB.  twice: so many of them, the strongest, stand in two numbers each, whole and eightfold modulo 1, and the weakest are left out. */
HideResult hide_rival_linear (const GPtrArray *pictures, guint secrets, guint twice, double cover_psnr);

/* One secret's four high bits in the place of the cover's four low ones. */
HideResult hide_rival_low_bits (const GPtrArray *pictures);

#define HIDE_BLOCK 192u /* coefficients of a block of 8 x 8 pixels */

/* An orthonormal DCT of three orthonormal colour axes: grey, red - blue, green - magenta; x, y: where the block begins. */
void hide_read_block (const CncRaster *raster, guint x, guint y, double block[HIDE_BLOCK]);

/* ---- what everybody can read ---- */

typedef struct
{
  guint pictures;
  double bytes;                        /* of a picture */
  double chi_square, chi_square_max;   /* mean; what random bytes stay below in 95 of 100 cases */
  double key_npcr, key_uaci;           /* means, of a result and one with one bit of each key changed */
  double secret_npcr, secret_uaci;     /* ... with one pixel of a secret changed, under a new salt as every picture has its own */
  double same_npcr;                    /* ... and with the same key, which never happens */
  double npcr_min, uaci_min, uaci_max; /* of random bytes */
  guint inside, figures;               /* of chi-square, NPCR and UACI, in the limits of 5 % */
} HideValues;

/* What blocks of results say modulo the step, in 256 levels: with three secrets of a mode whose network moves all 192 coefficients. */
HideValues hide_values (const HideRow *row, double step, const GPtrArray *pictures, guint covers);

/* ---- changes ---- */

typedef enum
{
  HIDE_SAVED_AGAIN, /* nothing is lost: the control */
  HIDE_JPEG_90,
  HIDE_JPEG_75,
  HIDE_JPEG_50,
  HIDE_NOISE_2,
  HIDE_NOISE_5,
  HIDE_NOISE_10,
  HIDE_BLUR,
  HIDE_HALF,
} HideChange;

const char *hide_change_name (guint change);

/* A picture file, changed by ImageMagick (JPEG: libjpeg, 4:2:0), or with Gaussian noise of our own; rounded to 8 bits.  NULL if it cannot
 * be done here. png: the file; folder: for files in between.  Returns: (transfer full) */
CncRaster *hide_change (const char *png, const char *folder, guint change) G_GNUC_WARN_UNUSED_RESULT;

/* Ends the program where a file cannot be written. */
void hide_write_ppm (const char *name, const CncRaster *raster);
