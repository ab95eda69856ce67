/* core/tools/cnncrypt-open.c: opens or checks encrypted pictures without GIMP. */
#include <errno.h>
#include <gio/gio.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cnc-config.h"
#include "engine/engine.h"
#include "methods/crypt.h"
#include "methods/holder.h"
#include "seal/ask.h"
#include "tools/open.h"

enum
{
  STATUS_OK = 0,
  STATUS_FAILED = 1, /* for at least one picture */
  STATUS_USAGE = 2,
};

typedef struct
{
  gboolean check;
  gboolean version;
  char *passphrase_file;
  char *identity_file;
  char *device;
  char *folder;
  char **pictures;
  CncSecret *secret; /* the passphrase, or the identity's key */
  CncOpener opener;
  CncBackend *backend;
  CncWork work;      /* what it was opened for */
  char *note;        /* (nullable), said already */
  GHashTable *stems; /* stem -> how many pictures of this run have it */
} Open;

/* One line, whatever a file's name holds: control characters would act on the terminal. */
static char *
one_line (char *text)
{
  for (char *p = text; *p != '\0'; p++)
    if ((guchar) *p < 0x20 || *p == 0x7f)
      *p = '?';
  return text;
}

static void
complain (const char *path, const char *message)
{
  g_autofree char *name = g_filename_display_name (path);
  g_autofree char *line = one_line (g_strdup_printf ("%s: %s", name, message));

  fprintf (stderr, "%s\n", line);
}

static void
tell (const char *path, const char *text)
{
  g_autofree char *name = g_filename_display_name (path);
  g_autofree char *line = one_line (g_strdup_printf ("%s: %s", name, text));

  printf ("%s\n", line);
}

/* The file's name without folder and extension. */
static char *
stem_of (const char *path)
{
  char *name = g_path_get_basename (path);
  char *dot = strrchr (name, '.');

  if (dot != NULL && dot != name)
    *dot = '\0';
  return name;
}

/* photo.png becomes photo; where a photo.png and a photo.tif are opened in one run, photo.tif keeps its whole name. */
static char *
result_stem (const Open *open, const char *path)
{
  g_autofree char *stem = stem_of (path);
  g_autofree char *name = g_path_get_basename (path);
  const char *suffix = strrchr (name, '.');

  if (GPOINTER_TO_UINT (g_hash_table_lookup (open->stems, stem)) > 1 && (suffix == NULL || g_ascii_strcasecmp (suffix, ".png") != 0))
    return g_steal_pointer (&name);
  return g_steal_pointer (&stem);
}

/* What came of a picture besides its pixels. */
typedef struct
{
  gboolean failed; /* a region did not open */
  gboolean lossy;  /* a method that is not lossless made it */
  char *story;     /* (nullable) what was done to a carrier on its way */
} Outcome;

static gboolean
is_lossy (guint8 number)
{
  const CncMethod *method = cnc_method_by_number (number);

  return method != NULL && !method->lossless;
}

static gboolean
open_device (Open *open, CncWork work, GError **error)
{
  g_autofree char *note = NULL;
  const gboolean good = cnc_engine_suit (&open->backend, &open->work, open->device, work, &note, error);

  if (note != NULL && g_strcmp0 (note, open->note) != 0)
    {
      fprintf (stderr, "cnncrypt-open: %s\n", note);
      g_free (open->note);
      open->note = g_steal_pointer (&note);
    }
  return good;
}

static CncPicture *
decrypt (Open *open, const CncRaster *carrier, Outcome *outcome, GError **error)
{
  CncDecryptParams params = { 0 };
  g_autoptr (CncSecret) file_key = NULL;
  CncHeader header;

  if (!cnc_header_read (carrier->data, cnc_raster_bytes (carrier), carrier->width, carrier->height, &header, error))
    return NULL;
  file_key = cnc_unlock (&header, &open->opener, error);
  outcome->lossy |= is_lossy (header.method);
  if (file_key == NULL || !open_device (open, cnc_decrypt_work (&header), error))
    return NULL;
  params.backend = open->backend;
  params.decoder = open->identity_file;
  return cnc_decrypt (carrier, &header, file_key, &params, error);
}

