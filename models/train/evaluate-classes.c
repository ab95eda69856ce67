/* models/train/evaluate-classes.c: how often a network that tells two classes apart is wrong, see train.h.
 *
 * Whole pictures are judged as a program does it (core/measure/detector.h).  Beside the network stand two thresholds, of correlation and
 * entropy, which are the best pair for the pictures that the network was trained on; they are in its file.
 */
#include "train.h"

#include "base/error.h"
#include "engine/engine.h"
#include "measure/detector.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define CANDIDATES 256u /* of each threshold */
#define NAMED 40u       /* pictures on which the network is wrong, at most */
#define HARD "*hard-*"

enum
{
  NETWORK,
  THRESHOLDS,
  N_JUDGES
};

/* ---- thresholds ---- */

typedef struct
{
  double correlation, entropy;
  guint label;
} Figures;

static int
by_correlation (gconstpointer a, gconstpointer b)
{
  const double x = ((const Figures *) a)->correlation, y = ((const Figures *) b)->correlation;

  return x < y ? -1 : x > y ? 1 : 0;
}

static int
by_entropy (gconstpointer a, gconstpointer b)
{
  const double x = ((const Figures *) a)->entropy, y = ((const Figures *) b)->entropy;

  return x < y ? -1 : x > y ? 1 : 0;
}

/* Place k of the candidates among count sorted figures. */
static guint
place_of (guint k, guint count)
{
  return (guint) ((guint64) k * (count - 1) / (CANDIDATES - 1));
}

/* The share of wrong answers, each class counting a half. */
static double
wrong_share (const GArray *figures, double correlation, double entropy)
{
  guint counts[2] = { 0 }, wrong[2] = { 0 };

  for (guint i = 0; i < figures->len; i++)
    {
      const Figures *f = &g_array_index (figures, Figures, i);

      counts[f->label]++;
      wrong[f->label] += cnc_detector_threshold (f->correlation, f->entropy, correlation, entropy) != (f->label == 1) ? 1 : 0;
    }
  return 0.5 * wrong[0] / MAX (1, counts[0]) + 0.5 * wrong[1] / MAX (1, counts[1]);
}

void
train_classes_describe (CncSafetensorsWriter *writer, const char *classes, const TrainData *data)
{
  g_autoptr (GArray) figures = g_array_new (FALSE, FALSE, sizeof (Figures));
  double correlations[CANDIDATES], entropies[CANDIDATES], best[2] = { 0 }, least = INFINITY;
  char text[2][G_ASCII_DTOSTR_BUF_SIZE];
  g_autofree char *both = NULL;

  for (guint i = 0; i < data->pictures->len; i++)
    {
      const TrainPicture *p = &g_array_index (data->pictures, TrainPicture, i);
      Figures f = { 0, 0, p->label };

      cnc_detector_figures (p->pixels, data->channels, p->width, p->height, &f.correlation, &f.entropy);
      g_array_append_val (figures, f);
    }
  g_array_sort (figures, by_correlation);
  for (guint k = 0; k < CANDIDATES; k++)
    correlations[k] = g_array_index (figures, Figures, place_of (k, figures->len)).correlation;
  g_array_sort (figures, by_entropy);
  for (guint k = 0; k < CANDIDATES; k++)
    entropies[k] = g_array_index (figures, Figures, place_of (k, figures->len)).entropy;
  for (guint i = 0; i < CANDIDATES; i++)
    for (guint k = 0; k < CANDIDATES; k++)
      {
        const double wrong = wrong_share (figures, correlations[i], entropies[k]);

        if (wrong < least)
          {
            least = wrong;
            best[0] = correlations[i];
            best[1] = entropies[k];
          }
      }
  for (guint k = 0; k < 2; k++)
    g_ascii_formatd (text[k], sizeof text[k], "%.5g", best[k]);
  both = g_strdup_printf ("%s %s", text[0], text[1]);
  cnc_safetensors_writer_text (writer, CNC_DETECTOR_CLASSES, classes);
  cnc_safetensors_writer_text (writer, CNC_DETECTOR_THRESHOLDS, both);
}

/* ---- counting ---- */

typedef struct
{
  char *name; /* of the pictures' kind */
  guint label, count, wrong[N_JUDGES];
} Kind;

