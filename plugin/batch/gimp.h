/* plugin/batch/gimp.h: one GIMP process, in a profile of its own, that does a job of the plug-in.
 *
 * Nothing of the user's profile is read or written, no thumbnail, no list of recent files, and no copy of an unsaved picture if GIMP is
 * killed.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Lines of the plug-in, see plugin/job.h: split at tabs. */
typedef void (*GimpLine) (char **fields, gpointer user_data);

/* Makes the job's private folder, with a profile in it.  Error: G_FILE_ERROR, or G_SPAWN_ERROR if GIMP or the plug-in is not there.
 * Returns: (transfer full): its path; gimp_folder_remove takes it away. */
char *gimp_folder_new (GError **error);
void gimp_folder_remove (const char *folder);

/* Runs GIMP on the folder's job until it ends.  Lines are handed on as they come.  It is killed when none came for timeout_s seconds.
 * GIMP inherits the pipe of results as GIMP_RESULT_FD.  FALSE if GIMP ended without "end", or hung: the error says which, with the last
 * lines that GIMP wrote. */
gboolean gimp_run (const char *folder, guint timeout_s, GimpLine line, gpointer user_data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The number under which GIMP inherits the pipe of results. */
#define GIMP_RESULT_FD 27

G_END_DECLS
