/* Analyses in words, as a table and as JSON, see analysis.h. */
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "measure/analysis.h"

static const CncTermInfo INFO[CNC_N_TERMS] = {
  { "entropy", N_ ("Entropy"), "bits", 1, 5,
    N_ ("How unpredictable a sample is, judged by how often each of the 256 values occurs: 8 bits at most, and random bytes have a little "
        "less.") },
  { "chi-square", N_ ("Chi-square"), "", 1, 2,
    N_ ("How far the histogram is from a flat one: about 255 for random bytes, many thousands for an ordinary picture.") },
  { "correlation-horizontal", N_ ("Correlation, horizontal"), "", 1, 5,
    N_ ("How much a pixel tells of the one to its right: 1 is everything, 0 nothing; ordinary pictures have 0.9 and more.") },
  { "correlation-vertical", N_ ("Correlation, vertical"), "", 1, 5, N_ ("How much a pixel tells of the one below it.") },
  { "correlation-diagonal", N_ ("Correlation, diagonal"), "", 1, 5,
    N_ ("How much a pixel tells of the one below and to the right of it.") },
  { "npcr", "NPCR", "%", 100, 4, N_ ("Number of pixels change rate: how many of the samples differ between the two pictures.") },
  { "uaci", "UACI", "%", 100, 4, N_ ("Unified average changing intensity: how far the samples differ on average, of the whole range.") },
  { "mse", "MSE", "", 1, 3, N_ ("Mean squared error: the mean of the squared differences; 0 if the pictures are equal.") },
  { "psnr", N_ ("PSNR"), "dB", 1, 3,
    N_ ("Peak signal-to-noise ratio: the same in decibels. Infinite if the pictures are equal; above 40 nobody sees a difference, below 11 "
        "nothing is left.") },
  { "psnr-y", N_ ("PSNR, brightness"), "dB", 1, 3, N_ ("The same of the brightness (Y of ITU-R BT.601) alone, which the eye sees best.") },
  { "ssim", "SSIM", "", 1, 5,
    N_ ("Structural similarity: how alike the two look in small windows; 1 if they are equal, about 0 if nothing is alike.") },
  { "key-npcr", N_ ("Another key: NPCR"), "%", 100, 4,
    N_ ("The picture was encrypted twice, with keys that differ in one bit: how many samples of the two results differ.") },
  { "key-uaci", N_ ("Another key: UACI"), "%", 100, 4, N_ ("How far the two results differ on average.") },
  { "key-psnr", N_ ("Another key: PSNR"), "dB", 1, 3,
    N_ ("What decrypting with the other key gives, beside the picture: below 11 nothing of it is left.") },
};

const CncTermInfo *
cnc_term_info (CncTermId id)
{
  return &INFO[id];
}

/* ---- for people ---- */

static char *
number_text (const CncTermInfo *info, double value)
{
  if (isinf (value))
    return g_strdup (value > 0 ? _ ("infinite") : _ ("minus infinite"));
  return g_strdup_printf ("%.*f%s%s", info->decimals, value * info->scale, *info->unit != '\0' ? " " : "", info->unit);
}

char *
cnc_term_value_text (const CncTerm *term)
{
  return term->known ? number_text (&INFO[term->id], term->value) : g_strdup (_ ("not known"));
}

char *
cnc_term_interval_text (const CncTerm *term)
{
  const CncTermInfo *info = &INFO[term->id];
  g_autofree char *low = NULL, *high = NULL;

  if (!term->limited)
    return g_strdup ("");
  low = number_text (info, term->low);
  high = number_text (info, term->high);
  if (isinf (term->low))
    return g_strdup_printf (_ ("at most %s"), high);
  if (isinf (term->high))
    return g_strdup_printf (_ ("at least %s"), low);
  return g_strdup_printf ("%.*f … %s", info->decimals, term->low * info->scale, high);
}

const char *
cnc_term_verdict_text (const CncTerm *term)
{
  static const char *const texts[] = { "", N_ ("pass"), N_ ("pass, at the edge"), N_ ("fail") };

  return _ (texts[term->verdict]);
}

