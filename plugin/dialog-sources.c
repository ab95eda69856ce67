/* A list of pictures to choose from. */
#include "dialog-sources.h"

#include <string.h>

#include "base/text.h"

#define ICON_SIDE 24

enum
{
  COLUMN_KIND,
  COLUMN_ID,
  COLUMN_PATH,
  COLUMN_NAME,
  COLUMN_ICON,
  COLUMN_SEPARATOR,
  N_COLUMNS,
};

/* Beside those of HideFrom. */
#define KIND_ASK 100

#define DATA "cnncrypt-sources"

typedef struct
{
  char *title;
  gint chosen; /* the row before "A file…" */
  void (*changed) (gpointer user_data);
  gpointer user_data;
} Combo;

static GdkPixbuf *
picture_of (HideFrom kind, gint id, const char *path, gint side)
{
  if (kind == HIDE_IMAGE)
    return gimp_image_get_thumbnail (id, side, side, GIMP_PIXBUF_SMALL_CHECKS);
  if (kind == HIDE_LAYER)
    return gimp_drawable_get_thumbnail (id, side, side, GIMP_PIXBUF_SMALL_CHECKS);
  if (kind == HIDE_FILE)
    return gdk_pixbuf_new_from_file_at_size (path, side, side, NULL);
  return NULL;
}

static gint
add (GtkListStore *sources, gint position, gint kind, gint id, const char *path, const char *name)
{
  GdkPixbuf *icon = kind == KIND_ASK ? NULL : picture_of ((HideFrom) kind, id, path, ICON_SIDE);
  GtkTreeIter iter;

  gtk_list_store_insert_with_values (sources, &iter, position, COLUMN_KIND, kind, COLUMN_ID, id, COLUMN_PATH, path, COLUMN_NAME, name,
                                     COLUMN_ICON, icon, COLUMN_SEPARATOR, name == NULL, -1);
  g_clear_object (&icon);
  return position;
}

static void
add_layers (GtkListStore *sources, const gint *layers, gint n)
{
  for (gint i = 0; i < n; i++)
    {
      g_autofree char *name = gimp_item_get_name (layers[i]);
      g_autofree char *label = g_strdup_printf (_ ("Layer “%s”"), name);

      add (sources, -1, HIDE_LAYER, layers[i], NULL, label);
      if (gimp_item_is_group (layers[i]))
        {
          gint n_children = 0;
          g_autofree gint *children = gimp_item_get_children (layers[i], &n_children);

          add_layers (sources, children, n_children);
        }
    }
}

GtkListStore *
dialog_sources_new (gint32 image)
{
  GtkListStore *sources
      = gtk_list_store_new (N_COLUMNS, G_TYPE_INT, G_TYPE_INT, G_TYPE_STRING, G_TYPE_STRING, GDK_TYPE_PIXBUF, G_TYPE_BOOLEAN);
  gint n_images = 0, n_layers = 0;
  g_autofree gint *images = gimp_image_list (&n_images);
  g_autofree gint *layers = gimp_image_get_layers (image, &n_layers);

  add (sources, -1, HIDE_NOTHING, 0, NULL, _ ("Nothing"));
  for (gint i = n_images - 1; i >= 0; i--)
    if (images[i] != image)
      {
        g_autofree char *name = gimp_image_get_name (images[i]);

        add (sources, -1, HIDE_IMAGE, images[i], NULL, name);
      }
  add_layers (sources, layers, n_layers);
  add (sources, -1, HIDE_NOTHING, 0, NULL, NULL);
  add (sources, -1, KIND_ASK, 0, NULL, _ ("A file…"));
  return sources;
}

static gboolean
is_separator (GtkTreeModel *model, GtkTreeIter *iter, gpointer data)
{
  gboolean separator;

  gtk_tree_model_get (model, iter, COLUMN_SEPARATOR, &separator, -1);
  return separator;
}

/* What is chosen; path: (out) (optional) (transfer full). */
static gint
chosen (GtkWidget *combo, gint *id, char **path)
{
  GtkTreeModel *model = gtk_combo_box_get_model (GTK_COMBO_BOX (combo));
  GtkTreeIter iter;
  gint kind = HIDE_NOTHING;

  if (!gtk_combo_box_get_active_iter (GTK_COMBO_BOX (combo), &iter))
    return HIDE_NOTHING;
  gtk_tree_model_get (model, &iter, COLUMN_KIND, &kind, -1);
  if (id != NULL)
    gtk_tree_model_get (model, &iter, COLUMN_ID, id, -1);
  if (path != NULL)
    gtk_tree_model_get (model, &iter, COLUMN_PATH, path, -1);
  return kind;
}