typedef struct
{
  const TrainEvaluateOptions *options;
  CncDetector *detector;
  CncBackend *backend;
  TrainData *data;
  CncDetectorRates all[N_JUDGES], hard[N_JUDGES];
  GArray *kinds; /* of Kind */
  guint named;
} Evaluation;

static void
count (CncDetectorRates *rates, guint label, gboolean called_encrypted)
{
  if (label == 0)
    {
      rates->plain++;
      rates->called_encrypted += called_encrypted ? 1 : 0;
    }
  else
    {
      rates->encrypted++;
      rates->called_plain += called_encrypted ? 0 : 1;
    }
}

/* "plain/photograph" of "plain/photograph-0012.png". */
static char *
kind_of (const char *name)
{
  const char *end = strrchr (name, '.');

  if (end == NULL)
    end = name + strlen (name);
  while (end > name && (g_ascii_isdigit (end[-1]) || end[-1] == '#' || end[-1] == '-'))
    end--;
  return g_strndup (name, (gsize) (end - name));
}

static Kind *
find_kind (GArray *kinds, const TrainPicture *p)
{
  g_autofree char *name = kind_of (p->name);
  Kind new = { .label = p->label };

  for (guint i = 0; i < kinds->len; i++)
    if (strcmp (g_array_index (kinds, Kind, i).name, name) == 0)
      return &g_array_index (kinds, Kind, i);
  new.name = g_steal_pointer (&name);
  g_array_append_val (kinds, new);
  return &g_array_index (kinds, Kind, kinds->len - 1);
}

static void
kind_clear (gpointer data)
{
  g_free (((Kind *) data)->name);
}

static gboolean
matches (const char *patterns, const char *name)
{
  g_auto (GStrv) list = g_strsplit (patterns, " ", -1);

  for (guint i = 0; list[i] != NULL; i++)
    if (list[i][0] != '\0' && g_pattern_match_simple (list[i], name))
      return TRUE;
  return FALSE;
}

static gboolean
judge (Evaluation *e, const TrainPicture *p, GError **error)
{
  Kind *kind = find_kind (e->kinds, p);
  gboolean called[N_JUDGES];
  double correlation, entropy;
  CncVerdict verdict;

  if (!cnc_detector_judge (e->detector, e->backend, p->pixels, e->data->channels, FALSE, p->width, p->height, &verdict, error))
    return FALSE;
  cnc_detector_figures (p->pixels, e->data->channels, p->width, p->height, &correlation, &entropy);
  called[NETWORK] = verdict.encrypted;
  called[THRESHOLDS] = cnc_detector_threshold (correlation, entropy, e->detector->correlation, e->detector->entropy);
  kind->count++;
  for (guint i = 0; i < N_JUDGES; i++)
    {
      kind->wrong[i] += called[i] != (p->label == 1) ? 1 : 0;
      count (&e->all[i], p->label, called[i]);
      if (matches (e->options->subset != NULL ? e->options->subset : HARD, p->name))
        count (&e->hard[i], p->label, called[i]);
    }
  if (called[NETWORK] != (p->label == 1) && !e->options->json && e->named++ < NAMED)
    {
      g_autofree char *name = g_strescape (p->name, NULL);

      printf ("wrong: %s, probability %.4f, %u of %u squares, correlation %.3f, entropy %.3f\n", name, verdict.probability, verdict.alike,
              verdict.squares, correlation, entropy);
    }
  return TRUE;
}

/* ---- printing ---- */

static double
right_share (const CncDetectorRates *r)
{
  const double n = (double) r->plain + r->encrypted;

  return n > 0 ? 1 - (r->called_encrypted + r->called_plain) / n : NAN;
}

static void
print_matrix (const char *title, const CncDetectorRates judges[N_JUDGES])
{
  static const char *const names[N_JUDGES] = { "network", "thresholds" };

  printf ("\n%s\n%-12s %18s %18s %18s %18s %9s\n", title, "", "plain: called so", "called encrypted", "encr.: called so", "called plain",
          "right");
  for (guint i = 0; i < N_JUDGES; i++)
    printf ("%-12s %18u %18u %18u %18u %8.2f%%\n", names[i], judges[i].plain - judges[i].called_encrypted, judges[i].called_encrypted,
            judges[i].encrypted - judges[i].called_plain, judges[i].called_plain, 100 * right_share (&judges[i]));
}

