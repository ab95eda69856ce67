/* core/stego/record.h: what a picture says of the secrets in it: as bytes and as a struct, and where its bits stand (format.md).
 *
 * Its bits are the lowest ones of samples at public places that follow from the picture's size alone.  The checksum, keys and commitments
 * are made and checked here by means of core/seal; what a slot says of its secret is masked under the slot's key.
 * Mode robust keeps a shorter record elsewhere (robust-record.h) with the same struct; finish and open below are for both.
 * Thread-safety: safe.
 */
#pragma once

#include "picture/raster.h"
#include "seal/secret.h"

G_BEGIN_DECLS

#define CNC_STEGO_MAX_SECRETS 3u
#define CNC_STEGO_SALT_BYTES 16u
#define CNC_STEGO_MODEL_BYTES 32u
#define CNC_STEGO_POSITION_BYTES 32u
#define CNC_STEGO_SIGN_BYTES 16u /* magic[8] width u32 height u32: in one piece, so that it is found in a part of the picture too */
#define CNC_STEGO_HEAD_BYTES 76u /* the sign and what follows up to the slots */
#define CNC_STEGO_SLOT_BYTES 88u /* masked info[56] commitment[32] */
#define CNC_STEGO_CHECKSUM_BYTES 16u
#define CNC_STEGO_RECORD_BYTES(count) (CNC_STEGO_HEAD_BYTES + (count) * CNC_STEGO_SLOT_BYTES + CNC_STEGO_CHECKSUM_BYTES)
#define CNC_STEGO_RECORD_MAX_BYTES CNC_STEGO_RECORD_BYTES (CNC_STEGO_MAX_SECRETS)

extern const guint8 CNC_STEGO_MAGIC[8]; /* "CNNHIDE\x01" */

/* Written into pictures: never renumber. */
typedef enum
{
  CNC_STEGO_CNN = 1,    /* networks; for pictures that are kept without loss */
  CNC_STEGO_ROBUST = 2, /* networks; survives JPEG, noise, light blur */
  CNC_STEGO_EXACT = 3,  /* compressed, sealed, in the low bits */
} CncStegoModeNumber;

/* What a slot's key opens. */
typedef struct
{
  guint8 positions[CNC_STEGO_POSITION_BYTES]; /* exact mode: seed of the order of samples, the same in all slots; else 0 */
  guint32 width;                              /* of the secret, as it was before */
  guint32 height;
  guint64 start;  /* exact mode: the first sample of its stream in that order; else 0 */
  guint64 length; /* exact mode: of its stream in bytes; else 0 */
} CncStegoInfo;

typedef struct
{
  guint8 masked[CNC_STEGO_SLOT_BYTES - 32]; /* CncStegoInfo under the slot's key */
  guint8 commitment[32];                    /* of the slot's key to everything before the slots and to masked */
} CncStegoSlot;

typedef struct
{
  guint32 width; /* of the picture, when the secrets were hidden */
  guint32 height;
  guint8 mode;    /* CncStegoModeNumber */
  guint8 count;   /* of secrets, 1..CNC_STEGO_MAX_SECRETS */
  guint8 bits;    /* exact mode: 1 or 2 of each sample; else 0 */
  guint8 flags;   /* version 1 knows none: 0 */
  guint32 ops;    /* of Argon2id */
  guint32 memory_kib;
  guint8 salt[CNC_STEGO_SALT_BYTES];
  guint8 model[CNC_STEGO_MODEL_BYTES]; /* SHA-256 of the model file, of which mode robust keeps 4 bytes and then zeros; zeros in exact mode */
  CncStegoSlot slots[CNC_STEGO_MAX_SECRETS];
  guint8 checksum[CNC_STEGO_CHECKSUM_BYTES];
} CncStegoRecord;

gsize cnc_stego_record_bytes (const CncStegoRecord *record); /* with as many slots as count says */

/* out: at least cnc_stego_record_bytes bytes. */
void cnc_stego_record_write (const CncStegoRecord *record, guint8 *out);

/* bytes: size of them, of which the record is the beginning; expect_width, expect_height: what the picture really measures.  Errors, in this
 * order: NOT_ENCRYPTED (no magic: more than CNC_STEGO_MAGIC_SLACK of its 64 bits are wrong, or fewer bytes than a head), DAMAGED (the magic is not
 * exact), BAD_VERSION (the magic of another version), DAMAGED (of another size: names both; the number of secrets; the checksum), BAD_VERSION (mode, flag),
 * BAD_FORMAT (fields that contradict each other). */
gboolean cnc_stego_record_read (const guint8 *bytes, gsize size, guint32 expect_width, guint32 expect_height, CncStegoRecord *record,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* FALSE, with DAMAGED: the picture had another size when something was hidden in it. */
gboolean cnc_stego_record_resized (guint32 old_width, guint32 old_height, guint32 width, guint32 height, GError **error);

#define CNC_STEGO_MAGIC_SLACK 8u /* a random 64 bits are that near once in three thousand million */

/* ---- keys ---- */

/* (transfer full): the key of the slot that the key-encryption key of a passphrase and the record's salt opens. */
CncSecret *cnc_stego_slot_key (const CncSecret *kek, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Fills slots and checksum; all other fields are set.  keys, infos: count of them.  Mode robust: count is 1, model is cut to its first bytes, and of
 * an info only the size is kept. */
void cnc_stego_record_finish (CncStegoRecord *record, const CncSecret *const *keys, const CncStegoInfo *infos);

/* Which slot the key is for, in constant time.  slot, info: (out).  Error: WRONG_KEY. */
gboolean cnc_stego_record_open (const CncStegoRecord *record, const CncSecret *key, guint *slot, CncStegoInfo *info, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* BLAKE2b-256 of the record's bytes before the checksum: what is sealed is bound to it. */
void cnc_stego_record_hash (const CncStegoRecord *record, guint8 out[32]);

/* ---- in pixels: row-major opaque RGB8, width * height * 3 samples ---- */

#define CNC_STEGO_RECORD_MAX_BITS (8u * CNC_STEGO_RECORD_MAX_BYTES)

/* The samples that carry the record's bits, in their order, all different.  The first 8 * CNC_STEGO_SIGN_BYTES are consecutive and begin at a
 * pixel; then they are in rising order but for those.  Of a record with fewer slots than CNC_STEGO_MAX_SECRETS the last ones stay free.
 * FALSE if the picture has too few samples. */
gboolean cnc_stego_record_places (guint32 width, guint32 height, guint64 places[CNC_STEGO_RECORD_MAX_BITS]);

/* v with its low `bits` bits (1 or 2) as message says, changed as little as that takes; where two values are as near, the one that the lowest
 * bit of toss says (1: upwards). */
guint8 cnc_stego_match (guint8 v, guint message, guint bits, guint toss);

/* Writes it into the lowest bits at its places.  Error: TOO_SMALL. */
gboolean cnc_stego_record_embed (const CncStegoRecord *record, guint8 *pixels, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Looks at the record's places, then for its sign at every pixel.  Errors: those of cnc_stego_record_read. */
gboolean cnc_stego_record_extract (const guint8 *pixels, guint32 width, guint32 height, CncStegoRecord *record, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
