/* tests/quality/table.c: what each lossless layer makes of pictures, alone and together: input, encrypted, decrypted, the histogram of
 * each, all metrics.
 *
 *   quality-table [--sheet FILE.png] [--seed N] NAME=PICTURE…
 *
 * Prints a table for each picture and draws all of them on one sheet.  The layers work on the raw samples, so that everything has the size
 * of the input; "saved" is the encrypted picture as Encrypt… makes it, compressed and with its header.  Status 1 if a decrypted picture is
 * not the input, or an encrypted one is no longer where random bytes are in 999 of 1,000 cases; what one changed pixel does is told, and
 * judged only where the CNN layer works: a keystream alone does not spread anything, under keys that no two pictures share.
 */
#include "../../plugin/plots.h"
#include "common.h"
#include "methods/crypt.h"
#include "methods/study.h"
#include "seal/keys.h"

#include <gegl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_LAYERS 4u /* cnc_study_choices */
#define THUMBNAIL 112.0
#define ROW (THUMBNAIL + 26)
#define HEAD 24.0
#define PAIR (THUMBNAIL + 150) /* a picture and its histogram */
#define TEXT 8.8
#define WIDTH 1080.0

typedef struct
{
  CncAnalysis *analysis; /* against the input, with two keys */
  CncRaster *encrypted, *decrypted;
  CncAnalysis *again;  /* of what was decrypted */
  gboolean equal;      /* decrypted and input */
  CncDifference pixel; /* one bit of one sample changed */
} Layer;

typedef struct
{
  char *name;
  CncRaster *input; /* R'G'B' u8 */
  guint channels;   /* 1: grey */
  CncAnalysis *analysis;
  Layer layers[N_LAYERS];
  CncRaster *saved;
  CncAnalysis *saved_analysis;
} Sheet;

static CncBackend *backend;
static guint failures;

static void
check (GError *error)
{
  if (error != NULL)
    g_error ("%s", error->message);
}

/* Samples without repetition, padded. */
static guint8 *
samples_of (const Sheet *s, gsize *size, gsize *length)
{
  const gsize pixels = (gsize) s->input->width * s->input->height;
  guint8 *samples;

  *size = pixels * s->channels;
  *length = (gsize) cnc_study_padded_length (*size);
  samples = g_malloc0 (*length);
  for (gsize i = 0; i < *size; i++)
    samples[i] = s->channels == 3 ? s->input->data[i] : s->input->data[3 * i];
  return samples;
}

static CncRaster *
raster_of (const Sheet *s, const guint8 *samples)
{
  g_autoptr (GError) error = NULL;
  CncRaster *raster = cnc_raster_new (s->input->width, s->input->height, &s->input->format, &error);
  const gsize n = 3 * (gsize) s->input->width * s->input->height;

  check (error);
  for (gsize i = 0; i < n; i++)
    raster->data[i] = samples[s->channels == 3 ? i : i / 3];
  return raster;
}

static CncAnalysis *
analyse (const CncRaster *a, const CncRaster *b)
{
  g_autoptr (GError) error = NULL;
  CncAnalysis *analysis = cnc_analysis_new (a->data, a->width, a->height, b != NULL ? b->data : NULL, b != NULL ? b->width : 0,
                                            b != NULL ? b->height : 0, NULL, &error);

  check (error);
  return analysis;
}

static void
encipher (const CncStudyKeys *keys, CncStudyLayers layers, gboolean back, guint8 *data, gsize length)
{
  g_autoptr (GError) error = NULL;

  if (!(back ? cnc_study_decipher (backend, keys, layers, data, length, NULL, &error)
             : cnc_study_encipher (backend, keys, layers, data, length, NULL, &error)))
    check (error);
}

