/* From an image to an encrypted one. */
#include "encrypt.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "engine/engine.h"
#include "image.h"
#include "metadata.h"
#include "pixels.h"

/* The box of the selection in the layer; FALSE if it is empty. */
static gboolean
selected_box (gint32 drawable, guint *x, guint *y, guint *width, guint *height)
{
  gint left, top, w, h;

  if (!gimp_drawable_mask_intersect (drawable, &left, &top, &w, &h) || w <= 0 || h <= 0)
    return FALSE;
  *x = (guint) left;
  *y = (guint) top;
  *width = (guint) w;
  *height = (guint) h;
  return TRUE;
}

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, why);
  return FALSE;
}

gboolean
encrypt_has_stages (const CncMethod *method)
{
  return method == cnc_method_by_id ("hybrid", NULL);
}

gboolean
encrypt_in_place (EncryptTarget target, const CncMethod *method)
{
  return target == ENCRYPT_SELECTION && !method->carrier;
}

static gboolean
region_possible (gint32 image, gint32 drawable, const CncMethod *method, GError **error)
{
  CncFormat format;
  guint x, y, width, height;

  if (gimp_selection_is_empty (image))
    return refuse (error, _ ("Nothing is selected; select a part of the picture first."));
  if (!selected_box (drawable, &x, &y, &width, &height))
    return refuse (error, _ ("The selection lies outside of the layer; select a part of the layer."));
  if (method->carrier)
    return pixels_format (drawable, &format, error);
  if (gimp_item_is_group (drawable))
    return refuse (error, _ ("A layer group has no pixels of its own that could be replaced; choose one layer of it."));
  if (!pixels_is_rgb8 (drawable))
    return refuse (error,
                   _ ("In place works in 8-bit perceptual RGB only (Image → Mode, Image → Precision); encrypt into a new image instead."));
  if (gimp_item_get_lock_content (drawable))
    return refuse (error, _ ("The layer's pixels are locked; unlock them in the Layers dialog."));
  if (width < CNC_REGION_MIN_WIDTH)
    return refuse (error, _ ("The selection is less than 8 pixels wide; select more, or encrypt into a new image."));
  return TRUE;
}

gboolean
encrypt_possible (gint32 image, gint32 drawable, EncryptTarget target, const CncMethod *method, GError **error)
{
  CncFormat format;

  if (!gimp_image_is_valid (image))
    return refuse (error, _ ("There is no such image."));
  if (gimp_image_get_floating_sel (image) != -1)
    return refuse (error, _ ("There is a floating selection; anchor it or make it a layer first."));
  if (target == ENCRYPT_IMAGE)
    {
      gint n_layers = 0;

      g_free (gimp_image_get_layers (image, &n_layers));
      return n_layers > 0 ? TRUE : refuse (error, _ ("This image has no layer."));
    }
  if (drawable == -1 || !gimp_item_is_valid (drawable) || gimp_item_get_image (drawable) != image)
    return refuse (error, _ ("No layer of this image is active; choose one in the Layers dialog."));
  if (!gimp_item_is_layer (drawable))
    return refuse (error, _ ("What is active is a mask or a channel, not a layer; choose a layer in the Layers dialog."));
  if (target == ENCRYPT_SELECTION)
    return region_possible (image, drawable, method, error);
  if (target != ENCRYPT_LAYER)
    return refuse (error, _ ("The target must be 0 (whole image), 1 (layer) or 2 (selection)."));
  return pixels_format (drawable, &format, error);
}

/* x, y, width, height: (out) of a selection's box. */
static CncPicture *
read_picture (gint32 image, gint32 drawable, EncryptTarget target, const CncMethod *method, guint *x, guint *y, guint *width, guint *height,
              CncTask *task, GError **error)
{
  CncPicture *picture = NULL;

  if (target == ENCRYPT_IMAGE)
    picture = image_read_visible (image, task, error);
  else if (target == ENCRYPT_LAYER)
    picture = image_read_layer (image, drawable, task, error);
  else if (selected_box (drawable, x, y, width, height))
    picture = method->carrier ? image_read_part (image, drawable, *x, *y, *width, *height, task, error)
                              : image_read_region (drawable, *x, *y, *width, *height, task, error);
  if (picture != NULL && !method->lossless && picture->raster->format.curve == CNC_CURVE_LINEAR)
    metadata_make_perceptual (picture);
  return picture;
}

CncPicture *
encrypt_read (gint32 image, gint32 drawable, EncryptTarget target, const CncMethod *method)
{
  guint x, y, width, height;

  if (!encrypt_possible (image, drawable, target, method, NULL))
    return NULL;
  return read_picture (image, drawable, target, method, &x, &y, &width, &height, NULL, NULL);
}

