/* core/channel/find.c: finding a carrier in a picture, see carrier.h and format.md ("How a reader proceeds"). */
#include "channel/find.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "channel/band.h"
#include "channel/place.h"
#include "picture/convert.h"
#include "picture/pixels.h"

#define LEAST_SIDE 1.2 /* pixels of a cell that can be read */
#define LEAST_CONTRAST 30.0
#define FEW 32u
#define LEAST_NOISE 0.4 /* share of a picture that is noise, from which on it looks like a carrier */
#define MOST_GROWTH 8u  /* times the pixels that are there, when a carrier is scaled back: below it, nothing of a body is left */
#define MOST_TRIES                                                                                                                         \
  1500u                 /* codes that are decoded around rectangles of noise, the largest first: a picture can be made to have very many   \
                         */
#define CUT_TRIES 9000u /* around the largest one, for which many widths are tried */
#define MOST_COLOUR 12u /* mean difference of red and blue from green in a grey picture */

static const guint counts[] = { CNC_CARRIER_CELL_COUNTS };

void
cnc_carrier_free (CncCarrier *carrier)
{
  if (carrier == NULL)
    return;
  g_free (carrier->body);
  g_free (carrier);
}

/* ---- one view ---- */

/* inverted: the strip at the bottom, so that no strip is one in a picture turned over, too. */
static gboolean
decode (const CncRs *code, const CncView *view, double y, gboolean inverted, double down, guint cells, float *values, guint8 *bytes)
{
  const CncStripPlace place = { 0, y, (double) view->width / cells, down, cells };
  const double contrast = cnc_strip_measure (view, &place, values);

  for (guint i = 0; inverted && i < CNC_CARRIER_CELLS; i++)
    values[i] = 255 - values[i];
  return contrast >= LEAST_CONTRAST && cnc_strip_decode (code, values, bytes);
}

static gboolean
strips_of (const CncRs *code, const CncView *view, guint cells, double down, CncStrips *strips)
{
  const double height = (CNC_CARRIER_CELLS + cells - 1) / cells * down;
  float top[CNC_CARRIER_CELLS], bottom[CNC_CARRIER_CELLS];

  if (height > view->height)
    return FALSE;
  strips->top = decode (code, view, 0, FALSE, down, cells, top, strips->bytes);
  strips->bottom = decode (code, view, view->height - height, TRUE, down, cells, bottom, strips->bytes);
  if (strips->top || strips->bottom)
    return TRUE;
  for (guint k = 0; k < CNC_CARRIER_CELLS; k++)
    top[k] = (top[k] + bottom[k]) / 2;
  strips->top = strips->bottom = 2 * height < view->height && cnc_strip_decode (code, top, strips->bytes);
  return strips->top;
}

gboolean
cnc_find_strips (const CncRs *code, const CncView *view, CncStrips *strips)
{
  *strips = (CncStrips){ 0 };
  for (guint i = 0; i < G_N_ELEMENTS (counts) && view->width >= LEAST_SIDE * counts[i]; i++)
    {
      const double side = (double) view->width / counts[i];

      if (strips_of (code, view, counts[i], side, strips))
        return TRUE;
      /* A scaled width is rounded, which many rows of few cells feel. */
      if (counts[i] <= FEW
          && (strips_of (code, view, counts[i], side * (1 - 0.4 / view->width), strips)
              || strips_of (code, view, counts[i], side * (1 + 0.4 / view->width), strips)))
        return TRUE;
    }
  return FALSE;
}

static gboolean
read_keys (CncCarrier *carrier, const CncRaster *upright, CncTask *task, GError **error)
{
  CncCarrierHeader *header = &carrier->header;
  const guint32 first = carrier->layout.body_y - cnc_key_band_rows (header->width, header->recipients);

  if (!cnc_key_band_read (upright->data + (gsize) first * header->width, header->width, header->recipients, carrier->keys, task, error))
    return FALSE;
  cnc_hash (carrier->keys[0], (gsize) header->recipients * CNC_STANZA_RECIPIENT_BYTES, header->keys_hash);
  return TRUE;
}

