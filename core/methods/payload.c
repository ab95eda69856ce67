/* The inside of the seal: made, layered, and opened again. */
#include "methods/payload.h"

#include "base/error.h"
#include "base/memory.h"
#include "methods/hybrid/hybrid.h"
#include "seal/keys.h"
#include "seal/stream.h"

void
cnc_payload_clear (CncPayload *payload)
{
  if (payload->info != NULL)
    {
      cnc_wipe (payload->info->data, payload->info->len);
      g_byte_array_unref (payload->info);
    }
  if (payload->data != NULL)
    cnc_wipe (payload->data, payload->length);
  g_free (payload->data);
  cnc_wipe (payload, sizeof *payload);
}

/* IV = BLAKE2b-256 under the iv subkey over random, info and the packed raster. */
static void
make_iv (const CncPayload *payload, const CncSecret *file_key, guint8 iv[32])
{
  const guint8 *parts[3] = { payload->prologue, payload->info->data, payload->data };
  const gsize sizes[3] = { 32, payload->info->len, payload->packed };
  guint8 key[CNC_KEY_BYTES];

  cnc_subkey (file_key, CNC_SUBKEY_IV, key);
  cnc_keyed_hash (key, parts, sizes, 3, iv);
  cnc_wipe (key, sizeof key);
}

gboolean
cnc_payload_start (CncPayload *payload, const CncPicture *picture, GByteArray *packed, gboolean raw, const CncSecret *file_key,
                   GError **error)
{
  gsize size;
  guint8 *grown;

  payload->raw = raw;
  payload->packed = packed->len;
  payload->length = (gsize) cnc_hybrid_padded_length (packed->len);
  payload->data = g_byte_array_steal (packed, &size);
  g_byte_array_unref (packed);
  grown = cnc_realloc (payload->data, payload->length, "the packed picture", error);
  if (grown == NULL)
    {
      payload->length = payload->packed;
      return FALSE;
    }
  payload->data = grown;
  memset (payload->data + payload->packed, 0, payload->length - payload->packed);

  payload->info = cnc_picture_write_info (picture, payload->packed, raw, error);
  if (payload->info == NULL)
    return FALSE;
  cnc_random (payload->prologue, 32);
  make_iv (payload, file_key, payload->prologue + 32);
  cnc_put_u32 (payload->prologue + 64, payload->info->len);
  return TRUE;
}

static void
layer_keys (const CncPayload *payload, const CncSecret *file_key, CncHybridKeys *keys)
{
  cnc_subkey (file_key, CNC_SUBKEY_CHAOS, keys->chaos);
  cnc_subkey (file_key, CNC_SUBKEY_CNN, keys->cnn);
  memcpy (keys->iv, payload->prologue + 32, sizeof keys->iv);
}

gboolean
cnc_payload_encipher (CncPayload *payload, const CncSecret *file_key, CncBackend *backend, CncTask *task, GError **error)
{
  CncHybridKeys keys;
  gboolean ok;

  layer_keys (payload, file_key, &keys);
  ok = cnc_hybrid_encipher (backend, &keys, CNC_LAYER_ALL, payload->data, payload->length, task, error);
  cnc_wipe (&keys, sizeof keys);
  return ok;
}

guint64
cnc_payload_plain_length (const CncPayload *payload)
{
  return (guint64) CNC_PROLOGUE_BYTES + payload->info->len + payload->length;
}

void
cnc_payload_fill (const CncSecret *file_key, guint8 *out, gsize size)
{
  guint8 key[CNC_KEY_BYTES], block[4096];

  cnc_subkey (file_key, CNC_SUBKEY_FILL, key);
  for (gsize at = 0; at < size; at += sizeof block)
    {
      const gsize n = MIN (sizeof block, size - at);

      cnc_keystream (key, at, block, n);
      for (gsize i = 0; i < n; i++)
        out[at + i] ^= block[i];
    }
  cnc_wipe (key, sizeof key);
}

static gboolean
damaged (GError **error, const char *what)
{
  g_set_error (error, CNC_ERROR, CNC_ERROR_DAMAGED,
               "The encrypted picture is damaged: %s. It was altered after it was encrypted; ask for it again, sent as a file.", what);
  return FALSE;
}

