/* core/chaos/shuffle.c: n values moved by two chaotic maps, see shuffle.h.
 *
 * Parameters.  The paper's are not published; these are ours.  3-D map: a1 = 0.05, a2 = 2.64, a3 = -1, b1 = 1.32, b2 = -1, c = 1; memristor
 * map: k = 1.77.  They were searched for three things: as many positive Lyapunov exponents as there are dimensions, orbits that stay away
 * from the edge of what they can leave the attractor through, and no start in the box that states are drawn from (1/2 around x = 0, y = b1,
 * z = 0 and around x = q = 0) that ends elsewhere.  Lyapunov exponents, nats a step, mean of 64 orbits of 20,000 steps: 0.161, 0.151,
 * 0.131; and 0.253, 0.096.  6,000 orbits of 66,048 steps each: |x| <= 1.8339, |y| <= 3.1539 (the 3-D map's orbits escape beyond x = -1.878,
 * and its least x is -1.71); |x| <= 1.7934, |q| <= 0.9843, and never |x| < 0.00005, where the memristor map has a line of fixed points that
 * attracts for |q| > 0.66; with k = 1.785 or more orbits come to |q| > 1, and there they begin to be caught.
 *
 * The maps make few bits a step (0.64 and 0.50, the sums of the exponents), and their next numbers are known to whoever knows the last ones
 * in full; 36 of 64 bits are used.
 */
#include "chaos/shuffle.h"

#include "base/error.h"
#include "base/memory.h"
#include "chaos/hyperchaos.h"

G_STATIC_ASSERT (CNC_SHUFFLE_STATE_BYTES == CNC_HYPER_STATE_BYTES + CNC_MEMRISTOR_STATE_BYTES);

/* How far ahead of the swap its second value is fetched; hides the memory's latency. */
#define PREFETCH 24u

typedef struct
{
  const guint8 *states;
  guint32 *partner; /* of the values of one chunk */
  guint8 *data;
  gsize n;
  gboolean inverse;
} Shuffle;

gsize
cnc_shuffle_states (gsize n)
{
  return n / CNC_SHUFFLE_CHUNK + (n % CNC_SHUFFLE_CHUNK != 0 ? 1 : 0);
}

/* With which value at or below it value i changes places: maps 36 bits onto 0..i with a bias below (i + 1) / 2^36. */
static inline guint32
choose (guint64 bits, gsize i)
{
  return (guint32) ((bits * (i + 1)) >> 36);
}

static void
draw_hyper (const guint8 *state, gsize first, guint32 *partner, guint count)
{
  CncHyper map;

  cnc_hyper_init (&map, state);
  for (guint k = count; k-- > 0;)
    partner[k] = choose (cnc_hyper_next (&map), first + k);
}

static void
draw_memristor (const guint8 *state, gsize first, guint32 *partner, guint count)
{
  CncMemristor map;

  cnc_memristor_init (&map, state);
  for (guint k = count; k-- > 0;)
    partner[k] = choose (cnc_memristor_next (&map), first + k);
}

static inline void
swap (guint8 *data, gsize a, gsize b)
{
  const guint8 kept = data[a];

  data[a] = data[b];
  data[b] = kept;
}

/* Swaps of the values of a chunk, from its last to its first, or in the opposite order. */
static void
run_chunk (const Shuffle *s, gsize first, guint count)
{
  if (!s->inverse)
    for (guint k = count; k-- > 0;)
      {
        if (k >= PREFETCH)
          __builtin_prefetch (s->data + s->partner[k - PREFETCH], 1);
        swap (s->data, first + k, s->partner[k]);
      }
  else
    for (guint k = 0; k < count; k++)
      {
        if (k + PREFETCH < count)
          __builtin_prefetch (s->data + s->partner[k + PREFETCH], 1);
        swap (s->data, first + k, s->partner[k]);
      }
}

/* One of the two permutations: chunks from the last to the first, or in the opposite order. */
static gboolean
run_map (const Shuffle *s, gboolean memristor, CncTask *task, GError **error)
{
  const gsize chunks = cnc_shuffle_states (s->n);

  for (gsize i = 0; i < chunks; i++)
    {
      const gsize chunk = s->inverse ? i : chunks - 1 - i, first = chunk * CNC_SHUFFLE_CHUNK;
      const guint count = (guint) MIN (s->n - first, (gsize) CNC_SHUFFLE_CHUNK);
      const guint8 *state = s->states + chunk * CNC_SHUFFLE_STATE_BYTES;

      if (!cnc_task_go_on (task, error))
        return FALSE;
      if (memristor)
        draw_memristor (state + CNC_HYPER_STATE_BYTES, first, s->partner, count);
      else
        draw_hyper (state, first, s->partner, count);
      run_chunk (s, first, count);
    }
  return TRUE;
}

gboolean
cnc_shuffle (const guint8 *states, gboolean inverse, guint8 *data, gsize n, CncTask *task, GError **error)
{
  g_autofree guint32 *partner = NULL;
  const Shuffle s
      = { states, partner = cnc_alloc (CNC_SHUFFLE_CHUNK, sizeof *partner, "the order of the values", error), data, n, inverse };
  gboolean moved;

  if (partner == NULL)
    return FALSE;
  if (n > CNC_SHUFFLE_MAX)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "The picture has more than %u million values; scale it down.",
                   CNC_SHUFFLE_MAX / 1000000);
      return FALSE;
    }
  moved = run_map (&s, inverse, task, error) && run_map (&s, !inverse, task, error);
  memset (partner, 0, CNC_SHUFFLE_CHUNK * sizeof *partner);
  return moved;
}
