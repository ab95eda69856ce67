/* core/base/task.h: progress out, cancellation in.
 *
 * The core never knows its host: whoever starts a long job hands in a CncTask, or NULL for neither.
 * Thread-safety: cnc_task_cancel may be called from any thread; progress is reported from the calling thread only.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* done: 0..1 within the current step; text: what is being done, in the present participle ("Enciphering"). */
typedef void (*CncProgressFunc) (double done, const char *text, gpointer user_data);

typedef struct
{
  CncProgressFunc progress; /* may be NULL */
  gpointer user_data;
  gint cancelled; /* atomic; 0 until cnc_task_cancel */
} CncTask;

/* task: (nullable) in all of these. */
void cnc_task_progress (CncTask *task, double done, const char *text);
void cnc_task_cancel (CncTask *task);

/* FALSE with CNC_ERROR_CANCELLED once the task was cancelled. */
gboolean cnc_task_go_on (CncTask *task, GError **error);

G_END_DECLS
