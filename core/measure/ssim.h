/* core/measure/ssim.h: structural similarity (Wang, Bovik, Sheikh and Simoncelli 2004).
 *
 * Gaussian window of 11, sigma 1.5, dynamic range 255, valid positions.  A plane is bytes, row-major, step bytes from one pixel to the next.
 * Works on all cores; the result does not depend on how many.  Thread-safety: safe.
 */
#pragma once

#include "base/task.h"

G_BEGIN_DECLS

#define CNC_SSIM_WINDOW 11u

/* The mean over one channel.  NAN where the picture is smaller than the window, or memory is short. */
double cnc_measure_ssim (const guint8 *a, const guint8 *b, guint step, gsize width, gsize height);

/* The same with progress, and an error where memory is short; *similarity is NAN where the picture is smaller than the window.  Errors: NO_MEMORY, CANCELLED. */
gboolean cnc_ssim_run (const guint8 *a, const guint8 *b, guint step, gsize width, gsize height, double *similarity, CncTask *task,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What uniformly random bytes in the place of a would give against b: tried with pseudo-random ones, since no formula is known.
 * *mean is where the tries lie, *deviation how far another one is from there, the error of the mean included.  The picture is at least as
 * large as the window.  Errors: NO_MEMORY, CANCELLED. */
gboolean cnc_ssim_random (const guint8 *b, guint step, gsize width, gsize height, double *mean, double *deviation, CncTask *task,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
