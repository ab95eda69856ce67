/* core/chaos/hyperchaos.h: one step of the two maps of a shuffle in fixed point (private to core/chaos and its tests).
 *
 * A number is an i64 in units of 2^-60, from -8 to 8.  Products are rounded down, sums wrap around; orbits stay far from there (|x| < 1.84,
 * |y| < 3.16, |q| < 0.985), so that what is computed are the maps of the paper, but for a disturbance below 2^-28 in each step: a Weyl
 * sequence of 32 bits, which drives an orbit out of a fixed point or a short cycle, should it have rounded into one, and lets no state of
 * map and sequence come again within 2^32 steps; a state serves for fewer than 2^17.  Parameters and their measures: shuffle.c.
 * Thread-safety: one map, one thread.
 */
#pragma once

#include "base/memory.h"

G_BEGIN_DECLS

#define CNC_CHAOS_ONE (G_GINT64_CONSTANT (1) << 60)
/* x' = a1 x + a2 y + a3 y^2, y' = b1 - b2 z, z' = c x, where a3 = -1, b2 = -1, c = 1, and in units of 2^-60: */
#define CNC_HYPER_A1 G_GINT64_CONSTANT (57646075230342349)   /* 0.05 */
#define CNC_HYPER_A2 G_GINT64_CONSTANT (3043712772162076017) /* 2.64 */
#define CNC_HYPER_B1 G_GINT64_CONSTANT (1521856386081038008) /* 1.32 */
/* x' = k (q^2 - 1) x, q' = q + x */
#define CNC_MEMRISTOR_K G_GINT64_CONSTANT (2040671063154119148) /* 1.77 */

/* Before an orbit is used: a difference in the lowest bit of a state has long grown to the size of the attractor (in 260 steps at 0.16 a
 * step). */
#define CNC_CHAOS_SKIPPED 512u

#define CNC_HYPER_STATE_BYTES 32u
#define CNC_MEMRISTOR_STATE_BYTES 24u

typedef struct
{
  gint64 x, y, z;
  guint32 weyl, step; /* step: odd */
} CncHyper;

typedef struct
{
  gint64 x, q;
  guint32 weyl, step;
} CncMemristor;

/* floor (a b / 2^60) modulo 2^64.  Written with 32-bit halves: for compilers without a 128-bit integer, and for the test. */
static inline gint64
cnc_chaos_times_portable (gint64 a, gint64 b)
{
  const guint64 x = (guint64) a, y = (guint64) b;
  const guint64 xl = x & 0xffffffffu, xh = x >> 32, yl = y & 0xffffffffu, yh = y >> 32;
  const guint64 ll = xl * yl, lh = xl * yh, hl = xh * yl, hh = xh * yh;
  const guint64 mid = (ll >> 32) + (lh & 0xffffffffu) + (hl & 0xffffffffu);
  const guint64 low = (mid << 32) | (ll & 0xffffffffu);
  /* of the signed product: an operand below 0 was taken for one that is larger by 2^64 */
  const guint64 high = hh + (lh >> 32) + (hl >> 32) + (mid >> 32) - (a < 0 ? y : 0) - (b < 0 ? x : 0);

  return (gint64) ((high << 4) | (low >> 60));
}

static inline gint64
cnc_chaos_times (gint64 a, gint64 b)
{
#ifdef __SIZEOF_INT128__
  __extension__ const __int128 product = (__int128) a * b;

  return (gint64) (product >> 60);
#else
  return cnc_chaos_times_portable (a, b);
#endif
}

/* Sums modulo 2^64, which is not what C promises of signed numbers. */
static inline gint64
cnc_chaos_plus (gint64 a, gint64 b)
{
  return (gint64) ((guint64) a + (guint64) b);
}

static inline gint64
cnc_chaos_minus (gint64 a, gint64 b)
{
  return (gint64) ((guint64) a - (guint64) b);
}

/* Bits 12 to 47 of a number: 36 bits that show neither the shape of the attractor nor what was rounded. */
static inline guint64
cnc_chaos_output (gint64 x)
{
  return (guint64) x >> 12 & G_GUINT64_CONSTANT (0xfffffffff);
}

static inline guint64
cnc_hyper_next (CncHyper *map)
{
  const gint64 bend = cnc_chaos_times (map->y, cnc_chaos_minus (CNC_HYPER_A2, map->y));
  gint64 x;

  map->weyl += map->step;
  x = cnc_chaos_plus (cnc_chaos_plus (cnc_chaos_times (CNC_HYPER_A1, map->x), bend), (gint64) map->weyl);
  map->y = cnc_chaos_plus (CNC_HYPER_B1, map->z);
  map->z = map->x;
  map->x = x;
  return cnc_chaos_output (x);
}

static inline guint64
cnc_memristor_next (CncMemristor *map)
{
  const gint64 charge = cnc_chaos_minus (cnc_chaos_times (map->q, map->q), CNC_CHAOS_ONE);
  gint64 x;

  map->weyl += map->step;
  x = cnc_chaos_plus (cnc_chaos_times (cnc_chaos_times (CNC_MEMRISTOR_K, charge), map->x), (gint64) map->weyl);
  map->q = cnc_chaos_plus (map->q, map->x);
  map->x = x;
  return cnc_chaos_output (x);
}

/* Eight bytes as a number from -1/2 to 1/2. */
static inline gint64
cnc_chaos_start (const guint8 *bytes)
{
  const guint64 bits = cnc_get_u64 (bytes);

  return (gint64) (bits >> 4) - (gint64) (CNC_CHAOS_ONE >> 1);
}

/* state: x0, y0 - b1, z0 of 8 bytes, Weyl start and step of 4, little-endian; any bytes will do. */
static inline void
cnc_hyper_init (CncHyper *map, const guint8 state[CNC_HYPER_STATE_BYTES])
{
  map->x = cnc_chaos_start (state);
  map->y = cnc_chaos_start (state + 8) + CNC_HYPER_B1;
  map->z = cnc_chaos_start (state + 16);
  map->weyl = cnc_get_u32 (state + 24);
  map->step = cnc_get_u32 (state + 28) | 1;
  for (guint i = 0; i < CNC_CHAOS_SKIPPED; i++)
    (void) cnc_hyper_next (map);
}

/* state: x0, q0, Weyl start, Weyl step, likewise. */
static inline void
cnc_memristor_init (CncMemristor *map, const guint8 state[CNC_MEMRISTOR_STATE_BYTES])
{
  map->x = cnc_chaos_start (state);
  map->q = cnc_chaos_start (state + 8);
  map->weyl = cnc_get_u32 (state + 16);
  map->step = cnc_get_u32 (state + 20) | 1;
  for (guint i = 0; i < CNC_CHAOS_SKIPPED; i++)
    (void) cnc_memristor_next (map);
}

G_END_DECLS
