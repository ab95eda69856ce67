/* core/methods/autoencoder/latent.h: whole numbers of a latent <-> bytes, with static integer tables (format.md, "The latent").
 *
 * A latent is channels * height * width numbers of 16 bits, channel by channel, rows from the top.  Each number is predicted from numbers
 * that a decoder knows already (six neighbours in its channel, and the same place in the channels before it), what is left over is range
 * coded with one of 16 tables of its channel; which one follows from how large the left-overs were round about, by another weighted sum.
 * Everything is integers, so that it comes out the same on every machine. Thread-safety: tables are read-only once they are made.
 */
#pragma once

#include "base/task.h"
#include "nn/safetensors.h"

#include <math.h>

G_BEGIN_DECLS

#define CNC_LATENT_MAX_CHANNELS 256u
#define CNC_LATENT_CONTEXTS 16u
#define CNC_LATENT_SYMBOLS 64u /* left-overs from -31 to 31, and an escape */
#define CNC_LATENT_ESCAPE 63u
#define CNC_LATENT_SMALL 31
#define CNC_LATENT_NEAR 6u  /* left, above, above left, above right, two to the left, two above */
#define CNC_LATENT_OWN 7u   /* those and, mean: the number 1; spread: what lies around in the channels before */
#define CNC_LATENT_ONE 4096 /* weights are in parts of it */
#define CNC_LATENT_MAX_WEIGHT 16383
#define CNC_LATENT_MAX_CONSTANT (1 << 22)
#define CNC_LATENT_MAX_VALUE 255 /* in the sums; larger ones count as it */
#define CNC_LATENT_MAX_REST 63
#define CNC_LATENT_MAX_AROUND 4095
#define CNC_LATENT_BITS 16u /* frequencies sum up to 2^16 */

typedef struct
{
  guint channels;
  gint32 *mean;   /* channels rows of CNC_LATENT_OWN + channels weights */
  gint32 *spread; /* likewise */
  gint32 *limits; /* channels rows of CNC_LATENT_CONTEXTS - 1, ascending: the context is the number of them that spread reaches */
  guint32
      *starts; /* channels * CNC_LATENT_CONTEXTS rows of CNC_LATENT_SYMBOLS + 1 cumulative frequencies, strictly ascending from 0 to 2^16 */
} CncLatentTables;

/* All 0.  Errors: NO_MEMORY, BAD_ARGUMENT (channels). */
CncLatentTables *cnc_latent_tables_new (guint channels, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_latent_tables_free (CncLatentTables *tables);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncLatentTables, cnc_latent_tables_free)

/* From a model file: tensors latent.mean, latent.spread, latent.limits (I32) and latent.frequencies (U16).  MODEL if one is missing or has
 * a wrong shape or value. */
CncLatentTables *cnc_latent_tables_read (const CncSafetensors *file, guint channels, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean cnc_latent_tables_store (const CncLatentTables *tables, CncSafetensorsWriter *writer, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One pass over a latent in coding order; what encoder, decoder and the maker of tables share.  For each channel and row from
 * the first on: cnc_latent_walk_row, then for each x in turn cnc_latent_walk_look, then the number goes to values[..], then cnc_latent_walk_put. */
typedef struct
{
  const CncLatentTables *tables;
  guint32 width, height;
  gint16 *values;  /* (transfer none) the latent, known as far as the pass has come */
  guint8 *rests;   /* size of each left-over, at most CNC_LATENT_MAX_REST */
  guint32 *around; /* sums of rests over the finished channels */
  gint32 *mean_sums, *spread_sums; /* what the finished channels add up to at each place of the current one */
  guint channel;
  guint32 y;
} CncLatentWalk;

gboolean cnc_latent_walk_init (CncLatentWalk *walk, const CncLatentTables *tables, guint32 width, guint32 height, gint16 *values,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_latent_walk_clear (CncLatentWalk *walk);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CncLatentWalk, cnc_latent_walk_clear)
void cnc_latent_walk_row (CncLatentWalk *walk, guint channel, guint32 y);
void cnc_latent_walk_look (const CncLatentWalk *walk, guint32 x, gint32 *mean, gint32 *spread);
void cnc_latent_walk_put (CncLatentWalk *walk, guint32 x, gint32 mean);

guint cnc_latent_context (const CncLatentTables *tables, guint channel, gint32 spread);
/* The cumulative frequencies of that context. */
const guint32 *cnc_latent_starts (const CncLatentTables *tables, guint channel, gint32 spread);

static inline gint16
cnc_latent_round (float value)
{
  return (gint16) lrintf (CLAMP (value, -32767.0f, 32767.0f));
}

/* Whole numbers for an encoder's output: each the nearest, or the next one towards its prediction where the bits that it saves are worth
 * more than the loss (rate-distortion optimised quantisation).  A decoder needs not know.  from, values: channels * height * width; no NaN.
 * Errors: NO_MEMORY, CANCELLED. */
gboolean cnc_latent_choose (const CncLatentTables *tables, const float *from, guint32 width, guint32 height, gint16 *values, CncTask *task,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Errors: NO_MEMORY, CANCELLED.  Returns: (transfer full) */
GByteArray *cnc_latent_encode (const CncLatentTables *tables, const gint16 *values, guint32 width, guint32 height, CncTask *task,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* values: channels * height * width.  Errors: DAMAGED (the bytes are not what cnc_latent_encode writes), NO_MEMORY, CANCELLED. */
gboolean cnc_latent_decode (const CncLatentTables *tables, const guint8 *data, gsize size, guint32 width, guint32 height, gint16 *values,
                            CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
