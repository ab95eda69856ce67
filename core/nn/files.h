/* core/nn/files.h: where model files lie.  Thread-safety: safe. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CNC_MODEL_ENDING ".safetensors"

/* Paths of all model files: of the folders of CNNCRYPT_MODEL_PATH (separated by colons), then of the folder that cnncrypt was installed with;
 * in each folder the file of the usual name (without ending) first, the others by name.  Returns: (element-type filename) (transfer full) */
GPtrArray *cnc_model_files (const char *usual);

G_END_DECLS