CncRaster *
encrypt_carrier (gint32 image, gint32 drawable, EncryptTarget target, const EncryptHow *how, CncLock *lock, HostJob *job, guint *x,
                 guint *y, GError **error)
{
  CncTask *task = &job->progress.task;
  CncEncryptParams params = { .method = how->method,
                              .longest_side = how->longest_side,
                              .levels = how->levels,
                              .model = how->model,
                              .psnr = &job->psnr,
                              .notes = &job->left_out,
                              .task = task };
  g_autoptr (CncPicture) picture = NULL;
  guint width = 0, height = 0;

  g_clear_pointer (&job->left_out, g_free);
  job->psnr = 0;
  params.backend = host_job_backend (
      job, cnc_encrypt_work (how->method, (guint64) gimp_image_width (image) * (guint64) gimp_image_height (image)), error);
  if (params.backend == NULL)
    return NULL;
  picture = read_picture (image, drawable, target, how->method, x, y, &width, &height, task, error);
  if (picture == NULL)
    return NULL;
  if (encrypt_in_place (target, how->method))
    {
      params.region_width = width;
      params.region_height = height;
    }
  return cnc_encrypt (picture, lock, &params, error);
}

gint32
encrypt_run (gint32 image, gint32 drawable, EncryptTarget target, const EncryptHow *how, const KeysLock *keys, HostJob *job, GError **error)
{
  g_autoptr (CncLock) lock = NULL;
  g_autoptr (CncRaster) carrier = NULL;
  PixelsPatch patch = { 0 };
  EncryptHow with = *how;

  if (!encrypt_possible (image, drawable, target, how->method, error)
      || !keys_lock_model (keys, how->method, how->model, &with.model, error))
    return -1;
  cnc_task_progress (&job->progress.task, 0,
                     keys->recipients != NULL ? "Making the keys for the recipients" : "Making the key from the passphrase");
  lock = keys_lock_new (keys, error);
  if (lock == NULL)
    return -1;
  carrier = encrypt_carrier (image, drawable, target, &with, lock, job, &patch.x, &patch.y, error);
  if (carrier == NULL)
    return -1;
  if (!encrypt_in_place (target, how->method))
    return image_new_from_raster (carrier, _ ("Encrypted"), &job->progress.task, error);

  patch.raster = carrier;
  return pixels_patch (image, drawable, &patch, 1, error) ? image : -1;
}

/* The rows that the estimate is made from: bands spread over the height. */
#define SAMPLE_BANDS 8u
#define SAMPLE_ROWS 24u

static CncRaster *
sample_rows (gint32 drawable, guint x, guint y, guint width, guint height)
{
  g_autoptr (CncRaster) sample = NULL;
  CncFormat format;

  if (height <= SAMPLE_BANDS * SAMPLE_ROWS)
    return pixels_read (drawable, x, y, width, height, NULL, NULL);
  if (!pixels_format (drawable, &format, NULL))
    return NULL;
  sample = cnc_raster_new (width, SAMPLE_BANDS * SAMPLE_ROWS, &format, NULL);
  if (sample == NULL)
    return NULL;
  for (guint i = 0; i < SAMPLE_BANDS; i++)
    {
      const guint from = (guint) ((guint64) (height - SAMPLE_ROWS) * i / (SAMPLE_BANDS - 1));
      g_autoptr (CncRaster) band = pixels_read (drawable, x, y + from, width, SAMPLE_ROWS, NULL, NULL);

      if (band == NULL)
        return NULL;
      memcpy (sample->data + i * cnc_raster_bytes (band), band->data, cnc_raster_bytes (band));
    }
  return g_steal_pointer (&sample);
}

/* The layer that the estimate looks at, and the box of what is encrypted in it. */
static gboolean
estimated_part (gint32 image, gint32 *drawable, EncryptTarget target, const CncMethod *method, guint *x, guint *y, guint *width,
                guint *height)
{
  if (!encrypt_possible (image, *drawable, target, method, NULL))
    return FALSE;
  /* A picture of many layers is about as hard to pack as the one that is active. */
  if (target == ENCRYPT_IMAGE && (*drawable == -1 || !gimp_item_is_layer (*drawable)))
    *drawable = gimp_image_get_active_layer (image);
  if (*drawable == -1)
    return FALSE;
  *x = *y = 0;
  *width = (guint) gimp_drawable_width (*drawable);
  *height = (guint) gimp_drawable_height (*drawable);
  return target != ENCRYPT_SELECTION || selected_box (*drawable, x, y, width, height);
}

/* Pixels of the result's source. */
static void
source_size (gint32 image, EncryptTarget target, guint *width, guint *height)
{
  if (target != ENCRYPT_IMAGE)
    return;
  *width = (guint) gimp_image_width (image);
  *height = (guint) gimp_image_height (image);
}

