/* models/train/losses.h: the weighted sum of losses that a recipe asks for.
 *
 * mse, l1, bce, ssim compare the value of each target with its input; rate counts the bits of the latent a pixel of the first input, under
 * the prior that the latent's quantiser has.  Thread-safety: as the backend's.
 */
#pragma once

#include "autograd.h"
#include "recipe.h"

G_BEGIN_DECLS

#define TRAIN_MAX_TERMS (4u * TRAIN_MAX_TARGETS + 1u)

typedef struct
{
  CncOpKind kind;
  guint value; /* what is judged */
  guint input; /* what it is compared with */
  guint prior; /* rate: the parameter */
  double scale;
  gboolean ramped; /* belongs to the first target */
} TrainTerm;

typedef struct
{
  TrainTerm terms[TRAIN_MAX_TERMS];
  guint n_terms;
  TrainTerm plain[TRAIN_MAX_TARGETS]; /* the mean squared error of each target */
  guint n_targets;
  double ramp;                       /* what the first target is multiplied with; 1 at first */
  guint ends[TRAIN_MAX_TARGETS + 1]; /* the values that get gradients */
  guint n_ends;
} TrainLosses;

/* shapes of the plan decide how many latent values there are for a pixel. */
void train_losses_init (TrainLosses *losses, const TrainRecipe *recipe, const CncGraph *graph, const CncPlan *plan);

/* Writes the weighted terms to the first n_terms floats of sums, behind them, where there are several targets, the mean squared error of
 * each; and adds the gradients of the terms if gradients is not NULL. */
gboolean train_losses_run (const TrainLosses *losses, CncBackend *backend, const CncPlan *plan, const CncWeights *weights,
                           TrainGradients *gradients, CncBuffer *sums, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How many floats of sums are written, and where the mean squared error of the first target stands. */
guint train_losses_count (const TrainLosses *losses);

G_END_DECLS
