/* models/train/session.h: the state of a training run, one step of it, its checkpoints.
 *
 * Under mpirun each rank takes its own batch of the same pictures, and gradients are averaged: as one rank with a larger batch.
 * Everything that happens in step n follows from the recipe, the data, the seed and n; so a run that goes on from a checkpoint gives the
 * weights of the run that was never stopped.  Thread-safety: one thread.
 */
#pragma once

#include "data.h"
#include "losses.h"
#include "recipe.h"

G_BEGIN_DECLS

typedef struct
{
  CncBackend *backend;
  const TrainRecipe *recipe;
  const TrainData *data;
  guint *pictures; /* numbers of the pictures: first those to train on, then those to validate with */
  guint n_train, n_validation;
  TrainView view;

  CncNet *net; /* weights on the host, as of the last download */
  CncWeights *weights;
  CncPlan *plan;
  TrainGradients *gradients;
  TrainLosses losses;
  CncBuffer *first, *second; /* moments of Adam, laid out as the weights */
  CncBuffer *sums;           /* TRAIN_SUMS floats */
  float *batch;              /* the samples of one step */
  float *exchange;           /* (nullable): gradients, losses and stop, for the other ranks */
  gboolean stop;             /* set it before a step to stop all ranks behind that step; read it behind */
  guint *order;              /* of the current epoch */
  guint64 order_epoch;

  guint step;   /* steps done */
  double loss;  /* of the last step */
  double norm;  /* of its gradient */
  double flops; /* of one step */
  double sum;   /* of the losses since the last line of the log */
  guint summed;
  CncNet *best; /* (nullable): the weights with the lowest validation loss */
  double best_loss;
  guint worse;  /* validations since then */
  GString *log; /* CSV */
} TrainSession;

#define TRAIN_SUMS 16u

TrainSession *train_session_new (CncBackend *backend, const TrainRecipe *recipe, const TrainData *data,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
void train_session_free (TrainSession *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TrainSession, train_session_free)

/* One step.  MODEL: the loss or its gradient is not finite; the weights are as they were before the step. */
gboolean train_session_step (TrainSession *session, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Weights to the host, then the losses over the validation pictures; keeps the best weights.  loss: NaN where nothing is kept apart for
 * validation. */
gboolean train_session_validate (TrainSession *session, double *loss, GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean train_session_save (TrainSession *session, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean train_session_load (TrainSession *session, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Weights as they are at the start: uniform with the variance of He et al. 2015 (Glorot's where no rectifier follows). */
void train_initialise (CncNet *net, guint64 seed);

G_END_DECLS
