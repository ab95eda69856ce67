/* core/engine/speed.h: how fast devices are at a kind of work, measured shortly and remembered between runs.
 *
 * The figures lie in $XDG_CACHE_HOME/cnncrypt/speeds, for one software device, version of cnncrypt and number of cores; a file for others,
 * or with anything wrong in it, counts as none.  Whatever stands there decides only which device is taken, never what it computes.
 * Thread-safety: safe, on different backends.
 */
#pragma once

#include "engine/engine.h"

G_BEGIN_DECLS

typedef struct
{
  double cpu, software; /* seconds that each takes for the same work, > 0 */
} CncSpeeds;

/* Seconds for a fixed piece of work, the least of a few runs after one that is not counted; less than 100 ms on anything that is of use.
 * work: CIPHER or NETWORK.  Errors: those of the backend. */
gboolean cnc_speed_measure (CncBackend *backend, CncWork work, double *seconds, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* software: the device that is compared with "cpu".  LITTLE: as CIPHER. */
gboolean cnc_speed_recall (const CncDeviceInfo *software, CncWork work, CncSpeeds *speeds);

/* That it cannot be written is no error. */
void cnc_speed_remember (const CncDeviceInfo *software, CncWork work, const CncSpeeds *speeds);

G_END_DECLS
