/* plugin/dialog-keys.h: who can open what is encrypted: rows of the dialog of Encrypt…, for a passphrase, or for a list of recipients' keys. */
#pragma once

#include "dialog-parts.h"

G_BEGIN_DECLS

typedef struct _DialogKeys DialogKeys;

#define DIALOG_KEYS_ROWS 5

/* Rows of the table from row on.  What is chosen, but for a passphrase, is remembered in choices.  changed: called whenever dialog_keys_ready or
 * dialog_keys_for_recipients may have changed. */
DialogKeys *dialog_keys_new (GtkTable *table, gint row, DialogChoices *choices, void (*changed) (gpointer data), gpointer data);
/* Once all is shown: hides the rows that are not for the choice. */
void dialog_keys_show (DialogKeys *keys);
void dialog_keys_free (DialogKeys *keys);

/* Whether the method needs the encoder file of a pair among the recipients: then there is no choice of a passphrase. */
void dialog_keys_need_pair (DialogKeys *keys, gboolean need);
/* The path of that file.  Returns: (nullable) (transfer none) */
const char *dialog_keys_pair (const DialogKeys *keys);

gboolean dialog_keys_for_recipients (const DialogKeys *keys);
/* How many there are; 0: it is by passphrase. */
guint dialog_keys_recipients (const DialogKeys *keys);
/* Whether enough was typed or chosen. */
gboolean dialog_keys_ready (const DialogKeys *keys);
/* FALSE: the passphrase will not do, and the dialog says why. */
gboolean dialog_keys_take (DialogKeys *keys, KeysLock *lock);

/* Asks for files; title of the window.  several: more than one at once.  Returns: (element-type filename) (transfer full) */
GSList *dialog_keys_ask (GtkWidget *parent, const char *title, const char *pattern, const char *pattern_name, gboolean several);

G_END_DECLS