/* Of two keys; "" where they were not tried, or there is no telling. */
static const char *
keys_text (const CncAnalysis *analysis)
{
  guint judged = 0;

  for (guint i = 0; i < CNC_TERMS_KEYS && analysis->layers != NULL; i++)
    {
      if (analysis->keys[i].verdict == CNC_VERDICT_FAIL)
        return _ (" Keys that differ in one bit do not give independent results.");
      judged += analysis->keys[i].verdict != CNC_VERDICT_NONE;
    }
  return judged > 0 ? _ (" Keys that differ in one bit give independent results.") : "";
}

char *
cnc_analysis_summary (const CncAnalysis *analysis)
{
  const guint failed = cnc_analysis_count (analysis, CNC_VERDICT_FAIL), edge = cnc_analysis_count (analysis, CNC_VERDICT_EDGE);
  const guint judged = failed + edge + cnc_analysis_count (analysis, CNC_VERDICT_PASS);
  const char *equal = analysis->pair && analysis->equal ? _ ("The two pictures are equal in every pixel. ") : "";
  g_autofree char *text = NULL;

  if (judged == 0)
    text = g_strdup (_ ("The picture is too small, or too plain, to be judged."));
  else if (failed == 0)
    text = g_strdup_printf (_ ("It looks like random bytes in all %u terms%s. That is necessary for a good cipher, and proves nothing."),
                            judged, edge == 0 ? "" : _ (", at the edge in some, as random bytes are once in 20 cases"));
  else
    text = g_strdup_printf (_ ("It does not look like random bytes: %u of %u terms fail%s."), failed, judged,
                            failed == judged ? _ (", as with every ordinary picture") : "");
  return g_strconcat (equal, text, keys_text (analysis), analysis->judgement != NULL ? " " : NULL, analysis->judgement, NULL);
}

static glong
width_of (const char *text)
{
  return g_utf8_strlen (text, -1);
}

static void
pad (GString *text, const char *field, glong width)
{
  g_string_append (text, field);
  for (glong i = width_of (field); i < width; i++)
    g_string_append_c (text, ' ');
}

static void
append_terms (GString *text, const CncTerm *terms, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      const CncTerm *term = &terms[i];
      g_autofree char *value = cnc_term_value_text (term), *interval = cnc_term_interval_text (term);

      g_string_append (text, "  ");
      pad (text, _ (INFO[term->id].title), 25);
      pad (text, value, 19);
      pad (text, interval, 30);
      g_string_append (text, cnc_term_verdict_text (term));
      while (text->len > 0 && text->str[text->len - 1] == ' ')
        g_string_truncate (text, text->len - 1);
      g_string_append_c (text, '\n');
    }
}

/* Each reason once. */
static void
append_reasons (GString *text, const CncTerm *terms, guint n)
{
  for (guint i = 0; i < n; i++)
    if (terms[i].why != NULL && (i == 0 || terms[i - 1].why != terms[i].why))
      g_string_append_printf (text, "  %s\n", _ (terms[i].why));
}

static void
append_heading (GString *text, const char *title)
{
  g_string_append (text, "\n");
  pad (text, title, 27);
  pad (text, _ ("Value"), 19);
  pad (text, _ ("Random bytes (95 %)"), 30);
  g_string_append_printf (text, "%s\n", _ ("Verdict"));
}

static void
append_meanings (GString *text, const CncTerm *terms, guint n)
{
  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "  %s: %s\n", _ (INFO[terms[i].id].title), _ (INFO[terms[i].id].sentence));
}

static void
append_picture (GString *text, const CncAnalysisPicture *picture, const char *name)
{
  g_string_append_printf (text, "%s: %u × %u, %s\n", name, picture->width, picture->height, picture->channels == 1 ? _ ("grey") : "RGB");
}

