/* core/seal/keys.c: the key schedule of version 1.  The contexts below are part of the format and never change. */
#include "seal/keys.h"

#include "base/error.h"
#include "base/memory.h"
#include "seal/primitives.h"

#include <sodium.h>

#define DEFAULT_OPS 3u
#define DEFAULT_MEMORY_KIB (256u * 1024u)

/* Where the fields of a passphrase stanza stand. */
#define AT_SALT 0u
#define AT_OPS 16u
#define AT_MEMORY 20u
#define AT_COMMITMENT 24u
#define AT_NONCE 56u
#define AT_WRAPPED 80u

G_STATIC_ASSERT (AT_WRAPPED + CNC_KEY_BYTES + CNC_AEAD_TAG_BYTES == CNC_STANZA_PASSPHRASE_BYTES);
G_STATIC_ASSERT (AT_NONCE + CNC_AEAD_NONCE_BYTES == AT_WRAPPED);
G_STATIC_ASSERT (AT_OPS - AT_SALT == crypto_pwhash_SALTBYTES);
G_STATIC_ASSERT (CNC_KEY_BYTES == crypto_kdf_KEYBYTES);
G_STATIC_ASSERT (CNC_STANZA_RECIPIENT_BYTES == CNC_KEY_BYTES + crypto_box_SEALBYTES);

static void
child (const CncSecret *key, const char context[crypto_kdf_CONTEXTBYTES], guint8 out[CNC_KEY_BYTES])
{
  (void) crypto_kdf_derive_from_key (out, CNC_KEY_BYTES, 1, context, cnc_secret_bytes (key));
}

static gboolean
check_cost (guint32 ops, guint32 memory_kib, GError **error)
{
  const gboolean odd = memory_kib % 1024 != 0;

  if (ops >= CNC_KDF_OPS_MIN && ops <= CNC_KDF_OPS_MAX && memory_kib >= CNC_KDF_MEMORY_KIB_MIN && memory_kib <= CNC_KDF_MEMORY_KIB_MAX)
    return TRUE;
  g_set_error (
      error, CNC_ERROR, CNC_ERROR_KDF_REFUSED,
      "Turning the passphrase into a key would take %u passes over %u %s of memory; only %u to %u passes over %u to %u MiB are accepted, "
      "so this picture is not opened.",
      ops, odd ? memory_kib : memory_kib / 1024, odd ? "KiB" : "MiB", CNC_KDF_OPS_MIN, CNC_KDF_OPS_MAX, CNC_KDF_MEMORY_KIB_MIN / 1024,
      CNC_KDF_MEMORY_KIB_MAX / 1024);
  return FALSE;
}

CncKdfParams
cnc_kdf_complete (const CncKdfParams *params)
{
  CncKdfParams full = { DEFAULT_OPS, DEFAULT_MEMORY_KIB };

  if (params != NULL && params->ops != 0)
    full.ops = params->ops;
  if (params != NULL && params->memory_kib != 0)
    full.memory_kib = params->memory_kib;
  return full;
}

/* Passphrase and salt -> key-encryption key.  The cost was checked. */
static CncSecret *
derive_kek (const CncSecret *passphrase, const guint8 *salt, guint32 ops, guint32 memory_kib, GError **error)
{
  CncSecret *kek = NULL;
  guint8 out[CNC_KEY_BYTES];

  if (crypto_pwhash (out, sizeof out, (const char *) cnc_secret_bytes (passphrase), cnc_secret_size (passphrase), salt, ops,
                     (gsize) memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13)
      == 0)
    kek = cnc_secret_new_key (out, error);
  else
    g_set_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY,
                 "Checking the passphrase takes %u MiB of memory, which are not free; close other programs and try again.",
                 memory_kib / 1024);
  sodium_memzero (out, sizeof out);
  return kek;
}

