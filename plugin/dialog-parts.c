/* What the dialogs share: the device list, passphrase entries; and the table through which the plug-in calls this module. */
#include "dialog-parts.h"

#include <gmodule.h>
#include <string.h>

#include "base/error.h"
#include "engine/engine.h"

static gboolean
start (GError **error)
{
  static gboolean started;
  const char *display = gimp_display_name ();

  if (started)
    return TRUE;
  /* gimp_ui_init would end the process. */
  if (display != NULL && *display != '\0')
    g_setenv ("DISPLAY", display, TRUE);
  if (!gtk_init_check (NULL, NULL))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                   "A passphrase is needed, and there is no display to ask for it; use the non-interactive run mode and name its source.");
      return FALSE;
    }
  gimp_ui_init ("cnncrypt", FALSE);
  started = TRUE;
  return TRUE;
}

GtkWidget *
dialog_note_new (const char *text)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_misc_set_alignment (GTK_MISC (label), 0.0f, 0.5f);
  gtk_label_set_line_wrap (GTK_LABEL (label), TRUE);
  /* Labels that wrap ask for their whole text on one line otherwise. */
  gtk_widget_set_size_request (label, 420, -1);
  gimp_label_set_attributes (GTK_LABEL (label), PANGO_ATTR_STYLE, PANGO_STYLE_ITALIC, -1);
  return label;
}

GtkWidget *
dialog_passphrase_new (const char *tooltip)
{
  GtkWidget *entry = gtk_entry_new ();

  gtk_entry_set_visibility (GTK_ENTRY (entry), FALSE);
  gtk_entry_set_max_length (GTK_ENTRY (entry), CNC_PASSPHRASE_MAX_BYTES / 4);
  gtk_entry_set_activates_default (GTK_ENTRY (entry), TRUE);
  gtk_entry_set_width_chars (GTK_ENTRY (entry), 36);
  gimp_help_set_help_data (entry, tooltip, NULL);
  return entry;
}

CncSecret *
dialog_passphrase_take (GtkWidget *entry, GError **error)
{
  const char *text = gtk_entry_get_text (GTK_ENTRY (entry));

  return cnc_secret_new_passphrase (text, strlen (text), error);
}

void
dialog_passphrase_clear (GtkWidget *entry)
{
  /* GTK 2 overwrites the bytes that a shorter text leaves behind: "could be a password", as gtkentrybuffer.c says. */
  gtk_entry_set_text (GTK_ENTRY (entry), "");
}

GtkWidget *
dialog_message_new (GtkWidget *box)
{
  GtkWidget *message = dialog_note_new ("");

  gimp_label_set_attributes (GTK_LABEL (message), PANGO_ATTR_STYLE, PANGO_STYLE_NORMAL, PANGO_ATTR_WEIGHT, PANGO_WEIGHT_BOLD, -1);
  gtk_widget_set_no_show_all (message, TRUE);
  gtk_box_pack_start (GTK_BOX (box), message, FALSE, FALSE, 0);
  return message;
}

void
dialog_message_say (GtkWidget *message, const char *text)
{
  gtk_label_set_text (GTK_LABEL (message), text);
  gtk_widget_show (message);
  while (gtk_events_pending ())
    gtk_main_iteration ();
}

const char *
dialog_strength_word (double bits)
{
  return bits < 40 ? _ ("Weak") : bits < 60 ? _ ("Fair") : bits < 80 ? _ ("Good") : _ ("Strong");
}

void
dialog_radio_ungrey (GtkWidget *radio)
{
  GtkWidget *label = gtk_bin_get_child (GTK_BIN (radio));

  gtk_widget_modify_fg (label, GTK_STATE_ACTIVE, &gtk_widget_get_style (label)->fg[GTK_STATE_NORMAL]);
}

enum
{
  COLUMN_ID,
  COLUMN_NAME,
};

/* Of others, the driver's own words. */
static const char *
device_name (const CncDeviceInfo *info)
{
  return info->kind == CNC_DEVICE_CPU ? _ ("Processor (no Vulkan)") : info->name;
}

/* What "auto" will take, as far as that is known before anything is measured. */
static char *
automatic_name (GArray *devices)
{
  const CncDeviceInfo *cipher = cnc_engine_expected (devices, CNC_WORK_CIPHER);
  const CncDeviceInfo *network = cnc_engine_expected (devices, CNC_WORK_NETWORK);

  if (cipher == NULL)
    return g_strdup (_ ("Automatic: the fastest that works"));
  if (network == NULL || network == cipher)
    return g_strdup_printf (_ ("Automatic: %s"), device_name (cipher));
  return g_strdup_printf (_ ("Automatic: %s; lossy: %s"), device_name (cipher), device_name (network));
}

