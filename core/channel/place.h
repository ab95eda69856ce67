/* core/channel/place.h: a carrier around a rectangle of noise: its strips, and where it lies to the pixel (used by core/channel alone). */
#pragma once

#include "channel/noise.h"

G_BEGIN_DECLS

typedef struct
{
  guint which;            /* the view (cnc_view) of the whole plane in which the carrier is upright */
  guint8 bytes[CNC_CARRIER_HEADER_BYTES];
  CncCarrierHeader header; /* if bytes are one */
  gboolean readable;       /* FALSE: bytes have their check, and are no header that is known here */
  gint64 x, y;             /* of its upper left corner in that view; outside of it where the carrier was cut */
  guint32 width, height;   /* in that view; other than the header's where it was scaled */
  gboolean whole;          /* it lies in the picture */
} CncPlaced;

/* FALSE: there are no strips around the rectangle that can be read, or the task was cancelled.  tries: (inout), how many codes may still be decoded,
 * which is what takes time; none are from 0 on. */
gboolean cnc_place_around (const CncRs *code, const CncRaster *plane, const CncRectangle *noise, CncPlaced *placed, guint *tries, CncTask *task);

/* A carrier of which a part of the columns is missing, to the left or to the right, as long as more than about two thirds of them are there; not scaled.
 * FALSE: none, or the task was cancelled.  Only header and which are set. */
gboolean cnc_place_cut (const CncRs *code, const CncRaster *plane, const CncRectangle *noise, CncPlaced *placed, guint *tries, CncTask *task);

/* Where it is in the plane. */
CncRectangle cnc_place_rectangle (const CncRaster *plane, const CncPlaced *placed);

G_END_DECLS
