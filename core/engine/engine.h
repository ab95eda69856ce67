/* core/engine/engine.h: which devices are there, which one is good, and a backend on it.
 *
 * A device is handed out only after it passed a known-answer test of every operation the cipher uses.
 * The Vulkan loader is opened at run time: without it, or without a driver, the "cpu" device is still there.
 * Thread-safety: safe.
 */
#pragma once

#include "nn/backend.h"

G_BEGIN_DECLS

/* What a device is wanted for.  The processor and software Vulkan are fast at different things: without a GPU, the automatic choice takes the one
 * that a short measurement (speed.h) finds faster at that work, and remembers it. */
typedef enum
{
  CNC_WORK_LITTLE,  /* less than a measurement takes: nothing is measured; what was found for CIPHER before counts, else "cpu" is taken */
  CNC_WORK_CIPHER,  /* the integer cipher's rounds */
  CNC_WORK_NETWORK, /* networks in floating point */
} CncWork;

/* The same for a picture of that many pixels. */
CncWork cnc_engine_work (CncWork work, guint64 pixels);

/* Every device, best first: GPUs (discrete before integrated), software Vulkan, "cpu" last.  Does not run the self-test.
 * problem: (out) (nullable) (transfer full): a sentence why there is no Vulkan device, NULL if there is one.
 * Returns: (element-type CncDeviceInfo) (transfer full), never empty. */
GArray *cnc_engine_devices (char **problem);

/* choice: NULL or "" or "auto": what CNNCRYPT_DEVICE says, else the best GPU that passes the self-test, else the faster of software Vulkan and
 * "cpu" at that work.  "cpu", "gpu" (any real GPU), "software" (software Vulkan), a UUID (32 hex digits, dashes and case ignored), or a part of a
 * name (case ignored; must be unambiguous).
 * Errors: NO_DEVICE (none matches, or the choice is ambiguous; the message lists what is there), GPU_LOST (the chosen device failed its self-test).
 * With the automatic choice it never fails: the "cpu" device is the last resort.
 * note: (out) (nullable) (transfer full): a sentence if a better device was passed over and why, else NULL.
 * Returns: (transfer full) */
CncBackend *cnc_engine_open (const char *choice, CncWork work, char **note, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* For pictures of several kinds in turn: opens *backend if it is NULL, and another in its place if it was opened automatically for other work
 * (*opened).  choice, note, errors: as above; on an error *backend is NULL.  *note, (inout) (nullable) (transfer full), is replaced only where
 * there is something to say. */
gboolean cnc_engine_suit (CncBackend **backend, CncWork *opened, const char *choice, CncWork work, char **note, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Which of devices cnc_engine_open (NULL, work) will probably take; opens and measures nothing.
 * Returns: (transfer none) (nullable): NULL if it has to be measured first, or CNNCRYPT_DEVICE names none of them. */
const CncDeviceInfo *cnc_engine_expected (GArray *devices, CncWork work);

/* Runs the known-answer test.  Error: GPU_LOST. */
gboolean cnc_engine_self_test (CncBackend *backend, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
