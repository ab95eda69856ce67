/* plugin/keys.h: what locks a picture, a passphrase or recipients, and what opens one, a passphrase or an identity; from arguments and files. */
#pragma once

#include "methods/crypt.h"

G_BEGIN_DECLS

/* One of the two.  Zero-initialised before use. */
typedef struct
{
  CncSecret *passphrase;
  GArray *recipients; /* public keys, CNC_PUBLIC_KEY_BYTES each */
  char *pair;         /* (nullable): the first file of those that is the encoder of a pair: for the method sedd */
} KeysLock;

/* Adds the public keys of a key file or model file.  Errors: those of cnc_holder_recipients. */
gboolean keys_lock_add_file (KeysLock *lock, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* files: the paths of key files, one a line; where it is empty, the passphrase comes from source (see host_passphrase).  BAD_ARGUMENT: both are named. */
gboolean keys_lock_read (KeysLock *lock, const char *source, const char *files, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* For one picture; runs Argon2id for a passphrase.  Errors: those of cnc_lock_new_passphrase and cnc_lock_new_recipients. */
CncLock *keys_lock_new (const KeysLock *lock, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* What the method encrypts with: model (nullable), or else the pair among the recipients' files; see CncEncryptParams.  BAD_ARGUMENT: the method needs a pair, and there is none. */
gboolean keys_lock_model (const KeysLock *lock, const CncMethod *method, const char *model, const char **found, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void keys_lock_clear (KeysLock *lock);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (KeysLock, keys_lock_clear)

/* Zero-initialised before use. */
typedef struct
{
  CncSecret *secret;
  char *file;       /* (nullable) */
  CncOpener opener; /* its secret and its file are those above */
} KeysOpener;

/* identity: the path of an identity file or model file; source is its passphrase's then, and is not looked at where the identity is not locked.  Empty:
 * source is that of the picture's passphrase.  Errors: those of cnc_holder_identity, cnc_identity_open and host_passphrase. */
gboolean keys_opener_read (KeysOpener *opener, const char *source, const char *identity, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* secret: (transfer full) */
void keys_opener_take (KeysOpener *opener, CncSecret *secret, gboolean is_identity);
void keys_opener_clear (KeysOpener *opener);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (KeysOpener, keys_opener_clear)

G_END_DECLS
