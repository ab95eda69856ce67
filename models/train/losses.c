/* models/train/losses.c: see losses.h. */
#include "losses.h"

static void
add_term (TrainLosses *losses, const TrainTerm *term)
{
  if (term->scale <= 0)
    return;
  losses->terms[losses->n_terms++] = *term;
  for (guint i = 0; i < losses->n_ends; i++)
    if (losses->ends[i] == term->value)
      return;
  losses->ends[losses->n_ends++] = term->value;
}

void
train_losses_init (TrainLosses *losses, const TrainRecipe *recipe, const CncGraph *graph, const CncPlan *plan)
{
  const CncOpKind kinds[] = { CNC_OP_MSE, CNC_OP_L1, CNC_OP_BCE, CNC_OP_SSIM };
  const double weights[] = { recipe->mse, recipe->l1, recipe->bce, recipe->ssim };
  const guint latent = graph->latent;

  *losses = (TrainLosses){ .ramp = 1, .n_targets = recipe->n_targets };
  for (guint t = 0; t < recipe->n_targets; t++)
    losses->plain[t] = (TrainTerm){
      CNC_OP_MSE, graph->outputs[recipe->targets[t].output], train_target_other (&recipe->targets[t], graph), 0, 1, FALSE
    };
  for (guint t = 0; t < recipe->n_targets; t++)
    for (guint k = 0; k < G_N_ELEMENTS (kinds); k++)
      {
        const TrainTarget *target = &recipe->targets[t];
        const TrainTerm term
            = { kinds[k], graph->outputs[target->output], train_target_other (target, graph), 0, weights[k] * target->weight, t == 0 };

        add_term (losses, &term);
      }
  if (recipe->rate > 0)
    {
      const CncShape *z = &cnc_plan_tensor (plan, latent)->shape, *x = &cnc_plan_tensor (plan, 0)->shape;
      /* the operation gives bits for each value of the latent */
      const TrainTerm term = {
        CNC_OP_RATE, latent, 0, cnc_graph_node (graph, latent)->weights[0], recipe->rate * z->c * z->h * z->w / ((double) x->h * x->w),
        FALSE
      };

      add_term (losses, &term);
    }
}

guint
train_losses_count (const TrainLosses *losses)
{
  return losses->n_terms + (losses->n_targets > 1 ? losses->n_targets : 0);
}

static gboolean
run_term (const TrainLosses *losses, const TrainTerm *term, guint at, CncBackend *backend, const CncPlan *plan, const CncWeights *weights,
          TrainGradients *gradients, CncBuffer *sums, GError **error)
{
  const gboolean rate = term->kind == CNC_OP_RATE;
  const CncTensor in[]
      = { *cnc_plan_tensor (plan, term->value), rate ? weights->tensors[term->prior] : *cnc_plan_tensor (plan, term->input) };
  CncTensor out[3] = { { sums, at, { 1, 1, 1, 1 } } };
  const CncOp op = { .kind = term->kind, .scale = (float) (term->ramped ? term->scale * losses->ramp : term->scale), .accumulate = TRUE };
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
  return cnc_op_run (backend, &op, in, 2, out, n_out, error);
}

gboolean
train_losses_run (const TrainLosses *losses, CncBackend *backend, const CncPlan *plan, const CncWeights *weights, TrainGradients *gradients,
                  CncBuffer *sums, GError **error)
{
  for (guint i = 0; i < losses->n_terms; i++)
    if (!run_term (losses, &losses->terms[i], i, backend, plan, weights, gradients, sums, error))
      return FALSE;
  for (guint i = 0; i < losses->n_targets && losses->n_targets > 1; i++)
    if (!run_term (losses, &losses->plain[i], losses->n_terms + i, backend, plan, weights, NULL, sums, error))
      return FALSE;
  return TRUE;
}
