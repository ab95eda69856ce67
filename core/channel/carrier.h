/* core/channel/carrier.h: the grey carrier of the methods that survive JPEG: its header, how it lies in the picture, drawing and finding it
 * (format.md).
 *
 * A carrier is a grey picture of 8 bits: a strip of black and white cells that say the header, the body (what the method puts there, one value
 * a pixel), and the strip again.  Cells are parts of the width, so that the strips are read at any scale.
 * Thread-safety: safe on different objects.
 */
#pragma once

#include "base/task.h"
#include "picture/raster.h"
#include "seal/keys.h"

G_BEGIN_DECLS

#define CNC_CARRIER_SALT_BYTES 16u
#define CNC_CARRIER_MODEL_BYTES 4u
#define CNC_CARRIER_SIZE_BYTES 5u
#define CNC_CARRIER_COMMITMENT_BYTES 16u
#define CNC_CARRIER_HEADER_BYTES 56u
#define CNC_CARRIER_CODED_BYTES 96u /* with the parity of its own code */
#define CNC_CARRIER_CELLS (8u * CNC_CARRIER_CODED_BYTES)
#define CNC_CARRIER_MIN_WIDTH 64u
#define CNC_CARRIER_CELL_COUNTS 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024 /* across a strip */

/* Numbers of methods (core/methods/crypt.h): written into carriers, never renumber. */
typedef enum
{
  CNC_CARRIER_SHARE = 4,
  CNC_CARRIER_RESTORE = 5,
} CncCarrierMethod;

typedef struct
{
  guint8 method;  /* CncCarrierMethod */
  guint8 recipients; /* 0: a passphrase; else 1..CNC_RECIPIENTS_MAX, ops and memory_kib are 0, and keys stand in the band */
  guint8 levels;  /* of a pixel of the body: share 2 or 3; restore 0 (all 256) */
  guint32 ops;    /* of Argon2id */
  guint32 memory_kib;
  guint32 width;  /* of the carrier, 1..CNC_RASTER_MAX_SIDE */
  guint32 height;
  guint8 salt[CNC_CARRIER_SALT_BYTES];
  guint8 model[CNC_CARRIER_MODEL_BYTES]; /* first bytes of the SHA-256 of the model file; zeros: none */
  guint8 masked[CNC_CARRIER_SIZE_BYTES]; /* size of the picture inside, under the carrier key */
  guint8 commitment[CNC_CARRIER_COMMITMENT_BYTES];
  guint8 keys_hash[32]; /* of recipients: BLAKE2b-256 of all keys in the band; not in the header's bytes, but in the commitment */
} CncCarrierHeader;

/* ---- keys ---- */

/* The carrier key of a passphrase: Argon2id with salt and params (complete), then the child CNC_SUBKEY_CARRIER.  Errors: those of cnc_kek_new.
 * Returns: (transfer full) */