/* The name may be too long for the list. */
static void
on_device (GtkComboBox *combo, gpointer data)
{
  g_autofree char *name = NULL, *tooltip = NULL;
  GtkTreeIter iter;

  if (gtk_combo_box_get_active_iter (combo, &iter))
    gtk_tree_model_get (gtk_combo_box_get_model (combo), &iter, COLUMN_NAME, &name, -1);
  tooltip = g_strjoin ("\n", _ ("What the convolutions run on. The result is the same bits on every device."), name, NULL);
  gimp_help_set_help_data (GTK_WIDGET (combo), tooltip, NULL);
}

GtkWidget *
dialog_device_new (const char *chosen, char **problem)
{
  GtkListStore *store = gtk_list_store_new (2, G_TYPE_STRING, G_TYPE_STRING);
  g_autoptr (GArray) devices = cnc_engine_devices (problem);
  GtkWidget *combo = gtk_combo_box_new_with_model (GTK_TREE_MODEL (store));
  GtkCellRenderer *cell = gtk_cell_renderer_text_new ();
  g_autofree char *automatic = automatic_name (devices);
  gint active = 0;

  gtk_list_store_insert_with_values (store, NULL, -1, COLUMN_ID, "auto", COLUMN_NAME, automatic, -1);
  for (guint i = 0; i < devices->len; i++)
    {
      const CncDeviceInfo *info = &g_array_index (devices, CncDeviceInfo, i);
      g_autofree char *name
          = info->kind == CNC_DEVICE_CPU
                ? g_strdup (device_name (info))
                : g_strdup_printf ("%s (%s)", info->name, info->kind == CNC_DEVICE_VULKAN_GPU ? _ ("GPU") : _ ("software Vulkan"));

      gtk_list_store_insert_with_values (store, NULL, -1, COLUMN_ID, info->id, COLUMN_NAME, name, -1);
      if (strcmp (info->id, chosen) == 0)
        active = (gint) i + 1;
    }
  g_object_set (cell, "ellipsize", PANGO_ELLIPSIZE_END, "width-chars", 52, NULL);
  gtk_cell_layout_pack_start (GTK_CELL_LAYOUT (combo), cell, TRUE);
  gtk_cell_layout_set_attributes (GTK_CELL_LAYOUT (combo), cell, "text", COLUMN_NAME, NULL);
  g_signal_connect (combo, "changed", G_CALLBACK (on_device), NULL);
  gtk_combo_box_set_active (GTK_COMBO_BOX (combo), active);
  g_object_unref (store);
  return combo;
}

void
dialog_device_get (GtkWidget *combo, char *device, gsize size)
{
  GtkTreeIter iter;
  g_autofree char *id = NULL;

  if (gtk_combo_box_get_active_iter (GTK_COMBO_BOX (combo), &iter))
    gtk_tree_model_get (gtk_combo_box_get_model (GTK_COMBO_BOX (combo)), &iter, COLUMN_ID, &id, -1);
  g_strlcpy (device, id != NULL ? id : "", size);
}

GtkWidget *
dialog_frame (const char *title, const char *procedure, const char *ok, GtkWidget **box)
{
  GtkWidget *dialog = gimp_dialog_new (title, procedure, NULL, 0, gimp_standard_help_func, procedure, _ ("_Cancel"), GTK_RESPONSE_CANCEL,
                                       ok, GTK_RESPONSE_OK, NULL);

  gtk_dialog_set_default_response (GTK_DIALOG (dialog), GTK_RESPONSE_OK);
  gtk_window_set_resizable (GTK_WINDOW (dialog), FALSE);
  gimp_window_set_transient (GTK_WINDOW (dialog));
  *box = gtk_vbox_new (FALSE, 12);
  gtk_container_set_border_width (GTK_CONTAINER (*box), 12);
  gtk_box_pack_start (GTK_BOX (gtk_dialog_get_content_area (GTK_DIALOG (dialog))), *box, TRUE, TRUE, 0);
  return dialog;
}

G_MODULE_EXPORT const DialogTable cnncrypt_dialogs
    = { start, dialog_parts_encrypt, dialog_parts_decrypt, dialog_parts_hide, dialog_parts_reveal, dialog_parts_analyze };
