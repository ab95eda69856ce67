/* core/base/text.c: the message catalogue, see text.h. */
#include "base/text.h"

#include <libintl.h>

static gboolean bound;

void
cnc_text_bind (const char *folder)
{
  bindtextdomain (CNC_TEXT_DOMAIN, folder);
  bind_textdomain_codeset (CNC_TEXT_DOMAIN, "UTF-8");
  bound = TRUE;
}

const char *
cnc_text (const char *text)
{
  /* The empty text is the catalogue's own header. */
  return bound && *text != '\0' ? dgettext (CNC_TEXT_DOMAIN, text) : text;
}

const char *
cnc_text_n (const char *one, const char *many, gulong n)
{
  if (bound)
    return dngettext (CNC_TEXT_DOMAIN, one, many, n);
  return n == 1 ? one : many;
}
