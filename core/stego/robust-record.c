/* core/stego/robust-record.c: the short record of mode robust, see robust-record.h. */
#include "stego/robust-record.h"

#include "base/error.h"
#include "base/memory.h"
#include "seal/keys.h"
#include "seal/primitives.h"
#include "stego/convolve.h"
#include "stego/lattice.h"

#define VERSION 1u
#define AT_COST 1u
#define AT_SIZE 4u
#define AT_SALT 9u
#define AT_MODEL 25u
#define AT_INFO CNC_ROBUST_HEAD_BYTES
#define AT_COMMITMENT (AT_INFO + CNC_ROBUST_SIZE_BYTES)
#define AT_CHECK (AT_COMMITMENT + CNC_ROBUST_COMMITMENT_BYTES)

#define OPS_BITS 4u  /* passes - 1 */
#define KIB_BITS 20u /* memory - 1 */
#define SIDE_BITS 20u

#define LEAST_BLOCKS 64u /* fewer show no lattice, be there one or not */

G_STATIC_ASSERT (AT_MODEL + CNC_ROBUST_MODEL_BYTES == CNC_ROBUST_HEAD_BYTES);
G_STATIC_ASSERT (AT_SALT + CNC_STEGO_SALT_BYTES == AT_MODEL);
G_STATIC_ASSERT (CNC_CONVOLVE_BITS (CNC_ROBUST_BYTES) == CNC_LATTICE_BITS);
G_STATIC_ASSERT (CNC_KDF_OPS_MAX <= 1u << OPS_BITS && CNC_KDF_MEMORY_KIB_MAX <= 1u << KIB_BITS);
G_STATIC_ASSERT (CNC_RASTER_MAX_SIDE <= 1u << SIDE_BITS);

void
cnc_robust_size_write (guint32 width, guint32 height, guint8 out[CNC_ROBUST_SIZE_BYTES])
{
  cnc_put_bytes (out, CNC_ROBUST_SIZE_BYTES, (guint64) (width - 1) | (guint64) (height - 1) << SIDE_BITS);
}

void
cnc_robust_size_read (const guint8 bytes[CNC_ROBUST_SIZE_BYTES], guint32 *width, guint32 *height)
{
  const guint64 sides = cnc_get_bytes (bytes, CNC_ROBUST_SIZE_BYTES);

  *width = (guint32) (sides & ((1u << SIDE_BITS) - 1)) + 1;
  *height = (guint32) (sides >> SIDE_BITS) + 1;
}

void
cnc_robust_record_write (const CncStegoRecord *record, guint8 out[CNC_ROBUST_BYTES])
{
  out[0] = VERSION;
  cnc_put_bytes (out + AT_COST, 3, (record->ops - 1) | (guint64) (record->memory_kib - 1) << OPS_BITS);
  cnc_robust_size_write (record->width, record->height, out + AT_SIZE);
  memcpy (out + AT_SALT, record->salt, CNC_STEGO_SALT_BYTES);
  memcpy (out + AT_MODEL, record->model, CNC_ROBUST_MODEL_BYTES);
  memcpy (out + AT_INFO, record->slots[0].masked, CNC_ROBUST_SIZE_BYTES);
  memcpy (out + AT_COMMITMENT, record->slots[0].commitment, CNC_ROBUST_COMMITMENT_BYTES);
  memcpy (out + AT_CHECK, record->checksum, CNC_ROBUST_CHECK_BYTES);
}

static void
check (const guint8 *bytes, guint8 out[CNC_ROBUST_CHECK_BYTES])
{
  guint8 sum[CNC_STEGO_CHECKSUM_BYTES];

  cnc_checksum (bytes, AT_CHECK, sum);
  memcpy (out, sum, CNC_ROBUST_CHECK_BYTES);
}

static gboolean
checked (const guint8 bytes[CNC_ROBUST_BYTES])
{
  guint8 sum[CNC_ROBUST_CHECK_BYTES];

  check (bytes, sum);
  return memcmp (sum, bytes + AT_CHECK, sizeof sum) == 0;
}

void
cnc_robust_record_finish (CncStegoRecord *record)
{
  guint8 bytes[CNC_ROBUST_BYTES];

  memset (record->model + CNC_ROBUST_MODEL_BYTES, 0, sizeof record->model - CNC_ROBUST_MODEL_BYTES);
  memset (record->checksum, 0, sizeof record->checksum);
  cnc_robust_record_write (record, bytes);
  check (bytes, record->checksum);
}

static guint64
whole_blocks (guint32 width, guint32 height)
{
  return (guint64) (width / 8) * (height / 8);
}

gboolean
cnc_robust_record_fits (guint32 width, guint32 height, GError **error)
{
  if (whole_blocks (width, height) >= CNC_ROBUST_MIN_BLOCKS)
    return TRUE;
  g_set_error (
      error, CNC_ERROR, CNC_ERROR_TOO_SMALL,
      "The cover has %u × %u pixels, which is too small for what is hidden to survive JPEG; take one of at least 256 × 256, or choose "
      "another mode.",
      width, height);
  return FALSE;
}

