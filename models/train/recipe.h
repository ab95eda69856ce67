/* models/train/recipe.h: what to train and how, from a key file.
 *
 * [graph] lists the layers, one a line: "NAME = LAYER INPUT... ATTRIBUTE=VALUE...", the inputs as "NAME = input channels=N", then "outputs
 * = NAME" and, if there is one, "latent = NAME".  [data], [train] and [loss] hold the keys of the table in recipe.c. Errors: BAD_ARGUMENT,
 * "FILE:LINE: what is wrong", with the nearest known word for one that is unknown.  Thread-safety: a recipe is read-only.
 */
#pragma once

#include "nn/graph.h"
#include "nn/safetensors.h"

G_BEGIN_DECLS

typedef enum
{
  TRAIN_SCHEDULE_CONSTANT,
  TRAIN_SCHEDULE_COSINE, /* from learning_rate to final_rate over the whole run */
  TRAIN_SCHEDULE_STEP,   /* halved every decay_every steps */
} TrainSchedule;

typedef enum
{
  TRAIN_OPTIMISER_ADAM,
  TRAIN_OPTIMISER_ADAMW,
} TrainOptimiser;

#define TRAIN_MAX_TARGETS 7u

typedef struct
{
  guint output; /* which of the graph's outputs is judged: the values of a folded graph have other numbers */
  guint other;  /* what it should be: an input, or CNC_GRAPH_MAX_ENDS and more: another output, which gets no gradient of that */
  double weight;
} TrainTarget;

/* What makes of each picture of the first input what the second input shows. */
typedef struct
{
  /* picture: three planes of width * height, from 0 to 1; seed: 0: no chance; out: as large as the second input.  Called by several threads at once. */
  void (*fill) (gpointer user_data, const float *picture, guint32 width, guint32 height, guint64 seed, float *out);
  gpointer user_data;
} TrainVectors;

#define TRAIN_MAX_TRANSFORMS 16u

/* A convolution whose weights begin as rows of the discrete cosine transform. */
typedef struct
{
  guint node;
  guint *rows; /* of each channel of the transform, 0 to 3 kernel^2 - 1: their order is that of begin.c */
} TrainTransform;

typedef struct
{
  char *name; /* of the file, without folder and ending */
  char *text; /* the whole file; of a pair the lines of its half */
  CncGraph *graph;

  char *classes;     /* "": none; else two patterns of names, of the pictures that the last input is 0 for, and 1 */
  char *files;       /* patterns, separated by blanks: which files of the data folder */
  guint resize;      /* sides that every picture gets; 0: its own */
  guint crop;        /* side of the square cut out of a picture; 0: the whole picture */
  guint crops;       /* how many of each picture an epoch has */
  guint flip;        /* mirror at random: 0 no, 1 left-right, 2 both ways */
  double gain;       /* brightness is multiplied with 1 / (1 + gain) to 1 + gain at random, the logarithm even, and cut at white; 0: not at all */
  double validation; /* share of the pictures that is not trained on */

  guint64 seed;
  guint batch, steps, warmup, decay_every, validate_every, checkpoint_every,
      patience; /* patience: validations without progress; 0: never stop early */
  guint optimiser, schedule;
  guint store;     /* of the weights in the model file: 0 single precision, 1 half */
  guint precision; /* of the factors in convolutions: 0 single, 1 half where the device has it */
  char *from, *frozen, *quiet; /* as written: a model file; patterns of names: never trained, and trained by the steps without noise alone */
  char *dct, *normalise;       /* as written: layers that begin as a transform, NAME or NAME:FIRST-LAST,...; layers that are scaled by the data */
  TrainTransform transforms[TRAIN_MAX_TRANSFORMS];
  guint n_transforms;
  gboolean *normalised;        /* (nullable): of each node */
  gboolean *in_quiet;          /* (nullable): of each parameter: whether quiet names it */
  CncSafetensors *start; /* (nullable): that file; parameters of the same names begin with what stands there */
  guint settle; /* steps of the decoder alone, at the end, on the whole numbers that are coded */
  double settle_rate;
  double prior_rate; /* learning rate of a latent's prior, as a multiple of the others' */
  double learning_rate, final_rate, weight_decay, beta1, beta2, epsilon, clip; /* clip: norm of the whole gradient; 0: none */

  double mse, l1, bce, ssim; /* weights of the losses of every target */
  char *target_list, *ramp;  /* as written */
  TrainTarget targets[TRAIN_MAX_TARGETS];
  guint n_targets;
  double ramp_share; /* of its weight the first target has in the first step */
  guint ramp_steps;  /* until it has the whole, the line between straight; 0: from the start */
  double rate;               /* weight of the bits a pixel of the latent */
  const TrainVectors *vectors; /* (nullable) (transfer none): what the second input of the decoder of a pair shows; set before the session is made */
} TrainRecipe;

TrainRecipe *train_recipe_read (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A recipe of a pair has [graph], [data], [train] and [loss] for the encoder, and [decoder graph], [decoder train] and [decoder loss] for the decoder, which is trained on
 * the same data.  The graph of the decoder has two inputs: the picture, with which its output is compared and which no layer reads, and the vector. */
gboolean train_recipe_read_pair (const char *path, TrainRecipe **encoder, TrainRecipe **decoder, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void train_recipe_free (TrainRecipe *recipe);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TrainRecipe, train_recipe_free)

/* What the parameter begins with, or NULL if the recipe's start does not hold it; of its shape. */
const CncStoredTensor *train_recipe_start (const TrainRecipe *recipe, guint parameter);

/* Whether the target's other side is an input that is a picture. */
gboolean train_target_is_picture (const TrainTarget *target, const CncGraph *graph);

/* The value that the target is compared with; graph: the recipe's, or one that was folded. */
guint train_target_other (const TrainTarget *target, const CncGraph *graph);

/* Whether a step, run with this seed, trains the parameter: not one that is frozen; with "quiet", steps without the layer "noise" train those
 * that it names, and the others the rest. */
gboolean train_recipe_trains (const TrainRecipe *recipe, guint parameter, guint64 seed);

/* What the weight of the first target is multiplied with in a step, counted from 1. */
double train_recipe_ramp (const TrainRecipe *recipe, guint step);

/* The learning rate of a step, counted from 1. */
double train_recipe_rate (const TrainRecipe *recipe, guint step);

G_END_DECLS
