/* tests/gimp/watch.h: the parts of the GTK module that looks at dialogs. */
#pragma once

#include <libgimp/gimp.h>
#include <libgimp/gimpui.h>

G_BEGIN_DECLS

/* Appends a line to the file. */
void watch_write (const char *path, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* What a window is: the last part of its procedure's name, "file-open", "file-save", "message" or "window". */
const char *watch_kind (GtkWidget *window);

/* Lets the main loop run until nothing more happens. */
void watch_settle (void);

/* Goes through all that can be chosen in the dialog. */
void watch_walk (GtkWidget *dialog, const char *path);

/* What is wrong with a window as it is now: a text that is cut off, a widget beyond the edge, without a tooltip or without an underlined
 * letter; each a line "wrong".  Its texts: each a line "text". */
void watch_inspect (GtkWidget *window, const char *path);

/* All that lies in a container, its own inner parts included. */
GPtrArray *watch_widgets (GtkWidget *window);

G_END_DECLS
