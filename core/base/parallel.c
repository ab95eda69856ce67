/* core/base/parallel.c: a loop over all cores, see parallel.h. */
#include "base/parallel.h"

/* More threads than this bring nothing for loops that are bound by memory. */
#define MAX_THREADS 64

typedef struct
{
  CncParallelFunc func;
  gpointer user_data;
  guint count;
  gint next; /* atomic: the first index that no thread has taken */
} Loop;

static GPrivate inside;

guint
cnc_parallel_width (void)
{
  return CLAMP (g_get_num_processors (), 1u, (guint) MAX_THREADS);
}

static gpointer
work (gpointer data)
{
  Loop *loop = data;
  gpointer outer = g_private_get (&inside);

  g_private_set (&inside, loop);
  for (;;)
    {
      const guint i = (guint) g_atomic_int_add (&loop->next, 1);

      if (i >= loop->count)
        break;
      loop->func (i, loop->user_data);
    }
  g_private_set (&inside, outer);
  return NULL;
}

void
cnc_parallel_for (guint count, CncParallelFunc func, gpointer user_data)
{
  Loop loop = { func, user_data, count, 0 };
  GThread *threads[MAX_THREADS];
  guint started = 0;
  const guint wanted = g_private_get (&inside) != NULL ? 1 : MIN (cnc_parallel_width (), count);

  while (started + 1 < wanted)
    {
      threads[started] = g_thread_try_new ("cnncrypt", work, &loop, NULL);
      if (threads[started] == NULL)
        break;
      started++;
    }
  work (&loop);
  for (guint i = 0; i < started; i++)
    g_thread_join (threads[i]);
}
