/* core/chaos/shuffle.h: the order of n values, changed by a 3-D hyperchaotic map and then by a 2-D memristor map (Nair, Vismaya, Muni, Durdu,
 * "Deep Learning and Chaos", arXiv 2406.16792), in fixed point so that it is the same on every machine.
 *
 * Each map draws one permutation of all values (Fisher-Yates); the second is applied to what the first made.  Format: core/picture/format.md, "The
 * shuffle".  Not what secrecy rests on: a permutation hides no value and diffuses nothing (one value changed is one value changed), and a few
 * known pairs give any permutation away.  State is derived by the caller from a subkey.  Parameters and measures: shuffle.c.
 * Thread-safety: safe.
 */
#pragma once

#include "base/task.h"

G_BEGIN_DECLS

#define CNC_SHUFFLE_STATE_BYTES 56u      /* 32 of the first map, 24 of the second (hyperchaos.h); any bytes will do */
#define CNC_SHUFFLE_CHUNK 65536u         /* values that one state moves */
#define CNC_SHUFFLE_MAX (1u << 28)       /* values */

/* How many states n values take. */
gsize cnc_shuffle_states (gsize n);

/* In place.  states: cnc_shuffle_states (n) times CNC_SHUFFLE_STATE_BYTES.  n: at most CNC_SHUFFLE_MAX.  12 million values take 0.14 s of one core, 100 million 2.2 s,
 * and 256 KiB.  Errors: BAD_ARGUMENT (too many), NO_MEMORY, CANCELLED (data is half moved). */
gboolean cnc_shuffle (const guint8 *states, gboolean inverse, guint8 *data, gsize n, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
