/* core/channel/strip.h: the strips of a carrier: drawn, and read from a grey plane at any scale and in any orientation (used by core/channel alone). */
#pragma once

#include "channel/carrier.h"
#include "channel/rs.h"

G_BEGIN_DECLS

#define CNC_VIEWS 8u

/* A grey plane as it would look upright: the value at (x, y) is origin[x * dx + y * dy]. */
typedef struct
{
  const guint8 *origin; /* (transfer none) */
  gssize dx, dy;
  guint32 width, height;
} CncView;

/* which: below CNC_VIEWS; which % 4 quarter turns clockwise are undone, and for which >= 4 then a mirroring left and right.  plane: the rectangle of
 * width * height values, rows stride apart. */
CncView cnc_view (const guint8 *plane, gsize stride, guint32 width, guint32 height, guint which);

/* Where cells are looked for, in pixels of the view, as real numbers: cell k of row r has its corner at (x + k * side, y + r * down). */
typedef struct
{
  double x, y, side, down;
  guint cells; /* across; rows follow from it */
} CncStripPlace;

/* The mean over the inner part of each bit's cells; NAN where all of them lie outside of the view.  Returns how far apart black and white are: the
 * distance of the means of the dark and the bright cells, less what the cells of each differ, 0..255; low values are no strip. */
double cnc_strip_measure (const CncView *view, const CncStripPlace *place, float values[CNC_CARRIER_CELLS]);

/* The code of headers.  Errors: those of cnc_rs_new. */
CncRs *cnc_strip_code (GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* FALSE if no header can be made of the values: its code and its check decide. */
gboolean cnc_strip_decode (const CncRs *code, const float values[CNC_CARRIER_CELLS], guint8 header[CNC_CARRIER_HEADER_BYTES]);

/* What the cells show, a byte of 0 or 1 each. */
void cnc_strip_bits (const CncRs *code, const CncCarrierHeader *header, guint8 bits[CNC_CARRIER_CELLS]);

G_END_DECLS
