/* models/train/sedd.h: a pair of the method "sedd": an encoder of whole numbers from a trained one, and the vectors that a decoder learns from.
 *
 * The decoder is trained apart: all that its training knows of the encoder is the vectors that the encoder in whole numbers makes of pictures.
 */
#pragma once

#include "data.h"
#include "methods/sedd/pair.h"
#include "nn/net.h"
#include "recipe.h"

G_BEGIN_DECLS

/* The layers before the latent of net as an encoder of whole numbers; without tables.  MODEL, saying what is wrong: they are not, from the picture on, any layers affine, a
 * convolution of 8x8 with stride 8 and leaky_relu whose slope is a power of two, a convolution of 1x1, and any layers affine.  Returns: (transfer full) */
CncSeddEncoder *train_sedd_whole (const CncNet *net, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Measures encoder->tables on vectors of the pictures, each with the step that keeps it to its bytes. */
gboolean train_sedd_tables (CncSeddEncoder *encoder, const TrainData *data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TrainVectors.fill, with a CncSeddEncoder: the vector of a picture as a decoder gets it.  In training half of the steps are somewhat finer or coarser than the one that
 * keeps to the bytes: what is cut out of a large picture has the step of the whole. */
void train_sedd_fill (gpointer user_data, const float *picture, guint32 width, guint32 height, guint64 seed, float *out);

/* The decoder's graph as it is stored: without the picture, which no layer reads.  MODEL.  Returns: (transfer full) */
CncGraph *train_sedd_graph (const CncGraph *graph, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
