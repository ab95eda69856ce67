/* plugin/dialog-parts.h: pieces of the dialogs: the inside of the module cnncrypt-dialogs, the only code that knows GTK. */
#pragma once

#include <libgimp/gimp.h>
#include <libgimp/gimpui.h>

#include "dialog.h"

G_BEGIN_DECLS

/* dialog_encrypt and the others, see dialog.h. */
gboolean dialog_parts_encrypt (gint32 image, gint32 drawable, DialogChoices *choices, KeysLock *keys);
gboolean dialog_parts_decrypt (GPtrArray *regions, DialogChoices *choices);
GPtrArray *dialog_parts_hide (gint32 image, DialogChoices *choices);
gboolean dialog_parts_reveal (RevealFound *found, GString *notes, DialogChoices *choices);
AnalyzeResult *dialog_parts_analyze (gint32 image);

/* A dialog with Cancel and one other button, and the box to fill. */
GtkWidget *dialog_frame (const char *title, const char *procedure, const char *ok, GtkWidget **box);

/* A wrapped line of smaller weight. */
GtkWidget *dialog_note_new (const char *text);

/* A line below everything else for what went wrong: hidden until there is something to say, which is then drawn at once. */
GtkWidget *dialog_message_new (GtkWidget *box);
void dialog_message_say (GtkWidget *message, const char *text);

/* An entry that shows dots.  take: errors as of cnc_secret_new_passphrase.  clear: overwrites and empties its buffer. */
GtkWidget *dialog_passphrase_new (const char *tooltip);
CncSecret *dialog_passphrase_take (GtkWidget *entry, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void dialog_passphrase_clear (GtkWidget *entry);

/* "Weak", "Fair", "Good" or "Strong", for a passphrase of that many bits. */
const char *dialog_strength_word (double bits);

/* GIMP's dark theme greys the label of the radio button that is chosen, as if it could not be: undoes that, once it is shown. */
void dialog_radio_ungrey (GtkWidget *radio);

/* Size, strength and network of the methods with a grey carrier: DIALOG_CARRIER_ROWS rows of the table of Encrypt…, from row on, which are seen only while such a
 * method is chosen.  What is chosen goes into choices.  result: told, whenever it is known anew, what the choice would give. */
typedef struct _DialogCarrier DialogCarrier;
typedef void (*DialogCarrierResult) (const char *text, gpointer data);

DialogCarrier *dialog_carrier_new (gint32 image, gint32 drawable, DialogChoices *choices, GtkTable *table, gint row, DialogCarrierResult result,
                                   gpointer data);
/* For another method or target: begins to estimate anew. */
void dialog_carrier_show (DialogCarrier *carrier, const CncMethod *method);
/* How many recipients it is for; 0: a passphrase. */
void dialog_carrier_recipients (DialogCarrier *carrier, guint recipients);
void dialog_carrier_free (DialogCarrier *carrier);

#define DIALOG_CARRIER_ROWS 3

/* A list of devices; problem: as of cnc_engine_devices. */
GtkWidget *dialog_device_new (const char *chosen, char **problem);
void dialog_device_get (GtkWidget *combo, char *device, gsize size);

G_END_DECLS
