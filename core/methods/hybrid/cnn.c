/* The integer CNN cipher over a payload of any length.
 *
 * A segment is two halves A and B of height * width words.  Rounds with an even number read B and change A, odd ones the reverse.
 * Two sweeps make every byte depend on every other while only a few segments are on the device: a forward sweep with the first half of
 * the rounds, in which each segment first has the finished one before it added to it, and a backward sweep with the other half,
 * in which it is the finished one behind it.
 */
#include "methods/hybrid/cnn.h"

#include "base/error.h"
#include "base/memory.h"
#include "seal/keys.h"
#include "seal/secret.h"

#define BATCH 8u /* segments on the device at a time: 4 MiB */

typedef struct
{
  CncBackend *backend;
  const CncHybridGeometry *geometry;
  guint8 *data;
  CncTask *task;
  gsize half_words;
  gsize segment_bytes;
  CncBuffer *tables;
  CncBuffer *io;      /* BATCH + 1 segments */
  CncBuffer *half[3]; /* A, B, and the one a round writes */
  guint64 done;       /* segments, over both sweeps */
} Run;

/* Position p of a sweep is segment p, or counted from the end. */
typedef struct
{
  gboolean descending;
  gboolean inverse;
  guint first_round, last_round; /* inclusive, in the order of encipherment */
} Sweep;

static guint8 *
segment (const Run *run, const Sweep *sweep, guint64 position)
{
  const guint64 index = sweep->descending ? run->geometry->segments - 1 - position : position;

  return run->data + index * run->segment_bytes;
}

void
cnc_cnn_make_tables (const CncCipherShape *shape, const guint8 seed[32], guint32 *tables)
{
  const gsize words = cnc_cipher_table_words (shape);

  cnc_keystream (seed, 0, (guint8 *) tables, words * CNC_CNN_ROUNDS * 4);
  for (guint r = 0; r < CNC_CNN_ROUNDS; r++)
    {
      guint32 *round = tables + r * words;
      guint32 *row_shift = round + words - shape->height - shape->width;
      guint32 *column_shift = round + words - shape->width;

      for (gsize i = 0; i < words; i++)
        round[i] = GUINT32_FROM_LE (round[i]);
      for (guint i = 0; i < 10 * CNC_CIPHER_HIDDEN; i++)
        round[i] |= 1;
      for (guint32 y = 0; y < shape->height; y++)
        row_shift[y] %= shape->width;
      for (guint32 x = 0; x < shape->width; x++)
        column_shift[x] %= shape->height;
    }
}

static gboolean
upload_tables (Run *run, const guint32 *tables, GError **error)
{
  const gsize bytes = cnc_cipher_table_words (&run->geometry->shape) * 4 * CNC_CNN_ROUNDS;

  run->tables = cnc_buffer_new (run->backend, bytes, error);
  return run->tables != NULL && cnc_buffer_upload (run->backend, run->tables, 0, tables, bytes, error);
}

/* The rounds of one sweep on the segment that lies in half[0] (A) and half[1] (B). */
static gboolean
rounds (Run *run, const Sweep *sweep, GError **error)
{
  const CncBackendTable *table = run->backend->table;
  const gsize table_words = cnc_cipher_table_words (&run->geometry->shape);

  for (guint i = 0; i <= sweep->last_round - sweep->first_round; i++)
    {
      const guint round = sweep->inverse ? sweep->last_round - i : sweep->first_round + i;
      const guint target = round % 2;
      CncBuffer *changed = run->half[target];

      if (!table->cipher_round (run->backend, &run->geometry->shape, run->tables, round * table_words, run->half[1 - target], changed,
                                run->half[2], sweep->inverse, error))
        return FALSE;
      run->half[target] = run->half[2];
      run->half[2] = changed;
    }
  return TRUE;
}

/* One segment: slot of io to slot of io; neighbour is the slot of the segment it is chained to, or -1. */
static gboolean
one_segment (Run *run, const Sweep *sweep, guint slot, gint neighbour, GError **error)
{
  const CncBackendTable *table = run->backend->table;
  const gsize n = run->half_words;
  const gsize at = slot * 2 * n;
  const gsize near = neighbour < 0 ? 0 : (gsize) neighbour * 2 * n;

  if (!sweep->inverse && neighbour >= 0 && !table->add_bytes (run->backend, run->io, at, run->io, near, 2 * n, FALSE, error))
    return FALSE;
  if (!table->copy (run->backend, run->half[0], 0, run->io, at, n, error)
      || !table->copy (run->backend, run->half[1], 0, run->io, at + n, n, error) || !rounds (run, sweep, error)
      || !table->copy (run->backend, run->io, at, run->half[0], 0, n, error)
      || !table->copy (run->backend, run->io, at + n, run->half[1], 0, n, error))
    return FALSE;
  return !sweep->inverse || neighbour < 0 || table->add_bytes (run->backend, run->io, at, run->io, near, 2 * n, TRUE, error);
}

/* Enciphering, position p is chained to the finished p - 1: slot 0 holds it, slots 1.. the batch.  Deciphering, it is chained to the
 * still enciphered p + 1: slots 0.. hold the batch, and one more. */
