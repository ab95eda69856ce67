/* core/picture/predict.c: the row kernels of pack.c, for each sample type. */
#include "picture/predict.h"

#include <string.h>

#define T guint8
#define BITS 8
#define WIDE int
#define N(name) name##_u8
#include "picture/predict-rows.h"

#define T guint16
#define BITS 16
#define WIDE int
#define N(name) name##_u16
#include "picture/predict-rows.h"

#define T guint32
#define BITS 32
#define WIDE gint64
#define N(name) name##_u32
#include "picture/predict-rows.h"

#define T guint64
#define BITS 64
#define N(name) name##_u64
#include "picture/predict-rows.h"

gsize
cnc_predict_row_bytes (guint width, guint sample_bytes)
{
  return ((gsize) width + 1) * sample_bytes;
}

void
cnc_predict_encode_row (const CncPredict *p, const guint8 *row, guint y, guint8 *planes, gsize plane_bytes)
{
  switch (p->sample_bytes)
    {
    case 1:
      encode_u8 (p, row, y, planes, plane_bytes);
      break;
    case 2:
      encode_u16 (p, row, y, planes, plane_bytes);
      break;
    case 4:
      encode_u32 (p, row, y, planes, plane_bytes);
      break;
    default:
      encode_u64 (p, row, y, planes, plane_bytes);
      break;
    }
}

void
cnc_predict_decode_row (const CncPredict *p, guint8 *row, guint y, const guint8 *planes, gsize plane_bytes)
{
  switch (p->sample_bytes)
    {
    case 1:
      decode_u8 (p, row, y, planes, plane_bytes);
      break;
    case 2:
      decode_u16 (p, row, y, planes, plane_bytes);
      break;
    case 4:
      decode_u32 (p, row, y, planes, plane_bytes);
      break;
    default:
      decode_u64 (p, row, y, planes, plane_bytes);
      break;
    }
}
