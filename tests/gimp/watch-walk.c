/* Through all that can be chosen in a dialog. */
#include "watch.h"

#include <string.h>

/* What can be chosen one after the other: the rows of a list, on and off, the pages of a notebook, or pressing a button that opens another
 * window. */
typedef struct
{
  GtkWidget *widget;
  int n;      /* how many */
  int before; /* the one that is chosen now */
} Control;

typedef struct
{
  GtkWidget *dialog;
  const char *path;
  int states;
} Walk;

static gboolean
is_usable (GtkWidget *widget)
{
  return gtk_widget_get_mapped (widget) && gtk_widget_is_sensitive (widget);
}

static gboolean
as_control (const Walk *walk, GtkWidget *widget, Control *control)
{
  GtkWidget *parent = gtk_widget_get_parent (widget);
  const int response = GTK_IS_BUTTON (widget) ? gtk_dialog_get_response_for_widget (GTK_DIALOG (walk->dialog), widget) : GTK_RESPONSE_NONE;

  control->widget = widget;
  control->before = -1;
  if (GTK_IS_COMBO_BOX (widget))
    {
      control->n = gtk_tree_model_iter_n_children (gtk_combo_box_get_model (GTK_COMBO_BOX (widget)), NULL);
      control->before = gtk_combo_box_get_active (GTK_COMBO_BOX (widget));
      return TRUE;
    }
  if (GTK_IS_NOTEBOOK (widget))
    {
      control->n = gtk_notebook_get_n_pages (GTK_NOTEBOOK (widget));
      control->before = gtk_notebook_get_current_page (GTK_NOTEBOOK (widget));
      return TRUE;
    }
  if (parent == NULL || gtk_widget_get_ancestor (parent, GTK_TYPE_COMBO_BOX) != NULL
      || gtk_widget_get_ancestor (parent, GTK_TYPE_TREE_VIEW) != NULL)
    return FALSE;
  if (GTK_IS_TOGGLE_BUTTON (widget))
    {
      control->n = 2;
      control->before = gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (widget));
      return TRUE;
    }
  control->n = 1;
  return GTK_IS_BUTTON (widget) && (response == GTK_RESPONSE_NONE || response > 0);
}

static GArray *
controls_of (const Walk *walk)
{
  g_autoptr (GPtrArray) widgets = watch_widgets (walk->dialog);
  GArray *controls = g_array_new (FALSE, FALSE, sizeof (Control));

  for (guint i = 0; i < widgets->len; i++)
    {
      Control control;

      if (is_usable (widgets->pdata[i]) && as_control (walk, widgets->pdata[i], &control))
        g_array_append_val (controls, control);
    }
  return controls;
}

/* Whatever came up over the dialog is looked at and closed as by Escape; in an idle source, since it runs a loop of its own. */
static gboolean
close_other (gpointer data)
{
  const Walk *walk = data;
  g_autoptr (GList) windows = gtk_window_list_toplevels ();

  for (const GList *w = windows; w != NULL; w = w->next)
    if (w->data != walk->dialog && GTK_IS_DIALOG (w->data) && gtk_widget_get_mapped (w->data))
      {
        watch_write (walk->path, "state\t%s", gtk_window_get_title (w->data));
        watch_inspect (w->data, walk->path);
        gtk_dialog_response (w->data, GTK_RESPONSE_CANCEL);
      }
  return G_SOURCE_CONTINUE;
}

static void
choose (const Walk *walk, const Control *control, int value)
{
  const guint closing = g_timeout_add (150, close_other, (gpointer) walk);

  if (GTK_IS_COMBO_BOX (control->widget))
    gtk_combo_box_set_active (GTK_COMBO_BOX (control->widget), value);
  else if (GTK_IS_NOTEBOOK (control->widget))
    gtk_notebook_set_current_page (GTK_NOTEBOOK (control->widget), value);
  else if (GTK_IS_TOGGLE_BUTTON (control->widget))
    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (control->widget), value);
  else
    gtk_button_clicked (GTK_BUTTON (control->widget));
  watch_settle ();
  g_source_remove (closing);
}

static char *
describe (const Control *control, int value)
{
  g_autoptr (GList) labels = gtk_widget_list_mnemonic_labels (control->widget);

  return g_strdup_printf ("%s %d", labels != NULL ? gtk_label_get_text (labels->data) : G_OBJECT_TYPE_NAME (control->widget), value);
}