static void
run_layers (Sheet *s, const CncStudyChoice *choice, const guint8 file_key[32], Layer *layer)
{
  CncStudyKeys one, other;
  gsize size, length;
  g_autofree guint8 *plain = samples_of (s, &size, &length), *first = g_memdup2 (plain, length), *second = g_memdup2 (plain, length);
  g_autoptr (GError) error = NULL;

  if (!cnc_study_keys (choice->layers, file_key, &one, &other, &error))
    check (error);
  encipher (&one, choice->layers, FALSE, first, length);
  layer->encrypted = raster_of (s, first);
  layer->analysis = analyse (layer->encrypted, s->input);
  encipher (&other, choice->layers, FALSE, second, length);
  cnc_analysis_add_keys (layer->analysis, choice->id, first, second, size);
  memcpy (second, first, length);
  encipher (&other, choice->layers, TRUE, second, length);
  cnc_analysis_add_wrong_key (layer->analysis, second, plain, size);
  memcpy (second, plain, length);
  second[size / 2] ^= 1;
  encipher (&one, choice->layers, FALSE, second, length);
  layer->pixel = cnc_statistics_difference (first, second, size);
  encipher (&one, choice->layers, TRUE, first, length);
  layer->decrypted = raster_of (s, first);
  layer->again = analyse (layer->decrypted, NULL);
  layer->equal = memcmp (layer->decrypted->data, s->input->data, cnc_raster_bytes (s->input)) == 0;
}

/* As Encrypt… does it, below Argon2id. */
static void
run_saved (Sheet *s, const guint8 file_key[32])
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncSecret) kek = cnc_secret_new_key (file_key, &error);
  g_autoptr (CncLock) lock = NULL;
  g_autoptr (CncPicture) picture = cnc_picture_new ();
  const CncEncryptParams params = { .backend = backend };

  check (error);
  lock = cnc_lock_new_kek (kek, &error);
  check (error);
  picture->raster = s->input;
  s->saved = cnc_encrypt (picture, lock, &params, &error);
  picture->raster = NULL;
  check (error);
  s->saved_analysis = analyse (s->saved, NULL);
}

/* ---- the table ---- */

static const char *
mark (const CncTerm *term)
{
  failures += term->verdict == CNC_VERDICT_FAIL;
  return term->verdict == CNC_VERDICT_FAIL ? "!" : term->verdict == CNC_VERDICT_EDGE ? "~" : " ";
}

static void
print_cell (const CncTerm *term, gboolean judged)
{
  const CncTermInfo *info = cnc_term_info (term->id);

  if (isinf (term->value))
    printf (" %12s ", "infinite");
  else
    printf (" %12.*f%s", info->decimals, term->value * info->scale, judged ? mark (term) : " ");
}

static void
print_line (const Sheet *s, CncTermId id)
{
  const gboolean alone = id < CNC_TERM_NPCR, keys = id >= CNC_TERM_KEY_NPCR;
  const CncTerm *last = NULL;
  const CncTermInfo *info = cnc_term_info (id);
  g_autofree char *title = g_strdup_printf ("%s%s%s", info->title, *info->unit != '\0' ? ", " : "", info->unit), *interval = NULL;

  printf ("  %-26s", title);
  if (alone)
    print_cell (&s->analysis->picture[0].terms[id], FALSE);
  else
    printf (" %12s ", "");
  for (guint i = 0; i < N_LAYERS; i++)
    {
      const CncAnalysis *a = s->layers[i].analysis;

      last = alone ? &a->picture[0].terms[id] : keys ? &a->keys[id - CNC_TERM_KEY_NPCR] : &a->terms[id - CNC_TERM_NPCR];
      print_cell (last, TRUE);
    }
  if (alone)
    print_cell (&s->saved_analysis->picture[0].terms[id], TRUE);
  else
    printf (" %12s ", "");
  interval = cnc_term_interval_text (last);
  printf ("  %s\n", interval);
}

static void
print_pixel (const Sheet *s, gboolean uaci)
{
  const gsize size = (gsize) s->input->width * s->input->height * s->channels;
  CncRandomLimits near, far;

  cnc_statistics_random_limits (size, CNC_OUTSIDE_5_PERCENT, &near);
  cnc_statistics_random_limits (size, CNC_OUTSIDE_1_PER_MILLE, &far);
  printf ("  %-26s %12s ", uaci ? "One bit changed: UACI, %" : "One bit changed: NPCR, %", "");
  for (guint i = 0; i < N_LAYERS; i++)
    {
      const CncDifference *d = &s->layers[i].pixel;
      const gboolean bad = uaci ? d->uaci < far.uaci_min || d->uaci > far.uaci_max : d->npcr < far.npcr_min;
      const gboolean edge = uaci ? d->uaci < near.uaci_min || d->uaci > near.uaci_max : d->npcr < near.npcr_min;

      failures += bad && (cnc_study_choices ()[i].layers & CNC_STUDY_CNN);
      printf (" %12.4f%s", 100 * (uaci ? d->uaci : d->npcr), bad ? "!" : edge ? "~" : " ");
    }
  printf (" %12s   ", "");
  if (uaci)
    printf ("%.4f … %.4f %%\n", 100 * near.uaci_min, 100 * near.uaci_max);
  else
    printf ("at least %.4f %%\n", 100 * near.npcr_min);
}

