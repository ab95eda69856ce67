/* core/seal/secret.c: passphrases and keys in guarded memory; where a passphrase is read from. */
#include "seal/secret.h"

#include "base/error.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Text before normalisation may be longer than after it: decomposed letters take up to four times the bytes. */
#define RAW_MAX_BYTES (4 * CNC_PASSPHRASE_MAX_BYTES)

struct _CncSecret
{
  gsize size;
  guint8 *bytes; /* from sodium_malloc: locked, between guard pages, wiped when freed */
};

static gpointer
start (gpointer unused)
{
  const struct rlimit no_core = { 0, 0 };

  if (sodium_init () < 0)
    return NULL;
  /* A dump or a debugger of the same user would show keys.  If either call fails, keys are as safe as in any other program. */
  (void) prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
  (void) setrlimit (RLIMIT_CORE, &no_core);
  return GINT_TO_POINTER (1);
}

gboolean
cnc_seal_init (GError **error)
{
  static GOnce once = G_ONCE_INIT;

  if (g_once (&once, start, NULL) != NULL)
    return TRUE;
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                       "The library libsodium could not start: it found no source of random numbers on this system.");
  return FALSE;
}

static CncSecret *
secret_new (gsize size, GError **error)
{
  CncSecret *secret;

  if (!cnc_seal_init (error))
    return NULL;
  secret = cnc_alloc (1, sizeof *secret, "a key", error);
  if (secret == NULL)
    return NULL;
  secret->size = size;
  secret->bytes = sodium_malloc (size);
  if (secret->bytes == NULL)
    {
      g_free (secret);
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_NO_MEMORY, "Not enough memory for a key; close other programs and try again.");
      return NULL;
    }
  return secret;
}

static gboolean
too_long (GError **error)
{
  g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "The passphrase is longer than %u bytes; choose a shorter one.",
               CNC_PASSPHRASE_MAX_BYTES);
  return FALSE;
}

static gboolean
is_ascii (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if ((guint8) text[i] >= 0x80)
      return FALSE;
  return TRUE;
}

CncSecret *
cnc_secret_new_passphrase (const char *text, gsize length, GError **error)
{
  CncSecret *secret = NULL;
  char *composed = NULL;

  if (length == 0)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                           "The passphrase is empty; type one, or put one into the file's first line.");
      return NULL;
    }
  if (length > RAW_MAX_BYTES)
    {
      too_long (error);
      return NULL;
    }
  if (!g_utf8_validate (text, (gssize) length, NULL))
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                           "The passphrase is not text in UTF-8; save the passphrase file as UTF-8 and try again.");
      return NULL;
    }
  /* ASCII is its own NFC, and this way GLib's working copies never see it. */
  if (!is_ascii (text, length))
    {
      composed = g_utf8_normalize (text, (gssize) length, G_NORMALIZE_DEFAULT_COMPOSE);
      if (composed == NULL)
        {
          g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "The passphrase is not text in UTF-8; type it again.");
          return NULL;
        }
      text = composed;
      length = strlen (composed);
    }
  if (length > CNC_PASSPHRASE_MAX_BYTES)
    too_long (error);
  else
    secret = secret_new (length, error);
  if (secret != NULL)
    {
      memcpy (secret->bytes, text, length);
      (void) sodium_mprotect_readonly (secret->bytes);
    }
  if (composed != NULL)
    {
      sodium_memzero (composed, strlen (composed));
      g_free (composed);
    }
  return secret;
}

/* Reads up to the first line end, the end, or RAW_MAX_BYTES + 1 bytes; one byte at a time, so that what stands after the line stays
 * in the pipe.  Returns the length, or -1 with errno. */
static gssize
read_line (int fd, char *line)
{
  gsize length = 0;

  while (length <= RAW_MAX_BYTES)
    {
      const gssize got = read (fd, line + length, 1);

      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return -1;
      if (got == 0 || line[length] == '\n')
        break;
      length++;
    }
  return (gssize) length;
}

static CncSecret *
secret_from_fd (int fd, const char *where, GError **error)
{
  CncSecret *secret = NULL;
  CncSecret *line = secret_new (RAW_MAX_BYTES + 1, error);
  gssize length;

  if (line == NULL)
    return NULL;
  length = read_line (fd, (char *) line->bytes);
  if (length < 0)
    g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "The passphrase could not be read from %s: %s.", where, g_strerror (errno));
  else
    {
      if (length > 0 && line->bytes[length - 1] == '\r')
        length--;
      secret = cnc_secret_new_passphrase ((const char *) line->bytes, (gsize) length, error);
    }
  cnc_secret_free (line);
  return secret;
}

