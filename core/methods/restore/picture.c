/* core/methods/restore/picture.c: pictures of any kind as what a network takes, and the sizes of a carrier, see restore.h. */
#include "methods/restore/restore.h"

#include "base/error.h"
#include "base/memory.h"
#include "chaos/shuffle.h"
#include "picture/convert.h"

#include <math.h>

/* ---- sizes ---- */

/* The least whole number whose square times b is a at least. */
static guint64
side_for (guint64 a, guint64 b)
{
  guint64 side = (guint64) sqrt ((double) a / (double) b);

  while (side > 0 && (side - 1) * (side - 1) * b >= a)
    side--;
  while (side * side * b < a)
    side++;
  return side;
}

/* All else from width and height.  FALSE: there is no such carrier. */
static gboolean
lay_out (const CncRestore *model, guint recipients, CncRestorePlan *plan)
{
  guint64 count, across;

  plan->columns = (plan->width + model->divide - 1) / model->divide;
  plan->rows = (plan->height + model->divide - 1) / model->divide;
  count = (guint64) plan->columns * plan->rows * model->channels;
  if (count > CNC_SHUFFLE_MAX)
    return FALSE;
  across = MAX (side_for (count * plan->columns, plan->rows), CNC_CARRIER_MIN_WIDTH);
  if (across > CNC_RASTER_MAX_SIDE || !cnc_carrier_height_for ((guint32) across, count, recipients, &plan->carrier_height))
    return FALSE;
  plan->carrier_width = (guint32) across;
  if (!cnc_carrier_layout_for (plan->carrier_width, plan->carrier_height, recipients, &plan->layout))
    return FALSE;
  plan->count = (gsize) count;
  plan->places = (gsize) plan->layout.body_width * plan->layout.body_height;
  return plan->places <= CNC_SHUFFLE_MAX;
}

static gboolean
too_small (guint32 width, guint32 height, guint32 longest_side, guint32 least, GError **error)
{
  if (least > 0)
    g_set_error (
        error, CNC_ERROR, CNC_ERROR_TOO_SMALL,
        "No encrypted picture has a longest side of %u pixels: what has to stand in it beside the picture takes more. Choose %u or more.",
        longest_side, least);
  else
    g_set_error (error, CNC_ERROR, CNC_ERROR_TOO_SMALL, "A picture of %u × %u pixels fits into no encrypted picture; scale it.", width,
                 height);
  return FALSE;
}

static gboolean
plan_scaled (const CncRestore *model, guint32 width, guint32 height, guint recipients, CncRestorePlan *plan)
{
  *plan = (CncRestorePlan){ .width = model->width > 0 ? model->width : width, .height = model->width > 0 ? model->height : height };
  return lay_out (model, recipients, plan);
}

gboolean
cnc_restore_plan_scaled (const CncRestore *model, guint32 width, guint32 height, CncRestorePlan *plan, GError **error)
{
  return plan_scaled (model, width, height, 0, plan) || too_small (width, height, 0, 0, error);
}

gboolean
cnc_restore_plan (const CncRestore *model, guint32 width, guint32 height, guint32 longest_side, CncRestorePlan *plan, GError **error)
{
  return cnc_restore_plan_for (model, width, height, longest_side, 0, plan, error);
}

gboolean
cnc_restore_plan_for (const CncRestore *model, guint32 width, guint32 height, guint32 longest_side, guint recipients, CncRestorePlan *plan,
                      GError **error)
{
  const guint32 longest = MAX (width, height);
  guint32 least = 0;

  /* The largest that fits. */
  for (guint64 side = longest; side > 0; side--)
    {
      const guint32 w = (guint32) MAX ((2 * side * width + longest) / (2 * longest), 1),
                    h = (guint32) MAX ((2 * side * height + longest) / (2 * longest), 1);

      if (plan_scaled (model, w, h, recipients, plan))
        {
          const guint32 found = MAX (plan->carrier_width, plan->carrier_height);

          if (longest_side == 0 || found <= longest_side)
            return TRUE;
          least = least > 0 ? MIN (least, found) : found; /* narrow carriers have tall strips */
        }
      if (model->width > 0)
        break; /* one size for all */
    }
  return too_small (width, height, longest_side, least, error);
}

/* ---- colours ---- */

static guint8
on_white (guint8 sample, guint8 alpha)
{
  return (guint8) ((sample * alpha + 255 * (255 - alpha) + 127) / 255);
}

/* Luma of ITU-R BT.601. */
static guint8
luma (const guint8 *p)
{
  return (guint8) ((299 * p[0] + 587 * p[1] + 114 * p[2] + 500) / 1000);
}

static void
say (GString *notes, gboolean so, const char *sentence)
{
  if (notes == NULL || !so)
    return;
  if (notes->len > 0)
    g_string_append_c (notes, ' ');
  g_string_append (notes, sentence);
}

static gboolean
any_transparent (const CncRaster *raster)
{
  const guint step = cnc_format_channels (&raster->format);

  if (raster->format.alpha)
    for (gsize i = step - 1; i < cnc_raster_bytes (raster); i += step)
      if (raster->data[i] != 255)
        return TRUE;
  return FALSE;
}

/* eight: 8 bits, perceptual.  Returns: (transfer full) */
static CncRaster *
recolour (const CncRaster *eight, const CncFormat *format, GError **error)
{
  CncRaster *out = cnc_raster_new (eight->width, eight->height, format, error);
  const guint step = cnc_format_channels (&eight->format);
  const gboolean grey = eight->format.model == CNC_MODEL_GREY;

  for (gsize i = 0; out != NULL && i < (gsize) out->width * out->height; i++)
    {
      const guint8 *p = eight->data + i * step, alpha = eight->format.alpha ? p[step - 1] : 255;
      guint8 colour[3];

      for (guint c = 0; c < 3; c++)
        colour[c] = on_white (p[grey ? 0 : c], alpha);
      if (format->model == CNC_MODEL_RGB)
        memcpy (out->data + 3 * i, colour, 3);
      else
        out->data[i] = luma (colour);
    }
  return out;
}

CncRaster *
cnc_restore_prepare (const CncRestore *model, const CncPicture *picture, GString *notes, GError **error)
{
  const CncFormat format = { model->colours == 1 ? CNC_MODEL_GREY : CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE },
                  *own = &picture->raster->format;
  g_autoptr (CncRaster) eight = cnc_convert_to_8_bit (picture->raster, picture->colormap, error);

  if (eight == NULL)
    return NULL;
  say (notes, eight->format.model != CNC_MODEL_GREY && model->colours == 1, _ ("The model knows grey pictures: colours are left out."));
  say (notes, own->sample != CNC_SAMPLE_U8 || own->curve != CNC_CURVE_PERCEPTUAL, _ ("Samples were brought to 8 bits."));
  say (notes, any_transparent (eight), _ ("Transparent parts were laid on white."));
  say (notes, picture->profile != NULL || picture->metadata != NULL || picture->parasites->len > 0,
       _ ("Colour profile, metadata and comments are left out."));
  return cnc_format_equal (&eight->format, &format) ? g_steal_pointer (&eight) : recolour (eight, &format, error);
}

double
cnc_restore_psnr (const CncRaster *a, const CncRaster *b)
{
  const gsize n = cnc_raster_bytes (a);
  guint64 sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += (guint64) ((a->data[i] - b->data[i]) * (a->data[i] - b->data[i]));
  return sum == 0 ? INFINITY : 10 * log10 (65025.0 * (double) n / (double) sum);
}
