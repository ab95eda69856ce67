/* core/channel/strip.c: drawing and reading the strips of a carrier, see strip.h and format.md ("The strips"). */
#include "channel/strip.h"

#include <math.h>

#include "base/error.h"
#include "base/memory.h"

#define CODED CNC_CARRIER_CODED_BYTES
#define PARITY (CODED - CNC_CARRIER_HEADER_BYTES)
#define INNER 0.35       /* of a cell's side, from its middle: what is read of it */
#define ENOUGH 8         /* pixels of a cell that are looked at, along each side */
#define MOST_DOUBTED 24u /* bytes that are called doubtful, where trusting all of them did not do; in so many steps */
#define DOUBT_STEPS 2u
#define FEWEST_KNOWN (CODED - PARITY + 2u) /* bytes that have to be there */

CncRs *
cnc_strip_code (GError **error)
{
  return cnc_rs_new (8, CODED, PARITY, error);
}

/* Public: it makes about half of the cells white whatever the header says. */
static void
mask (guint8 out[CODED])
{
  static const char text[] = "cg1_mask";
  guint8 seed[32];

  cnc_hash ((const guint8 *) text, strlen (text), seed);
  cnc_keystream (seed, 0, out, CODED);
}

void
cnc_strip_bits (const CncRs *code, const CncCarrierHeader *header, guint8 bits[CNC_CARRIER_CELLS])
{
  guint8 bytes[CNC_CARRIER_HEADER_BYTES], masks[CODED];
  guint word[CODED];

  cnc_carrier_header_write (header, bytes);
  for (guint i = 0; i < CNC_CARRIER_HEADER_BYTES; i++)
    word[i] = bytes[i];
  cnc_rs_encode (code, word);
  mask (masks);
  for (guint i = 0; i < CNC_CARRIER_CELLS; i++)
    bits[i] = (word[i / 8] ^ masks[i / 8]) >> i % 8 & 1;
}

static void
draw_strip (CncRaster *raster, const CncCarrierLayout *layout, guint32 top, const guint8 *bits, guint8 white)
{
  for (guint r = 0; r < layout->rows; r++)
    {
      const guint32 from = top + cnc_carrier_edge (raster->width, layout->cells, r);
      const guint32 to = top + cnc_carrier_edge (raster->width, layout->cells, r + 1);
      guint8 *row = raster->data + (gsize) from * raster->width;

      for (guint k = 0; k < layout->cells; k++)
        {
          const guint32 left = cnc_carrier_edge (raster->width, layout->cells, k),
                        right = cnc_carrier_edge (raster->width, layout->cells, k + 1);

          memset (row + left, bits[(r * layout->cells + k) % CNC_CARRIER_CELLS] != 0 ? white : (guint8) (255 - white), right - left);
        }
      for (guint32 y = from + 1; y < to; y++)
        memcpy (raster->data + (gsize) y * raster->width, row, raster->width);
    }
}

