/* Who can open what is encrypted. */
#include "dialog-keys.h"

#include <string.h>

#include "base/error.h"
#include "cnc-config.h"
#include "methods/sedd/pair.h"
#include "seal/keyfile.h"

#define NOTE_WIDTH 560
#define LIST_HEIGHT 74 /* pixels: three keys; the dialog has to fit on a small screen */

enum
{
  COLUMN_NAME,
  COLUMN_FINGERPRINT,
  COLUMN_PATH, /* empty: not remembered, because some of the file's keys were taken out */
};

enum
{
  BY_PASSPHRASE,
  FOR_RECIPIENTS,
};

struct _DialogKeys
{
  DialogChoices *choices;
  void (*changed) (gpointer data);
  gpointer data;
  GtkWidget *who;
  GtkWidget *first, *second, *first_label, *second_label;
  GtkWidget *note;
  GtkWidget *list, *list_box, *list_label, *remove;
  GtkListStore *rows;
  GArray *keys; /* as many as rows, in their order */
  char *pair;   /* (nullable): the first file among them that is the encoder of a pair */
  gboolean need_pair;
  gint who_before;        /* the choice before a pair was needed */
  gboolean demonstration; /* everybody can open what is for one of these keys */
};

static void
update_passphrase (DialogKeys *k)
{
  const char *first = gtk_entry_get_text (GTK_ENTRY (k->first));
  const char *second = gtk_entry_get_text (GTK_ENTRY (k->second));
  const gboolean same = strcmp (first, second) == 0;
  const double bits = cnc_passphrase_bits (first);
  g_autofree char *text = NULL;

  if (*first == '\0')
    text = g_strdup (_ ("Five or six unrelated words make a good passphrase."));
  else if (!same && *second != '\0')
    text = g_strdup (_ ("The two are not the same yet."));
  else
    text = g_strdup_printf (_ ("%s: about %.0f bits%s"), dialog_strength_word (bits), bits,
                            bits < 60 ? _ ("; a few more words would help.")
                            : same    ? "."
                                      : _ ("; now once more below."));
  gtk_label_set_text (GTK_LABEL (k->note), text);
}

static void
update_recipients (DialogKeys *k)
{
  gtk_label_set_text (
      GTK_LABEL (k->note),
      k->demonstration
          ? _ ("One of them is the demonstration pair, which comes with cnncrypt: everybody has its secret key, so everybody can open the "
               "result. Try things out with it, and nothing else.")
      : k->need_pair && k->pair == NULL
          ? _ ("Add the encoder file of a pair (NAME.encoder.safetensors), which its holder sent you: no passphrase is needed.")
      : k->keys->len == 0 ? _ ("Add the public keys of the people who may open it; yours too, if you want to open it again.")
                          : _ ("Only they can open it; you cannot, unless a key of yours is among them. Compare the digits with them, by "
                               "telephone: they stand in their key files."));
  gtk_widget_set_sensitive (k->remove, gtk_tree_selection_count_selected_rows (gtk_tree_view_get_selection (GTK_TREE_VIEW (k->list))) > 0);
}

static void
update (DialogKeys *k)
{
  if (dialog_keys_for_recipients (k))
    update_recipients (k);
  else
    update_passphrase (k);
  k->changed (k->data);
}

static void
on_passphrase (GtkEditable *editable, DialogKeys *k)
{
  update (k);
}

void
dialog_keys_show (DialogKeys *k)
{
  const gboolean recipients = dialog_keys_for_recipients (k);
  GtkWidget *const passphrase[] = { k->first, k->second, k->first_label, k->second_label };

  for (guint i = 0; i < G_N_ELEMENTS (passphrase); i++)
    gtk_widget_set_visible (passphrase[i], !recipients);
  gtk_widget_set_visible (k->list_box, recipients);
  gtk_widget_set_visible (k->list_label, recipients);
  if (!recipients)
    gtk_widget_grab_focus (k->first);
  update (k);
}

static void
on_who (GtkComboBox *combo, DialogKeys *k)
{
  k->choices->for_recipients = dialog_keys_for_recipients (k);
  dialog_keys_show (k);
}

/* ---- the list of keys ---- */

static gboolean
is_listed (const DialogKeys *k, const guint8 *key)
{
  for (guint i = 0; i < k->keys->len; i++)
    if (memcmp (k->keys->data + i * CNC_PUBLIC_KEY_BYTES, key, CNC_PUBLIC_KEY_BYTES) == 0)
      return TRUE;
  return FALSE;
}

