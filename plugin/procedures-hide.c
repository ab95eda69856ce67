/* The procedures of Hide… and Reveal…. */
#include "procedures-hide.h"

#include <string.h>

#include "base/error.h"
#include "dialog.h"

#define RUN_MODE                                                                                                                           \
  {                                                                                                                                        \
    GIMP_PDB_INT32, (gchar *) "run-mode",                                                                                                  \
        (gchar *) "RUN-INTERACTIVE (0), RUN-NONINTERACTIVE (1), RUN-WITH-LAST-VALS (2: asks for the passphrases again)"                    \
  }
#define DEVICE                                                                                                                             \
  {                                                                                                                                        \
    GIMP_PDB_STRING, (gchar *) "device",                                                                                                   \
        (gchar *) "\"auto\", \"cpu\", \"gpu\", \"software\", a UUID or a part of a name; empty: CNNCRYPT_DEVICE, else automatic"           \
  }
#define SOURCES (gchar *) "Each \"file:PATH\", \"fd:N\" or \"env:NAME\": the first line is the passphrase"

const GimpParamDef procedures_hide_args[PROCEDURES_HIDE_N_ARGS] = {
  RUN_MODE,
  { GIMP_PDB_IMAGE, (gchar *) "image", (gchar *) "The cover: what is visible of it" },
  { GIMP_PDB_DRAWABLE, (gchar *) "drawable", (gchar *) "Not looked at" },
  { GIMP_PDB_STRING, (gchar *) "mode",
    (gchar *) "\"cnn\" (not to be seen), \"robust\" (survives JPEG) or \"exact\" (best quality, lossless files only); empty: cnn where its "
              "network is installed, else exact" },
  { GIMP_PDB_INT32, (gchar *) "num-secrets", (gchar *) "How many pictures to hide: 1 to 3" },
  { GIMP_PDB_STRINGARRAY, (gchar *) "secrets", (gchar *) "Each \"image:ID\", \"layer:ID\" or \"file:PATH\"" },
  { GIMP_PDB_INT32, (gchar *) "num-passphrases", (gchar *) "As many as secrets" },
  { GIMP_PDB_STRINGARRAY, (gchar *) "passphrase-sources", SOURCES },
  { GIMP_PDB_INT32, (gchar *) "bits", (gchar *) "exact: low bits of a sample that may be taken, 1 or 2; 0: 1" },
  { GIMP_PDB_INT32, (gchar *) "layers", (gchar *) "1: show what was done in invisible layers of the result; 0: do not" },
  DEVICE,
};

const GimpParamDef procedures_hide_values[PROCEDURES_HIDE_N_VALUES] = {
  { GIMP_PDB_IMAGE, (gchar *) "image", (gchar *) "A new image, opaque 8-bit RGB" },
  { GIMP_PDB_STRING, (gchar *) "report", (gchar *) "How far the cover changed, and how good the secrets come back, one line for people" },
};

const GimpParamDef procedures_reveal_args[PROCEDURES_REVEAL_N_ARGS] = {
  RUN_MODE,
  { GIMP_PDB_IMAGE, (gchar *) "image", (gchar *) "The image" },
  { GIMP_PDB_DRAWABLE, (gchar *) "drawable", (gchar *) "The layer in which something is hidden" },
  { GIMP_PDB_INT32, (gchar *) "num-passphrases", (gchar *) "How many passphrases" },
  { GIMP_PDB_STRINGARRAY, (gchar *) "passphrase-sources", SOURCES },
  DEVICE,
};

/* Not an array: GIMP 2.10 reads the length of one even where a procedure failed and returned only its message. */
const GimpParamDef procedures_reveal_values[PROCEDURES_REVEAL_N_VALUES] = {
  { GIMP_PDB_IMAGE, (gchar *) "image",
    (gchar *) "The first secret that was opened, in the order in which they were hidden, as a new image" },
  { GIMP_PDB_IMAGE, (gchar *) "image-2", (gchar *) "The second, or -1" },
  { GIMP_PDB_IMAGE, (gchar *) "image-3", (gchar *) "The third, or -1" },
};

static gboolean
fail (GError **error, const char *why)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, why);
  return FALSE;
}

/* The n strings of a parameter; none of them is NULL. */
static gboolean
strings_of (const GimpParam *param, gint n, GError **error)
{
  for (gint i = 0; i < n; i++)
    if (param->data.d_stringarray == NULL || param->data.d_stringarray[i] == NULL)
      return fail (error, _ ("There are fewer strings than their number says."));
  return TRUE;
}

