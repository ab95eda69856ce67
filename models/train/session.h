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
  float *batch;              /* the samples of one step: those of the first input, of the second, ... */
  CncShape inputs[CNC_GRAPH_MAX_ENDS]; /* of one sample of each input */
  float *exchange;           /* (nullable): gradients, losses and stop, for the other ranks */
  gboolean stop;             /* set it before a step to stop all ranks behind that step; read it behind */
  guint *order;              /* of the current epoch */
  guint64 order_epoch;

  guint step;   /* steps done */
  double loss;  /* of the last step */
  double mse[TRAIN_MAX_TARGETS]; /* of each target in the last step, where there are several */
  double validated[TRAIN_MAX_TARGETS]; /* the same of the last validation; NaN if there was none */
  double norm;  /* of its gradient */
  double flops; /* of one step */
  double sum;   /* of the losses since the last line of the log */
  guint summed;
  CncNet *best; /* (nullable): the weights with the lowest validation loss */
  double best_loss;
  guint worse;  /* validations since then */
  GString *log; /* CSV */
} TrainSession;

#define TRAIN_SUMS 64u

/* Counter of the recipe's seed, and those behind it: of the noise of each rank. */
#define TRAIN_DRAW_RUN 4u

TrainSession *train_session_new (CncBackend *backend, const TrainRecipe *recipe, const TrainData *data,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
void train_session_free (TrainSession *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TrainSession, train_session_free)

/* One step.  MODEL: the loss or its gradient is not finite; the weights are as they were before the step. */
gboolean train_session_step (TrainSession *session, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Weights to the host, then the losses over the validation pictures; keeps the best weights.  loss: NaN where nothing is kept apart for
 * validation. */
gboolean train_session_validate (TrainSession *session, double *loss, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What the inputs of the network show at place index of the validation pictures (of those to train on, where none are kept apart), as the
 * validation has it.  to: for each input its place for one sample, or NULL for one that is not wanted. */
void train_session_sample (TrainSession *session, guint index, float *const *to);

/* For session.c: the samples of the step that comes next into the batch; those of the validation pictures from first on; the batch to the
 * inputs of a plan that was made for as many samples. */
void train_session_fill (TrainSession *session);
void train_session_fill_validation (TrainSession *session, guint first, guint count);
gboolean train_session_upload (const TrainSession *session, const CncPlan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean train_session_save (TrainSession *session, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean train_session_load (TrainSession *session, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Weights as they are at the start: uniform with the variance of He et al. 2015 (Glorot's where no rectifier follows), or the transforms and the
 * stored weights that the recipe names. */
gboolean train_begin (CncNet *net, const TrainRecipe *recipe, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Layer by layer in the order of the graph, scales those that the recipe names so that each of their channels has mean 0 and deviation 1 over
 * the batches of the first steps (Mishkin and Matas 2016). */
gboolean train_begin_normalise (TrainSession *session, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
