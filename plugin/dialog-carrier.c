/* The dialog of Encrypt…: what there is to choose where the result is a grey carrier, and what each choice would give. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "dialog-parts.h"

enum
{
  COLUMN_TEXT,
  COLUMN_VALUE, /* longest side, 0: as the picture */
};

static const gint sizes[] = { 0, 1280, 1600, 2048, 4096 };

static const struct
{
  const char *text;
  guint levels;
} strengths[] = {
  { N_ ("Three steps of grey: bears JPEG down to quality 60"), 3 },
  { N_ ("Two steps: bears JPEG down to quality 30, with less room"), 2 },
};

static const CncMethodModel *
models (void)
{
  return cnc_method_models (cnc_method_by_number (CNC_CARRIER_RESTORE));
}

struct _DialogCarrier
{
  gint32 image, drawable;
  DialogChoices *choices;
  DialogCarrierResult result;
  gpointer data;
  GtkWidget *size, *levels, *model;
  GtkWidget *size_label, *levels_label, *model_label;
  GtkListStore *rows;
  const CncMethod *method;
  CncPicture *picture; /* (nullable) until the first size is tried, as the next */
  CncBackend *backend;
  guint recipients;
  guint tried;  /* how many of the sizes */
  guint trying; /* idle source */
};

static guint
chosen (GtkWidget *combo)
{
  return (guint) MAX (gtk_combo_box_get_active (GTK_COMBO_BOX (combo)), 0);
}

static char *
size_name (gint longest_side)
{
  return longest_side == 0 ? g_strdup (_ ("As large as the picture")) : g_strdup_printf (_ ("Longest side %d"), longest_side);
}

static void
set_row (DialogCarrier *carrier, guint i, const char *text)
{
  GtkTreeIter iter;

  if (gtk_tree_model_iter_nth_child (GTK_TREE_MODEL (carrier->rows), &iter, NULL, (gint) i))
    gtk_list_store_set (carrier->rows, &iter, COLUMN_TEXT, text, -1);
}

static char *
row_text (const char *name, const CncExpected *expected)
{
  if (isinf (expected->psnr))
    return g_strdup_printf (_ ("%s: %u × %u, every bit"), name, expected->width, expected->height);
  if (expected->worn != expected->psnr)
    return g_strdup_printf (_ ("%s: %u × %u, %.1f dB (JPEG 75: %.1f)"), name, expected->width, expected->height, expected->psnr,
                            expected->worn);
  return g_strdup_printf (_ ("%s: %u × %u, %.1f dB"), name, expected->width, expected->height, expected->psnr);
}

static char *
result_text (const CncExpected *expected)
{
  g_autofree char *place
      = g_strdup_printf (_ ("%u × %u pixels of grey noise in a new image. What Decrypt gives back"), expected->width, expected->height);

  if (isinf (expected->psnr))
    return g_strdup_printf (_ ("%s: every bit of its 8-bit colours."), place);
  if (expected->worn != expected->psnr)
    return g_strdup_printf (_ ("%s is about %.1f dB (PSNR) from the original, and %.1f dB after JPEG of quality 75. 8 bits a colour."),
                            place, expected->psnr, expected->worn);
  return g_strdup_printf (_ ("%s is about %.1f dB (PSNR) from the original: %s. 8 bits a colour."), place, expected->psnr,
                          encrypt_quality_words (expected->psnr));
}

