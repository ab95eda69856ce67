/* core/channel/header.c: a carrier's header as bytes and as a struct, its keys, and how a carrier is laid out; see carrier.h and format.md.
 */
#include "channel/carrier.h"

#include "base/error.h"
#include "base/memory.h"
#include "channel/band.h"
#include "seal/primitives.h"

#include <math.h>

#define VERSION 1u
#define AT_METHOD 1u
#define AT_FLAGS 2u
#define AT_COST 3u
#define AT_SIZE 6u
#define AT_SALT 11u
#define AT_MODEL 27u
#define AT_MASKED 31u
#define AT_COMMITMENT 36u
#define AT_CHECK 52u
#define CHECK_BYTES (CNC_CARRIER_HEADER_BYTES - AT_CHECK)

#define LEVELS_MASK 3u /* of the flags; but for the next, the others are 0 in version 1 */
#define RECIPIENTS 4u
#define OPS_BITS 4u  /* passes - 1 */
#define KIB_BITS 20u /* memory - 1 */
#define SIDE_BITS 20u

#define LEAST_CELL 4u /* pixels across */

G_STATIC_ASSERT (AT_SIZE + CNC_CARRIER_SIZE_BYTES == AT_SALT);
G_STATIC_ASSERT (AT_SALT + CNC_CARRIER_SALT_BYTES == AT_MODEL);
G_STATIC_ASSERT (AT_MODEL + CNC_CARRIER_MODEL_BYTES == AT_MASKED);
G_STATIC_ASSERT (AT_MASKED + CNC_CARRIER_SIZE_BYTES == AT_COMMITMENT);
G_STATIC_ASSERT (AT_COMMITMENT + CNC_CARRIER_COMMITMENT_BYTES == AT_CHECK);
G_STATIC_ASSERT (CNC_KDF_OPS_MAX <= 1u << OPS_BITS && CNC_KDF_MEMORY_KIB_MAX <= 1u << KIB_BITS);
G_STATIC_ASSERT (CNC_RASTER_MAX_SIDE <= 1u << SIDE_BITS);

/* ---- bytes ---- */

static void
put_size (guint8 *out, guint32 width, guint32 height)
{
  cnc_put_bytes (out, CNC_CARRIER_SIZE_BYTES, (guint64) (width - 1) | (guint64) (height - 1) << SIDE_BITS);
}

static void
get_size (const guint8 *bytes, guint32 *width, guint32 *height)
{
  const guint64 sides = cnc_get_bytes (bytes, CNC_CARRIER_SIZE_BYTES);

  *width = (guint32) (sides & ((1u << SIDE_BITS) - 1)) + 1;
  *height = (guint32) (sides >> SIDE_BITS) + 1;
}

static void
checksum (const guint8 *bytes, guint8 out[CHECK_BYTES])
{
  guint8 sum[16];

  cnc_checksum (bytes, AT_CHECK, sum);
  memcpy (out, sum, CHECK_BYTES);
}

void
cnc_carrier_header_write (const CncCarrierHeader *header, guint8 out[CNC_CARRIER_HEADER_BYTES])
{
  out[0] = VERSION;
  out[AT_METHOD] = header->method;
  out[AT_FLAGS] = (guint8) (header->levels | (header->recipients > 0 ? RECIPIENTS : 0));
  if (header->recipients > 0)
    cnc_put_bytes (out + AT_COST, 3, header->recipients);
  else
    cnc_put_bytes (out + AT_COST, 3, (header->ops - 1) | (guint64) (header->memory_kib - 1) << OPS_BITS);
  put_size (out + AT_SIZE, header->width, header->height);
  memcpy (out + AT_SALT, header->salt, CNC_CARRIER_SALT_BYTES);
  memcpy (out + AT_MODEL, header->model, CNC_CARRIER_MODEL_BYTES);
  memcpy (out + AT_MASKED, header->masked, CNC_CARRIER_SIZE_BYTES);
  memcpy (out + AT_COMMITMENT, header->commitment, CNC_CARRIER_COMMITMENT_BYTES);
  checksum (out, out + AT_CHECK);
}

static gboolean
bad_number (guint recipients, GError **error)
{
  g_set_error (
      error, CNC_ERROR, CNC_ERROR_BAD_FORMAT,
      "The header of this picture is not one that cnncrypt writes (%u recipients, where 1 to %u are possible); ask for the picture "
      "again.",
      recipients, CNC_RECIPIENTS_MAX);
  return FALSE;
}