/* Copies a region out of the picture, or back into it. */
static void
copy_region (CncRaster *picture, const CncRegion *at, CncRaster *region, gboolean back)
{
  const gsize row = cnc_raster_row_bytes (region), stride = cnc_raster_row_bytes (picture);

  for (guint32 y = 0; y < at->height; y++)
    {
      guint8 *whole = picture->data + (at->y + y) * stride + (gsize) at->x * 3;
      guint8 *part = region->data + y * row;

      memcpy (back ? whole : part, back ? part : whole, row);
    }
}

/* What lies at a region, decrypted. */
static CncPicture *
decrypt_region (Open *open, CncRaster *carrier, const CncRegion *at, Outcome *outcome, GError **error)
{
  g_autoptr (CncRaster) part = cnc_raster_new (at->width, at->height, &carrier->format, error);
  g_autoptr (CncPicture) opened = NULL;

  if (part == NULL)
    return NULL;
  copy_region (carrier, at, part, FALSE);
  opened = decrypt (open, part, outcome, error);
  if (opened == NULL)
    return NULL;
  if (opened->raster->width != at->width || opened->raster->height != at->height
      || !cnc_format_equal (&opened->raster->format, &carrier->format))
    {
      g_set_error_literal (
          error, CNC_ERROR, CNC_ERROR_BAD_FORMAT,
          "It holds a picture of another size or format than its place, pasted there by another program; cut it out and open it alone.");
      return NULL;
    }
  return g_steal_pointer (&opened);
}

/* Decrypts every region in its place.  A region that does not open stays as it is, with a line on stderr.  Returns the whole picture, and
 * NULL if no region opened. */
static CncPicture *
open_regions (Open *open, const char *path, CncRaster *carrier, const CncRegion *regions, guint n, Outcome *outcome)
{
  g_autoptr (CncRaster) whole = carrier;
  g_autoptr (CncPicture) result = NULL;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CncPicture) opened = decrypt_region (open, whole, &regions[i], outcome, &error);

      if (opened == NULL)
        {
          g_autofree char *message = g_strdup_printf ("the encrypted region at %u, %u: %s", regions[i].x, regions[i].y, error->message);

          complain (path, message);
          outcome->failed = TRUE;
          continue;
        }
      copy_region (whole, &regions[i], opened->raster, TRUE);
      if (result == NULL)
        {
          /* The profile and the resolution are those of the picture around it. */
          g_clear_pointer (&opened->raster, cnc_raster_free);
          result = g_steal_pointer (&opened);
        }
    }
  if (result != NULL)
    result->raster = g_steal_pointer (&whole);
  return g_steal_pointer (&result);
}

static CncPicture *
decrypt_carrier (Open *open, const CncCarrier *carrier, Outcome *outcome, GError **error)
{
  CncDecryptParams params = { 0 };
  g_autoptr (CncSecret) key = cnc_unlock_carrier (carrier, &open->opener, error);

  outcome->lossy = is_lossy (carrier->header.method);
  if (key == NULL || !open_device (open, cnc_decrypt_carrier_work (carrier), error))
    return NULL;
  params.backend = open->backend;
  return cnc_decrypt_carrier (carrier, key, &params, &outcome->story, error);
}

/* A grey carrier in whatever is left of it.  why: (transfer full) (nullable): what spoke against a picture of exact pixels. */
static CncPicture *
open_carrier (Open *open, const CncRaster *picture, GError *why, Outcome *outcome, GError **error)
{
  g_autoptr (CncCarrier) carrier = NULL;
  GError *problem = why;

  if (cnc_find_carrier (picture, NULL, &carrier, NULL, &problem))
    return decrypt_carrier (open, carrier, outcome, error);
  g_propagate_error (error, problem);
  return NULL;
}

/* A picture in which there are no regions of exact pixels. */
static CncPicture *
open_whole (Open *open, const CncRaster *picture, Outcome *outcome, GError **error)
{
  g_autoptr (GError) why = NULL;
  g_autoptr (CncPicture) opened = decrypt (open, picture, outcome, &why);

  if (opened != NULL)
    return g_steal_pointer (&opened);
  return open_carrier (open, picture, g_steal_pointer (&why), outcome, error);
}

