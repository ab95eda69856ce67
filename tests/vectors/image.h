/* tests/vectors/image.h: a vector file: a head of "key: value" lines, an empty line, and a picture as PGM, PPM or PAM. */
#pragma once

#include "picture/raster.h"

G_BEGIN_DECLS

typedef struct
{
  char *expect;
  char *kek;        /* (nullable) hex */
  char *passphrase; /* (nullable) hex of its UTF-8 */
  GPtrArray *identities; /* hex of secret keys; what is expected is expected with each of them */
  char *message;    /* (nullable) what the error's text has in it */
  char *comment;
  char *latent;        /* (nullable) of a lossy method: SHA-256 in hex of the numbers of the latent, 16 bits each, little-endian */
  char *about;         /* (nullable) then: the samples in hex; colours may differ by one step here and there, alpha not */
  GPtrArray *payloads; /* SHA-256 in hex of the samples, little-endian, of each picture that opens */
  CncRaster *image;
} Vector;

Vector *vector_load (const char *path, GError **error);
void vector_free (Vector *vector);

/* head: the lines, each with its line end.  Formats: grey, RGB and RGBA, 8 or 16 bits. */
gboolean vector_save (const char *path, const char *head, const CncRaster *image, GError **error);

/* The SHA-256 that stands in payloads. */
char *vector_hash (const CncRaster *raster);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Vector, vector_free)

G_END_DECLS
