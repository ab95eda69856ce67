/* The dialog of Encrypt…: what, how, and who can open it. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "dialog-keys.h"

/* Pixels: so wide that the longest of the methods' dialogs still fits on a small screen. */
#define NOTE_WIDTH 560
#define PROMISE_WIDTH 680

typedef struct
{
  gint32 image, drawable;
  DialogChoices *choices;
  GtkWidget *dialog;
  GtkWidget *target[ENCRYPT_N_TARGETS];
  GtkWidget *reason[ENCRYPT_N_TARGETS]; /* why it is impossible */
  GtkWidget *method;
  GtkWidget *summary;
  DialogKeys *keys;
  GtkWidget *device;
  DialogCarrier *carrier;
  GtkWidget *size;
  GtkWidget *promise;
  GtkWidget *stages;
  guint estimating; /* idle source */
  guint missing;    /* bit i: method i lacks its model */
} Widgets;

static GtkWidget *
wide_note_new (const char *text)
{
  GtkWidget *note = dialog_note_new (text);

  gtk_widget_set_size_request (note, NOTE_WIDTH, -1);
  return note;
}

static const CncMethod *
chosen_method (const Widgets *w)
{
  return &cnc_methods ()[MAX (gtk_combo_box_get_active (GTK_COMBO_BOX (w->method)), 0)];
}

static char *
place_text (Widgets *w, EncryptTarget target, guint64 bytes, guint32 width, guint32 height)
{
  gint x, y, box_width, box_height;
  g_autofree char *size = g_format_size (bytes);

  if (target != ENCRYPT_SELECTION)
    return g_strdup_printf (_ ("About %u × %u pixels of noise in a new image, %s as PNG."), width, height, size);
  gimp_drawable_mask_intersect (w->drawable, &x, &y, &box_width, &box_height);
  if (bytes > (guint64) box_width * (guint64) box_height * 3)
    return g_strdup_printf (_ ("Will probably not fit: it takes about %s, and %d × %d pixels hold less. Select more, or make a new image."),
                            size, box_width, box_height);
  return g_strdup_printf (_ ("In place: %d × %d pixels of noise, the selection's bounding box."), box_width, box_height);
}

static char *
estimate_text (Widgets *w, EncryptTarget target)
{
  const CncMethod *method = chosen_method (w);
  guint64 bytes;
  guint32 width, height;
  double psnr = 0;
  g_autofree char *place = NULL;

  if (method->number == CNC_METHOD_SEDD && dialog_keys_pair (w->keys) == NULL)
    return g_strdup (_ ("The size of the result can be told once the pair is chosen."));
  if (method->lossless
          ? !encrypt_estimate (w->image, w->drawable, target, &bytes, &width, &height)
          : !encrypt_estimate_lossy (w->image, w->drawable, target, method, dialog_keys_pair (w->keys), &bytes, &width, &height, &psnr))
    return g_strdup (_ ("The size of the result cannot be told before."));
  place = place_text (w, target, bytes, width, height);
  if (method->lossless)
    return g_steal_pointer (&place);
  if (isnan (psnr))
    return g_strdup_printf (
        _ ("%s\nNot lossless; how close what comes back is cannot be told: the decoder of the pair is not on this computer."), place);
  return g_strdup_printf (_ ("%s\nNot lossless: what Decrypt gives back is about %.1f dB (PSNR) from the original: %s. 8 bits a colour."),
                          place, psnr, encrypt_quality_words (psnr));
}

static gboolean
estimate (gpointer data)
{
  Widgets *w = data;
  g_autofree char *text = estimate_text (w, (EncryptTarget) w->choices->target);

  w->estimating = 0;
  gtk_label_set_text (GTK_LABEL (w->size), text);
  return G_SOURCE_REMOVE;
}

static void
show_size (const char *text, gpointer data)
{
  const Widgets *w = data;

  gtk_label_set_text (GTK_LABEL (w->size), text);
}

static void
estimate_soon (Widgets *w)
{
  if (w->carrier == NULL) /* while the dialog is built */
    return;
  dialog_carrier_show (w->carrier, chosen_method (w));
  if (chosen_method (w)->carrier)
    {
      if (w->estimating != 0)
        g_source_remove (w->estimating);
      w->estimating = 0;
      return;
    }
  gtk_label_set_text (GTK_LABEL (w->size), _ ("Estimating…"));
  if (w->estimating == 0)
    w->estimating = g_idle_add_full (G_PRIORITY_LOW, estimate, w, NULL);
}