gboolean
cnc_carrier_header_read (const guint8 bytes[CNC_CARRIER_HEADER_BYTES], CncCarrierHeader *header, GError **error)
{
  const guint64 cost = cnc_get_bytes (bytes + AT_COST, 3);
  const guint flags = bytes[AT_FLAGS];
  guint8 sum[CHECK_BYTES];
  CncCarrierLayout layout;

  memset (header, 0, sizeof *header);
  checksum (bytes, sum);
  if (memcmp (sum, bytes + AT_CHECK, CHECK_BYTES) != 0)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_DAMAGED,
                           "The header of this encrypted picture was altered after it was made; ask for the picture again.");
      return FALSE;
    }
  if (bytes[0] != VERSION || (bytes[AT_METHOD] != CNC_CARRIER_SHARE && bytes[AT_METHOD] != CNC_CARRIER_RESTORE)
      || (flags & ~(LEVELS_MASK | RECIPIENTS)) != 0)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_VERSION,
                   "This picture was encrypted by a newer cnncrypt (carrier %u, method %u, flags %u are unknown here); install the newest "
                   "version and try again.",
                   bytes[0], bytes[AT_METHOD], flags);
      return FALSE;
    }
  header->method = bytes[AT_METHOD];
  header->levels = flags & LEVELS_MASK;
  if ((flags & RECIPIENTS) == 0)
    {
      header->ops = (guint32) (cost & ((1u << OPS_BITS) - 1)) + 1;
      header->memory_kib = (guint32) (cost >> OPS_BITS) + 1;
    }
  else if (cost >= 1 && cost <= CNC_RECIPIENTS_MAX)
    header->recipients = (guint8) cost;
  else
    return bad_number ((guint) cost, error);
  get_size (bytes + AT_SIZE, &header->width, &header->height);
  memcpy (header->salt, bytes + AT_SALT, CNC_CARRIER_SALT_BYTES);
  memcpy (header->model, bytes + AT_MODEL, CNC_CARRIER_MODEL_BYTES);
  memcpy (header->masked, bytes + AT_MASKED, CNC_CARRIER_SIZE_BYTES);
  memcpy (header->commitment, bytes + AT_COMMITMENT, CNC_CARRIER_COMMITMENT_BYTES);
  if (!cnc_carrier_layout_for (header->width, header->height, header->recipients, &layout)
      || (header->method == CNC_CARRIER_SHARE ? header->levels < 2 : header->levels != 0))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT,
                   "The header of this picture is not one that cnncrypt writes (%u × %u pixels, %u levels); ask for the picture again.",
                   header->width, header->height, header->levels);
      return FALSE;
    }
  return TRUE;
}

void
cnc_carrier_header_hash (const CncCarrierHeader *header, guint8 out[32])
{
  guint8 bytes[CNC_CARRIER_HEADER_BYTES];

  cnc_carrier_header_write (header, bytes);
  cnc_hash (bytes, AT_COMMITMENT, out);
}

/* ---- keys ---- */

CncSecret *
cnc_carrier_key_from_kek (const CncSecret *kek, GError **error)
{
  guint8 bytes[CNC_KEY_BYTES];
  CncSecret *key;

  cnc_subkey (kek, CNC_SUBKEY_CARRIER, bytes);
  key = cnc_secret_new_key (bytes, error);
  cnc_wipe (bytes, sizeof bytes);
  return key;
}

CncSecret *
cnc_carrier_key_new (const CncSecret *passphrase, const guint8 salt[CNC_CARRIER_SALT_BYTES], const CncKdfParams *params, GError **error)
{
  g_autoptr (CncSecret) kek = cnc_kek_new (passphrase, salt, params, error);

  return kek != NULL ? cnc_carrier_key_from_kek (kek, error) : NULL;
}

/* The picture's size, masked or back. */
static void
mask_size (const CncSecret *key, guint8 size[CNC_CARRIER_SIZE_BYTES])
{
  guint8 seed[CNC_KEY_BYTES], mask[CNC_CARRIER_SIZE_BYTES];

  cnc_subkey (key, CNC_SUBKEY_CARRIER_SIZE, seed);
  cnc_keystream (seed, 0, mask, sizeof mask);
  for (guint i = 0; i < sizeof mask; i++)
    size[i] ^= mask[i];
  cnc_wipe (seed, sizeof seed);
  cnc_wipe (mask, sizeof mask);
}

static void
commit (const CncCarrierHeader *header, const CncSecret *key, guint8 out[CNC_CARRIER_COMMITMENT_BYTES])
{
  guint8 bytes[CNC_CARRIER_HEADER_BYTES], subkey[CNC_KEY_BYTES], hash[32];
  const guint8 *const parts[] = { bytes, header->keys_hash };
  const gsize sizes[] = { AT_COMMITMENT, sizeof header->keys_hash };

  cnc_carrier_header_write (header, bytes);
  cnc_subkey (key, CNC_SUBKEY_CARRIER_COMMITMENT, subkey);
  cnc_keyed_hash (subkey, parts, sizes, header->recipients > 0 ? 2 : 1, hash);
  memcpy (out, hash, CNC_CARRIER_COMMITMENT_BYTES);
  cnc_wipe (subkey, sizeof subkey);
  cnc_wipe (hash, sizeof hash);
}

void
cnc_carrier_header_finish (CncCarrierHeader *header, const CncSecret *key, guint32 width, guint32 height)
{
  put_size (header->masked, width, height);
  mask_size (key, header->masked);
  commit (header, key, header->commitment);
}

