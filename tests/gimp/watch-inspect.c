/* What is wrong with a dialog, as far as widgets can tell. */
#include "watch.h"

#include <gdk/gdkkeysyms.h>
#include <string.h>

/* Of a screen of 1280 × 800, without a panel and the window's own frame. */
#define SCREEN_WIDTH 1270
#define SCREEN_HEIGHT 760

static void
collect (GtkWidget *widget, gpointer data)
{
  g_ptr_array_add (data, widget);
  if (GTK_IS_CONTAINER (widget))
    gtk_container_forall (GTK_CONTAINER (widget), collect, data);
}

GPtrArray *
watch_widgets (GtkWidget *window)
{
  GPtrArray *widgets = g_ptr_array_new ();

  collect (window, widgets);
  return widgets;
}

/* Its own text, or that of what lies beside it: enough to tell which one it is. */
static char *
name_of (GtkWidget *widget)
{
  g_autoptr (GList) labels = gtk_widget_list_mnemonic_labels (widget);
  const char *text = NULL;

  if (GTK_IS_LABEL (widget))
    text = gtk_label_get_text (GTK_LABEL (widget));
  else if (GTK_IS_BUTTON (widget))
    text = gtk_button_get_label (GTK_BUTTON (widget));
  if (text == NULL && labels != NULL)
    text = gtk_label_get_text (labels->data);
  if (text == NULL)
    text = gtk_widget_get_tooltip_text (widget);
  return g_strdup_printf ("%s “%.60s”", G_OBJECT_TYPE_NAME (widget), text != NULL ? text : "");
}

static void
complain (const char *path, GtkWidget *widget, const char *what, const char *about)
{
  g_autofree char *name = name_of (widget);

  watch_write (path, "wrong\t%s\t%s %s", what, name, about != NULL ? about : "");
}

static gboolean
is_inside (GtkWidget *widget, GType type)
{
  GtkWidget *parent = gtk_widget_get_parent (widget);

  return parent != NULL && gtk_widget_get_ancestor (parent, type) != NULL;
}

/* ---- nothing is cut off ---- */

static int
text_width (GtkWidget *widget, const char *text)
{
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (widget, text);
  int width;

  pango_layout_get_pixel_size (layout, &width, NULL);
  return width;
}

static void
look_at_label (GtkLabel *label, const char *path)
{
  PangoLayout *layout = gtk_label_get_layout (label);
  GtkAllocation at;
  int width, height, xpad, ypad;

  if (*gtk_label_get_text (label) == '\0')
    return;
  gtk_widget_get_allocation (GTK_WIDGET (label), &at);
  gtk_misc_get_padding (GTK_MISC (label), &xpad, &ypad);
  pango_layout_get_pixel_size (layout, &width, &height);
  if (pango_layout_is_ellipsized (layout) || width > at.width - 2 * xpad || height > at.height - 2 * ypad)
    {
      g_autofree char *sizes
          = g_strdup_printf ("(%d × %d pixels of text in %d × %d)", width, height, at.width - 2 * xpad, at.height - 2 * ypad);

      complain (path, GTK_WIDGET (label), "text cut off", sizes);
    }
}

/* A text that a list has to shorten, since nobody knows how long it is (a device, a file), stands in its tooltip. */
static void
look_at_list (GtkComboBox *combo, const char *path)
{
  GtkWidget *view = gtk_bin_get_child (GTK_BIN (combo));
  GtkTreePath *row;
  GtkTreeIter iter;
  GtkRequisition size;
  GtkAllocation at;
  g_autoptr (GList) cells = gtk_cell_layout_get_cells (GTK_CELL_LAYOUT (combo));
  int others = 0;

  if (!GTK_IS_CELL_VIEW (view) || !gtk_combo_box_get_active_iter (combo, &iter))
    return;
  row = gtk_tree_model_get_path (gtk_combo_box_get_model (combo), &iter);
  gtk_cell_view_get_size_of_row (GTK_CELL_VIEW (view), row, &size); /* gives the cells their contents */
  gtk_tree_path_free (row);
  gtk_widget_get_allocation (view, &at);
  for (const GList *cell = cells; cell != NULL; cell = cell->next)
    if (!GTK_IS_CELL_RENDERER_TEXT (cell->data))
      {
        int width;

        gtk_cell_renderer_get_size (cell->data, view, NULL, NULL, NULL, &width, NULL);
        others += width;
      }
  for (const GList *cell = cells; cell != NULL; cell = cell->next)
    if (GTK_IS_CELL_RENDERER_TEXT (cell->data))
      {
        g_autofree char *text = NULL;
        g_autofree char *tooltip = gtk_widget_get_tooltip_text (GTK_WIDGET (combo));
        guint xpad;

        g_object_get (cell->data, "text", &text, "xpad", &xpad, NULL);
        if (text != NULL && text_width (view, text) > at.width - others - 2 * (int) xpad
            && (tooltip == NULL || strstr (tooltip, text) == NULL))
          complain (path, GTK_WIDGET (combo), "text cut off", text);
      }
}

