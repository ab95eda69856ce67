/* core/base/cache.c: see cache.h. */
#include "base/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

static gboolean
write_all (int fd, const guint8 *data, gsize size)
{
  for (gsize done = 0; done < size;)
    {
      const gssize n = write (fd, data + done, size - done);

      if (n < 0 && errno != EINTR)
        return FALSE;
      done += n > 0 ? (gsize) n : 0;
    }
  return TRUE;
}

/* The file of that descriptor gets the name, in place of what has it. */
static gboolean
give_name (int fd, const char *path)
{
  g_autofree char *nameless = g_strdup_printf ("/proc/self/fd/%d", fd);

  return linkat (AT_FDCWD, nameless, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0
         || (errno == EEXIST && g_unlink (path) == 0 && linkat (AT_FDCWD, nameless, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0);
}

gboolean
cnc_cache_keep (const char *path, const guint8 *data, gsize size)
{
  g_autofree char *folder = g_path_get_dirname (path);
  gboolean kept;
  int fd;

  if (g_mkdir_with_parents (folder, 0700) != 0)
    return FALSE;
  fd = open (folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  kept = fd >= 0 && write_all (fd, data, size) && give_name (fd, path);
  if (fd >= 0)
    close (fd);
  /* A file system without files that have no name, or no /proc. */
  return kept || g_file_set_contents_full (path, (const char *) data, (gssize) size, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
}