/* Passphrases as procedures get them; where none is named, CNNCRYPT_PASSPHRASE_FILE may name one.
 * Returns: (element-type CncSecret) (transfer full) */
static GPtrArray *
read_passphrases (const GimpParam *number, const GimpParam *sources, GError **error)
{
  const gint n = number->data.d_int32;
  g_autoptr (GPtrArray) passphrases = g_ptr_array_new_with_free_func ((GDestroyNotify) cnc_secret_free);

  if (!strings_of (sources, n, error))
    return NULL;
  for (gint i = 0; i < MAX (n, 1); i++)
    {
      CncSecret *passphrase = host_passphrase (n > 0 ? sources->data.d_stringarray[i] : NULL, error);

      if (passphrase == NULL)
        return NULL;
      g_ptr_array_add (passphrases, passphrase);
    }
  return g_steal_pointer (&passphrases);
}

static GPtrArray *
hide_sources (const GimpParam *params, GError **error)
{
  const gint n = params[4].data.d_int32;
  g_autoptr (GPtrArray) sources = g_ptr_array_new_with_free_func ((GDestroyNotify) hide_source_free);
  g_autoptr (GPtrArray) passphrases = NULL;

  if (n < 1 || n > (gint) CNC_STEGO_MAX_SECRETS)
    {
      fail (error, _ ("One to three pictures can be hidden in another; say how many, and name each."));
      return NULL;
    }
  if (!strings_of (&params[5], n, error))
    return NULL;
  for (gint i = 0; i < n; i++)
    {
      HideSource *source = hide_source_parse (params[5].data.d_stringarray[i], error);

      if (source == NULL)
        return NULL;
      g_ptr_array_add (sources, source);
    }
  passphrases = read_passphrases (&params[6], &params[7], error);
  if (passphrases == NULL)
    return NULL;
  if (passphrases->len != sources->len)
    {
      fail (error, _ ("Each secret needs a passphrase of its own; name as many as there are secrets."));
      return NULL;
    }
  for (guint i = 0; i < sources->len; i++)
    ((HideSource *) sources->pdata[i])->passphrase = g_steal_pointer (&passphrases->pdata[i]);
  return g_steal_pointer (&sources);
}

/* Everything that has to be known.  NULL without an error if the user cancelled. */
static GPtrArray *
hide_ask (GimpRunMode mode, const GimpParam *params, HideChoices *choices, HostJob *job, GError **error)
{
  g_autoptr (GPtrArray) sources = NULL;
  DialogChoices last;

  if (mode == GIMP_RUN_NONINTERACTIVE)
    {
      choices->mode = hide_mode (params[3].data.d_string, error);
      choices->bits = (guint) params[8].data.d_int32;
      choices->layers = params[9].data.d_int32 != 0;
      job->device = g_strdup (params[10].data.d_string);
      return choices->mode != NULL ? hide_sources (params, error) : NULL;
    }
  if (!dialog_start (error))
    return NULL;
  dialog_choices_load (HOST_HIDE, &last);
  sources = dialog_hide (params[1].data.d_image, &last);
  if (sources == NULL)
    return NULL;
  dialog_choices_save (HOST_HIDE, &last);
  choices->mode = hide_mode (last.mode, error);
  choices->bits = (guint) last.bits;
  choices->layers = last.layers;
  job->device = g_strdup (last.device);
  return choices->mode != NULL ? g_steal_pointer (&sources) : NULL;
}

gboolean
procedures_hide (GimpRunMode mode, gint n_params, const GimpParam *params, GimpParam *values, GError **error)
{
  g_auto (HostJob) job = { 0 };
  g_autoptr (GPtrArray) sources = NULL;
  g_autoptr (HideResult) result = NULL;
  g_autofree char *report = NULL;
  HideChoices choices = { 0 };
  gint32 image;

  if (mode == GIMP_RUN_NONINTERACTIVE && n_params < PROCEDURES_HIDE_N_ARGS)
    return fail (error,
                 _ ("Arguments are missing: mode, num-secrets, secrets, num-passphrases, passphrase-sources, bits, layers, device."));
  sources = hide_ask (mode, params, &choices, &job, error);
  if (sources == NULL)
    return FALSE;
  progress_start (&job.progress, _ ("Hiding"));
  result = hide_make (params[1].data.d_image, sources, &choices, &job, error);
  image = result != NULL ? hide_show (result, &job.progress.task, error) : -1;
  progress_end (&job.progress);
  if (image == -1)
    return FALSE;
  if (job.note != NULL)
    gimp_message (job.note);
  report = hide_report_text (&result->report);
  if (mode != GIMP_RUN_NONINTERACTIVE)
    {
      g_autofree char *text
          = g_strconcat (report, result->notes->len > 0 ? "\n" : "", result->notes->str, "\n\n", hide_how_to_send (choices.mode),
                         _ ("\nOnce it is saved, Filters → Crypto → Check Saved File… reads it back."), NULL);

      gimp_display_new (image);
      gimp_displays_flush ();
      gimp_message (text);
    }
  values[0].type = GIMP_PDB_IMAGE;
  values[0].data.d_image = image;
  values[1].type = GIMP_PDB_STRING;
  values[1].data.d_string = result->notes->len > 0 ? g_strconcat (report, " ", result->notes->str, NULL) : g_steal_pointer (&report);
  return TRUE;
}

