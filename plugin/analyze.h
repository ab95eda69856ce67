/* plugin/analyze.h: what Analyze… finds out about an image.
 *
 * Samples are taken as they are, whatever the colour profile; more than 8 bits are reduced to 8, and transparent parts stand on white.
 * Not thread-safe, as libgimp is not.
 */
#pragma once

#include "hide.h"
#include "measure/analysis.h"
#include "methods/study.h"

G_BEGIN_DECLS

/* The longest side of the small pictures in a report. */
#define ANALYZE_PREVIEW_SIDE 192u

typedef struct
{
  CncAnalysis *analysis;
  char *names[2];        /* UTF-8; the second NULL without another picture */
  CncRaster *preview[2]; /* (nullable) R'G'B' u8 */
  GString *notes;        /* what was converted, sentences for people; may be empty */
} AnalyzeResult;

/* A picture to compare with, from the argument of the procedure: empty (nothing: NULL without an error), "image:ID", "layer:ID" or "file:PATH".
 * Error: BAD_ARGUMENT. */
HideSource *analyze_parse_against (const char *spec, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What is visible of the image.  against: (nullable), or of kind HIDE_NOTHING.  keys: (nullable): encrypt the picture in memory with these layers
 * under two keys that differ in one bit, and compare.  Errors: BAD_ARGUMENT, IO (a file that GIMP cannot open), NO_MEMORY, CANCELLED, and those of
 * cnc_engine_open with keys. */
AnalyzeResult *analyze_run (gint32 image, const HideSource *against, const CncStudyChoice *keys, HostJob *job,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
void analyze_result_free (AnalyzeResult *result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AnalyzeResult, analyze_result_free)

/* Returns: (transfer full) */
char *analyze_table (const AnalyzeResult *result);
char *analyze_json (const AnalyzeResult *result);

/* Draws the report into a file that ends in .png or .svg.  replace: a file that is there is replaced, by a person's leave.
 * Errors: BAD_ARGUMENT (another ending), IO. */
gboolean analyze_save_report (const AnalyzeResult *result, const char *path, gboolean replace, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
