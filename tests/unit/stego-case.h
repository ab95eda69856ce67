/* tests/unit/stego-case.h: pictures and keys for the tests of core/stego. */
#pragma once

#include "base/error.h"
#include "base/memory.h"
#include "picture/pixels.h"
#include "stego/stego.h"

#include <math.h>

/* Smooth shapes with a little noise, like a photograph; another one for each seed. */
static inline CncRaster *
case_picture (guint32 width, guint32 height, guint seed)
{
  CncRaster *raster = cnc_rgb_new (width, height, NULL);
  guint32 state = seed * 2654435761u + 1;

  for (guint32 y = 0; y < height; y++)
    for (guint32 x = 0; x < width; x++)
      for (guint c = 0; c < 3; c++)
        {
          const double wave
              = sin ((x * (1.0 + seed % 3) + 3 * c) / 23.0) * cos ((y + 5.0 * seed) / (17.0 + c)) + sin ((x + y) / (41.0 + seed));

          state = state * 1664525 + 1013904223;
          raster->data[((gsize) y * width + x) * 3 + c] = (guint8) CLAMP (128 + 60 * wave + (state >> 24) / 8.0 - 16, 0, 255);
        }
  return raster;
}

static inline CncSecret *
case_key (guint8 seed)
{
  guint8 bytes[CNC_KEY_BYTES];

  memset (bytes, seed, sizeof bytes);
  return cnc_secret_new_key (bytes, NULL);
}

static inline CncStegoLock *
case_lock (guint count)
{
  const guint8 salt[CNC_STEGO_SALT_BYTES] = { 1, 2, 3 };
  CncSecret *keks[CNC_STEGO_MAX_SECRETS] = { NULL };
  CncStegoLock *lock;

  for (guint i = 0; i < count; i++)
    keks[i] = case_key ((guint8) (10 + i));
  lock = cnc_stego_lock_new_keks ((const CncSecret *const *) keks, count, salt, NULL);
  for (guint i = 0; i < count; i++)
    cnc_secret_free (keks[i]);
  g_assert_nonnull (lock);
  return lock;
}
