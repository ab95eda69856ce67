/* models/train/train.c: the training loop, see train.h. */
#include "train.h"

#include "base/error.h"
#include "base/memory.h"
#include "cnc-config.h"
#include "engine/engine.h"
#include "ranks.h"
#include "session.h"
#include "settle.h"
#include "tables.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SHEET 16u /* sample pictures */

typedef struct
{
  const TrainOptions *options;
  TrainSession *session;
  const char *checkpoint; /* path */
  gint64 started;   /* microseconds */
  gint64 shown;
  guint first_step;
  guint64 flops_done;
} Loop;

static volatile sig_atomic_t interrupted;

static void
on_signal (int number)
{
  interrupted = 1;
}

void
train_warn (const char *sentence, gpointer user_data)
{
  if (train_ranks_rank () == 0)
    fprintf (stderr, "%s\n", sentence);
}

/* step 120/20000, loss 0.0812, 5120 images/s, 45.2 GFLOP/s, 0:12:30 left */
static void
show (Loop *l, gboolean last)
{
  const gboolean terminal = isatty (STDERR_FILENO) != 0;
  const gint64 now = g_get_monotonic_time (), pause = terminal ? G_USEC_PER_SEC / 2 : 20 * (gint64) G_USEC_PER_SEC;
  const TrainSession *s = l->session;
  const double seconds = MAX (1e-6, (double) (now - l->started) / G_USEC_PER_SEC);
  const double speed = (s->step - l->first_step) / seconds;
  g_autoptr (GString) targets = g_string_new (NULL);
  const guint left = speed > 0 ? (guint) ((s->recipe->steps - s->step) / speed) : 0;

  if ((!last && now - l->shown < pause) || train_ranks_rank () > 0)
    return;
  l->shown = now;
  for (guint i = 0; i < s->recipe->n_targets && s->recipe->n_targets > 1; i++)
    g_string_append_printf (targets, ", %s %.2f dB",
                            cnc_graph_value_name (s->recipe->graph, s->recipe->graph->outputs[s->recipe->targets[i].output]),
                            -10 * log10 (MAX (1e-12, s->mse[i])));
  fprintf (stderr, "%sstep %u/%u, loss %.5g%s, %.0f images/s, %.1f GFLOP/s, %u:%02u:%02u left%s", terminal ? "\r" : "", s->step,
           s->recipe->steps, s->loss, targets->str, speed * s->recipe->batch * train_ranks_count (),
           speed * s->flops * train_ranks_count () / 1e9, left / 3600, left / 60 % 60, left % 60,
           terminal ? (last ? "   \n" : "   ") : "\n");
  fflush (stderr);
}

static gboolean
write_log (const Loop *l, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;

  if (l->options->log == NULL || train_ranks_rank () > 0)
    return TRUE;
  bytes = g_bytes_new (l->session->log->str, l->session->log->len);
  return cnc_file_replace (l->options->log, bytes, error);
}

static void
append_number (GString *out, char before, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_c (out, before);
  if (isfinite (value))
    g_string_append (out, g_ascii_formatd (text, sizeof text, "%.7g", value));
}

static gboolean
validate (Loop *l, GError **error)
{
  TrainSession *s = l->session;
  double loss;

  if (!train_session_validate (s, &loss, error))
    return FALSE;
  g_string_append_printf (s->log, "%u", s->step);
  append_number (s->log, ',', s->summed > 0 ? s->sum / s->summed : NAN);
  append_number (s->log, ',', loss);
  append_number (s->log, ',', train_recipe_rate (s->recipe, MAX (1, s->step)));
  append_number (s->log, ',', s->norm);
  for (guint i = 0; i < s->recipe->n_targets && s->recipe->n_targets > 1; i++)
    append_number (s->log, ',', s->validated[i]);
  g_string_append_c (s->log, '\n');
  s->sum = 0;
  s->summed = 0;
  return write_log (l, error);
}

