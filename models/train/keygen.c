/* models/train/keygen.c: cnncrypt-train keygen, which makes a pair of keys for recipients. */
#include "train.h"

#include "base/error.h"
#include "seal/ask.h"
#include "seal/keyfile.h"

#include <stdio.h>

CncSecret *
train_new_passphrase (const char *path, const char *what, GError **error)
{
  g_autofree char *prompt = g_strdup_printf ("Passphrase of %s", what);
  g_autofree char *spec = path != NULL ? g_strconcat ("file:", path, NULL) : NULL;

  return spec != NULL ? cnc_secret_new_from_spec (spec, error) : cnc_ask_passphrase (prompt, TRUE, error);
}

/* Before anybody is asked for a passphrase. */
static gboolean
is_free (const char *name, const char *suffix, GError **error)
{
  g_autofree char *path = g_strconcat (name, suffix, NULL);
  g_autofree char *shown = g_filename_display_name (path);

  if (!g_file_test (path, G_FILE_TEST_EXISTS | G_FILE_TEST_IS_SYMLINK))
    return TRUE;
  g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "“%s” is there already and was not touched; choose another name.", shown);
  return FALSE;
}

gboolean
train_keygen_command (const TrainKeygenOptions *options, GError **error)
{
  g_autofree char *shown = g_filename_display_name (options->name), *key = NULL, *fingerprint = NULL;
  g_autoptr (CncSecret) passphrase = NULL;
  guint8 public_key[CNC_PUBLIC_KEY_BYTES];

  if (!cnc_seal_init (error) || !is_free (options->name, ".identity", error) || !is_free (options->name, ".pub", error))
    return FALSE;
  if (!options->open)
    {
      passphrase = train_new_passphrase (options->passphrase_file, "the new identity", error);
      if (passphrase == NULL)
        return FALSE;
    }
  if (!cnc_keys_make (options->name, passphrase, NULL, public_key, error))
    return FALSE;
  key = cnc_recipient_text (public_key);
  fingerprint = cnc_recipient_fingerprint (public_key);
  printf ("%s.pub: the public key, to be sent to whoever encrypts pictures for you; fingerprint %s\n%s\n", shown, fingerprint, key);
  printf ("%s.identity: opens them%s; keep it to yourself, and keep a copy: without it nobody opens them\n", shown,
          options->open ? ", and is NOT locked: whoever has the file has the pictures" : ", with its passphrase");
  return TRUE;
}
