/* Many pictures in one GIMP process, for cnncrypt-batch. */
#include "job.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "analyze.h"
#include "base/error.h"
#include "decrypt.h"
#include "encrypt.h"
#include "hide.h"
#include "image.h"
#include "keys.h"
#include "methods/holder.h"
#include "pixels.h"
#include "png-file.h"
#include "reveal.h"

/* Level 1 of PNG: what the plain way through GIMP is compared with. */
#define PNG_LEVEL 1

typedef struct
{
  const char *folder;
  GKeyFile *file;
  int fd;
  guint current;
  CncSecret **passphrases;
  guint n_passphrases;
  KeysLock lock;     /* encrypt */
  KeysOpener opener; /* decrypt */
  EncryptHow how;
  char *model; /* (nullable) of how */
  HideChoices hide;
  HostJob host;
} Job;

static void tell (Job *job, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* One line of results. */
static void
tell (Job *job, const char *format, ...)
{
  g_autofree char *line = NULL;
  gsize length, sent = 0;
  va_list args;

  va_start (args, format);
  line = g_strdup_vprintf (format, args);
  va_end (args);
  g_strdelimit (line, "\n\r", ' ');
  length = strlen (line);
  line[length++] = '\n';
  while (sent < length)
    {
      const gssize n = write (job->fd, line + sent, length - sent);

      if (n < 0 && errno != EINTR)
        return;
      sent += n > 0 ? (gsize) n : 0;
    }
}

static void
on_progress (double done, const char *text, gpointer user_data)
{
  Job *job = user_data;

  tell (job, "step\t%u\t%s", job->current, text);
}

static char *
path_of (Job *job, const char *key)
{
  g_autofree char *group = g_strdup_printf ("%u", job->current);
  g_autofree char *name = g_key_file_get_string (job->file, group, key, NULL);

  return g_build_filename (job->folder, name != NULL ? name : "", NULL);
}

static gint32
load (Job *job, GError **error)
{
  g_autofree char *path = path_of (job, "in");
  gint32 image;

  cnc_task_progress (&job->host.progress.task, 0, "Loading the picture");
  image = gimp_file_load (GIMP_RUN_NONINTERACTIVE, path, path);
  if (image == -1)
    g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "GIMP cannot open it as a picture: %s", gimp_get_pdb_error ());
  return image;
}

/* What is to be said of an encrypted picture. */
static char *
encrypted_note (const Job *job)
{
  g_autofree char *quality = NULL;

  if (isinf (job->host.psnr))
    quality = g_strdup ("What comes back equals the original in its 8-bit colours.");
  else if (job->host.psnr > 0)
    quality = g_strdup_printf ("What comes back is %.2f dB (PSNR) from the original.", job->host.psnr);
  if (quality == NULL || job->host.left_out == NULL)
    return g_strdup (quality != NULL ? quality : job->host.left_out);
  return g_strconcat (quality, " ", job->host.left_out, NULL);
}

static gboolean
encrypt_one (Job *job, const char *stem, char **made, char **note, GError **error)
{
  g_autoptr (CncLock) lock = NULL;
  g_autoptr (CncRaster) carrier = NULL;
  g_autofree char *path = g_strconcat (stem, ".png", NULL);
  const PngFileKind kind = job->how.method->number == CNC_CARRIER_SHARE ? PNG_FILE_LEVELS : PNG_FILE_NOISE;
  CncTask *task = &job->host.progress.task;
  EncryptHow how = job->how;
  gint32 image;
  guint x, y;

  if (!keys_lock_model (&job->lock, how.method, how.model, &how.model, error))
    return FALSE;
  lock = keys_lock_new (&job->lock, error);
  if (lock == NULL)
    return FALSE;
  image = load (job, error);
  if (image == -1)
    return FALSE;
  if (encrypt_possible (image, -1, ENCRYPT_IMAGE, job->how.method, error))
    carrier = encrypt_carrier (image, -1, ENCRYPT_IMAGE, &how, lock, &job->host, &x, &y, error);
  gimp_image_delete (image);
  if (carrier == NULL || !png_file_write (path, carrier, kind, task, error))
    return FALSE;
  *made = g_strdup ("png");
  *note = encrypted_note (job);
  return png_file_compare (path, carrier, NULL, TRUE, task, error);
}

