/* The dialog of Decrypt…: asks for the passphrase, or for an identity, until it opens something. */
#include <string.h>

#include "base/error.h"
#include "decrypt.h"
#include "dialog-keys.h"
#include "methods/holder.h"
#include "methods/sedd/pair.h"

typedef struct
{
  GtkWidget *dialog;
  GtkWidget *file, *file_name; /* (nullable) the button for an identity, and the label in it */
  GtkWidget *entry;
  GtkWidget *message;
  GtkWidget *device;
  CncIdentity *identity; /* (nullable) */
  char *path;            /* (nullable) of its file */
  gboolean passphrases;  /* there is something that a passphrase opens */
  DialogChoices *choices;
} Widgets;

static gboolean
needs_passphrase (const Widgets *w)
{
  return w->identity != NULL ? cnc_identity_is_locked (w->identity) : w->passphrases;
}

static void
update (Widgets *w)
{
  const gboolean typed = gtk_entry_get_text_length (GTK_ENTRY (w->entry)) > 0;

  gtk_widget_set_sensitive (w->entry, needs_passphrase (w));
  gtk_dialog_set_response_sensitive (GTK_DIALOG (w->dialog), GTK_RESPONSE_OK, needs_passphrase (w) ? typed : w->identity != NULL);
}

static void
on_changed (GtkEditable *editable, Widgets *w)
{
  update (w);
}

/* Takes the identity of a file; says what is wrong with it, unless it is that of last time. */
static void
take_file (Widgets *w, const char *path, gboolean remembered)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = g_filename_display_basename (path);
  CncIdentity *identity = cnc_holder_identity (path, &error);

  if (identity == NULL)
    {
      if (!remembered)
        dialog_message_say (w->message, error->message);
      return;
    }
  cnc_identity_free (w->identity);
  w->identity = identity;
  g_free (w->path);
  w->path = g_strdup (path);
  gtk_label_set_text (GTK_LABEL (w->file_name), name);
  g_strlcpy (w->choices->identity, strlen (path) < sizeof w->choices->identity ? path : "", sizeof w->choices->identity);
  if (cnc_sedd_is_demonstration (path))
    dialog_message_say (
        w->message, _ ("This is the demonstration pair, which comes with cnncrypt: everybody has it, and opens what is encrypted for it."));
  else
    gtk_widget_hide (w->message);
  update (w);
  if (cnc_identity_is_locked (identity))
    gtk_widget_grab_focus (w->entry);
  else if (!remembered)
    gtk_widget_grab_focus (gtk_dialog_get_widget_for_response (GTK_DIALOG (w->dialog), GTK_RESPONSE_OK));
}

static void
on_file (GtkButton *button, Widgets *w)
{
  GSList *paths = dialog_keys_ask (GTK_WIDGET (button), _ ("Your Identity"), "*.identity", _ ("Identities"), FALSE);

  if (paths != NULL)
    take_file (w, paths->data, FALSE);
  g_slist_free_full (paths, g_free);
}

static char *
describe_one (const DecryptRegion *region)
{
  if (region->carrier != NULL)
    return g_strdup_printf (_ ("There is an encrypted picture of the method “%s” here, %u × %u pixels of grey noise."),
                            _ (cnc_method_by_number (region->carrier->header.method)->title), region->carrier->width,
                            region->carrier->height);
  return g_strdup_printf (_ ("There is an encrypted picture here, %u × %u pixels of noise."), region->box.width, region->box.height);
}

static char *
describe (GPtrArray *regions)
{
  const DecryptRegion *first = regions->pdata[0];
  g_autofree char *text = NULL;
  guint n;

  if (regions->len > 1)
    return g_strdup_printf (_ ("There are %u encrypted regions in this picture. All that opens is decrypted."), regions->len);
  text = describe_one (first);
  if (!decrypt_for_recipients (first, &n))
    return g_steal_pointer (&text);
  return n == 1 ? g_strdup_printf (_ ("%s It is for one recipient, who opens it with his identity file."), text)
                : g_strdup_printf (_ ("%s It is for %u recipients, each of whom opens it with his identity file."), text, n);
}

static void
add_file_row (Widgets *w, GtkTable *table)
{
  w->file = gtk_button_new ();
  w->file_name = gtk_label_new (_ ("Choose the file…"));
  gtk_label_set_ellipsize (GTK_LABEL (w->file_name), PANGO_ELLIPSIZE_MIDDLE);
  gtk_container_add (GTK_CONTAINER (w->file), w->file_name);
  gimp_help_set_help_data (w->file, _ ("The file with the secret key that belongs to your public key. It is read, and not kept."), NULL);
  gimp_table_attach_aligned (table, 0, 0, _ ("_Identity:"), 0.0f, 0.5f, w->file, 1, FALSE);
  g_signal_connect (w->file, "clicked", G_CALLBACK (on_file), w);
}

