/* core/methods/hybrid/stages.h: "Chaos + CNN" stage by stage, for looking into it: what each layer makes of a picture's own pixels.
 *
 * The method packs a picture before the layers, so that none of its stages could be looked at; here they work on the pixels as they are.  The
 * keys are drawn at random and forgotten: what is shown belongs to no encrypted picture.
 * Thread-safety: safe, as far as the backend is.
 */
#pragma once

#include "base/task.h"
#include "nn/backend.h"
#include "picture/raster.h"

G_BEGIN_DECLS

typedef enum
{
  CNC_STAGE_PLAIN,
  CNC_STAGE_BLOCKS,    /* blocks of 64 bytes, that is 21 1/3 pixels, repositioned */
  CNC_STAGE_KEYSTREAM, /* the logistic map's keystream alone */
  CNC_STAGE_CHAOS,     /* that added to the repositioned blocks */
  CNC_STAGE_CNN_HALF,  /* after the first half of the CNN's rounds */
  CNC_STAGE_CNN,       /* after all of them */
  CNC_STAGE_SEALED,    /* XChaCha20-Poly1305 */
  CNC_N_STAGES,
} CncStage;

/* In a menu's language; (transfer none). */
const char *cnc_stage_name (CncStage stage);

/* plain: opaque RGB8 of at least one pixel.  stages: (out) each (transfer full), opaque RGB8 of plain's size; on an error all NULL.
 * Errors: BAD_ARGUMENT, NO_MEMORY, GPU_*, CANCELLED. */
gboolean cnc_stages_make (const CncRaster *plain, CncBackend *backend, CncRaster *stages[CNC_N_STAGES], CncTask *task,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_stages_clear (CncRaster *stages[CNC_N_STAGES]);

G_END_DECLS