static void
print_table (const Sheet *s)
{
  printf ("%s, %u x %u, %s; saved: %u x %u\n  %-26s %12s ", s->name, s->input->width, s->input->height, s->channels == 1 ? "grey" : "RGB",
          s->saved->width, s->saved->height, "", "input");
  for (guint i = 0; i < N_LAYERS; i++)
    printf (" %12s ", cnc_study_choices ()[i].id);
  printf (" %12s   %s\n", "saved", "random bytes (95 %)");
  for (guint id = 0; id < CNC_N_TERMS; id++)
    print_line (s, (CncTermId) id);
  print_pixel (s, FALSE);
  print_pixel (s, TRUE);
  printf ("  %-26s %12s ", "decrypted equals the input", "");
  for (guint i = 0; i < N_LAYERS; i++)
    {
      failures += !s->layers[i].equal;
      printf (" %12s ", s->layers[i].equal ? "yes" : "NO");
    }
  /* cnc_encrypt has compared it. */
  printf (" %12s\n\n", "yes");
}

/* ---- the sheet ---- */

static void
draw_pair (cairo_t *cr, double x, double y, const CncRaster *raster, const CncAnalysisPicture *picture)
{
  const PlotsBox left = { x, y, THUMBNAIL, THUMBNAIL }, right = { x + THUMBNAIL + 6, y, 128, THUMBNAIL };

  plots_picture (cr, &left, raster);
  plots_histogram (cr, &right, picture);
}

static void
draw_row (cairo_t *cr, const Sheet *s, guint i, double y)
{
  const Layer *layer = &s->layers[i];
  const CncTerm *alone = layer->analysis->picture[0].terms, *pair = layer->analysis->terms, *keys = layer->analysis->keys;
  double x = 0, line = y + 9;
  g_autofree char *equal = g_strdup (layer->equal ? "decrypted equals the input" : "decrypted differs");

  draw_pair (cr, x, y, s->input, &s->analysis->picture[0]);
  draw_pair (cr, x + PAIR, y, layer->encrypted, &layer->analysis->picture[0]);
  draw_pair (cr, x + 2 * PAIR, y, layer->decrypted, &layer->again->picture[0]);
  cairo_set_source_rgb (cr, 0, 0, 0);
  plots_text (cr, x, y + THUMBNAIL + 13, 230, 10.5, FALSE, s->name);
  plots_text (cr, x + PAIR, y + THUMBNAIL + 13, 230, 10.5, TRUE, cnc_study_choices ()[i].title);
  plots_text (cr, x + 2 * PAIR, y + THUMBNAIL + 13, 230, 10.5, FALSE, equal);
  for (guint k = 0; k < CNC_N_TERMS; k++, line += 9.3)
    {
      const CncTerm *term = k < CNC_TERM_NPCR ? &alone[k] : k < CNC_TERM_KEY_NPCR ? &pair[k - CNC_TERM_NPCR] : &keys[k - CNC_TERM_KEY_NPCR];
      g_autofree char *value = cnc_term_value_text (term);

      cairo_set_source_rgb (cr, 0, 0, 0);
      plots_text (cr, x + 3 * PAIR, line, 120, TEXT, FALSE, cnc_term_info (term->id)->title);
      plots_text (cr, x + 3 * PAIR + 122, line, 68, TEXT, FALSE, value);
      plots_text (cr, x + 3 * PAIR + 192, line, 90, TEXT, FALSE, cnc_term_verdict_text (term));
    }
}

