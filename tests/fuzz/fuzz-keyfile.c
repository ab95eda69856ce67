/* Key files: as lines, and as whole files of recipients and of an identity, which nobody's passphrase opens here. */
#include "fuzz.h"

#include "seal/keyfile.h"

#include <sys/mman.h>
#include <unistd.h>

static void
read_lines (const char *text)
{
  g_autoptr (CncIdentity) identity = cnc_identity_parse (text, NULL);
  g_autoptr (CncSecret) secret = NULL;
  guint8 key[CNC_PUBLIC_KEY_BYTES];

  if (cnc_recipient_parse (text, key, NULL))
    {
      g_autofree char *line = cnc_recipient_text (key), *seen = g_strstrip (g_strdup (text));

      g_assert (identity == NULL && strcmp (line, seen) == 0);
    }
  if (identity == NULL || cnc_identity_is_locked (identity))
    return;
  secret = cnc_identity_open (identity, NULL, NULL);
  g_assert (secret != NULL);
}

static void
read_file (const guint8 *data, gsize size)
{
  const int fd = memfd_create ("keys", MFD_CLOEXEC);
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autoptr (GArray) keys = g_array_new (FALSE, FALSE, CNC_PUBLIC_KEY_BYTES);
  g_autoptr (CncIdentity) identity = NULL;

  g_assert (fd >= 0 && write (fd, data, size) == (gssize) size);
  if (cnc_recipients_read (path, keys, NULL))
    g_assert (keys->len >= 1 && keys->len <= CNC_RECIPIENTS_MAX);
  else
    g_assert (keys->len == 0);
  identity = cnc_identity_read (path, NULL);
  g_assert (identity == NULL || keys->len == 0);
  close (fd);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = NULL;

  if (!cnc_seal_init (NULL) || size > 2 * CNC_KEY_FILE_MAX_BYTES)
    return 0;
  text = g_strndup ((const char *) data, size);
  read_lines (text);
  read_file (data, size);
  return 0;
}