/* Opens what the passphrases open; TRUE if any does.  What the others said is appended to notes. */
static gboolean
unlock_all (RevealFound *found, GPtrArray *passphrases, GString *notes, CncTask *task, GError **error)
{
  g_autoptr (GError) first = NULL;
  gboolean opened = FALSE;

  for (guint i = 0; i < passphrases->len; i++)
    {
      g_autoptr (GError) why = NULL;
      guint slot;

      cnc_task_progress (task, (double) i / passphrases->len, "Trying the passphrases");
      if (reveal_unlock (found, passphrases->pdata[i], &slot, &why))
        opened = TRUE;
      else
        {
          g_string_append_printf (notes, _ ("%sPassphrase %u: %s"), notes->len > 0 ? "\n" : "", i + 1, why->message);
          if (first == NULL)
            first = g_steal_pointer (&why);
        }
    }
  if (!opened)
    g_propagate_error (error, g_steal_pointer (&first));
  return opened;
}

static gboolean
reveal_ask (GimpRunMode mode, const GimpParam *params, RevealFound *found, GString *notes, HostJob *job, GError **error)
{
  DialogChoices last;

  if (mode == GIMP_RUN_NONINTERACTIVE)
    {
      g_autoptr (GPtrArray) passphrases = read_passphrases (&params[3], &params[4], error);

      job->device = g_strdup (params[5].data.d_string);
      return passphrases != NULL && unlock_all (found, passphrases, notes, &job->progress.task, error);
    }
  if (!dialog_start (error))
    return FALSE;
  dialog_choices_load (HOST_REVEAL, &last);
  if (!dialog_reveal (found, notes, &last))
    return FALSE;
  dialog_choices_save (HOST_REVEAL, &last);
  job->device = g_strdup (last.device);
  return TRUE;
}

gboolean
procedures_reveal (GimpRunMode mode, gint n_params, const GimpParam *params, GimpParam *values, GError **error)
{
  g_auto (HostJob) job = { 0 };
  g_autoptr (RevealFound) found = NULL;
  g_autoptr (GArray) images = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autoptr (GString) notes = g_string_new (NULL);
  g_autofree char *more = NULL;
  gboolean done;

  if (mode == GIMP_RUN_NONINTERACTIVE && n_params < PROCEDURES_REVEAL_N_ARGS)
    return fail (error, _ ("Arguments are missing: num-passphrases, passphrase-sources, device."));
  progress_start (&job.progress, _ ("Revealing"));
  found = reveal_find (params[1].data.d_image, params[2].data.d_drawable, &job.progress.task, error);
  if (found == NULL || !reveal_ask (mode, params, found, notes, &job, error))
    return FALSE;
  done = reveal_run (found, &job, images, &more, error);
  progress_end (&job.progress);
  if (!done)
    return FALSE;
  if (job.note != NULL)
    gimp_message (job.note);
  if (more != NULL)
    g_string_append_printf (notes, "%s%s", notes->len > 0 ? "\n" : "", more);
  if (notes->len > 0)
    gimp_message (notes->str);
  if (mode != GIMP_RUN_NONINTERACTIVE)
    {
      for (guint i = 0; i < images->len; i++)
        gimp_display_new (g_array_index (images, gint32, i));
      gimp_displays_flush ();
    }
  for (guint i = 0; i < PROCEDURES_REVEAL_N_VALUES; i++)
    {
      values[i].type = GIMP_PDB_IMAGE;
      values[i].data.d_image = i < images->len ? g_array_index (images, gint32, i) : -1;
    }
  return TRUE;
}