static CncSecret *
secret_from_file (const char *path, GError **error)
{
  g_autofree char *where = g_filename_display_name (path);
  CncSecret *secret;
  int fd;

  do
    fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);
  while (fd < 0 && errno == EINTR);
  if (fd < 0)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "The passphrase file “%s” could not be opened: %s.", where, g_strerror (errno));
      return NULL;
    }
  secret = secret_from_fd (fd, where, error);
  close (fd);
  return secret;
}

static CncSecret *
secret_from_env (const char *name, GError **error)
{
  const char *value = g_getenv (name);
  gsize length;

  if (value == NULL)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "The environment variable “%s” is not set; it should hold the passphrase.",
                   name);
      return NULL;
    }
  length = strcspn (value, "\n");
  if (length > 0 && value[length - 1] == '\r')
    length--;
  return cnc_secret_new_passphrase (value, length, error);
}

CncSecret *
cnc_secret_new_from_spec (const char *spec, GError **error)
{
  guint64 fd;

  if (g_str_has_prefix (spec, "file:") && spec[5] != '\0')
    return secret_from_file (spec + 5, error);
  if (g_str_has_prefix (spec, "env:") && spec[4] != '\0')
    return secret_from_env (spec + 4, error);
  if (g_str_has_prefix (spec, "fd:") && g_ascii_string_to_unsigned (spec + 3, 10, 0, G_MAXINT, &fd, NULL))
    return secret_from_fd ((int) fd, spec, error);
  /* The text is not repeated: it may well be the passphrase itself. */
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                       "Say where the passphrase is to be read from, as file:PATH, fd:N or env:NAME; it is never given itself.");
  return NULL;
}

CncSecret *
cnc_secret_new_key (const guint8 bytes[CNC_KEY_BYTES], GError **error)
{
  CncSecret *secret = secret_new (CNC_KEY_BYTES, error);

  if (secret == NULL)
    return NULL;
  if (bytes != NULL)
    memcpy (secret->bytes, bytes, CNC_KEY_BYTES);
  else
    randombytes_buf (secret->bytes, CNC_KEY_BYTES);
  (void) sodium_mprotect_readonly (secret->bytes);
  return secret;
}

void
cnc_secret_free (CncSecret *secret)
{
  if (secret == NULL)
    return;
  sodium_free (secret->bytes);
  g_free (secret);
}

const guint8 *
cnc_secret_bytes (const CncSecret *secret)
{
  return secret->bytes;
}

gsize
cnc_secret_size (const CncSecret *secret)
{
  return secret->size;
}

void
cnc_wipe (gpointer memory, gsize size)
{
  sodium_memzero (memory, size);
}

typedef enum
{
  KIND_DIGIT,
  KIND_LOWER,
  KIND_UPPER,
  KIND_SIGN,
  KIND_OTHER,
} Kind;

static Kind
kind_of (gunichar c)
{
  if (g_unichar_isdigit (c))
    return KIND_DIGIT;
  if (c < 0x80 && !g_ascii_isalpha ((char) c))
    return KIND_SIGN;
  return g_unichar_isupper (c) ? KIND_UPPER : g_unichar_islower (c) ? KIND_LOWER : KIND_OTHER;
}

/* Whether the pair stands anywhere in the text before end. */
static gboolean
pair_before (const char *text, const char *end, gunichar first, gunichar second)
{
  gunichar before = 0;

  for (const char *p = text; p < end; p = g_utf8_next_char (p))
    {
      const gunichar c = g_utf8_get_char (p);

      if (before == first && c == second)
        return TRUE;
      before = c;
    }
  return FALSE;
}

double
cnc_passphrase_bits (const char *utf8)
{
  /* What a character brings at the start of a run of its kind, and inside one.  A word of letters is guessed as a word: about 2.2 bits
   * a letter make an ordinary word of six worth the 13 bits that a list of eight thousand words gives it. */
  static const double first[] = { 3.3, 4.7, 4.7, 5.0, 7.0 }, inside[] = { 2.5, 2.2, 2.2, 2.5, 4.0 };
  gunichar before = 0;
  double bits = 0.0;

  if (utf8 == NULL || !g_utf8_validate (utf8, -1, NULL))
    return 0.0;
  /* Long enough is long enough, and looking for pairs takes the square of the length.  No copy of the text is made. */
  for (const char *p = utf8; *p != '\0' && p - utf8 < 1024; p = g_utf8_next_char (p))
    {
      const gunichar c = g_utf8_get_char (p);
      const Kind kind = kind_of (c);
      const gboolean step = before != 0 && c - before + 1 <= 2; /* aaa, abc, 321 */

      if (step || (before != 0 && pair_before (utf8, p, before, c)))
        bits += 0.5;
      else
        bits += before != 0 && kind_of (before) == kind ? inside[kind] : first[kind];
      before = c;
    }
  return bits;
}