/* What the model file tells of where it comes from.  No time and no path: the same run gives the same bytes. */
static void
add_provenance (CncSafetensorsWriter *writer, const Loop *l)
{
  const TrainSession *s = l->session;
  g_autoptr (GString) targets = g_string_new (NULL);
  g_autofree char *text = g_strdup_printf ("{\"program\":\"cnncrypt-train %s\",\"recipe\":\"%s\",\"seed\":%" G_GUINT64_FORMAT
                                           ",\"steps\":%u,\"batch\":%u,\"pictures\":%u,\"device\":\"%s\"}",
                                           CNC_VERSION, s->recipe->name, s->recipe->seed, s->step, s->recipe->batch, s->n_train,
                                           s->backend->info.kind == CNC_DEVICE_CPU ? "cpu" : "vulkan");

  cnc_safetensors_writer_text (writer, "format", "pt");
  cnc_safetensors_writer_text (writer, "name", s->recipe->name);
  cnc_safetensors_writer_text (writer, "provenance", text);
  if (s->recipe->classes[0] != '\0')
    {
      train_classes_describe (writer, s->recipe->classes, s->data);
      return;
    }
  if (s->recipe->n_targets == 1 && s->recipe->graph->n_inputs == 1)
    return;
  for (guint i = 0; i < s->recipe->n_targets; i++)
    {
      const CncGraph *graph = s->recipe->graph;
      const TrainTarget *t = &s->recipe->targets[i];

      const guint output = graph->outputs[t->output];

      if (t->other >= CNC_GRAPH_MAX_ENDS || !graph->inputs[t->other].key)
        g_string_append_printf (targets, "%s%s %s", targets->len > 0 ? " " : "", cnc_graph_value_name (graph, output),
                                cnc_graph_value_name (graph, train_target_other (t, graph)));
    }
  if (targets->len > 0)
    cnc_safetensors_writer_text (writer, "targets", targets->str);
}

static void
show_settling (guint step, double loss)
{
  if (step % 500 == 0)
    fprintf (stderr, "settling, step %u, mean squared error %.4g\n", step, loss);
}

/* Tables of the latent, and a decoder that is used to what they make of it. */
static gboolean
finish_latent (Loop *l, CncNet *net, CncSafetensorsWriter *writer, GError **error)
{
  TrainSession *s = l->session;
  g_autoptr (CncLatentTables) tables = NULL;
  g_autoptr (GError) why = NULL;

  fprintf (stderr, "Measuring the tables of the range coder\n");
  tables = train_tables_measure (net, s->backend, s->data, error);
  if (tables == NULL)
    return FALSE;
  if (s->recipe->settle > 0 && !train_settle (s, net, tables, show_settling, &why))
    {
      /* A checkpoint only goes on with the recipe that it was made with: what was trained so far would be out of reach. */
      if (why->code != CNC_ERROR_MODEL)
        {
          g_propagate_error (error, g_steal_pointer (&why));
          return FALSE;
        }
      fprintf (stderr, "%s  The model is written with the decoder as it was before.\n", why->message);
    }
  return cnc_latent_tables_store (tables, writer, error);
}

static gboolean
write_model (Loop *l, GError **error)
{
  TrainSession *s = l->session;
  g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new ();
  g_autoptr (GBytes) bytes = NULL;
  CncNet *net = s->best != NULL ? s->best : s->net;

  if (!cnc_weights_download (s->weights, s->net, error) || (train_tables_possible (net) && !finish_latent (l, net, writer, error))
      || !cnc_net_store (net, s->recipe->store == 1 ? CNC_DTYPE_F16 : CNC_DTYPE_F32, writer, error))
    return FALSE;
  add_provenance (writer, l);
  bytes = cnc_safetensors_writer_finish (writer, error);
  return bytes != NULL && cnc_file_replace (l->options->out, bytes, error);
}

/* 8-bit pictures out of floats. */
static void
to_bytes (const float *values, guint8 *bytes, gsize count)
{
  for (gsize i = 0; i < count; i++)
    bytes[i] = (guint8) (CLAMP (values[i], 0.0f, 1.0f) * 255.0f + 0.5f);
}

