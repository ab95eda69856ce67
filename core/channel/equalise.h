/* core/channel/equalise.h: a body whose pixels ran into their neighbours (blurred, or scaled up and back) made sharp again (used where a body cannot be
 * read as it is).
 *
 * The filter of 7 x 7 pixels that brings the values closest, in the mean of squares, to the levels that they are taken for; these are decided again, and
 * so on.  That finds the way back as long as most pixels were taken for the right level at first (B. Widrow, decision-directed adaptation; R. W. Lucky
 * 1966).  What was lost by making a picture smaller does not come back.  Thread-safety: safe.
 */
#pragma once

#include "base/task.h"

G_BEGIN_DECLS

/* levels: 2 or 3.  out: width * height values.  Errors: NO_MEMORY, CANCELLED. */
gboolean cnc_equalise (const guint8 *body, guint32 width, guint32 height, guint levels, guint8 *out, CncTask *task,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The level that each value is nearest to, as the channel has left them: each level is the mean of the values that are taken for it. */
void cnc_equalise_levels (const guint8 *body, gsize pixels, guint levels, double means[3]);

G_END_DECLS
