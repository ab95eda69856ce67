/* plugin/dialog.h: what the user is asked.  The only code that knows GTK. */
#pragma once

#include "encrypt.h"

G_BEGIN_DECLS

/* gimp_ui_init, once; only for interactive runs.  Error: BAD_ARGUMENT if there is no display. */
gboolean dialog_start (GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Choices that are remembered for the session; a passphrase is never among them. */
typedef struct
{
  gint32 target;
  char method[32];
  char device[64];
} DialogChoices;

void dialog_choices_load (const char *procedure, DialogChoices *choices);
void dialog_choices_save (const char *procedure, const DialogChoices *choices);

/* Returns: (nullable) (transfer full): the passphrase, NULL if the user cancelled. */
CncSecret *dialog_encrypt (gint32 image, gint32 drawable, DialogChoices *choices);

/* Asks until the passphrase opens one of the regions (see decrypt_unlock).  FALSE if the user cancelled. */
gboolean dialog_decrypt (GPtrArray *regions, DialogChoices *choices);

G_END_DECLS
