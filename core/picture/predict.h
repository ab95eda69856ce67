/* core/picture/predict.h: the row kernels of pack.c: samples of a row <-> prediction residuals in byte planes (private to core/picture).
 *
 * Source of the predictor: Weinberger, Seroussi, Sapiro, "LOCO-I: a low complexity, context-based, lossless image compression algorithm",
 * 1996 (median edge detector, MED).  All arithmetic is modulo 2^bits of the sample.  The rules stand in format.md, "The packed raster".
 * Thread-safety: safe on different lanes.
 */
#pragma once

#include "picture/raster.h"

G_BEGIN_DECLS

/* What one row needs to know.  A lane is a channel. */
typedef struct
{
  guint width;
  guint lanes;        /* 1..4: channels of the raster; of 3 or 4, the first are red green blue and are decorrelated */
  guint sample_bytes; /* 1, 2, 4 or 8 */
  gboolean floats;    /* bit patterns of IEEE 754 numbers */
  /* Scratch, cnc_predict_row_bytes each: this row's samples and the row's before, one more in front (the one left of the row), and the
   * residuals. */
  guint8 *rows[2][4];
  guint8 *residuals[4];
} CncPredict;

/* Bytes of one scratch row. */
gsize cnc_predict_row_bytes (guint width, guint sample_bytes);

/* row: one row of the raster, in the machine's byte order, any alignment.  y: its number within the band; the rows of a band are given
 * one after another, from 0 on.  planes: lanes * sample_bytes planes of plane_bytes bytes each, lane by lane, most significant byte first;
 * this row's bytes go to (or come from) index y * width of each. */
void cnc_predict_encode_row (const CncPredict *p, const guint8 *row, guint y, guint8 *planes, gsize plane_bytes);
void cnc_predict_decode_row (const CncPredict *p, guint8 *row, guint y, const guint8 *planes, gsize plane_bytes);

G_END_DECLS
