/* plugin/decrypt.h: from an encrypted image, or encrypted regions of one, back to the picture. */
#pragma once

#include "host.h"
#include "picture/header.h"
#include "seal/recipients.h"

G_BEGIN_DECLS

/* One encrypted picture inside a layer. */
typedef struct
{
  CncRegion box;       /* in the layer */
  CncHeader header;    /* its checksum is right, unless error is set */
  CncCarrier *carrier; /* (nullable) a grey carrier; header then says nothing */
  GError *error;       /* (nullable) why this one cannot be opened */
  CncSecret *key;      /* (nullable) the file key, or the carrier's, once unlocked */
  char *decoder;       /* (nullable) the file of the identity that unlocked it */
} DecryptRegion;

/* Finds what is encrypted in the layer: the whole of it, or regions, or a grey carrier.  Reads only the first rows where that is enough.  Needs
 * GEGL.  Errors: BAD_ARGUMENT (no layer), and all of cnc_header_read and cnc_carrier_find.  Returns: (element-type DecryptRegion) (transfer full), never empty. */
GPtrArray *decrypt_find (gint32 image, gint32 drawable, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether it is for recipients; n: (out) (optional): how many. */
gboolean decrypt_for_recipients (const DecryptRegion *region, guint *n);

/* Tries the passphrase (Argon2id each) or the identity on every region.  FALSE if it opens none: the first region's error, WRONG_KEY before others. */
gboolean decrypt_unlock (GPtrArray *regions, const CncOpener *opener, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Decrypts all that was unlocked; only when all is computed and checked does anything in GIMP change.  images: (element-type gint32) gets
 * the results: new images without display for encrypted pictures, image itself where regions were replaced in place; at least one.  FALSE
 * on an error: nothing changed.  kept: (out) (optional) (transfer full) (nullable): the picture that became the first new image.  note:
 * (out) (nullable) (transfer full): what the user should know: regions that stayed closed, metadata that did not come back, what the way did to a carrier. */
gboolean decrypt_run (gint32 image, gint32 drawable, GPtrArray *regions, HostJob *job, GArray *images, CncPicture **kept, char **note,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Reads the header of the region, whose pixels are given as opaque RGB8 from its first row on (rows of them), and checks its sum. */
gboolean decrypt_read_header (const CncRaster *rows, const CncRegion *box, CncHeader *header, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
