/* models/train/plot.c: loss curve and sample sheet, drawn by cairo; see train.h. */
#include "train.h"

#include "base/error.h"

#include <cairo.h>
#include <math.h>
#include <string.h>

#define WIDTH 900
#define HEIGHT 500
#define MARGIN 60.0
#define COLUMNS 8u

typedef struct
{
  double step, loss, validation; /* NaN: not measured */
} Point;

static gboolean
save (cairo_surface_t *surface, const char *path, GError **error)
{
  const cairo_status_t status = cairo_surface_write_to_png (surface, path);

  cairo_surface_destroy (surface);
  if (status == CAIRO_STATUS_SUCCESS)
    return TRUE;
  g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "%s could not be written (%s); make room or choose another folder.", path,
               cairo_status_to_string (status));
  return FALSE;
}

static GArray *
read_points (const char *csv)
{
  GArray *points = g_array_new (FALSE, FALSE, sizeof (Point));
  g_auto (GStrv) lines = g_strsplit (csv, "\n", -1);

  for (guint i = 1; lines[0] != NULL && lines[i] != NULL; i++)
    {
      g_auto (GStrv) cells = g_strsplit (lines[i], ",", -1);
      Point p;

      if (g_strv_length (cells) < 3)
        continue;
      p.step = g_ascii_strtod (cells[0], NULL);
      p.loss = cells[1][0] != '\0' ? g_ascii_strtod (cells[1], NULL) : NAN;
      p.validation = cells[2][0] != '\0' ? g_ascii_strtod (cells[2], NULL) : NAN;
      g_array_append_val (points, p);
    }
  return points;
}

typedef struct
{
  double last_step, low, high; /* logarithms of the losses */
} Scale;

static void
widen (Scale *scale, double loss)
{
  if (!(loss > 0))
    return;
  scale->low = MIN (scale->low, log10 (loss));
  scale->high = MAX (scale->high, log10 (loss));
}

static double
x_of (const Scale *s, double step)
{
  return MARGIN + (WIDTH - 2 * MARGIN) * step / MAX (1, s->last_step);
}

static double
y_of (const Scale *s, double logarithm)
{
  return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * (logarithm - s->low) / MAX (1e-9, s->high - s->low);
}

static void
draw_axes (cairo_t *cr, const Scale *s)
{
  char text[64];

  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_paint (cr);
  cairo_set_line_width (cr, 1);
  cairo_set_font_size (cr, 13);
  for (guint i = 0; i <= 4; i++)
    {
      const double logarithm = s->low + (s->high - s->low) * i / 4, step = s->last_step * i / 4;

      cairo_set_source_rgb (cr, 0.85, 0.85, 0.85);
      cairo_move_to (cr, MARGIN, y_of (s, logarithm));
      cairo_line_to (cr, WIDTH - MARGIN, y_of (s, logarithm));
      cairo_stroke (cr);
      cairo_set_source_rgb (cr, 0.2, 0.2, 0.2);
      g_snprintf (text, sizeof text, "%.3g", pow (10, logarithm));
      cairo_move_to (cr, 6, y_of (s, logarithm) + 4);
      cairo_show_text (cr, text);
      g_snprintf (text, sizeof text, "%.0f", step);
      cairo_move_to (cr, x_of (s, step) - 12, HEIGHT - MARGIN + 20);
      cairo_show_text (cr, text);
    }
  cairo_set_source_rgb (cr, 0.1, 0.3, 0.8);
  cairo_move_to (cr, MARGIN, MARGIN / 2);
  cairo_show_text (cr, "training loss");
  cairo_set_source_rgb (cr, 0.85, 0.3, 0.1);
  cairo_move_to (cr, MARGIN + 120, MARGIN / 2);
  cairo_show_text (cr, "validation loss");
  cairo_set_source_rgb (cr, 0.2, 0.2, 0.2);
  cairo_move_to (cr, WIDTH / 2.0, HEIGHT - 14);
  cairo_show_text (cr, "step");
}

static void
draw_line (cairo_t *cr, const Scale *s, const GArray *points, gboolean validation)
{
  gboolean begun = FALSE;

  for (guint i = 0; i < points->len; i++)
    {
      const Point *p = &g_array_index (points, Point, i);
      const double loss = validation ? p->validation : p->loss;

      if (!(loss > 0))
        continue;
      if (begun)
        cairo_line_to (cr, x_of (s, p->step), y_of (s, log10 (loss)));
      else
        cairo_move_to (cr, x_of (s, p->step), y_of (s, log10 (loss)));
      begun = TRUE;
    }
  cairo_set_line_width (cr, 2);
  if (validation)
    cairo_set_source_rgb (cr, 0.85, 0.3, 0.1);
  else
    cairo_set_source_rgb (cr, 0.1, 0.3, 0.8);
  cairo_stroke (cr);
}

gboolean
train_plot_losses (const char *path, const char *csv, GError **error)
{
  g_autoptr (GArray) points = read_points (csv);
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, WIDTH, HEIGHT);
  cairo_t *cr = cairo_create (surface);
  Scale scale = { 1, INFINITY, -INFINITY };

  for (guint i = 0; i < points->len; i++)
    {
      const Point *p = &g_array_index (points, Point, i);

      scale.last_step = MAX (scale.last_step, p->step);
      widen (&scale, p->loss);
      widen (&scale, p->validation);
    }
  if (scale.low > scale.high)
    scale.low = scale.high = 0;
  draw_axes (cr, &scale);
  draw_line (cr, &scale, points, FALSE);
  draw_line (cr, &scale, points, TRUE);
  cairo_destroy (cr);
  return save (surface, path, error);
}

gboolean
train_plot_samples (const char *path, const guint8 *pictures, guint sets, guint count, guint32 channels, guint32 width, guint32 height,
                    GError **error)
{
  const guint columns = MIN (COLUMNS, count), rows = sets * ((count + COLUMNS - 1) / COLUMNS);
  const guint zoom = MAX (1, 64 / MAX (width, height)); /* small pictures are shown larger, pixel by pixel */
  const guint cell_w = width * zoom + 4, cell_h = height * zoom + 4;
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, (int) (columns * cell_w), (int) (rows * cell_h));
  guint8 *data = cairo_image_surface_get_data (surface);
  const gsize stride = (gsize) cairo_image_surface_get_stride (surface), plane = (gsize) width * height;

  if (data == NULL)
    return save (surface, path, error); /* says why */
  cairo_surface_flush (surface);
  memset (data, 0x60, stride * rows * cell_h);
  for (guint i = 0; i < sets * count; i++)
    {
      const guint n = i % count, row = sets * (n / COLUMNS) + i / count, left = n % COLUMNS * cell_w + 2, top = row * cell_h + 2;
      const guint8 *p = pictures + (gsize) i * channels * plane;

      for (guint y = 0; y < height * zoom; y++)
        for (guint x = 0; x < width * zoom; x++)
          {
            const gsize at = (gsize) (y / zoom) * width + x / zoom;
            const guint32 red = p[at], green = p[channels > 1 ? plane + at : at], blue = p[channels > 2 ? 2 * plane + at : at];
            const guint32 pixel = red << 16 | green << 8 | blue;

            memcpy (data + (top + y) * stride + (left + x) * 4, &pixel, 4);
          }
    }
  cairo_surface_mark_dirty (surface);
  return save (surface, path, error);
}
