/* plugin/batch/names.h: what the results are called, and putting them there without overwriting anything.
 *
 * Paths are in the file system's encoding.  Thread-safety: safe.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* One line of text for people, from bytes of a file name.  Returns: (transfer full) */
char *names_label (const char *path);

/* The names of n results, without folder and suffix: "a.jpg" gives "a".  Where several pictures of one call would get the same, each but
 * the one that ends in ".png" keeps its own suffix: "a.png" and "a.jpg" give "a" and "a.jpg".  NULL for a picture whose name is still taken
 * by an earlier one.  Returns: (transfer full): free each, and the array. */
char **names_new (char **pictures, guint n);

/* Moves a file within its file system; never onto another.  Error: G_FILE_ERROR. */
gboolean names_move (const char *from, const char *to, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