/* Loads and decrypts.  NULL with error, or NULL without where open_regions has complained already. */
static CncPicture *
open_picture (Open *open, const char *path, Outcome *outcome, GError **error)
{
  g_autofree CncRegion *regions = g_new0 (CncRegion, CNC_MAX_REGIONS);
  g_autoptr (CncRaster) carrier = open_load (path, error);
  g_autoptr (CncRaster) picture = NULL;
  g_autoptr (GError) why = NULL;
  guint n;

  if (carrier == NULL)
    return NULL;
  if (carrier->format.model == CNC_MODEL_GREY)
    return open_carrier (open, carrier, NULL, outcome, error);
  carrier = cnc_carrier_normalise (g_steal_pointer (&carrier), &why);
  if (carrier == NULL)
    {
      picture = open_load (path, error);
      return picture != NULL ? open_carrier (open, picture, g_steal_pointer (&why), outcome, error) : NULL;
    }
  n = cnc_find_regions (carrier->data, carrier->width, carrier->height, regions);
  if (n == 0 || (regions[0].width == carrier->width && regions[0].height == carrier->height))
    return open_whole (open, carrier, outcome, error);
  return open_regions (open, path, g_steal_pointer (&carrier), regions, n, outcome);
}

static gboolean
open_one (Open *open, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *stem = result_stem (open, path);
  g_autofree char *made = NULL;
  g_autofree char *note = NULL;
  Outcome outcome = { FALSE, FALSE, NULL };
  g_autoptr (CncPicture) picture = open_picture (open, path, &outcome, &error);
  g_autofree char *told = outcome.story;
  g_autofree char *story = told != NULL ? g_strconcat ("; ", told, NULL) : g_strdup ("");
  const char *loss = outcome.lossy ? ", compressed with loss: close to the original, not equal" : "";

  if (picture != NULL && open->check)
    {
      g_autofree char *text
          = g_strdup_printf ("whole, and opens with this %s (%u × %u%s)%s", open->opener.identity != NULL ? "identity" : "passphrase",
                             picture->raster->width, picture->raster->height, loss, story);

      if (!outcome.failed)
        tell (path, text);
      return !outcome.failed;
    }
  if (picture != NULL && open_save (picture, open->folder, stem, &made, &note, &error))
    {
      g_autofree char *shown = g_filename_display_name (made);
      g_autofree char *text = g_strdup_printf ("opened as %s; %u × %u%s%s%s%s", shown, picture->raster->width, picture->raster->height,
                                               loss, note != NULL ? "; " : "", note != NULL ? note : "", story);

      tell (path, text);
      return !outcome.failed;
    }
  if (error != NULL)
    complain (path, error->message);
  return FALSE;
}

/* ---- the command line ---- */

static gboolean
parse (Open *open, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "passphrase-file", 'p', G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME, &open->passphrase_file,
      "The passphrase is the first line of FILE (or of $CNNCRYPT_PASSPHRASE_FILE); /dev/fd/N names an open descriptor", "FILE" },
    { "identity", 'i', G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME, &open->identity_file,
      "Open pictures that are for recipients: with this identity file.  If it is locked, --passphrase-file holds its passphrase; else the "
      "terminal is asked",
      "FILE" },
    { "out", 'o', G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME, &open->folder,
      "Where the opened pictures go, made if it is not there; the current folder if left out", "DIR" },
    { "check", 'c', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &open->check, "Open and verify everything, write nothing", NULL },
    { "device", 'd', G_OPTION_FLAG_NONE, G_OPTION_ARG_STRING, &open->device, "auto, gpu, software, cpu, or a device's name or UUID", "ID" },
    { "version", 'V', G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, &open->version, "Show the version", NULL },
    { G_OPTION_REMAINING, 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_FILENAME_ARRAY, &open->pictures, NULL, "PICTURE…" },
    { NULL, 0, G_OPTION_FLAG_NONE, G_OPTION_ARG_NONE, NULL, NULL, NULL },
  };
  GOptionContext *context = g_option_context_new (NULL);
  gboolean ok;

  g_option_context_set_summary (
      context,
      "Opens pictures that cnncrypt encrypted, by whatever method, without GIMP. photo.png becomes DIR/photo.png, or DIR/photo.tif where "
      "PNG\n"
      "cannot hold it exactly; colour profile, resolution, EXIF and XMP are kept. No file is ever replaced, and each one is read back\n"
      "and compared. Exit status: 0 if all went well, 1 if a picture failed, 2 if the command line is wrong.");
  g_option_context_add_main_entries (context, entries, NULL);
  ok = g_option_context_parse (context, argc, argv, error);
  g_option_context_free (context);
  return ok;
}

