/* core/seal/keyfile.c: key files, see keyfile.h.  Whatever may hold a secret key stands in locked memory. */
#include "seal/keyfile.h"

#include "base/error.h"
#include "base/memory.h"
#include "seal/primitives.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sodium.h>
#include <unistd.h>

#define CHECK_BYTES 4u
#define MOST_BYTES (CNC_STANZA_PASSPHRASE_BYTES + CHECK_BYTES)
#define MOST_NAME 8u
#define BASE64 sodium_base64_VARIANT_URLSAFE_NO_PADDING

/* Kinds of lines; all lengths are whole multiples of 3, so that every text stands for bytes and every bytes for one text. */
typedef enum
{
  LINE_RECIPIENT,
  LINE_OPEN,
  LINE_LOCKED,
} Line;

static const struct
{
  const char *name;
  guint bytes;
} lines[] = {
  [LINE_RECIPIENT] = { "cncpub1", CNC_PUBLIC_KEY_BYTES },
  [LINE_OPEN] = { "cncsec1", CNC_KEY_BYTES },
  [LINE_LOCKED] = { "cnclock1", CNC_STANZA_PASSPHRASE_BYTES },
};

struct _CncIdentity
{
  CncSecret *open;  /* (nullable) */
  CncStanza locked; /* if not open */
};

/* What a line says, in locked memory. */
typedef struct
{
  Line kind;
  guint8 bytes[MOST_BYTES];
} Parsed;

static gpointer
locked_new (gsize size, GError **error)
{
  gpointer memory = cnc_seal_init (error) ? sodium_malloc (size) : NULL;

  if (memory == NULL && (error == NULL || *error == NULL))
    g_set_error_literal (error, CNC_ERROR, CNC_ERROR_NO_MEMORY, "Not enough memory for a key; close other programs and try again.");
  return memory;
}

/* ---- lines ---- */

static void
check_of (Line kind, const guint8 *bytes, guint8 out[CHECK_BYTES])
{
  guint8 all[MOST_NAME + CNC_STANZA_PASSPHRASE_BYTES], sum[16];
  const gsize name = strlen (lines[kind].name);

  memcpy (all, lines[kind].name, name);
  memcpy (all + name, bytes, lines[kind].bytes);
  cnc_checksum (all, name + lines[kind].bytes, sum);
  memcpy (out, sum, CHECK_BYTES);
  sodium_memzero (all, sizeof all);
}

/* out: room for MOST_NAME and the base64 of MOST_BYTES. */
#define LINE_ROOM (MOST_NAME + sodium_base64_ENCODED_LEN (MOST_BYTES, BASE64))

static void
write_line (Line kind, const guint8 *bytes, char *out)
{
  const gsize name = strlen (lines[kind].name), n = lines[kind].bytes + CHECK_BYTES;
  guint8 all[MOST_BYTES];

  memcpy (all, bytes, lines[kind].bytes);
  check_of (kind, bytes, all + lines[kind].bytes);
  memcpy (out, lines[kind].name, name);
  (void) sodium_bin2base64 (out + name, sodium_base64_encoded_len (n, BASE64), all, n, BASE64);
  sodium_memzero (all, sizeof all);
}

static gboolean
no_key (GError **error)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT,
                       "this is no key (cncpub1…, cncsec1… or cnclock1…) and no comment (#…); take the key file as it was made.");
  return FALSE;
}

static gboolean
mistyped (GError **error)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT, "this key was changed or mistyped; ask for it again, as a file.");
  return FALSE;
}

/* text: n characters without white space around them.  Messages begin in the middle of a sentence. */
static gboolean
read_line (const char *text, gsize n, Parsed *parsed, GError **error)
{
  static const char *const families[] = { "cncpub", "cncsec", "cnclock" };
  gsize name = 0, length = 0;
  guint8 check[CHECK_BYTES];

  for (guint i = 0; i < G_N_ELEMENTS (lines) && name == 0; i++)
    if (n >= strlen (lines[i].name) && memcmp (text, lines[i].name, strlen (lines[i].name)) == 0)
      {
        parsed->kind = (Line) i;
        name = strlen (lines[i].name);
      }
  for (guint i = 0; i < G_N_ELEMENTS (families) && name == 0; i++)
    if (n > strlen (families[i]) && memcmp (text, families[i], strlen (families[i])) == 0 && g_ascii_isdigit (text[strlen (families[i])]))
      {
        g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_VERSION,
                             "this key was made by a newer cnncrypt; install the newest version and try again.");
        return FALSE;
      }
  if (name == 0)
    return no_key (error);
  if (sodium_base642bin (parsed->bytes, sizeof parsed->bytes, text + name, n - name, NULL, &length, NULL, BASE64) != 0
      || length != lines[parsed->kind].bytes + CHECK_BYTES)
    return mistyped (error);
  check_of (parsed->kind, parsed->bytes, check);
  return cnc_equal (check, parsed->bytes + lines[parsed->kind].bytes, CHECK_BYTES) || mistyped (error);
}