char *
cnc_analysis_table (const CncAnalysis *analysis, const char *const names[2], const char *notes)
{
  GString *text = g_string_new (NULL);
  g_autofree char *summary = cnc_analysis_summary (analysis);

  append_picture (text, &analysis->picture[0], names[0]);
  if (analysis->pair)
    append_picture (text, &analysis->picture[1], names[1] != NULL ? names[1] : _ ("the other"));
  g_string_append_printf (text, "%s\n", summary);
  if (notes != NULL && *notes != '\0')
    g_string_append_printf (text, "%s\n", notes);
  append_heading (text, _ ("The picture"));
  append_terms (text, analysis->picture[0].terms, CNC_TERMS_ALONE);
  append_reasons (text, analysis->picture[0].terms, CNC_TERMS_ALONE);
  if (analysis->pair)
    {
      append_heading (text, _ ("The other picture"));
      append_terms (text, analysis->picture[1].terms, CNC_TERMS_ALONE);
      append_reasons (text, analysis->picture[1].terms, CNC_TERMS_ALONE);
      append_heading (text, _ ("Both"));
      append_terms (text, analysis->terms, CNC_TERMS_PAIR);
      append_reasons (text, analysis->terms, CNC_TERMS_PAIR);
    }
  if (analysis->layers != NULL)
    {
      g_autofree char *title = g_strdup_printf (_ ("Keys (%s)"), analysis->layers);

      append_heading (text, title);
      append_terms (text, analysis->keys, CNC_TERMS_KEYS);
      append_reasons (text, analysis->keys, CNC_TERMS_KEYS);
    }
  g_string_append_printf (text, "\n%s\n", _ ("What they mean"));
  append_meanings (text, analysis->picture[0].terms, CNC_TERMS_ALONE);
  if (analysis->pair)
    append_meanings (text, analysis->terms, CNC_TERMS_PAIR);
  if (analysis->layers != NULL)
    append_meanings (text, analysis->keys, CNC_TERMS_KEYS);
  g_string_append_printf (text, "  %s\n",
                          _ ("Random bytes lie in the interval in 95 of 100 cases; at the edge: outside of it; fail: so far out that they "
                             "are there less than once in 1,000 cases."));
  return g_string_free (text, FALSE);
}

/* ---- for programs ---- */

static void
add_number (JsonBuilder *builder, const char *name, double value)
{
  json_builder_set_member_name (builder, name);
  if (isfinite (value))
    json_builder_add_double_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

static void
add_text (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
add_interval (JsonBuilder *builder, const char *name, double low, double high)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  add_number (builder, "low", low);
  add_number (builder, "high", high);
  json_builder_end_object (builder);
}

static void
add_term (JsonBuilder *builder, const CncTerm *term)
{
  static const char *const verdicts[] = { "", "pass", "edge", "fail" };
  const CncTermInfo *info = &INFO[term->id];
  g_autofree char *shown = cnc_term_value_text (term);

  json_builder_set_member_name (builder, info->id);
  json_builder_begin_object (builder);
  add_number (builder, "value", term->value * info->scale);
  add_text (builder, "shown", shown);
  add_text (builder, "unit", info->unit);
  if (!isnan (term->channel[0]))
    {
      json_builder_set_member_name (builder, "channels");
      json_builder_begin_array (builder);
      for (guint c = 0; c < 3 && !isnan (term->channel[c]); c++)
        if (isfinite (term->channel[c]))
          json_builder_add_double_value (builder, term->channel[c] * info->scale);
        else
          json_builder_add_null_value (builder);
      json_builder_end_array (builder);
    }
  if (term->limited)
    {
      add_interval (builder, "random", term->low * info->scale, term->high * info->scale);
      add_interval (builder, "limit", term->lowest * info->scale, term->highest * info->scale);
    }
  json_builder_set_member_name (builder, "pass");
  if (term->verdict == CNC_VERDICT_NONE)
    json_builder_add_null_value (builder);
  else
    json_builder_add_boolean_value (builder, term->verdict != CNC_VERDICT_FAIL);
  if (term->verdict != CNC_VERDICT_NONE)
    add_text (builder, "verdict", verdicts[term->verdict]);
  if (term->why != NULL)
    add_text (builder, "why", _ (term->why));
  json_builder_end_object (builder);
}

static void
add_terms (JsonBuilder *builder, const CncTerm *terms, guint n)
{
  json_builder_set_member_name (builder, "terms");
  json_builder_begin_object (builder);
  for (guint i = 0; i < n; i++)
    add_term (builder, &terms[i]);
  json_builder_end_object (builder);
}

static void
add_picture (JsonBuilder *builder, const char *member, const CncAnalysisPicture *picture, const char *name)
{
  json_builder_set_member_name (builder, member);
  json_builder_begin_object (builder);
  add_text (builder, "name", name);
  json_builder_set_member_name (builder, "width");
  json_builder_add_int_value (builder, picture->width);
  json_builder_set_member_name (builder, "height");
  json_builder_add_int_value (builder, picture->height);
  json_builder_set_member_name (builder, "channels");
  json_builder_add_int_value (builder, picture->channels);
  json_builder_set_member_name (builder, "histogram");
  json_builder_begin_array (builder);
  for (guint c = 0; c < picture->channels; c++)
    {
      json_builder_begin_array (builder);
      for (guint i = 0; i < CNC_LEVELS; i++)
        json_builder_add_int_value (builder, (gint64) picture->histogram[c][i]);
      json_builder_end_array (builder);
    }
  json_builder_end_array (builder);
  add_terms (builder, picture->terms, CNC_TERMS_ALONE);
  json_builder_end_object (builder);
}

/* Whether the picture looks encrypted. */
static void
add_judgement (JsonBuilder *builder, const CncAnalysis *analysis)
{
  const CncVerdict *v = &analysis->verdict;
  const CncDetectorRates *r = &analysis->rates;
  const struct
  {
    const char *name;
    guint value;
  } counts[] = { { "parts", v->squares },
                 { "parts_alike", v->alike },
                 { "tested_plain", r->plain },
                 { "called_encrypted", r->called_encrypted },
                 { "tested_encrypted", r->encrypted },
                 { "called_plain", r->called_plain } };

  json_builder_set_member_name (builder, "looks_encrypted");
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "verdict");
  json_builder_add_boolean_value (builder, v->encrypted);
  add_number (builder, "probability", v->probability);
  for (guint i = 0; i < (r->plain + r->encrypted > 0 ? G_N_ELEMENTS (counts) : 2); i++)
    {
      json_builder_set_member_name (builder, counts[i].name);
      json_builder_add_int_value (builder, counts[i].value);
    }
  json_builder_end_object (builder);
}

