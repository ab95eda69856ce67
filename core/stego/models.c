/* core/stego/models.c: finding the model files of the modes with networks, see models.h. */
#include "stego/models.h"

#include "base/error.h"
#include "cnc-config.h"
#include "nn/files.h"
#include "nn/safetensors.h"
#include "stego/robust-record.h"

#include <string.h>

G_STATIC_ASSERT (CNC_STEGO_MODEL_BYTES == CNC_SHA256_BYTES);

static const char *
usual_name (const CncStegoMode *mode)
{
  return mode->number == CNC_STEGO_ROBUST ? "hide-robust" : "hide";
}

char *
cnc_stego_model_find (const CncStegoMode *mode, GError **error)
{
  g_autoptr (GPtrArray) files = cnc_model_files (usual_name (mode));
  g_autofree char *wanted = g_strconcat (usual_name (mode), CNC_MODEL_ENDING, NULL);

  for (guint i = 0; i < files->len; i++)
    {
      g_autofree char *base = g_path_get_basename (files->pdata[i]);

      if (strcmp (base, wanted) == 0)
        return g_strdup (files->pdata[i]);
    }
  g_set_error (
      error, CNC_ERROR, CNC_ERROR_MODEL,
      "This build has no model for hiding in the mode “%s” (%s in %s or CNNCRYPT_MODEL_PATH); install it, or choose the mode “exact”.",
      mode->id, wanted, CNC_MODEL_DIR);
  return NULL;
}

char *
cnc_stego_model_find_hash (const CncStegoMode *mode, const guint8 sha256[CNC_STEGO_MODEL_BYTES], GError **error)
{
  g_autoptr (GPtrArray) files = cnc_model_files (usual_name (mode));
  const guint known = mode->number == CNC_STEGO_ROBUST ? CNC_ROBUST_MODEL_BYTES : CNC_SHA256_BYTES;
  char hash[2 * CNC_SHA256_BYTES + 1];

  for (guint i = 0; i < files->len; i++)
    {
      g_autoptr (GError) problem = NULL;
      g_autoptr (CncSafetensors) file = cnc_safetensors_read (files->pdata[i], &problem);

      if (file != NULL && memcmp (cnc_safetensors_sha256 (file), sha256, known) == 0)
        return g_strdup (files->pdata[i]);
      if (g_error_matches (problem, CNC_ERROR, CNC_ERROR_NO_MEMORY))
        {
          g_propagate_error (error, g_steal_pointer (&problem));
          return NULL;
        }
    }
  for (guint i = 0; i < known; i++)
    g_snprintf (hash + 2 * i, 3, "%02x", sha256[i]);
  g_set_error (
      error, CNC_ERROR, CNC_ERROR_MODEL,
      "The pictures in this one were hidden with a model (SHA-256 %s%s) that this build has not; put its file into %s or into a folder of "
      "CNNCRYPT_MODEL_PATH.",
      hash, known < CNC_SHA256_BYTES ? "…" : "", CNC_MODEL_DIR);
  return NULL;
}