static void
on_target (GtkToggleButton *button, Widgets *w)
{
  /* Of two buttons that change, the one that goes out says nothing. */
  if (button != NULL && !gtk_toggle_button_get_active (button))
    return;
  for (gint i = 0; i < ENCRYPT_N_TARGETS; i++)
    if (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (w->target[i])))
      w->choices->target = i;
  estimate_soon (w);
}

/* What can be encrypted by the method; what cannot says why. */
static void
update_targets (Widgets *w)
{
  const CncMethod *method = chosen_method (w);
  gboolean possible[ENCRYPT_N_TARGETS];
  gint fallback = ENCRYPT_N_TARGETS;

  for (gint i = ENCRYPT_N_TARGETS - 1; i >= 0; i--)
    {
      g_autoptr (GError) why = NULL;

      possible[i] = encrypt_possible (w->image, w->drawable, (EncryptTarget) i, method, &why);
      if (possible[i])
        fallback = i;
      gtk_widget_set_sensitive (w->target[i], possible[i]);
      gtk_label_set_text (GTK_LABEL (w->reason[i]), why != NULL ? why->message : "");
      gtk_widget_set_visible (w->reason[i], !possible[i]);
    }
  gtk_button_set_label (GTK_BUTTON (w->target[ENCRYPT_SELECTION]),
                        method->carrier ? _ ("The _selection, into a new image") : _ ("The _selection, in place"));
  dialog_radio_ungrey (w->target[ENCRYPT_SELECTION]);
  if (!possible[w->choices->target] && fallback < ENCRYPT_N_TARGETS)
    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (w->target[fallback]), TRUE);
}

/* For recipients there is no passphrase that it could rest on. */
static const char *
promise_of_keys (const CncMethod *method)
{
  return method->number == CNC_CARRIER_RESTORE
             ? _ ("Secrecy rests on the recipients' keys: a ChaCha20 keystream by libsodium, fresh for each picture, its key sealed for "
                  "each "
                  "of them (X25519); a chaotic permutation comes on top. Nobody can tell who made the picture, nor whether its pixels were "
                  "changed on purpose.")
             : _ ("Secrecy rests on the recipients' keys: XChaCha20-Poly1305 by libsodium, its key sealed for each of them (X25519). None "
                  "learns who the others are. What comes back is complete, or refused; but nobody can tell who made it: public keys are "
                  "public.");
}

static void
update_promise (Widgets *w)
{
  const CncMethod *method = chosen_method (w);
  const char *text
      = dialog_keys_for_recipients (w->keys) ? promise_of_keys (method)
        : method->number == CNC_CARRIER_RESTORE
            ? _ ("Secrecy rests on the passphrase: a ChaCha20 keystream by libsodium, fresh for each picture, its key made by Argon2id; a "
                 "chaotic permutation comes on top. The pixels cannot be authenticated, only the header: nobody could tell if somebody "
                 "changed the picture on "
                 "purpose. A lost passphrase cannot be recovered.")
        : method->carrier ? _ (
              "Secrecy rests on the passphrase: XChaCha20-Poly1305 by libsodium, its key made by Argon2id. What comes back is complete and "
              "authenticated to the last bit, or refused. A lost passphrase cannot be recovered.")
                          : _ ("Secrecy rests on the passphrase: XChaCha20-Poly1305 by libsodium, its key made by Argon2id. The CNN and "
                               "chaos layers come "
                               "on "
                               "top. A lost passphrase cannot be recovered.");

  gtk_label_set_text (GTK_LABEL (w->promise), text);
}

static void
on_method (GtkComboBox *combo, Widgets *w)
{
  const CncMethod *method = chosen_method (w);

  g_strlcpy (w->choices->method, method->id, sizeof w->choices->method);
  gtk_label_set_text (GTK_LABEL (w->summary), _ (method->summary));
  if (w->promise == NULL) /* while the dialog is built */
    return;
  dialog_keys_need_pair (w->keys, method->number == CNC_METHOD_SEDD);
  update_promise (w);
  gtk_widget_set_visible (w->stages, encrypt_has_stages (method));
  update_targets (w);
  estimate_soon (w);
}

/* Methods that cannot be used here are grey in the list. */
static void
show_method (GtkCellLayout *layout, GtkCellRenderer *cell, GtkTreeModel *model, GtkTreeIter *iter, gpointer data)
{
  const Widgets *w = data;
  GtkTreePath *path = gtk_tree_model_get_path (model, iter);

  g_object_set (cell, "sensitive", (w->missing >> gtk_tree_path_get_indices (path)[0] & 1) == 0, NULL);
  gtk_tree_path_free (path);
}

