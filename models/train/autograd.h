/* models/train/autograd.h: gradients of losses with respect to every trained weight, by walking a plan backwards.
 *
 * Losses are added first: each writes the gradient of one value.  Then train_gradients_run goes from the last layer to the first. Gradients
 * of weights stand in one buffer that is laid out as the weights' (gaps zero), and are summed over calls until train_gradients_clear.
 * Errors: those of cnc_op_run.  Thread-safety: as the backend's.
 */
#pragma once

#include "nn/plan.h"

G_BEGIN_DECLS

typedef struct _TrainGradients TrainGradients;

/* plan: made for CNC_MODE_TRAINING; ends: the values whose gradients the losses write.  All arguments have to outlive the result. */
TrainGradients *train_gradients_new (CncBackend *backend, const CncGraph *graph, const CncPlan *plan, const CncWeights *weights,
                                     const guint *ends, guint n_ends, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void train_gradients_free (TrainGradients *gradients);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TrainGradients, train_gradients_free)

/* Before each step: gradients of the weights to zero, those of the values forgotten. */
gboolean train_gradients_clear (TrainGradients *gradients, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Where a loss adds (accumulate) the gradient of an end; it is zeroed the first time. */
gboolean train_gradients_end (TrainGradients *gradients, guint value, CncTensor *gradient, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* seed: that of the forward run. */
gboolean train_gradients_run (TrainGradients *gradients, guint64 seed, GError **error) G_GNUC_WARN_UNUSED_RESULT;

const CncTensor *train_gradients_parameter (const TrainGradients *gradients, guint parameter);
CncBuffer *train_gradients_buffer (const TrainGradients *gradients);
double train_gradients_flops (const TrainGradients *gradients); /* of the last run */

G_END_DECLS
