/* Analyses drawn with cairo. */
#include "plots.h"

#include <cairo-svg.h>
#include <math.h>
#include <string.h>

#include "base/error.h"

#define FONT "sans-serif"
#define MARGIN 24.0
#define GAP 16.0
#define SIDE 190.0      /* of a small picture or a scatter plot */
#define HISTOGRAM 260.0 /* its width */

static void
ink (cairo_t *cr, double grey)
{
  cairo_set_source_rgb (cr, grey, grey, grey);
}

static double
length_of (cairo_t *cr, const char *text)
{
  cairo_text_extents_t extents;

  cairo_text_extents (cr, text, &extents);
  return extents.x_advance;
}

double
plots_text (cairo_t *cr, double x, double y, double width, double size, gboolean bold, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  double length;

  g_strdelimit (valid, "\n\r\t", ' ');
  cairo_select_font_face (cr, FONT, CAIRO_FONT_SLANT_NORMAL, bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size (cr, size);
  length = length_of (cr, valid);
  for (glong n = g_utf8_strlen (valid, -1); width > 0 && length > width && n > 1; n--)
    {
      g_autofree char *part = g_utf8_substring (valid, 0, n - 1);

      g_free (valid);
      valid = g_strconcat (part, "…", NULL);
      length = length_of (cr, valid);
    }
  cairo_move_to (cr, x, y);
  cairo_show_text (cr, valid);
  return length;
}

/* Lines of at most width, from y on.  Returns their height. */
static double
paragraph (cairo_t *cr, double x, double y, double width, double size, const char *text)
{
  g_auto (GStrv) words = g_strsplit_set (text, " \n", -1);
  g_autoptr (GString) line = g_string_new (NULL);
  double height = 0;

  cairo_select_font_face (cr, FONT, CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size (cr, size);
  for (guint i = 0; words[0] != NULL; i++)
    {
      g_autofree char *longer = words[i] != NULL ? g_strconcat (line->str, line->len > 0 ? " " : "", words[i], NULL) : NULL;

      if (longer != NULL && (line->len == 0 || length_of (cr, longer) <= width))
        {
          g_string_assign (line, longer);
          continue;
        }
      plots_text (cr, x, y + height + size, width, size, FALSE, line->str);
      height += 1.35 * size;
      if (words[i] == NULL)
        break;
      g_string_assign (line, words[i]);
    }
  return height;
}

static void
frame (cairo_t *cr, const PlotsBox *box)
{
  cairo_rectangle (cr, box->x, box->y, box->width, box->height);
  ink (cr, 0.55);
  cairo_set_line_width (cr, 0.75);
  cairo_stroke (cr);
}

/* Pixels 0xRRGGBB into the box. */
static void
paint_pixels (cairo_t *cr, const PlotsBox *box, gint width, gint height, guint32 (*pixel) (gint x, gint y, gconstpointer data),
              gconstpointer data)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, width, height);
  const gsize stride = (gsize) cairo_image_surface_get_stride (surface);
  guint8 *bytes = cairo_image_surface_get_data (surface);

  for (gint y = 0; y < height && bytes != NULL; y++)
    for (gint x = 0; x < width; x++)
      {
        const guint32 value = pixel (x, y, data);

        memcpy (bytes + (gsize) y * stride + 4 * (gsize) x, &value, 4);
      }
  cairo_surface_mark_dirty (surface);
  cairo_save (cr);
  cairo_translate (cr, box->x, box->y);
  cairo_scale (cr, box->width / width, box->height / height);
  cairo_set_source_surface (cr, surface, 0, 0);
  cairo_pattern_set_filter (cairo_get_source (cr), CAIRO_FILTER_NEAREST);
  cairo_rectangle (cr, 0, 0, width, height);
  cairo_fill (cr);
  cairo_restore (cr);
  cairo_surface_destroy (surface);
}

static guint32
pixel_of_raster (gint x, gint y, gconstpointer data)
{
  const CncRaster *raster = data;
  const guint8 *p = raster->data + 3 * ((gsize) y * raster->width + (gsize) x);

  return (guint32) p[0] << 16 | (guint32) p[1] << 8 | p[2];
}