CncSecret *
cnc_kek_new (const CncSecret *passphrase, const guint8 salt[16], const CncKdfParams *params, GError **error)
{
  if (!cnc_seal_init (error) || !check_cost (params->ops, params->memory_kib, error))
    return NULL;
  return derive_kek (passphrase, salt, params->ops, params->memory_kib, error);
}

gboolean
cnc_stanza_seal_kek (CncStanza *stanza, const CncSecret *kek, const guint8 salt[16], const CncKdfParams *params, const CncSecret *file_key,
                     GError **error)
{
  const CncKdfParams full = cnc_kdf_complete (params);
  guint8 wrap[CNC_KEY_BYTES];
  guint8 *body = stanza->body;
  gboolean ok;

  if (!cnc_seal_init (error) || !check_cost (full.ops, full.memory_kib, error))
    return FALSE;
  memset (stanza, 0, sizeof *stanza);
  stanza->type = CNC_STANZA_PASSPHRASE;
  memcpy (body + AT_SALT, salt, crypto_pwhash_SALTBYTES);
  cnc_put_u32 (body + AT_OPS, full.ops);
  cnc_put_u32 (body + AT_MEMORY, full.memory_kib);
  child (kek, "cc1_comm", body + AT_COMMITMENT);
  cnc_random (body + AT_NONCE, CNC_AEAD_NONCE_BYTES);
  child (kek, "cc1_wrap", wrap);
  ok = cnc_aead_seal (wrap, body + AT_NONCE, CNC_AEAD_NONCE_BYTES, body, AT_NONCE, cnc_secret_bytes (file_key), CNC_KEY_BYTES,
                      body + AT_WRAPPED);
  sodium_memzero (wrap, sizeof wrap);
  if (!ok)
    g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                         "The key could not be wrapped; this is a fault of the program, please report it.");
  return ok;
}

gboolean
cnc_stanza_seal_passphrase (CncStanza *stanza, const CncSecret *passphrase, const CncKdfParams *params, const CncSecret *file_key,
                            GError **error)
{
  const CncKdfParams full = cnc_kdf_complete (params);
  guint8 salt[crypto_pwhash_SALTBYTES];
  g_autoptr (CncSecret) kek = NULL;

  if (!cnc_seal_init (error) || !check_cost (full.ops, full.memory_kib, error))
    return FALSE;
  cnc_random (salt, sizeof salt);
  kek = derive_kek (passphrase, salt, full.ops, full.memory_kib, error);
  return kek != NULL && cnc_stanza_seal_kek (stanza, kek, salt, &full, file_key, error);
}

/* How many of the stanzas are of a passphrase: one, which is alone, or none.  FALSE if they are not so. */
static gboolean
count_passphrases (const CncHeader *header, guint *n, GError **error)
{
  *n = 0;
  for (guint i = 0; i < header->n_stanzas; i++)
    *n += header->stanzas[i].type == CNC_STANZA_PASSPHRASE;
  if (header->n_stanzas > 0 && (*n == 0 || header->n_stanzas == 1))
    return TRUE;
  g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT, "The picture's header is not one that cnncrypt writes: %s.",
               header->n_stanzas == 0 ? "there is no key" : "a passphrase stands beside another key");
  return FALSE;
}

/* The passphrase stanza of a header, its cost checked. */
static const CncStanza *
passphrase_stanza (const CncHeader *header, GError **error)
{
  guint n_passphrase;

  if (!count_passphrases (header, &n_passphrase, error))
    return NULL;
  if (n_passphrase == 0)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                           "The picture was encrypted for recipients and not with a passphrase; open it with an identity file.");
      return NULL;
    }
  if (!check_cost (cnc_get_u32 (header->stanzas[0].body + AT_OPS), cnc_get_u32 (header->stanzas[0].body + AT_MEMORY), error))
    return NULL;
  return &header->stanzas[0];
}

