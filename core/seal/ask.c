/* core/seal/ask.c: asks for a passphrase on the terminal, see ask.h. */
#include "seal/ask.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sodium.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define MOST_BYTES (4u * CNC_PASSPHRASE_MAX_BYTES)

enum
{
  KEY_INTERRUPT = 3,
  KEY_END = 4,
  KEY_BACKSPACE = 8,
  KEY_CLEAR = 21,
  KEY_DELETE = 127,
};

static gboolean
say (int fd, const char *text)
{
  return write (fd, text, strlen (text)) == (gssize) strlen (text);
}

static gboolean
cancelled (GError **error)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_CANCELLED, "No passphrase was typed; nothing was done.");
  return FALSE;
}

/* Key by key: so Ctrl+C and others come as keys, and leave nothing of the terminal changed. */
static gboolean
read_keys (int fd, char *line, gsize *length, GError **error)
{
  *length = 0;
  for (;;)
    {
      char key;
      const gssize got = read (fd, &key, 1);

      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        {
          g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "The passphrase could not be read from the terminal: %s.", g_strerror (errno));
          return FALSE;
        }
      if (got == 0 || key == KEY_INTERRUPT || (key == KEY_END && *length == 0))
        return cancelled (error);
      if (key == '\n' || key == '\r' || key == KEY_END)
        return TRUE;
      if (key == KEY_CLEAR)
        *length = 0;
      else if (key == KEY_BACKSPACE || key == KEY_DELETE)
        {
          /* one letter, which may be several bytes of UTF-8 */
          while (*length > 0 && (line[--*length] & 0xc0) == 0x80)
            ;
        }
      else if (*length < MOST_BYTES + 1)
        line[(*length)++] = key;
    }
}

static gboolean
ask_once (int fd, const char *prompt, char *line, gsize *length, GError **error)
{
  struct termios before, quiet;
  gboolean good;

  if (tcgetattr (fd, &before) != 0)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "The terminal cannot be asked: %s.", g_strerror (errno));
      return FALSE;
    }
  quiet = before;
  quiet.c_lflag &= ~(tcflag_t) (ECHO | ECHONL | ICANON | ISIG | IEXTEN);
  quiet.c_cc[VMIN] = 1;
  quiet.c_cc[VTIME] = 0;
  good = tcsetattr (fd, TCSAFLUSH, &quiet) == 0 && say (fd, prompt) && say (fd, ": ");
  if (!good)
    g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "The terminal cannot be asked: %s.", g_strerror (errno));
  good = good && read_keys (fd, line, length, error);
  (void) tcsetattr (fd, TCSAFLUSH, &before);
  (void) say (fd, "\n");
  return good;
}

static CncSecret *
ask (int fd, const char *prompt, gboolean twice, char *lines, GError **error)
{
  gsize length, again;

  if (!ask_once (fd, prompt, lines, &length, error))
    return NULL;
  if (twice)
    {
      g_autofree char *repeat = g_strconcat (prompt, ", again", NULL);
      char *second = lines + MOST_BYTES + 1;

      if (!ask_once (fd, repeat, second, &again, error))
        return NULL;
      if (length != again || sodium_memcmp (lines, second, length) != 0)
        {
          g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "The two passphrases differ; nothing was done. Try again.");
          return NULL;
        }
    }
  return cnc_secret_new_passphrase (lines, length, error);
}

CncSecret *
cnc_ask_passphrase (const char *prompt, gboolean twice, GError **error)
{
  CncSecret *secret = NULL;
  char *lines;
  int fd;

  if (!cnc_seal_init (error))
    return NULL;
  fd = g_open ("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY, 0);
  if (fd < 0)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                           "There is no terminal to ask for the passphrase; name a file with it: --passphrase-file FILE.");
      return NULL;
    }
  lines = sodium_malloc (2 * (MOST_BYTES + 1));
  if (lines == NULL)
    g_set_error_literal (error, CNC_ERROR, CNC_ERROR_NO_MEMORY, "Not enough memory for a passphrase; close other programs and try again.");
  else
    secret = ask (fd, prompt, twice, lines, error);
  sodium_free (lines);
  close (fd);
  return secret;
}