/* Through GIMP's own PNG plug-in, so that profile, resolution, comment and EXIF go with the pixels. */
static gboolean
save_png (gint32 image, gint32 layer, const char *path, GError **error)
{
  gint n = 0;
  GimpParam *values = gimp_run_procedure ("file-png-save2", &n, GIMP_PDB_INT32, GIMP_RUN_NONINTERACTIVE, GIMP_PDB_IMAGE, image,
                                          GIMP_PDB_DRAWABLE, layer, GIMP_PDB_STRING, path, GIMP_PDB_STRING, path, GIMP_PDB_INT32, 0,
                                          GIMP_PDB_INT32, PNG_LEVEL, GIMP_PDB_INT32, 0, GIMP_PDB_INT32, 0, GIMP_PDB_INT32, 0,
                                          GIMP_PDB_INT32, 1, GIMP_PDB_INT32, 0, GIMP_PDB_INT32, 1, GIMP_PDB_INT32, 1, GIMP_PDB_END);
  const gboolean done = n > 0 && values[0].data.d_status == GIMP_PDB_SUCCESS;

  gimp_destroy_params (values, n);
  if (!done)
    g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "The result cannot be written: %s", gimp_get_pdb_error ());
  return done;
}

static gboolean
save_xcf (gint32 image, gint32 layer, const char *path, const CncRaster *raster, GError **error)
{
  gint32 again, active;
  gboolean same;

  if (!gimp_file_save (GIMP_RUN_NONINTERACTIVE, image, layer, path, path))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "The result cannot be written: %s", gimp_get_pdb_error ());
      return FALSE;
    }
  again = gimp_file_load (GIMP_RUN_NONINTERACTIVE, path, path);
  active = again != -1 ? gimp_image_get_active_layer (again) : -1;
  same = active != -1 && pixels_equal (active, 0, 0, raster);
  if (again != -1)
    gimp_image_delete (again);
  if (!same)
    g_set_error (error, CNC_ERROR, CNC_ERROR_DAMAGED, "The result was written, but reads back differently; there may be no space left.");
  return same;
}

/* PNG if it can hold the picture exactly, else XCF. */
static gboolean
save (Job *job, gint32 image, gint32 layer, const CncPicture *picture, const char *stem, char **made, GError **error)
{
  const CncRaster *raster = picture->raster;
  gint n_layers = 0;
  g_autofree char *png = g_strconcat (stem, ".png", NULL);
  g_autofree char *xcf = g_strconcat (stem, ".xcf", NULL);
  CncTask *task = &job->host.progress.task;

  g_free (gimp_image_get_layers (image, &n_layers));
  cnc_task_progress (task, 0, "Saving the picture");
  if (n_layers == 1 && png_file_can_hold (&raster->format) && (guint) gimp_image_width (image) == raster->width
      && (guint) gimp_image_height (image) == raster->height)
    {
      g_autoptr (GError) differs = NULL;

      if (!save_png (image, layer, png, error))
        return FALSE;
      if (png_file_compare (png, raster, picture->colormap, FALSE, task, &differs))
        {
          *made = g_strdup ("png");
          return TRUE;
        }
      unlink (png);
      /* A palette with half-transparent pixels, for one, is more than PNG has. */
      if (raster->format.model != CNC_MODEL_INDEXED)
        {
          g_propagate_error (error, g_steal_pointer (&differs));
          return FALSE;
        }
    }
  *made = g_strdup ("xcf");
  return save_xcf (image, layer, xcf, raster, error);
}

/* What the image holds after regions were replaced in it, for the comparison with the file. */
static CncPicture *
read_result (gint32 image, gint32 layer, CncTask *task, GError **error)
{
  g_autoptr (CncPicture) picture = cnc_picture_new ();

  picture->raster = pixels_read (layer, 0, 0, (guint) gimp_drawable_width (layer), (guint) gimp_drawable_height (layer), task, error);
  return picture->raster != NULL ? g_steal_pointer (&picture) : NULL;
}

static gboolean
decrypt_image (Job *job, gint32 image, const char *stem, char **made, char **note, GError **error)
{
  const gint32 layer = gimp_image_get_active_layer (image);
  CncTask *task = &job->host.progress.task;
  g_autoptr (GPtrArray) regions = NULL;
  g_autoptr (GArray) images = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autoptr (CncPicture) picture = NULL;
  gint32 result;
  gboolean saved = FALSE;

  regions = decrypt_find (image, layer, task, error);
  if (regions == NULL || !decrypt_unlock (regions, &job->opener.opener, task, error)
      || !decrypt_run (image, layer, regions, &job->host, images, &picture, note, error))
    return FALSE;
  result = g_array_index (images, gint32, 0);
  if (result == image || picture == NULL)
    {
      cnc_picture_free (g_steal_pointer (&picture));
      picture = read_result (result, gimp_image_get_active_layer (result), task, error);
    }
  if (picture != NULL)
    saved = save (job, result, gimp_image_get_active_layer (result), picture, stem, made, error);
  for (guint i = 0; i < images->len; i++)
    if (g_array_index (images, gint32, i) != image)
      gimp_image_delete (g_array_index (images, gint32, i));
  if (saved && images->len > 1 && *note == NULL)
    *note = g_strdup ("It holds several encrypted pictures; only the first was written. Open it in GIMP for the others.");
  return saved;
}