/* The generator puts each element of an array into a line of its own: numbers of one array belong together. */
static char *
join_numbers (const char *text)
{
  g_autoptr (GString) joined = g_string_new (NULL);
  guint depth = 0;
  gboolean quoted = FALSE;

  for (const char *p = text; *p != '\0'; p++)
    {
      if (*p == '\\' && quoted && p[1] != '\0')
        {
          g_string_append_len (joined, p++, 2);
          continue;
        }
      if (*p == '"')
        quoted = !quoted;
      depth += !quoted && *p == '[';
      depth -= !quoted && *p == ']';
      if (depth > 0 && !quoted && g_ascii_isspace (*p))
        {
          if (p[-1] == ',')
            g_string_append_c (joined, ' ');
          continue;
        }
      g_string_append_c (joined, *p);
    }
  return g_string_free (g_steal_pointer (&joined), FALSE);
}

char *
cnc_analysis_json (const CncAnalysis *analysis, const char *const names[2], const char *notes)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *summary = cnc_analysis_summary (analysis), *text = NULL, *joined = NULL;

  json_builder_begin_object (builder);
  add_text (builder, "summary", summary);
  if (notes != NULL && *notes != '\0')
    add_text (builder, "notes", notes);
  if (analysis->judgement != NULL)
    add_judgement (builder, analysis);
  add_picture (builder, "picture", &analysis->picture[0], names[0]);
  if (analysis->pair)
    {
      add_picture (builder, "against", &analysis->picture[1], names[1] != NULL ? names[1] : "");
      json_builder_set_member_name (builder, "both");
      json_builder_begin_object (builder);
      json_builder_set_member_name (builder, "equal");
      json_builder_add_boolean_value (builder, analysis->equal);
      add_terms (builder, analysis->terms, CNC_TERMS_PAIR);
      json_builder_end_object (builder);
    }
  if (analysis->layers != NULL)
    {
      json_builder_set_member_name (builder, "keys");
      json_builder_begin_object (builder);
      add_text (builder, "layers", analysis->layers);
      add_terms (builder, analysis->keys, CNC_TERMS_KEYS);
      json_builder_end_object (builder);
    }
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  text = json_generator_to_data (generator, NULL);
  joined = join_numbers (text);
  return g_strconcat (joined, "\n", NULL);
}