CncRaster *
cnc_carrier_new (const CncCarrierHeader *header, GError **error)
{
  const CncFormat format = { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  CncCarrierLayout layout;

  if (cnc_carrier_layout (header->width, header->height, &layout))
    return cnc_raster_new (header->width, header->height, &format, error);
  g_set_error (error, CNC_ERROR, CNC_ERROR_TOO_SMALL,
               "An encrypted picture of %u × %u pixels has no room for anything but its header; choose a larger one.", header->width,
               header->height);
  return NULL;
}

gboolean
cnc_carrier_draw (CncRaster *raster, const CncCarrierHeader *header, GError **error)
{
  g_autoptr (CncRs) code = cnc_strip_code (error);
  guint8 bits[CNC_CARRIER_CELLS];
  CncCarrierLayout layout;

  if (code == NULL)
    return FALSE;
  if (!cnc_carrier_layout (raster->width, raster->height, &layout) || raster->width != header->width || raster->height != header->height)
    {
      g_set_error_literal (
          error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
          "The encrypted picture has another size than its header says; this is a fault of the program, please report it.");
      return FALSE;
    }
  cnc_strip_bits (code, header, bits);
  draw_strip (raster, &layout, 0, bits, 255);
  draw_strip (raster, &layout, layout.body_y + layout.body_height, bits, 0);
  return TRUE;
}

/* ---- reading ---- */

CncView
cnc_view (const guint8 *plane, gsize stride, guint32 width, guint32 height, guint which)
{
  const gssize row = (gssize) stride;
  CncView v = { plane, 1, row, width, height };

  switch (which % 4)
    {
    case 1:
      v = (CncView){ plane + (width - 1), row, -1, height, width };
      break;
    case 2:
      v = (CncView){ plane + (gsize) (height - 1) * stride + (width - 1), -1, -row, width, height };
      break;
    case 3:
      v = (CncView){ plane + (gsize) (height - 1) * stride, -row, 1, height, width };
      break;
    default:
      break;
    }
  if (which >= 4)
    {
      v.origin += v.dx * (gssize) (v.width - 1);
      v.dx = -v.dx;
    }
  return v;
}

/* The pixels whose middles lie in the inner part of a cell, at least the one in its middle; cut to the view.  FALSE: none. */
static gboolean
span (double from, double side, guint32 limit, gint64 *first, gint64 *end)
{
  const double middle = from + side / 2;

  *first = (gint64) ceil (middle - INNER * side - 0.5);
  *end = (gint64) floor (middle + INNER * side - 0.5) + 1;
  if (*end <= *first)
    {
      *first = (gint64) floor (middle);
      *end = *first + 1;
    }
  *first = MAX (*first, 0);
  *end = MIN (*end, (gint64) limit);
  return *first < *end;
}

double
cnc_strip_measure (const CncView *view, const CncStripPlace *place, float values[CNC_CARRIER_CELLS])
{
  const guint cells = place->cells, rows = (CNC_CARRIER_CELLS + cells - 1) / cells;
  guint seen = 0, bright = 0;
  double sum = 0, high = 0, low = 0, spread = 0;
  guint count[CNC_CARRIER_CELLS] = { 0 };

  for (guint i = 0; i < CNC_CARRIER_CELLS; i++)
    values[i] = 0;
  for (guint r = 0; r < rows; r++)
    {
      gint64 y0, y1;

      if (!span (place->y + r * place->down, place->down, view->height, &y0, &y1))
        continue;
      for (guint k = 0; k < cells; k++)
        {
          const guint bit = (r * cells + k) % CNC_CARRIER_CELLS;
          gint64 x0, x1;
          guint total = 0, n = 0;

          if (!span (place->x + k * place->side, place->side, view->width, &x0, &x1))
            continue;
          for (gint64 y = y0; y < y1; y += 1 + (y1 - y0) / ENOUGH)
            for (gint64 x = x0; x < x1; x += 1 + (x1 - x0) / ENOUGH, n++)
              total += view->origin[x * view->dx + y * view->dy];
          values[bit] += (float) total / (float) n;
          count[bit]++;
        }
    }
  for (guint i = 0; i < CNC_CARRIER_CELLS; i++)
    {
      values[i] = count[i] > 0 ? values[i] / (float) count[i] : NAN;
      if (count[i] == 0)
        continue;
      sum += (double) values[i];
      seen++;
    }
  if (seen == 0)
    return 0;
  for (guint i = 0; i < CNC_CARRIER_CELLS; i++)
    if ((double) values[i] > sum / seen)
      {
        high += (double) values[i];
        bright++;
      }
    else if (count[i] > 0)
      low += (double) values[i];
  if (bright == 0 || bright == seen)
    return 0;
  high /= bright;
  low /= seen - bright;
  for (guint i = 0; i < CNC_CARRIER_CELLS; i++)
    if (count[i] > 0)
      spread += fabs ((double) values[i] - ((double) values[i] > sum / seen ? high : low));
  return MAX (high - low - 2 * spread / seen, 0);
}

typedef struct
{
  float certainty; /* of the bit that is least certain */
  guint byte;
} Doubt;

static int
by_doubt (gconstpointer a, gconstpointer b)
{
  const Doubt *p = a, *q = b;

  return p->certainty < q->certainty ? -1 : p->certainty > q->certainty ? 1 : (gint) p->byte - (gint) q->byte;
}

gboolean
cnc_strip_decode (const CncRs *code, const float values[CNC_CARRIER_CELLS], guint8 header[CNC_CARRIER_HEADER_BYTES])
{
  double sum = 0, halves[2] = { 0 };
  guint seen = 0, counts[2] = { 0 }, missing = 0, erased[CODED], word[CODED];
  guint8 bytes[CODED], masks[CODED];
  Doubt doubts[CODED];
  float threshold;

  for (guint i = 0; i < CNC_CARRIER_CELLS; i++)
    if (!isnan (values[i]))
      {
        sum += (double) values[i];
        seen++;
      }
  if (seen < 8 * FEWEST_KNOWN)
    return FALSE;
  for (guint i = 0; i < CNC_CARRIER_CELLS; i++)
    if (!isnan (values[i]))
      {
        const guint half = (double) values[i] > sum / seen;

        halves[half] += (double) values[i];
        counts[half]++;
      }
  if (counts[0] == 0 || counts[1] == 0)
    return FALSE;
  threshold = (float) ((halves[0] / counts[0] + halves[1] / counts[1]) / 2);
  mask (masks);
  for (guint b = 0; b < CODED; b++)
    {
      doubts[b] = (Doubt){ INFINITY, b };
      bytes[b] = masks[b];
      for (guint i = 0; i < 8; i++)
        {
          const float value = values[8 * b + i];

          if (!isnan (value) && value > threshold)
            bytes[b] ^= (guint8) (1 << i);
          doubts[b].certainty = MIN (doubts[b].certainty, isnan (value) ? -1 : fabsf (value - threshold));
        }
      missing += doubts[b].certainty < 0;
    }
  if (missing > CODED - FEWEST_KNOWN)
    return FALSE;
  qsort (doubts, CODED, sizeof *doubts, by_doubt);
  for (guint step = 0; step <= DOUBT_STEPS; step++)
    {
      const guint n = MIN (missing + step * MOST_DOUBTED / DOUBT_STEPS, CODED - FEWEST_KNOWN);
      CncCarrierHeader parsed;
      g_autoptr (GError) problem = NULL;

      for (guint i = 0; i < n; i++)
        erased[i] = doubts[i].byte;
      for (guint b = 0; b < CODED; b++)
        word[b] = bytes[b];
      if (cnc_rs_decode (code, word, erased, n) < 0)
        continue;
      for (guint b = 0; b < CNC_CARRIER_HEADER_BYTES; b++)
        header[b] = (guint8) word[b];
      if (cnc_carrier_header_read (header, &parsed, &problem) || !g_error_matches (problem, CNC_ERROR, CNC_ERROR_DAMAGED))
        return TRUE; /* its check is right; what else is wrong with it is for the caller to say */
    }
  return FALSE;
}
