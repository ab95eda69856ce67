/* core/picture/unpack.c: packed rasters back to samples (format.md, "The packed raster"); trusts no byte of them. */
#include "picture/pack.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "picture/bands.h"
#include "picture/values.h"

static gboolean
damaged (GError **error)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_DAMAGED, "The compressed picture inside is damaged; ask for the file again.");
  return FALSE;
}

static gboolean
differs (GError **error)
{
  g_set_error_literal (
      error, CNC_ERROR, CNC_ERROR_DAMAGED,
      "The compressed picture is not the same as the original, so it was given up; try again, and test this machine's memory.");
  return FALSE;
}

static gboolean
get_stream (ZSTD_DCtx *dctx, guint8 *out, gsize size, const guint8 *in, gsize in_size)
{
  if (in_size > size)
    return FALSE;
  if (in_size == size)
    {
      memcpy (out, in, size);
      return TRUE;
    }
  return ZSTD_decompressDCtx (dctx, out, size, in, in_size) == size;
}

/* Streams to planes; they must take all of the size bytes. */
static gboolean
unpack_streams (CncBandSlot *slot, const CncPredict *p, guint rows, const guint8 *in, gsize size)
{
  const guint streams = p->lanes * p->sample_bytes;
  const gsize plane = (gsize) rows * p->width;
  gsize used = streams * CNC_BAND_LENGTH_BYTES;

  if (size < used)
    return FALSE;
  for (guint s = 0; s < streams; s++)
    {
      const gsize length = cnc_get_u32 (in + s * CNC_BAND_LENGTH_BYTES);

      if (length > size - used || !get_stream (slot->dctx, slot->planes + s * plane, plane, in + used, length))
        return FALSE;
      used += length;
    }
  return used == size;
}

static gboolean
unpack_predicted (CncBandSlot *slot, guint8 *out, guint rows, gsize row_bytes, const guint8 *in, gsize size)
{
  const CncPredict *p = &slot->predict;

  if (!unpack_streams (slot, p, rows, in, size))
    return FALSE;
  for (guint y = 0; y < rows; y++)
    cnc_predict_decode_row (p, out + y * row_bytes, y, slot->planes, (gsize) rows * p->width);
  return TRUE;
}

static gboolean
unpack_values (CncBandSlot *slot, guint8 *out, guint rows, gsize row_bytes, const guint8 *in, gsize size)
{
  const CncPredict *p = &slot->predict;
  const CncPredict ranks = cnc_band_ranks (p);
  const gsize plane = (gsize) rows * p->width;
  guint8 *row;
  CncValuesTable table;
  gsize used;

  if (p->sample_bytes == 1)
    return FALSE;
  used = cnc_values_read (p, &table, in, size);
  if (used == 0 || !unpack_streams (slot, &ranks, rows, in + used, size - used))
    return FALSE;
  /* Ranks fill half of the planes at most. */
  row = slot->planes + p->lanes * plane;
  for (guint y = 0; y < rows; y++)
    {
      cnc_predict_decode_row (&ranks, row, y, slot->planes, plane);
      if (!cnc_values_expand_row (p, &table, row, out + y * row_bytes))
        return FALSE;
    }
  return TRUE;
}

static gboolean
unpack_one (CncBandJob *job, CncBandSlot *slot, guint band, guint8 *out, const guint8 *in, gsize size)
{
  const guint rows = cnc_band_rows (job, band);
  const gsize raw = rows * job->row_bytes;
  const guint sample_bytes = slot->predict.sample_bytes;

  if (size < 1)
    return FALSE;
  switch (in[0])
    {
    case CNC_BAND_STORED:
      if (size - 1 != raw)
        return FALSE;
      cnc_copy_little_endian (out, in + 1, raw, sample_bytes);
      return TRUE;
    case CNC_BAND_PREDICTED:
      return unpack_predicted (slot, out, rows, job->row_bytes, in + 1, size - 1);
    case CNC_BAND_VALUES:
      return unpack_values (slot, out, rows, job->row_bytes, in + 1, size - 1);
    case CNC_BAND_PLAIN:
      if (ZSTD_decompressDCtx (slot->dctx, slot->planes, raw, in + 1, size - 1) != raw)
        return FALSE;
      cnc_copy_little_endian (out, slot->planes, raw, sample_bytes);
      return TRUE;
    default:
      return FALSE;
    }
}

