/* core/methods/holder.c: keys from key files and model files, see holder.h. */
#include "methods/holder.h"

#include "base/error.h"
#include "base/memory.h"
#include "nn/safetensors.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* Model files begin with the length of a JSON object (u64); no text has zeros there. */
static gboolean
is_model (const char *path)
{
  guint8 start[9];
  const int fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
  gboolean model = FALSE;
  struct stat st;

  if (fd < 0)
    return FALSE;
  /* Nothing is read from a pipe: its bytes would be gone. */
  if (fstat (fd, &st) == 0 && S_ISREG (st.st_mode) && read (fd, start, sizeof start) == (gssize) sizeof start)
    model = start[8] == '{' && cnc_get_u64 (start) <= CNC_SAFETENSORS_MAX_HEADER;
  close (fd);
  return model;
}

static gboolean
carries_none (const char *path, const char *what, GError **error)
{
  g_autofree char *name = g_filename_display_name (path);

  g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "The model file “%s” carries no %s; name another file.", name, what);
  return FALSE;
}

gboolean
cnc_holder_recipients (const char *path, GArray *keys, GError **error)
{
  g_autoptr (CncSafetensors) model = NULL;
  guint8 key[CNC_PUBLIC_KEY_BYTES];
  const char *line;

  if (!is_model (path))
    return cnc_recipients_read (path, keys, error);
  model = cnc_safetensors_read (path, error);
  if (model == NULL)
    return FALSE;
  line = cnc_safetensors_metadata (model, "recipient");
  if (line == NULL)
    return carries_none (path, "public key", error);
  if (!cnc_recipient_parse (line, key, error))
    return FALSE;
  g_array_append_vals (keys, key, 1);
  return TRUE;
}

CncIdentity *
cnc_holder_identity (const char *path, GError **error)
{
  g_autoptr (CncSafetensors) model = NULL;
  const char *line;

  if (!is_model (path))
    return cnc_identity_read (path, error);
  model = cnc_safetensors_read (path, error);
  if (model == NULL)
    return NULL;
  line = cnc_safetensors_metadata (model, "identity");
  if (line != NULL)
    return cnc_identity_parse (line, error);
  (void) carries_none (path, "identity", error);
  return NULL;
}
