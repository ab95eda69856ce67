/* plugin/dialog-sources.h: a list of pictures to choose from: open images, the layers of one, files.  Part of the module cnncrypt-dialogs.
 */
#pragma once

#include <libgimp/gimp.h>
#include <libgimp/gimpui.h>

#include "hide.h"

G_BEGIN_DECLS

/* What can be chosen beside image; several combo boxes may share it.  Returns: (transfer full) */
GtkListStore *dialog_sources_new (gint32 image);

/* A combo box on it, with nothing chosen.  changed is called when the choice changed; "A file…" asks for one first.  title: of that
 * question. */
GtkWidget *dialog_sources_combo (GtkListStore *sources, const char *title, void (*changed) (gpointer user_data), gpointer user_data);

HideFrom dialog_sources_kind (GtkWidget *combo);
/* Returns: (transfer full), without passphrase; NULL if nothing is chosen */
HideSource *dialog_sources_get (GtkWidget *combo);
/* A larger picture of what is chosen.  Returns: (transfer full) (nullable) */
GdkPixbuf *dialog_sources_thumbnail (GtkWidget *combo, gint side);

G_END_DECLS
