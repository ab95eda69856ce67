/* The dialog of Decrypt…: asks for the passphrase until it opens something. */
#include <string.h>

#include "base/error.h"
#include "decrypt.h"
#include "dialog-parts.h"

typedef struct
{
  GtkWidget *dialog;
  GtkWidget *entry;
  GtkWidget *message;
  GtkWidget *device;
} Widgets;

static void
on_changed (GtkEditable *editable, Widgets *w)
{
  gtk_dialog_set_response_sensitive (GTK_DIALOG (w->dialog), GTK_RESPONSE_OK, gtk_entry_get_text_length (GTK_ENTRY (w->entry)) > 0);
}

static char *
describe (GPtrArray *regions)
{
  const DecryptRegion *first = regions->pdata[0];

  if (first->carrier != NULL)
    return g_strdup_printf (_ ("There is an encrypted picture of the method “%s” here, %u × %u pixels of grey noise."),
                            _ (cnc_method_by_number (first->carrier->header.method)->title), first->carrier->width, first->carrier->height);
  if (regions->len == 1)
    return g_strdup_printf (_ ("There is an encrypted picture here, %u × %u pixels of noise."), first->box.width, first->box.height);
  return g_strdup_printf (_ ("There are %u encrypted regions in this picture. All that the passphrase opens are decrypted."), regions->len);
}

static void
build (Widgets *w, GPtrArray *regions, const DialogChoices *choices)
{
  g_autofree char *text = describe (regions);
  g_autofree char *problem = NULL;
  GtkWidget *box, *table, *label;

  w->dialog = dialog_frame (_ ("Decrypt"), HOST_DECRYPT, _ ("_Decrypt"), &box);
  label = dialog_note_new (text);
  gimp_label_set_attributes (GTK_LABEL (label), PANGO_ATTR_STYLE, PANGO_STYLE_NORMAL, -1);
  gtk_box_pack_start (GTK_BOX (box), label, FALSE, FALSE, 0);

  table = gtk_table_new (2, 2, FALSE);
  gtk_table_set_col_spacings (GTK_TABLE (table), 6);
  gtk_table_set_row_spacings (GTK_TABLE (table), 6);
  gtk_box_pack_start (GTK_BOX (box), table, FALSE, FALSE, 0);
  w->entry = dialog_passphrase_new (_ ("The passphrase that the picture was encrypted with. It is not kept."));
  gimp_table_attach_aligned (GTK_TABLE (table), 0, 0, _ ("_Passphrase:"), 0.0f, 0.5f, w->entry, 1, FALSE);
  w->device = dialog_device_new (choices->device, &problem);
  gimp_table_attach_aligned (GTK_TABLE (table), 0, 1, _ ("De_vice:"), 0.0f, 0.5f, w->device, 1, FALSE);
  if (problem != NULL)
    gtk_box_pack_start (GTK_BOX (box), dialog_note_new (problem), FALSE, FALSE, 0);

  w->message = dialog_message_new (box);
  g_signal_connect (w->entry, "changed", G_CALLBACK (on_changed), w);
  on_changed (NULL, w);
  gtk_widget_show_all (w->dialog);
  gtk_widget_grab_focus (w->entry);
}

/* One try.  TRUE if something opened. */
static gboolean
try (Widgets *w, GPtrArray *regions)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncSecret) passphrase = dialog_passphrase_take (w->entry, &error);
  gboolean opened = FALSE;

  if (passphrase != NULL)
    {
      const CncOpener opener = { .passphrase = passphrase };

      dialog_message_say (w->message, _ ("Trying the passphrase…"));
      opened = decrypt_unlock (regions, &opener, NULL, &error);
    }
  dialog_passphrase_clear (w->entry);
  if (!opened)
    dialog_message_say (w->message, error->message);
  gtk_widget_grab_focus (w->entry);
  return opened;
}

gboolean
dialog_parts_decrypt (GPtrArray *regions, DialogChoices *choices)
{
  Widgets w;
  gboolean opened = FALSE;

  build (&w, regions, choices);
  while (!opened && gimp_dialog_run (GIMP_DIALOG (w.dialog)) == GTK_RESPONSE_OK)
    opened = try (&w, regions);
  dialog_device_get (w.device, choices->device, sizeof choices->device);
  dialog_passphrase_clear (w.entry);
  gtk_widget_destroy (w.dialog);
  return opened;
}