/* What is special among the files. */
static void
find_pair (DialogKeys *k)
{
  GtkTreeModel *model = GTK_TREE_MODEL (k->rows);
  GtkTreeIter iter;

  g_clear_pointer (&k->pair, g_free);
  k->demonstration = FALSE;
  for (gboolean more = gtk_tree_model_get_iter_first (model, &iter); more; more = gtk_tree_model_iter_next (model, &iter))
    {
      g_autofree char *path = NULL;

      gtk_tree_model_get (model, &iter, COLUMN_PATH, &path, -1);
      if (k->pair == NULL && cnc_sedd_is_encoder (path))
        k->pair = g_strdup (path);
      k->demonstration = k->demonstration || cnc_sedd_is_demonstration (path);
    }
}

/* The files whose keys are all listed, for the next time. */
static void
remember (DialogKeys *k)
{
  g_autoptr (GString) paths = g_string_new (NULL);
  GtkTreeModel *model = GTK_TREE_MODEL (k->rows);
  g_autofree char *before = NULL;
  GtkTreeIter iter;

  for (gboolean more = gtk_tree_model_get_iter_first (model, &iter); more; more = gtk_tree_model_iter_next (model, &iter))
    {
      g_autofree char *path = NULL;

      gtk_tree_model_get (model, &iter, COLUMN_PATH, &path, -1);
      if (*path != '\0' && g_strcmp0 (path, before) != 0 && strchr (path, '\n') == NULL)
        g_string_append_printf (paths, "%s\n", path);
      g_free (before);
      before = g_steal_pointer (&path);
    }
  g_strlcpy (k->choices->recipients, paths->len < sizeof k->choices->recipients ? paths->str : "", sizeof k->choices->recipients);
}

/* Keys that are listed already are passed over. */
static gboolean
add_file (DialogKeys *k, const char *path, GError **error)
{
  g_auto (KeysLock) read = { 0 };
  g_autofree char *name = g_filename_display_basename (path);

  if (!keys_lock_add_file (&read, path, error))
    return FALSE;
  for (guint i = 0; i < read.recipients->len; i++)
    {
      const guint8 *key = (const guint8 *) read.recipients->data + i * CNC_PUBLIC_KEY_BYTES;
      g_autofree char *fingerprint = cnc_recipient_fingerprint (key);

      if (is_listed (k, key))
        continue;
      g_array_append_vals (k->keys, key, 1);
      gtk_list_store_insert_with_values (k->rows, NULL, -1, COLUMN_NAME, name, COLUMN_FINGERPRINT, fingerprint, COLUMN_PATH, path, -1);
    }
  return TRUE;
}

GSList *
dialog_keys_ask (GtkWidget *parent, const char *title, const char *pattern, const char *pattern_name, gboolean several)
{
  GtkWidget *dialog = gtk_file_chooser_dialog_new (title, GTK_WINDOW (gtk_widget_get_toplevel (parent)), GTK_FILE_CHOOSER_ACTION_OPEN,
                                                   GTK_STOCK_CANCEL, GTK_RESPONSE_CANCEL, GTK_STOCK_OPEN, GTK_RESPONSE_OK, NULL);
  GtkFileFilter *filter = gtk_file_filter_new (), *all = gtk_file_filter_new ();
  GSList *paths = NULL;

  gtk_file_filter_set_name (filter, pattern_name);
  gtk_file_filter_add_pattern (filter, pattern);
  gtk_file_filter_add_pattern (filter, "*.safetensors");
  gtk_file_filter_set_name (all, _ ("All files"));
  gtk_file_filter_add_pattern (all, "*");
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (dialog), filter);
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (dialog), all);
  gtk_file_chooser_set_current_folder (GTK_FILE_CHOOSER (dialog), g_get_home_dir ());
  (void) gtk_file_chooser_add_shortcut_folder (GTK_FILE_CHOOSER (dialog), CNC_MODEL_DIR, NULL); /* the demonstration pair */
  gtk_file_chooser_set_select_multiple (GTK_FILE_CHOOSER (dialog), several);
  gtk_window_set_modal (GTK_WINDOW (dialog), TRUE);
  gtk_dialog_set_default_response (GTK_DIALOG (dialog), GTK_RESPONSE_OK);
  if (gtk_dialog_run (GTK_DIALOG (dialog)) == GTK_RESPONSE_OK)
    paths = gtk_file_chooser_get_filenames (GTK_FILE_CHOOSER (dialog));
  gtk_widget_destroy (dialog);
  return paths;
}

static void
on_add (GtkButton *button, DialogKeys *k)
{
  GSList *paths = dialog_keys_ask (GTK_WIDGET (button), _ ("Public Keys of Recipients"), "*.pub", _ ("Public keys"), TRUE);
  g_autoptr (GString) problems = g_string_new (NULL);

  for (const GSList *path = paths; path != NULL; path = path->next)
    {
      g_autoptr (GError) error = NULL;

      if (!add_file (k, path->data, &error))
        g_string_append_printf (problems, "%s%s", problems->len > 0 ? "\n" : "", error->message);
    }
  g_slist_free_full (paths, g_free);
  find_pair (k);
  remember (k);
  update (k);
  if (problems->len > 0)
    gtk_label_set_text (GTK_LABEL (k->note), problems->str);
}

