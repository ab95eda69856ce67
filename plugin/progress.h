/* plugin/progress.h: the core's progress into GIMP's status bar, with an estimate of the time left. */
#pragma once

#include "base/task.h"

G_BEGIN_DECLS

typedef struct
{
  CncTask task;     /* hand this one to the core */
  const char *step; /* interned */
  gint64 began;     /* of this step, monotonic µs */
  gint64 shown;     /* when the status bar was last changed */
  const char *title;
  guint held; /* by how many */
  /* Called beside the status bar, at most ten times a second; may be NULL. */
  void (*also) (double done, const char *text, gpointer user_data);
  gpointer also_data;
} Progress;

/* title: what the whole job is, shown first; kept by the caller. */
void progress_start (Progress *progress, const char *title);
void progress_end (Progress *progress);

/* Takes the bar away, and with it the button that says Cancel: that one kills this process, and whatever GIMP holds then that only this process knew of
 * (an image without a display, a layer of none) it would hold until it is quit.  Held several times, it comes back with the last release, or with the next
 * progress_start.  Both ask GIMP for something: read gimp_get_pdb_error before.  task: (nullable); one that does not go into the status bar is left
 * alone. */
void progress_hold (CncTask *task);
void progress_release (CncTask *task);

/* "1.4 s", "12 s", "3 min": for people.  Returns: (transfer full) */
char *progress_duration (double seconds);

G_END_DECLS