static gboolean
check_fill (const CncSecret *file_key, const guint8 *fill, gsize size, GError **error)
{
  g_autofree guint8 *copy = cnc_alloc (size, 1, "the check of the fill", error);
  guint8 any = 0;

  if (copy == NULL)
    return FALSE;
  memcpy (copy, fill, size);
  cnc_payload_fill (file_key, copy, size);
  for (gsize i = 0; i < size; i++)
    any |= copy[i];
  return any == 0 || damaged (error, "bytes behind its end were changed");
}

/* Splits the opened stream: prologue, info; what is left moves to the front of payload->data, so no second buffer is needed. */
static gboolean
split (CncPayload *payload, gsize plain, CncPicture **picture, guint32 *width, guint32 *height, CncFormat *format, GError **error)
{
  guint64 packed;
  guint32 info;

  if (plain < CNC_PROLOGUE_BYTES)
    return damaged (error, "its contents are too short");
  memcpy (payload->prologue, payload->data, CNC_PROLOGUE_BYTES);
  info = cnc_get_u32 (payload->prologue + 64);
  if (info > plain - CNC_PROLOGUE_BYTES)
    return damaged (error, "its contents are too short");
  payload->info = g_byte_array_new ();
  g_byte_array_append (payload->info, payload->data + CNC_PROLOGUE_BYTES, info);
  *picture = cnc_picture_read_info (payload->info->data, info, width, height, format, &packed, &payload->raw, error);
  if (*picture == NULL)
    return FALSE;
  payload->length = plain - CNC_PROLOGUE_BYTES - info;
  if (packed == 0 || packed > payload->length || cnc_hybrid_padded_length (packed) != payload->length)
    return damaged (error, "its lengths contradict each other");
  payload->packed = (gsize) packed;
  memmove (payload->data, payload->data + CNC_PROLOGUE_BYTES + info, payload->length);
  return TRUE;
}

static gboolean
check_inside (const CncPayload *payload, const CncSecret *file_key, GError **error)
{
  guint8 iv[32];
  guint8 any = 0;

  make_iv (payload, file_key, iv);
  for (gsize i = payload->packed; i < payload->length; i++)
    any |= payload->data[i];
  if (any == 0 && cnc_equal (iv, payload->prologue + 32, sizeof iv))
    return TRUE;
  /* The seal was intact, so whoever wrote these bytes had the key: not tampering but a fault of a device, here or there. */
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_GPU_LOST,
                       "The device gave a wrong result; nothing was changed. Choose another device (cpu always works) and try again.");
  return FALSE;
}

gboolean
cnc_payload_open (CncPayload *payload, const CncRaster *carrier, const CncHeader *header, const CncSecret *file_key, CncBackend *backend,
                  CncPicture **picture, guint32 *width, guint32 *height, CncFormat *format, CncTask *task, GError **error)
{
  const gsize head = cnc_header_bytes (header);
  const gsize total = cnc_raster_bytes (carrier);
  const guint64 plain = cnc_stream_plain_length (header->stream_length);
  g_autoptr (CncPicture) opened = NULL;
  CncHybridKeys keys;
  gboolean ok;

  if (head > total || header->stream_length > total - head || plain == 0)
    return damaged (error, "its lengths contradict each other");
  if (!check_fill (file_key, carrier->data + head + header->stream_length, total - head - (gsize) header->stream_length, error))
    return FALSE;
  payload->length = (gsize) plain;
  payload->data = cnc_alloc (payload->length, 1, "the opened picture", error);
  if (payload->data == NULL
      || !cnc_stream_open (file_key, header->stream_header, header->tag, carrier->data + head, (gsize) header->stream_length, payload->data,
                           task, error)
      || !split (payload, (gsize) plain, &opened, width, height, format, error))
    return FALSE;
  layer_keys (payload, file_key, &keys);
  ok = cnc_hybrid_decipher (backend, &keys, CNC_LAYER_ALL, payload->data, payload->length, task, error)
       && check_inside (payload, file_key, error);
  cnc_wipe (&keys, sizeof keys);
  if (ok)
    *picture = g_steal_pointer (&opened);
  return ok;
}
