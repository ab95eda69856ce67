/* models/train/settle.c: see settle.h. */
#include "settle.h"

#include "autograd.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"

#include <math.h>

typedef struct
{
  const TrainSession *session;
  const CncLatentTables *tables;
  CncWeights *weights;
  CncPlan *encoder, *decoder;
  TrainGradients *gradients;
  CncBuffer *target, *first, *second, *sum;
  guint exact, latent, output;
  CncShape picture, code; /* of a batch */
  float *pictures, *codes;
  gboolean failed;
} Settle;

static void
settle_clear (Settle *s)
{
  train_gradients_free (s->gradients);
  cnc_plan_free (s->encoder);
  cnc_plan_free (s->decoder);
  cnc_weights_free (s->weights);
  cnc_buffer_free (s->session->backend, s->target);
  cnc_buffer_free (s->session->backend, s->first);
  cnc_buffer_free (s->session->backend, s->second);
  cnc_buffer_free (s->session->backend, s->sum);
  g_free (s->pictures);
  g_free (s->codes);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Settle, settle_clear)

static CncBuffer *
zeros (CncBackend *backend, gsize floats, GError **error)
{
  const CncOp fill = { .kind = CNC_OP_FILL };
  CncBuffer *buffer = cnc_buffer_new (backend, floats * sizeof (float), error);
  const CncTensor all = { buffer, 0, { 1, 1, 1, (guint32) floats } };

  if (buffer == NULL || cnc_op_run (backend, &fill, NULL, 0, &all, 1, error))
    return buffer;
  cnc_buffer_free (backend, buffer);
  return NULL;
}

static gboolean
set_up (Settle *s, CncNet *net, GError **error)
{
  const TrainSession *t = s->session;
  CncBackend *backend = t->backend;
  CncPlanParams encode = { .n_feeds = 1, .n_fetches = 1 }, decode = { .n_feeds = 1, .n_fetches = 1, .mode = CNC_MODE_TRAINING };

  s->latent = net->graph->latent;
  s->exact = cnc_graph_node (net->graph, s->latent)->inputs[0];
  s->output = net->graph->outputs[0];
  s->picture = (CncShape){ t->recipe->batch, t->data->channels, t->view.height, t->view.width };
  s->weights = cnc_weights_new (backend, net, error);
  encode.shapes[0] = s->picture;
  encode.fetches[0] = s->exact;
  s->encoder = s->weights != NULL ? cnc_plan_new (backend, net->graph, &encode, error) : NULL;
  if (s->encoder == NULL)
    return FALSE;
  s->code = cnc_plan_tensor (s->encoder, s->exact)->shape;
  decode.feeds[0] = s->latent;
  decode.shapes[0] = s->code;
  decode.fetches[0] = s->output;
  s->decoder = cnc_plan_new (backend, net->graph, &decode, error);
  s->gradients = s->decoder != NULL ? train_gradients_new (backend, net->graph, s->decoder, s->weights, &s->output, 1, error) : NULL;
  s->target = s->gradients != NULL ? cnc_buffer_new (backend, cnc_shape_count (&s->picture) * sizeof (float), error) : NULL;
  s->first = s->target != NULL ? zeros (backend, s->weights->floats, error) : NULL;
  s->second = s->first != NULL ? zeros (backend, s->weights->floats, error) : NULL;
  s->sum = s->second != NULL ? zeros (backend, 1, error) : NULL;
  s->pictures = s->sum != NULL ? cnc_alloc (cnc_shape_count (&s->picture), sizeof (float), "a batch of pictures", error) : NULL;
  s->codes = s->pictures != NULL ? cnc_alloc (cnc_shape_count (&s->code), sizeof (float), "a batch of pictures", error) : NULL;
  return s->codes != NULL;
}

static void
choose (guint index, gpointer user_data)
{
  Settle *s = user_data;
  const gsize count = cnc_shape_count (&s->code) / s->code.n;
  float *code = s->codes + index * count;
  g_autofree gint16 *values = cnc_alloc (count, sizeof *values, "a latent", NULL);

  if (values == NULL || !cnc_latent_choose (s->tables, code, s->code.w, s->code.h, values, NULL, NULL))
    {
      s->failed = TRUE;
      return;
    }
  for (gsize i = 0; i < count; i++)
    code[i] = values[i];
}