CncSecret *cnc_carrier_key_new (const CncSecret *passphrase, const guint8 salt[CNC_CARRIER_SALT_BYTES], const CncKdfParams *params,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same below Argon2id; of recipients, from the file key. */
CncSecret *cnc_carrier_key_from_kek (const CncSecret *kek, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The last step of a writer: sets masked and commitment; all else is set.  width, height: of the picture inside. */
void cnc_carrier_header_finish (CncCarrierHeader *header, const CncSecret *key, guint32 width, guint32 height);

/* Compares the commitment, which tells that the key is right and that nothing of the header was changed, in constant time; then *width, *height: of
 * the picture inside.  Errors: WRONG_KEY; with recipients DAMAGED: their keys or the header were changed, since key came out of one of them. */
gboolean cnc_carrier_header_open (const CncCarrierHeader *header, const CncSecret *key, guint32 *width, guint32 *height,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Argon2id and cnc_carrier_header_open: the carrier key of a carrier that was found.  Errors: KDF_REFUSED, NO_MEMORY, WRONG_KEY, BAD_ARGUMENT (it is for
 * recipients).
 * Returns: (transfer full) */
CncSecret *cnc_carrier_unlock (const CncCarrierHeader *header, const CncSecret *passphrase, GError **error) G_GNUC_WARN_UNUSED_RESULT;
CncSecret *cnc_carrier_unlock_kek (const CncCarrierHeader *header, const CncSecret *kek, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The additional data that ties a sealed stream to its header: BLAKE2b-256 of the header's bytes before the commitment. */
void cnc_carrier_header_hash (const CncCarrierHeader *header, guint8 out[32]);

/* ---- bytes ---- */

void cnc_carrier_header_write (const CncCarrierHeader *header, guint8 out[CNC_CARRIER_HEADER_BYTES]);

/* Errors, in this order: DAMAGED (the check), BAD_VERSION (version, method, a flag), BAD_FORMAT (a size or number of levels that no writer makes),
 * KDF_REFUSED never: cnc_carrier_unlock looks at the cost. */
gboolean cnc_carrier_header_read (const guint8 bytes[CNC_CARRIER_HEADER_BYTES], CncCarrierHeader *header, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- geometry ---- */

typedef struct
{
  guint cells; /* across the whole width */
  guint rows;  /* of cells in a strip */
  guint32 strip; /* height of a strip in pixels */
  guint32 body_y, body_width, body_height; /* the body: body_width is the whole width */
} CncCarrierLayout;

/* Where cell (or row of cells) number k of so many across begins: k * width / cells, rounded. */
static inline guint32
cnc_carrier_edge (guint32 width, guint cells, guint k)
{
  return (guint32) ((2 * (guint64) k * width + cells) / (2 * (guint64) cells));
}

/* FALSE if a carrier of that size has no body: narrower than CNC_CARRIER_MIN_WIDTH, or no taller than its strips, or a side above
 * CNC_RASTER_MAX_SIDE. */
gboolean cnc_carrier_layout (guint32 width, guint32 height, CncCarrierLayout *layout) G_GNUC_WARN_UNUSED_RESULT;

/* The same behind the keys of so many recipients (0: a passphrase): the band is no part of the body. */
gboolean cnc_carrier_layout_for (guint32 width, guint32 height, guint recipients, CncCarrierLayout *layout) G_GNUC_WARN_UNUSED_RESULT;

/* The carrier with the fewest rows that is width across and whose body has pixels pixels at least.  FALSE if there is none. */
gboolean cnc_carrier_height_for (guint32 width, guint64 pixels, guint recipients, guint32 *height) G_GNUC_WARN_UNUSED_RESULT;

/* A carrier of about that aspect (width / height, of the whole carrier) whose body has pixels pixels at least, and few more; no side above
 * CNC_RASTER_MAX_SIDE.  FALSE if there is none. */
gboolean cnc_carrier_size_for (double aspect, guint64 pixels, guint recipients, guint32 *width, guint32 *height) G_GNUC_WARN_UNUSED_RESULT;

/* ---- drawing and finding ---- */

/* A grey, 8-bit, opaque, perceptual raster of header's size; nothing is drawn.  Errors: TOO_SMALL (no room for strips), NO_MEMORY.
 * Returns: (transfer full) */
CncRaster *cnc_carrier_new (const CncCarrierHeader *header, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* raster: of cnc_carrier_new; draws both strips.  header: finished.  Errors: NO_DEVICE (libfec is not there), NO_MEMORY. */
gboolean cnc_carrier_draw (CncRaster *raster, const CncCarrierHeader *header, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Likewise the band with the keys of header->recipients. */
gboolean cnc_carrier_draw_keys (CncRaster *raster, const CncCarrierHeader *header, const guint8 (*keys)[CNC_STANZA_RECIPIENT_BYTES],
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A carrier that was found. */
typedef struct
{
  CncCarrierHeader header;
  guint8 keys[CNC_HEADER_MAX_STANZAS][CNC_STANZA_RECIPIENT_BYTES]; /* header.recipients of them */
  CncCarrierLayout layout;
  guint8 *body; /* upright, layout.body_width * layout.body_height values, rows from the top; (owned) */
  guint32 x, y, width, height; /* where it was in the picture, as it was turned there */
  guint turned;                /* degrees by which it had been turned clockwise: 0, 90, 180, 270; body is turned back */
  gboolean mirrored;           /* it had been mirrored, left and right, before it was turned */
  gboolean scaled;             /* it had another size than it was made with, and was scaled back */
} CncCarrier;

void cnc_carrier_free (CncCarrier *carrier);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncCarrier, cnc_carrier_free)

/* Looks for a carrier in a picture, in the whole of it first, then in a part of it (a screenshot).  picture: any format; colormap: (nullable), of
 * an indexed one.  Colours count by their luma, alpha is passed over.  Errors: NOT_ENCRYPTED (there is none), DAMAGED (there is something of
 * one: cropped, more than one, header not readable), BAD_VERSION, BAD_FORMAT, NO_DEVICE (libfec), NO_MEMORY, CANCELLED. */
gboolean cnc_carrier_find (const CncRaster *picture, GBytes *colormap, CncCarrier **found, CncTask *task,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* For the messages of a method that cannot read the body: what was done to the picture on its way, as a part of a sentence (" It was scaled from ... to
 * ..., which ..."), or an empty text.  Returns: (transfer full) */
char *cnc_carrier_history (const CncCarrier *carrier);

G_END_DECLS
