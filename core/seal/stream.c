/* core/seal/stream.c: the sealed stream. */
#include "seal/stream.h"

#include "base/error.h"
#include "base/memory.h"
#include "seal/keys.h"

#include <sodium.h>

#define SEALED_CHUNK_BYTES (CNC_STREAM_CHUNK_BYTES + CNC_STREAM_OVERHEAD_BYTES)

G_STATIC_ASSERT (CNC_STREAM_OVERHEAD_BYTES == crypto_secretstream_xchacha20poly1305_ABYTES);
G_STATIC_ASSERT (CNC_HEADER_STREAM_HEADER_BYTES == crypto_secretstream_xchacha20poly1305_HEADERBYTES);
G_STATIC_ASSERT (CNC_KEY_BYTES == crypto_secretstream_xchacha20poly1305_KEYBYTES);

struct _CncSealer
{
  crypto_secretstream_xchacha20poly1305_state state;
  guint8 tag[CNC_HEADER_TAG_BYTES];
  guint8 *out;
  gsize out_size;
  gsize written;
  guint8 *pending; /* a chunk that may turn out to be the last */
  gsize n_pending; /* 0..CNC_STREAM_CHUNK_BYTES */
};

guint64
cnc_stream_length (guint64 plain)
{
  const guint64 chunks = plain / CNC_STREAM_CHUNK_BYTES + (plain % CNC_STREAM_CHUNK_BYTES != 0);
  guint64 sealed;

  if (!g_uint64_checked_add (&sealed, plain, chunks * CNC_STREAM_OVERHEAD_BYTES))
    return 0;
  return sealed;
}

guint64
cnc_stream_plain_length (guint64 sealed)
{
  const guint64 full = sealed / SEALED_CHUNK_BYTES, rest = sealed % SEALED_CHUNK_BYTES;

  if (rest == 0)
    return full * CNC_STREAM_CHUNK_BYTES;
  if (rest <= CNC_STREAM_OVERHEAD_BYTES)
    return 0;
  return full * CNC_STREAM_CHUNK_BYTES + rest - CNC_STREAM_OVERHEAD_BYTES;
}

CncSealer *
cnc_sealer_new (const CncSecret *file_key, guint8 stream_header[CNC_HEADER_STREAM_HEADER_BYTES], GError **error)
{
  CncSealer *sealer;
  guint8 *pending;
  guint8 key[CNC_KEY_BYTES];

  if (!cnc_seal_init (error))
    return NULL;
  pending = cnc_alloc (1, CNC_STREAM_CHUNK_BYTES, "the sealed stream", error);
  if (pending == NULL)
    return NULL;
  sealer = sodium_malloc (sizeof *sealer);
  if (sealer == NULL)
    {
      g_free (pending);
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_NO_MEMORY, "Not enough memory for a key; close other programs and try again.");
      return NULL;
    }
  memset (sealer, 0, sizeof *sealer);
  sealer->pending = pending;
  cnc_subkey (file_key, CNC_SUBKEY_STREAM, key);
  /* Draws the stream header at random; it cannot fail. */
  (void) crypto_secretstream_xchacha20poly1305_init_push (&sealer->state, stream_header, key);
  sodium_memzero (key, sizeof key);
  return sealer;
}

void
cnc_sealer_start (CncSealer *sealer, const guint8 tag[CNC_HEADER_TAG_BYTES], guint8 *out, gsize out_size)
{
  memcpy (sealer->tag, tag, CNC_HEADER_TAG_BYTES);
  sealer->out = out;
  sealer->out_size = out_size;
  sealer->written = 0;
}

static gboolean
seal_chunk (CncSealer *sealer, const guint8 *plain, gsize size, guint8 kind, GError **error)
{
  const gsize sealed = size + CNC_STREAM_OVERHEAD_BYTES;

  if (sealer->out == NULL || sealer->out_size - sealer->written < sealed)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_TOO_SMALL,
                   "The encrypted picture does not fit: there is room for %zu sealed bytes only; choose a larger area or a new image.",
                   sealer->out_size);
      return FALSE;
    }
  (void) crypto_secretstream_xchacha20poly1305_push (&sealer->state, sealer->out + sealer->written, NULL, plain, size, sealer->tag,
                                                     CNC_HEADER_TAG_BYTES, kind);
  sealer->written += sealed;
  return TRUE;
}

