/* core/methods/sedd/pair.h: the two files of a pair of the method "sedd" (picture/format.md, "Method 3").
 *
 * The encoder file, NAME.encoder.safetensors, is given to everybody who shall encrypt: weights of whole numbers, tables of the range coder, and in its texts the
 * public key ("recipient") and the hash of its decoder file.  The decoder file, NAME.safetensors, is kept: a network that makes pictures of vectors, the same
 * tables, and the secret key ("identity", as a rule under a passphrase).  Keys are read by methods/holder.h, not here.
 * Thread-safety: what was read is read-only and may be shared.  Errors: MODEL (naming the file and what is wrong), IO, NO_MEMORY.
 */
#pragma once

#include "methods/autoencoder/latent.h"
#include "methods/sedd/encoder.h"
#include "nn/net.h"

G_BEGIN_DECLS

#define CNC_SEDD_DEMONSTRATION "sedd-demo" /* the pair that comes with cnncrypt; everybody has it */
#define CNC_SEDD_ENCODER_ENDING ".encoder.safetensors"
#define CNC_SEDD_MAX_NAME 64u

typedef struct
{
  char *name; /* of the decoder file, without folder and ending */
  guint8 decoder[CNC_SHA256_BYTES];
  SeddEncoder code; /* good; what it points to belongs to this */
  CncLatentTables *tables;
  gboolean demonstration;
} CncSeddEncoder;

typedef struct
{
  char *name;
  CncNet *net; /* folded; its input is the vector in steps, and the number of the step */
  guint output;
  guint channels; /* of the vector */
  CncLatentTables *tables;
  gboolean demonstration;
  guint32 max_tile; /* of cnc_tile_run; 0 at first.  It changes no result. */
} CncSeddDecoder;

/* What the file says itself: whether it is the encoder of a pair; whether it belongs to a pair that everybody has.  FALSE also for what is no such file. */
gboolean cnc_sedd_is_encoder (const char *path);
gboolean cnc_sedd_is_demonstration (const char *path);
CncSeddEncoder *cnc_sedd_encoder_read (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* model: a path, or the name of a pair in the folders of models (NULL: the demonstration).  Returns: (transfer full) the path of its encoder file; MODEL if it
 * is in none of them. */
char *cnc_sedd_encoder_path (const char *model, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_sedd_encoder_free (CncSeddEncoder *encoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncSeddEncoder, cnc_sedd_encoder_free)

/* For the trainer, which has no file yet: takes over the weights, which have to be good (BAD_ARGUMENT).  code: copied with all it points to. */
CncSeddEncoder *cnc_sedd_encoder_new (const SeddEncoder *code, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Adds weights, tables, and the texts that say what it is; not the recipient. */
gboolean cnc_sedd_encoder_store (const CncSeddEncoder *encoder, CncSafetensorsWriter *writer, GError **error) G_GNUC_WARN_UNUSED_RESULT;

CncSeddDecoder *cnc_sedd_decoder_read (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The decoder of that hash: path (nullable) first, which may be any file, then the folders of models.  MODEL, naming name and hash, if it is nowhere. */
CncSeddDecoder *cnc_sedd_decoder_find (const guint8 *sha256, const char *name, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_sedd_decoder_free (CncSeddDecoder *decoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncSeddDecoder, cnc_sedd_decoder_free)

/* Whether the network can be a decoder; fills output and channels.  decoder->net: folded. */
gboolean cnc_sedd_decoder_check (CncSeddDecoder *decoder, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
