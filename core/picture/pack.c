/* core/picture/pack.c: lossless compression of a raster in bands (format.md, "The packed raster"). */
#include "picture/pack.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "picture/bands.h"
#include "picture/values.h"

/* Residuals of photographs have nothing to match, only to count: with a short table for long matches zstd falls for fewer of the chance
 * ones than at its own levels (Kodak's 24: 2.4 % smaller and 1.5 times as fast as level 1, which beats 3 and 6). */
#define RESIDUAL_MIN_MATCH 7
#define RESIDUAL_HASH_LOG 6
#define PLAIN_LEVEL 1
#define LISTS_SHARE 8 /* lists of values pay while they are this part of the band at most */

/* size bytes at in, as zstd or as they are, to out, which has room for either.  Returns the bytes used. */
static gsize
put_stream (ZSTD_CCtx *cctx, guint8 *out, const guint8 *in, gsize size)
{
  gsize used;

  /* None of these can fail: the values are within zstd's bounds. */
  ZSTD_CCtx_reset (cctx, ZSTD_reset_session_and_parameters);
  ZSTD_CCtx_setParameter (cctx, ZSTD_c_compressionLevel, 1);
  ZSTD_CCtx_setParameter (cctx, ZSTD_c_strategy, ZSTD_fast);
  ZSTD_CCtx_setParameter (cctx, ZSTD_c_minMatch, RESIDUAL_MIN_MATCH);
  ZSTD_CCtx_setParameter (cctx, ZSTD_c_hashLog, RESIDUAL_HASH_LOG);
  used = ZSTD_compress2 (cctx, out, ZSTD_compressBound (size), in, size);
  if (!ZSTD_isError (used) && used < size)
    return used;
  memcpy (out, in, size);
  return size;
}

/* Room for the worst case of any method. */
static gsize
packed_band_bound (gsize raw, guint streams)
{
  return 1 + CNC_VALUES_TABLE_BYTES + streams * CNC_BAND_LENGTH_BYTES + raw
         + streams * (ZSTD_compressBound (raw / streams) - raw / streams);
}

/* Rows of samples to streams, after the at bytes that out holds already.  Returns the bytes used then. */
static gsize
pack_streams (CncBandSlot *slot, const CncPredict *p, const guint8 *data, guint rows, gsize at)
{
  const guint streams = p->lanes * p->sample_bytes;
  const gsize plane = (gsize) rows * p->width;
  guint8 *lengths = slot->out + at;
  gsize used = at + streams * CNC_BAND_LENGTH_BYTES;

  for (guint y = 0; y < rows; y++)
    cnc_predict_encode_row (p, data + (gsize) y * p->width * p->lanes * p->sample_bytes, y, slot->planes, plane);
  for (guint s = 0; s < streams; s++)
    {
      const gsize size = put_stream (slot->cctx, slot->out + used, slot->planes + s * plane, plane);

      cnc_put_u32 (lengths + s * CNC_BAND_LENGTH_BYTES, (guint32) size);
      used += size;
    }
  return used;
}

static gsize
pack_predicted (CncBandSlot *slot, const guint8 *data, guint rows)
{
  const CncPredict *p = &slot->predict;
  const gsize samples = (gsize) rows * p->width * p->lanes;
  CncValuesTable table;

  /* The ranks take the place of the other method's bytes for a while. */
  if (p->sample_bytes > 1 && cnc_values_collect (p, data, samples / p->lanes, slot->spare, &table))
    {
      const CncPredict ranks = cnc_band_ranks (p);
      const gsize lists = cnc_values_write (p, &table, slot->out + 1);

      if (lists <= samples * p->sample_bytes / LISTS_SHARE)
        {
          slot->out[0] = CNC_BAND_VALUES;
          return pack_streams (slot, &ranks, slot->spare, rows, 1 + lists);
        }
    }
  slot->out[0] = CNC_BAND_PREDICTED;
  return pack_streams (slot, p, data, rows, 1);
}