gboolean
cnc_sealer_push (CncSealer *sealer, const guint8 *plain, gsize size, CncTask *task, GError **error)
{
  while (size > 0)
    {
      gsize n;

      if (!cnc_task_go_on (task, error))
        return FALSE;
      /* More follows, so a full chunk is not the last one. */
      if (sealer->n_pending == CNC_STREAM_CHUNK_BYTES)
        {
          if (!seal_chunk (sealer, sealer->pending, CNC_STREAM_CHUNK_BYTES, crypto_secretstream_xchacha20poly1305_TAG_MESSAGE, error))
            return FALSE;
          sealer->n_pending = 0;
        }
      if (sealer->n_pending == 0 && size > CNC_STREAM_CHUNK_BYTES)
        {
          if (!seal_chunk (sealer, plain, CNC_STREAM_CHUNK_BYTES, crypto_secretstream_xchacha20poly1305_TAG_MESSAGE, error))
            return FALSE;
          n = CNC_STREAM_CHUNK_BYTES;
        }
      else
        {
          n = MIN (size, CNC_STREAM_CHUNK_BYTES - sealer->n_pending);
          memcpy (sealer->pending + sealer->n_pending, plain, n);
          sealer->n_pending += n;
        }
      plain += n;
      size -= n;
    }
  return TRUE;
}

gboolean
cnc_sealer_finish (CncSealer *sealer, gsize *written, GError **error)
{
  if (sealer->n_pending == 0)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                           "There is nothing to seal; this is a fault of the program, please report it.");
      return FALSE;
    }
  if (!seal_chunk (sealer, sealer->pending, sealer->n_pending, crypto_secretstream_xchacha20poly1305_TAG_FINAL, error))
    return FALSE;
  sealer->n_pending = 0;
  *written = sealer->written;
  return TRUE;
}

void
cnc_sealer_free (CncSealer *sealer)
{
  if (sealer == NULL)
    return;
  sodium_memzero (sealer->pending, CNC_STREAM_CHUNK_BYTES);
  g_free (sealer->pending);
  sodium_free (sealer);
}

static gboolean
damaged (GError **error)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_DAMAGED,
                       "The picture was altered after it was encrypted, so nothing of it is shown; ask for the file again, sent as a file "
                       "and not as a photo.");
  return FALSE;
}

static gboolean
open_chunks (crypto_secretstream_xchacha20poly1305_state *state, const guint8 tag[CNC_HEADER_TAG_BYTES], const guint8 *sealed, gsize size,
             guint8 *plain, CncTask *task, GError **error)
{
  while (size > 0)
    {
      const gsize n = MIN (size, SEALED_CHUNK_BYTES);
      const guint8 want = n == size ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
      guint8 kind = 0xff;

      if (!cnc_task_go_on (task, error))
        return FALSE;
      if (crypto_secretstream_xchacha20poly1305_pull (state, plain, NULL, &kind, sealed, n, tag, CNC_HEADER_TAG_BYTES) != 0 || kind != want)
        return damaged (error);
      plain += n - CNC_STREAM_OVERHEAD_BYTES;
      sealed += n;
      size -= n;
    }
  return TRUE;
}

gboolean
cnc_stream_open (const CncSecret *file_key, const guint8 stream_header[CNC_HEADER_STREAM_HEADER_BYTES],
                 const guint8 tag[CNC_HEADER_TAG_BYTES], const guint8 *sealed, gsize size, guint8 *plain, CncTask *task, GError **error)
{
  crypto_secretstream_xchacha20poly1305_state state;
  guint8 key[CNC_KEY_BYTES];
  const guint64 length = cnc_stream_plain_length (size);
  gboolean ok;

  if (!cnc_seal_init (error))
    return FALSE;
  if (length == 0)
    return damaged (error);
  cnc_subkey (file_key, CNC_SUBKEY_STREAM, key);
  ok = crypto_secretstream_xchacha20poly1305_init_pull (&state, stream_header, key) == 0
           ? open_chunks (&state, tag, sealed, size, plain, task, error)
           : damaged (error);
  sodium_memzero (key, sizeof key);
  sodium_memzero (&state, sizeof state);
  if (!ok)
    sodium_memzero (plain, (gsize) length);
  return ok;
}