static void
look_at_table (GtkTreeView *view, const char *path)
{
  g_autoptr (GList) columns = gtk_tree_view_get_columns (view);
  GtkTreeModel *model = gtk_tree_view_get_model (view);
  GtkTreeIter iter;
  GtkAdjustment *across = gtk_tree_view_get_hadjustment (view);

  if (across != NULL && gtk_adjustment_get_upper (across) > gtk_adjustment_get_page_size (across))
    complain (path, GTK_WIDGET (view), "has to be scrolled sideways", NULL);
  for (gboolean more = gtk_tree_model_get_iter_first (model, &iter); more; more = gtk_tree_model_iter_next (model, &iter))
    for (const GList *column = columns; column != NULL; column = column->next)
      {
        g_autoptr (GList) cells = gtk_cell_layout_get_cells (GTK_CELL_LAYOUT (column->data));
        g_autofree char *text = NULL;
        PangoEllipsizeMode shortened;

        gtk_tree_view_column_cell_set_cell_data (column->data, model, &iter, FALSE, FALSE);
        if (!GTK_IS_CELL_RENDERER_TEXT (cells->data))
          continue;
        g_object_get (cells->data, "text", &text, "ellipsize", &shortened, NULL);
        watch_write (path, "text\t%s", text != NULL ? text + strspn (text, " ") : "");
        /* Names of files may be shortened. */
        if (text != NULL && shortened == PANGO_ELLIPSIZE_NONE
            && text_width (GTK_WIDGET (view), text) > gtk_tree_view_column_get_width (column->data))
          complain (path, GTK_WIDGET (view), "text cut off", text);
      }
}

static void
look_at_place (GtkWidget *widget, GtkWidget *window, const char *path)
{
  GtkAllocation at, whole;
  int x, y;

  if (is_inside (widget, GTK_TYPE_SCROLLED_WINDOW) || GTK_IS_CELL_VIEW (widget)
      || !gtk_widget_translate_coordinates (widget, window, 0, 0, &x, &y))
    return;
  gtk_widget_get_allocation (widget, &at);
  gtk_widget_get_allocation (window, &whole);
  if (x < 0 || y < 0 || x + at.width > whole.width || y + at.height > whole.height)
    complain (path, widget, "beyond the edge", NULL);
}

/* ---- how it is reached, and what it is ---- */

static gboolean
is_control (GtkWidget *widget)
{
  return (GTK_IS_BUTTON (widget) || GTK_IS_COMBO_BOX (widget) || GTK_IS_ENTRY (widget) || GTK_IS_TREE_VIEW (widget)
          || GTK_IS_RANGE (widget))
         && !is_inside (widget, GTK_TYPE_COMBO_BOX) && !GTK_IS_SCROLLBAR (widget) && !is_inside (widget, GTK_TYPE_TREE_VIEW);
}

static guint
letter_of (GtkWidget *widget)
{
  return GTK_IS_LABEL (widget) ? gtk_label_get_mnemonic_keyval (GTK_LABEL (widget)) : GDK_KEY_VoidSymbol;
}

static gboolean
has_letter (GtkWidget *widget)
{
  g_autoptr (GList) labels = gtk_widget_list_mnemonic_labels (widget);

  for (const GList *label = labels; label != NULL; label = label->next)
    if (letter_of (label->data) != GDK_KEY_VoidSymbol && gtk_widget_get_mapped (label->data))
      return TRUE;
  /* What fills a page is reached through its tab. */
  if (GTK_IS_TREE_VIEW (widget) && gtk_widget_get_ancestor (widget, GTK_TYPE_NOTEBOOK) != NULL)
    {
      GtkNotebook *notebook = GTK_NOTEBOOK (gtk_widget_get_ancestor (widget, GTK_TYPE_NOTEBOOK));

      return letter_of (
                 gtk_notebook_get_tab_label (notebook, gtk_notebook_get_nth_page (notebook, gtk_notebook_get_current_page (notebook))))
             != GDK_KEY_VoidSymbol;
    }
  return FALSE;
}

static void
look_at_control (GtkWidget *widget, GtkWidget *window, const char *path)
{
  g_autofree char *tooltip = gtk_widget_get_tooltip_text (widget);
  const gboolean ends = is_inside (widget, GTK_TYPE_BUTTON_BOX) && GTK_IS_BUTTON (widget);

  if (tooltip == NULL && !ends)
    complain (path, widget, "no tooltip", NULL);
  if (!has_letter (widget))
    complain (path, widget, "nothing is underlined", NULL);
}

