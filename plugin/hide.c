/* Pictures hidden in an image. */
#include "hide.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "flat.h"
#include "image.h"
#include "pixels.h"

/* Not persistent, so it is in no file: a file must not tell that it has secrets. */
#define PARASITE "cnncrypt-hidden"

const char *
hide_how_to_send (const CncStegoMode *mode)
{
  return mode->survives ? _ ("It survives JPEG of good quality, but neither cropping nor scaling.")
                        : _ ("Save it as PNG (File → Export As), never as JPEG, and send it as a file, not as a photo: JPEG, scaling and "
                             "cropping destroy what is hidden.");
}

HideSource *
hide_source_new (HideFrom from, gint32 id, const char *path)
{
  HideSource *source = g_new0 (HideSource, 1);

  source->from = from;
  source->id = id;
  source->path = g_strdup (path);
  return source;
}

void
hide_source_free (HideSource *source)
{
  if (source == NULL)
    return;
  cnc_secret_free (source->passphrase);
  g_free (source->path);
  g_free (source);
}

HideSource *
hide_source_parse (const char *spec, GError **error)
{
  static const struct
  {
    const char *prefix;
    HideFrom from;
  } kinds[] = { { "image:", HIDE_IMAGE }, { "layer:", HIDE_LAYER } };

  if (g_str_has_prefix (spec, "file:") && spec[strlen ("file:")] != '\0')
    return hide_source_new (HIDE_FILE, -1, spec + strlen ("file:"));
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      guint64 id;

      if (g_str_has_prefix (spec, kinds[i].prefix)
          && g_ascii_string_to_unsigned (spec + strlen (kinds[i].prefix), 10, 0, G_MAXINT32, &id, NULL))
        return hide_source_new (kinds[i].from, (gint32) id, NULL);
    }
  g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "A secret is named as \"image:ID\", \"layer:ID\" or \"file:PATH\", not “%s”.",
               spec);
  return NULL;
}

CncRaster *
hide_read_source (const HideSource *source, guint number, GString *notes, CncTask *task, GError **error)
{
  g_autofree char *what = g_strdup_printf (_ ("Secret %u"), number);

  return source->from == HIDE_IMAGE   ? flat_read_image (source->id, what, notes, task, error)
         : source->from == HIDE_LAYER ? flat_read_layer (source->id, what, notes, task, error)
                                      : flat_read_file (source->path, what, notes, task, error);
}

const CncStegoMode *
hide_mode (const char *id, GError **error)
{
  const CncStegoMode *mode;

  if (id == NULL || *id == '\0')
    {
      for (mode = cnc_stego_modes (); mode->id != NULL; mode++)
        if (!mode->survives && cnc_stego_mode_ready (mode, NULL))
          return mode;
    }
  mode = cnc_stego_mode_by_id (id, error);
  return mode != NULL && cnc_stego_mode_ready (mode, error) ? mode : NULL;
}

void
hide_result_free (HideResult *result)
{
  if (result == NULL)
    return;
  cnc_raster_free (result->cover);
  cnc_raster_free (result->made);
  cnc_hide_report_clear (&result->report);
  g_string_free (result->notes, TRUE);
  g_free (result);
}

static CncStegoLock *
make_lock (GPtrArray *sources, CncTask *task, GError **error)
{
  const CncSecret *passphrases[CNC_STEGO_MAX_SECRETS];

  if (sources->len == 0 || sources->len > CNC_STEGO_MAX_SECRETS)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "One to three pictures can be hidden in another, not %u.", sources->len);
      return NULL;
    }
  for (guint i = 0; i < sources->len; i++)
    passphrases[i] = ((const HideSource *) sources->pdata[i])->passphrase;
  cnc_task_progress (task, 0, "Making the keys from the passphrases");
  return cnc_stego_lock_new (passphrases, sources->len, NULL, task, error);
}

/* Everything that can be told before Argon2id takes its time. */
static gboolean
check (gint32 image, GPtrArray *sources, const CncStegoMode *mode, GError **error)
{
  if (sources->len > mode->max_secrets)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                   cnc_text_n ("The mode “%s” hides at most %u picture; choose fewer, or another mode.",
                               "The mode “%s” hides at most %u pictures; choose fewer, or another mode.", mode->max_secrets),
                   mode->id, mode->max_secrets);
      return FALSE;
    }
  if (!gimp_image_is_valid (image))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "There is no such image.");
      return FALSE;
    }
  return TRUE;
}

