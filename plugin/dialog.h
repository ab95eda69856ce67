/* plugin/dialog.h: what the user is asked.
 *
 * The dialogs lie in a module beside the plug-in (cnncrypt-dialogs.so), which is loaded when the first one is opened: GTK and the thirty
 * libraries behind it would cost every run without a window time and 6 MiB, on top of what Argon2id takes.
 */
#pragma once

#include "analyze.h"
#include "encrypt.h"
#include "hide.h"
#include "reveal.h"

G_BEGIN_DECLS

/* Loads the module and starts GTK, once; only for interactive runs.  Errors: BAD_ARGUMENT if there is no display, IO if the module is
 * missing. */
gboolean dialog_start (GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Choices that are remembered for the session; a passphrase is never among them. */
typedef struct
{
  gint32 target;
  char method[32];
  gint32 longest_side; /* of methods with a carrier, as the next two */
  gint32 levels;
  char model[64];
  char device[64];
  char mode[16]; /* of Hide, as the next two */
  gint32 bits;
  gint32 layers;
  gint32 for_recipients; /* of Encrypt */
  char recipients[2048]; /* of Encrypt: paths of key files, each with a line end */
  gint32 stages;         /* of Encrypt: show them */
  char identity[1024];   /* of Decrypt: the path of the file */
} DialogChoices;

void dialog_choices_load (const char *procedure, DialogChoices *choices);
void dialog_choices_save (const char *procedure, const DialogChoices *choices);
/* What they mean for the method that is chosen.  how->model: kept by choices. */
void dialog_choices_how (const DialogChoices *choices, EncryptHow *how);

/* After dialog_start.  keys: (out): the passphrase or the recipients.  FALSE if the user cancelled. */
gboolean dialog_encrypt (gint32 image, gint32 drawable, DialogChoices *choices, KeysLock *keys);

/* Asks until the passphrase opens one of the regions (see decrypt_unlock).  FALSE if the user cancelled. */
gboolean dialog_decrypt (GPtrArray *regions, DialogChoices *choices);

/* Returns: (element-type HideSource) (transfer full) (nullable): what to hide, each with its passphrase; NULL if the user cancelled. */
GPtrArray *dialog_hide (gint32 image, DialogChoices *choices);

/* Asks until a passphrase opens one of the secrets (see reveal_unlock).  What others did not open is appended to notes.  FALSE if the user
 * cancelled. */
gboolean dialog_reveal (RevealFound *found, GString *notes, DialogChoices *choices);

/* Analyses the image, and whatever else is chosen, until the user closes it.  Returns: (transfer full) (nullable): the last analysis. */
AnalyzeResult *dialog_analyze (gint32 image);

/* What the module exports, as the symbol cnncrypt_dialogs. */
typedef struct
{
  gboolean (*start) (GError **error);
  gboolean (*encrypt) (gint32 image, gint32 drawable, DialogChoices *choices, KeysLock *keys);
  gboolean (*decrypt) (GPtrArray *regions, DialogChoices *choices);
  GPtrArray *(*hide) (gint32 image, DialogChoices *choices);
  gboolean (*reveal) (RevealFound *found, GString *notes, DialogChoices *choices);
  AnalyzeResult *(*analyze) (gint32 image);
} DialogTable;

G_END_DECLS
