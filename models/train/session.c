/* models/train/session.c: set up, step, validate; see session.h. */
#include "session.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "ranks.h"

#include <math.h>
#include <string.h>

#define MAX_VALIDATION 2048u /* pictures; more would not make the mean much surer */

/* ---- set up ---- */

/* Which pictures are trained on and which are not, by the seed. */
static void
part_pictures (TrainSession *s)
{
  const guint n = s->data->pictures->len;

  s->pictures = train_shuffle (n, s->recipe->seed, G_MAXUINT64);
  s->n_validation = (guint) (s->recipe->validation * n);
  if (s->recipe->validation > 0 && s->n_validation == 0 && n > 1)
    s->n_validation = 1;
  s->n_train = n - s->n_validation;
}

static gboolean
choose_view (TrainSession *s, GError **error)
{
  const CncGraphInput *input = &s->recipe->graph->inputs[0];
  const TrainPicture *first = &g_array_index (s->data->pictures, TrainPicture, 0);
  const guint32 crop = s->recipe->crop;
  g_autoptr (GError) why = NULL;

  s->view.flip = s->recipe->flip;
  s->view.gain = s->recipe->gain;
  s->view.crop = crop > 0;
  s->view.width = crop > 0 ? crop : first->width;
  s->view.height = crop > 0 ? crop : first->height;
  if (!cnc_graph_input_shapes (s->recipe->graph, 1, s->view.height, s->view.width, s->inputs, &why))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                   "Pictures of %ux%u pixels do not fit the network (%s); set crop in the recipe.", s->view.width, s->view.height,
                   why->message);
      return FALSE;
    }
  if (input->height > 0 && (input->height != s->view.height || input->width != s->view.width))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                   "The network takes pictures of %ux%u pixels, but the data gives %ux%u; set crop in the recipe or give other data.",
                   input->width, input->height, s->view.width, s->view.height);
      return FALSE;
    }
  for (guint i = 0; i < s->data->pictures->len && crop == 0; i++)
    {
      const TrainPicture *p = &g_array_index (s->data->pictures, TrainPicture, i);

      if (p->width != s->view.width || p->height != s->view.height)
        {
          g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "The pictures differ in size (%s); set crop in the recipe.", p->name);
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
fill (TrainSession *s, CncBuffer *buffer, GError **error)
{
  const CncOp zero = { .kind = CNC_OP_FILL };
  const CncTensor all = { buffer, 0, { 1, 1, 1, (guint32) s->weights->floats } };

  return cnc_op_run (s->backend, &zero, NULL, 0, &all, 1, error);
}

static void
add_fetch (CncPlanParams *params, guint value)
{
  for (guint i = 0; i < params->n_fetches; i++)
    if (params->fetches[i] == value)
      return;
  params->fetches[params->n_fetches++] = value;
}

static CncPlanParams
batch_params (const TrainSession *s, const CncGraph *graph, guint batch, CncMode mode)
{
  CncPlanParams params = { .n_feeds = graph->n_inputs, .mode = mode };

  for (guint i = 0; i < graph->n_inputs; i++)
    {
      params.feeds[i] = i;
      params.shapes[i] = s->inputs[i];
      params.shapes[i].n = batch;
    }
  for (guint i = 0; i < s->recipe->n_targets; i++)
    {
      const guint other = train_target_other (&s->recipe->targets[i], graph);

      add_fetch (&params, graph->outputs[s->recipe->targets[i].output]);
      if (other >= graph->n_inputs)
        add_fetch (&params, other);
    }
  if (graph->latent != CNC_NO_VALUE)
    add_fetch (&params, graph->latent);
  return params;
}

static gboolean
check_targets (const TrainSession *s, GError **error)
{
  for (guint i = 0; i < s->recipe->n_targets; i++)
    {
      const TrainTarget *t = &s->recipe->targets[i];
      const CncGraph *graph = s->net->graph;
      const guint value = graph->outputs[t->output], other = train_target_other (t, graph);
      const CncShape *is = &cnc_plan_tensor (s->plan, value)->shape, *should = &cnc_plan_tensor (s->plan, other)->shape;

      if (memcmp (is, should, sizeof *is) != 0)
        {
          g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                       "\"%s\" is %ux%ux%u, but \"%s\", which it is compared with, is %ux%ux%u; change the network or the targets.",
                       cnc_graph_value_name (graph, value), is->c, is->h, is->w, cnc_graph_value_name (graph, other), should->c, should->h,
                       should->w);
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
set_up_device (TrainSession *s, GError **error)
{
  const CncPlanParams params = batch_params (s, s->net->graph, s->recipe->batch, CNC_MODE_TRAINING);
  gsize bytes, floats = 0;

  s->weights = cnc_weights_new (s->backend, s->net, error);
  s->plan = s->weights != NULL ? cnc_plan_new (s->backend, s->net->graph, &params, error) : NULL;
  if (s->plan == NULL || !check_targets (s, error))
    return FALSE;
  train_losses_init (&s->losses, s->recipe, s->net->graph, s->plan);
  s->gradients = train_gradients_new (s->backend, s->net->graph, s->plan, s->weights, s->losses.ends, s->losses.n_ends, error);
  if (s->gradients == NULL)
    return FALSE;
  bytes = s->weights->floats * sizeof (float);
  s->first = cnc_buffer_new (s->backend, bytes, error);
  s->second = s->first != NULL ? cnc_buffer_new (s->backend, bytes, error) : NULL;
  s->sums = s->second != NULL ? cnc_buffer_new (s->backend, TRAIN_SUMS * sizeof (float), error) : NULL;
  if (s->sums != NULL && train_ranks_count () > 1)
    {
      s->exchange = cnc_alloc (s->weights->floats + TRAIN_SUMS + 1, sizeof (float), "the gradients", error);
      if (s->exchange == NULL)
        return FALSE;
    }
  for (guint i = 0; i < params.n_feeds; i++)
    floats += cnc_shape_count (&params.shapes[i]);
  s->batch = s->sums != NULL ? cnc_alloc (floats, sizeof (float), "a batch of pictures", error) : NULL;
  return s->batch != NULL && fill (s, s->first, error) && fill (s, s->second, error);
}

TrainSession *
train_session_new (CncBackend *backend, const TrainRecipe *recipe, const TrainData *data, GError **error)
{
  g_autoptr (TrainSession) s = g_new0 (TrainSession, 1);

  s->backend = backend;
  s->recipe = recipe;
  s->data = data;
  s->best_loss = INFINITY;
  s->order_epoch = G_MAXUINT64;
  s->log = g_string_new ("step,loss,validation,learning_rate,gradient_norm");
  for (guint i = 0; i < recipe->n_targets && recipe->n_targets > 1; i++)
    g_string_append_printf (s->log, ",mse_%s", cnc_graph_value_name (recipe->graph, recipe->graph->outputs[recipe->targets[i].output]));
  g_string_append_c (s->log, '\n');
  part_pictures (s);
  if (s->n_train < 1)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "There are too few pictures to train on; give more data.");
      return NULL;
    }
  if (recipe->in_quiet != NULL && train_ranks_count () > 1) /* each draws its own noise, and would train another part */
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                           "A recipe with \"quiet\" is trained by one process; leave mpirun out.");
      return NULL;
    }
  if (!choose_view (s, error))
    return NULL;
  s->net = cnc_net_new (cnc_graph_copy (recipe->graph), error);
  if (s->net == NULL || !train_begin (s->net, recipe, error))
    return NULL;
  return set_up_device (s, error) && train_begin_normalise (s, error) ? g_steal_pointer (&s) : NULL;
}

