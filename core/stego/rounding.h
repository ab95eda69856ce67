/* core/stego/rounding.h: to whole samples, with the error where nobody reads it.
 *
 * A block of 8 x 8 pixels and three colours is written in whole numbers, and what rounding adds disturbs the coefficients that are read as
 * much as the others.  Where only a part of them is read, the samples can be rounded the other way here and there, so that what is read is hardly
 * disturbed: the closest point of a lattice is looked for by steps of one, each time the one that helps most.
 * Thread-safety: safe; a CncRounding is read-only.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CNC_ROUNDING_SAMPLES 192u /* colour, row, column */

typedef struct
{
  float toward[CNC_ROUNDING_SAMPLES][CNC_ROUNDING_SAMPLES]; /* the projection on what is read */
} CncRounding;

/* rows: n orthonormal rows of CNC_ROUNDING_SAMPLES numbers, those that are read; n < CNC_ROUNDING_SAMPLES.  Error: NO_MEMORY.
 * Returns: (transfer full), to g_free */
CncRounding *cnc_rounding_new (const float *rows, guint n, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* wanted: in 0..255 and, where the picture is cut off, beyond.  out: whole numbers, in 0..255.  rounding: (nullable): each sample to the nearest. */
void cnc_rounding_block (const CncRounding *rounding, const float wanted[CNC_ROUNDING_SAMPLES], gint16 out[CNC_ROUNDING_SAMPLES]);

G_END_DECLS