static gboolean
is_identity (GError **error)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                       "this is an identity, which opens pictures and is never given away; a recipient is named by the public key "
                       "(cncpub1…, in the file that ends in .pub).");
  return FALSE;
}

static gboolean
is_recipient (GError **error)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                       "this is a public key, which encrypts pictures and does not open them; name the identity that was made with it "
                       "(in the file that ends in .identity).");
  return FALSE;
}

/* What to do with a line; data: of the caller. */
typedef gboolean (*LineFunc) (const Parsed *parsed, gpointer data, GError **error);

static gboolean
take_recipient (const Parsed *parsed, gpointer data, GError **error)
{
  GArray *keys = data;

  if (parsed->kind != LINE_RECIPIENT)
    return is_identity (error);
  g_array_append_vals (keys, parsed->bytes, 1);
  return TRUE;
}

static gboolean
take_identity (const Parsed *parsed, gpointer data, GError **error)
{
  CncIdentity **taken = data;
  CncIdentity *identity;

  if (parsed->kind == LINE_RECIPIENT)
    return is_recipient (error);
  if (*taken != NULL)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT,
                           "this is a second identity; put each into a file of its own, and name the one to open with.");
      return FALSE;
    }
  identity = g_new0 (CncIdentity, 1);
  *taken = identity;
  if (parsed->kind == LINE_OPEN)
    {
      identity->open = cnc_secret_new_key (parsed->bytes, error);
      return identity->open != NULL;
    }
  identity->locked.type = CNC_STANZA_PASSPHRASE;
  memcpy (identity->locked.body, parsed->bytes, CNC_STANZA_PASSPHRASE_BYTES);
  return TRUE;
}

static gboolean
parse_text (const char *text, LineFunc take, gpointer data, GError **error)
{
  Parsed *parsed = locked_new (sizeof *parsed, error);
  const char *end = text + strlen (text);
  gboolean good;

  if (parsed == NULL)
    return FALSE;
  while (g_ascii_isspace (*text))
    text++;
  while (end > text && g_ascii_isspace (end[-1]))
    end--;
  good = read_line (text, (gsize) (end - text), parsed, error) && take (parsed, data, error);
  sodium_free (parsed);
  return good;
}

/* ---- files ---- */

/* Reads up to CNC_KEY_FILE_MAX_BYTES + 1 bytes.  Returns how many, or -1 with errno. */
static gssize
read_bytes (const char *path, char *text)
{
  gssize length = 0, got = 1;
  int fd, problem;

  do
    fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);
  while (fd < 0 && errno == EINTR);
  if (fd < 0)
    return -1;
  while (got != 0 && length <= (gssize) CNC_KEY_FILE_MAX_BYTES)
    {
      got = read (fd, text + length, CNC_KEY_FILE_MAX_BYTES + 1 - (gsize) length);
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        break;
      length += got;
    }
  problem = errno;
  close (fd);
  errno = problem;
  return got < 0 ? -1 : length;
}

static gboolean
parse_lines (const char *text, gsize length, const char *where, LineFunc take, gpointer data, guint *n, GError **error)
{
  static const char mark[] = "\xef\xbb\xbf"; /* which some editors put in front */
  Parsed *parsed = locked_new (sizeof *parsed, error);
  gsize at = length >= 3 && memcmp (text, mark, 3) == 0 ? 3 : 0;
  gboolean good = parsed != NULL;

  *n = 0;
  for (guint number = 1; good && at < length; number++)
    {
      const char *newline = memchr (text + at, '\n', length - at);
      gsize begin = at, end = newline != NULL ? (gsize) (newline - text) : length;
      g_autoptr (GError) problem = NULL;

      at = end + 1;
      while (begin < end && g_ascii_isspace (text[begin]))
        begin++;
      while (end > begin && g_ascii_isspace (text[end - 1]))
        end--;
      if (begin == end || text[begin] == '#')
        continue;
      ++*n;
      good = read_line (text + begin, end - begin, parsed, &problem) && take (parsed, data, &problem);
      if (!good)
        g_set_error (error, CNC_ERROR, problem->code, "“%s”, line %u: %s", where, number, problem->message);
    }
  sodium_free (parsed);
  return good;
}

