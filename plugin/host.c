/* What the procedures share. */
#include "host.h"

#include <gegl.h>

#include "base/error.h"
#include "base/parallel.h"
#include "engine/engine.h"

#define TILE_CACHE_BYTES (16u << 20)

void
host_start_gegl (void)
{
  static gboolean started;

  if (started)
    return;
  cnc_parallel_sleepy_openmp ();
  gegl_init (NULL, NULL);
  g_object_set (gegl_config (), "tile-cache-size", (guint64) TILE_CACHE_BYTES, "use-opencl", FALSE, NULL);
  started = TRUE;
}

CncBackend *
host_job_backend (HostJob *job, CncWork work, GError **error)
{
  if (job->backend == NULL)
    cnc_task_progress (&job->progress.task, 0, "Starting the device");
  return cnc_engine_suit (&job->backend, &job->work, job->device, work, &job->note, error) ? job->backend : NULL;
}

void
host_job_clear (HostJob *job)
{
  cnc_backend_free (job->backend);
  g_free (job->device);
  g_free (job->note);
  g_free (job->left_out);
  job->backend = NULL;
  job->device = NULL;
  job->note = NULL;
  job->left_out = NULL;
}

CncSecret *
host_passphrase (const char *source, GError **error)
{
  const char *file = g_getenv ("CNNCRYPT_PASSPHRASE_FILE");
  g_autofree char *spec = NULL;

  if (source != NULL && *source != '\0')
    return cnc_secret_new_from_spec (source, error);
  if (file == NULL || *file == '\0')
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                   "A passphrase is needed: name its source as \"file:PATH\", \"fd:N\" or \"env:NAME\", or set CNNCRYPT_PASSPHRASE_FILE.");
      return NULL;
    }
  spec = g_strconcat ("file:", file, NULL);
  return cnc_secret_new_from_spec (spec, error);
}
