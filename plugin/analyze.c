/* What Analyze… finds out about an image. */
#include "analyze.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "image.h"
#include "picture/convert.h"
#include "plots.h"

void
analyze_result_free (AnalyzeResult *result)
{
  if (result == NULL)
    return;
  cnc_analysis_free (result->analysis);
  for (guint i = 0; i < 2; i++)
    {
      g_free (result->names[i]);
      cnc_raster_free (result->preview[i]);
    }
  g_string_free (result->notes, TRUE);
  g_free (result);
}

HideSource *
analyze_parse_against (const char *spec, GError **error)
{
  g_autoptr (GError) why = NULL;
  HideSource *source;

  if (spec == NULL || *spec == '\0')
    return NULL;
  source = hide_source_parse (spec, &why);
  if (source == NULL)
    g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                 "The picture to compare with is named as \"image:ID\", \"layer:ID\" or \"file:PATH\", not “%s”.", spec);
  return source;
}

/* ---- reading ---- */

static void
say (GString *notes, const char *name, const char *sentence)
{
  g_string_append_printf (notes, "%s%s %s", notes->len > 0 ? " " : "", name, sentence);
}

/* Opaque R'G'B' u8 from what cnc_convert_to_8_bit makes; *transparent: something was. */
static CncRaster *
to_rgb (const CncRaster *from, gboolean *transparent, GError **error)
{
  const CncFormat rgb = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  CncRaster *to = cnc_raster_new (from->width, from->height, &rgb, error);
  const guint step = cnc_format_pixel_bytes (&from->format), colours = from->format.alpha ? step - 1 : step;
  const gsize pixels = (gsize) from->width * from->height;

  *transparent = FALSE;
  for (gsize i = 0; i < pixels && to != NULL; i++)
    {
      const guint8 *p = from->data + i * step;
      const guint alpha = from->format.alpha ? p[colours] : 255;

      *transparent = *transparent || alpha != 255;
      for (guint c = 0; c < 3; c++)
        to->data[3 * i + c] = (guint8) ((p[colours == 3 ? c : 0] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
  return to;
}

/* picture: its raster may be taken. */
static CncRaster *
read_rgb (CncPicture *picture, const char *name, GString *notes, GError **error)
{
  const CncFormat *f = &picture->raster->format;
  const gboolean plain = f->model != CNC_MODEL_INDEXED && f->sample == CNC_SAMPLE_U8 && f->curve == CNC_CURVE_PERCEPTUAL;
  g_autoptr (CncRaster) converted = NULL;
  CncRaster *rgb;
  gboolean transparent;

  if (plain && f->model == CNC_MODEL_RGB && !f->alpha)
    return g_steal_pointer (&picture->raster);
  if (!plain)
    {
      converted = cnc_convert_to_8_bit (picture->raster, picture->colormap, error);
      if (converted == NULL)
        return NULL;
    }
  rgb = to_rgb (plain ? picture->raster : converted, &transparent, error);
  if (rgb == NULL)
    return NULL;
  if (f->model == CNC_MODEL_INDEXED)
    say (notes, name, _ ("has a palette; its colours were analysed."));
  else if (f->sample != CNC_SAMPLE_U8)
    say (notes, name, _ ("has more than 8 bits a colour and was reduced to 8."));
  else if (f->curve != CNC_CURVE_PERCEPTUAL)
    say (notes, name, _ ("holds linear light and was converted to the usual curve."));
  if (transparent)
    say (notes, name, _ ("has transparent parts, which were put on white."));
  return rgb;
}

static gboolean
check_image (gint32 image, GError **error)
{
  g_autofree gint *layers = NULL;
  gint n_layers = 0;

  if (!gimp_image_is_valid (image))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "There is no such image.");
      return FALSE;
    }
  layers = gimp_image_get_layers (image, &n_layers);
  for (gint i = 0; i < n_layers; i++)
    if (gimp_item_get_visible (layers[i]))
      return TRUE;
  g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "The image shows nothing that could be analysed; it has no visible layer.");
  return FALSE;
}

static CncRaster *
read_image (gint32 image, const char *name, GString *notes, CncTask *task, GError **error)
{
  g_autoptr (CncPicture) picture = check_image (image, error) ? image_read_visible (image, task, error) : NULL;

  return picture != NULL ? read_rgb (picture, name, notes, error) : NULL;
}

