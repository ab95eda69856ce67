/* core/base/memory.c: checked allocations, see memory.h. */
#include "base/memory.h"

#include "base/error.h"

static gint fail_at;
static gint calls;

guint
cnc_alloc_fail_at (guint n)
{
  const guint made = (guint) g_atomic_int_get (&calls);

  g_atomic_int_set (&calls, 0);
  g_atomic_int_set (&fail_at, (gint) n);
  return made;
}

static void
set_no_memory (const char *what, GError **error)
{
  g_set_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY,
               "Not enough memory for %s; close other pictures or work on a smaller one.", what);
}

static gpointer
alloc (gsize count, gsize size, gboolean clear, const char *what, GError **error)
{
  gpointer memory = NULL;
  gsize bytes;
  const gint call = g_atomic_int_add (&calls, 1) + 1;

  if (g_size_checked_mul (&bytes, count, size) && call != g_atomic_int_get (&fail_at))
    memory = clear ? g_try_malloc0 (MAX (bytes, 1)) : g_try_malloc (MAX (bytes, 1));
  if (memory == NULL)
    set_no_memory (what, error);
  return memory;
}

gpointer
cnc_alloc (gsize count, gsize size, const char *what, GError **error)
{
  return alloc (count, size, FALSE, what, error);
}

gpointer
cnc_alloc0 (gsize count, gsize size, const char *what, GError **error)
{
  return alloc (count, size, TRUE, what, error);
}

gpointer
cnc_realloc (gpointer memory, gsize bytes, const char *what, GError **error)
{
  gpointer grown = NULL;
  const gint call = g_atomic_int_add (&calls, 1) + 1;

  if (call != g_atomic_int_get (&fail_at))
    grown = g_try_realloc (memory, MAX (bytes, 1));
  if (grown == NULL)
    set_no_memory (what, error);
  return grown;
}