/* The targets whose pictures can be shown; how many. */
static guint
shown_targets (const TrainSession *s, const CncGraph *graph, const CncPlan *plan, TrainTarget shown[TRAIN_MAX_TARGETS])
{
  guint n = 0;

  for (guint i = 0; i < s->recipe->n_targets; i++)
    {
      const TrainTarget *t = &s->recipe->targets[i];
      const CncShape *is = &cnc_plan_tensor (plan, graph->outputs[t->output])->shape,
                     *should = &cnc_plan_tensor (plan, train_target_other (t, graph))->shape;

      if (train_target_is_picture (t, graph) && memcmp (is, should, sizeof *is) == 0)
        shown[n++] = *t;
    }
  return n;
}

/* One picture at a time, so that a sheet takes no more memory than a batch.  sheet: for each target its originals, then its results. */
static gboolean
draw_sheet (Loop *l, const CncGraph *graph, CncPlan *plan, const CncWeights *weights, const char *path, GError **error)
{
  TrainSession *s = l->session;
  const guint count = MIN (SHEET, s->n_validation > 0 ? s->n_validation : s->n_train), n_inputs = s->recipe->graph->n_inputs;
  const gsize size = (gsize) s->data->channels * s->view.height * s->view.width;
  TrainTarget shown[TRAIN_MAX_TARGETS];
  const guint n = shown_targets (s, graph, plan, shown);
  g_autofree guint8 *sheet = cnc_alloc (size * count, 2 * MAX (1, n), "the sample sheet", error);
  g_autofree float *values = NULL;
  float *to[CNC_GRAPH_MAX_ENDS];
  gsize floats = size;

  for (guint i = 0; i < n_inputs; i++)
    floats += cnc_shape_count (&s->inputs[i]);
  values = cnc_alloc (floats, sizeof (float), "the sample sheet", error);
  if (sheet == NULL || values == NULL)
    return FALSE;
  to[0] = values + size;
  for (guint i = 1; i < n_inputs; i++)
    to[i] = to[i - 1] + cnc_shape_count (&s->inputs[i - 1]);
  for (guint k = 0; k < count; k++)
    {
      train_session_sample (s, k, to);
      for (guint i = 0; i < n_inputs; i++)
        if (!cnc_buffer_upload (s->backend, cnc_plan_tensor (plan, i)->buffer, 0, to[i], cnc_tensor_bytes (cnc_plan_tensor (plan, i)),
                                error))
          return FALSE;
      if (!cnc_plan_run (plan, weights, k, error))
        return FALSE;
      for (guint i = 0; i < n; i++)
        {
          if (!cnc_buffer_download (s->backend, cnc_plan_tensor (plan, graph->outputs[shown[i].output])->buffer, 0, values,
                                    size * sizeof (float), error))
            return FALSE;
          to_bytes (to[shown[i].other], sheet + (2 * i * count + k) * size, size);
          to_bytes (values, sheet + ((2 * i + 1) * count + k) * size, size);
        }
    }
  /* outputs that are no pictures are not shown */
  return n == 0 || train_plot_samples (path, sheet, 2 * n, count, s->data->channels, s->view.width, s->view.height, error);
}

/* A few pictures that were not trained on, and what the network makes of them. */
static gboolean
write_sheet (Loop *l, const char *path, GError **error)
{
  TrainSession *s = l->session;
  CncPlanParams params = { .n_feeds = s->recipe->graph->n_inputs, .mode = CNC_MODE_NOISY };
  const CncNet *from = s->best != NULL ? s->best : s->net;
  g_autoptr (CncNet) net = cnc_net_new (cnc_graph_copy (from->graph), error);
  g_autoptr (CncWeights) weights = NULL;
  g_autoptr (CncPlan) plan = NULL;

  if (net == NULL)
    return FALSE;
  for (guint i = 0; i < net->n_values; i++)
    memcpy (net->values[i], from->values[i], cnc_shape_count (&net->graph->parameters[i].shape) * sizeof (float));
  if (!cnc_net_fold (net, error))
    return FALSE;
  for (guint i = 0; i < params.n_feeds; i++)
    {
      params.feeds[i] = i;
      params.shapes[i] = s->inputs[i];
    }
  for (guint i = 0; i < s->recipe->n_targets; i++)
    params.fetches[params.n_fetches++] = net->graph->outputs[s->recipe->targets[i].output];
  plan = cnc_plan_new (s->backend, net->graph, &params, error);
  weights = plan != NULL ? cnc_weights_new (s->backend, net, error) : NULL;
  return weights != NULL && draw_sheet (l, net->graph, plan, weights, path, error);
}

