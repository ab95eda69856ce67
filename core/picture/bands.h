/* core/picture/bands.h: what packing and unpacking share: bands, and the memory of those in work (private to core/picture).
 *
 * Thread-safety: a job belongs to the thread that made it; while cnc_parallel_for runs, each slot belongs to one index.
 */
#pragma once

#include <zstd.h>

#include "picture/predict.h"

G_BEGIN_DECLS

#define CNC_BAND_BYTES (1u << 20)
#define CNC_BAND_LENGTH_BYTES 4u /* of a length field */
#define CNC_BAND_SLOTS 16u       /* bands in work at once: bounds the memory */

/* The method byte of a band. */
enum
{
  CNC_BAND_STORED = 0, /* the samples, little-endian */
  CNC_BAND_PREDICTED
  = 1, /* lengths of the streams u32 each, then the streams: a byte plane each, zstd, or as it is if the length is the plane's */
  CNC_BAND_PLAIN = 2,  /* one zstd frame of the samples, little-endian */
  CNC_BAND_VALUES = 3, /* lists of the values that samples take, then as CNC_BAND_PREDICTED: the ranks in them, 8 bits each */
};

/* The scratch of one band in work. */
typedef struct
{
  guint8 *planes; /* a band's bytes */
  guint8 *out;    /* packing: the band's packed bytes; checking: its samples */
  guint8 *spare;  /* packing, as large as out and behind it: ranks, or the band by another method */
  guint8 *scratch;
  CncPredict predict;
  ZSTD_CCtx *cctx;
  ZSTD_DCtx *dctx;
  gsize out_size;
  gboolean failed;
} CncBandSlot;

/* One call of the packer or the unpacker. */
typedef struct
{
  const CncRaster *raster; /* packing and checking read it, unpacking writes its data */
  gsize row_bytes;
  guint rows; /* of every band but the last */
  guint bands;
  guint first; /* the band of slot 0 */
  guint n_slots;
  CncBandSlot slots[CNC_BAND_SLOTS];
  const guint8 *table; /* unpacking: the lengths */
  gsize offsets[CNC_BAND_SLOTS];
  const guint8 *packed;
  gboolean verify;
} CncBandJob;

/* Sets the geometry; everything else is 0. */
void cnc_band_job_init (CncBandJob *job, const CncRaster *raster);

/* The slots; out_bytes: of each slot's out (packing: and of its spare); 0: none.  Error: NO_MEMORY.  cnc_band_job_clear in any case. */
gboolean cnc_band_job_slots (CncBandJob *job, gboolean packing, gsize out_bytes, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_band_job_clear (CncBandJob *job);

/* Rows of that band, and where its first one stands in the raster. */
guint cnc_band_rows (const CncBandJob *job, guint band);
guint8 *cnc_band_data (const CncBandJob *job, guint band);

/* The same rows with samples of 8 bits. */
CncPredict cnc_band_ranks (const CncPredict *predict);

/* Samples between the machine's byte order and little-endian; its own inverse. */
void cnc_copy_little_endian (guint8 *out, const guint8 *in, gsize size, guint sample_bytes);

G_END_DECLS
