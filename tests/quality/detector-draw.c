/* tests/quality/detector-draw.c: drawings, screens and textures, see detector-data.h. */
#include "detector-data.h"

#include <cairo.h>
#include <math.h>

typedef struct
{
  cairo_surface_t *surface;
  cairo_t *cr;
  double side;
} Canvas;

static Canvas
begin (guint32 side)
{
  Canvas c = { cairo_image_surface_create (CAIRO_FORMAT_RGB24, (int) side, (int) side), NULL, side };

  c.cr = cairo_create (c.surface);
  return c;
}

static CncRaster *
finish (Canvas *c)
{
  const guint32 side = (guint32) c->side;
  CncRaster *raster = data_rgb (side, side);

  cairo_surface_flush (c->surface);
  for (guint32 y = 0; y < side; y++)
    {
      const guint32 *row = (const guint32 *) (const void *) (cairo_image_surface_get_data (c->surface)
                                                             + (gsize) y * (gsize) cairo_image_surface_get_stride (c->surface));

      for (guint32 x = 0; x < side; x++)
        for (guint k = 0; k < 3; k++)
          raster->data[3 * ((gsize) y * side + x) + k] = (guint8) (row[x] >> (16 - 8 * k));
    }
  cairo_destroy (c->cr);
  cairo_surface_destroy (c->surface);
  return raster;
}

static void
colour (cairo_t *cr, GRand *rand, double low, double high)
{
  cairo_set_source_rgb (cr, data_between (rand, low, high), data_between (rand, low, high), data_between (rand, low, high));
}

static void
shape (Canvas *c, GRand *rand)
{
  const double x = data_between (rand, 0, c->side), y = data_between (rand, 0, c->side), w = data_between (rand, 4, c->side / 2),
               h = data_between (rand, 4, c->side / 2);

  switch (g_rand_int_range (rand, 0, 4))
    {
    case 0:
      cairo_rectangle (c->cr, x, y, w, h);
      break;
    case 1:
      cairo_arc (c->cr, x, y, w / 2, 0, 2 * G_PI);
      break;
    case 2:
      cairo_move_to (c->cr, x, y);
      cairo_curve_to (c->cr, x + w, y, x, y + h, x - w, y + h / 2);
      break;
    default:
      cairo_move_to (c->cr, x, y);
      for (guint i = 0; i < 4; i++)
        cairo_line_to (c->cr, x + data_between (rand, -w, w), y + data_between (rand, -h, h));
    }
}

CncRaster *
data_drawing (guint32 side, GRand *rand)
{
  Canvas c = begin (side);
  const guint n = (guint) g_rand_int_range (rand, 3, 60);

  if (data_chance (rand, 0.4))
    {
      cairo_pattern_t *p = cairo_pattern_create_linear (0, 0, data_between (rand, 0, side), data_between (rand, 0, side));

      for (guint i = 0; i < 2; i++)
        cairo_pattern_add_color_stop_rgb (p, i, data_between (rand, 0, 1), data_between (rand, 0, 1), data_between (rand, 0, 1));
      cairo_set_source (c.cr, p);
      cairo_pattern_destroy (p);
    }
  else
    colour (c.cr, rand, 0.6, 1);
  cairo_paint (c.cr);
  for (guint i = 0; i < n; i++)
    {
      colour (c.cr, rand, 0, 1);
      shape (&c, rand);
      if (data_chance (rand, 0.5))
        {
          cairo_set_line_width (c.cr, data_between (rand, 0.7, 6));
          cairo_stroke (c.cr);
        }
      else
        cairo_fill (c.cr);
    }
  return finish (&c);
}

/* ---- screens ---- */

static void
text_line (cairo_t *cr, double x, double y, double until, GRand *rand)
{
  while (x < until)
    {
      cairo_text_extents_t extents;
      char word[12];
      const guint n = (guint) g_rand_int_range (rand, 1, 11);

      for (guint i = 0; i < n; i++)
        word[i] = data_chance (rand, 0.08) ? (char) g_rand_int_range (rand, '!', 'Z') : (char) g_rand_int_range (rand, 'a', 'z' + 1);
      word[n] = '\0';
      cairo_text_extents (cr, word, &extents);
      cairo_move_to (cr, x, y);
      cairo_show_text (cr, word);
      x += extents.x_advance + 4;
    }
}