static CncRaster *
read_layer (gint32 layer, const char *name, GString *notes, CncTask *task, GError **error)
{
  g_autoptr (CncPicture) picture = NULL;

  if (!gimp_item_is_valid (layer) || !gimp_item_is_layer (layer))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "The picture to compare with is no layer of an image that is open.");
      return NULL;
    }
  picture = image_read_layer (gimp_item_get_image (layer), layer, task, error);
  return picture != NULL ? read_rgb (picture, name, notes, error) : NULL;
}

static CncRaster *
read_file (const char *path, const char *name, GString *notes, CncTask *task, GError **error)
{
  const gint32 image = image_load (path, task, error);
  CncRaster *raster;

  if (image == -1)
    return NULL;
  raster = read_image (image, name, notes, task, error);
  image_drop (image, task);
  return raster;
}

static char *
name_of (const HideSource *source)
{
  char *name;

  if (source->from == HIDE_FILE)
    return g_filename_display_basename (source->path);
  if (source->from == HIDE_IMAGE)
    name = gimp_image_is_valid (source->id) ? gimp_image_get_name (source->id) : NULL;
  else
    name = gimp_item_is_valid (source->id) ? gimp_item_get_name (source->id) : NULL;
  return name != NULL ? name : g_strdup (_ ("the other"));
}

static CncRaster *
read_source (const HideSource *source, const char *name, GString *notes, CncTask *task, GError **error)
{
  return source->from == HIDE_IMAGE   ? read_image (source->id, name, notes, task, error)
         : source->from == HIDE_LAYER ? read_layer (source->id, name, notes, task, error)
                                      : read_file (source->path, name, notes, task, error);
}

/* Every so-manieth pixel: means would make noise look grey. */
static CncRaster *
make_preview (const CncRaster *raster)
{
  const guint32 side = MAX (raster->width, raster->height), times = (side - 1) / ANALYZE_PREVIEW_SIDE + 1;
  CncRaster *preview = cnc_raster_new ((raster->width - 1) / times + 1, (raster->height - 1) / times + 1, &raster->format, NULL);

  for (gsize y = 0; preview != NULL && y < preview->height; y++)
    for (gsize x = 0; x < preview->width; x++)
      memcpy (preview->data + 3 * (y * preview->width + x), raster->data + 3 * (y * times * raster->width + x * times), 3);
  return preview;
}

/* ---- two keys ---- */

/* The samples alone, padded as the layers want them: of a grey picture one a pixel. */
static guint8 *
samples_of (const CncRaster *raster, guint channels, gsize *size, gsize *length, GError **error)
{
  const gsize pixels = (gsize) raster->width * raster->height;
  guint8 *samples;

  *size = pixels * channels;
  *length = (gsize) cnc_study_padded_length (*size);
  samples = cnc_alloc0 (*length, 1, "the samples of the picture", error);
  if (samples != NULL && channels == 3)
    memcpy (samples, raster->data, *size);
  for (gsize i = 0; samples != NULL && channels == 1 && i < pixels; i++)
    samples[i] = raster->data[3 * i];
  return samples;
}

static gboolean
try_keys (CncAnalysis *analysis, const CncRaster *raster, const CncStudyChoice *choice, HostJob *job, GError **error)
{
  CncTask *task = &job->progress.task;
  CncBackend *backend = NULL;
  CncStudyKeys one, other;
  gsize size, length;
  g_autofree guint8 *first = samples_of (raster, analysis->picture[0].channels, &size, &length, error);
  g_autofree guint8 *second = first != NULL ? cnc_alloc (length, 1, "the samples of the picture", error) : NULL;
  gboolean done;

  if (second == NULL)
    return FALSE;
  if (choice->layers & CNC_STUDY_CNN)
    {
      backend = host_job_backend (job, CNC_WORK_CIPHER, error);
      if (backend == NULL)
        return FALSE;
    }
  memcpy (second, first, length);
  done = cnc_study_keys (choice->layers, NULL, &one, &other, error)
         && cnc_study_encipher (backend, &one, choice->layers, first, length, task, error)
         && cnc_study_encipher (backend, &other, choice->layers, second, length, task, error);
  if (done)
    {
      cnc_analysis_add_keys (analysis, _ (choice->title), first, second, size);
      done = cnc_study_decipher (backend, &other, choice->layers, first, length, task, error);
    }
  if (done)
    {
      g_free (g_steal_pointer (&second));
      second = samples_of (raster, analysis->picture[0].channels, &size, &length, error);
      done = second != NULL;
    }
  if (done)
    cnc_analysis_add_wrong_key (analysis, first, second, size);
  cnc_wipe (&one, sizeof one);
  cnc_wipe (&other, sizeof other);
  return done;
}