CncSecret *
cnc_header_unlock_kek (const CncHeader *header, const CncSecret *kek, GError **error)
{
  const CncStanza *stanza;
  CncSecret *file_key = NULL;
  guint8 commitment[CNC_KEY_BYTES], wrap[CNC_KEY_BYTES], key[CNC_KEY_BYTES];

  if (!cnc_seal_init (error))
    return NULL;
  stanza = passphrase_stanza (header, error);
  if (stanza == NULL)
    return NULL;
  /* First, because XChaCha20-Poly1305 alone could open under two keys, and because this tells a wrong passphrase from damage. */
  child (kek, "cc1_comm", commitment);
  if (!cnc_equal (commitment, stanza->body + AT_COMMITMENT, sizeof commitment))
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_WRONG_KEY, "The passphrase is wrong; type it again.");
      return NULL;
    }
  child (kek, "cc1_wrap", wrap);
  if (cnc_aead_open (wrap, stanza->body + AT_NONCE, CNC_AEAD_NONCE_BYTES, stanza->body, AT_NONCE, stanza->body + AT_WRAPPED,
                     CNC_KEY_BYTES + CNC_AEAD_TAG_BYTES, key))
    file_key = cnc_secret_new_key (key, error);
  else
    g_set_error_literal (error, CNC_ERROR, CNC_ERROR_DAMAGED,
                         "The passphrase is right, but the picture's header was altered after it was encrypted; ask for the file again.");
  sodium_memzero (commitment, sizeof commitment);
  sodium_memzero (wrap, sizeof wrap);
  sodium_memzero (key, sizeof key);
  return file_key;
}

CncSecret *
cnc_header_unlock (const CncHeader *header, const CncSecret *passphrase, GError **error)
{
  const CncStanza *stanza;
  g_autoptr (CncSecret) kek = NULL;

  if (!cnc_seal_init (error))
    return NULL;
  stanza = passphrase_stanza (header, error);
  if (stanza == NULL)
    return NULL;
  kek = derive_kek (passphrase, stanza->body + AT_SALT, cnc_get_u32 (stanza->body + AT_OPS), cnc_get_u32 (stanza->body + AT_MEMORY), error);
  return kek != NULL ? cnc_header_unlock_kek (header, kek, error) : NULL;
}

CncSecret *
cnc_header_unlock_identity (const CncHeader *header, const CncSecret *identity, GError **error)
{
  guint8 bodies[CNC_HEADER_MAX_STANZAS][CNC_STANZA_RECIPIENT_BYTES];
  guint n_passphrase;

  if (!count_passphrases (header, &n_passphrase, error))
    return NULL;
  if (n_passphrase > 0)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                           "The picture was encrypted with a passphrase and not for recipients; open it with its passphrase.");
      return NULL;
    }
  for (guint i = 0; i < header->n_stanzas; i++)
    memcpy (bodies[i], header->stanzas[i].body, sizeof bodies[i]);
  return cnc_recipients_open ((const guint8 (*)[CNC_STANZA_RECIPIENT_BYTES]) bodies, header->n_stanzas, identity, error);
}

void
cnc_subkey (const CncSecret *file_key, CncSubkey which, guint8 out[CNC_KEY_BYTES])
{
  static const char contexts[][crypto_kdf_CONTEXTBYTES + 1] = {
    [CNC_SUBKEY_HEADER] = "cc1_head",
    [CNC_SUBKEY_STREAM] = "cc1_strm",
    [CNC_SUBKEY_CHAOS] = "cc1_chao",
    [CNC_SUBKEY_CNN] = "cc1_cnn_",
    [CNC_SUBKEY_IV] = "cc1_iv__",
    [CNC_SUBKEY_FILL] = "cc1_fill",
    [CNC_SUBKEY_SLOT] = "cs1_slot",
    [CNC_SUBKEY_SLOT_COMMITMENT] = "cs1_comm",
    [CNC_SUBKEY_SLOT_INFO] = "cs1_info",
    [CNC_SUBKEY_SLOT_FEATURES] = "cs1_feat",
    [CNC_SUBKEY_CARRIER] = "cg1_carr",
    [CNC_SUBKEY_CARRIER_COMMITMENT] = "cg1_comm",
    [CNC_SUBKEY_CARRIER_SIZE] = "cg1_size",
    [CNC_SUBKEY_CARRIER_KEYSTREAM] = "cg1_keys",
    [CNC_SUBKEY_CARRIER_CHAOS] = "cg1_chao",
    [CNC_SUBKEY_CARRIER_FILL] = "cg1_fill",
  };

  child (file_key, contexts[which], out);
}

