/* core/base/cache.h: small files that make the next start quicker, and that nobody misses.
 *
 * Thread-safety: safe; of two that keep the same file one wins.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Puts size bytes there, mode 0600, in place of what was there; the folder is made where it is missing (0700).  A reader sees the old file, none or the
 * whole new one, and a process that is killed meanwhile leaves nothing beside it (on file systems that have files without a name).  FALSE if it could not
 * be kept; then what was there may be gone. */
gboolean cnc_cache_keep (const char *path, const guint8 *data, gsize size);

G_END_DECLS
