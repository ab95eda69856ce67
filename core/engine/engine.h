/* core/engine/engine.h: which devices are there, which one is good, and a backend on it.
 *
 * A device is handed out only after it passed a known-answer test of every operation the cipher uses.
 * The Vulkan loader is opened at run time: without it, or without a driver, the "cpu" device is still there.
 * Thread-safety: safe.
 */
#pragma once

#include "nn/backend.h"

G_BEGIN_DECLS

/* Every device, best first: GPUs (discrete before integrated), software Vulkan, "cpu" last.  Does not run the self-test.
 * problem: (out) (nullable) (transfer full): a sentence why there is no Vulkan device, NULL if there is one.
 * Returns: (element-type CncDeviceInfo) (transfer full), never empty. */
GArray *cnc_engine_devices (char **problem);

/* choice: NULL or "" or "auto": what CNNCRYPT_DEVICE says, else the best device that passes the self-test.  "cpu", "gpu" (any real GPU),
 * "software" (software Vulkan), a UUID (32 hex digits, dashes and case ignored), or a part of a name (case ignored; must be unambiguous).
 * Errors: NO_DEVICE (none matches, or the choice is ambiguous; the message lists what is there), GPU_LOST (the chosen device failed its self-test).
 * With the automatic choice it never fails: the "cpu" device is the last resort.
 * note: (out) (nullable) (transfer full): a sentence if a better device was passed over and why, else NULL.
 * Returns: (transfer full) */
CncBackend *cnc_engine_open (const char *choice, char **note, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Runs the known-answer test.  Error: GPU_LOST. */
gboolean cnc_engine_self_test (CncBackend *backend, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