/* The three things that can be encrypted. */
static void
add_targets (Widgets *w, GtkWidget *box)
{
  g_autofree char *name = gimp_item_is_valid (w->drawable) ? gimp_item_get_name (w->drawable) : g_strdup ("");
  g_autofree char *layer = g_strdup_printf (_ ("The _layer “%.40s” as it is, into a new image"), name);
  const char *const labels[] = { _ ("The _whole image as it is seen, into a new image"), layer, _ ("The _selection, in place") };
  static const char *const tooltips[]
      = { N_ ("All visible layers together, as one picture."), N_ ("This layer alone and all of it, also what is hidden or transparent."),
          N_ ("The smallest box around what is selected; the rest of the picture stays readable.") };
  GtkWidget *previous = NULL;

  w->choices->target = CLAMP (w->choices->target, 0, ENCRYPT_N_TARGETS - 1);
  for (gint i = 0; i < ENCRYPT_N_TARGETS; i++)
    {
      w->target[i] = gtk_radio_button_new_with_mnemonic_from_widget (previous != NULL ? GTK_RADIO_BUTTON (previous) : NULL, labels[i]);
      gimp_help_set_help_data (w->target[i], _ (tooltips[i]), NULL);
      w->reason[i] = dialog_note_new ("");
      gtk_misc_set_padding (GTK_MISC (w->reason[i]), 22, 0);
      gtk_widget_set_sensitive (w->reason[i], FALSE);
      gtk_widget_set_no_show_all (w->reason[i], TRUE);
      gtk_box_pack_start (GTK_BOX (box), w->target[i], FALSE, FALSE, 0);
      gtk_box_pack_start (GTK_BOX (box), w->reason[i], FALSE, FALSE, 0);
      previous = w->target[i];
    }
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (w->target[w->choices->target]), TRUE);
  for (gint i = 0; i < ENCRYPT_N_TARGETS; i++)
    g_signal_connect (w->target[i], "toggled", G_CALLBACK (on_target), w);
}

static void
add_method (Widgets *w, GtkWidget *table)
{
  g_autoptr (GString) reasons = g_string_new (NULL), names = g_string_new (_ ("Cannot be used here: "));
  g_autoptr (GList) cells = NULL;
  GtkWidget *reason;
  gint active = 0;

  w->method = gtk_combo_box_text_new ();
  for (gint i = 0; cnc_methods ()[i].id != NULL; i++)
    {
      g_autoptr (GError) why = NULL;
      const gboolean ready = cnc_method_ready (&cnc_methods ()[i], NULL, &why);

      gtk_combo_box_text_append_text (GTK_COMBO_BOX_TEXT (w->method), _ (cnc_methods ()[i].title));
      if (!ready)
        {
          w->missing |= 1u << i;
          g_string_append_printf (names, "%s%s", reasons->len > 0 ? ", " : "", _ (cnc_methods ()[i].title));
          g_string_append_printf (reasons, "%s%s: %s", reasons->len > 0 ? "\n" : "", _ (cnc_methods ()[i].title), why->message);
        }
      else if (strcmp (cnc_methods ()[i].id, w->choices->method) == 0)
        active = i;
    }
  cells = gtk_cell_layout_get_cells (GTK_CELL_LAYOUT (w->method));
  gtk_cell_layout_set_cell_data_func (GTK_CELL_LAYOUT (w->method), cells->data, show_method, w, NULL);
  w->summary = wide_note_new ("");
  g_signal_connect (w->method, "changed", G_CALLBACK (on_method), w);
  gtk_combo_box_set_active (GTK_COMBO_BOX (w->method), active);
  gimp_help_set_help_data (w->method, _ ("How the picture is encrypted."), NULL);
  gimp_table_attach_aligned (GTK_TABLE (table), 0, 0, _ ("_Method:"), 0.0f, 0.5f, w->method, 1, FALSE);
  gimp_table_attach_aligned (GTK_TABLE (table), 0, 1, NULL, 0.0f, 0.5f, w->summary, 1, FALSE);
  if (w->missing == 0)
    return;
  /* In one line: the dialog has to fit on a small screen. */
  reason = wide_note_new (names->str);
  gimp_help_set_help_data (reason, reasons->str, NULL);
  gtk_widget_set_tooltip_text (w->method, reasons->str);
  gimp_table_attach_aligned (GTK_TABLE (table), 0, 13, NULL, 0.0f, 0.5f, reason, 1, FALSE);
}

