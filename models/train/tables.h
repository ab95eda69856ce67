/* models/train/tables.h: the static tables of the range coder, measured on pictures (core/methods/autoencoder/latent.h).
 *
 * Weights of both sums are least-squares fits, each channel by itself; limits part the left-overs into contexts of about the same share;
 * frequencies are counts, made smooth by a two-sided geometric distribution of the context's mean.  Same model, pictures and device, same
 * tables.
 */
#pragma once

#include "data.h"
#include "methods/autoencoder/autoencoder.h"

G_BEGIN_DECLS

/* TRUE if the network stores a latent that can be coded: it is worth to make tables. */
gboolean train_tables_possible (const CncNet *net);

/* net: as it was trained; it is folded for the work, in a copy.  Errors: MODEL, GPU_*, NO_MEMORY, BAD_ARGUMENT (no picture).  Returns:
 * (transfer full) */
CncLatentTables *train_tables_measure (const CncNet *net, CncBackend *backend, const TrainData *data, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/* The same for vectors that are whole already: values: for each of n pictures its channels * height * width numbers.  Errors: NO_MEMORY, BAD_ARGUMENT.
 * Returns: (transfer full) */
CncLatentTables *train_tables_of_vectors (guint channels, guint n, const guint32 *widths, const guint32 *heights, gint16 *const *values,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A picture of the data as the encoder takes it.  Returns: (transfer full) */
CncRaster *train_picture_raster (const TrainData *data, guint index, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A copy that cnc_net_fold may change. */
CncNet *train_net_copy (const CncNet *net, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