static gboolean
one_batch (Run *run, const Sweep *sweep, guint64 first, guint count, GError **error)
{
  const guint lead = sweep->inverse ? 0 : 1;
  const gsize bytes = run->segment_bytes;
  const gboolean follows = first + count < run->geometry->segments;

  if (!sweep->inverse && first > 0
      && !run->backend->table->copy (run->backend, run->io, 0, run->io, (gsize) BATCH * 2 * run->half_words, 2 * run->half_words, error))
    return FALSE;
  for (guint i = 0; i < count + (sweep->inverse && follows ? 1 : 0); i++)
    if (!cnc_buffer_upload (run->backend, run->io, (i + lead) * bytes, segment (run, sweep, first + i), bytes, error))
      return FALSE;
  for (guint i = 0; i < count; i++)
    {
      gint neighbour = -1;

      if (!sweep->inverse && first + i > 0)
        neighbour = (gint) i;
      else if (sweep->inverse && first + i + 1 < run->geometry->segments)
        neighbour = (gint) i + 1;
      if (!one_segment (run, sweep, i + lead, neighbour, error))
        return FALSE;
    }
  for (guint i = 0; i < count; i++)
    if (!cnc_buffer_download (run->backend, run->io, (i + lead) * bytes, segment (run, sweep, first + i), bytes, error))
      return FALSE;
  return TRUE;
}

static gboolean
run_sweep (Run *run, const Sweep *sweep, GError **error)
{
  const guint64 segments = run->geometry->segments;

  for (guint64 first = 0; first < segments; first += BATCH)
    {
      const guint count = (guint) MIN (BATCH, segments - first);

      if (!cnc_task_go_on (run->task, error) || !one_batch (run, sweep, first, count, error))
        return FALSE;
      run->done += count;
      cnc_task_progress (run->task, (double) run->done / (double) (2 * segments), sweep->inverse ? N_ ("Deciphering") : N_ ("Enciphering"));
    }
  return TRUE;
}

static gboolean
run_sweeps (CncBackend *backend, const CncHybridGeometry *geometry, const guint32 *tables, gboolean inverse, gboolean second, guint8 *data,
            CncTask *task, GError **error)
{
  Run run = { .backend = backend, .geometry = geometry, .data = data, .task = task };
  const guint middle = CNC_CNN_ROUNDS / 2;
  const Sweep forward = { .descending = inverse, .inverse = inverse, .first_round = 0, .last_round = middle - 1 };
  const Sweep backward = { .descending = !inverse, .inverse = inverse, .first_round = middle, .last_round = CNC_CNN_ROUNDS - 1 };
  gboolean ok = TRUE;

  run.half_words = (gsize) geometry->shape.width * geometry->shape.height;
  run.segment_bytes = run.half_words * 8;
  run.io = cnc_buffer_new (backend, (gsize) (MIN (BATCH, geometry->segments) + 1) * run.segment_bytes, error);
  for (guint i = 0; i < 3 && run.io != NULL && ok; i++)
    {
      run.half[i] = cnc_buffer_new (backend, run.half_words * 4, error);
      ok = run.half[i] != NULL;
    }
  ok = ok && run.io != NULL && upload_tables (&run, tables, error) && run_sweep (&run, inverse ? &backward : &forward, error)
       && (!second || run_sweep (&run, inverse ? &forward : &backward, error));
  cnc_buffer_free (backend, run.tables);
  cnc_buffer_free (backend, run.io);
  for (guint i = 0; i < 3; i++)
    cnc_buffer_free (backend, run.half[i]);
  if (ok)
    ok = cnc_backend_finish (backend, error);
  return ok;
}

gboolean
cnc_cnn_run_tables (CncBackend *backend, const CncHybridGeometry *geometry, const guint32 *tables, gboolean inverse, guint8 *data,
                    CncTask *task, GError **error)
{
  return run_sweeps (backend, geometry, tables, inverse, TRUE, data, task, error);
}

static gboolean
run_seed (CncBackend *backend, const CncHybridGeometry *geometry, const guint8 seed[32], gboolean inverse, gboolean second, guint8 *data,
          CncTask *task, GError **error)
{
  const gsize words = cnc_cipher_table_words (&geometry->shape) * CNC_CNN_ROUNDS;
  g_autofree guint32 *tables = cnc_alloc (words, 4, "the cipher's tables", error);
  gboolean ok;

  if (tables == NULL)
    return FALSE;
  cnc_cnn_make_tables (&geometry->shape, seed, tables);
  ok = run_sweeps (backend, geometry, tables, inverse, second, data, task, error);
  cnc_wipe (tables, words * 4);
  return ok;
}

gboolean
cnc_cnn_run (CncBackend *backend, const CncHybridGeometry *geometry, const guint8 seed[32], gboolean inverse, guint8 *data, CncTask *task,
             GError **error)
{
  return run_seed (backend, geometry, seed, inverse, TRUE, data, task, error);
}

gboolean
cnc_cnn_run_half (CncBackend *backend, const CncHybridGeometry *geometry, const guint8 seed[32], guint8 *data, CncTask *task,
                  GError **error)
{
  return run_seed (backend, geometry, seed, FALSE, FALSE, data, task, error);
}
