/* core/base/task.c: progress and cancellation, see task.h. */
#include "base/task.h"

#include "base/error.h"

void
cnc_task_progress (CncTask *task, double done, const char *text)
{
  if (task != NULL && task->progress != NULL)
    task->progress (CLAMP (done, 0.0, 1.0), text, task->user_data);
}

void
cnc_task_cancel (CncTask *task)
{
  if (task != NULL)
    g_atomic_int_set (&task->cancelled, 1);
}

gboolean
cnc_task_go_on (CncTask *task, GError **error)
{
  if (task == NULL || g_atomic_int_get (&task->cancelled) == 0)
    return TRUE;
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_CANCELLED, "Cancelled; nothing was changed.");
  return FALSE;
}
