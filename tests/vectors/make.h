/* tests/vectors/make.h: writes one file for each fault that format.md names, and for pictures that must open. */
#pragma once

#include "image.h"
#include "nn/backend.h"
#include "picture/header.h"
#include "picture/picture.h"
#include "seal/secret.h"

G_BEGIN_DECLS

/* Randomness is drawn as in production, so two runs give different files with the same outcomes.  models: the folder with
 * tiny.safetensors.  Aborts on an error. */
void make_vectors (const char *folder, const char *models, CncBackend *backend);

/* What the parts of the maker share. */
typedef struct
{
  const char *folder;
  const char *models; /* the folder with tiny.safetensors */
  CncBackend *backend;
  CncSecret *kek;
} Maker;

/* An encrypted picture, and all there is to take it apart. */
typedef struct
{
  CncRaster *carrier;
  CncHeader header;
  CncSecret *file_key;
  char *payload; /* hash of the picture */
} Sample;

CncPicture *make_picture (guint32 width, guint32 height, const CncFormat *format);
Sample *make_sample (const Maker *maker, const CncPicture *picture, gboolean raw, guint32 region_width, guint32 region_height);
Sample *make_sample_of (const Maker *maker, const CncPicture *picture, const char *method);
void sample_free (Sample *sample);
CncRaster *copy_raster (const CncRaster *raster);

/* expect "success" writes the sample's payload; message: (nullable); image is consumed. */
void save (const Maker *maker, const char *name, const char *expect, const char *message, const Sample *sample, CncRaster *image,
           const char *comment);

/* expect "success" with other lines in the place of a payload. */
void save_lines (const Maker *maker, const char *name, const char *lines, CncRaster *image, const char *comment);

/* With another key: its lines of the head, and all other lines but the comment. */
void save_with (const Maker *maker, const char *name, const char *key, const char *lines, const char *comment, CncRaster *image);

/* What the sample's stream holds: (transfer full); and a carrier whose stream holds this instead, with the header's other fields. */
guint8 *open_sample (const Sample *sample, gsize *size);
CncRaster *seal_plain (const Sample *sample, const guint8 *plain, gsize size);

/* SHA-256 in hex of the numbers of the latent that a carrier of method 2 holds, with the model file at path. */
char *vector_latent (const CncRaster *carrier, const CncHeader *header, const CncSecret *file_key, CncBackend *backend, const char *path);

/* A method's body (transfer full), sealed as that of a picture of this size and format under the sample's key. */
CncRaster *make_sealed_body (const Maker *maker, const Sample *sample, GByteArray *body, guint32 width, guint32 height, const CncFormat *format);

/* The same of the vector that a carrier of method 3 holds, with the decoder file at path. */
char *vector_numbers (const CncRaster *carrier, const CncHeader *header, const CncSecret *file_key, CncBackend *backend, const char *path);

/* Writes pair.encoder.safetensors and pair.safetensors, always the same bytes. */
void make_pair (const char *folder);

/* The checksum, or checksum and tag, over the header's bytes as they now are, at the places that the sample's header has. */
void fix_checksum (const Sample *sample, CncRaster *image);
void fix_tag (const Sample *sample, CncRaster *image);

void make_method_vectors (const Maker *maker);
void make_sedd_vectors (const Maker *maker);
void make_header_vectors (const Maker *maker, const Sample *sample);
void make_stanza_vectors (const Maker *maker, const Sample *sample);
void make_recipient_vectors (const Maker *maker);
void make_stream_vectors (const Maker *maker, const Sample *sample, const Sample *large);
void make_picture_vectors (const Maker *maker, const Sample *sample);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Sample, sample_free)

G_END_DECLS