void
plots_picture (cairo_t *cr, const PlotsBox *box, const CncRaster *preview)
{
  double scale;
  PlotsBox inner;

  if (preview == NULL)
    return;
  scale = MIN (box->width / preview->width, box->height / preview->height);
  inner.width = scale * preview->width;
  inner.height = scale * preview->height;
  inner.x = box->x + (box->width - inner.width) / 2;
  inner.y = box->y + (box->height - inner.height) / 2;
  paint_pixels (cr, &inner, (gint) preview->width, (gint) preview->height, pixel_of_raster, preview);
  frame (cr, &inner);
}

void
plots_histogram (cairo_t *cr, const PlotsBox *box, const CncAnalysisPicture *picture)
{
  static const double colours[3][3] = { { 0.8, 0.1, 0.1 }, { 0.05, 0.55, 0.1 }, { 0.1, 0.2, 0.85 } };
  const double n = (double) picture->width * picture->height;
  double most = n / CNC_LEVELS;
  const double dashes[] = { 4, 3 };

  for (guint c = 0; c < picture->channels; c++)
    for (guint i = 0; i < CNC_LEVELS; i++)
      most = MAX (most, (double) picture->histogram[c][i]);
  most *= 1.15;
  cairo_save (cr);
  cairo_rectangle (cr, box->x, box->y, box->width, box->height);
  cairo_clip (cr);
  for (guint c = 0; c < picture->channels; c++)
    {
      cairo_move_to (cr, box->x, box->y + box->height);
      for (guint i = 0; i < CNC_LEVELS; i++)
        {
          const double top = box->y + box->height * (1 - (double) picture->histogram[c][i] / most);

          cairo_line_to (cr, box->x + box->width * i / CNC_LEVELS, top);
          cairo_line_to (cr, box->x + box->width * (i + 1) / CNC_LEVELS, top);
        }
      cairo_line_to (cr, box->x + box->width, box->y + box->height);
      cairo_close_path (cr);
      if (picture->channels == 1)
        ink (cr, 0.35);
      else
        cairo_set_source_rgba (cr, colours[c][0], colours[c][1], colours[c][2], 0.45);
      cairo_fill (cr);
    }
  cairo_move_to (cr, box->x, box->y + box->height * (1 - n / CNC_LEVELS / most));
  cairo_rel_line_to (cr, box->width, 0);
  cairo_set_dash (cr, dashes, 2, 0);
  cairo_set_line_width (cr, 1);
  ink (cr, 0);
  cairo_stroke (cr);
  cairo_restore (cr);
  frame (cr, box);
}

typedef struct
{
  const CncAnalysisPicture *picture;
  CncNeighbour neighbour;
  double darkest; /* logarithm of the largest count */
} Scatter;

static double
count_at (const Scatter *scatter, guint value, guint neighbour)
{
  guint64 n = 0;

  for (guint c = 0; c < scatter->picture->channels; c++)
    n += scatter->picture->pairs[c][scatter->neighbour][CNC_LEVELS * value + neighbour];
  return log1p ((double) n);
}

static guint32
pixel_of_scatter (gint x, gint y, gconstpointer data)
{
  const Scatter *scatter = data;
  const double n = count_at (scatter, (guint) x, CNC_LEVELS - 1 - (guint) y);
  /* Single points must be seen beside the densest place. */
  const double dark = n > 0 ? 0.25 + 0.75 * n / scatter->darkest : 0;
  const guint32 red = (guint32) (255 - 240 * dark), green = (guint32) (255 - 205 * dark), blue = (guint32) (255 - 125 * dark);

  return red << 16 | green << 8 | blue;
}

void
plots_scatter (cairo_t *cr, const PlotsBox *box, const CncAnalysisPicture *picture, CncNeighbour neighbour)
{
  Scatter scatter = { picture, neighbour, 0 };

  for (guint u = 0; u < CNC_LEVELS; u++)
    for (guint v = 0; v < CNC_LEVELS; v++)
      scatter.darkest = MAX (scatter.darkest, count_at (&scatter, u, v));
  paint_pixels (cr, box, CNC_LEVELS, CNC_LEVELS, pixel_of_scatter, &scatter);
  frame (cr, box);
}

