/* The plug-in's side of the dialogs: remembered choices, and the module they lie in. */
#include "dialog.h"

#include <gmodule.h>
#include <libgimp/gimp.h>
#include <string.h>

#include "base/error.h"

#define MODULE "cnncrypt-dialogs." G_MODULE_SUFFIX

static const DialogTable *table;

void
dialog_choices_load (const char *procedure, DialogChoices *choices)
{
  memset (choices, 0, sizeof *choices);
  if (gimp_get_data_size (procedure) == (gint) sizeof *choices)
    gimp_get_data (procedure, choices);
  choices->method[sizeof choices->method - 1] = '\0';
  choices->model[sizeof choices->model - 1] = '\0';
  choices->device[sizeof choices->device - 1] = '\0';
  choices->mode[sizeof choices->mode - 1] = '\0';
  choices->recipients[sizeof choices->recipients - 1] = '\0';
  choices->identity[sizeof choices->identity - 1] = '\0';
}

void
dialog_choices_save (const char *procedure, const DialogChoices *choices)
{
  gimp_set_data (procedure, choices, sizeof *choices);
}

void
dialog_choices_how (const DialogChoices *choices, EncryptHow *how)
{
  how->method = cnc_method_by_id (choices->method, NULL);
  if (how->method == NULL) /* one that another version of the plug-in knew, since GIMP was started */
    how->method = cnc_method_by_id (NULL, NULL);
  how->longest_side = how->method->carrier ? (guint32) choices->longest_side : 0;
  how->levels = how->method->number == CNC_CARRIER_SHARE ? (guint) choices->levels : 0;
  how->model = how->method->number == CNC_CARRIER_RESTORE && *choices->model != '\0' ? choices->model : NULL;
}

static gboolean
load (GError **error)
{
  /* Beside the program itself, also where GIMP was shown a link to it. */
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname (program != NULL ? program : gimp_get_progname ());
  g_autofree char *path = g_build_filename (folder, MODULE, NULL);
  GModule *module = g_module_open (path, G_MODULE_BIND_LOCAL);
  gpointer symbol = NULL;

  if (module == NULL || !g_module_symbol (module, "cnncrypt_dialogs", &symbol))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "The dialogs of cnncrypt are missing or do not fit; install it again. (%s)",
                   g_module_error ());
      return FALSE;
    }
  g_module_make_resident (module); /* GTK cannot be unloaded */
  table = symbol;
  return TRUE;
}

gboolean
dialog_start (GError **error)
{
  return (table != NULL || load (error)) && table->start (error);
}

gboolean
dialog_encrypt (gint32 image, gint32 drawable, DialogChoices *choices, KeysLock *keys)
{
  return table->encrypt (image, drawable, choices, keys);
}

gboolean
dialog_decrypt (GPtrArray *regions, DialogChoices *choices)
{
  return table->decrypt (regions, choices);
}

GPtrArray *
dialog_hide (gint32 image, DialogChoices *choices)
{
  return table->hide (image, choices);
}

gboolean
dialog_reveal (RevealFound *found, GString *notes, DialogChoices *choices)
{
  return table->reveal (found, notes, choices);
}

AnalyzeResult *
dialog_analyze (gint32 image)
{
  return table->analyze (image);
}
