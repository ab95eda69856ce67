/* core/stego/models.h: the model files of the modes with networks: found by name or by hash (places: nn/files.h). */
#pragma once

#include "stego/stego.h"

G_BEGIN_DECLS

/* The path of the mode's model to hide with: hide.safetensors, hide-robust.safetensors.  Error: MODEL.  Returns: (transfer full) */
char *cnc_stego_model_find (const CncStegoMode *mode, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The path of the model file with that hash; of mode robust, whose record keeps only its first bytes, the first file whose hash begins so.  Errors: MODEL, naming the hash; NO_MEMORY.  Returns: (transfer full) */
char *cnc_stego_model_find_hash (const CncStegoMode *mode, const guint8 sha256[CNC_STEGO_MODEL_BYTES], GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
