/* core/methods/restore/restore.h: the parts of the method "restore", for restore.c, tests and measurements; callers use methods/carrier.h.
 *
 * Thread-safety: safe on different objects; a run is used by one thread at a time.
 */
#pragma once

#include "methods/carrier.h"
#include "methods/restore/body.h"
#include "methods/restore/model.h"

G_BEGIN_DECLS

/* Strengths of a channel (cnc_restore_strength) from here on leave nothing that a network could restore; noise in place of a carrier
 * has 73.9. */
#define CNC_RESTORE_WORST 64.0

/* Sizes, all of them made of three: the picture's, the model's, and the carrier's longest side (format.md). */
typedef struct
{
  guint32 width, height; /* of what the network gets */
  guint32 columns, rows; /* of features */
  gsize count;           /* values: channels * columns * rows */
  guint32 carrier_width, carrier_height;
  CncCarrierLayout layout;
  gsize places; /* of the body: body_width * body_height, count at least */
} CncRestorePlan;

/* width, height: of the picture.  longest_side: 0: any.  Error: TOO_SMALL (names the least longest side). */
gboolean cnc_restore_plan (const CncRestore *model, guint32 width, guint32 height, guint32 longest_side, CncRestorePlan *plan,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same with the keys of so many recipients in the carrier. */
gboolean cnc_restore_plan_for (const CncRestore *model, guint32 width, guint32 height, guint32 longest_side, guint recipients,
                               CncRestorePlan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for what the network gets, so many pixels of it. */
gboolean cnc_restore_plan_scaled (const CncRestore *model, guint32 width, guint32 height, CncRestorePlan *plan,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The picture in the model's colours, 8 bits, opaque (transparent pixels lie on white), at its own size.  notes: (nullable) (inout):
 * sentences about what that changes are added.  Errors: NO_MEMORY.  Returns: (transfer full) */
CncRaster *cnc_restore_prepare (const CncRestore *model, const CncPicture *picture, GString *notes,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A model on a device. */
typedef struct
{
  const CncRestore *model;
  CncBackend *backend;
  CncWeights *weights;
  CncTask *task; /* (nullable) */
} CncRestoreRun;

/* picture: of cnc_restore_prepare, any size; it is brought to that of plan.  values: plan->places of them, those beyond plan->count become
 * 0. Errors: MODEL (the last channel is not 0), GPU_*, NO_MEMORY, CANCELLED. */
gboolean cnc_restore_encode (const CncRestoreRun *run, const CncRestorePlan *plan, const CncRaster *picture, guint8 *values,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How strong the channel's errors were, by the pilots among plan->places values: standard deviation, in values (1/256 of the ring), 0..74
 * or so. */
double cnc_restore_strength (const CncRestore *model, const CncRestorePlan *plan, const guint8 *values);

/* values: plan->count of them; strength: of cnc_restore_strength.  width, height: what the picture is brought to.  Errors: GPU_*,
 * NO_MEMORY, CANCELLED.  Returns: (transfer full) */
CncRaster *cnc_restore_decode (const CncRestoreRun *run, const CncRestorePlan *plan, const guint8 *values, double strength, guint32 width,
                               guint32 height, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Of two pictures of cnc_restore_prepare of one size: dB, infinity if they are equal. */
double cnc_restore_psnr (const CncRaster *a, const CncRaster *b);

G_END_DECLS
