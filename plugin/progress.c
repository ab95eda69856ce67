/* Progress for people: what is being done, and about how long it will still take. */
#include "progress.h"

#include <libgimp/gimp.h>

#include "base/text.h"

/* Redrawing more often costs time and shows nothing. */
#define REDRAW_US (100 * 1000)
/* An estimate from less than this is a guess that jumps. */
#define ESTIMATE_AFTER_US (1500 * 1000)

char *
progress_duration (double seconds)
{
  if (seconds < 10.0)
    return g_strdup_printf ("%.1f s", seconds);
  if (seconds < 100.0)
    return g_strdup_printf ("%.0f s", seconds);
  return g_strdup_printf (_ ("%.0f min"), seconds / 60.0);
}

static void
report (double done, const char *text, gpointer user_data)
{
  Progress *progress = user_data;
  const gint64 now = g_get_monotonic_time ();
  const gboolean fresh = g_strcmp0 (progress->step, text) != 0;

  if (fresh)
    {
      progress->step = g_intern_string (text);
      progress->began = now;
    }
  else if (now - progress->shown < REDRAW_US)
    return;
  progress->shown = now;

  if (progress->held > 0)
    ;
  else if (!fresh && done > 0.02 && now - progress->began > ESTIMATE_AFTER_US)
    {
      const double elapsed = (double) (now - progress->began) / G_USEC_PER_SEC;
      g_autofree char *left = progress_duration (elapsed / done * (1.0 - done));

      gimp_progress_set_text_printf (_ ("%s, about %s left"), _ (text), left);
    }
  else if (fresh)
    gimp_progress_set_text (_ (text));
  if (progress->held == 0)
    gimp_progress_update (done);
  if (progress->also != NULL)
    progress->also (done, text, progress->also_data);
}

void
progress_start (Progress *progress, const char *title)
{
  progress->task.progress = report;
  progress->task.user_data = progress;
  progress->step = NULL;
  progress->title = title;
  progress->held = 0;
  gimp_progress_init (title);
}

void
progress_end (Progress *progress)
{
  progress->task.progress = NULL;
  if (progress->held == 0)
    gimp_progress_end ();
}

static Progress *
of_task (CncTask *task)
{
  return task != NULL && task->progress == report ? task->user_data : NULL;
}

void
progress_hold (CncTask *task)
{
  Progress *progress = of_task (task);

  if (progress != NULL && progress->held++ == 0)
    gimp_progress_end ();
}

void
progress_release (CncTask *task)
{
  Progress *progress = of_task (task);

  if (progress == NULL || --progress->held > 0)
    return;
  progress->step = NULL; /* so that its text is shown again */
  gimp_progress_init (progress->title);
}
