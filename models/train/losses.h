/* models/train/losses.h: the weighted sum of losses that a recipe asks for.
 *
 * mse, l1, bce, ssim compare the first output with the first input; rate counts the bits of the latent a pixel of the input, under the
 * prior that the latent's quantiser has.  Thread-safety: as the backend's.
 */
#pragma once

#include "autograd.h"
#include "recipe.h"

G_BEGIN_DECLS

#define TRAIN_MAX_TERMS 5u

typedef struct
{
  CncOpKind kind;
  guint value; /* what is judged */
  guint prior; /* rate: the parameter */
  double scale;
} TrainTerm;

typedef struct
{
  TrainTerm terms[TRAIN_MAX_TERMS];
  guint n_terms;
  guint ends[2]; /* the values that get gradients */
  guint n_ends;
} TrainLosses;

/* shapes of the plan decide how many latent values there are for a pixel; input, output, latent are the graph's. */
void train_losses_init (TrainLosses *losses, const TrainRecipe *recipe, const CncGraph *graph, const CncPlan *plan);

/* Writes the weighted terms to the first n_terms floats of sums, and adds their gradients if gradients is not NULL.  feed: the value that
 * the output is compared with. */
gboolean train_losses_run (const TrainLosses *losses, CncBackend *backend, const CncPlan *plan, const CncWeights *weights,
                           TrainGradients *gradients, guint feed, CncBuffer *sums, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