/* The same letter twice only leads from one to the other. */
static void
look_at_letters (GPtrArray *widgets, const char *path)
{
  g_autoptr (GHashTable) used = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < widgets->len; i++)
    {
      const guint letter = letter_of (widgets->pdata[i]);

      if (letter == GDK_KEY_VoidSymbol || !gtk_widget_get_mapped (widgets->pdata[i]))
        continue;
      if (!g_hash_table_add (used, GUINT_TO_POINTER (letter)))
        complain (path, widgets->pdata[i], "its letter is another's, too", NULL);
    }
}

/* ---- texts ---- */

/* Of a list. */
static void
write_rows (GtkComboBox *combo, const char *path)
{
  GtkCellView *view = GTK_CELL_VIEW (gtk_bin_get_child (GTK_BIN (combo)));
  GtkTreeModel *model = gtk_combo_box_get_model (combo);
  g_autoptr (GList) cells = gtk_cell_layout_get_cells (GTK_CELL_LAYOUT (combo));
  GtkTreeIter iter;

  for (gboolean more = gtk_tree_model_get_iter_first (model, &iter); more; more = gtk_tree_model_iter_next (model, &iter))
    {
      GtkTreePath *row = gtk_tree_model_get_path (model, &iter);
      GtkRequisition size;

      gtk_cell_view_get_size_of_row (view, row, &size); /* gives the cells their contents */
      gtk_tree_path_free (row);
      for (const GList *cell = cells; cell != NULL; cell = cell->next)
        if (GTK_IS_CELL_RENDERER_TEXT (cell->data))
          {
            g_autofree char *text = NULL;

            g_object_get (cell->data, "text", &text, NULL);
            watch_write (path, "text\t%s", text != NULL ? text : "");
          }
    }
}

static void
write_texts (GtkWidget *widget, const char *path)
{
  g_autofree char *tooltip = gtk_widget_get_tooltip_text (widget);

  if (tooltip != NULL)
    watch_write (path, "text\t%s", tooltip);
  if (GTK_IS_LABEL (widget))
    watch_write (path, "text\t%s", gtk_label_get_text (GTK_LABEL (widget)));
  if (GTK_IS_COMBO_BOX (widget) && GTK_IS_CELL_VIEW (gtk_bin_get_child (GTK_BIN (widget))))
    write_rows (GTK_COMBO_BOX (widget), path);
}

/* GIMP puts it at the other end of the row of buttons. */
static gboolean
has_help (GtkDialog *dialog)
{
  GtkWidget *area = gtk_dialog_get_action_area (dialog);
  g_autoptr (GList) buttons = gtk_container_get_children (GTK_CONTAINER (area));

  for (const GList *button = buttons; button != NULL; button = button->next)
    if (gtk_button_box_get_child_secondary (GTK_BUTTON_BOX (area), button->data))
      return gtk_widget_get_mapped (button->data);
  return FALSE;
}

void
watch_inspect (GtkWidget *window, const char *path)
{
  g_autoptr (GPtrArray) widgets = watch_widgets (window);
  const gboolean ours = GIMP_IS_DIALOG (window); /* what GTK puts into its choosers of files is its own */
  GtkAllocation whole;

  gtk_widget_get_allocation (window, &whole);
  watch_write (path, "text\t%s", gtk_window_get_title (GTK_WINDOW (window)));
  if (whole.width > SCREEN_WIDTH || whole.height > SCREEN_HEIGHT)
    {
      g_autofree char *size = g_strdup_printf ("%d × %d", whole.width, whole.height);

      complain (path, window, "larger than a small screen", size);
    }
  if (!ours)
    return;
  if (gtk_window_get_default_widget (GTK_WINDOW (window)) == NULL)
    complain (path, window, "Enter leads nowhere", NULL);
  if (!has_help (GTK_DIALOG (window)))
    complain (path, window, "no Help", NULL);
  look_at_letters (widgets, path);
  for (guint i = 0; i < widgets->len; i++)
    {
      GtkWidget *widget = widgets->pdata[i];

      if (!gtk_widget_get_mapped (widget))
        continue;
      write_texts (widget, path);
      look_at_place (widget, window, path);
      if (GTK_IS_LABEL (widget) && !is_inside (widget, GTK_TYPE_TREE_VIEW))
        look_at_label (GTK_LABEL (widget), path);
      if (GTK_IS_COMBO_BOX (widget))
        look_at_list (GTK_COMBO_BOX (widget), path);
      if (GTK_IS_TREE_VIEW (widget))
        look_at_table (GTK_TREE_VIEW (widget), path);
      if (is_control (widget))
        look_at_control (widget, window, path);
    }
}