static void
draw_sheet (cairo_t *cr, gpointer data)
{
  const GPtrArray *sheets = data;
  double y = HEAD;

  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_paint (cr);
  cairo_translate (cr, 6, 0);
  cairo_set_source_rgb (cr, 0, 0, 0);
  plots_text (cr, 0, 15, 0, 12, TRUE, "Input and its histogram");
  plots_text (cr, PAIR, 15, 0, 12, TRUE, "Encrypted");
  plots_text (cr, 2 * PAIR, 15, 0, 12, TRUE, "Decrypted");
  plots_text (cr, 3 * PAIR, 15, 0, 12, TRUE, "Encrypted beside random bytes");
  for (guint i = 0; i < sheets->len; i++)
    for (guint k = 0; k < N_LAYERS; k++, y += ROW)
      draw_row (cr, sheets->pdata[i], k, y);
}

static void
sheet_free (gpointer data)
{
  Sheet *s = data;

  g_free (s->name);
  cnc_raster_free (s->input);
  cnc_raster_free (s->saved);
  cnc_analysis_free (s->analysis);
  cnc_analysis_free (s->saved_analysis);
  for (guint i = 0; i < N_LAYERS; i++)
    {
      cnc_analysis_free (s->layers[i].analysis);
      cnc_analysis_free (s->layers[i].again);
      cnc_raster_free (s->layers[i].encrypted);
      cnc_raster_free (s->layers[i].decrypted);
    }
  g_free (s);
}

static Sheet *
sheet_new (const char *named, guint64 seed)
{
  Sheet *s = g_new0 (Sheet, 1);
  const char *equals = strchr (named, '=');
  guint8 source[16] = "table", file_key[32];

  s->name = equals != NULL ? g_strndup (named, (gsize) (equals - named)) : g_path_get_basename (named);
  s->input = quality_rgb (equals != NULL ? equals + 1 : named);
  if (s->input == NULL)
    {
      g_printerr ("%s cannot be read as a picture\n", named);
      exit (2);
    }
  s->analysis = analyse (s->input, NULL);
  s->channels = s->analysis->picture[0].channels;
  memcpy (source + 8, &(guint64){ GUINT64_TO_LE (seed) }, 8);
  cnc_hash (source, sizeof source, file_key);
  for (guint i = 0; i < N_LAYERS; i++)
    run_layers (s, &cnc_study_choices ()[i], file_key, &s->layers[i]);
  run_saved (s, file_key);
  return s;
}

int
main (int argc, char **argv)
{
  g_autofree char *sheet = NULL, *device = NULL;
  g_auto (GStrv) pictures = NULL;
  gint64 seed = 1;
  const GOptionEntry entries[] = {
    { "sheet", 0, 0, G_OPTION_ARG_FILENAME, &sheet, "draw it into this file", "FILE.png" },
    { "device", 0, 0, G_OPTION_ARG_STRING, &device, "as CNNCRYPT_DEVICE has it (default: that, else cpu)", "ID" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &seed, "other keys (default 1)", "N" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &pictures, NULL, "NAME=PICTURE…" },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GPtrArray) sheets = g_ptr_array_new_with_free_func (sheet_free);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || pictures == NULL)
    {
      g_printerr ("%s\n", error != NULL ? error->message : "No picture was named.");
      return 2;
    }
  gegl_init (NULL, NULL);
  if (!cnc_seal_init (&error))
    check (error);
  backend = quality_open (device);
  for (guint i = 0; pictures[i] != NULL; i++)
    {
      g_ptr_array_add (sheets, sheet_new (pictures[i], (guint64) seed + i));
      print_table (sheets->pdata[i]);
    }
  printf ("~: at the edge, as random bytes are once in 20 cases; !: outside, as they are less than once in 1,000. %u of the encrypted "
          "pictures' "
          "values are outside.\n",
          failures);
  if (sheet != NULL)
    {
      g_autoptr (GByteArray) bytes = plots_render (WIDTH + 12, HEAD + sheets->len * N_LAYERS * ROW, FALSE, draw_sheet, sheets, &error);

      check (error);
      if (!g_file_set_contents (sheet, (const char *) bytes->data, bytes->len, &error))
        check (error);
    }
  cnc_backend_free (backend);
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
