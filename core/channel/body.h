/* core/channel/body.h: bytes as grey levels of a carrier's body, with a code against errors spread over all of it (format.md, "The body of share").
 *
 * Eleven bits are a symbol of a Reed-Solomon code, and seven pixels of three levels, or eleven of two.  An eighth of each code word is parity, so that
 * it bears a sixteenth of its symbols wrong.  Thread-safety: safe.
 */
#pragma once

#include "base/task.h"

G_BEGIN_DECLS

/* Bytes that so many pixels carry; levels: 2 or 3. */
gsize cnc_body_room (guint64 pixels, guint levels);

/* bytes: cnc_body_room of them, which is not 0; they have to look random.  body: (out) pixels values.  Errors: NO_DEVICE (libfec), NO_MEMORY, CANCELLED. */
gboolean cnc_body_write (const guint8 *bytes, guint levels, guint8 *body, gsize pixels, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct
{
  guint blocks;   /* code words */
  guint repaired; /* of them had errors that could be repaired */
  guint lost;     /* beyond repair */
  guint64 symbols; /* of all repaired code words */
  guint64 wrong;   /* of these symbols */
  double worst;    /* the largest share of its parity that a repaired word used up, 0..1 */
} CncBodyReport;

/* The reverse.  bytes: (out) cnc_body_room of them; what stood in lost words is as the pixels say.  report->lost tells whether they are right.
 * Errors: NO_DEVICE, NO_MEMORY, CANCELLED. */
gboolean cnc_body_read (const guint8 *body, gsize pixels, guint levels, guint8 *bytes, CncBodyReport *report, CncTask *task,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
