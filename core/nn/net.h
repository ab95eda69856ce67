/* core/nn/net.h: a graph with its weights, in a file, in memory, on a device.
 *
 * A model file holds the graph (metadata "graph"), every parameter of it as F32 or F16 under its name, and what the method that uses it
 * needs besides (tables, texts).  Errors: MODEL, IO, NO_MEMORY.  Thread-safety: a model that nobody changes may be shared.
 */
#pragma once

#include "nn/graph.h"
#include "nn/safetensors.h"

G_BEGIN_DECLS

#define CNC_NET_MAX_WEIGHTS (1u << 28) /* floats, all parameters together */

typedef struct
{
  CncGraph *graph;
  float **values;       /* of each parameter, in the order of its shape */
  guint n_values;       /* how many parameters */
  CncSafetensors *file; /* (nullable): where it came from, for its texts, its other tensors and its hash */
} CncNet;

/* graph: (transfer full).  All weights 0. */
CncNet *cnc_net_new (CncGraph *graph, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* file: (transfer full).  Every parameter has to be there in its shape. */
CncNet *cnc_net_from_file (CncSafetensors *file, GError **error) G_GNUC_WARN_UNUSED_RESULT;
CncNet *cnc_net_read (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_net_free (CncNet *model);

/* FALSE, with MODEL: the network is none of the kind that somebody needs; format: why, a sentence without its full stop. */
gboolean cnc_net_unfit (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncNet, cnc_net_free)

/* Adds the graph and the weights to writer.  dtype: F32 or F16. */
gboolean cnc_net_store (const CncNet *model, CncDtype dtype, CncSafetensorsWriter *writer, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Makes the model ready for inference: batch normalisations become part of the convolution before them (or a 1x1 convolution of their own),
 * activations part of the layer before them.  A merged layer has the name of its last part.  The results are those of before but for
 * rounding. */
gboolean cnc_net_fold (CncNet *model, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The weights on a device: one buffer, each parameter at its own place, gaps zero.  Free before the backend. */
typedef struct
{
  CncBackend *backend;
  CncBuffer *buffer;
  gsize floats;       /* of the whole buffer */
  CncTensor *tensors; /* of each parameter */
} CncWeights;

CncWeights *cnc_weights_new (CncBackend *backend, const CncNet *model, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_weights_free (CncWeights *weights);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncWeights, cnc_weights_free)

/* Copies the weights between the model and the device. */
gboolean cnc_weights_upload (CncWeights *weights, const CncNet *model, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean cnc_weights_download (CncWeights *weights, CncNet *model, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