/* Whether it looks encrypted; without the network, or a device for it, the notes say why not. */
static gboolean
judge (AnalyzeResult *result, const CncRaster *raster, HostJob *job, GError **error)
{
  g_autoptr (GError) why = NULL;
  g_autoptr (CncDetector) detector = cnc_detector_find (&why);
  CncBackend *backend = detector != NULL ? host_job_backend (job, CNC_WORK_LITTLE, &why) : NULL;

  if (backend != NULL && cnc_analysis_judge (result->analysis, raster->data, detector, backend, &why))
    return TRUE;
  if (g_error_matches (why, CNC_ERROR, CNC_ERROR_CANCELLED) || g_error_matches (why, CNC_ERROR, CNC_ERROR_NO_MEMORY))
    {
      g_propagate_error (error, g_steal_pointer (&why));
      return FALSE;
    }
  g_string_append_printf (result->notes, "%s%s", result->notes->len > 0 ? " " : "", why->message);
  return TRUE;
}

AnalyzeResult *
analyze_run (gint32 image, const HideSource *against, const CncStudyChoice *keys, HostJob *job, GError **error)
{
  const gboolean pair = against != NULL && against->from != HIDE_NOTHING;
  g_autoptr (AnalyzeResult) result = g_new0 (AnalyzeResult, 1);
  g_autoptr (CncRaster) picture = NULL, other = NULL;
  CncTask *task = &job->progress.task;

  result->notes = g_string_new (NULL);
  if (!check_image (image, error))
    return NULL;
  result->names[0] = gimp_image_get_name (image);
  cnc_task_progress (task, 0, "Reading the picture");
  picture = read_image (image, result->names[0], result->notes, task, error);
  if (picture == NULL)
    return NULL;
  if (pair)
    {
      result->names[1] = name_of (against);
      cnc_task_progress (task, 0, "Reading the other picture");
      other = read_source (against, result->names[1], result->notes, task, error);
      if (other == NULL)
        return NULL;
    }
  result->analysis = cnc_analysis_new (picture->data, picture->width, picture->height, pair ? other->data : NULL, pair ? other->width : 0,
                                       pair ? other->height : 0, task, error);
  if (result->analysis == NULL || !judge (result, picture, job, error))
    return NULL;
  result->preview[0] = make_preview (picture);
  result->preview[1] = pair ? make_preview (other) : NULL;
  cnc_raster_free (g_steal_pointer (&other));
  if (keys != NULL && keys->layers != CNC_STUDY_NOTHING && !try_keys (result->analysis, picture, keys, job, error))
    return NULL;
  return g_steal_pointer (&result);
}

/* ---- results ---- */

char *
analyze_table (const AnalyzeResult *result)
{
  return cnc_analysis_table (result->analysis, (const char *const *) result->names, result->notes->str);
}

char *
analyze_json (const AnalyzeResult *result)
{
  return cnc_analysis_json (result->analysis, (const char *const *) result->names, result->notes->str);
}

gboolean
analyze_save_report (const AnalyzeResult *result, const char *path, gboolean replace, GError **error)
{
  const gboolean svg = g_str_has_suffix (path, ".svg");
  g_autofree char *name = g_filename_display_name (path);
  g_autoptr (GByteArray) bytes = NULL;
  g_autoptr (GError) why = NULL;

  if (!svg && !g_str_has_suffix (path, ".png"))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "A report is a picture: end its name in .png or .svg, not as in %s.", name);
      return FALSE;
    }
  if (!replace && g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "%s exists already and was not touched; choose another name.", name);
      return FALSE;
    }
  bytes = plots_report (result->analysis, (const char *const *) result->names, (const CncRaster *const *) result->preview,
                        result->notes->str, svg, error);
  if (bytes == NULL)
    return FALSE;
  if (g_file_set_contents_full (path, (const char *) bytes->data, bytes->len, G_FILE_SET_CONTENTS_CONSISTENT, 0666, &why))
    return TRUE;
  g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "%s cannot be written: %s", name, why->message);
  return FALSE;
}