gboolean
encrypt_estimate (gint32 image, gint32 drawable, EncryptTarget target, guint64 *bytes, guint32 *width, guint32 *height)
{
  g_autoptr (CncPicture) picture = cnc_picture_new ();
  guint x, y, w, h;

  if (!estimated_part (image, &drawable, target, cnc_method_by_id (NULL, NULL), &x, &y, &w, &h))
    return FALSE;
  picture->raster = sample_rows (drawable, x, y, w, h);
  if (picture->raster == NULL || !cnc_encrypt_estimate (picture, FALSE, bytes, NULL))
    return FALSE;
  source_size (image, target, &w, &h);
  *bytes = (guint64) ((double) *bytes * ((double) w * h) / ((double) picture->raster->width * picture->raster->height));
  return cnc_carrier_size (w, *bytes, width, height, NULL);
}

#define SAMPLE_SIDE 256u /* of the square in the middle that goes through the network */
#define SEAL_BYTES 512u  /* header, seal and inner header, about */

gboolean
encrypt_estimate_lossy (gint32 image, gint32 drawable, EncryptTarget target, const CncMethod *method, const char *model, guint64 *bytes,
                        guint32 *width, guint32 *height, double *psnr)
{
  g_autoptr (CncPicture) picture = cnc_picture_new ();
  g_autoptr (CncBackend) backend = NULL;
  guint x, y, w, h, side_x, side_y;

  if (!estimated_part (image, &drawable, target, method, &x, &y, &w, &h))
    return FALSE;
  side_x = MIN (w, SAMPLE_SIDE);
  side_y = MIN (h, SAMPLE_SIDE);
  picture->raster = pixels_read (drawable, x + (w - side_x) / 2, y + (h - side_y) / 2, side_x, side_y, NULL, NULL);
  if (picture->raster != NULL && picture->raster->format.model == CNC_MODEL_INDEXED)
    {
      gint colours = 0;
      guchar *map = gimp_image_get_colormap (image, &colours);

      picture->colormap = g_bytes_new_take (map, (gsize) colours * 3);
    }
  backend = picture->raster != NULL ? cnc_engine_open ("cpu", CNC_WORK_LITTLE, NULL, NULL)
                                    : NULL; /* so little that no other device would be faster */
  if (backend == NULL || !cnc_encrypt_sample (method, model, picture, backend, bytes, psnr, NULL))
    return FALSE;
  source_size (image, target, &w, &h);
  *bytes = SEAL_BYTES + (guint64) ((double) *bytes * ((double) w * h) / ((double) side_x * side_y));
  return cnc_carrier_size_compact (*bytes, width, height, NULL);
}

const char *
encrypt_quality_words (double psnr)
{
  return psnr >= 40   ? _ ("hardly to be told from the original")
         : psnr >= 35 ? _ ("very good, differences show when enlarged")
         : psnr >= 30 ? _ ("good, the finest texture is smoother")
         : psnr >= 25 ? _ ("fair, fine detail is lost")
                      : _ ("poor for this picture; better choose a lossless method");
}

char *
encrypt_quality_text (double psnr)
{
  if (isinf (psnr))
    return g_strdup (_ ("What Decrypt gives back was compared: every bit of its 8-bit colours."));
  return psnr > 0 ? g_strdup_printf (_ ("What Decrypt gives back was compared: %.1f dB (PSNR), %s."), psnr, encrypt_quality_words (psnr))
                  : NULL;
}

/* Thumbnails of one file, as the freedesktop.org specification names them. */
static guint
drop_thumbnails (const char *uri)
{
  static const char *const sizes[] = { "normal", "large", "x-large", "xx-large" };
  g_autofree char *sum = NULL;
  guint dropped = 0;

  if (uri == NULL)
    return 0;
  sum = g_compute_checksum_for_string (G_CHECKSUM_MD5, uri, -1);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/thumbnails/%s/%s.png", g_get_user_cache_dir (), sizes[i], sum);

      if (g_unlink (path) == 0)
        dropped++;
    }
  return dropped;
}

char *
encrypt_traces (gint32 image, gint32 layer)
{
  char *files[] = { gimp_image_get_xcf_uri (image), gimp_image_get_imported_uri (image), gimp_image_get_exported_uri (image) };
  g_autoptr (GString) text = g_string_new (NULL);
  gint n_layers = 0;
  g_autofree gint *layers = gimp_image_get_layers (image, &n_layers);
  gboolean others = FALSE, on_disk = FALSE;
  guint dropped = 0;

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      dropped += drop_thumbnails (files[i]);
      on_disk = on_disk || files[i] != NULL;
      g_free (files[i]);
    }
  for (gint i = 0; i < n_layers; i++)
    others = others || (layers[i] != layer && gimp_item_get_visible (layers[i]));
  if (others)
    g_string_append (text,
                     _ ("Other layers of this image are visible and may still show what you encrypted; look at them before you save. "));
  if (dropped > 0)
    g_string_append (text, _ ("The desktop's thumbnail of this file showed the plain picture and was removed. "));
  if (on_disk)
    g_string_append (text, _ ("The file on disk is still the plain picture until you save over it. "));
  g_string_append (text, _ ("Edit → Undo still brings the plain pixels back as long as the image stays open."));
  return g_string_free (g_steal_pointer (&text), FALSE);
}
