/* models/train/metrics.h: how alike two 8-bit pictures are.  Thread-safety: safe. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  double mse;    /* of values in [0, 1], all channels alike */
  double psnr;   /* dB, from mse; 99 where the pictures are equal */
  double psnr_y; /* of luma (ITU-R BT.601, as JPEG has it) */
  double ssim;   /* mean over channels and valid positions; Gaussian window of 11, sigma 1.5 (Wang et al. 2004); NaN below 11 pixels */
} TrainMetrics;

/* a, b: channels planes of height * width. */
void train_metrics (const guint8 *a, const guint8 *b, guint32 channels, guint32 width, guint32 height, TrainMetrics *metrics);

G_END_DECLS
