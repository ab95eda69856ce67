/* core/base/spread.h: an order of places in which neighbours come to lie far apart.
 *
 * Number k of T stands at place k * step modulo T.  Part of the formats (core/stego/format.md, core/channel/format.md), so in whole numbers.
 * Thread-safety: safe.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The golden section of places, made odd, or the next number that has no divisor with it.  places: 1 to 2^40; the result may be larger than places
 * where those are few. */
guint64 cnc_spread_step (guint64 places);

G_END_DECLS