gboolean
cnc_robust_record_embed (const CncStegoRecord *record, guint8 *pixels, GError **error)
{
  guint8 bytes[CNC_ROBUST_BYTES], coded[CNC_LATTICE_BITS];

  if (record->mode != CNC_STEGO_ROBUST || record->count != 1 || record->ops < CNC_KDF_OPS_MIN || record->ops > CNC_KDF_OPS_MAX
      || record->memory_kib < CNC_KDF_MEMORY_KIB_MIN || record->memory_kib > CNC_KDF_MEMORY_KIB_MAX)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                           "This record cannot be written so that it survives JPEG; this is a fault of the program, please report it.");
      return FALSE;
    }
  if (!cnc_robust_record_fits (record->width, record->height, error))
    return FALSE;
  cnc_robust_record_write (record, bytes);
  cnc_convolve (bytes, sizeof bytes, coded);
  cnc_lattice_write (pixels, record->width, record->height, coded);
  return TRUE;
}

/* Something is there, but not as it was written. */
static gboolean
damaged (gboolean moved, GError **error)
{
  if (moved)
    g_set_error_literal (
        error, CNC_ERROR, CNC_ERROR_DAMAGED,
        "Something was hidden in this picture, but it was cropped or moved since, which destroys what was hidden; ask for the file as it "
        "was saved.");
  else
    g_set_error_literal (
        error, CNC_ERROR, CNC_ERROR_DAMAGED,
        "Something is hidden in this picture, but the picture was changed more than that survives; ask for the file again, of a higher "
        "quality or as it was saved.");
  return FALSE;
}

gboolean
cnc_robust_record_read (const guint8 bytes[CNC_ROBUST_BYTES], guint32 width, guint32 height, CncStegoRecord *record, GError **error)
{
  const guint64 cost = cnc_get_bytes (bytes + AT_COST, 3);

  memset (record, 0, sizeof *record);
  if (!checked (bytes))
    return damaged (FALSE, error);
  if (bytes[0] != VERSION)
    {
      g_set_error (
          error, CNC_ERROR, CNC_ERROR_BAD_VERSION,
          "What is hidden in this picture was hidden by a newer cnncrypt (robust record %u is unknown here); install the newest version "
          "and try again.",
          bytes[0]);
      return FALSE;
    }
  cnc_robust_size_read (bytes + AT_SIZE, &record->width, &record->height);
  if (record->width != width || record->height != height)
    return cnc_stego_record_resized (record->width, record->height, width, height, error);
  record->mode = CNC_STEGO_ROBUST;
  record->count = 1;
  record->ops = (guint32) (cost & ((1u << OPS_BITS) - 1)) + 1;
  record->memory_kib = (guint32) (cost >> OPS_BITS) + 1;
  memcpy (record->salt, bytes + AT_SALT, CNC_STEGO_SALT_BYTES);
  memcpy (record->model, bytes + AT_MODEL, CNC_ROBUST_MODEL_BYTES);
  memcpy (record->slots[0].masked, bytes + AT_INFO, CNC_ROBUST_SIZE_BYTES);
  memcpy (record->slots[0].commitment, bytes + AT_COMMITMENT, CNC_ROBUST_COMMITMENT_BYTES);
  memcpy (record->checksum, bytes + AT_CHECK, CNC_ROBUST_CHECK_BYTES);
  return TRUE;
}

/* Whether one of the gains gives bytes with their check. */
static gboolean
decode (const CncLatticeReading *reading, guint8 bytes[CNC_ROBUST_BYTES], gboolean *right, GError **error)
{
  *right = FALSE;
  for (guint g = 0; g < CNC_LATTICE_GAINS && !*right; g++)
    {
      if (!cnc_convolve_decode (reading->soft[g], CNC_ROBUST_BYTES, bytes, error))
        return FALSE;
      *right = checked (bytes);
    }
  return TRUE;
}

static gboolean
nothing (GError **error)
{
  g_set_error_literal (
      error, CNC_ERROR, CNC_ERROR_NOT_ENCRYPTED,
      "Nothing is hidden in this picture; or it was resized, rotated or changed so much that nothing of it is left: open the "
      "file as it was saved.");
  return FALSE;
}

gboolean
cnc_robust_record_extract (const guint8 *pixels, guint32 width, guint32 height, CncStegoRecord *record, GError **error)
{
  g_autofree CncLatticeReading *reading = NULL;
  CncLatticeOrigin origin = { 0, 0, 0 };
  guint8 bytes[CNC_ROBUST_BYTES];
  gboolean right, found;

  memset (record, 0, sizeof *record);
  if (whole_blocks (width, height) < LEAST_BLOCKS)
    return nothing (error);
  reading = cnc_alloc (1, sizeof *reading, "the record", error);
  if (reading == NULL || !cnc_lattice_read (pixels, width, height, &origin, reading, error) || !decode (reading, bytes, &right, error))
    return FALSE;
  if (right)
    return cnc_robust_record_read (bytes, width, height, record, error);
  if (reading->presence > CNC_LATTICE_PRESENT)
    return damaged (FALSE, error);
  if (!cnc_lattice_search (pixels, width, height, &origin, &found, error))
    return FALSE;
  if (!found)
    return nothing (error);
  if (!cnc_lattice_read (pixels, width, height, &origin, reading, error) || !decode (reading, bytes, &right, error))
    return FALSE;
  if (right)
    {
      guint32 was_width, was_height;

      cnc_robust_size_read (bytes + AT_SIZE, &was_width, &was_height);
      if (was_width != width || was_height != height)
        return cnc_stego_record_resized (was_width, was_height, width, height, error);
    }
  return damaged (TRUE, error);
}