static gboolean
write_pictures (Loop *l, GError **error)
{
  const char *out = l->options->out;
  g_autofree char *stem = g_str_has_suffix (out, ".safetensors") ? g_strndup (out, strlen (out) - strlen (".safetensors")) : g_strdup (out);
  g_autofree char *losses = g_strconcat (stem, ".loss.png", NULL), *samples = g_strconcat (stem, ".samples.png", NULL);

  return train_plot_losses (losses, l->session->log->str, error) && write_sheet (l, samples, error);
}

static gboolean
save (Loop *l, GError **error)
{
  return train_ranks_rank () > 0 || train_session_save (l->session, l->checkpoint, error);
}

/* TRUE: all steps done or stopped early; FALSE: error.  Interrupted: TRUE with step below steps. */
static gboolean
run (Loop *l, GError **error)
{
  TrainSession *s = l->session;
  const TrainRecipe *r = s->recipe;

  while (s->step < r->steps && !s->stop)
    {
      s->stop = interrupted != 0;
      if (!train_session_step (s, error))
        return FALSE;
      show (l, FALSE);
      if ((s->step % r->validate_every == 0 || s->step == r->steps) && !validate (l, error))
        return FALSE;
      if (s->step % r->checkpoint_every == 0 && !save (l, error))
        return FALSE;
      if (r->patience > 0 && s->worse >= r->patience && s->n_validation > 0)
        {
          if (train_ranks_rank () == 0)
            fprintf (stderr, "Stopped early at step %u: the validation loss has not fallen for %u validations.\n", s->step, s->worse);
          break;
        }
    }
  show (l, TRUE);
  return save (l, error);
}

gboolean
train_run (TrainSession *session, const TrainOptions *options, const char *checkpoint, GError **error)
{
  Loop l = { .options = options, .session = session, .checkpoint = checkpoint };
  g_autofree char *shown = g_filename_display_name (checkpoint);
  g_autoptr (GError) why = NULL;
  struct sigaction action = { .sa_handler = on_signal }, before;
  gboolean good;

  l.started = l.shown = g_get_monotonic_time ();
  l.first_step = session->step;
  interrupted = 0;
  sigaction (SIGINT, &action, &before);
  good = run (&l, &why);
  sigaction (SIGINT, &before, NULL);
  if (!good)
    {
      if (why->code == CNC_ERROR_MODEL && g_file_test (checkpoint, G_FILE_TEST_EXISTS))
        g_set_error (error, why->domain, why->code, "%s  The last good checkpoint is %s.", why->message, shown);
      else
        g_propagate_error (error, g_steal_pointer (&why));
      return FALSE;
    }
  if (session->stop)
    g_set_error (error, CNC_ERROR, CNC_ERROR_CANCELLED, "Stopped at step %u; go on with --resume %s.", session->step, shown);
  return !session->stop;
}

static void
show_start (const TrainRecipe *recipe)
{
  g_autoptr (GString) names = g_string_new (NULL);
  guint taken = 0, kept = 0;

  if (train_ranks_rank () > 0)
    return;
  for (guint i = 0; i < recipe->graph->n_parameters; i++)
    {
      const CncParameter *p = &recipe->graph->parameters[i];

      if (train_recipe_start (recipe, i) != NULL)
        {
          g_string_append_printf (names, " %s", p->name);
          taken++;
        }
      kept += p->trained ? 0 : 1;
    }
  if (recipe->start != NULL)
    fprintf (stderr, "%u of %u parameters are taken from %s:%s\n", taken, recipe->graph->n_parameters, recipe->from, names->str);
  if (recipe->frozen[0] != '\0')
    fprintf (stderr, "%u of %u parameters are not trained\n", kept, recipe->graph->n_parameters);
}