void
plots_row (cairo_t *cr, double x, double y, const CncAnalysisPicture *picture, const char *name, const CncRaster *preview)
{
  static const char *const directions[] = { N_ ("beside: %s"), N_ ("below: %s"), N_ ("diagonal: %s") };
  PlotsBox box = { x, y + 20, SIDE, SIDE };
  g_autofree char *size = g_strdup_printf ("%u × %u", picture->width, picture->height), *entropy = NULL, *caption = NULL;

  ink (cr, 0);
  plots_text (cr, x, y + 13, PLOTS_ROW_WIDTH - 100, 13, TRUE, name);
  plots_picture (cr, &box, preview);
  ink (cr, 0.2);
  plots_text (cr, box.x, y + SIDE + 35, SIDE, 11, FALSE, size);
  box.x += SIDE + GAP;
  box.width = HISTOGRAM;
  plots_histogram (cr, &box, picture);
  entropy = cnc_term_value_text (&picture->terms[CNC_TERM_ENTROPY]);
  caption = g_strdup_printf (_ ("Histogram; entropy %s; dashed: flat"), entropy);
  ink (cr, 0.2);
  plots_text (cr, box.x, y + SIDE + 35, HISTOGRAM, 11, FALSE, caption);
  box.x += HISTOGRAM + GAP;
  box.width = SIDE;
  for (guint d = 0; d < 3; d++, box.x += SIDE + GAP)
    {
      g_autofree char *value = cnc_term_value_text (&picture->terms[CNC_TERM_HORIZONTAL + d]);
      g_autofree char *text = g_strdup_printf (_ (directions[d]), value);

      plots_scatter (cr, &box, picture, (CncNeighbour) d);
      ink (cr, 0.2);
      plots_text (cr, box.x, y + SIDE + 35, SIDE, 11, FALSE, text);
    }
}

/* ---- the report ---- */

#define WIDTH (PLOTS_ROW_WIDTH + 2 * MARGIN)
#define TEXT 12.0
#define SMALL 10.5

typedef struct
{
  const CncAnalysis *analysis;
  const char *const *names;
  const CncRaster *const *previews;
  const char *notes;
  double height; /* of it all, once it was measured */
} Report;

static const double COLUMNS[] = { 0, 180, 300, 486, 616 };

static double
heading (cairo_t *cr, double y, const char *title)
{
  const char *const names[] = { title, _ ("Value"), _ ("Random bytes (95 %)"), _ ("Verdict"), _ ("What it is") };

  ink (cr, 0);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    plots_text (cr, MARGIN + COLUMNS[i], y + 16, 0, TEXT, TRUE, names[i]);
  cairo_move_to (cr, MARGIN, y + 21);
  cairo_rel_line_to (cr, PLOTS_ROW_WIDTH, 0);
  cairo_set_line_width (cr, 0.75);
  cairo_stroke (cr);
  return y + 25;
}

static double
term_line (cairo_t *cr, double y, const CncTerm *term, gboolean explain)
{
  static const double colours[][3] = { { 0, 0, 0 }, { 0, 0.4, 0.1 }, { 0.5, 0.4, 0 }, { 0.7, 0, 0 } };
  const CncTermInfo *info = cnc_term_info (term->id);
  g_autofree char *value = cnc_term_value_text (term), *interval = cnc_term_interval_text (term);
  const char *sentence = term->why != NULL && !term->known ? _ (term->why)
                         : explain                         ? _ (info->sentence)
                         : term->why != NULL               ? _ (term->why)
                                                           : "";
  const double *colour = colours[term->verdict];
  double height;

  ink (cr, 0);
  plots_text (cr, MARGIN + COLUMNS[0], y + TEXT, COLUMNS[1] - 6, TEXT, FALSE, _ (info->title));
  plots_text (cr, MARGIN + COLUMNS[1], y + TEXT, COLUMNS[2] - COLUMNS[1] - 6, TEXT, FALSE, value);
  plots_text (cr, MARGIN + COLUMNS[2], y + TEXT, COLUMNS[3] - COLUMNS[2] - 6, TEXT, FALSE, interval);
  cairo_set_source_rgb (cr, colour[0], colour[1], colour[2]);
  plots_text (cr, MARGIN + COLUMNS[3], y + TEXT, COLUMNS[4] - COLUMNS[3] - 6, TEXT, TRUE, cnc_term_verdict_text (term));
  ink (cr, 0.25);
  height = paragraph (cr, MARGIN + COLUMNS[4], y + 1, PLOTS_ROW_WIDTH - COLUMNS[4], SMALL, sentence);
  return y + MAX (height, 1.35 * TEXT) + 4;
}

static double
term_lines (cairo_t *cr, double y, const char *title, const CncTerm *terms, guint n, gboolean explain)
{
  y = heading (cr, y, title);
  for (guint i = 0; i < n; i++)
    y = term_line (cr, y, &terms[i], explain);
  return y + 8;
}