static void
on_keys (gpointer data)
{
  Widgets *w = data;

  if (w->promise == NULL) /* while the dialog is built */
    return;
  gtk_dialog_set_response_sensitive (GTK_DIALOG (w->dialog), GTK_RESPONSE_OK, dialog_keys_ready (w->keys));
  update_promise (w);
  if (w->carrier != NULL)
    dialog_carrier_recipients (w->carrier, dialog_keys_recipients (w->keys));
  if (chosen_method (w)->number == CNC_METHOD_SEDD)
    estimate_soon (w);
}

static void
build (Widgets *w)
{
  g_autofree char *problem = NULL;
  GtkWidget *box, *targets, *frame, *table;

  w->dialog = dialog_frame (_ ("Encrypt"), HOST_ENCRYPT, _ ("_Encrypt"), &box);
  frame = gimp_frame_new (_ ("What to encrypt"));
  gtk_box_pack_start (GTK_BOX (box), frame, FALSE, FALSE, 0);
  targets = gtk_vbox_new (FALSE, 2);
  gtk_container_add (GTK_CONTAINER (frame), targets);
  add_targets (w, targets);

  frame = gimp_frame_new (_ ("How"));
  gtk_box_pack_start (GTK_BOX (box), frame, FALSE, FALSE, 0);
  table = gtk_table_new (14, 2, FALSE);
  gtk_table_set_col_spacings (GTK_TABLE (table), 6);
  gtk_table_set_row_spacings (GTK_TABLE (table), 6);
  gtk_container_add (GTK_CONTAINER (frame), table);
  add_method (w, table);
  w->keys = dialog_keys_new (GTK_TABLE (table), 5, w->choices, on_keys, w);
  w->device = dialog_device_new (w->choices->device, &problem);
  gimp_table_attach_aligned (GTK_TABLE (table), 0, 10, _ ("De_vice:"), 0.0f, 0.5f, w->device, 1, FALSE);
  if (problem != NULL)
    gimp_table_attach_aligned (GTK_TABLE (table), 0, 11, NULL, 0.0f, 0.5f, dialog_note_new (problem), 1, FALSE);
  w->size = wide_note_new (_ ("Estimating…"));
  gimp_table_attach_aligned (GTK_TABLE (table), 0, 12, _ ("Result:"), 0.0f, 0.5f, w->size, 1, FALSE);

  w->promise = dialog_note_new ("");
  gimp_label_set_attributes (GTK_LABEL (w->promise), PANGO_ATTR_STYLE, PANGO_STYLE_NORMAL, -1);
  gtk_widget_set_size_request (w->promise, PROMISE_WIDTH, -1);
  gtk_box_pack_start (GTK_BOX (box), w->promise, FALSE, FALSE, 0);
  w->stages = gtk_check_button_new_with_mnemonic (_ ("Show the sta_ges of the method, in another image"));
  gimp_help_set_help_data (
      w->stages,
      _ ("A layer for each: the plain picture, its blocks repositioned, the chaos keystream, the CNN, the seal; under keys "
         "drawn for it alone. The plain picture is in it: do not save it by mistake."),
      NULL);
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (w->stages), w->choices->stages != 0);
  gtk_box_pack_start (GTK_BOX (box), w->stages, FALSE, FALSE, 0);
  gtk_widget_show_all (w->dialog);
  for (gint i = 0; i < ENCRYPT_N_TARGETS; i++)
    dialog_radio_ungrey (w->target[i]);
  dialog_keys_show (w->keys);
  w->carrier = dialog_carrier_new (w->image, w->drawable, w->choices, GTK_TABLE (table), 2, show_size, w);
  dialog_carrier_recipients (w->carrier, dialog_keys_recipients (w->keys));
  on_method (NULL, w);
}

gboolean
dialog_parts_encrypt (gint32 image, gint32 drawable, DialogChoices *choices, KeysLock *keys)
{
  Widgets w = { .image = image, .drawable = drawable, .choices = choices };

  gboolean taken = FALSE;

  build (&w);
  while (!taken && gimp_dialog_run (GIMP_DIALOG (w.dialog)) == GTK_RESPONSE_OK)
    taken = dialog_keys_take (w.keys, keys);
  if (w.estimating != 0)
    g_source_remove (w.estimating);
  g_clear_pointer (&w.carrier, dialog_carrier_free); /* entries that are emptied below say so */
  choices->stages = gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (w.stages));
  dialog_device_get (w.device, choices->device, sizeof choices->device);
  dialog_keys_free (w.keys);
  gtk_widget_destroy (w.dialog);
  return taken;
}