gboolean
train_command (const TrainOptions *options, GError **error)
{
  g_autoptr (TrainRecipe) recipe = train_recipe_read (options->recipe, error);
  g_autoptr (TrainData) data = NULL;
  g_autoptr (CncBackend) backend = NULL;
  g_autoptr (TrainSession) session = NULL;
  g_autofree char *checkpoint = g_strconcat (options->out, ".checkpoint", NULL), *note = NULL;
  Loop l = { .options = options, .checkpoint = checkpoint };

  if (recipe == NULL)
    return FALSE;
  if (options->steps >= 0)
    {
      recipe->steps = (guint) MIN (options->steps, 100000000);
      recipe->settle = MIN (recipe->settle, recipe->steps); /* a short trial is short */
    }
  if (options->seed >= 0)
    recipe->seed = (guint64) options->seed;
  data = train_data_load (options->data, recipe->files, recipe->graph->inputs[0].channels, recipe->resize, recipe->crop, train_warn, NULL, error);
  if (data == NULL || (recipe->classes[0] != '\0' && !train_data_label (data, recipe->classes, error)))
    return FALSE;
  backend = cnc_engine_open (options->device, CNC_WORK_NETWORK, &note, error);
  if (backend == NULL)
    return FALSE;
  if (note != NULL)
    train_warn (note, NULL);
  backend->half = recipe->precision == 1;
  session = train_session_new (backend, recipe, data, error);
  if (session != NULL && recipe->settle > 0 && !train_tables_possible (session->net))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                   "%s: settle needs a network that brings pictures of three colours through a latent of whole numbers back to their size, "
                   "in tiles; "
                   "leave settle out.",
                   recipe->name);
      return FALSE;
    }
  if (session == NULL || (options->resume != NULL && !train_session_load (session, options->resume, error)))
    return FALSE;
  l.session = session;
  if (train_ranks_rank () == 0)
    fprintf (stderr, "%s: %u pictures to train on, %u to validate, %u left out; device: %s\n", recipe->name, session->n_train,
             session->n_validation, data->skipped, backend->info.name);
  show_start (recipe);
  return train_run (session, options, checkpoint, error) && (train_ranks_rank () > 0 || (write_model (&l, error) && write_pictures (&l, error)));
}

gboolean
train_tables_command (const TrainTablesOptions *options, GError **error)
{
  static const char *const keys[] = { "format", "name", "provenance" };
  g_autoptr (CncNet) net = cnc_net_read (options->model, error);
  g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new ();
  g_autoptr (TrainData) data = NULL;
  g_autoptr (CncBackend) backend = NULL;
  g_autoptr (CncLatentTables) tables = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *note = NULL;

  if (net == NULL || !cnc_net_store (net, CNC_DTYPE_F32, writer, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (cnc_safetensors_metadata (net->file, keys[i]) != NULL)
      cnc_safetensors_writer_text (writer, keys[i], cnc_safetensors_metadata (net->file, keys[i]));
  data = train_data_load (options->data, options->files != NULL ? options->files : "*", net->graph->inputs[0].channels, 0, 1, train_warn, NULL,
                          error);
  backend = data != NULL ? cnc_engine_open (options->device, CNC_WORK_NETWORK, &note, error) : NULL;
  tables = backend != NULL ? train_tables_measure (net, backend, data, error) : NULL;
  if (tables == NULL || !cnc_latent_tables_store (tables, writer, error))
    return FALSE;
  bytes = cnc_safetensors_writer_finish (writer, error);
  return bytes != NULL && cnc_file_replace (options->out, bytes, error);
}
