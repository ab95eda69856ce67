/* core/methods/restore/body.h: what the network makes of a picture as the body of a carrier, and back (core/channel/format.md, "Restore").
 *
 * A place of the body is a value from 0 to 255 on a ring: features, 256 steps each, then zeros to the body's end; moved by the shuffle
 * (core/chaos/shuffle.h), then a keystream added modulo 256.  The shuffle spreads what a channel does to one part of the carrier over the
 * picture; that nobody reads anything is the keystream's doing alone.
 * Thread-safety: safe.
 */
#pragma once

#include "base/task.h"
#include "seal/keys.h"

#include <math.h>

G_BEGIN_DECLS

/* Where order and keystream are drawn from; each from a subkey of its own of the carrier key. */
typedef struct
{
  guint8 chaos[CNC_KEY_BYTES];
  guint8 stream[CNC_KEY_BYTES];
} CncRestoreSeeds;

/* Wipe them. */
void cnc_restore_seeds (const CncSecret *key, CncRestoreSeeds *seeds);

/* In place; the second undoes the first.  n: places, at most CNC_SHUFFLE_MAX.  Errors: NO_MEMORY, CANCELLED. */
gboolean cnc_restore_lock (const CncRestoreSeeds *seeds, guint8 *body, gsize n, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean cnc_restore_unlock (const CncRestoreSeeds *seeds, guint8 *body, gsize n, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A finite number of the network, 1 being once around the ring, as the nearest value; and a value as a number in [-1/2, 1/2). */
static inline guint8
cnc_restore_to_value (float number)
{
  return (guint8) (gint) floorf (256.0f * (number - floorf (number + 0.5f)) + 0.5f);
}

static inline float
cnc_restore_to_number (guint8 value)
{
  return (float) (gint8) value / 256.0f;
}

/* The sum of the squares of n numbers that stand as values. */
double cnc_restore_power (const guint8 *values, gsize n);

G_END_DECLS
