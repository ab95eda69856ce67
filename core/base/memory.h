/* core/base/memory.h: allocations whose size comes from input, and little-endian fields.
 *
 * An allocation that a file or a picture can make large goes through cnc_alloc, so that a failure is an error the user
 * reads and not an abort, and so that tests can make the i-th one fail (cnc_alloc_fail_at).
 */
#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

/* count * size bytes, not cleared.  NULL with CNC_ERROR_NO_MEMORY if the product overflows or memory is short; never
 * NULL otherwise (0 bytes give a valid pointer).  Free with g_free.  what: what the memory is for, used in the message.
 */
gpointer cnc_alloc (gsize count, gsize size, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gpointer cnc_alloc0 (gsize count, gsize size, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* memory, from cnc_alloc, g_malloc or NULL, with bytes bytes; NULL with CNC_ERROR_NO_MEMORY, and memory is as it was.  Counts as a call. */
gpointer cnc_realloc (gpointer memory, gsize bytes, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Tests only: the n-th call from now (1 = the next) fails; 0 switches that off.  Returns the number of calls made since
 * the last cnc_alloc_fail_at. */
guint cnc_alloc_fail_at (guint n);

static inline guint16
cnc_get_u16 (const guint8 *p)
{
  return (guint16) (p[0] | (p[1] << 8));
}

static inline guint32
cnc_get_u32 (const guint8 *p)
{
  return (guint32) p[0] | ((guint32) p[1] << 8) | ((guint32) p[2] << 16) | ((guint32) p[3] << 24);
}

static inline guint64
cnc_get_u64 (const guint8 *p)
{
  return (guint64) cnc_get_u32 (p) | ((guint64) cnc_get_u32 (p + 4) << 32);
}

/* n bytes, 0 to 8. */
static inline guint64
cnc_get_bytes (const guint8 *p, guint n)
{
  guint64 v = 0;

  for (guint i = 0; i < n; i++)
    v |= (guint64) p[i] << 8 * i;
  return v;
}

static inline void
cnc_put_bytes (guint8 *p, guint n, guint64 v)
{
  for (guint i = 0; i < n; i++)
    p[i] = (guint8) (v >> 8 * i);
}

static inline void
cnc_put_u16 (guint8 *p, guint16 v)
{
  p[0] = (guint8) v;
  p[1] = (guint8) (v >> 8);
}

static inline void
cnc_put_u32 (guint8 *p, guint32 v)
{
  cnc_put_u16 (p, (guint16) v);
  cnc_put_u16 (p + 2, (guint16) (v >> 16));
}

static inline void
cnc_put_u64 (guint8 *p, guint64 v)
{
  cnc_put_u32 (p, (guint32) v);
  cnc_put_u32 (p + 4, (guint32) (v >> 32));
}

G_END_DECLS
