/* models/train/settle.h: the end of a training with a latent that is coded: the decoder gets used to the whole numbers that it will really see.
 *
 * Up to then it has seen the encoder's output with uniform noise.  The whole numbers of cnc_latent_choose are others: pulled towards their
 * predictions.  Encoder, prior and tables stay as they are, so that the coded size of every picture stays, too.
 */
#pragma once

#include "recipe.h"
#include "session.h"
#include "tables.h"

G_BEGIN_DECLS

/* Trains the weights behind the latent of net for recipe->settle steps on the session's pictures, mean squared error alone, learning rate
 * recipe->settle_rate falling to 0 along a cosine.  Same session, same tables, same weights.  progress: (nullable): told every step.  Errors:
 * MODEL (the loss is no number), GPU_*, NO_MEMORY; net is as it was then. */
gboolean train_settle (const TrainSession *session, CncNet *net, const CncLatentTables *tables, void (*progress) (guint step, double loss),
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