/* One size a call, the chosen one first, so that the dialog stays alive. */
static gboolean
try_size (gpointer data)
{
  DialogCarrier *carrier = data;
  const guint first = chosen (carrier->size);
  const guint i = carrier->tried == 0 ? first : carrier->tried <= first ? carrier->tried - 1 : carrier->tried;
  g_autofree char *name = size_name (sizes[i]), *row = NULL, *text = NULL;
  g_autoptr (GError) why = NULL;
  CncEncryptParams params = { .longest_side = (guint32) sizes[i] };
  CncExpected expected;
  EncryptHow how;

  dialog_choices_how (carrier->choices, &how);
  params.method = how.method;
  params.levels = how.levels;
  params.model = how.model;
  params.recipients = carrier->recipients;
  if (carrier->backend == NULL)
    carrier->backend = cnc_engine_open ("cpu", CNC_WORK_LITTLE, NULL, NULL); /* so little that no other device would be faster */
  params.backend = carrier->backend;
  if (carrier->picture == NULL)
    carrier->picture = encrypt_read (carrier->image, carrier->drawable, (EncryptTarget) carrier->choices->target, carrier->method);
  if (carrier->picture == NULL || carrier->backend == NULL)
    text = g_strdup (_ ("The size of the result cannot be told before."));
  else if (cnc_encrypt_expect (carrier->picture, &params, &expected, &why))
    {
      row = row_text (name, &expected);
      text = result_text (&expected);
    }
  else
    {
      row = g_strdup_printf (_ ("%s: not possible"), name);
      text = g_strdup (why->message);
    }
  if (row != NULL)
    set_row (carrier, i, row);
  if (i == first)
    carrier->result (text, carrier->data);
  carrier->tried++;
  if (carrier->picture != NULL && carrier->tried < G_N_ELEMENTS (sizes))
    return G_SOURCE_CONTINUE;
  carrier->trying = 0;
  return G_SOURCE_REMOVE;
}

static void
try_again (DialogCarrier *carrier)
{
  if (carrier->method == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *name = size_name (sizes[i]);

      set_row (carrier, i, name);
    }
  carrier->tried = 0;
  carrier->result (_ ("Estimating…"), carrier->data);
  if (carrier->trying == 0)
    carrier->trying = g_idle_add_full (G_PRIORITY_LOW, try_size, carrier, NULL);
}

static void
on_changed (GtkComboBox *combo, DialogCarrier *carrier)
{
  carrier->choices->longest_side = sizes[chosen (carrier->size)];
  carrier->choices->levels = (gint32) strengths[chosen (carrier->levels)].levels;
  g_strlcpy (carrier->choices->model, models ()[chosen (carrier->model)].name, sizeof carrier->choices->model);
  try_again (carrier);
}

static void
stop (DialogCarrier *carrier)
{
  if (carrier->trying != 0)
    g_source_remove (carrier->trying);
  carrier->trying = 0;
  g_clear_pointer (&carrier->picture, cnc_picture_free);
}

void
dialog_carrier_show (DialogCarrier *carrier, const CncMethod *method)
{
  const gboolean share = method->number == CNC_CARRIER_SHARE, restore = method->number == CNC_CARRIER_RESTORE;

  stop (carrier);
  gtk_widget_set_visible (carrier->size, method->carrier);
  gtk_widget_set_visible (carrier->size_label, method->carrier);
  gtk_widget_set_visible (carrier->levels, share);
  gtk_widget_set_visible (carrier->levels_label, share);
  gtk_widget_set_visible (carrier->model, restore);
  gtk_widget_set_visible (carrier->model_label, restore);
  carrier->method = method->carrier ? method : NULL;
  try_again (carrier);
}

void
dialog_carrier_recipients (DialogCarrier *carrier, guint recipients)
{
  if (carrier->recipients == recipients)
    return;
  carrier->recipients = recipients;
  if (carrier->method != NULL)
    dialog_carrier_show (carrier, carrier->method);
}

/* Networks that are not here are grey in the list. */
static void
show_model (GtkCellLayout *layout, GtkCellRenderer *cell, GtkTreeModel *model, GtkTreeIter *iter, gpointer data)
{
  GtkTreePath *path = gtk_tree_model_get_path (model, iter);
  const gint i = gtk_tree_path_get_indices (path)[0];

  g_object_set (cell, "sensitive", cnc_method_ready (cnc_method_by_number (CNC_CARRIER_RESTORE), models ()[i].name, NULL), NULL);
  gtk_tree_path_free (path);
}

static GtkWidget *
attach (GtkTable *table, gint row, const char *label, GtkWidget *widget, const char *tooltip)
{
  GtkWidget *name = gimp_table_attach_aligned (table, 0, row, label, 0.0f, 0.5f, widget, 1, FALSE);

  gimp_help_set_help_data (widget, tooltip, NULL);
  gtk_widget_set_no_show_all (widget, TRUE);
  gtk_widget_set_no_show_all (name, TRUE);
  return name;
}

