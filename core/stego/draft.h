/* core/stego/draft.h: the result of a hiding network, from what it gives to whole samples.  For network.c. */
#pragma once

#include "picture/raster.h"
#include "stego/rounding.h"

G_BEGIN_DECLS

/* The cover as it is fed, and what comes of it. */
typedef struct
{
  CncRaster *cover, *result;
  const CncRounding *rounding; /* (nullable) */
  gint cut;                    /* atomic: samples of the result that were beyond black or white */
} CncDraft;

/* A CncTileWrite of whole blocks; user_data: CncDraft; planes: 1 is 255.  Where the result is cut off at black or white, part of what it says is
 * lost: the cover is drawn back from there by as much, for another try.  Error: GPU_LOST (what is no number). */
gboolean cnc_draft_write (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, const float *planes, GError **error);

G_END_DECLS