static gboolean
decrypt_one (Job *job, const char *stem, char **made, char **note, GError **error)
{
  const gint32 image = load (job, error);
  gboolean done;

  if (image == -1)
    return FALSE;
  done = decrypt_image (job, image, stem, made, note, error);
  gimp_image_delete (image);
  return done;
}

/* A picture in opaque RGB8, into a file without a byte that is not the picture. */
static gboolean
write_bare (Job *job, const CncRaster *raster, const char *stem, char **made, GError **error)
{
  g_autofree char *path = g_strconcat (stem, ".png", NULL);
  CncTask *task = &job->host.progress.task;

  *made = g_strdup ("png");
  return png_file_write (path, raster, PNG_FILE_PICTURE, task, error) && png_file_compare (path, raster, NULL, TRUE, task, error);
}

/* What is to be hidden, each with a passphrase. */
static GPtrArray *
list_sources (Job *job)
{
  g_auto (GStrv) names = g_key_file_get_string_list (job->file, "job", "secrets", NULL, NULL);
  GPtrArray *sources = g_ptr_array_new_with_free_func ((GDestroyNotify) hide_source_free);

  for (guint i = 0; names != NULL && names[i] != NULL && i < job->n_passphrases; i++)
    {
      g_autofree char *path = g_build_filename (job->folder, names[i], NULL);
      HideSource *source = hide_source_new (HIDE_FILE, -1, path);

      source->passphrase = g_steal_pointer (&job->passphrases[i]);
      g_ptr_array_add (sources, source);
    }
  return sources;
}

static gboolean
hide_one (Job *job, const char *stem, char **made, char **note, GError **error)
{
  const gint32 image = load (job, error);
  g_autoptr (GPtrArray) sources = list_sources (job);
  g_autoptr (HideResult) result = NULL;
  g_autofree char *report = NULL;

  if (image == -1)
    return FALSE;
  result = hide_make (image, sources, &job->hide, &job->host, error);
  gimp_image_delete (image);
  if (result == NULL || !write_bare (job, result->made, stem, made, error))
    return FALSE;
  report = hide_report_text (&result->report);
  *note = g_strjoin (" ", report, hide_how_to_send (job->hide.mode), result->notes->len > 0 ? result->notes->str : NULL, NULL);
  return TRUE;
}

static gboolean
reveal_image (Job *job, gint32 image, const char *stem, char **made, GError **error)
{
  g_autofree char *group = g_strdup_printf ("%u", job->current);
  const gint number = g_key_file_get_integer (job->file, group, "passphrase", NULL);
  g_autoptr (RevealFound) found = reveal_find (image, gimp_image_get_active_layer (image), &job->host.progress.task, error);
  g_autoptr (CncRaster) secret = NULL;
  guint slot;

  g_return_val_if_fail (number >= 0 && (guint) number < job->n_passphrases, FALSE);
  if (found == NULL)
    return FALSE;
  cnc_task_progress (&job->host.progress.task, 0, "Trying the passphrase");
  if (!reveal_unlock (found, job->passphrases[number], &slot, error))
    return FALSE;
  secret = reveal_secret (found, slot, &job->host, error);
  return secret != NULL && write_bare (job, secret, stem, made, error);
}

static gboolean
reveal_one (Job *job, const char *stem, char **made, char **note, GError **error)
{
  const gint32 image = load (job, error);
  gboolean done;

  if (image == -1)
    return FALSE;
  done = reveal_image (job, image, stem, made, error);
  gimp_image_delete (image);
  return done;
}

