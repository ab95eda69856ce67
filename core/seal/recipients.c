/* core/seal/recipients.c: sealed boxes for recipients, see recipients.h. */
#include "seal/recipients.h"

#include "base/error.h"
#include "seal/primitives.h"

#include <sodium.h>
#include <string.h>

G_STATIC_ASSERT (CNC_PUBLIC_KEY_BYTES == crypto_box_PUBLICKEYBYTES && CNC_KEY_BYTES == crypto_box_SECRETKEYBYTES);
G_STATIC_ASSERT (CNC_STANZA_RECIPIENT_BYTES == CNC_KEY_BYTES + crypto_box_SEALBYTES);

void
cnc_public_key (const CncSecret *secret, guint8 out[CNC_PUBLIC_KEY_BYTES])
{
  (void) crypto_scalarmult_base (out, cnc_secret_bytes (secret));
}

/* Whether what two people share by this point is the same for everybody. */
static gboolean
has_low_order (const guint8 point[CNC_PUBLIC_KEY_BYTES], const guint8 secret[CNC_KEY_BYTES])
{
  guint8 shared[CNC_X25519_BYTES];
  const gboolean good = cnc_x25519 (secret, CNC_KEY_BYTES, point, CNC_PUBLIC_KEY_BYTES, shared);

  sodium_memzero (shared, sizeof shared);
  return !good;
}

/* Those that differ, in any order.  Returns how many; more than CNC_RECIPIENTS_MAX are not listed. */
static guint
choose (const guint8 (*keys)[CNC_PUBLIC_KEY_BYTES], guint n, guint chosen[CNC_RECIPIENTS_MAX])
{
  guint count = 0;

  for (guint i = 0; i < n; i++)
    {
      guint same = 0;

      while (same < MIN (count, CNC_RECIPIENTS_MAX) && memcmp (keys[chosen[same]], keys[i], CNC_PUBLIC_KEY_BYTES) != 0)
        same++;
      if (same < MIN (count, CNC_RECIPIENTS_MAX))
        continue;
      if (count < CNC_RECIPIENTS_MAX)
        chosen[count] = i;
      count++;
    }
  for (guint i = MIN (count, CNC_RECIPIENTS_MAX); i > 1; i--)
    {
      const guint j = randombytes_uniform (i), last = chosen[i - 1];

      chosen[i - 1] = chosen[j];
      chosen[j] = last;
    }
  return count;
}

guint
cnc_recipients_seal (const guint8 (*keys)[CNC_PUBLIC_KEY_BYTES], guint n, const CncSecret *file_key,
                     guint8 (*bodies)[CNC_STANZA_RECIPIENT_BYTES], GError **error)
{
  guint chosen[CNC_RECIPIENTS_MAX], count;

  if (!cnc_seal_init (error))
    return 0;
  count = choose (keys, n, chosen);
  if (count == 0 || count > CNC_RECIPIENTS_MAX)
    {
      if (count == 0)
        g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "There is no recipient; name at least one public key.");
      else
        g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                     "There are %u recipients, and a picture is for %u at most; encrypt it twice, for some of them each.", count,
                     CNC_RECIPIENTS_MAX);
      return 0;
    }
  for (guint i = 0; i < count; i++)
    {
      const guint8 *key = keys[chosen[i]];

      if (!has_low_order (key, cnc_secret_bytes (file_key))
          && crypto_box_seal (bodies[i], cnc_secret_bytes (file_key), CNC_KEY_BYTES, key) == 0)
        continue;
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                   "Recipient number %u is no public key that keeps a secret (a point of low order): everybody could open the picture. Ask "
                   "that person for another one.",
                   chosen[i] + 1);
      return 0;
    }
  return count;
}

CncSecret *
cnc_recipients_open (const guint8 (*bodies)[CNC_STANZA_RECIPIENT_BYTES], guint n, const CncSecret *identity, GError **error)
{
  guint8 public_key[CNC_PUBLIC_KEY_BYTES], key[CNC_KEY_BYTES];
  CncSecret *file_key = NULL;
  gboolean opened = FALSE;

  if (!cnc_seal_init (error))
    return NULL;
  for (guint i = 0; i < n; i++)
    if (has_low_order (bodies[i], cnc_secret_bytes (identity)))
      {
        g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT,
                     "The picture's header is not one that cnncrypt writes (key %u of %u has a point of low order); the file was altered, "
                     "ask for it again.",
                     i + 1, n);
        return NULL;
      }
  cnc_public_key (identity, public_key);
  for (guint i = 0; i < n && !opened; i++)
    opened = crypto_box_seal_open (key, bodies[i], CNC_STANZA_RECIPIENT_BYTES, public_key, cnc_secret_bytes (identity)) == 0;
  if (opened)
    file_key = cnc_secret_new_key (key, error);
  else if (n == 1)
    g_set_error_literal (
        error, CNC_ERROR, CNC_ERROR_WRONG_KEY,
        "The picture was encrypted for somebody else and not for this identity; take another one, or ask the sender to encrypt it for your "
        "public key.");
  else
    g_set_error (error, CNC_ERROR, CNC_ERROR_WRONG_KEY,
                 "The picture was encrypted for %u recipients, and this identity is none of them; take another one, or ask the sender to "
                 "encrypt it for your public key.",
                 n);
  sodium_memzero (key, sizeof key);
  return file_key;
}