HideResult *
hide_make (gint32 image, GPtrArray *sources, const HideChoices *choices, HostJob *job, GError **error)
{
  CncTask *task = &job->progress.task;
  CncHideParams params
      = { .mode = choices->mode, .bits = choices->mode->network ? 0 : choices->bits, .insight = choices->layers, .task = task };
  g_autoptr (CncStegoLock) lock = NULL;
  g_autoptr (GPtrArray) secrets = g_ptr_array_new_with_free_func ((GDestroyNotify) cnc_raster_free);
  g_autoptr (HideResult) result = g_new0 (HideResult, 1);

  result->notes = g_string_new (NULL);
  result->choices = *choices;
  if (!check (image, sources, choices->mode, error))
    return NULL;
  lock = make_lock (sources, task, error);
  result->cover = lock != NULL ? flat_read_image (image, _ ("The cover"), result->notes, task, error) : NULL;
  if (result->cover == NULL)
    return NULL;
  for (guint i = 0; i < sources->len; i++)
    {
      CncRaster *secret = hide_read_source (sources->pdata[i], i + 1, result->notes, task, error);

      if (secret == NULL)
        return NULL;
      g_ptr_array_add (secrets, secret);
    }
  if (choices->mode->network)
    {
      params.backend
          = host_job_backend (job, cnc_stego_work (choices->mode, (guint64) result->cover->width * result->cover->height), error);
      if (params.backend == NULL)
        return NULL;
    }
  result->made = cnc_hide (result->cover, (const CncRaster *const *) secrets->pdata, secrets->len, lock, &params, &result->report, error);
  return result->made != NULL ? g_steal_pointer (&result) : NULL;
}

/* A layer that nobody sees until it is switched on: an exported file must hold the result alone. */
static gboolean
add_layer (gint32 image, const CncRaster *raster, const char *name, CncTask *task, GError **error)
{
  const gint32 layer
      = gimp_layer_new (image, name, (gint) raster->width, (gint) raster->height, GIMP_RGB_IMAGE, 100.0, GIMP_LAYER_MODE_NORMAL);

  if (layer == -1)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY, "GIMP did not make a layer: %s", gimp_get_pdb_error ());
      return FALSE;
    }
  if (!pixels_write (layer, raster, task, error))
    {
      gimp_item_delete (layer);
      return FALSE;
    }
  gimp_item_set_visible (layer, FALSE);
  return gimp_image_insert_layer (image, layer, -1, 0);
}

static gboolean
add_layers (gint32 image, const HideResult *result, CncTask *task, GError **error)
{
  g_autoptr (CncRaster) difference = cnc_stego_difference (result->cover, result->made, HIDE_DIFFERENCE_TIMES, error);

  if (difference == NULL || !add_layer (image, difference, _ ("Difference to the cover × 10"), task, error))
    return FALSE;
  for (guint i = 0; i < result->report.n_secrets; i++)
    if (result->report.secrets[i].features != NULL)
      {
        g_autofree char *name = g_strdup_printf (_ ("Prepared features of secret %u"), i + 1);

        if (!add_layer (image, result->report.secrets[i].features, name, task, error))
          return FALSE;
      }
  return TRUE;
}

gint32
hide_show (const HideResult *result, CncTask *task, GError **error)
{
  const char *id = result->choices.mode->id;
  const gint32 image = image_new_from_raster (
      result->made, result->choices.mode->survives ? _ ("Result") : _ ("Result: save as PNG, not JPEG"), task, error);
  GimpParasite *parasite;
  gint32 layer;

  if (image == -1)
    return -1;
  layer = gimp_image_get_active_layer (image);
  gimp_image_undo_disable (image);
  if (!pixels_equal (layer, 0, 0, result->made) || (result->choices.layers && !add_layers (image, result, task, error)))
    {
      if (error != NULL && *error == NULL)
        g_set_error (error, CNC_ERROR, CNC_ERROR_DAMAGED, "GIMP did not take the pixels as they are; try again.");
      gimp_image_delete (image);
      return -1;
    }
  gimp_image_set_active_layer (image, layer);
  parasite = gimp_parasite_new (PARASITE, 0, (guint32) strlen (id) + 1, id);
  gimp_image_attach_parasite (image, parasite);
  gimp_parasite_free (parasite);
  gimp_image_undo_enable (image);
  return image;
}

const CncStegoMode *
hide_mode_of_image (gint32 image)
{
  GimpParasite *parasite = gimp_image_get_parasite (image, PARASITE);
  const CncStegoMode *mode = NULL;

  if (parasite == NULL)
    return NULL;
  if (gimp_parasite_data_size (parasite) > 0
      && ((const char *) gimp_parasite_data (parasite))[gimp_parasite_data_size (parasite) - 1] == '\0')
    mode = cnc_stego_mode_by_id (gimp_parasite_data (parasite), NULL);
  gimp_parasite_free (parasite);
  return mode;
}

static void
describe_secret (GString *text, const CncHiddenSecret *secret, guint number, guint of)
{
  if (of > 1)
    g_string_append_printf (text, _ ("; secret %u: "), number);
  else
    g_string_append (text, _ ("; the secret: "));
  if (isinf (secret->psnr))
    g_string_append (text, _ ("every bit"));
  else
    g_string_append_printf (text, _ ("%.1f dB"), secret->psnr);
}

char *
hide_report_text (const CncHideReport *report)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (isinf (report->psnr))
    g_string_append (text, _ ("The cover: unchanged"));
  else
    g_string_append_printf (text, _ ("The cover: %.1f dB (PSNR)"), report->psnr);
  for (guint i = 0; i < report->n_secrets; i++)
    describe_secret (text, &report->secrets[i], i + 1, report->n_secrets);
  g_string_append_c (text, '.');
  return g_string_free (g_steal_pointer (&text), FALSE);
}
