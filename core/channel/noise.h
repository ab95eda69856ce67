/* core/channel/noise.h: rectangles of noise in a grey plane: where a carrier's body may be (used by core/channel alone). */
#pragma once

#include "channel/strip.h"

G_BEGIN_DECLS

#define CNC_NOISE_MOST 16u

typedef struct
{
  guint32 x, y, width, height;
} CncRectangle;

typedef struct
{
  CncRectangle rectangles[CNC_NOISE_MOST]; /* the largest ones, by size */
  guint count;
  double share; /* of all blocks of 8 x 8 pixels, those of noise */
} CncNoise;

/* Parts of the plane whose neighbours differ far more than those of pictures do, of about a rectangle's shape, with their edges to a pixel or two.
 * Errors: NO_MEMORY, CANCELLED. */
gboolean cnc_noise_find (const CncRaster *plane, CncNoise *noise, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