static void
build (Widgets *w, GPtrArray *regions)
{
  g_autofree char *text = describe (regions);
  g_autofree char *problem = NULL;
  GtkWidget *box, *table, *label;
  gboolean identities = FALSE;

  for (guint i = 0; i < regions->len; i++)
    {
      const gboolean recipients = decrypt_for_recipients (regions->pdata[i], NULL);

      identities |= recipients;
      w->passphrases |= !recipients;
    }
  w->dialog = dialog_frame (_ ("Decrypt"), HOST_DECRYPT, _ ("_Decrypt"), &box);
  label = dialog_note_new (text);
  gimp_label_set_attributes (GTK_LABEL (label), PANGO_ATTR_STYLE, PANGO_STYLE_NORMAL, -1);
  gtk_box_pack_start (GTK_BOX (box), label, FALSE, FALSE, 0);

  table = gtk_table_new (3, 2, FALSE);
  gtk_table_set_col_spacings (GTK_TABLE (table), 6);
  gtk_table_set_row_spacings (GTK_TABLE (table), 6);
  gtk_box_pack_start (GTK_BOX (box), table, FALSE, FALSE, 0);
  if (identities)
    add_file_row (w, GTK_TABLE (table));
  w->entry = dialog_passphrase_new (identities ? _ ("The passphrase of the identity, if it is locked with one. It is not kept.")
                                               : _ ("The passphrase that the picture was encrypted with. It is not kept."));
  gimp_table_attach_aligned (GTK_TABLE (table), 0, 1, identities && !w->passphrases ? _ ("Its _passphrase:") : _ ("_Passphrase:"), 0.0f,
                             0.5f, w->entry, 1, FALSE);
  w->device = dialog_device_new (w->choices->device, &problem);
  gimp_table_attach_aligned (GTK_TABLE (table), 0, 2, _ ("De_vice:"), 0.0f, 0.5f, w->device, 1, FALSE);
  if (problem != NULL)
    gtk_box_pack_start (GTK_BOX (box), dialog_note_new (problem), FALSE, FALSE, 0);

  w->message = dialog_message_new (box);
  g_signal_connect (w->entry, "changed", G_CALLBACK (on_changed), w);
  update (w);
  gtk_widget_show_all (w->dialog);
  gtk_widget_grab_focus (w->passphrases ? w->entry : w->file);
  if (identities && !w->passphrases && *w->choices->identity != '\0')
    take_file (w, w->choices->identity, TRUE);
}

/* What was typed and chosen. */
static gboolean
take (Widgets *w, KeysOpener *opener, GError **error)
{
  g_autoptr (CncSecret) passphrase = needs_passphrase (w) ? dialog_passphrase_take (w->entry, error) : NULL;
  CncSecret *secret;

  if (passphrase == NULL && needs_passphrase (w))
    return FALSE;
  secret = w->identity != NULL ? cnc_identity_open (w->identity, passphrase, error) : g_steal_pointer (&passphrase);
  keys_opener_take (opener, secret, w->identity != NULL);
  if (w->identity != NULL)
    opener->opener.file = opener->file = g_strdup (w->path);
  return secret != NULL;
}

/* One try.  TRUE if something opened. */
static gboolean
try (Widgets *w, GPtrArray *regions)
{
  g_autoptr (GError) error = NULL;
  g_auto (KeysOpener) opener = { 0 };
  gboolean opened;

  dialog_message_say (w->message, w->identity != NULL ? _ ("Trying the identity…") : _ ("Trying the passphrase…"));
  opened = take (w, &opener, &error) && decrypt_unlock (regions, &opener.opener, NULL, &error);
  dialog_passphrase_clear (w->entry);
  if (!opened)
    dialog_message_say (w->message, error->message);
  gtk_widget_grab_focus (needs_passphrase (w) ? w->entry : w->file);
  return opened;
}

gboolean
dialog_parts_decrypt (GPtrArray *regions, DialogChoices *choices)
{
  Widgets w = { .choices = choices };
  gboolean opened = FALSE;

  build (&w, regions);
  while (!opened && gimp_dialog_run (GIMP_DIALOG (w.dialog)) == GTK_RESPONSE_OK)
    opened = try (&w, regions);
  dialog_device_get (w.device, choices->device, sizeof choices->device);
  dialog_passphrase_clear (w.entry);
  cnc_identity_free (w.identity);
  g_free (w.path);
  gtk_widget_destroy (w.dialog);
  return opened;
}
