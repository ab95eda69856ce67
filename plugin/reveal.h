/* plugin/reveal.h: pictures that were hidden in an image, found again.
 *
 * Not thread-safe, as libgimp is not.
 */
#pragma once

#include "host.h"
#include "stego/stego.h"

G_BEGIN_DECLS

/* A picture in which something is hidden. */
typedef struct
{
  CncRaster *picture;
  CncStegoRecord record;
  CncSecret *key[CNC_STEGO_MAX_SECRETS]; /* (nullable) of each secret that was unlocked */
} RevealFound;

/* Looks for the record; needs no passphrase.  Errors: BAD_ARGUMENT (no layer), all of cnc_stego_find, MODEL (it cannot be revealed here).
 */
RevealFound *reveal_find (gint32 image, gint32 drawable, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same, whether it can be revealed here or not. */
RevealFound *reveal_look (gint32 image, gint32 drawable, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void reveal_found_free (RevealFound *found);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RevealFound, reveal_found_free)

/* For people.  Returns: (transfer full) */
char *reveal_describe (const RevealFound *found);

/* Tries one passphrase: Argon2id.  slot: (out): the secret that it opened.  Errors: those of cnc_stego_unlock. */
gboolean reveal_unlock (RevealFound *found, const CncSecret *passphrase, guint *slot, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A secret that was unlocked, at its own size.  Errors: those of cnc_reveal. */
CncRaster *reveal_secret (const RevealFound *found, guint slot, HostJob *job, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* All that were unlocked, each as a new image without display.  images: (element-type gint32).  note: (out) (nullable) (transfer full):
 * what could not be revealed though it was unlocked.  FALSE if there is none: nothing was made. */
gboolean reveal_run (const RevealFound *found, HostJob *job, GArray *images, char **note, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
