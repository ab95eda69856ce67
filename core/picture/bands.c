/* core/picture/bands.c: what packing and unpacking share. */
#include "picture/bands.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"

guint
cnc_band_rows (const CncBandJob *job, guint band)
{
  return MIN (job->rows, job->raster->height - band * job->rows);
}

guint8 *
cnc_band_data (const CncBandJob *job, guint band)
{
  return job->raster->data + (gsize) band * job->rows * job->row_bytes;
}

void
cnc_copy_little_endian (guint8 *out, const guint8 *in, gsize size, guint sample_bytes)
{
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
  (void) sample_bytes;
  memcpy (out, in, size);
#else
  for (gsize i = 0; i < size; i += sample_bytes)
    for (guint b = 0; b < sample_bytes; b++)
      out[i + b] = in[i + sample_bytes - 1 - b];
#endif
}

void
cnc_band_job_clear (CncBandJob *job)
{
  for (guint i = 0; i < job->n_slots; i++)
    {
      g_free (job->slots[i].planes);
      g_free (job->slots[i].out);
      g_free (job->slots[i].scratch);
      ZSTD_freeCCtx (job->slots[i].cctx);
      ZSTD_freeDCtx (job->slots[i].dctx);
    }
}

void
cnc_band_job_init (CncBandJob *job, const CncRaster *raster)
{
  memset (job, 0, sizeof *job);
  job->raster = raster;
  job->row_bytes = cnc_raster_row_bytes (raster);
  job->rows = (guint) MAX (CNC_BAND_BYTES / job->row_bytes, 1);
  job->bands = (raster->height + job->rows - 1) / job->rows;
}

static gboolean
slot_init (CncBandSlot *slot, const CncBandJob *job, gboolean packing, gsize out_bytes, GError **error)
{
  const CncFormat *format = &job->raster->format;
  CncPredict *p = &slot->predict;
  const guint sample_bytes = cnc_format_sample_bytes (format);
  const gsize scratch_row = cnc_predict_row_bytes (job->raster->width, sample_bytes);
  guint8 *row;

  p->width = job->raster->width;
  p->lanes = cnc_format_channels (format);
  p->sample_bytes = sample_bytes;
  p->floats = format->sample >= CNC_SAMPLE_HALF;
  slot->planes = cnc_alloc (job->rows, job->row_bytes, "compressing", error);
  slot->scratch = slot->planes != NULL ? cnc_alloc0 (3 * p->lanes, scratch_row, "compressing", error) : NULL;
  if (slot->scratch == NULL)
    return FALSE;
  row = slot->scratch;
  for (guint c = 0; c < p->lanes; c++, row += 3 * scratch_row)
    {
      p->rows[0][c] = row;
      p->rows[1][c] = row + scratch_row;
      p->residuals[c] = row + 2 * scratch_row;
    }
  if (out_bytes > 0)
    {
      slot->out = cnc_alloc (out_bytes, packing ? 2 : 1, "compressing", error);
      if (slot->out == NULL)
        return FALSE;
      slot->spare = packing ? slot->out + out_bytes : NULL;
    }
  if (packing)
    slot->cctx = ZSTD_createCCtx ();
  else
    slot->dctx = ZSTD_createDCtx ();
  if (slot->cctx == NULL && slot->dctx == NULL)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_NO_MEMORY, "Not enough memory for compressing; close other pictures.");
      return FALSE;
    }
  return TRUE;
}

gboolean
cnc_band_job_slots (CncBandJob *job, gboolean packing, gsize out_bytes, GError **error)
{
  const guint wanted = MIN (MIN (2 * cnc_parallel_width (), CNC_BAND_SLOTS), job->bands);

  for (guint i = 0; i < wanted; i++)
    {
      job->n_slots = i + 1;
      if (!slot_init (&job->slots[i], job, packing, out_bytes, error))
        return FALSE;
    }
  return TRUE;
}

CncPredict
cnc_band_ranks (const CncPredict *predict)
{
  CncPredict ranks = *predict;

  ranks.sample_bytes = 1;
  ranks.floats = FALSE;
  return ranks;
}
