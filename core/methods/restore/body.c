/* core/methods/restore/body.c: order and keystream of a body, see body.h. */
#include "methods/restore/body.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "chaos/shuffle.h"

#define BLOCK 16384u /* of the keystream at once; a multiple of 64 */

void
cnc_restore_seeds (const CncSecret *key, CncRestoreSeeds *seeds)
{
  cnc_subkey (key, CNC_SUBKEY_CARRIER_CHAOS, seeds->chaos);
  cnc_subkey (key, CNC_SUBKEY_CARRIER_KEYSTREAM, seeds->stream);
}

typedef struct
{
  const guint8 *seed;
  guint8 *body;
  gsize n;
  gboolean subtract;
} Stream;

static void
stream_block (guint block, gpointer user_data)
{
  const Stream *s = user_data;
  const gsize from = (gsize) block * BLOCK, count = MIN (s->n - from, BLOCK);
  guint8 bytes[BLOCK], *body = s->body + from;

  cnc_keystream (s->seed, from, bytes, count);
  if (s->subtract)
    for (gsize i = 0; i < count; i++)
      body[i] = (guint8) (body[i] - bytes[i]);
  else
    for (gsize i = 0; i < count; i++)
      body[i] = (guint8) (body[i] + bytes[i]);
  cnc_wipe (bytes, sizeof bytes);
}

static void
add_stream (const guint8 *seed, gboolean subtract, guint8 *body, gsize n)
{
  Stream stream = { seed, body, n, subtract };

  cnc_parallel_for ((guint) ((n + BLOCK - 1) / BLOCK), stream_block, &stream);
}

static gboolean
shuffle (const guint8 *seed, gboolean inverse, guint8 *body, gsize n, CncTask *task, GError **error)
{
  const gsize size = cnc_shuffle_states (n) * CNC_SHUFFLE_STATE_BYTES;
  g_autofree guint8 *states = cnc_alloc (size, 1, "the order of the values", error);
  gboolean moved;

  if (states == NULL)
    return FALSE;
  cnc_keystream (seed, 0, states, size);
  moved = cnc_shuffle (states, inverse, body, n, task, error);
  cnc_wipe (states, size);
  return moved;
}

gboolean
cnc_restore_lock (const CncRestoreSeeds *seeds, guint8 *body, gsize n, CncTask *task, GError **error)
{
  if (!shuffle (seeds->chaos, FALSE, body, n, task, error))
    return FALSE;
  add_stream (seeds->stream, FALSE, body, n);
  return TRUE;
}

gboolean
cnc_restore_unlock (const CncRestoreSeeds *seeds, guint8 *body, gsize n, CncTask *task, GError **error)
{
  add_stream (seeds->stream, TRUE, body, n);
  return shuffle (seeds->chaos, TRUE, body, n, task, error);
}

double
cnc_restore_power (const guint8 *values, gsize n)
{
  guint64 sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += (guint64) ((gint8) values[i] * (gint8) values[i]);
  return (double) sum / 65536;
}
