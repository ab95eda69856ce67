/* core/channel/find.h: the parts of cnc_carrier_find (used by core/channel alone). */
#pragma once

#include "channel/strip.h"

G_BEGIN_DECLS

/* What the strips of a view say. */
typedef struct
{
  gboolean top, bottom; /* which of them can be read; both by themselves or only together */
  guint8 bytes[CNC_CARRIER_HEADER_BYTES];
} CncStrips;

/* view: as wide as the carrier, with a strip at its top or bottom, at any scale.  FALSE: no strip can be read. */
gboolean cnc_find_strips (const CncRs *code, const CncView *view, CncStrips *strips);

/* The carrier of that header, of which view shows the whole; where it was and how it was turned is for the caller to say.  Errors: DAMAGED (scaled down too
 * far), NO_MEMORY, CANCELLED.
 * Returns: (transfer full) */
CncCarrier *cnc_find_take (const CncView *view, const CncCarrierHeader *header, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
