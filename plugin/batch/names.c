/* What the results are called. */
#include "names.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

char *
names_label (const char *path)
{
  char *label = g_filename_display_name (path);

  for (char *p = label; *p != '\0'; p++)
    if ((guchar) *p < 0x20 || *p == 0x7f)
      *p = '?';
  return label;
}

static char *
stem_of (const char *base)
{
  const char *dot = strrchr (base, '.');

  return dot == NULL || dot == base ? g_strdup (base) : g_strndup (base, (gsize) (dot - base));
}

static gboolean
ends_in_png (const char *base)
{
  const char *dot = strrchr (base, '.');

  return dot != NULL && g_ascii_strcasecmp (dot, ".png") == 0;
}

char **
names_new (char **pictures, guint n)
{
  char **names = g_new0 (char *, n + 1);
  g_autoptr (GHashTable) count = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) taken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *base = g_path_get_basename (pictures[i]);
      char *stem = stem_of (base);

      g_hash_table_replace (count, stem, GUINT_TO_POINTER (GPOINTER_TO_UINT (g_hash_table_lookup (count, stem)) + 1));
    }
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *base = g_path_get_basename (pictures[i]);
      g_autofree char *name = stem_of (base);

      if (GPOINTER_TO_UINT (g_hash_table_lookup (count, name)) > 1 && !ends_in_png (base))
        {
          g_free (name);
          name = g_strdup (base);
        }
      if (g_hash_table_add (taken, g_strdup (name)))
        names[i] = g_steal_pointer (&name);
    }
  return names;
}

gboolean
names_move (const char *from, const char *to, GError **error)
{
  int failed = 0;

  if (renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) != 0)
    {
      failed = errno;
      /* Not every file system knows that flag. */
      if (failed == EINVAL || failed == ENOSYS)
        {
          failed = link (from, to) == 0 ? 0 : errno;
          if (failed == 0)
            g_unlink (from);
        }
    }
  if (failed == 0)
    return TRUE;
  g_set_error_literal (error, G_FILE_ERROR, g_file_error_from_errno (failed), g_strerror (failed));
  return FALSE;
}
