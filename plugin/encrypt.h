/* plugin/encrypt.h: from an image to an encrypted one. */
#pragma once

#include "host.h"
#include "keys.h"

G_BEGIN_DECLS

/* Numbers of the procedure's argument "target". */
typedef enum
{
  ENCRYPT_IMAGE = 0,     /* what is visible, into a new image */
  ENCRYPT_LAYER = 1,     /* the layer as it is, into a new image */
  ENCRYPT_SELECTION = 2, /* the selection's bounding box, in place */
} EncryptTarget;

#define ENCRYPT_N_TARGETS 3

/* How it is encrypted: see CncEncryptParams. */
typedef struct
{
  const CncMethod *method;
  guint32 longest_side;
  guint levels;
  const char *model; /* (nullable) */
} EncryptHow;

/* Whether that can be encrypted at all by that method; needs no GEGL and no passphrase.  Error: BAD_ARGUMENT, with the reason. */
gboolean encrypt_possible (gint32 image, gint32 drawable, EncryptTarget target, const CncMethod *method,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether the method has layers that can be looked at (stages.h). */
gboolean encrypt_has_stages (const CncMethod *method);

/* Whether what that method makes of a selection stands in its place. */
gboolean encrypt_in_place (EncryptTarget target, const CncMethod *method);

/* Argon2id, then pixels, then the cipher, and only then anything in GIMP changes.  Returns the image that holds the result (a new one
 * without display, or image itself where encrypt_in_place), -1 on an error; the image is then as before. */
gint32 encrypt_run (gint32 image, gint32 drawable, EncryptTarget target, const EncryptHow *how, const KeysLock *keys, HostJob *job,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The first half alone: the encrypted picture as a raster, nothing in GIMP changed.  x, y: (out) where a selection's box stands in the
 * layer. */
CncRaster *encrypt_carrier (gint32 image, gint32 drawable, EncryptTarget target, const EncryptHow *how, CncLock *lock, HostJob *job,
                            guint *x, guint *y, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* About how large the result will be.  FALSE if that cannot be told. */
gboolean encrypt_estimate (gint32 image, gint32 drawable, EncryptTarget target, guint64 *bytes, guint32 *width, guint32 *height);

/* The same for a method that is not lossless, from a part of the picture that goes through it: also how close the result will be, in dB. */
gboolean encrypt_estimate_lossy (gint32 image, gint32 drawable, EncryptTarget target, const CncMethod *method, const char *model,
                                 guint64 *bytes, guint32 *width, guint32 *height, double *psnr);

/* The picture that would be encrypted, for methods whose result is grey.  NULL if there is none.  Returns: (transfer full) (nullable) */
CncPicture *encrypt_read (gint32 image, gint32 drawable, EncryptTarget target, const CncMethod *method);

/* What such a PSNR looks like. */
const char *encrypt_quality_words (double psnr);

/* A sentence on what comes back at that PSNR (see HostJob).  Returns: (transfer full) (nullable): NULL if it is not known. */
char *encrypt_quality_text (double psnr);

/* After a selection was encrypted in place: removes the desktop's thumbnails of the image's files, and says in one paragraph what else
 * still shows the plain picture.  Returns: (nullable) (transfer full) */
char *encrypt_traces (gint32 image, gint32 layer);

G_END_DECLS