/* Graphics, text and palettes: repetition tells more than the neighbours.  Replaces what stands in out if that is longer. */
static gsize
pack_plain (CncBandSlot *slot, const guint8 *data, gsize raw, gsize best)
{
  const gsize bound = ZSTD_compressBound (raw);
  gsize used;

  cnc_copy_little_endian (slot->planes, data, raw, slot->predict.sample_bytes);
  used = ZSTD_compressCCtx (slot->cctx, slot->spare, bound, slot->planes, raw, PLAIN_LEVEL);
  if (ZSTD_isError (used) || used + 1 >= best)
    return best;
  slot->out[0] = CNC_BAND_PLAIN;
  memcpy (slot->out + 1, slot->spare, used);
  return used + 1;
}

static void
pack_band (guint index, gpointer user_data)
{
  CncBandJob *job = user_data;
  CncBandSlot *slot = &job->slots[index];
  const guint band = job->first + index;
  const guint rows = cnc_band_rows (job, band);
  const guint8 *data = cnc_band_data (job, band);
  const gsize raw = rows * job->row_bytes;

  slot->out_size = pack_predicted (slot, data, rows);
  if (slot->out_size < raw / slot->predict.sample_bytes / 4 || job->raster->format.model == CNC_MODEL_INDEXED)
    slot->out_size = pack_plain (slot, data, raw, slot->out_size);
  if (slot->out_size > raw)
    {
      slot->out[0] = CNC_BAND_STORED;
      cnc_copy_little_endian (slot->out + 1, data, raw, slot->predict.sample_bytes);
      slot->out_size = 1 + raw;
    }
}

static GByteArray *
take (guint8 *bytes, gsize size, GError **error)
{
  guint8 *smaller;

  if (size > G_MAXUINT32)
    {
      g_free (bytes);
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_NO_MEMORY,
                           "The picture is too large: more than 4 GiB even when compressed; encrypt a part of it or scale it down.");
      return NULL;
    }
  smaller = g_try_realloc (bytes, MAX (size, 1));
  return g_byte_array_new_take (smaller != NULL ? smaller : bytes, size);
}

static GByteArray *
pack_raw (const CncRaster *raster, GError **error)
{
  const gsize size = cnc_raster_bytes (raster);
  guint8 *out = cnc_alloc (size, 1, "the picture's pixels", error);

  if (out == NULL)
    return NULL;
  cnc_copy_little_endian (out, raster->data, size, cnc_format_sample_bytes (&raster->format));
  return take (out, size, error);
}

static gboolean
pack_bands (CncBandJob *job, guint8 *out, gsize *size, CncTask *task, GError **error)
{
  gsize used = (gsize) job->bands * CNC_BAND_LENGTH_BYTES;

  for (job->first = 0; job->first < job->bands; job->first += job->n_slots)
    {
      const guint count = MIN (job->n_slots, job->bands - job->first);

      if (!cnc_task_go_on (task, error))
        return FALSE;
      cnc_task_progress (task, (double) job->first / job->bands, "Compressing");
      cnc_parallel_for (count, pack_band, job);
      for (guint i = 0; i < count; i++)
        {
          const CncBandSlot *slot = &job->slots[i];

          cnc_put_u32 (out + (gsize) (job->first + i) * CNC_BAND_LENGTH_BYTES, (guint32) slot->out_size);
          memcpy (out + used, slot->out, slot->out_size);
          used += slot->out_size;
        }
    }
  *size = used;
  return TRUE;
}

GByteArray *
cnc_pack (const CncRaster *raster, gboolean raw, CncTask *task, GError **error)
{
  g_autofree guint8 *out = NULL;
  CncBandJob job;
  gsize size = 0, most;
  gboolean ok = FALSE;

  if (!cnc_task_go_on (task, error))
    return NULL;
  if (raw)
    return pack_raw (raster, error);
  cnc_band_job_init (&job, raster);
  /* Room for every band stored.  The system gives pages only where they are written, so this costs what the result takes. */
  most = cnc_raster_bytes (raster) + (gsize) job.bands * (CNC_BAND_LENGTH_BYTES + 1);
  if (cnc_band_job_slots (&job, TRUE, packed_band_bound ((gsize) job.rows * job.row_bytes, cnc_format_pixel_bytes (&raster->format)),
                          error))
    {
      out = cnc_alloc (most, 1, "the compressed picture", error);
      ok = out != NULL && pack_bands (&job, out, &size, task, error);
    }
  cnc_band_job_clear (&job);
  return ok ? take (g_steal_pointer (&out), size, error) : NULL;
}
