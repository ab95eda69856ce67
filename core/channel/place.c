/* core/channel/place.c: a carrier around a rectangle of noise, see place.h. */
#include "channel/place.h"

#include <math.h>

#include "base/memory.h"

#define LEAST_CELL 1.2 /* pixels that can be read */
#define LEAST_CONTRAST 30.0
#define UNSCALED 3     /* pixels that the width of the noise may be off where nothing was scaled */
#define SHIFTS 4       /* pixels by which the place may be off */
#define LEAST_LEFT 0.6 /* of the columns, where some are missing */
#define CUT_STEP 1.002 /* between two widths that are tried */

static const guint counts[] = { CNC_CARRIER_CELL_COUNTS };

/* The rectangle as the view shows it. */
static void
in_view (const CncRaster *plane, const CncRectangle *r, guint which, gint64 *x, gint64 *y, guint32 *width, guint32 *height)
{
  const gint64 w = plane->width, h = plane->height;
  gint64 left = r->x, top = r->y;

  *width = which % 2 != 0 ? r->height : r->width;
  *height = which % 2 != 0 ? r->width : r->height;
  switch (which % 4)
    {
    case 1:
      left = r->y;
      top = w - r->x - r->width;
      break;
    case 2:
      left = w - r->x - r->width;
      top = h - r->y - r->height;
      break;
    case 3:
      left = h - r->y - r->height;
      top = r->x;
      break;
    default:
      break;
    }
  if (which >= 4)
    left = (which % 2 != 0 ? h : w) - left - *width;
  *x = left;
  *y = top;
}

CncRectangle
cnc_place_rectangle (const CncRaster *plane, const CncPlaced *placed)
{
  const CncView view = cnc_view (plane->data, plane->width, plane->width, plane->height, placed->which);
  const gint64 x0 = CLAMP (placed->x, 0, (gint64) view.width - 1), y0 = CLAMP (placed->y, 0, (gint64) view.height - 1);
  const gint64 x1 = CLAMP (placed->x + placed->width - 1, 0, (gint64) view.width - 1);
  const gint64 y1 = CLAMP (placed->y + placed->height - 1, 0, (gint64) view.height - 1);
  const gsize a = (gsize) (view.origin + x0 * view.dx + y0 * view.dy - plane->data);
  const gsize b = (gsize) (view.origin + x1 * view.dx + y1 * view.dy - plane->data);
  const guint32 ax = (guint32) (a % plane->width), ay = (guint32) (a / plane->width);
  const guint32 bx = (guint32) (b % plane->width), by = (guint32) (b / plane->width);

  return (CncRectangle){ MIN (ax, bx), MIN (ay, by), MAX (ax, bx) - MIN (ax, bx) + 1, MAX (ay, by) - MIN (ay, by) + 1 };
}

static gboolean
read_one (const CncRs *code, const CncView *view, const CncStripPlace *place, gboolean inverted, double contrast, guint8 *bytes,
          guint *tries)
{
  float values[CNC_CARRIER_CELLS];

  if (*tries == 0 || cnc_strip_measure (view, place, values) < contrast)
    return FALSE;
  --*tries;
  for (guint i = 0; inverted && i < CNC_CARRIER_CELLS; i++)
    values[i] = 255 - values[i];
  return cnc_strip_decode (code, values, bytes);
}

/* How well the strip whose corner is at (x, y) fits: bright where it is white. */
static gint64
fit (const CncView *view, const CncCarrierLayout *l, guint32 width, const guint8 *bits, gboolean inverted, gint64 x, gint64 y)
{
  gint64 sum = 0;

  for (guint r = 0; r < l->rows; r++)
    for (guint k = 0; k < l->cells; k++)
      {
        const gint64 x0 = MAX (x + cnc_carrier_edge (width, l->cells, k), 0), y0 = MAX (y + cnc_carrier_edge (width, l->cells, r), 0);
        const gint64 x1 = MIN (x + cnc_carrier_edge (width, l->cells, k + 1), view->width);
        const gint64 y1 = MIN (y + cnc_carrier_edge (width, l->cells, r + 1), view->height);
        gint64 cell = 0;

        for (gint64 v = y0; v < y1; v++)
          for (gint64 u = x0; u < x1; u++)
            cell += view->origin[u * view->dx + v * view->dy] - 128;
        sum += (bits[(r * l->cells + k) % CNC_CARRIER_CELLS] != 0) != inverted ? cell : -cell;
      }
  return sum;
}

/* To the pixel, by the strips that were read. */
static void
align (const CncRs *code, const CncView *view, gboolean top, gboolean bottom, CncPlaced *placed, CncTask *task)
{
  const guint32 width = placed->header.width;
  gint64 best = G_MININT64, x = placed->x, y = placed->y;
  guint8 bits[CNC_CARRIER_CELLS];
  CncCarrierLayout l;

  if (!cnc_carrier_layout (width, placed->header.height, &l))
    return;
  cnc_strip_bits (code, &placed->header, bits);
  for (gint64 dy = -SHIFTS; dy <= SHIFTS; dy++)
    for (gint64 dx = -SHIFTS; dx <= SHIFTS && cnc_task_go_on (task, NULL); dx++)
      {
        gint64 score = 0;

        if (top)
          score += fit (view, &l, width, bits, FALSE, x + dx, y + dy);
        if (bottom)
          score += fit (view, &l, width, bits, TRUE, x + dx, y + dy + l.strip + l.body_height);
        if (score > best)
          {
            best = score;
            placed->x = x + dx;
            placed->y = y + dy;
          }
      }
}