static gboolean
parse_file (const char *path, LineFunc take, gpointer data, guint *n, GError **error)
{
  g_autofree char *where = g_filename_display_name (path);
  char *text = locked_new (CNC_KEY_FILE_MAX_BYTES + 1, error);
  gboolean good = FALSE;
  gssize length;

  if (text == NULL)
    return FALSE;
  length = read_bytes (path, text);
  if (length < 0)
    g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "The key file “%s” could not be read: %s.", where, g_strerror (errno));
  else if (length > (gssize) CNC_KEY_FILE_MAX_BYTES || memchr (text, '\0', (gsize) length) != NULL)
    g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT, "“%s” is no key file, which is a short text; name another file.", where);
  else
    good = parse_lines (text, (gsize) length, where, take, data, n, error);
  sodium_free (text);
  return good;
}

/* ---- public keys ---- */

char *
cnc_recipient_text (const guint8 key[CNC_PUBLIC_KEY_BYTES])
{
  char line[LINE_ROOM];

  write_line (LINE_RECIPIENT, key, line);
  return g_strdup (line);
}

char *
cnc_recipient_fingerprint (const guint8 key[CNC_PUBLIC_KEY_BYTES])
{
  guint8 h[32];

  cnc_hash (key, CNC_PUBLIC_KEY_BYTES, h);
  return g_strdup_printf ("%02x%02x %02x%02x %02x%02x %02x%02x %02x%02x", h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], h[8], h[9]);
}

/* A text alone: what is wrong with it begins a sentence then. */
static gboolean
parse_sentence (const char *text, LineFunc take, gpointer data, GError **error)
{
  GError *problem = NULL;

  if (parse_text (text, take, data, &problem))
    return TRUE;
  if (problem->message[0] == 't')
    problem->message[0] = 'T';
  g_propagate_error (error, problem);
  return FALSE;
}

gboolean
cnc_recipient_parse (const char *text, guint8 key[CNC_PUBLIC_KEY_BYTES], GError **error)
{
  g_autoptr (GArray) keys = g_array_new (FALSE, FALSE, CNC_PUBLIC_KEY_BYTES);

  if (!parse_sentence (text, take_recipient, keys, error))
    return FALSE;
  memcpy (key, keys->data, CNC_PUBLIC_KEY_BYTES);
  return TRUE;
}

gboolean
cnc_recipients_read (const char *path, GArray *keys, GError **error)
{
  const guint before = keys->len;
  guint n = 0;

  if (parse_file (path, take_recipient, keys, &n, error))
    {
      g_autofree char *where = g_filename_display_name (path);

      if (n > 0 && n <= CNC_RECIPIENTS_MAX)
        return TRUE;
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT,
                   n == 0 ? "“%s” holds no key; name a file that ends in .pub."
                          : "“%s” holds more keys than the %u that a picture can be for.",
                   where, CNC_RECIPIENTS_MAX);
    }
  g_array_set_size (keys, before);
  return FALSE;
}

/* ---- identities ---- */

CncIdentity *
cnc_identity_parse (const char *text, GError **error)
{
  g_autoptr (CncIdentity) identity = NULL;

  return parse_sentence (text, take_identity, &identity, error) ? g_steal_pointer (&identity) : NULL;
}

CncIdentity *
cnc_identity_read (const char *path, GError **error)
{
  g_autoptr (CncIdentity) identity = NULL;
  guint n = 0;

  if (!parse_file (path, take_identity, &identity, &n, error))
    return NULL;
  if (n == 0)
    {
      g_autofree char *where = g_filename_display_name (path);

      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT, "“%s” holds no identity; name a file that ends in .identity.", where);
    }
  return g_steal_pointer (&identity);
}

void
cnc_identity_free (CncIdentity *identity)
{
  if (identity == NULL)
    return;
  cnc_secret_free (identity->open);
  g_free (identity);
}

gboolean
cnc_identity_is_locked (const CncIdentity *identity)
{
  return identity->open == NULL;
}

