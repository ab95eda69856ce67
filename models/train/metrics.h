/* models/train/metrics.h: how alike two 8-bit pictures are.  Thread-safety: safe. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  double mse;    /* of values in [0, 1], all channels alike */
  double psnr;   /* dB, from mse; 99 where the pictures are equal */
  double psnr_y; /* of luma (ITU-R BT.601, as JPEG has it) */
  double correlation; /* Pearson's, mean over channels; 0 for a channel where either side is of one value */
  double ssim;   /* mean over channels and valid positions; Gaussian window of 11, sigma 1.5 (Wang et al. 2004); NaN below 11 pixels */
} TrainMetrics;

/* a, b: channels planes of height * width. */
void train_metrics (const guint8 *a, const guint8 *b, guint32 channels, guint32 width, guint32 height, TrainMetrics *metrics);

#define TRAIN_METRICS_CHANNELS 4u

/* Of a picture, values in [0, 1]. */
typedef struct
{
  double mean[TRAIN_METRICS_CHANNELS], variance[TRAIN_METRICS_CHANNELS];
} TrainMoments;

/* a: channels planes of size bytes; further channels are not looked at. */
void train_moments (const guint8 *a, guint32 channels, gsize size, TrainMoments *moments);

/* all: (element-type TrainMoments), of pictures: the mean PSNR of the one colour that is nearest to all of them. */
double train_constant_psnr (const GArray *all, guint32 channels);

G_END_DECLS