static void
header_tag (const guint8 *bytes, gsize size, const CncSecret *file_key, guint8 out[CNC_HEADER_TAG_BYTES])
{
  guint8 key[CNC_KEY_BYTES];

  cnc_subkey (file_key, CNC_SUBKEY_HEADER, key);
  cnc_keyed_hash (key, &bytes, &size, 1, out);
  sodium_memzero (key, sizeof key);
}

void
cnc_header_finish (CncHeader *header, const CncSecret *file_key)
{
  guint8 bytes[CNC_HEADER_MAX_BYTES];

  g_return_if_fail (cnc_header_bytes (header) <= sizeof bytes);
  cnc_header_write (header, bytes);
  cnc_checksum (bytes, cnc_header_checksum_offset (header), header->checksum);
  cnc_header_write (header, bytes);
  header_tag (bytes, cnc_header_tag_offset (header), file_key, header->tag);
}

static gboolean
damaged (GError **error)
{
  g_set_error_literal (
      error, CNC_ERROR, CNC_ERROR_DAMAGED,
      "The picture's header was altered after it was encrypted; ask for the file again, sent as a file and not as a photo.");
  return FALSE;
}

gboolean
cnc_header_check_sum (const CncHeader *header, GError **error)
{
  guint8 bytes[CNC_HEADER_MAX_BYTES], sum[CNC_HEADER_CHECKSUM_BYTES];

  if (cnc_header_bytes (header) > sizeof bytes)
    return damaged (error);
  cnc_header_write (header, bytes);
  cnc_checksum (bytes, cnc_header_checksum_offset (header), sum);
  return cnc_equal (sum, header->checksum, sizeof sum) ? TRUE : damaged (error);
}

gboolean
cnc_header_check_tag (const CncHeader *header, const CncSecret *file_key, GError **error)
{
  guint8 bytes[CNC_HEADER_MAX_BYTES], tag[CNC_HEADER_TAG_BYTES];

  if (cnc_header_bytes (header) > sizeof bytes)
    return damaged (error);
  cnc_header_write (header, bytes);
  header_tag (bytes, cnc_header_tag_offset (header), file_key, tag);
  return cnc_equal (tag, header->tag, sizeof tag) ? TRUE : damaged (error);
}

void
cnc_keyed_hash (const guint8 key[CNC_KEY_BYTES], const guint8 *const *parts, const gsize *sizes, guint n, guint8 out[32])
{
  crypto_generichash_state state;

  (void) crypto_generichash_init (&state, key, CNC_KEY_BYTES, 32);
  for (guint i = 0; i < n; i++)
    (void) crypto_generichash_update (&state, parts[i], sizes[i]);
  (void) crypto_generichash_final (&state, out, 32);
  sodium_memzero (&state, sizeof state);
}

void
cnc_hash (const guint8 *data, gsize size, guint8 out[32])
{
  (void) crypto_generichash (out, 32, data, size, NULL, 0);
}

void
cnc_keystream (const guint8 seed[32], guint64 offset, guint8 *out, gsize size)
{
  static const guint8 nonce[crypto_stream_chacha20_NONCEBYTES];

  g_return_if_fail (offset % 64 == 0);
  if (size == 0)
    return;
  memset (out, 0, size);
  (void) crypto_stream_chacha20_xor_ic (out, out, size, nonce, offset / 64, seed);
}

void
cnc_random (gpointer out, gsize size)
{
  randombytes_buf (out, size);
}

gboolean
cnc_equal (gconstpointer a, gconstpointer b, gsize size)
{
  return sodium_memcmp (a, b, size) == 0;
}
