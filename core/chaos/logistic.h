/* core/chaos/logistic.h: one step of the fixed-point logistic map (private to core/chaos and its tests).
 *
 * Thread-safety: one map, one thread.
 */
#pragma once

#include "base/memory.h"

G_BEGIN_DECLS

typedef struct
{
  guint64 x;    /* the state, x / 2^64 in [0, 1) */
  guint64 weyl; /* w */
  guint64 step; /* s, odd */
} CncLogistic;

/* floor (4 x (1 - x)) in units of 2^-64, where 1 stands for 2^64 - 1, so that the product is below 2^126 and fits after the
 * multiplication by 4.  Written with 32-bit halves: for compilers without a 128-bit integer, and for the test. */
static inline guint64
cnc_logistic_map_portable (guint64 x)
{
  const guint64 y = ~x;
  const guint64 xl = x & 0xffffffffu, xh = x >> 32, yl = y & 0xffffffffu, yh = y >> 32;
  const guint64 ll = xl * yl, lh = xl * yh, hl = xh * yl, hh = xh * yh;
  const guint64 mid = (ll >> 32) + (lh & 0xffffffffu) + (hl & 0xffffffffu);
  const guint64 low = (mid << 32) | (ll & 0xffffffffu);
  const guint64 high = hh + (lh >> 32) + (hl >> 32) + (mid >> 32);

  return (high << 2) | (low >> 62);
}

static inline guint64
cnc_logistic_map (guint64 x)
{
#ifdef __SIZEOF_INT128__
  __extension__ const unsigned __int128 product = (unsigned __int128) x * (guint64) ~x;

  return (guint64) (product >> 62);
#else
  return cnc_logistic_map_portable (x);
#endif
}

/* The next 32 bits of keystream. */
static inline guint32
cnc_logistic_next (CncLogistic *map)
{
  map->weyl += map->step;
  map->x = cnc_logistic_map (map->x) + map->weyl;
  return (guint32) (map->x >> 16);
}

/* state: x0, Weyl start, Weyl step, u64 little-endian each.  A difference in the lowest bit of the state grows by about one bit a
 * step (the Lyapunov exponent of the map is ln 2), so 64 steps are thrown away. */
static inline void
cnc_logistic_init (CncLogistic *map, const guint8 state[24])
{
  map->x = cnc_get_u64 (state);
  map->weyl = cnc_get_u64 (state + 8);
  map->step = cnc_get_u64 (state + 16) | 1;
  for (guint i = 0; i < 64; i++)
    (void) cnc_logistic_next (map);
}

G_END_DECLS