gboolean
cnc_carrier_draw_keys (CncRaster *raster, const CncCarrierHeader *header, const guint8 (*keys)[CNC_STANZA_RECIPIENT_BYTES], GError **error)
{
  CncCarrierLayout layout;

  g_return_val_if_fail (cnc_carrier_layout (raster->width, raster->height, &layout), FALSE);
  return header->recipients == 0
         || cnc_key_band_write (keys, header->recipients, raster->data + (gsize) layout.body_y * raster->width, raster->width, error);
}

CncCarrier *
cnc_find_take (const CncView *view, const CncCarrierHeader *header, CncTask *task, GError **error)
{
  const CncFormat format = { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncRaster) upright = NULL;
  g_autoptr (CncCarrier) carrier = g_new0 (CncCarrier, 1);
  gsize bytes;

  /* No key has been tried yet: whoever makes a header must not make us work for a picture of the size that he likes. */
  if ((guint64) header->width * header->height > MOST_GROWTH * (guint64) view->width * view->height)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_DAMAGED,
                   "This encrypted picture was scaled from %u × %u to %u × %u pixels, which leaves nothing of what is inside; ask for it "
                   "again at its own size.",
                   header->width, header->height, view->width, view->height);
      return NULL;
    }
  upright = cnc_raster_new (view->width, view->height, &format, error);
  if (upright == NULL)
    return NULL;
  for (guint32 y = 0; y < view->height; y++)
    {
      const guint8 *from = view->origin + (gssize) y * view->dy;
      guint8 *to = upright->data + (gsize) y * view->width;

      for (guint32 x = 0; x < view->width; x++)
        to[x] = from[(gssize) x * view->dx];
    }
  carrier->scaled = view->width != header->width || view->height != header->height;
  if (carrier->scaled)
    {
      CncRaster *scaled = cnc_rgb_scale (upright, header->width, header->height, task, error);

      if (scaled == NULL)
        return NULL;
      cnc_raster_free (upright);
      upright = scaled;
    }
  carrier->header = *header;
  if (!cnc_carrier_layout_for (header->width, header->height, header->recipients, &carrier->layout))
    g_return_val_if_reached (NULL); /* cnc_carrier_header_read has looked */
  if (header->recipients > 0 && !read_keys (carrier, upright, task, error))
    return NULL;
  bytes = (gsize) carrier->layout.body_width * carrier->layout.body_height;
  carrier->body = cnc_alloc (bytes, 1, "the encrypted picture", error);
  if (carrier->body == NULL)
    return NULL;
  memcpy (carrier->body, upright->data + (gsize) carrier->layout.body_y * header->width, bytes);
  return g_steal_pointer (&carrier);
}

/* ---- the whole picture ---- */

/* JPEG's own luma. */
static CncRaster *
luma_of (const CncRaster *picture, GBytes *colormap, GError **error)
{
  const CncFormat grey = { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncRaster) converted = NULL;
  CncRaster *plane = NULL;
  const CncFormat *f = &picture->format;
  gsize pixels;
  guint step;

  if (f->model == CNC_MODEL_INDEXED || f->sample != CNC_SAMPLE_U8 || f->curve != CNC_CURVE_PERCEPTUAL)
    {
      converted = cnc_convert_to_8_bit (picture, colormap, error);
      if (converted == NULL)
        return NULL;
      picture = converted;
      f = &picture->format;
    }
  plane = cnc_raster_new (picture->width, picture->height, &grey, error);
  if (plane == NULL)
    return NULL;
  pixels = (gsize) picture->width * picture->height;
  step = cnc_format_pixel_bytes (f);
  for (gsize i = 0; i < pixels; i++)
    {
      const guint8 *p = picture->data + i * step;

      plane->data[i] = f->model == CNC_MODEL_GREY ? *p : (guint8) ((19595u * p[0] + 38470u * p[1] + 7471u * p[2] + 32768u) >> 16);
    }
  return plane;
}

static gboolean
not_encrypted (GError **error)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_NOT_ENCRYPTED,
                       "There is no encrypted picture here; open the picture of noise that cnncrypt made.");
  return FALSE;
}

