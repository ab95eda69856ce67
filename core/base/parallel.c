/* core/base/parallel.c: a loop over all cores, see parallel.h. */
#include "base/parallel.h"

/* More threads than this bring nothing for loops that are bound by memory. */
#define MAX_THREADS 64

/* Shared by the caller and the helpers; a helper that comes late finds nothing left to take and only drops its reference. */
typedef struct
{
  CncParallelFunc func;
  gpointer user_data;
  guint count;
  gint next; /* atomic: the first index that no thread has taken */
  gint references;
  GMutex lock;
  GCond finished;
  guint done; /* indices done, under lock */
} Loop;

static GPrivate inside;

guint
cnc_parallel_width (void)
{
  return CLAMP (g_get_num_processors (), 1u, (guint) MAX_THREADS);
}

static void
loop_unref (Loop *loop)
{
  if (!g_atomic_int_dec_and_test (&loop->references))
    return;
  g_mutex_clear (&loop->lock);
  g_cond_clear (&loop->finished);
  g_free (loop);
}

static void
work (Loop *loop)
{
  gpointer outer = g_private_get (&inside);
  guint mine = 0;

  g_private_set (&inside, loop);
  for (;;)
    {
      const guint i = (guint) g_atomic_int_add (&loop->next, 1);

      if (i >= loop->count)
        break;
      loop->func (i, loop->user_data);
      mine++;
    }
  g_private_set (&inside, outer);
  if (mine == 0)
    return;
  g_mutex_lock (&loop->lock);
  loop->done += mine;
  if (loop->done == loop->count)
    g_cond_signal (&loop->finished);
  g_mutex_unlock (&loop->lock);
}

static void
help (gpointer data, gpointer user_data)
{
  work (data);
  loop_unref (data);
}

/* Threads are kept: a round of the cipher is shorter than the start of a thread is long.  NULL if they cannot be started. */
static GThreadPool *
helpers (void)
{
  static gsize once;
  static GThreadPool *pool;

  if (g_once_init_enter (&once))
    {
      if (cnc_parallel_width () > 1)
        pool = g_thread_pool_new (help, NULL, (gint) cnc_parallel_width () - 1, TRUE, NULL);
      g_once_init_leave (&once, 1);
    }
  return pool;
}

void
cnc_parallel_for (guint count, CncParallelFunc func, gpointer user_data)
{
  const guint wanted = MIN (cnc_parallel_width (), count);
  GThreadPool *pool;
  Loop *loop;

  if (wanted <= 1 || g_private_get (&inside) != NULL || (pool = helpers ()) == NULL)
    {
      for (guint i = 0; i < count; i++)
        func (i, user_data);
      return;
    }
  loop = g_new0 (Loop, 1);
  loop->func = func;
  loop->user_data = user_data;
  loop->count = count;
  loop->references = (gint) wanted;
  g_mutex_init (&loop->lock);
  g_cond_init (&loop->finished);
  for (guint i = 1; i < wanted; i++)
    g_thread_pool_push (pool, loop, NULL);
  work (loop);
  g_mutex_lock (&loop->lock);
  while (loop->done < count)
    g_cond_wait (&loop->finished, &loop->lock);
  g_mutex_unlock (&loop->lock);
  loop_unref (loop);
}

void
cnc_parallel_sleepy_openmp (void)
{
  g_setenv ("OMP_WAIT_POLICY", "passive", FALSE);
}