static void
on_remove (GtkButton *button, DialogKeys *k)
{
  GtkTreeModel *model;
  GtkTreeIter iter;
  GtkTreePath *at;
  g_autofree char *path = NULL;

  if (!gtk_tree_selection_get_selected (gtk_tree_view_get_selection (GTK_TREE_VIEW (k->list)), &model, &iter))
    return;
  at = gtk_tree_model_get_path (model, &iter);
  g_array_remove_index (k->keys, (guint) gtk_tree_path_get_indices (at)[0]);
  gtk_tree_path_free (at);
  gtk_tree_model_get (model, &iter, COLUMN_PATH, &path, -1);
  gtk_list_store_remove (k->rows, &iter);
  for (gboolean more = gtk_tree_model_get_iter_first (model, &iter); more; more = gtk_tree_model_iter_next (model, &iter))
    {
      g_autofree char *other = NULL;

      gtk_tree_model_get (model, &iter, COLUMN_PATH, &other, -1);
      if (strcmp (other, path) == 0)
        gtk_list_store_set (k->rows, &iter, COLUMN_PATH, "", -1);
    }
  find_pair (k);
  remember (k);
  update (k);
}

static void
on_selection (GtkTreeSelection *selection, DialogKeys *k)
{
  update_recipients (k);
}

static GtkWidget *
button_new (DialogKeys *k, GtkWidget *box, const char *label, const char *tooltip, GCallback clicked)
{
  GtkWidget *button = gtk_button_new_with_mnemonic (label);

  gimp_help_set_help_data (button, tooltip, NULL);
  g_signal_connect (button, "clicked", clicked, k);
  gtk_box_pack_start (GTK_BOX (box), button, FALSE, FALSE, 0);
  return button;
}

static void
build_list (DialogKeys *k)
{
  static const gint columns[] = { COLUMN_NAME, COLUMN_FINGERPRINT };
  GtkWidget *scrolled = gtk_scrolled_window_new (NULL, NULL), *buttons = gtk_vbox_new (FALSE, 6);

  k->rows = gtk_list_store_new (3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING);
  k->keys = g_array_new (FALSE, FALSE, CNC_PUBLIC_KEY_BYTES);
  k->list = gtk_tree_view_new_with_model (GTK_TREE_MODEL (k->rows));
  gtk_tree_view_set_headers_visible (GTK_TREE_VIEW (k->list), FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (columns); i++)
    {
      GtkCellRenderer *cell = gtk_cell_renderer_text_new ();

      g_object_set (cell, "ellipsize", i == 0 ? PANGO_ELLIPSIZE_MIDDLE : PANGO_ELLIPSIZE_NONE, "width-chars", i == 0 ? 22 : -1, NULL);
      gtk_tree_view_append_column (GTK_TREE_VIEW (k->list),
                                   gtk_tree_view_column_new_with_attributes (NULL, cell, "text", columns[i], NULL));
    }
  gimp_help_set_help_data (k->list, _ ("Whose keys open the picture: the file's name, and digits that tell the key from any other."), NULL);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_shadow_type (GTK_SCROLLED_WINDOW (scrolled), GTK_SHADOW_IN);
  gtk_widget_set_size_request (scrolled, -1, LIST_HEIGHT);
  gtk_container_add (GTK_CONTAINER (scrolled), k->list);
  k->list_box = gtk_hbox_new (FALSE, 6);
  gtk_box_pack_start (GTK_BOX (k->list_box), scrolled, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (k->list_box), buttons, FALSE, FALSE, 0);
  (void) button_new (k, buttons, _ ("_Add…"), _ ("Key files that the recipients sent you: cnncrypt-train keygen makes them."),
                     G_CALLBACK (on_add));
  k->remove = button_new (k, buttons, _ ("_Remove"), _ ("Takes the chosen key out of the list."), G_CALLBACK (on_remove));
  g_signal_connect (gtk_tree_view_get_selection (GTK_TREE_VIEW (k->list)), "changed", G_CALLBACK (on_selection), k);
}

/* Files of last time that are gone by now are passed over. */
static void
read_remembered (DialogKeys *k)
{
  g_auto (GStrv) paths = g_strsplit (k->choices->recipients, "\n", -1);

  for (guint i = 0; paths[i] != NULL; i++)
    if (*paths[i] != '\0')
      (void) add_file (k, paths[i], NULL);
  find_pair (k);
}