static void
draw_report (cairo_t *cr, gpointer user_data)
{
  Report *report = user_data;
  const CncAnalysis *a = report->analysis;
  g_autofree char *summary = cnc_analysis_summary (a);
  g_autofree char *title = g_strdup_printf (_ ("Analysis of %s"), report->names[0]);
  double y = MARGIN;

  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_paint (cr);
  ink (cr, 0);
  plots_text (cr, MARGIN, y + 18, PLOTS_ROW_WIDTH, 19, TRUE, title);
  y += 28;
  y += paragraph (cr, MARGIN, y, PLOTS_ROW_WIDTH, TEXT, summary);
  if (report->notes != NULL && *report->notes != '\0')
    y += paragraph (cr, MARGIN, y, PLOTS_ROW_WIDTH, TEXT, report->notes);
  y += 8;
  for (guint i = 0; i < (a->pair ? 2 : 1); i++, y += PLOTS_ROW_HEIGHT + GAP / 2)
    plots_row (cr, MARGIN, y, &a->picture[i], report->names[i], report->previews[i]);
  y = term_lines (cr, y, _ ("The picture"), a->picture[0].terms, CNC_TERMS_ALONE, TRUE);
  if (a->pair)
    {
      y = term_lines (cr, y, _ ("The other picture"), a->picture[1].terms, CNC_TERMS_ALONE, FALSE);
      y = term_lines (cr, y, _ ("Both"), a->terms, CNC_TERMS_PAIR, TRUE);
    }
  if (a->layers != NULL)
    {
      g_autofree char *keys = g_strdup_printf (_ ("Keys (%s)"), a->layers);

      y = term_lines (cr, y, keys, a->keys, CNC_TERMS_KEYS, TRUE);
    }
  ink (cr, 0.25);
  y += paragraph (
      cr, MARGIN, y, PLOTS_ROW_WIDTH, SMALL,
      _ ("Random bytes lie in the interval in 95 of 100 cases; at the edge: outside of it; fail: so far out that they are there less than "
         "once in 1,000 cases. Who passes all of it may still have a broken cipher; who fails has one, or an ordinary picture."));
  report->height = y + MARGIN / 2;
}

/* ---- files ---- */

static cairo_status_t
append (void *closure, const unsigned char *data, unsigned int length)
{
  g_byte_array_append (closure, data, length);
  return CAIRO_STATUS_SUCCESS;
}

GByteArray *
plots_render (double width, double height, gboolean svg, PlotsDraw draw, gpointer user_data, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  cairo_surface_t *surface = svg ? cairo_svg_surface_create_for_stream (append, bytes, width, height)
                                 : cairo_image_surface_create (CAIRO_FORMAT_RGB24, (gint) ceil (width), (gint) ceil (height));
  cairo_t *cr = cairo_create (surface);
  cairo_status_t status;

  draw (cr, user_data);
  status = cairo_status (cr);
  cairo_destroy (cr);
  if (status == CAIRO_STATUS_SUCCESS && !svg)
    status = cairo_surface_write_to_png_stream (surface, append, bytes);
  cairo_surface_finish (surface);
  if (status == CAIRO_STATUS_SUCCESS)
    status = cairo_surface_status (surface);
  cairo_surface_destroy (surface);
  if (status == CAIRO_STATUS_SUCCESS)
    return g_steal_pointer (&bytes);
  g_set_error (error, CNC_ERROR, status == CAIRO_STATUS_NO_MEMORY ? CNC_ERROR_NO_MEMORY : CNC_ERROR_IO, "The report cannot be drawn: %s.",
               cairo_status_to_string (status));
  return NULL;
}

GByteArray *
plots_report (const CncAnalysis *analysis, const char *const names[2], const CncRaster *const previews[2], const char *notes, gboolean svg,
              GError **error)
{
  Report report = { .analysis = analysis, .names = names, .previews = previews, .notes = notes };
  /* Drawn once to nowhere, to know how high it is. */
  cairo_surface_t *nowhere = cairo_image_surface_create (CAIRO_FORMAT_A8, 1, 1);
  cairo_t *cr = cairo_create (nowhere);

  draw_report (cr, &report);
  cairo_destroy (cr);
  cairo_surface_destroy (nowhere);
  return plots_render (WIDTH, report.height, svg, draw_report, &report, error);
}