/* Returns: (transfer full) (nullable) */
static char *
ask (GtkWidget *combo, const char *title)
{
  GtkWidget *dialog = gtk_file_chooser_dialog_new (title, GTK_WINDOW (gtk_widget_get_toplevel (combo)), GTK_FILE_CHOOSER_ACTION_OPEN,
                                                   GTK_STOCK_CANCEL, GTK_RESPONSE_CANCEL, GTK_STOCK_OPEN, GTK_RESPONSE_OK, NULL);
  char *path = NULL;

  gtk_window_set_modal (GTK_WINDOW (dialog), TRUE);
  gtk_dialog_set_default_response (GTK_DIALOG (dialog), GTK_RESPONSE_OK);
  if (gtk_dialog_run (GTK_DIALOG (dialog)) == GTK_RESPONSE_OK)
    path = gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (dialog));
  gtk_widget_destroy (dialog);
  return path;
}

/* Asks for the file, adds it to the list, and chooses it. */
static gboolean
choose_file (gpointer data)
{
  GtkComboBox *box = data;
  Combo *combo = g_object_get_data (data, DATA);
  g_autofree char *path = ask (GTK_WIDGET (box), combo->title);

  if (path != NULL)
    {
      g_autofree char *name = g_filename_display_basename (path);
      GtkListStore *sources = GTK_LIST_STORE (gtk_combo_box_get_model (box));

      combo->chosen = add (sources, gtk_tree_model_iter_n_children (GTK_TREE_MODEL (sources), NULL) - 2, HIDE_FILE, 0, path, name);
    }
  gtk_combo_box_set_active (box, combo->chosen);
  return G_SOURCE_REMOVE;
}

static void
on_changed (GtkComboBox *box, Combo *combo)
{
  if (chosen (GTK_WIDGET (box), NULL, NULL) == KIND_ASK)
    {
      /* Later: the list that was popped up is still there. */
      g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, choose_file, g_object_ref (box), g_object_unref);
      return;
    }
  combo->chosen = gtk_combo_box_get_active (box);
  combo->changed (combo->user_data);
}

static void
combo_free (gpointer data)
{
  Combo *combo = data;

  g_free (combo->title);
  g_free (combo);
}

GtkWidget *
dialog_sources_combo (GtkListStore *sources, const char *title, void (*changed) (gpointer user_data), gpointer user_data)
{
  GtkWidget *box = gtk_combo_box_new_with_model (GTK_TREE_MODEL (sources));
  GtkCellRenderer *icon = gtk_cell_renderer_pixbuf_new (), *text = gtk_cell_renderer_text_new ();
  Combo *combo = g_new0 (Combo, 1);

  combo->title = g_strdup (title);
  combo->changed = changed;
  combo->user_data = user_data;
  g_object_set_data_full (G_OBJECT (box), DATA, combo, combo_free);
  gtk_combo_box_set_row_separator_func (GTK_COMBO_BOX (box), is_separator, NULL, NULL);
  gtk_cell_layout_pack_start (GTK_CELL_LAYOUT (box), icon, FALSE);
  gtk_cell_layout_set_attributes (GTK_CELL_LAYOUT (box), icon, "pixbuf", COLUMN_ICON, NULL);
  gtk_cell_layout_pack_start (GTK_CELL_LAYOUT (box), text, TRUE);
  g_object_set (text, "ellipsize", PANGO_ELLIPSIZE_MIDDLE, "width-chars", 26, NULL);
  gtk_cell_layout_set_attributes (GTK_CELL_LAYOUT (box), text, "text", COLUMN_NAME, NULL);
  gtk_combo_box_set_active (GTK_COMBO_BOX (box), 0);
  g_signal_connect (box, "changed", G_CALLBACK (on_changed), combo);
  return box;
}

HideFrom
dialog_sources_kind (GtkWidget *combo)
{
  const gint kind = chosen (combo, NULL, NULL);

  return kind == KIND_ASK ? HIDE_NOTHING : (HideFrom) kind;
}

HideSource *
dialog_sources_get (GtkWidget *combo)
{
  g_autofree char *path = NULL;
  gint id = 0;
  const gint kind = chosen (combo, &id, &path);

  return kind == HIDE_NOTHING || kind == KIND_ASK ? NULL : hide_source_new ((HideFrom) kind, id, path);
}

GdkPixbuf *
dialog_sources_thumbnail (GtkWidget *combo, gint side)
{
  g_autofree char *path = NULL;
  gint id = 0;
  const gint kind = chosen (combo, &id, &path);

  return kind == KIND_ASK ? NULL : picture_of ((HideFrom) kind, id, path, side);
}