static void
keep_picture (const Walk *walk)
{
  const char *folder = g_getenv ("CNNCRYPT_PICTURES");
  GtkAllocation at;
  g_autofree char *name = g_strdup_printf ("%03d.png", walk->states), *path = NULL;
  g_autoptr (GdkPixbuf) picture = NULL;

  if (folder == NULL)
    return;
  gtk_widget_get_allocation (walk->dialog, &at);
  path = g_build_filename (folder, name, NULL);
  gtk_widget_queue_draw (walk->dialog);
  gdk_window_process_all_updates ();
  picture = gdk_pixbuf_get_from_drawable (NULL, gtk_widget_get_window (walk->dialog), NULL, 0, 0, 0, 0, at.width, at.height);
  if (picture == NULL || !gdk_pixbuf_save (picture, path, "png", NULL, "compression", "9", NULL))
    g_error ("%s cannot be written", path);
}

static void
look (Walk *walk, const char *name)
{
  watch_write (walk->path, "state\t%s", name);
  keep_picture (walk);
  watch_inspect (walk->dialog, walk->path);
  walk->states++;
}

static gboolean
is_among (const GArray *controls, const GtkWidget *widget)
{
  for (guint i = 0; i < controls->len; i++)
    if (g_array_index (controls, Control, i).widget == widget)
      return TRUE;
  return FALSE;
}

static gboolean
is_separator (const Control *control, int value)
{
  GtkTreeViewRowSeparatorFunc separator
      = GTK_IS_COMBO_BOX (control->widget) ? gtk_combo_box_get_row_separator_func (GTK_COMBO_BOX (control->widget)) : NULL;
  GtkTreeIter iter;
  GtkTreeModel *model;

  if (separator == NULL)
    return FALSE;
  model = gtk_combo_box_get_model (GTK_COMBO_BOX (control->widget));
  return gtk_tree_model_iter_nth_child (model, &iter, NULL, value) && separator (model, &iter, NULL);
}

/* depth 0: each thing by itself.  depth 1, with one of them changed: what was not there before, and lists of two, whose texts may be longer
 * now. */
static void
walk_controls (Walk *walk, const GArray *known, const Control *above, const char *prefix)
{
  g_autoptr (GArray) controls = controls_of (walk);

  for (guint i = 0; i < controls->len; i++)
    {
      const Control *control = &g_array_index (controls, Control, i);

      if (above != NULL
          && (control->widget == above->widget
              || (is_among (known, control->widget) && (control->n != 2 || !GTK_IS_COMBO_BOX (control->widget)))))
        continue;
      for (int value = 0; value < control->n && is_usable (control->widget); value++)
        {
          g_autofree char *its = describe (control, value);
          g_autofree char *name = g_strconcat (prefix, prefix[0] != '\0' ? ", " : "", its, NULL);

          if (value == control->before || is_separator (control, value))
            continue;
          choose (walk, control, value);
          look (walk, name);
          if (above == NULL && control->n > 1)
            walk_controls (walk, controls, control, name);
        }
      if (control->before >= 0 && gtk_widget_get_mapped (control->widget))
        choose (walk, control, control->before);
    }
}

/* What is chosen, by name; of entries, how much stands in them. */
static void
write_values (const Walk *walk)
{
  g_autoptr (GPtrArray) widgets = watch_widgets (walk->dialog);

  for (guint i = 0; i < widgets->len; i++)
    {
      Control control;

      if (!gtk_widget_get_mapped (widgets->pdata[i]))
        continue;
      if (GTK_IS_ENTRY (widgets->pdata[i]))
        watch_write (walk->path, "value\tentry\t%d", gtk_entry_get_text_length (GTK_ENTRY (widgets->pdata[i])));
      else if (as_control (walk, widgets->pdata[i], &control) && control.n > 1)
        {
          g_autofree char *name = describe (&control, control.before);

          watch_write (walk->path, "value\t%s", name);
        }
    }
}

void
watch_walk (GtkWidget *dialog, const char *path)
{
  Walk walk = { dialog, path, 0 };

  watch_settle ();
  write_values (&walk);
  look (&walk, "as it opens");
  if (g_getenv ("CNNCRYPT_WALK_NOT") == NULL)
    walk_controls (&walk, NULL, NULL, "");
  watch_write (path, "done\t%d", walk.states);
}