/* The passphrase of the file that was named; NULL without an error if none was. */
static CncSecret *
read_passphrase (const Open *open, GError **error)
{
  const char *path = open->passphrase_file != NULL ? open->passphrase_file : g_getenv ("CNNCRYPT_PASSPHRASE_FILE");
  g_autofree char *spec = NULL;

  if (path == NULL || *path == '\0')
    return NULL;
  spec = g_strconcat ("file:", path, NULL);
  return cnc_secret_new_from_spec (spec, error);
}

static CncSecret *
read_identity (const Open *open, GError **error)
{
  g_autoptr (CncIdentity) identity = cnc_holder_identity (open->identity_file, error);
  g_autoptr (CncSecret) passphrase = NULL;
  g_autoptr (GError) problem = NULL;

  if (identity == NULL || !cnc_identity_is_locked (identity))
    return identity != NULL ? cnc_identity_open (identity, NULL, error) : NULL;
  passphrase = read_passphrase (open, &problem);
  if (passphrase == NULL && problem == NULL)
    passphrase = cnc_ask_passphrase ("Passphrase of the identity", FALSE, &problem);
  if (passphrase != NULL)
    return cnc_identity_open (identity, passphrase, error);
  g_propagate_error (error, g_steal_pointer (&problem));
  return NULL;
}

static gboolean
read_opener (Open *open, GError **error)
{
  g_autoptr (GError) problem = NULL;

  open->secret = open->identity_file != NULL ? read_identity (open, &problem) : read_passphrase (open, &problem);
  if (open->secret == NULL)
    {
      if (problem == NULL)
        g_set_error_literal (&problem, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                             "Name the file with the passphrase: --passphrase-file FILE; or, for a picture that is for recipients, "
                             "--identity FILE.");
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  if (open->identity_file != NULL)
    open->opener.identity = open->secret;
  else
    open->opener.passphrase = open->secret;
  return TRUE;
}

static gboolean
prepare (Open *open, GError **error)
{
  if (open->pictures == NULL || open->pictures[0] == NULL)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "Name the pictures to open; --help shows how.");
      return FALSE;
    }
  if (open->folder == NULL)
    open->folder = g_strdup (".");
  if (!open->check && g_mkdir_with_parents (open->folder, 0777) != 0)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "The folder “%s” cannot be made (%s); name another with --out DIR.", open->folder,
                   g_strerror (errno));
      return FALSE;
    }
  for (guint i = 0; open->pictures[i] != NULL; i++)
    {
      char *stem = stem_of (open->pictures[i]);
      const guint before = GPOINTER_TO_UINT (g_hash_table_lookup (open->stems, stem));

      g_hash_table_replace (open->stems, stem, GUINT_TO_POINTER (before + 1));
    }
  if (!cnc_seal_init (error))
    return FALSE;
  return read_opener (open, error);
}

static gboolean
open_all (Open *open)
{
  gboolean ok = TRUE;

  open_save_init ();
  open_load_init ();
  for (guint i = 0; open->pictures[i] != NULL; i++)
    ok = open_one (open, open->pictures[i]) && ok;
  open_load_exit ();
  return ok;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  Open open = { 0 };
  int status = STATUS_USAGE;

  setlocale (LC_ALL, "");
  open.stems = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (parse (&open, &argc, &argv, &error))
    {
      if (open.version)
        {
          puts ("cnncrypt-open " CNC_VERSION);
          status = STATUS_OK;
        }
      else if (prepare (&open, &error))
        status = open_device (&open, CNC_WORK_LITTLE, &error) ? STATUS_OK : STATUS_USAGE;
    }
  if (open.backend != NULL)
    status = open_all (&open) ? STATUS_OK : STATUS_FAILED;
  if (error != NULL)
    fprintf (stderr, "cnncrypt-open: %s\n", error->message);
  g_clear_pointer (&open.backend, cnc_backend_free);
  g_clear_pointer (&open.secret, cnc_secret_free);
  g_hash_table_unref (open.stems);
  g_strfreev (open.pictures);
  g_free (open.passphrase_file);
  g_free (open.identity_file);
  g_free (open.device);
  g_free (open.note);
  g_free (open.folder);
  return status;
}