/* A batch as the decoder will see it. */
static gboolean
prepare (Settle *s, guint step, GError **error)
{
  const TrainSession *t = s->session;
  CncBackend *backend = t->backend;
  const CncTensor *feed = cnc_plan_tensor (s->encoder, 0), *exact = cnc_plan_tensor (s->encoder, s->exact);
  const gsize size = cnc_shape_count (&s->picture) / s->picture.n, bytes = cnc_shape_count (&s->code) * sizeof (float);
  const guint64 seed = train_random (t->recipe->seed, G_MAXUINT32);

  for (guint i = 0; i < s->picture.n; i++)
    {
      const guint64 draw = train_random (seed, (guint64) step * s->picture.n + i);

      train_sample (t->data, t->pictures[draw % t->n_train], &t->view, draw, s->pictures + i * size);
    }
  if (!cnc_buffer_upload (backend, feed->buffer, feed->offset * sizeof (float), s->pictures, s->picture.n * size * sizeof (float), error)
      || !cnc_buffer_upload (backend, s->target, 0, s->pictures, s->picture.n * size * sizeof (float), error)
      || !cnc_plan_run (s->encoder, s->weights, 0, error)
      || !cnc_buffer_download (backend, exact->buffer, exact->offset * sizeof (float), s->codes, bytes, error))
    return FALSE;
  s->failed = FALSE;
  cnc_parallel_for (s->code.n, choose, s);
  if (s->failed)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_NO_MEMORY, "There is not enough memory for a batch of latents.");
      return FALSE;
    }
  feed = cnc_plan_tensor (s->decoder, s->latent);
  return cnc_buffer_upload (backend, feed->buffer, feed->offset * sizeof (float), s->codes, bytes, error);
}

static gboolean
learn (Settle *s, guint step, double *loss, GError **error)
{
  const TrainRecipe *r = s->session->recipe;
  CncBackend *backend = s->session->backend;
  const CncShape all = { 1, 1, 1, (guint32) s->weights->floats };
  const CncOp error_of = { .kind = CNC_OP_MSE, .scale = 1, .accumulate = TRUE }, fill = { .kind = CNC_OP_FILL };
  const CncOp adam = { .kind = CNC_OP_ADAM,
                       .step = step + 1,
                       .scale = (float) (r->settle_rate * 0.5 * (1 + cos (G_PI * step / r->settle))),
                       .shift = 1,
                       .beta1 = (float) r->beta1,
                       .beta2 = (float) r->beta2,
                       .epsilon = (float) r->epsilon };
  const CncTensor compared[] = { *cnc_plan_tensor (s->decoder, s->output), { s->target, 0, s->picture } };
  const CncTensor t[]
      = { { s->weights->buffer, 0, all }, { train_gradients_buffer (s->gradients), 0, all }, { s->first, 0, all }, { s->second, 0, all } };
  CncTensor out[2] = { { s->sum, 0, { 1, 1, 1, 1 } } };
  float sum;

  if (!train_gradients_clear (s->gradients, error) || !cnc_plan_run (s->decoder, s->weights, 0, error)
      || !cnc_op_run (backend, &fill, NULL, 0, out, 1, error) || !train_gradients_end (s->gradients, s->output, &out[1], error)
      || !cnc_op_run (backend, &error_of, compared, 2, out, 2, error) || !train_gradients_run (s->gradients, 0, error)
      || !cnc_op_run (backend, &adam, t, 4, (const CncTensor[]){ t[0], t[2], t[3] }, 3, error)
      || !cnc_buffer_download (backend, s->sum, 0, &sum, sizeof sum, error))
    return FALSE;
  *loss = (double) sum;
  if (isfinite (sum))
    return TRUE;
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_MODEL,
                       "The loss is not a number any more while the decoder settles; lower settle_rate.");
  return FALSE;
}

gboolean
train_settle (const TrainSession *session, CncNet *net, const CncLatentTables *tables, void (*progress) (guint step, double loss),
              GError **error)
{
  g_auto (Settle) s = { .session = session, .tables = tables };
  double loss = 0;

  if (!set_up (&s, net, error))
    return FALSE;
  for (guint step = 0; step < session->recipe->settle; step++)
    {
      if (!prepare (&s, step, error) || !learn (&s, step, &loss, error))
        return FALSE;
      if (progress != NULL)
        progress (step + 1, loss);
    }
  return cnc_weights_download (s.weights, net, error);
}