static void
text (Canvas *c, double x, double y, double w, double h, GRand *rand)
{
  static const char *const faces[] = { "Sans", "Serif", "Monospace" };
  const double size = data_between (rand, 7, 20);

  cairo_save (c->cr);
  cairo_rectangle (c->cr, x, y, w, h);
  cairo_clip (c->cr);
  cairo_select_font_face (c->cr, faces[g_rand_int_range (rand, 0, 3)],
                          data_chance (rand, 0.1) ? CAIRO_FONT_SLANT_ITALIC : CAIRO_FONT_SLANT_NORMAL,
                          data_chance (rand, 0.2) ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size (c->cr, size);
  for (double line = y + size; line < y + h + size; line += size * 1.25)
    if (!data_chance (rand, 0.1))
      text_line (c->cr, x + (data_chance (rand, 0.15) ? 20 : 3), line, x + w * data_between (rand, 0.5, 1), rand);
  cairo_restore (c->cr);
}

static void
chart (Canvas *c, double x, double y, double w, double h, GRand *rand)
{
  const guint n = (guint) g_rand_int_range (rand, 4, 24), way = (guint) g_rand_int_range (rand, 0, 3);

  cairo_set_line_width (c->cr, 1);
  cairo_rectangle (c->cr, x + 0.5, y + 0.5, w, h);
  cairo_stroke (c->cr);
  colour (c->cr, rand, 0, 0.8);
  for (guint i = 0; i < n; i++)
    {
      const double at = x + w * (i + 0.2) / n, value = h * data_between (rand, 0.05, 0.95);

      if (way == 0)
        cairo_rectangle (c->cr, at, y + h - value, 0.6 * w / n, value);
      else if (way == 1)
        cairo_line_to (c->cr, at, y + h - value);
      else
        cairo_rectangle (c->cr, at, y + h - value, 3, 3);
    }
  if (way == 1)
    cairo_stroke (c->cr);
  else
    cairo_fill (c->cr);
}

static void
dialog (Canvas *c, GRand *rand)
{
  const double x = data_between (rand, 0, c->side / 4), y = data_between (rand, 0, c->side / 4), w = c->side * 0.7, h = c->side * 0.65;

  cairo_set_source_rgb (c->cr, 0.93, 0.93, 0.92);
  cairo_rectangle (c->cr, x, y, w, h);
  cairo_fill (c->cr);
  colour (c->cr, rand, 0.2, 0.6);
  cairo_rectangle (c->cr, x, y, w, 18);
  cairo_fill (c->cr);
  for (double row = y + 26; row + 20 < y + h; row += 24)
    {
      cairo_set_source_rgb (c->cr, 0.1, 0.1, 0.1);
      text (c, x + 6, row, w * 0.35, 16, rand);
      cairo_set_source_rgb (c->cr, 1, 1, 1);
      cairo_rectangle (c->cr, x + w * 0.42, row, w * 0.5, 18);
      cairo_fill_preserve (c->cr);
      cairo_set_source_rgb (c->cr, 0.6, 0.6, 0.6);
      cairo_set_line_width (c->cr, 1);
      cairo_stroke (c->cr);
    }
}

CncRaster *
data_screenshot (guint32 side, GRand *rand)
{
  Canvas c = begin (side);
  const gboolean dark = data_chance (rand, 0.25);
  const guint way = (guint) g_rand_int_range (rand, 0, 4);

  colour (c.cr, rand, dark ? 0.05 : 0.9, dark ? 0.2 : 1);
  cairo_paint (c.cr);
  colour (c.cr, rand, dark ? 0.7 : 0, dark ? 1 : 0.25);
  if (way < 2)
    text (&c, 0, 0, side, side, rand);
  else if (way == 2)
    {
      chart (&c, 8, 8, side * 0.8, side * 0.5, rand);
      text (&c, 4, side * 0.6, side, side * 0.4, rand);
    }
  else
    {
      text (&c, 0, 0, side, side, rand);
      dialog (&c, rand);
    }
  return finish (&c);
}

/* ---- textures ---- */

typedef struct
{
  guint way, seed, octaves;
  double scale, rough, angle, cell, gap;
} Texture;

/* 0..1, where x and y are pixels. */
static double
texture_at (const Texture *t, double x, double y)
{
  const double along = x * cos (t->angle) + y * sin (t->angle), down = y * cos (t->angle) - x * sin (t->angle);
  double sum = 0, weight = 1, all = 0, scale = 1 / t->scale;

  for (guint k = 0; k < t->octaves; k++, scale *= 2, weight *= t->rough)
    {
      sum += weight * quality_smooth_noise (along * scale, down * scale, t->seed + k);
      all += weight;
    }
  sum /= all;
  switch (t->way)
    {
    case 0: /* clouds, and with a rough scale sand */
    case 1:
      return CLAMP (0.5 + 1.6 * (sum - 0.5), 0, 1);
    case 2: /* wood */
      return 0.5 + 0.5 * sin (along / t->cell + 9 * sum);
    case 3: /* weave */
      return CLAMP (0.5 + 0.25 * sin (6.3 * along / t->cell) + 0.25 * sin (6.3 * down / t->cell) + 0.5 * (sum - 0.5), 0, 1);
    case 4: /* bricks */
      {
        const gint row = (gint) floor (down / t->cell);
        const double at = along + (row % 2 != 0 ? t->cell : 0), fx = at - 2 * t->cell * floor (at / (2 * t->cell)),
                     fy = down - t->cell * row;

        return fx < t->gap || fy < t->gap
                   ? 0.85
                   : 0.25 + 0.3 * quality_smooth_noise (floor (at / (2 * t->cell)), row, t->seed) + 0.3 * (sum - 0.5);
      }
    default: /* boards of two colours */
      return ((gint) floor (along / t->cell) + (gint) floor (down / t->cell)) % 2 != 0 ? 0.2 + 0.2 * sum : 0.7 + 0.2 * sum;
    }
}

static CncRaster *
leaves (guint32 side, GRand *rand)
{
  Canvas c = begin (side);
  const guint n = side * side / (guint) g_rand_int_range (rand, 12, 120);
  const double size = data_between (rand, 1.5, 10);

  colour (c.cr, rand, 0, 0.3);
  cairo_paint (c.cr);
  for (guint i = 0; i < n; i++)
    {
      const double light = data_between (rand, 0.1, 1);

      cairo_save (c.cr);
      cairo_translate (c.cr, data_between (rand, 0, side), data_between (rand, 0, side));
      cairo_rotate (c.cr, data_between (rand, 0, 6.3));
      cairo_scale (c.cr, size, size * data_between (rand, 0.2, 0.6));
      cairo_arc (c.cr, 0, 0, 1, 0, 2 * G_PI);
      cairo_set_source_rgb (c.cr, light * 0.6, light, light * 0.4);
      cairo_fill (c.cr);
      cairo_restore (c.cr);
    }
  return finish (&c);
}

CncRaster *
data_texture (guint32 side, GRand *rand)
{
  const Texture t = { .way = (guint) g_rand_int_range (rand, 0, 6),
                      .seed = g_rand_int (rand),
                      .octaves = (guint) g_rand_int_range (rand, 2, 7),
                      .scale = exp (data_between (rand, log (2), log (60))),
                      .rough = data_between (rand, 0.4, 1.1),
                      .angle = data_chance (rand, 0.5) ? 0 : data_between (rand, 0, 3.1),
                      .cell = data_between (rand, 4, 28),
                      .gap = data_between (rand, 1, 3) };
  double dark[3], light[3];
  CncRaster *raster;

  if (data_chance (rand, 0.2))
    return leaves (side, rand);
  raster = data_rgb (side, side);
  for (guint c = 0; c < 3; c++)
    {
      dark[c] = data_between (rand, 0, 140);
      light[c] = data_between (rand, 100, 255);
    }
  for (guint32 y = 0; y < side; y++)
    for (guint32 x = 0; x < side; x++)
      {
        const double v = texture_at (&t, x, y);

        for (guint c = 0; c < 3; c++)
          raster->data[3 * ((gsize) y * side + x) + c] = data_byte (dark[c] + v * (light[c] - dark[c]));
      }
  return raster;
}
