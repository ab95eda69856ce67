/* core/picture/values.h: bands whose samples take few values, as numbers of 8 bits (private to core/picture).
 *
 * A photograph of 8 bits that was converted to 16 or 32 bits or to floating point has at most 256 different samples still: their ranks
 * are packed like a picture of 8 bits, beside the list of the values.  Thread-safety: safe on different bands.
 */
#pragma once

#include "picture/predict.h"

G_BEGIN_DECLS

#define CNC_VALUES_MAX 256u

/* The values that samples take, in ascending order; for floating point, in the order of the numbers. */
typedef struct
{
  guint count;                    /* 1..256 */
  guint64 values[CNC_VALUES_MAX]; /* bit patterns of samples */
} CncValues;

/* The colour channels share the first list, alpha has the second. */
typedef struct
{
  CncValues list[2];
} CncValuesTable;

/* The ranks of a band's samples go to ranks (one byte each, in the order of the samples).  FALSE if a list would be too long;
 * stops as soon as that is known.  predict: the shape of a row; samples: in the machine's byte order. */
gboolean cnc_values_collect (const CncPredict *predict, const guint8 *samples, gsize pixels, guint8 *ranks, CncValuesTable *table);

/* Samples of one row from their ranks.  FALSE if a rank is beyond its list. */
gboolean cnc_values_expand_row (const CncPredict *predict, const CncValuesTable *table, const guint8 *ranks, guint8 *samples);

/* The lists as bytes: for each list its count - 1 (u8), then its values, little-endian.  Returns the bytes written, at most
 * CNC_VALUES_TABLE_BYTES. */
#define CNC_VALUES_TABLE_BYTES (2u * (1u + 8u * CNC_VALUES_MAX))
gsize cnc_values_write (const CncPredict *predict, const CncValuesTable *table, guint8 *out);

/* Returns the bytes read, 0 if size bytes are too few. */
gsize cnc_values_read (const CncPredict *predict, CncValuesTable *table, const guint8 *in, gsize size);

G_END_DECLS