static gboolean
cropped (const CncCarrierHeader *header, guint32 width, guint32 height, GError **error)
{
  g_set_error (error, CNC_ERROR, CNC_ERROR_DAMAGED,
               "This encrypted picture was cropped: it had %u × %u pixels, and %u × %u of them are here; ask for it again as it was.",
               header->width, header->height, width, height);
  return FALSE;
}

static gboolean
unreadable (GError **error)
{
  g_set_error_literal (
      error, CNC_ERROR, CNC_ERROR_DAMAGED,
      "This looks like an encrypted picture (grey noise), but its header cannot be read: it was cropped, turned by another angle than "
      "90 degrees, or changed too much; ask for it again as it was.");
  return FALSE;
}

static gboolean
several (const CncRaster *plane, const CncPlaced *placed, guint count, GError **error)
{
  g_autoptr (GString) where = g_string_new (NULL);

  for (guint i = 0; i < count; i++)
    {
      const CncRectangle r = cnc_place_rectangle (plane, &placed[i]);

      g_string_append_printf (where, "%s%u × %u pixels at (%u, %u)", i > 0 ? "; " : "", r.width, r.height, r.x, r.y);
    }
  g_set_error (error, CNC_ERROR, CNC_ERROR_DAMAGED,
               "There are %u encrypted pictures in this one (%s); crop it to one of them and try again.", count, where->str);
  return FALSE;
}

/* Whether a view can be the carrier that it tells of, at another scale perhaps. */
static gboolean
of_aspect (const CncView *view, const CncCarrierHeader *header)
{
  const double across = (double) view->width / header->width, down = (double) view->height / header->height;

  if ((view->width == header->width) != (view->height == header->height))
    return FALSE;
  return fabs (down * header->width - view->width) <= 1 || fabs (across * header->height - view->height) <= 1
         || fabs (across / down - 1) < 0.002;
}

/* Noise of red, green and blue is no carrier: another method of cnncrypt makes such pictures. */
static gboolean
is_grey (const CncRaster *picture)
{
  const CncFormat *f = &picture->format;
  const gsize pixels = (gsize) picture->width * picture->height;
  const guint step = cnc_format_pixel_bytes (f);
  guint64 sum = 0, count = 0;

  if (f->model != CNC_MODEL_RGB || f->sample != CNC_SAMPLE_U8)
    return TRUE;
  for (gsize i = 0; i < pixels; i += 7, count++)
    {
      const guint8 *p = picture->data + i * step;

      sum += (guint64) (abs (p[0] - p[1]) + abs (p[2] - p[1]));
    }
  return sum < 2 * MOST_COLOUR * count;
}

static CncCarrier *
take (const CncRaster *plane, const CncPlaced *placed, CncTask *task, GError **error)
{
  CncView view = cnc_view (plane->data, plane->width, plane->width, plane->height, placed->which);
  const CncRectangle where = cnc_place_rectangle (plane, placed);
  CncCarrier *carrier;

  view.origin += placed->x * view.dx + placed->y * view.dy;
  view.width = placed->width;
  view.height = placed->height;
  carrier = cnc_find_take (&view, &placed->header, task, error);
  if (carrier == NULL)
    return NULL;
  carrier->x = where.x;
  carrier->y = where.y;
  carrier->width = where.width;
  carrier->height = where.height;
  carrier->turned = placed->which % 4 * 90;
  carrier->mirrored = placed->which >= 4;
  return carrier;
}

/* All carriers around rectangles of noise, each once. */
static guint
place_all (const CncRs *code, const CncRaster *plane, const CncNoise *noise, CncPlaced *placed, guint *tries, CncTask *task)
{
  guint count = 0;

  for (guint i = 0; i < noise->count; i++)
    {
      const CncPlaced *one = &placed[count];
      gboolean again = FALSE;

      if (!cnc_place_around (code, plane, &noise->rectangles[i], &placed[count], tries, task))
        continue;
      for (guint k = 0; k < count; k++)
        again |= one->which == placed[k].which && ABS (one->x - placed[k].x) < 8 && ABS (one->y - placed[k].y) < 8;
      count += !again;
    }
  return count;
}