DialogKeys *
dialog_keys_new (GtkTable *table, gint row, DialogChoices *choices, void (*changed) (gpointer data), gpointer data)
{
  DialogKeys *k = g_new0 (DialogKeys, 1);

  k->choices = choices;
  k->changed = changed;
  k->data = data;
  k->who = gtk_combo_box_text_new ();
  gtk_combo_box_text_append_text (GTK_COMBO_BOX_TEXT (k->who), _ ("Whoever knows a passphrase"));
  gtk_combo_box_text_append_text (GTK_COMBO_BOX_TEXT (k->who), _ ("These recipients, with their keys"));
  gtk_combo_box_set_active (GTK_COMBO_BOX (k->who), choices->for_recipients ? FOR_RECIPIENTS : BY_PASSPHRASE);
  gimp_help_set_help_data (k->who, _ ("Recipients need no passphrase from you: each opens the picture with a key of his own."), NULL);
  k->first = dialog_passphrase_new (_ ("Whoever knows it can open the picture; it is not kept anywhere."));
  k->second = dialog_passphrase_new (_ ("The same again, so that no slip of the finger locks you out."));
  k->note = dialog_note_new ("");
  gtk_widget_set_size_request (k->note, NOTE_WIDTH, -1);
  build_list (k);
  read_remembered (k);
  gimp_table_attach_aligned (table, 0, row, _ ("Who can _open it:"), 0.0f, 0.5f, k->who, 1, FALSE);
  k->first_label = gimp_table_attach_aligned (table, 0, row + 1, _ ("_Passphrase:"), 0.0f, 0.5f, k->first, 1, FALSE);
  k->second_label = gimp_table_attach_aligned (table, 0, row + 2, _ ("_Repeat it:"), 0.0f, 0.5f, k->second, 1, FALSE);
  k->list_label = gimp_table_attach_aligned (table, 0, row + 3, _ ("Rec_ipients:"), 0.0f, 0.5f, k->list_box, 1, FALSE);
  gtk_label_set_mnemonic_widget (GTK_LABEL (k->list_label), k->list);
  gimp_table_attach_aligned (table, 0, row + 4, NULL, 0.0f, 0.5f, k->note, 1, FALSE);
  g_signal_connect (k->who, "changed", G_CALLBACK (on_who), k);
  g_signal_connect (k->first, "changed", G_CALLBACK (on_passphrase), k);
  g_signal_connect (k->second, "changed", G_CALLBACK (on_passphrase), k);
  return k;
}

void
dialog_keys_need_pair (DialogKeys *k, gboolean need)
{
  if (need && !k->need_pair)
    k->who_before = gtk_combo_box_get_active (GTK_COMBO_BOX (k->who));
  if (need != k->need_pair)
    gtk_combo_box_set_active (GTK_COMBO_BOX (k->who), need ? FOR_RECIPIENTS : k->who_before);
  k->need_pair = need;
  gtk_widget_set_sensitive (k->who, !need);
  update (k);
}

const char *
dialog_keys_pair (const DialogKeys *k)
{
  return dialog_keys_for_recipients (k) ? k->pair : NULL;
}

gboolean
dialog_keys_for_recipients (const DialogKeys *k)
{
  return gtk_combo_box_get_active (GTK_COMBO_BOX (k->who)) == FOR_RECIPIENTS;
}

guint
dialog_keys_recipients (const DialogKeys *k)
{
  return dialog_keys_for_recipients (k) ? MIN (k->keys->len, CNC_RECIPIENTS_MAX) : 0;
}

gboolean
dialog_keys_ready (const DialogKeys *k)
{
  const char *first = gtk_entry_get_text (GTK_ENTRY (k->first));

  if (dialog_keys_for_recipients (k))
    return k->keys->len > 0 && (!k->need_pair || k->pair != NULL);
  return *first != '\0' && strcmp (first, gtk_entry_get_text (GTK_ENTRY (k->second))) == 0;
}

gboolean
dialog_keys_take (DialogKeys *k, KeysLock *lock)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncLock) trial = NULL;

  keys_lock_clear (lock);
  if (!dialog_keys_for_recipients (k))
    lock->passphrase = dialog_passphrase_take (k->first, &error);
  else
    {
      lock->recipients = g_array_ref (k->keys);
      lock->pair = g_strdup (k->pair);
      trial = keys_lock_new (lock, &error); /* too many, or one that is no key: said while it can be changed */
    }
  if (error == NULL)
    return TRUE;
  gtk_label_set_text (GTK_LABEL (k->note), error->message);
  keys_lock_clear (lock);
  return FALSE;
}

void
dialog_keys_free (DialogKeys *k)
{
  dialog_passphrase_clear (k->first);
  dialog_passphrase_clear (k->second);
  g_array_unref (k->keys);
  g_object_unref (k->rows);
  g_free (k->pair);
  g_free (k);
}