/* Everything but which and bytes, of a carrier whose body is at (x, y) in the view. */
static void
settle (const CncRs *code, const CncView *view, gint64 x, gint64 y, guint32 width, guint32 height, gboolean top, gboolean bottom,
        CncPlaced *placed, CncTask *task)
{
  CncCarrierLayout l;
  double scale = 1;

  placed->readable = cnc_carrier_header_read (placed->bytes, &placed->header, NULL)
                     && cnc_carrier_layout (placed->header.width, placed->header.height, &l);
  if (!placed->readable)
    return;
  placed->width = placed->header.width;
  placed->height = placed->header.height;
  if (labs ((glong) width - (glong) placed->width) > UNSCALED)
    {
      scale = (double) width / placed->header.width;
      placed->width = width;
      placed->height = (guint32) lrint (scale * placed->header.height);
    }
  placed->x = x;
  placed->y = top ? y - lrint (scale * l.strip) : y + height + lrint (scale * l.strip) - (gint64) placed->height;
  if (scale == 1)
    align (code, view, top, bottom, placed, task);
  else if (placed->y < 0 && placed->y >= -UNSCALED)
    placed->y = 0;
  if (scale != 1 && placed->y + placed->height > view->height && placed->y + placed->height <= view->height + UNSCALED)
    placed->height = (guint32) (view->height - placed->y);
  placed->whole
      = placed->x >= 0 && placed->y >= 0 && placed->x + placed->width <= view->width && placed->y + placed->height <= view->height;
  if (scale != 1 && fabs (height / scale - l.body_height) > 0.02 * l.body_height + 8)
    placed->whole = FALSE;
}

gboolean
cnc_place_around (const CncRs *code, const CncRaster *plane, const CncRectangle *noise, CncPlaced *placed, guint *tries, CncTask *task)
{
  static const gint offsets[] = { 0, -1, 1, -2, 2 };

  *placed = (CncPlaced){ 0 };
  for (guint o = 0; o < G_N_ELEMENTS (offsets); o++)
    for (placed->which = 0; placed->which < CNC_VIEWS && cnc_task_go_on (task, NULL); placed->which++)
      {
        const CncView view = cnc_view (plane->data, plane->width, plane->width, plane->height, placed->which);
        gint64 x, y;
        guint32 width, height;

        in_view (plane, noise, placed->which, &x, &y, &width, &height);
        for (guint i = 0; i < G_N_ELEMENTS (counts) && width >= LEAST_CELL * counts[i]; i++)
          {
            const guint rows = (CNC_CARRIER_CELLS + counts[i] - 1) / counts[i];
            const double side = (double) width / counts[i];
            const CncStripPlace above = { (double) x, (double) (y + offsets[o]) - rows * side, side, side, counts[i] };
            const CncStripPlace below = { (double) x, (double) (y + height + offsets[o]), side, side, counts[i] };
            const gboolean top = read_one (code, &view, &above, FALSE, LEAST_CONTRAST, placed->bytes, tries);
            const gboolean bottom = read_one (code, &view, &below, TRUE, LEAST_CONTRAST, placed->bytes, tries);

            if (!top && !bottom)
              continue;
            settle (code, &view, x, y + offsets[o], width, height, top, bottom, placed, task);
            return TRUE;
          }
      }
  return FALSE;
}

gboolean
cnc_place_cut (const CncRs *code, const CncRaster *plane, const CncRectangle *noise, CncPlaced *placed, guint *tries, CncTask *task)
{
  *placed = (CncPlaced){ 0 };
  for (placed->which = 0; placed->which < CNC_VIEWS && cnc_task_go_on (task, NULL); placed->which++)
    {
      const CncView view = cnc_view (plane->data, plane->width, plane->width, plane->height, placed->which);
      gint64 x, y;
      guint32 width, height, last = 0;

      in_view (plane, noise, placed->which, &x, &y, &width, &height);
      for (double w = width; w <= MIN (width / LEAST_LEFT, (double) CNC_RASTER_MAX_SIDE); w = MAX (w + 1, w * CUT_STEP))
        {
          const guint32 whole = (guint32) w;
          CncCarrierLayout l;
          double side;

          if (whole == last || !cnc_carrier_layout (whole, CNC_RASTER_MAX_SIDE, &l))
            continue;
          last = whole;
          side = (double) whole / l.cells;
          for (guint right = 0; right < 2; right++)
            {
              const double left = right != 0 ? (double) (x + width) - w : (double) x;
              const CncStripPlace above = { left, (double) y - l.rows * side, side, side, l.cells };
              const CncStripPlace below = { left, (double) (y + height), side, side, l.cells };

              if ((read_one (code, &view, &above, FALSE, 2 * LEAST_CONTRAST, placed->bytes, tries)
                   || read_one (code, &view, &below, TRUE, 2 * LEAST_CONTRAST, placed->bytes, tries))
                  && cnc_carrier_header_read (placed->bytes, &placed->header, NULL))
                return TRUE;
            }
        }
    }
  return FALSE;
}
