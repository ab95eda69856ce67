/* core/stego/record.c: the record of hidden pictures as bytes and as a struct, and its keys. */
#include "stego/record.h"

#include "base/error.h"
#include "base/memory.h"
#include "seal/keys.h"
#include "seal/primitives.h"
#include "stego/robust-record.h"

#define VERSION_AT 7u /* the magic's last byte */
#define AT_WIDTH 8u
#define AT_HEIGHT 12u
#define AT_MODE 16u
#define AT_COUNT 17u
#define AT_BITS 18u
#define AT_FLAGS 19u
#define AT_OPS 20u
#define AT_MEMORY 24u
#define AT_SALT 28u
#define AT_MODEL 44u

#define INFO_BYTES 56u

G_STATIC_ASSERT (AT_MODEL + CNC_STEGO_MODEL_BYTES == CNC_STEGO_HEAD_BYTES);
G_STATIC_ASSERT (AT_SALT + CNC_STEGO_SALT_BYTES == AT_MODEL);
G_STATIC_ASSERT (INFO_BYTES + 32 == CNC_STEGO_SLOT_BYTES);
G_STATIC_ASSERT (sizeof (CncStegoSlot) == CNC_STEGO_SLOT_BYTES);

const guint8 CNC_STEGO_MAGIC[8] = { 'C', 'N', 'N', 'H', 'I', 'D', 'E', 1 };

gsize
cnc_stego_record_bytes (const CncStegoRecord *record)
{
  return CNC_STEGO_RECORD_BYTES (record->count);
}

static void
write_head (const CncStegoRecord *record, guint8 *out)
{
  memcpy (out, CNC_STEGO_MAGIC, sizeof CNC_STEGO_MAGIC);
  cnc_put_u32 (out + AT_WIDTH, record->width);
  cnc_put_u32 (out + AT_HEIGHT, record->height);
  out[AT_MODE] = record->mode;
  out[AT_COUNT] = record->count;
  out[AT_BITS] = record->bits;
  out[AT_FLAGS] = record->flags;
  cnc_put_u32 (out + AT_OPS, record->ops);
  cnc_put_u32 (out + AT_MEMORY, record->memory_kib);
  memcpy (out + AT_SALT, record->salt, CNC_STEGO_SALT_BYTES);
  memcpy (out + AT_MODEL, record->model, CNC_STEGO_MODEL_BYTES);
}

void
cnc_stego_record_write (const CncStegoRecord *record, guint8 *out)
{
  write_head (record, out);
  memcpy (out + CNC_STEGO_HEAD_BYTES, record->slots, record->count * CNC_STEGO_SLOT_BYTES);
  memcpy (out + CNC_STEGO_HEAD_BYTES + record->count * CNC_STEGO_SLOT_BYTES, record->checksum, CNC_STEGO_CHECKSUM_BYTES);
}

static gboolean
damaged (GError **error)
{
  g_set_error_literal (
      error, CNC_ERROR, CNC_ERROR_DAMAGED,
      "Something is hidden in this picture, but its pixels were changed afterwards; ask for the file again, sent as a file and "
      "not as a photo.");
  return FALSE;
}

static gboolean
newer (GError **error, const char *what, guint number)
{
  g_set_error (
      error, CNC_ERROR, CNC_ERROR_BAD_VERSION,
      "What is hidden in this picture was hidden by a newer cnncrypt (%s %u is unknown here); install the newest version and try again.",
      what, number);
  return FALSE;
}

static gboolean
bad_format (GError **error, const char *what)
{
  g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT,
               "The record in this picture is not one that cnncrypt writes (%s); the file was altered, ask for it again.", what);
  return FALSE;
}

gboolean
cnc_stego_record_resized (guint32 old_width, guint32 old_height, guint32 width, guint32 height, GError **error)
{
  g_set_error (
      error, CNC_ERROR, CNC_ERROR_DAMAGED,
      "Pictures were hidden in this one when it had %u × %u pixels; now it has %u × %u: it was cropped or resized, which destroys them. "
      "Ask for the file as it was saved.",
      old_width, old_height, width, height);
  return FALSE;
}

static guint
wrong_bits (const guint8 *bytes, const guint8 *magic, gsize size)
{
  guint wrong = 0;

  for (gsize i = 0; i < size; i++)
    wrong += (guint) __builtin_popcount (bytes[i] ^ magic[i]);
  return wrong;
}

