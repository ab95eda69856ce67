/* tests/unit/noise-case.h: the noise of statistics-values.py and analysis-values.py. */
#pragma once

#include <glib.h>

/* xorshift32 (Marsaglia 2003), its second byte. */
static inline void
fill_noise (guint8 *out, gsize size, guint32 seed)
{
  for (gsize i = 0; i < size; i++)
    {
      seed ^= seed << 13;
      seed ^= seed >> 17;
      seed ^= seed << 5;
      out[i] = (guint8) (seed >> 8);
    }
}