/* The strips of a picture that is a carrier from edge to edge. */
static gboolean
place_whole (const CncRs *code, const CncRaster *plane, CncPlaced *placed, gboolean *both)
{
  for (guint which = 0; which < CNC_VIEWS; which++)
    {
      const CncView view = cnc_view (plane->data, plane->width, plane->width, plane->height, which);
      CncStrips strips;

      if (!cnc_find_strips (code, &view, &strips))
        continue;
      *placed = (CncPlaced){ .which = which, .width = view.width, .height = view.height };
      memcpy (placed->bytes, strips.bytes, sizeof placed->bytes);
      placed->readable = cnc_carrier_header_read (placed->bytes, &placed->header, NULL);
      placed->whole = placed->readable && of_aspect (&view, &placed->header);
      *both = strips.top && strips.bottom;
      return TRUE;
    }
  return FALSE;
}

static gboolean
find_one (const CncRs *code, const CncRaster *picture, const CncRaster *plane, CncPlaced *placed, CncTask *task, GError **error)
{
  CncPlaced all[CNC_NOISE_MOST], cut;
  CncNoise noise;
  gboolean both = FALSE;
  const gboolean edge_to_edge = place_whole (code, plane, placed, &both);
  guint count, tries = MOST_TRIES;

  if (edge_to_edge && (placed->whole || !placed->readable))
    return TRUE;
  if (!cnc_noise_find (plane, &noise, task, error))
    return FALSE;
  count = place_all (code, plane, &noise, all, &tries, task);
  if (!cnc_task_go_on (task, error))
    return FALSE;
  if (count > 1)
    return several (plane, all, count, error);
  if (count == 1 && (all[0].whole || !all[0].readable))
    {
      *placed = all[0];
      return TRUE;
    }
  if (edge_to_edge && both && (count == 0 || all[0].width != all[0].header.width))
    {
      placed->whole = TRUE; /* drawn out in one direction, and brought back */
      return TRUE;
    }
  if (edge_to_edge)
    return cropped (&placed->header, placed->width, placed->height, error);
  if (count == 1)
    {
      const CncRectangle r = cnc_place_rectangle (plane, &all[0]);
      const gboolean across = all[0].which % 2 != 0;

      return cropped (&all[0].header, across ? r.height : r.width, across ? r.width : r.height, error);
    }
  if (noise.share < LEAST_NOISE || !is_grey (picture))
    return not_encrypted (error);
  tries = CUT_TRIES;
  if (noise.count > 0 && cnc_place_cut (code, plane, &noise.rectangles[0], &cut, &tries, task))
    return cropped (&cut.header, cut.which % 2 != 0 ? plane->height : plane->width, cut.which % 2 != 0 ? plane->width : plane->height,
                    error);
  return cnc_task_go_on (task, error) && unreadable (error);
}

gboolean
cnc_carrier_find (const CncRaster *picture, GBytes *colormap, CncCarrier **found, CncTask *task, GError **error)
{
  g_autoptr (CncRaster) plane = NULL;
  g_autoptr (CncRs) code = cnc_strip_code (error);
  CncPlaced placed = { 0 };

  *found = NULL;
  plane = code != NULL ? luma_of (picture, colormap, error) : NULL;
  if (plane == NULL)
    return FALSE;
  cnc_task_progress (task, 0, "Looking for an encrypted picture");
  if (!find_one (code, picture, plane, &placed, task, error) || !cnc_task_go_on (task, error))
    return FALSE;
  if (!placed.readable)
    return cnc_carrier_header_read (placed.bytes, &placed.header, error);
  *found = take (plane, &placed, task, error);
  return *found != NULL;
}

char *
cnc_carrier_history (const CncCarrier *carrier)
{
  const gboolean across = carrier->turned % 180 != 0;
  const guint32 width = across ? carrier->height : carrier->width, height = across ? carrier->width : carrier->height;

  if (!carrier->scaled)
    return g_strdup ("");
  return g_strdup_printf (_ (" It was scaled from %u × %u to %u × %u pixels."), carrier->header.width, carrier->header.height, width,
                          height);
}
