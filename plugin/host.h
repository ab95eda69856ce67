/* plugin/host.h: what the procedures share: their names, the engine for one job, and GEGL's start. */
#pragma once

#include <libgimp/gimp.h>

#include "methods/crypt.h"
#include "progress.h"

G_BEGIN_DECLS

#define HOST_ENCRYPT "plug-in-cnncrypt-encrypt"
#define HOST_DECRYPT "plug-in-cnncrypt-decrypt"
#define HOST_HIDE "plug-in-cnncrypt-hide"
#define HOST_REVEAL "plug-in-cnncrypt-reveal"
#define HOST_ANALYZE "plug-in-cnncrypt-analyze"
#define HOST_CHECK "plug-in-cnncrypt-check"
#define HOST_STAGES "plug-in-cnncrypt-stages"
#define HOST_JOB "plug-in-cnncrypt-job"

/* How an encrypted picture arrives whole; one line for people. */
#define HOST_HOW_TO_SEND                                                                                                                   \
  _ ("Save it as PNG (File → Export As) and send it as a file, not as a photo: messengers re-compress photos, and then it cannot be opened.")

/* The same for a grey carrier. */
#define HOST_HOW_TO_SHARE                                                                                                                  \
  _ ("It may be sent as a photo: save it as PNG, or as JPEG of high quality (File → Export As). Nobody may crop it or write on it; where large "\
     "pictures are made smaller on the way, encrypt again with a longest side that they leave alone.")

/* gegl_init, once, with a small tile cache.  Most work never needs it (tiles.h). */
void host_start_gegl (void);

/* One job: a device, opened when it is first needed, and progress.  Zero-initialised before use. */
typedef struct
{
  char *device; /* (nullable) what was asked for, see cnc_engine_open */
  CncBackend *backend;
  CncWork work; /* what the backend was opened for */
  char *note;  /* (nullable) what the engine had to say */
  double psnr; /* dB, of what a method that is not lossless gives back; infinity: every bit; 0: not known */
  char *left_out; /* (nullable) what encryption left out */
  Progress progress;
} HostJob;

/* The backend of the job, good for that work.  Errors: those of cnc_engine_open.  Returns: (transfer none) */
CncBackend *host_job_backend (HostJob *job, CncWork work, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void host_job_clear (HostJob *job);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (HostJob, host_job_clear)

/* A passphrase for a non-interactive run: from source ("file:PATH", "fd:N" or "env:NAME"), or from the file that CNNCRYPT_PASSPHRASE_FILE
 * names if source is empty.  Errors: BAD_ARGUMENT, IO. */
CncSecret *host_passphrase (const char *source, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