CncSecret *
cnc_identity_open (const CncIdentity *identity, const CncSecret *passphrase, GError **error)
{
  CncHeader header = { .n_stanzas = 1 };
  GError *problem = NULL;
  CncSecret *secret;

  if (identity->open != NULL)
    return cnc_secret_new_key (cnc_secret_bytes (identity->open), error);
  if (passphrase == NULL)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                           "The identity is locked with a passphrase; say where that is read from.");
      return NULL;
    }
  header.stanzas[0] = identity->locked;
  secret = cnc_header_unlock (&header, passphrase, &problem);
  if (secret != NULL)
    return secret;
  /* The same faults, of a file instead of a picture. */
  if (g_error_matches (problem, CNC_ERROR, CNC_ERROR_WRONG_KEY))
    g_set_error_literal (error, CNC_ERROR, CNC_ERROR_WRONG_KEY, "The passphrase of the identity is wrong; type it again.");
  else if (g_error_matches (problem, CNC_ERROR, CNC_ERROR_DAMAGED))
    g_set_error_literal (error, CNC_ERROR, CNC_ERROR_DAMAGED,
                         "The passphrase is right, but the identity file was altered after it was made; take a copy of it.");
  else if (g_error_matches (problem, CNC_ERROR, CNC_ERROR_KDF_REFUSED))
    g_set_error_literal (
        error, CNC_ERROR, CNC_ERROR_KDF_REFUSED,
        "The identity file asks for more or less work on its passphrase than is accepted, so it is not opened; take another.");
  else
    {
      g_propagate_error (error, problem);
      return NULL;
    }
  g_error_free (problem);
  return NULL;
}

char *
cnc_identity_text (const CncSecret *secret, const CncSecret *passphrase, const CncKdfParams *params, GError **error)
{
  char line[LINE_ROOM], *text;
  CncStanza stanza;

  if (passphrase != NULL && !cnc_stanza_seal_passphrase (&stanza, passphrase, params, secret, error))
    return NULL;
  write_line (passphrase != NULL ? LINE_LOCKED : LINE_OPEN, passphrase != NULL ? stanza.body : cnc_secret_bytes (secret), line);
  text = g_strdup (line);
  sodium_memzero (line, sizeof line);
  return text;
}

/* ---- making ---- */

static gboolean
write_file (const char *path, int mode, const char *text, GError **error)
{
  g_autofree char *where = g_filename_display_name (path);
  const gsize length = strlen (text);
  gsize done = 0;
  gboolean good;
  int fd, problem;

  fd = g_open (path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode);
  if (fd < 0)
    {
      if (errno == EEXIST)
        g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "“%s” is there already and was not touched; choose another name.", where);
      else
        g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "“%s” cannot be made: %s.", where, g_strerror (errno));
      return FALSE;
    }
  for (good = TRUE; good && done < length;)
    {
      const gssize got = write (fd, text + done, length - done);

      if (got >= 0)
        done += (gsize) got;
      else
        good = errno == EINTR;
    }
  good = good && fsync (fd) == 0;
  problem = errno;
  good = close (fd) == 0 && good;
  if (good)
    return TRUE;
  g_unlink (path);
  g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "“%s” could not be written: %s.", where, g_strerror (problem));
  return FALSE;
}

gboolean
cnc_keys_make (const char *name, const CncSecret *passphrase, const CncKdfParams *params, guint8 public_key[CNC_PUBLIC_KEY_BYTES],
               GError **error)
{
  g_autofree char *pub = g_strconcat (name, ".pub", NULL), *own = g_strconcat (name, ".identity", NULL);
  g_autoptr (CncSecret) secret = cnc_secret_new_key (NULL, error);
  g_autofree char *base = g_path_get_basename (name), *shown = g_filename_display_name (base);
  g_autofree char *key = NULL, *fingerprint = NULL, *public_text = NULL, *line = NULL, *identity_text = NULL;
  gboolean good;

  if (secret == NULL)
    return FALSE;
  cnc_public_key (secret, public_key);
  key = cnc_recipient_text (public_key);
  fingerprint = cnc_recipient_fingerprint (public_key);
  g_strdelimit (shown, "\r\n", ' ');
  public_text = g_strdup_printf ("# %s: a public key of cnncrypt; fingerprint %s\n%s\n", shown, fingerprint, key);
  line = cnc_identity_text (secret, passphrase, params, error);
  if (line == NULL)
    return FALSE;
  identity_text = g_strdup_printf ("# %s: an identity of cnncrypt; keep it to yourself, and keep a copy\n# its public key: %s\n%s\n", shown,
                                   key, line);
  good = write_file (own, 0600, identity_text, error);
  if (good && !write_file (pub, 0666, public_text, error))
    {
      g_unlink (own);
      good = FALSE;
    }
  sodium_memzero (line, strlen (line));
  sodium_memzero (identity_text, strlen (identity_text));
  return good;
}