/* The checksum was right, so that what is odd here was written so. */
static gboolean
check_fields (const CncStegoRecord *record, GError **error)
{
  static const guint8 zeros[CNC_STEGO_MODEL_BYTES];
  const gboolean exact = record->mode == CNC_STEGO_EXACT;

  if (record->mode < CNC_STEGO_CNN || record->mode > CNC_STEGO_EXACT)
    return newer (error, "mode", record->mode);
  if (record->flags != 0)
    return newer (error, "flag", record->flags);
  if (record->mode == CNC_STEGO_ROBUST)
    return bad_format (error, "a mode whose record is elsewhere");
  if (exact ? record->bits != 1 && record->bits != 2 : record->bits != 0)
    return bad_format (error, "the number of low bits");
  if ((memcmp (record->model, zeros, sizeof zeros) == 0) != exact)
    return bad_format (error, "the model");
  return TRUE;
}

gboolean
cnc_stego_record_read (const guint8 *bytes, gsize size, guint32 expect_width, guint32 expect_height, CncStegoRecord *record, GError **error)
{
  guint8 sum[CNC_STEGO_CHECKSUM_BYTES];
  gsize before;

  memset (record, 0, sizeof *record);
  if (size < CNC_STEGO_HEAD_BYTES || wrong_bits (bytes, CNC_STEGO_MAGIC, sizeof CNC_STEGO_MAGIC) > CNC_STEGO_MAGIC_SLACK)
    {
      g_set_error_literal (
          error, CNC_ERROR, CNC_ERROR_NOT_ENCRYPTED,
          "Nothing is hidden in this picture; or it was resized, recoloured or saved as JPEG since, which destroys what was hidden: "
          "open the file as it was saved.");
      return FALSE;
    }
  if (memcmp (bytes, CNC_STEGO_MAGIC, VERSION_AT) != 0)
    return damaged (error);
  if (bytes[VERSION_AT] != CNC_STEGO_MAGIC[VERSION_AT])
    return newer (error, "format version", bytes[VERSION_AT]);
  record->width = cnc_get_u32 (bytes + AT_WIDTH);
  record->height = cnc_get_u32 (bytes + AT_HEIGHT);
  if (record->width != expect_width || record->height != expect_height)
    return cnc_stego_record_resized (record->width, record->height, expect_width, expect_height, error);
  record->mode = bytes[AT_MODE];
  record->count = bytes[AT_COUNT];
  record->bits = bytes[AT_BITS];
  record->flags = bytes[AT_FLAGS];
  record->ops = cnc_get_u32 (bytes + AT_OPS);
  record->memory_kib = cnc_get_u32 (bytes + AT_MEMORY);
  memcpy (record->salt, bytes + AT_SALT, CNC_STEGO_SALT_BYTES);
  memcpy (record->model, bytes + AT_MODEL, CNC_STEGO_MODEL_BYTES);
  if (record->count < 1 || record->count > CNC_STEGO_MAX_SECRETS || size < cnc_stego_record_bytes (record))
    return damaged (error);
  memcpy (record->slots, bytes + CNC_STEGO_HEAD_BYTES, record->count * CNC_STEGO_SLOT_BYTES);
  before = cnc_stego_record_bytes (record) - CNC_STEGO_CHECKSUM_BYTES;
  memcpy (record->checksum, bytes + before, CNC_STEGO_CHECKSUM_BYTES);
  cnc_checksum (bytes, before, sum);
  if (!cnc_equal (sum, record->checksum, sizeof sum))
    return damaged (error);
  return check_fields (record, error);
}

/* ---- keys ---- */

CncSecret *
cnc_stego_slot_key (const CncSecret *kek, GError **error)
{
  CncSecret *key;
  guint8 bytes[CNC_KEY_BYTES];

  cnc_subkey (kek, CNC_SUBKEY_SLOT, bytes);
  key = cnc_secret_new_key (bytes, error);
  cnc_wipe (bytes, sizeof bytes);
  return key;
}

static void
write_info (const CncStegoInfo *info, guint8 out[INFO_BYTES])
{
  memcpy (out, info->positions, CNC_STEGO_POSITION_BYTES);
  cnc_put_u32 (out + 32, info->width);
  cnc_put_u32 (out + 36, info->height);
  cnc_put_u64 (out + 40, info->start);
  cnc_put_u64 (out + 48, info->length);
}

static void
read_info (const guint8 bytes[INFO_BYTES], CncStegoInfo *info)
{
  memcpy (info->positions, bytes, CNC_STEGO_POSITION_BYTES);
  info->width = cnc_get_u32 (bytes + 32);
  info->height = cnc_get_u32 (bytes + 36);
  info->start = cnc_get_u64 (bytes + 40);
  info->length = cnc_get_u64 (bytes + 48);
}

/* The key of a slot serves one record only, whose salt is random, so its keystream is used once. */
static void
mask (const CncSecret *key, const guint8 *in, guint size, guint8 *out)
{
  guint8 seed[CNC_KEY_BYTES], stream[INFO_BYTES];

  cnc_subkey (key, CNC_SUBKEY_SLOT_INFO, seed);
  cnc_keystream (seed, 0, stream, sizeof stream);
  for (guint i = 0; i < size; i++)
    out[i] = in[i] ^ stream[i];
  cnc_wipe (seed, sizeof seed);
  cnc_wipe (stream, sizeof stream);
}

