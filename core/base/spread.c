/* core/base/spread.c: an order in which neighbours lie far apart, see spread.h. */
#include "base/spread.h"

#define GOLDEN G_GUINT64_CONSTANT (6180339887) /* times 10^-10 */
#define HALF 100000u                           /* the root of 10^10: a product with all of places would not fit */

guint64
cnc_spread_step (guint64 places)
{
  for (guint64 step = (places / HALF * GOLDEN + places % HALF * GOLDEN / HALF) / HALF | 1;; step++)
    {
      guint64 a = places, b = step;

      while (b != 0)
        {
          const guint64 rest = a % b;

          a = b;
          b = rest;
        }
      if (a == 1)
        return step;
    }
}
