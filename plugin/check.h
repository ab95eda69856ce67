/* plugin/check.h: was an encrypted picture, or one with secrets hidden in it, saved as it is? */
#pragma once

#include "host.h"

G_BEGIN_DECLS

/* Reads the file of the image back from disk and compares every encrypted region of it, or the picture in which something is
 * hidden, with the layer that is open; needs no passphrase.  Errors: BAD_ARGUMENT (never saved), IO, NOT_ENCRYPTED (neither), DAMAGED (the file differs).  Returns: (transfer full) what was found, for people,
 * and how to send it. */
char *check_run (gint32 image, gint32 drawable, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