static gboolean
analyze_one (Job *job, const char *stem, char **made, char **note, GError **error)
{
  g_autofree char *group = g_strdup_printf ("%u", job->current), *name = g_strdup_printf ("found-%u", job->current);
  g_autofree char *found = g_build_filename (job->folder, name, NULL), *text = NULL, *report = NULL;
  g_autofree char *keys = g_key_file_get_string (job->file, "job", "sensitivity", NULL);
  g_autofree char *other = g_key_file_get_string (job->file, "job", "against", NULL);
  g_autofree char *suffix = g_key_file_get_string (job->file, "job", "report", NULL);
  g_autoptr (HideSource) against = NULL;
  g_autoptr (AnalyzeResult) result = NULL;
  const CncStudyChoice *choice = NULL;
  gint32 image;

  if (keys != NULL && *keys != '\0' && (choice = cnc_study_choice_by_id (keys, error)) == NULL)
    return FALSE;
  image = load (job, error);
  if (image == -1)
    return FALSE;
  if (other != NULL)
    {
      g_autofree char *path = g_build_filename (job->folder, other, NULL);

      against = hide_source_new (HIDE_FILE, -1, path);
    }
  result = analyze_run (image, against, choice, &job->host, error);
  gimp_image_delete (image);
  if (result == NULL)
    return FALSE;
  /* GIMP knows links; people know the pictures by other names. */
  for (guint i = 0; i < (against != NULL ? 2 : 1); i++)
    {
      char *label = g_key_file_get_string (job->file, i == 0 ? group : "job", i == 0 ? "label" : "against-label", NULL);

      if (label != NULL)
        g_string_replace (result->notes, result->names[i], label, 0);
      g_free (result->names[i]);
      result->names[i] = label != NULL ? label : g_strdup ("");
    }
  report = g_strconcat (stem, ".", suffix, NULL);
  if (suffix != NULL && *suffix != '\0' && !analyze_save_report (result, report, FALSE, error))
    return FALSE;
  text = g_key_file_get_boolean (job->file, "job", "json", NULL) ? analyze_json (result) : analyze_table (result);
  *made = g_strdup (suffix != NULL && *suffix != '\0' ? suffix : "txt");
  return g_file_set_contents_full (found, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, error);
}

static const struct
{
  const char *name;
  const char *title; /* of the progress */
  gboolean (*one) (Job *job, const char *stem, char **made, char **note, GError **error);
} actions[] = {
  { "encrypt", "Encrypting", encrypt_one }, { "decrypt", "Decrypting", decrypt_one }, { "hide", "Hiding", hide_one },
  { "reveal", "Revealing", reveal_one },    { "analyze", "Analysing", analyze_one },
};

static void
work (Job *job)
{
  const gint n = g_key_file_get_integer (job->file, "job", "pictures", NULL);
  g_autofree char *action = g_key_file_get_string (job->file, "job", "action", NULL);
  guint which = 0;

  while (which + 1 < G_N_ELEMENTS (actions) && g_strcmp0 (action, actions[which].name) != 0)
    which++;

  for (gint i = 0; i < n; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *stem = NULL;
      g_autofree char *made = NULL;
      g_autofree char *note = NULL;
      const char *said = job->host.note;
      gboolean done;

      job->current = (guint) i;
      stem = path_of (job, "out");
      progress_start (&job->host.progress, actions[which].title);
      job->host.progress.also = on_progress;
      job->host.progress.also_data = job;
      cnc_task_progress (&job->host.progress.task, 0, "Starting");
      done = actions[which].one (job, stem, &made, &note, &error);
      progress_end (&job->host.progress);
      if (!done)
        tell (job, "fail\t%d\t%s", i, error->message);
      else
        tell (job, "done\t%d\t%s\t%s\t%s%s%s", i, made, job->host.backend != NULL ? job->host.backend->info.name : "no device needed",
              note != NULL ? note : "", note != NULL && said == NULL && job->host.note != NULL ? " " : "",
              said == NULL && job->host.note != NULL ? job->host.note : "");
    }
}

/* Each file is read once: it may be a pipe. */
static gboolean
read_passphrases (Job *job, GError **error)
{
  job->n_passphrases = (guint) g_key_file_get_integer (job->file, "job", "passphrases", NULL);
  job->passphrases = g_new0 (CncSecret *, job->n_passphrases + 1);
  for (guint i = 0; i < job->n_passphrases; i++)
    {
      g_autofree char *spec = g_strdup_printf ("file:%s/passphrase-%u", job->folder, i);

      job->passphrases[i] = cnc_secret_new_from_spec (spec, error);
      if (job->passphrases[i] == NULL)
        return FALSE;
    }
  return TRUE;
}

/* Recipients, for encrypt. */
static gboolean
read_recipients (Job *job, GError **error)
{
  const gint n = g_key_file_get_integer (job->file, "job", "recipients", NULL);

  for (gint i = 0; i < n; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/recipient-%d", job->folder, i);

      if (!keys_lock_add_file (&job->lock, path, error))
        return FALSE;
    }
  return TRUE;
}