void
train_session_free (TrainSession *s)
{
  if (s == NULL)
    return;
  train_gradients_free (s->gradients);
  cnc_plan_free (s->plan);
  cnc_weights_free (s->weights);
  cnc_buffer_free (s->backend, s->first);
  cnc_buffer_free (s->backend, s->second);
  cnc_buffer_free (s->backend, s->sums);
  cnc_net_free (s->net);
  cnc_net_free (s->best);
  g_free (s->batch);
  g_free (s->exchange);
  g_free (s->order);
  g_free (s->pictures);
  if (s->log != NULL)
    g_string_free (s->log, TRUE);
  g_free (s);
}

/* ---- a step ---- */

/* Running statistics of the batch normalisations, but those that are frozen. */
static gboolean
track (TrainSession *s, GError **error)
{
  const CncGraph *graph = s->net->graph;

  for (guint n = 0; n < graph->n_nodes; n++)
    {
      const CncNode *node = &graph->nodes[n];
      const guint value = graph->n_inputs + n;
      const CncShape *shape = &cnc_plan_tensor (s->plan, value)->shape;
      CncOp op = { .kind = CNC_OP_BATCH_NORM_TRACK, .epsilon = (float) node->epsilon, .shift = (float) node->momentum };
      CncTensor out[2];

      if (node->kind != CNC_LAYER_BATCH_NORM || !cnc_plan_computes (s->plan, value)
          || (!graph->parameters[node->weights[0]].trained && !graph->parameters[node->weights[1]].trained))
        continue;
      op.scale = (float) ((double) shape->n * shape->h * shape->w);
      out[0] = s->weights->tensors[node->weights[2]];
      out[1] = s->weights->tensors[node->weights[3]];
      if (!cnc_op_run (s->backend, &op, cnc_plan_statistics (s->plan, value), 2, out, 2, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
is_prior (const CncGraph *graph, guint parameter)
{
  for (guint n = 0; n < graph->n_nodes; n++)
    for (guint i = 0; i < graph->nodes[n].n_weights; i++)
      if (graph->nodes[n].weights[i] == parameter)
        return graph->nodes[n].kind == CNC_LAYER_QUANTISE;
  return FALSE;
}

static gboolean
update (TrainSession *s, guint64 seed, double factor, GError **error)
{
  const TrainRecipe *r = s->recipe;
  const CncShape all = { 1, 1, 1, (guint32) s->weights->floats };
  CncOp adam = {
    .kind = CNC_OP_ADAM,
    .step = s->step + 1,
    .scale = (float) train_recipe_rate (r, s->step + 1),
    .shift = (float) factor,
    .beta1 = (float) r->beta1,
    .beta2 = (float) r->beta2,
    .epsilon = (float) r->epsilon,
    .decoupled = r->optimiser == TRAIN_OPTIMISER_ADAMW,
  };
  CncBuffer *buffers[] = { s->weights->buffer, train_gradients_buffer (s->gradients), s->first, s->second };
  const double rate = train_recipe_rate (r, s->step + 1);
  CncTensor t[4];

  for (guint k = 0; k < 4; k++)
    t[k] = (CncTensor){ buffers[k], 0, all };
  if (r->weight_decay <= 0 && r->prior_rate == 1 && r->frozen[0] == '\0' && r->in_quiet == NULL)
    return cnc_op_run (s->backend, &adam, t, 4, (const CncTensor[]){ t[0], t[2], t[3] }, 3, error);
  /* Matrices decay; biases, scales and statistics do not. */
  for (guint i = 0; i < s->net->graph->n_parameters; i++)
    {
      const CncParameter *p = &s->net->graph->parameters[i];

      if (!train_recipe_trains (r, i, seed))
        continue;
      for (guint k = 0; k < 4; k++)
        t[k] = (CncTensor){ buffers[k], s->weights->tensors[i].offset, p->shape };
      adam.weight_decay = p->fan_in > 0 ? (float) r->weight_decay : 0;
      adam.scale = (float) (is_prior (s->net->graph, i) ? rate * r->prior_rate : rate);
      if (!cnc_op_run (s->backend, &adam, t, 4, (const CncTensor[]){ t[0], t[2], t[3] }, 3, error))
        return FALSE;
    }
  return TRUE;
}

/* Means over the ranks: of the gradients, on the device, and of the losses in sums. */
static gboolean
exchange (TrainSession *s, GError **error)
{
  const gsize floats = s->weights->floats;
  CncBuffer *gradients = train_gradients_buffer (s->gradients);

  if (s->exchange == NULL)
    return TRUE;
  s->exchange[floats + TRAIN_SUMS] = s->stop ? 1.0f : 0.0f;
  if (!cnc_buffer_download (s->backend, gradients, 0, s->exchange, floats * sizeof (float), error)
      || !cnc_buffer_download (s->backend, s->sums, 0, s->exchange + floats, TRAIN_SUMS * sizeof (float), error)
      || !train_ranks_mean (s->exchange, floats + TRAIN_SUMS + 1, error))
    return FALSE;
  s->stop = s->exchange[floats + TRAIN_SUMS] > 0;
  return cnc_buffer_upload (s->backend, gradients, 0, s->exchange, floats * sizeof (float), error)
         && cnc_buffer_upload (s->backend, s->sums, 0, s->exchange + floats, TRAIN_SUMS * sizeof (float), error);
}

static gboolean
back_to_loss (TrainSession *s, guint64 seed, float sums[TRAIN_SUMS], GError **error)
{
  const CncOp squares = { .kind = CNC_OP_SQUARED_SUM };
  const CncTensor all = { train_gradients_buffer (s->gradients), 0, { 1, 1, 1, (guint32) s->weights->floats } };
  const CncTensor sum = { s->sums, TRAIN_SUMS - 1, { 1, 1, 1, 1 } };

  return train_session_upload (s, s->plan, error) && train_gradients_clear (s->gradients, error)
         && cnc_plan_run (s->plan, s->weights, seed, error)
         && train_losses_run (&s->losses, s->backend, s->plan, s->weights, s->gradients, s->sums, error)
         && train_gradients_run (s->gradients, seed, error) && exchange (s, error)
         && cnc_op_run (s->backend, &squares, &all, 1, &sum, 1, error)
         && cnc_buffer_download (s->backend, s->sums, 0, sums, TRAIN_SUMS * sizeof *sums, error);
}

gboolean
train_session_step (TrainSession *s, GError **error)
{
  float sums[TRAIN_SUMS] = { 0 };
  const guint64 seed = train_random (train_random (s->recipe->seed, TRAIN_DRAW_RUN + (guint64) train_ranks_rank ()), s->step);
  double loss = 0;

  train_session_fill (s);
  s->losses.ramp = train_recipe_ramp (s->recipe, s->step + 1);
  if (!back_to_loss (s, seed, sums, error))
    return FALSE;
  for (guint i = 0; i < s->losses.n_terms; i++)
    loss += (double) sums[i];
  if (!isfinite (loss) || !isfinite (sums[TRAIN_SUMS - 1]))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL,
                   "The loss or its gradient is not a number any more at step %u; lower learning_rate, or set clip.", s->step + 1);
      return FALSE;
    }
  s->loss = loss;
  for (guint i = 0; i < s->losses.n_targets; i++)
    s->mse[i] = (double) sums[s->losses.n_terms + i];
  s->norm = sqrt ((double) sums[TRAIN_SUMS - 1]);
  s->flops = cnc_plan_flops (s->plan) + train_gradients_flops (s->gradients);
  if (!update (s, seed, s->recipe->clip > 0 && s->norm > s->recipe->clip ? s->recipe->clip / s->norm : 1, error) || !track (s, error))
    return FALSE;
  s->step++;
  s->sum += loss;
  s->summed++;
  return TRUE;
}

/* ---- validation ---- */

static CncNet *
copy_net (const CncNet *net, GError **error)
{
  CncNet *copy = cnc_net_new (cnc_graph_copy (net->graph), error);

  for (guint i = 0; copy != NULL && i < net->n_values; i++)
    memcpy (copy->values[i], net->values[i], cnc_shape_count (&net->graph->parameters[i].shape) * sizeof (float));
  return copy;
}

/* The share of training steps in which noise or another attack that stays "always" is on; negative if there is none. */
static double
noise_share (const CncGraph *graph)
{
  double share = -1;

  for (guint i = 0; i < graph->n_nodes; i++)
    if (graph->nodes[i].always != 0)
      share = graph->nodes[i].share;
  return share;
}

/* Adds part of the means to loss and to the session's figures of each target. */
static gboolean
validate_mode (TrainSession *s, const CncNet *net, const CncWeights *weights, CncMode mode, double part, double *loss, GError **error)
{
  const guint most = MIN (s->n_validation, MAX_VALIDATION), batch = MIN (s->recipe->batch, most), batches = most / batch;
  const CncPlanParams params = batch_params (s, net->graph, batch, mode);
  g_autoptr (CncPlan) plan = cnc_plan_new (s->backend, net->graph, &params, error);
  TrainLosses losses;
  double sum = 0;

  if (plan == NULL)
    return FALSE;
  train_losses_init (&losses, s->recipe, net->graph, plan);
  for (guint b = 0; b < batches; b++)
    {
      float sums[TRAIN_SUMS];

      train_session_fill_validation (s, b * batch, batch);
      if (!train_session_upload (s, plan, error) || !cnc_plan_run (plan, weights, b, error)
          || !train_losses_run (&losses, s->backend, plan, weights, NULL, s->sums, error)
          || !cnc_buffer_download (s->backend, s->sums, 0, sums, train_losses_count (&losses) * sizeof *sums, error))
        return FALSE;
      for (guint i = 0; i < losses.n_terms; i++)
        sum += (double) sums[i];
      for (guint i = 0; i < losses.n_targets && losses.n_targets > 1; i++)
        s->validated[i] += part * (double) sums[losses.n_terms + i] / batches;
    }
  *loss += part * sum / batches;
  return TRUE;
}

gboolean
train_session_validate (TrainSession *s, double *loss, GError **error)
{
  const double share = noise_share (s->net->graph);
  g_autoptr (CncNet) folded = NULL;
  g_autoptr (CncWeights) weights = NULL;

  *loss = NAN;
  for (guint i = 0; i < s->losses.n_targets; i++)
    s->validated[i] = s->n_validation > 0 ? 0 : NAN;
  if (!cnc_weights_download (s->weights, s->net, error))
    return FALSE;
  if (s->n_validation == 0)
    return TRUE;
  folded = copy_net (s->net, error);
  if (folded == NULL || !cnc_net_fold (folded, error))
    return FALSE;
  weights = cnc_weights_new (s->backend, folded, error);
  *loss = 0;
  if (weights == NULL || (share > 0 && !validate_mode (s, folded, weights, CNC_MODE_NOISY, share, loss, error))
      || (share < 1 && !validate_mode (s, folded, weights, CNC_MODE_INFERENCE, share < 0 ? 1 : 1 - share, loss, error)))
    return FALSE;
  if (train_ranks_count () > 1) /* statistics of batch normalisations differ a little between ranks; what follows from the loss must not */
    {
      float mean = (float) *loss;

      if (!train_ranks_mean (&mean, 1, error))
        return FALSE;
      *loss = (double) mean;
    }
  if (*loss < s->best_loss)
    {
      cnc_net_free (s->best);
      s->best = copy_net (s->net, error);
      s->best_loss = *loss;
      s->worse = 0;
      return s->best != NULL;
    }
  s->worse++;
  return TRUE;
}