static void
add_size (DialogCarrier *carrier, GtkTable *table, gint row)
{
  GtkCellRenderer *cell = gtk_cell_renderer_text_new ();
  gint active = 0;

  carrier->rows = gtk_list_store_new (2, G_TYPE_STRING, G_TYPE_INT);
  carrier->size = gtk_combo_box_new_with_model (GTK_TREE_MODEL (carrier->rows));
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *name = size_name (sizes[i]);

      gtk_list_store_insert_with_values (carrier->rows, NULL, -1, COLUMN_TEXT, name, COLUMN_VALUE, sizes[i], -1);
      if (sizes[i] == carrier->choices->longest_side)
        active = (gint) i;
    }
  g_object_set (cell, "ellipsize", PANGO_ELLIPSIZE_END, "width-chars", 40, NULL);
  gtk_cell_layout_pack_start (GTK_CELL_LAYOUT (carrier->size), cell, TRUE);
  gtk_cell_layout_set_attributes (GTK_CELL_LAYOUT (carrier->size), cell, "text", COLUMN_TEXT, NULL);
  gtk_combo_box_set_active (GTK_COMBO_BOX (carrier->size), active);
  carrier->size_label
      = attach (table, row, _ ("Si_ze:"), carrier->size,
                _ ("Of the result. A carrier that nobody makes smaller arrives whole: choose what the messenger or site leaves alone. "
                   "The larger it is, the more of the picture comes back."));
}

DialogCarrier *
dialog_carrier_new (gint32 image, gint32 drawable, DialogChoices *choices, GtkTable *table, gint row, DialogCarrierResult result,
                    gpointer data)
{
  DialogCarrier *carrier = g_new0 (DialogCarrier, 1);
  g_autoptr (GList) cells = NULL;
  gint active = 0;

  carrier->image = image;
  carrier->drawable = drawable;
  carrier->choices = choices;
  carrier->result = result;
  carrier->data = data;
  add_size (carrier, table, row);

  carrier->levels = gtk_combo_box_text_new ();
  for (guint i = 0; i < G_N_ELEMENTS (strengths); i++)
    gtk_combo_box_text_append_text (GTK_COMBO_BOX_TEXT (carrier->levels), _ (strengths[i].text));
  gtk_combo_box_set_active (GTK_COMBO_BOX (carrier->levels), choices->levels == 2 ? 1 : 0);
  carrier->levels_label = attach (table, row + 1, _ ("S_trength:"), carrier->levels, _ ("How much the carrier bears on its way."));

  carrier->model = gtk_combo_box_text_new ();
  for (guint i = 0; models ()[i].name != NULL; i++)
    {
      gtk_combo_box_text_append_text (GTK_COMBO_BOX_TEXT (carrier->model), _ (models ()[i].title));
      if (strcmp (choices->model, models ()[i].name) == 0)
        active = (gint) i;
    }
  cells = gtk_cell_layout_get_cells (GTK_CELL_LAYOUT (carrier->model));
  gtk_cell_layout_set_cell_data_func (GTK_CELL_LAYOUT (carrier->model), cells->data, show_model, NULL, NULL);
  gtk_combo_box_set_active (GTK_COMBO_BOX (carrier->model), active);
  carrier->model_label = attach (table, row + 2, _ ("_Network:"), carrier->model,
                                 _ ("What the network was trained on; whoever decrypts needs the same one."));

  g_signal_connect (carrier->size, "changed", G_CALLBACK (on_changed), carrier);
  g_signal_connect (carrier->levels, "changed", G_CALLBACK (on_changed), carrier);
  g_signal_connect (carrier->model, "changed", G_CALLBACK (on_changed), carrier);
  on_changed (NULL, carrier);
  return carrier;
}

void
dialog_carrier_free (DialogCarrier *carrier)
{
  stop (carrier);
  cnc_backend_free (carrier->backend);
  g_object_unref (carrier->rows);
  g_free (carrier);
}
