/* core/base: allocation failures, the parallel loop, cancellation. */
#include "base/cache.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/spread.h"
#include "base/task.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void
test_alloc (void)
{
  g_autoptr (GError) error = NULL;
  gpointer p;

  cnc_alloc_fail_at (2);
  p = cnc_alloc (10, 4, "the test", &error);
  g_assert_nonnull (p);
  g_assert_no_error (error);
  g_free (p);
  p = cnc_alloc0 (10, 4, "the test", &error);
  g_assert_null (p);
  g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
  g_assert_cmpuint (cnc_alloc_fail_at (0), ==, 2);
  g_clear_error (&error);
  p = cnc_alloc (G_MAXSIZE / 2, 4, "an overflow", &error);
  g_assert_null (p);
  g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
}

static void
count (guint index, gpointer user_data)
{
  gint *hits = user_data;

  g_atomic_int_inc (&hits[index]);
}

static void
test_parallel (void)
{
  gint hits[1000] = { 0 };

  cnc_parallel_for (0, count, hits);
  cnc_parallel_for (G_N_ELEMENTS (hits), count, hits);
  for (guint i = 0; i < G_N_ELEMENTS (hits); i++)
    g_assert_cmpint (hits[i], ==, 1);
}

static void
count_inner (guint index, gpointer user_data)
{
  gint *hits = user_data;

  cnc_parallel_for (50, count, hits + 50 * index);
}

static gpointer
loops (gpointer user_data)
{
  for (guint i = 0; i < 100; i++)
    cnc_parallel_for (20, count_inner, user_data);
  return NULL;
}

/* Loops within loops, from several threads at once, all sharing the same helpers. */
static void
test_parallel_shared (void)
{
  gint hits[4][1000] = { { 0 } };
  GThread *threads[4];

  for (guint i = 0; i < 4; i++)
    threads[i] = g_thread_new ("loops", loops, hits[i]);
  for (guint i = 0; i < 4; i++)
    g_thread_join (threads[i]);
  for (guint i = 0; i < 4; i++)
    for (guint k = 0; k < 1000; k++)
      g_assert_cmpint (hits[i][k], ==, 100);
}

static void
test_cancel (void)
{
  g_autoptr (GError) error = NULL;
  CncTask task = { 0 };

  g_assert_true (cnc_task_go_on (NULL, &error));
  g_assert_true (cnc_task_go_on (&task, &error));
  cnc_task_cancel (&task);
  g_assert_false (cnc_task_go_on (&task, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_CANCELLED);
}

/* Worked out in Python's whole numbers; with a double, the third comes out as 145484875. */
static void
test_spread (void)
{
  static const guint64 values[][2]
      = { { 2, 1 }, { 7, 5 }, { 235399471, 145484873 }, { 1000, 619 }, { G_GUINT64_CONSTANT (1) << 35, G_GUINT64_CONSTANT (21235486155) } };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    g_assert_cmpuint (cnc_spread_step (values[i][0]), ==, values[i][1]);
}

#define CACHE_BYTES (256u << 10)

static void
keep_for_ever (const char *path)
{
  g_autofree guint8 *data = g_malloc (CACHE_BYTES);

  for (guint i = 0;; i++)
    {
      memset (data, (int) (i & 255), CACHE_BYTES);
      if (!cnc_cache_keep (path, data, CACHE_BYTES))
        _exit (1);
    }
}

/* All that is in the folder is the file, whole, or nothing. */
static void
check_kept (const char *folder, const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  g_autofree char *data = NULL;
  gsize size;

  g_assert_nonnull (dir);
  for (const char *name; (name = g_dir_read_name (dir)) != NULL;)
    g_assert_cmpstr (name, ==, "file");
  if (!g_file_get_contents (path, &data, &size, NULL))
    return;
  g_assert_cmpuint (size, ==, CACHE_BYTES);
  for (gsize i = 1; i < size; i++)
    g_assert_true (data[i] == data[0]);
}

/* Killed at any moment, it leaves nothing behind. */
static void
test_cache (void)
{
  g_autofree char *folder = g_dir_make_tmp ("cnncrypt-cache-XXXXXX", NULL);
  g_autofree char *sub = g_build_filename (folder, "a", NULL), *path = g_build_filename (sub, "file", NULL);
  g_autofree guint8 *zeros = g_malloc0 (CACHE_BYTES);

  g_assert_true (cnc_cache_keep (path, zeros, CACHE_BYTES)); /* what is there if the process is killed before it wrote anything */
  for (guint i = 0; i < 60; i++)
    {
      const pid_t child = fork ();

      g_assert_cmpint (child, >=, 0);
      if (child == 0)
        keep_for_ever (path);
      g_usleep (3000 + 211 * i);
      kill (child, SIGKILL);
      g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
      check_kept (sub, path);
    }
  g_unlink (path);
  g_rmdir (sub);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/alloc", test_alloc);
  g_test_add_func ("/base/parallel", test_parallel);
  g_test_add_func ("/base/parallel-shared", test_parallel_shared);
  g_test_add_func ("/base/cancel", test_cancel);
  g_test_add_func ("/base/spread", test_spread);
  g_test_add_func ("/base/cache", test_cache);
  return g_test_run ();
}