/* Mode robust has less room: only the secret's size is kept under the mask. */
static guint
info_to_bytes (const CncStegoRecord *record, const CncStegoInfo *info, guint8 out[INFO_BYTES])
{
  if (record->mode != CNC_STEGO_ROBUST)
    {
      write_info (info, out);
      return INFO_BYTES;
    }
  cnc_robust_size_write (info->width, info->height, out);
  return CNC_ROBUST_SIZE_BYTES;
}

static guint
commitment_bytes (const CncStegoRecord *record)
{
  return record->mode == CNC_STEGO_ROBUST ? CNC_ROBUST_COMMITMENT_BYTES : 32;
}

static void
commit (const CncStegoRecord *record, const CncSecret *key, guint slot, guint8 out[32])
{
  const guint8 number = (guint8) slot;
  guint8 head[CNC_STEGO_HEAD_BYTES], robust[CNC_ROBUST_BYTES], seed[CNC_KEY_BYTES];
  const guint8 *const parts[] = { head, &number, record->slots[slot].masked };
  const gsize sizes[] = { sizeof head, 1, INFO_BYTES };
  const guint8 *const robust_parts[] = { robust };
  const gsize robust_sizes[] = { CNC_ROBUST_HEAD_BYTES + CNC_ROBUST_SIZE_BYTES };

  cnc_subkey (key, CNC_SUBKEY_SLOT_COMMITMENT, seed);
  if (record->mode == CNC_STEGO_ROBUST)
    {
      cnc_robust_record_write (record, robust);
      cnc_keyed_hash (seed, robust_parts, robust_sizes, G_N_ELEMENTS (robust_parts), out);
    }
  else
    {
      write_head (record, head);
      cnc_keyed_hash (seed, parts, sizes, G_N_ELEMENTS (parts), out);
    }
  cnc_wipe (seed, sizeof seed);
}

void
cnc_stego_record_finish (CncStegoRecord *record, const CncSecret *const *keys, const CncStegoInfo *infos)
{
  guint8 bytes[CNC_STEGO_RECORD_MAX_BYTES], info[INFO_BYTES], commitment[32];

  g_return_if_fail (record->count >= 1 && record->count <= (record->mode == CNC_STEGO_ROBUST ? 1 : CNC_STEGO_MAX_SECRETS));
  memset (record->slots, 0, sizeof record->slots);
  for (guint i = 0; i < record->count; i++)
    {
      mask (keys[i], info, info_to_bytes (record, &infos[i], info), record->slots[i].masked);
      commit (record, keys[i], i, commitment);
      memcpy (record->slots[i].commitment, commitment, commitment_bytes (record));
    }
  cnc_wipe (info, sizeof info);
  if (record->mode == CNC_STEGO_ROBUST)
    {
      cnc_robust_record_finish (record);
      return;
    }
  cnc_stego_record_write (record, bytes);
  cnc_checksum (bytes, cnc_stego_record_bytes (record) - CNC_STEGO_CHECKSUM_BYTES, record->checksum);
}

gboolean
cnc_stego_record_open (const CncStegoRecord *record, const CncSecret *key, guint *slot, CncStegoInfo *info, GError **error)
{
  guint found = CNC_STEGO_MAX_SECRETS;
  guint8 commitment[32], bytes[INFO_BYTES];

  for (guint i = 0; i < record->count; i++)
    {
      commit (record, key, i, commitment);
      if (cnc_equal (commitment, record->slots[i].commitment, commitment_bytes (record)))
        found = i;
    }
  cnc_wipe (commitment, sizeof commitment);
  if (found == CNC_STEGO_MAX_SECRETS)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_WRONG_KEY, "No picture is hidden here under this passphrase; type it again.");
      return FALSE;
    }
  *slot = found;
  if (record->mode == CNC_STEGO_ROBUST)
    {
      memset (info, 0, sizeof *info);
      mask (key, record->slots[found].masked, CNC_ROBUST_SIZE_BYTES, bytes);
      cnc_robust_size_read (bytes, &info->width, &info->height);
    }
  else
    {
      mask (key, record->slots[found].masked, INFO_BYTES, bytes);
      read_info (bytes, info);
    }
  cnc_wipe (bytes, sizeof bytes);
  return TRUE;
}

void
cnc_stego_record_hash (const CncStegoRecord *record, guint8 out[32])
{
  guint8 bytes[CNC_STEGO_RECORD_MAX_BYTES];

  cnc_stego_record_write (record, bytes);
  cnc_hash (bytes, cnc_stego_record_bytes (record) - CNC_STEGO_CHECKSUM_BYTES, out);
}
