/* What locks a picture, and what opens one. */
#include "keys.h"

#include "base/error.h"
#include "host.h"
#include "methods/holder.h"
#include "methods/sedd/pair.h"

gboolean
keys_lock_add_file (KeysLock *lock, const char *path, GError **error)
{
  if (lock->recipients == NULL)
    lock->recipients = g_array_new (FALSE, FALSE, CNC_PUBLIC_KEY_BYTES);
  if (!cnc_holder_recipients (path, lock->recipients, error))
    return FALSE;
  if (lock->pair == NULL && cnc_sedd_is_encoder (path))
    lock->pair = g_strdup (path);
  return TRUE;
}

gboolean
keys_lock_model (const KeysLock *lock, const CncMethod *method, const char *model, const char **found, GError **error)
{
  *found = model;
  if (method->number != CNC_METHOD_SEDD || model != NULL)
    return TRUE;
  *found = lock->pair;
  if (lock->pair == NULL)
    g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                 ("The method “%s” needs a pair: give its encoder file (NAME%s) as a recipient, and no passphrase."), method->id,
                 CNC_SEDD_ENCODER_ENDING);
  return lock->pair != NULL;
}

gboolean
keys_lock_read (KeysLock *lock, const char *source, const char *files, GError **error)
{
  g_auto (GStrv) paths = g_strsplit (files != NULL ? files : "", "\n", -1);

  for (guint i = 0; paths[i] != NULL; i++)
    if (*paths[i] != '\0' && !keys_lock_add_file (lock, paths[i], error))
      return FALSE;
  if (lock->recipients == NULL)
    {
      lock->passphrase = host_passphrase (source, error);
      return lock->passphrase != NULL;
    }
  if (source == NULL || *source == '\0')
    return TRUE;
  g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
               "A picture is encrypted with a passphrase or for recipients, not both; leave one of the two empty.");
  return FALSE;
}

CncLock *
keys_lock_new (const KeysLock *lock, GError **error)
{
  if (lock->recipients != NULL)
    return cnc_lock_new_recipients ((const guint8 (*)[CNC_PUBLIC_KEY_BYTES]) (gconstpointer) lock->recipients->data, lock->recipients->len,
                                    error);
  return cnc_lock_new_passphrase (lock->passphrase, NULL, error);
}

void
keys_lock_clear (KeysLock *lock)
{
  cnc_secret_free (lock->passphrase);
  if (lock->recipients != NULL)
    g_array_unref (lock->recipients);
  g_free (lock->pair);
  *lock = (KeysLock){ NULL, NULL, NULL };
}

gboolean
keys_opener_read (KeysOpener *opener, const char *source, const char *identity, GError **error)
{
  g_autoptr (CncIdentity) own = NULL;
  g_autoptr (CncSecret) passphrase = NULL;
  CncSecret *secret = NULL;

  if (identity != NULL && *identity != '\0')
    {
      own = cnc_holder_identity (identity, error);
      if (own == NULL)
        return FALSE;
    }
  if (own == NULL || cnc_identity_is_locked (own))
    {
      passphrase = host_passphrase (source, error);
      if (passphrase == NULL)
        return FALSE;
    }
  secret = own != NULL ? cnc_identity_open (own, passphrase, error) : g_steal_pointer (&passphrase);
  keys_opener_take (opener, secret, own != NULL);
  if (own != NULL)
    opener->opener.file = opener->file = g_strdup (identity);
  return secret != NULL;
}

void
keys_opener_take (KeysOpener *opener, CncSecret *secret, gboolean is_identity)
{
  keys_opener_clear (opener);
  opener->secret = secret;
  opener->opener.identity = is_identity ? secret : NULL;
  opener->opener.passphrase = is_identity ? NULL : secret;
}

void
keys_opener_clear (KeysOpener *opener)
{
  cnc_secret_free (opener->secret);
  g_free (opener->file);
  *opener = (KeysOpener){ NULL, NULL, { NULL, NULL, NULL } };
}