/* An identity, for decrypt; the passphrase is its own then. */
static gboolean
read_identity (Job *job, GError **error)
{
  g_autofree char *path = g_build_filename (job->folder, "identity", NULL);
  g_autoptr (CncIdentity) identity = cnc_holder_identity (path, error);
  CncSecret *secret = identity != NULL ? cnc_identity_open (identity, job->passphrases[0], error) : NULL;

  keys_opener_take (&job->opener, secret, TRUE);
  job->opener.opener.file = job->opener.file = g_steal_pointer (&path);
  return secret != NULL;
}

/* What locks or opens the pictures of encrypt and decrypt. */
static gboolean
read_keys (Job *job, const char *action, GError **error)
{
  const gboolean encrypt = g_strcmp0 (action, "encrypt") == 0, decrypt = g_strcmp0 (action, "decrypt") == 0;

  if (!read_passphrases (job, error) || !read_recipients (job, error))
    return FALSE;
  if (decrypt && g_key_file_get_boolean (job->file, "job", "identity", NULL))
    return read_identity (job, error);
  if (job->n_passphrases == 0 && job->lock.recipients == NULL)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "There is neither a passphrase nor a recipient.");
      return FALSE;
    }
  if (encrypt && job->lock.recipients == NULL)
    job->lock.passphrase = g_steal_pointer (&job->passphrases[0]);
  if (decrypt)
    keys_opener_take (&job->opener, g_steal_pointer (&job->passphrases[0]), FALSE);
  return TRUE;
}

/* Reads the job, and all of it that does not depend on a picture. */
static gboolean
prepare (Job *job, GError **error)
{
  g_autofree char *name = g_build_filename (job->folder, "job", NULL);
  g_autofree char *action = NULL, *method = NULL, *mode = NULL;

  if (!g_key_file_load_from_file (job->file, name, G_KEY_FILE_NONE, error))
    return FALSE;
  job->fd = g_key_file_get_integer (job->file, "job", "fd", error);
  if (job->fd <= 2)
    return FALSE;
  method = g_key_file_get_string (job->file, "job", "method", NULL);
  job->host.device = g_key_file_get_string (job->file, "job", "device", NULL);
  job->how.method = cnc_method_by_id (method, error);
  job->how.longest_side = (guint32) g_key_file_get_integer (job->file, "job", "longest-side", NULL);
  job->how.levels = (guint) g_key_file_get_integer (job->file, "job", "levels", NULL);
  job->how.model = job->model = g_key_file_get_string (job->file, "job", "model", NULL);
  if (job->how.method == NULL || !cnc_method_ready (job->how.method, job->model, error))
    return FALSE;
  action = g_key_file_get_string (job->file, "job", "action", NULL);
  mode = g_key_file_get_string (job->file, "job", "mode", NULL);
  job->hide.bits = (guint) g_key_file_get_integer (job->file, "job", "bits", NULL);
  job->hide.mode = g_strcmp0 (action, "hide") == 0 ? hide_mode (mode, error) : NULL;
  if (g_strcmp0 (action, "hide") == 0 && job->hide.mode == NULL)
    return FALSE;
  return g_strcmp0 (action, "analyze") == 0 || read_keys (job, action, error);
}

static void
quit (void)
{
  gint n = 0;

  /* GIMP ends here, and this process with it. */
  gimp_destroy_params (gimp_run_procedure ("gimp-quit", &n, GIMP_PDB_INT32, TRUE, GIMP_PDB_END), n);
}

void
job_run (const char *command, GError **error)
{
  g_autoptr (GError) problem = NULL;
  Job job = { .folder = g_getenv (JOB_VARIABLE), .fd = -1 };

  if (job.folder == NULL)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "This procedure is for cnncrypt-batch alone.");
      return;
    }
  if (g_strcmp0 (command, "quit") == 0)
    {
      quit ();
      return;
    }
  job.file = g_key_file_new ();
  if (prepare (&job, &problem))
    work (&job);
  else if (job.fd > 2)
    tell (&job, "fatal\t%s", problem->message);
  tell (&job, "end");
  for (guint i = 0; i < job.n_passphrases; i++)
    cnc_secret_free (job.passphrases[i]);
  g_free (job.passphrases);
  keys_lock_clear (&job.lock);
  keys_opener_clear (&job.opener);
  g_free (job.model);
  host_job_clear (&job.host);
  g_key_file_free (job.file);
  quit ();
}
