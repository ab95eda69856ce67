/* plugin/plots.h: analyses drawn with cairo: plots, and a report on one page.  Knows neither GIMP nor GTK.
 *
 * Colours are those of print: dark on white.  Lengths are in cairo's units: pixels of a PNG, points of an SVG.  Thread-safety: safe on different
 * contexts.
 */
#pragma once

#include <cairo.h>

#include "measure/analysis.h"
#include "picture/raster.h"

G_BEGIN_DECLS

typedef struct
{
  double x, y, width, height;
} PlotsBox;

/* One line of text from x on, its base line at y; cut with an ellipsis where it is longer than width > 0.  Returns its length. */
double plots_text (cairo_t *cr, double x, double y, double width, double size, gboolean bold, const char *text);

/* preview: R'G'B' u8, as large as fits into the box; (nullable). */
void plots_picture (cairo_t *cr, const PlotsBox *box, const CncRaster *preview);
/* The histograms of all channels, and the flat one. */
void plots_histogram (cairo_t *cr, const PlotsBox *box, const CncAnalysisPicture *picture);
/* How often each pair of neighbours occurs: to the right the value of a pixel, upwards that of its neighbour. */
void plots_scatter (cairo_t *cr, const PlotsBox *box, const CncAnalysisPicture *picture, CncNeighbour neighbour);

/* A picture, its histogram and its three scatter plots in a row, with captions; of PLOTS_ROW_WIDTH x PLOTS_ROW_HEIGHT. */
#define PLOTS_ROW_WIDTH 1084.0
#define PLOTS_ROW_HEIGHT 232.0
void plots_row (cairo_t *cr, double x, double y, const CncAnalysisPicture *picture, const char *name, const CncRaster *preview);

/* The report as a file in memory: PNG, or SVG.  names, previews: of the one or two pictures.  Error: NO_MEMORY, IO (cairo's). */
GByteArray *plots_report (const CncAnalysis *analysis, const char *const names[2], const CncRaster *const previews[2], const char *notes,
                          gboolean svg, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A drawing of that size in memory, as PNG or SVG. */
typedef void (*PlotsDraw) (cairo_t *cr, gpointer user_data);
GByteArray *plots_render (double width, double height, gboolean svg, PlotsDraw draw, gpointer user_data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