static void
unpack_band (guint index, gpointer user_data)
{
  CncBandJob *job = user_data;
  CncBandSlot *slot = &job->slots[index];
  const guint band = job->first + index;
  const gsize size = cnc_get_u32 (job->table + (gsize) band * CNC_BAND_LENGTH_BYTES);
  guint8 *data = cnc_band_data (job, band);
  guint8 *out = job->verify ? slot->out : data;

  slot->failed = !unpack_one (job, slot, band, out, job->packed + job->offsets[index], size)
                 || (job->verify && memcmp (out, data, cnc_band_rows (job, band) * job->row_bytes) != 0);
}

/* TRUE if the lengths in the table add up to the whole. */
static gboolean
check_table (const CncBandJob *job, gsize size)
{
  const gsize table = (gsize) job->bands * CNC_BAND_LENGTH_BYTES;
  gsize left;

  if (size < table)
    return FALSE;
  left = size - table;
  for (guint band = 0; band < job->bands; band++)
    {
      const gsize length = cnc_get_u32 (job->table + (gsize) band * CNC_BAND_LENGTH_BYTES);

      if (length > left)
        return FALSE;
      left -= length;
    }
  return left == 0;
}

static gboolean
unpack_bands (CncBandJob *job, CncTask *task, GError **error)
{
  gsize offset = (gsize) job->bands * CNC_BAND_LENGTH_BYTES;

  for (job->first = 0; job->first < job->bands; job->first += job->n_slots)
    {
      const guint count = MIN (job->n_slots, job->bands - job->first);

      if (!cnc_task_go_on (task, error))
        return FALSE;
      cnc_task_progress (task, (double) job->first / job->bands, job->verify ? "Checking" : "Decompressing");
      for (guint i = 0; i < count; i++)
        {
          job->offsets[i] = offset;
          offset += cnc_get_u32 (job->table + (gsize) (job->first + i) * CNC_BAND_LENGTH_BYTES);
        }
      cnc_parallel_for (count, unpack_band, job);
      for (guint i = 0; i < count; i++)
        if (job->slots[i].failed)
          return job->verify ? differs (error) : damaged (error);
    }
  return TRUE;
}

static gboolean
unpack_all (const guint8 *packed, gsize size, const CncRaster *raster, gboolean verify, CncTask *task, GError **error)
{
  CncBandJob job;
  gboolean ok;

  cnc_band_job_init (&job, raster);
  job.packed = job.table = packed;
  job.verify = verify;
  if (!check_table (&job, size))
    return verify ? differs (error) : damaged (error);
  ok = cnc_band_job_slots (&job, FALSE, verify ? (gsize) job.rows * job.row_bytes : 0, error) && unpack_bands (&job, task, error);
  cnc_band_job_clear (&job);
  return ok;
}

gboolean
cnc_unpack (const guint8 *packed, gsize size, gboolean raw, CncRaster *raster, CncTask *task, GError **error)
{
  if (!cnc_task_go_on (task, error))
    return FALSE;
  if (!raw)
    return unpack_all (packed, size, raster, FALSE, task, error);
  if (size != cnc_raster_bytes (raster))
    return damaged (error);
  cnc_copy_little_endian (raster->data, packed, size, cnc_format_sample_bytes (&raster->format));
  return TRUE;
}

gboolean
cnc_pack_verify (const guint8 *packed, gsize size, gboolean raw, const CncRaster *raster, CncTask *task, GError **error)
{
  gboolean same;

  if (!cnc_task_go_on (task, error))
    return FALSE;
  if (!raw)
    return unpack_all (packed, size, raster, TRUE, task, error);
  if (size != cnc_raster_bytes (raster))
    return differs (error);
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
  same = memcmp (packed, raster->data, size) == 0;
#else
  same = TRUE;
  for (gsize i = 0; i < size && same; i += cnc_format_sample_bytes (&raster->format))
    {
      guint8 sample[8];

      cnc_copy_little_endian (sample, raster->data + i, cnc_format_sample_bytes (&raster->format),
                              cnc_format_sample_bytes (&raster->format));
      same = memcmp (packed + i, sample, cnc_format_sample_bytes (&raster->format)) == 0;
    }
#endif
  return same || differs (error);
}
