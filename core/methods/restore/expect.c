/* core/methods/restore/expect.c: how good a picture will come back, tried on parts of it, see methods/carrier.h. */
#include "methods/restore/restore.h"

#include "base/error.h"
#include "base/memory.h"
#include "picture/convert.h"
#include "picture/pixels.h"

#include <math.h>

#define PARTS 3u           /* of each side: nine in all */
#define SIDE 96u           /* of a part, in the pixels that the network gets: a multiple of what networks divide sides by */
#define SIDE_LARGEST 1024u /* ... and in those of the picture */
/* What JPEG at quality 75 does to a grey picture of noise that is spread evenly: standard deviation of its errors, in steps of 1/255. */
#define JPEG_75 9.5

/* Which rows or columns a sample has: all, or PARTS runs of side each, spread evenly.  Returns: (transfer full) */
static guint32 *
places_of (guint32 all, guint32 side, guint32 *count)
{
  guint32 *places, n = 0;

  if (all <= PARTS * side)
    side = all;
  *count = side == all ? all : PARTS * side;
  places = g_new (guint32, *count);
  for (guint part = 0; n < *count; part++)
    {
      const guint32 first = side == all ? 0 : (guint32) ((guint64) all * (2 * part + 1) / (2 * PARTS)) - side / 2;

      for (guint32 i = 0; i < side; i++)
        places[n++] = first + i;
    }
  return places;
}

/* Parts from all over the picture, side by side, with its colormap. */
static CncPicture *
sample_of (const CncPicture *picture, guint32 side, GError **error)
{
  const CncRaster *from = picture->raster;
  const guint bytes = cnc_format_pixel_bytes (&from->format);
  guint32 width, height;
  g_autofree guint32 *columns = places_of (from->width, side, &width), *rows = places_of (from->height, side, &height);
  g_autoptr (CncPicture) part = cnc_picture_new ();

  part->raster = cnc_raster_new (width, height, &from->format, error);
  if (part->raster == NULL)
    return NULL;
  for (guint32 y = 0; y < height; y++)
    for (guint32 x = 0; x < width; x++)
      memcpy (part->raster->data + ((gsize) y * width + x) * bytes, from->data + ((gsize) rows[y] * from->width + columns[x]) * bytes,
              bytes);
  if (picture->colormap != NULL)
    part->colormap = g_bytes_ref (picture->colormap);
  return g_steal_pointer (&part);
}

/* Gaussian numbers, the same for the same picture (Box and Muller 1958; a linear congruential generator of Knuth's). */
static void
add_noise (guint8 *values, gsize n, double deviation)
{
  guint64 state = 1;

  for (gsize i = 0; i < n; i++)
    {
      double uniform[2];

      for (guint k = 0; k < 2; k++)
        {
          state = state * G_GUINT64_CONSTANT (6364136223846793005) + G_GUINT64_CONSTANT (1442695040888963407);
          uniform[k] = ((double) (state >> 11) + 0.5) / (double) (G_GUINT64_CONSTANT (1) << 53);
        }
      values[i] = (guint8) (gint) (values[i] + lrint (deviation * sqrt (-2 * log (uniform[0])) * cos (2 * G_PI * uniform[1])));
    }
}

static gboolean
measure (const CncRestoreRun *run, const CncRaster *part, const CncRestorePlan *plan, const guint8 *values, double *psnr, GError **error)
{
  const double strength = cnc_restore_strength (run->model, plan, values);
  g_autoptr (CncRaster) restored = cnc_restore_decode (run, plan, values, strength, part->width, part->height, error);

  if (restored != NULL)
    *psnr = cnc_restore_psnr (part, restored);
  return restored != NULL;
}

static gboolean
try_part (const CncRestoreRun *run, const CncPicture *picture, const CncRestorePlan *whole, CncRestoreExpected *expected, GError **error)
{
  const guint32 width = picture->raster->width, height = picture->raster->height;
  const double shrink = (double) width / whole->width;
  /* a network for one size takes the whole picture */
  const guint32 side = run->model->width > 0 ? MAX (width, height) : (guint32) MIN (SIDE * MAX (shrink, 1), SIDE_LARGEST);
  g_autoptr (CncPicture) part = sample_of (picture, side, error);
  g_autoptr (CncRaster) prepared = part != NULL ? cnc_restore_prepare (run->model, part, NULL, error) : NULL;
  g_autofree guint8 *values = NULL;
  CncRestorePlan plan;
  gboolean good;

  if (prepared == NULL
      || !cnc_restore_plan_scaled (run->model, MAX ((guint32) lrint (prepared->width / shrink), 1),
                                   MAX ((guint32) lrint (prepared->height / shrink), 1), &plan, error))
    return FALSE;
  values = cnc_alloc (plan.places, 1, "what the network makes of the picture", error);
  if (values == NULL)
    return FALSE;
  good = cnc_restore_encode (run, &plan, prepared, values, error) && measure (run, prepared, &plan, values, &expected->clean, error);
  if (good)
    {
      add_noise (values, plan.places, JPEG_75);
      good = measure (run, prepared, &plan, values, &expected->jpeg, error);
    }
  cnc_wipe (values, plan.places);
  return good;
}

gboolean
cnc_restore_expect (const CncPicture *picture, const CncCarrierParams *params, CncRestoreExpected *expected, GError **error)
{
  g_autoptr (CncRestore) model = cnc_restore_find (params->model, error);
  CncRestoreRun run = { .model = model, .backend = params->backend, .task = params->task };
  CncRestorePlan plan;
  gboolean good;

  if (model == NULL
      || !cnc_restore_plan_for (model, picture->raster->width, picture->raster->height, params->longest_side, params->recipients, &plan,
                                error)
      || (run.weights = cnc_weights_new (params->backend, model->net, error)) == NULL)
    return FALSE;
  expected->width = plan.carrier_width;
  expected->height = plan.carrier_height;
  good = try_part (&run, picture, &plan, expected, error);
  cnc_weights_free (run.weights);
  return good;
}
