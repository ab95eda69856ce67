/* core/base/text.h: what people read, in their language.
 *
 * Strings stand in the source in English and are marked there: _("...") where the translation is taken at once, N_("...") in
 * tables whose texts go through _() where they are shown.  The formats of g_set_error and g_set_error_literal are taken by
 * themselves (base/error.h).  Without cnc_text_bind everything stays English, as in the programs of the command line.
 * Thread-safety: cnc_text_bind once, before other threads start; the rest is safe.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CNC_TEXT_DOMAIN "cnncrypt"

/* From now on texts are looked up in folder/LANGUAGE/LC_MESSAGES/cnncrypt.mo, by the locale that setlocale has set. */
void cnc_text_bind (const char *folder);

/* The translation, or the text itself where there is none.  Returns: owned by the catalogue, or text. */
const char *cnc_text (const char *text) G_GNUC_FORMAT (1);

/* The same where the sentence depends on a number. */
const char *cnc_text_n (const char *one, const char *many, gulong n) G_GNUC_FORMAT (1) G_GNUC_FORMAT (2);

#define _(text) cnc_text (text)
#define N_(text) (text)

G_END_DECLS
