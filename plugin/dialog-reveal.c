/* The dialog of Reveal…: asks for passphrases until one of them opens something. */
#include "base/error.h"
#include "dialog-parts.h"
#include "reveal.h"

typedef struct
{
  GtkWidget *dialog;
  GtkWidget *entry[CNC_STEGO_MAX_SECRETS];
  guint n;
  GtkWidget *message;
  GtkWidget *device;
} Widgets;

static void
on_changed (GtkEditable *editable, Widgets *w)
{
  gboolean any = FALSE;

  for (guint i = 0; i < w->n; i++)
    any = any || gtk_entry_get_text_length (GTK_ENTRY (w->entry[i])) > 0;
  gtk_dialog_set_response_sensitive (GTK_DIALOG (w->dialog), GTK_RESPONSE_OK, any);
}

static void
build (Widgets *w, const RevealFound *found, const DialogChoices *choices)
{
  g_autofree char *text = reveal_describe (found);
  g_autofree char *problem = NULL;
  GtkWidget *box, *table, *label;

  w->dialog = dialog_frame (_ ("Reveal"), HOST_REVEAL, _ ("_Reveal"), &box);
  label = dialog_note_new (text);
  gimp_label_set_attributes (GTK_LABEL (label), PANGO_ATTR_STYLE, PANGO_STYLE_NORMAL, -1);
  gtk_box_pack_start (GTK_BOX (box), label, FALSE, FALSE, 0);

  w->n = found->record.count;
  table = gtk_table_new (w->n + 1, 2, FALSE);
  gtk_table_set_col_spacings (GTK_TABLE (table), 6);
  gtk_table_set_row_spacings (GTK_TABLE (table), 6);
  gtk_box_pack_start (GTK_BOX (box), table, FALSE, FALSE, 0);
  for (guint i = 0; i < w->n; i++)
    {
      static const char *const labels[CNC_STEGO_MAX_SECRETS] = { N_ ("_Passphrase:"), N_ ("_Another:"), N_ ("_One more:") };

      w->entry[i] = dialog_passphrase_new (_ ("The passphrase of one hidden picture; one is enough, in any place. It is not kept."));
      gimp_table_attach_aligned (GTK_TABLE (table), 0, (gint) i, _ (labels[i]), 0.0f, 0.5f, w->entry[i], 1, FALSE);
      g_signal_connect (w->entry[i], "changed", G_CALLBACK (on_changed), w);
    }
  w->device = dialog_device_new (choices->device, &problem);
  gimp_table_attach_aligned (GTK_TABLE (table), 0, (gint) w->n, _ ("De_vice:"), 0.0f, 0.5f, w->device, 1, FALSE);
  if (problem != NULL)
    gtk_box_pack_start (GTK_BOX (box), dialog_note_new (problem), FALSE, FALSE, 0);

  w->message = dialog_message_new (box);
  on_changed (NULL, w);
  gtk_widget_show_all (w->dialog);
  gtk_widget_grab_focus (w->entry[0]);
}

/* One round over all entries.  TRUE if something opened; what did not is then in notes. */
static gboolean
try (Widgets *w, RevealFound *found, GString *notes)
{
  g_autoptr (GString) problems = g_string_new (NULL);
  gboolean opened = FALSE;

  for (guint i = 0; i < w->n; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CncSecret) passphrase = NULL;
      guint slot;

      if (gtk_entry_get_text_length (GTK_ENTRY (w->entry[i])) == 0)
        continue;
      passphrase = dialog_passphrase_take (w->entry[i], &error);
      dialog_passphrase_clear (w->entry[i]);
      if (passphrase != NULL)
        {
          dialog_message_say (w->message, _ ("Trying the passphrase…"));
          if (reveal_unlock (found, passphrase, &slot, &error))
            {
              opened = TRUE;
              continue;
            }
        }
      if (found->record.count > 1)
        g_string_append_printf (problems, _ ("%sPassphrase %u: "), problems->len > 0 ? "\n" : "", i + 1);
      g_string_append (problems, error->message);
    }
  if (opened)
    g_string_append (notes, problems->str);
  else
    dialog_message_say (w->message, problems->str);
  gtk_widget_grab_focus (w->entry[0]);
  return opened;
}

gboolean
dialog_parts_reveal (RevealFound *found, GString *notes, DialogChoices *choices)
{
  Widgets w = { 0 };
  gboolean opened = FALSE;

  build (&w, found, choices);
  while (!opened && gimp_dialog_run (GIMP_DIALOG (w.dialog)) == GTK_RESPONSE_OK)
    opened = try (&w, found, notes);
  dialog_device_get (w.device, choices->device, sizeof choices->device);
  for (guint i = 0; i < w.n; i++)
    dialog_passphrase_clear (w.entry[i]);
  gtk_widget_destroy (w.dialog);
  return opened;
}
