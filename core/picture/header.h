/* core/picture/header.h: the outer header of an encrypted picture, version 1 (format.md), as bytes and as a struct.
 *
 * No cryptography here: the checksum and the tag are made and checked by core/seal.
 * Thread-safety: safe.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CNC_HEADER_START_BYTES 24u /* magic[8] width u32 height u32 stream length u64 */
#define CNC_HEADER_MAX_BYTES 4096u
#define CNC_HEADER_MAX_STANZAS 32u
#define CNC_HEADER_STREAM_HEADER_BYTES 24u
#define CNC_HEADER_CHECKSUM_BYTES 16u
#define CNC_HEADER_TAG_BYTES 32u
#define CNC_STANZA_PASSPHRASE_BYTES 128u /* salt[16] ops u32 memory_kib u32 commitment[32] nonce[24] wrapped[48] */
#define CNC_STANZA_RECIPIENT_BYTES 80u   /* crypto_box_seal of the file key */
#define CNC_CARRIER_MIN_WIDTH 64u        /* of a new picture */
#define CNC_REGION_MIN_WIDTH 8u          /* of a region in place: the fixed start is one row of it */

extern const guint8 CNC_HEADER_MAGIC[8]; /* "CNNCRYP\x01" */

typedef enum
{
  CNC_STANZA_PASSPHRASE = 1, /* stands alone */
  CNC_STANZA_RECIPIENT = 2,  /* 1 to 32 of them */
} CncStanzaType;

/* Method numbers in the header. */
typedef enum
{
  CNC_METHOD_HYBRID = 1,
  CNC_METHOD_AUTOENCODER = 2,
  CNC_METHOD_SEDD = 3,
} CncMethodNumber;

typedef struct
{
  guint8 type;
  guint8 body[CNC_STANZA_PASSPHRASE_BYTES]; /* as many bytes as the type has */
} CncStanza;

typedef struct
{
  guint32 width; /* of the carrier or region, pixels */
  guint32 height;
  guint64 stream_length; /* bytes after the header */
  guint8 method;
  guint16 flags; /* version 1 knows none: 0 */
  guint n_stanzas;
  CncStanza stanzas[CNC_HEADER_MAX_STANZAS];
  guint8 stream_header[CNC_HEADER_STREAM_HEADER_BYTES];
  guint8 checksum[CNC_HEADER_CHECKSUM_BYTES];
  guint8 tag[CNC_HEADER_TAG_BYTES];
} CncHeader;

gsize cnc_header_bytes (const CncHeader *header);           /* the whole header, tag included */
gsize cnc_header_checksum_offset (const CncHeader *header); /* the checksum covers the bytes before this */
gsize cnc_header_tag_offset (const CncHeader *header);      /* the tag covers the bytes before this */

/* out: at least cnc_header_bytes bytes. */
void cnc_header_write (const CncHeader *header, guint8 *out);

/* bytes: the carrier's first bytes, row-major R G B; size: how many are there (all of the carrier, or at least
 * CNC_HEADER_MAX_BYTES of it).  expect_width, expect_height: what the carrier really measures; 0: not known yet.
 * Errors, in this order: NOT_ENCRYPTED (no magic, or fewer than 24 bytes), BAD_VERSION (the magic of another version),
 * DAMAGED (the picture's size is not the one in the header: cropped or resized, the message names both; or cut off),
 * BAD_FORMAT (lengths that contradict each other), BAD_VERSION (unknown method, flag or stanza type).
 * Whoever calls it then checks the checksum, before believing any other field. */
gboolean cnc_header_read (const guint8 *bytes, gsize size, guint32 expect_width, guint32 expect_height, CncHeader *header,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The carrier for a source of that width: its width (at least CNC_CARRIER_MIN_WIDTH) and height for total bytes.
 * Error: BAD_ARGUMENT if it would be higher than CNC_RASTER_MAX_SIDE (then a wider one is tried first). */
gboolean cnc_carrier_size (guint32 source_width, guint64 total, guint32 *width, guint32 *height, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* About a square, with as little fill as a width near it allows: where the result shall be small. */
gboolean cnc_carrier_size_compact (guint64 total, guint32 *width, guint32 *height, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Encrypted regions of a picture. */
typedef struct
{
  guint32 x, y, width, height;
} CncRegion;

#define CNC_MAX_REGIONS 64u

/* Looks for the fixed start of an encrypted region at every pixel of an opaque RGB8 picture (row-major, no padding).
 * Regions that leave the picture or overlap an earlier one are passed over.  A whole encrypted picture is one region of its size.  Where
 * there is none, cnc_header_read on the picture's first bytes says why.  Returns how many were written to regions. */
guint cnc_find_regions (const guint8 *pixels, guint32 width, guint32 height, CncRegion regions[CNC_MAX_REGIONS]);

G_END_DECLS