gboolean
cnc_carrier_header_open (const CncCarrierHeader *header, const CncSecret *key, guint32 *width, guint32 *height, GError **error)
{
  guint8 commitment[CNC_CARRIER_COMMITMENT_BYTES], size[CNC_CARRIER_SIZE_BYTES];

  commit (header, key, commitment);
  if (!cnc_equal (commitment, header->commitment, sizeof commitment))
    {
      if (header->recipients > 0)
        g_set_error_literal (
            error, CNC_ERROR, CNC_ERROR_DAMAGED,
            "The picture is for this identity, but its header or the keys of the recipients were altered after it was made; ask for it "
            "again.");
      else
        g_set_error_literal (error, CNC_ERROR, CNC_ERROR_WRONG_KEY, "The passphrase is wrong; type it again.");
      return FALSE;
    }
  memcpy (size, header->masked, sizeof size);
  mask_size (key, size);
  get_size (size, width, height);
  if (*width <= CNC_RASTER_MAX_SIDE && *height <= CNC_RASTER_MAX_SIDE)
    return TRUE;
  g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT,
               "The header of this picture is not one that cnncrypt writes (a picture of %u × %u pixels); ask for the picture again.",
               *width, *height);
  return FALSE;
}

static CncSecret *
checked (const CncCarrierHeader *header, CncSecret *key, GError **error)
{
  guint32 width, height;

  if (key != NULL && cnc_carrier_header_open (header, key, &width, &height, error))
    return key;
  cnc_secret_free (key);
  return NULL;
}

CncSecret *
cnc_carrier_unlock_kek (const CncCarrierHeader *header, const CncSecret *kek, GError **error)
{
  return checked (header, cnc_carrier_key_from_kek (kek, error), error);
}

CncSecret *
cnc_carrier_unlock (const CncCarrierHeader *header, const CncSecret *passphrase, GError **error)
{
  const CncKdfParams params = { header->ops, header->memory_kib };

  if (header->recipients > 0)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                           "The picture was encrypted for recipients and not with a passphrase; open it with an identity file.");
      return NULL;
    }
  return checked (header, cnc_carrier_key_new (passphrase, header->salt, &params, error), error);
}

/* ---- geometry ---- */

gboolean
cnc_carrier_layout (guint32 width, guint32 height, CncCarrierLayout *layout)
{
  static const guint counts[] = { CNC_CARRIER_CELL_COUNTS };

  if (width < CNC_CARRIER_MIN_WIDTH || width > CNC_RASTER_MAX_SIDE || height > CNC_RASTER_MAX_SIDE)
    return FALSE;
  *layout = (CncCarrierLayout){ .body_width = width };
  for (guint i = 0; i < G_N_ELEMENTS (counts) && width / counts[i] >= LEAST_CELL; i++)
    layout->cells = counts[i];
  layout->rows = (CNC_CARRIER_CELLS + layout->cells - 1) / layout->cells;
  layout->strip = cnc_carrier_edge (width, layout->cells, layout->rows);
  layout->body_y = layout->strip;
  if (height <= 2 * layout->strip)
    return FALSE;
  layout->body_height = height - 2 * layout->strip;
  return TRUE;
}

gboolean
cnc_carrier_layout_for (guint32 width, guint32 height, guint recipients, CncCarrierLayout *layout)
{
  guint32 band;

  if (!cnc_carrier_layout (width, height, layout))
    return FALSE;
  band = cnc_key_band_rows (width, recipients);
  if (layout->body_height <= band)
    return FALSE;
  layout->body_y += band;
  layout->body_height -= band;
  return TRUE;
}

gboolean
cnc_carrier_height_for (guint32 width, guint64 pixels, guint recipients, guint32 *height)
{
  CncCarrierLayout layout;
  guint64 rows;

  if (!cnc_carrier_layout_for (width, CNC_RASTER_MAX_SIDE, recipients, &layout))
    return FALSE;
  rows = MAX ((pixels + width - 1) / width, 1);
  if (rows > layout.body_height)
    return FALSE;
  *height = (guint32) rows + 2 * layout.strip + cnc_key_band_rows (width, recipients);
  return TRUE;
}

gboolean
cnc_carrier_size_for (double aspect, guint64 pixels, guint recipients, guint32 *width, guint32 *height)
{
  double least = 0;
  gboolean found = FALSE;
  /* Strips take their part of the height; so start below, and take the narrowest whose aspect is reached. */
  const double start = sqrt ((double) pixels * aspect) / 1.25;

  for (guint32 w = (guint32) CLAMP (start, CNC_CARRIER_MIN_WIDTH, CNC_RASTER_MAX_SIDE); w <= CNC_RASTER_MAX_SIDE; w++)
    {
      guint32 h;
      double off;

      if (!cnc_carrier_height_for (w, pixels, recipients, &h))
        continue;
      off = fabs (log ((double) w / h / aspect));
      if (!found || off < least)
        {
          found = TRUE;
          least = off;
          *width = w;
          *height = h;
        }
      if ((double) w / h > 1.5 * aspect && w > start * 1.5)
        break;
    }
  return found;
}
