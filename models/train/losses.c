/* models/train/losses.c: see losses.h. */
#include "losses.h"

static void
add_term (TrainLosses *losses, CncOpKind kind, guint value, guint prior, double scale)
{
  if (scale <= 0)
    return;
  losses->terms[losses->n_terms++] = (TrainTerm){ kind, value, prior, scale };
  for (guint i = 0; i < losses->n_ends; i++)
    if (losses->ends[i] == value)
      return;
  losses->ends[losses->n_ends++] = value;
}

void
train_losses_init (TrainLosses *losses, const TrainRecipe *recipe, const CncGraph *graph, const CncPlan *plan)
{
  const guint output = graph->outputs[0], latent = graph->latent;

  *losses = (TrainLosses){ .n_terms = 0 };
  add_term (losses, CNC_OP_MSE, output, 0, recipe->mse);
  add_term (losses, CNC_OP_L1, output, 0, recipe->l1);
  add_term (losses, CNC_OP_BCE, output, 0, recipe->bce);
  add_term (losses, CNC_OP_SSIM, output, 0, recipe->ssim);
  if (recipe->rate > 0)
    {
      const CncShape *z = &cnc_plan_tensor (plan, latent)->shape, *x = &cnc_plan_tensor (plan, 0)->shape;

      /* the operation gives bits for each value of the latent */
      add_term (losses, CNC_OP_RATE, latent, cnc_graph_node (graph, latent)->weights[0],
                recipe->rate * z->c * z->h * z->w / ((double) x->h * x->w));
    }
}

gboolean
train_losses_run (const TrainLosses *losses, CncBackend *backend, const CncPlan *plan, const CncWeights *weights, TrainGradients *gradients,
                  guint feed, CncBuffer *sums, GError **error)
{
  for (guint i = 0; i < losses->n_terms; i++)
    {
      const TrainTerm *term = &losses->terms[i];
      const gboolean rate = term->kind == CNC_OP_RATE;
      const CncTensor in[] = { *cnc_plan_tensor (plan, term->value), rate ? weights->tensors[term->prior] : *cnc_plan_tensor (plan, feed) };
      CncTensor out[3] = { { sums, i, { 1, 1, 1, 1 } } };
      const CncOp op = { .kind = term->kind, .scale = (float) term->scale, .accumulate = TRUE };
      const CncOp zero = { .kind = CNC_OP_FILL };
      guint n_out = 1;

      if (!cnc_op_run (backend, &zero, NULL, 0, out, 1, error))
        return FALSE;
      if (gradients != NULL)
        {
          if (!train_gradients_end (gradients, term->value, &out[1], error))
            return FALSE;
          n_out = 2;
          if (rate)
            out[n_out++] = *train_gradients_parameter (gradients, term->prior);
        }
      if (!cnc_op_run (backend, &op, in, 2, out, n_out, error))
        return FALSE;
    }
  return TRUE;
}
