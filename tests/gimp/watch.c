/* A GTK module that looks at the dialogs of the plug-in from inside: GTK loads what GTK_MODULES names.
 *
 *   CNNCRYPT_WINDOWS=FILE   each window that is shown goes into FILE, a line each: what it is, a tab, its title
 *   CNNCRYPT_WALK=FILE      the first dialog is walked through, choosing whatever can be chosen.  What it looks like each time goes into
 *                           FILE: "state", "wrong", "text" or "value", a tab, and what about it.  Then it is closed as by Escape
 *   CNNCRYPT_WALK_NOT=1     of that, only what it looks like as it opens; it stays open
 *   CNNCRYPT_PICTURES=DIR   a picture of each of these states goes into DIR
 */
#include "watch.h"

#include <string.h>
#include <unistd.h>

#define DIALOG_ROLE "plug-in-cnncrypt-"
#define QUIET_US 100000
#define SETTLE_MAX_US (240 * G_TIME_SPAN_SECOND)

void
watch_write (const char *path, const char *format, ...)
{
  g_autofree char *text = NULL;
  FILE *file = fopen (path, "a");
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_strdelimit (text, "\n", ' ');
  if (file == NULL)
    g_error ("%s cannot be written", path);
  fprintf (file, "%s\n", text);
  fclose (file);
}

const char *
watch_kind (GtkWidget *window)
{
  const char *role = gtk_window_get_role (GTK_WINDOW (window));

  if (role != NULL && g_str_has_prefix (role, DIALOG_ROLE))
    return role + strlen (DIALOG_ROLE);
  if (GTK_IS_FILE_CHOOSER_DIALOG (window))
    return gtk_file_chooser_get_action (GTK_FILE_CHOOSER (window)) == GTK_FILE_CHOOSER_ACTION_SAVE ? "file-save" : "file-open";
  return GTK_IS_MESSAGE_DIALOG (window) ? "message" : "window";
}

void
watch_settle (void)
{
  const gint64 begin = g_get_monotonic_time ();
  gint64 last = begin;

  while (last - begin < SETTLE_MAX_US && g_get_monotonic_time () - last < QUIET_US)
    {
      if (gtk_events_pending ())
        {
          gtk_main_iteration ();
          last = g_get_monotonic_time ();
        }
      else
        {
          /* A window that has grown is laid out anew once the server has said so. */
          gdk_display_sync (gdk_display_get_default ());
          g_usleep (5000);
        }
    }
}

static gboolean
walk (gpointer window)
{
  /* Something is being worked at, and lets events through meanwhile. */
  if (g_main_depth () > 1)
    return G_SOURCE_CONTINUE;
  watch_walk (window, g_getenv ("CNNCRYPT_WALK"));
  if (g_getenv ("CNNCRYPT_WALK_NOT") == NULL)
    gtk_dialog_response (GTK_DIALOG (window), GTK_RESPONSE_DELETE_EVENT);
  return G_SOURCE_REMOVE;
}

static gboolean
on_map (GSignalInvocationHint *hint, guint n, const GValue *values, gpointer data)
{
  static gboolean walked;
  GtkWidget *window = g_value_get_object (&values[0]);
  const char *windows = g_getenv ("CNNCRYPT_WINDOWS");

  if (!GTK_IS_WINDOW (window) || gtk_window_get_window_type (GTK_WINDOW (window)) != GTK_WINDOW_TOPLEVEL)
    return TRUE;
  if (windows != NULL)
    watch_write (windows, "%s\t%s", watch_kind (window), gtk_window_get_title (GTK_WINDOW (window)));
  if (g_getenv ("CNNCRYPT_WALK") != NULL && !walked && GIMP_IS_DIALOG (window))
    {
      walked = TRUE;
      g_timeout_add (200, walk, window);
    }
  return TRUE;
}

G_MODULE_EXPORT void gtk_module_init (gint *argc, char ***argv);

G_MODULE_EXPORT void
gtk_module_init (gint *argc, char ***argv)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);

  /* GIMP itself has windows, too. */
  if (program == NULL || !g_str_has_suffix (program, "/cnncrypt"))
    return;
  g_type_class_ref (GTK_TYPE_WIDGET);
  g_signal_add_emission_hook (g_signal_lookup ("map", GTK_TYPE_WIDGET), 0, on_map, NULL, NULL);
}