static void
print_rates (const char *name, const CncDetectorRates *r, gboolean last)
{
  printf ("\"%s\": {\"plain\": %u, \"called_encrypted\": %u, \"encrypted\": %u, \"called_plain\": %u, ", name, r->plain,
          r->called_encrypted, r->encrypted, r->called_plain);
  train_print_json_number ("right", right_share (r), TRUE);
  printf ("}%s", last ? "" : ", ");
}

static void
report (const Evaluation *e)
{
  if (e->options->json)
    {
      printf ("{\"pictures\": %u, \"skipped\": %u, ", e->data->pictures->len, e->data->skipped);
      print_rates ("all", &e->all[NETWORK], FALSE);
      print_rates ("hard", &e->hard[NETWORK], FALSE);
      print_rates ("thresholds", &e->all[THRESHOLDS], FALSE);
      print_rates ("thresholds_hard", &e->hard[THRESHOLDS], TRUE);
      printf ("}\n");
      return;
    }
  if (e->named > NAMED)
    printf ("… and %u more\n", e->named - NAMED);
  printf ("%u pictures, %u left out\n%-32s %9s %15s %18s\n", e->data->pictures->len, e->data->skipped, "kind", "pictures", "network wrong",
          "thresholds wrong");
  for (guint i = 0; i < e->kinds->len; i++)
    {
      const Kind *k = &g_array_index (e->kinds, Kind, i);

      printf ("%-32s %9u %15u %18u\n", k->name, k->count, k->wrong[NETWORK], k->wrong[THRESHOLDS]);
    }
  if (!isnan (e->detector->correlation))
    printf ("thresholds: encrypted where neighbours correlate by %.4f at most and the entropy is %.4f bits at least\n",
            e->detector->correlation, e->detector->entropy);
  print_matrix ("All pictures", e->all);
  if (e->hard[NETWORK].plain + e->hard[NETWORK].encrypted > 0)
    print_matrix ("The hard subset", e->hard);
}

/* The same model with the rates in its texts. */
static gboolean
write_rates (const Evaluation *e, const char *model, GError **error)
{
  static const char *const keys[] = { "format", "name", "provenance", CNC_DETECTOR_CLASSES, CNC_DETECTOR_THRESHOLDS };
  g_autoptr (CncNet) net = cnc_net_read (model, error);
  g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new ();
  g_autofree char *rates = cnc_detector_rates_text (&e->all[NETWORK], &e->hard[NETWORK]);
  const CncStoredTensor *first = net != NULL ? cnc_safetensors_find (net->file, net->graph->parameters[0].name) : NULL;
  g_autoptr (GBytes) bytes = NULL;

  if (first == NULL || !cnc_net_store (net, first->dtype, writer, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (cnc_safetensors_metadata (net->file, keys[i]) != NULL)
      cnc_safetensors_writer_text (writer, keys[i], cnc_safetensors_metadata (net->file, keys[i]));
  cnc_safetensors_writer_text (writer, CNC_DETECTOR_RATES, rates);
  bytes = cnc_safetensors_writer_finish (writer, error);
  return bytes != NULL && cnc_file_replace (e->options->out, bytes, error);
}

gboolean
train_evaluate_classes (const char *model, const TrainEvaluateOptions *options, GError **error)
{
  g_autoptr (CncDetector) detector = cnc_detector_read (model, error);
  g_autoptr (TrainData) data = NULL;
  g_autoptr (CncBackend) backend = NULL;
  g_autoptr (GArray) kinds = g_array_new (FALSE, FALSE, sizeof (Kind));
  g_autofree char *note = NULL;
  Evaluation e = { .options = options, .detector = detector, .kinds = kinds };

  g_array_set_clear_func (kinds, kind_clear);
  data = detector != NULL ? train_data_load (options->data, options->files != NULL ? options->files : "*", 3, options->resize,
                                             CNC_DETECTOR_MIN_SIDE, train_warn, NULL, error)
                          : NULL;
  if (data == NULL || !train_data_label (data, cnc_safetensors_metadata (detector->net->file, CNC_DETECTOR_CLASSES), error))
    return FALSE;
  backend = cnc_engine_open (options->device, CNC_WORK_NETWORK, &note, error);
  if (backend == NULL)
    return FALSE;
  backend->half = options->half;
  e.backend = backend;
  e.data = data;
  for (guint i = 0; i < data->pictures->len; i++)
    if (!judge (&e, &g_array_index (data->pictures, TrainPicture, i), error))
      return FALSE;
  report (&e);
  return options->out == NULL || write_rates (&e, model, error);
}
