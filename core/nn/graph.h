/* core/nn/graph.h: a network as data: layers in the order in which they are computed.
 *
 * Values are numbered: the graph's inputs first, then the output of each node, in order; a node reads only values before it, so there are
 * no cycles. Parameters (weights) are named and numbered by their first use.  In a model file the graph is the text "graph" of the
 * metadata:
 *
 *   {"version": 1, "inputs": [{"name": "x", "channels": 3, "low": 0, "high": 1}],
 *    "nodes": [{"name": "c1", "op": "conv2d", "inputs": ["x"], "weights": ["c1.weight", "c1.bias"], "attributes": {"channels": 32,
 * "kernel": 3, "pad": 1, "activation": "relu"}}, ...], "outputs": ["y"], "latent": "z"}
 *
 * An input may fix "height" and "width".  One that does not has the sides of the first input, divided by its "divide" (1 to 64, a power of
 * two).  One with "key": 1 takes a keystream, numbers spread evenly over [-1/2, 1/2), its "low" and "high".  "latent" (optional) names the value that is stored between encoder and decoder.  Layers and their
 * attributes stand in layers.c; those left out have their default. Limits: 1,024 nodes, 8 inputs and outputs, 4,096 channels, names of
 * [A-Za-z0-9_.-]{1,64}. Errors: MODEL, a sentence that names the node.  Thread-safety: a finished graph is read-only and may be shared.
 */
#pragma once

#include "nn/ops.h"

G_BEGIN_DECLS

#define CNC_GRAPH_MAX_NODES 1024u
#define CNC_GRAPH_MAX_ENDS 8u /* inputs or outputs of a graph */
#define CNC_GRAPH_MAX_CHANNELS 4096u
#define CNC_GRAPH_MAX_NAME 64u
#define CNC_GRAPH_MAX_DIVIDE 64u
#define CNC_NODE_MAX_INPUTS 6u
#define CNC_NODE_MAX_WEIGHTS 4u

typedef enum
{
  CNC_LAYER_CONV2D, /* inputs: x, [residual] */
  CNC_LAYER_CONV_TRANSPOSE2D,
  CNC_LAYER_DENSE,
  CNC_LAYER_ACTIVATION,
  CNC_LAYER_MAX_POOL,
  CNC_LAYER_AVERAGE_POOL,
  CNC_LAYER_UPSAMPLE_NEAREST,
  CNC_LAYER_UPSAMPLE_BILINEAR,
  CNC_LAYER_PIXEL_SHUFFLE,
  CNC_LAYER_PIXEL_UNSHUFFLE,
  CNC_LAYER_CONCAT,
  CNC_LAYER_SLICE, /* channels from "first" on */
  CNC_LAYER_ADD,
  CNC_LAYER_SUBTRACT,
  CNC_LAYER_MULTIPLY,
  CNC_LAYER_AFFINE,
  CNC_LAYER_CLAMP,
  CNC_LAYER_BATCH_NORM, /* weights: scale, shift, running mean, running variance; folded away by cnc_net_fold */
  CNC_LAYER_DROPOUT,    /* in training only */
  CNC_LAYER_NOISE,      /* in training only, unless its attribute "always" is set */
  CNC_LAYER_ROUND8,     /* to multiples of 1/255 in [0, 1] */
  CNC_LAYER_QUANTISE,   /* to whole numbers; in training uniform noise in [-1/2, 1/2) instead (Balle et al. 2017); weights: [prior], see
                           CNC_OP_RATE */
  CNC_LAYER_WRAP,       /* into [-1/2, 1/2) by whole numbers: what a sum modulo 1 is */
  CNC_LAYER_JPEG,       /* both as noise: in training only, unless "always" is set */
  CNC_LAYER_BLUR,
  CNC_LAYER_COUNT,
} CncLayerKind;

typedef struct
{
  char name[CNC_GRAPH_MAX_NAME + 1];
  guint32 channels;
  guint32 height, width; /* 0: any size */
  guint32 divide;        /* the first input's sides by its own; 0 means 1 */
  gboolean key;          /* a keystream, not a picture */
  double low, high;      /* the range of its values */
} CncGraphInput;

typedef struct
{
  char name[CNC_GRAPH_MAX_NAME + 1];
  CncLayerKind kind;
  guint inputs[CNC_NODE_MAX_INPUTS]; /* values */
  guint n_inputs;
  guint weights[CNC_NODE_MAX_WEIGHTS]; /* parameters: weight, [bias], or those of the batch normalisation */
  guint n_weights;
  /* Attributes.  Those that have no meaning for the kind are 0. */
  guint channels, height, width; /* of the output; dense: the last two may be 1 */
  guint kernel, stride, pad, dilation, output_pad;
  guint first;      /* of a slice */
  guint activation; /* CncActivation */
  guint distribution;
  guint always;
  guint prior; /* whether a quantiser has one */
  guint bias;  /* whether the layer has one */
  double slope, scale, shift, low, high, epsilon, momentum, rate;
  double share; /* of the training steps in which there is noise, or another attack */
} CncNode;

typedef struct
{
  char name[CNC_GRAPH_MAX_NAME + 10]; /* room for ".variance" */
  CncShape shape;                     /* as the operations take it */
  guint rank;                         /* as it is stored: 4 convolutions, 2 dense and prior, 1 vectors */
  guint fan_in;                       /* values that one output of the layer sums up; 0 for vectors */
  gboolean trained;                   /* FALSE: running statistics; the trainer also clears it for weights that it keeps */
} CncParameter;

typedef struct
{
  CncGraphInput inputs[CNC_GRAPH_MAX_ENDS];
  guint n_inputs;
  CncNode *nodes;
  guint n_nodes;
  CncParameter *parameters;
  guint n_parameters;
  guint outputs[CNC_GRAPH_MAX_ENDS]; /* values */
  guint n_outputs;
  guint latent; /* a value, or CNC_NO_VALUE */
} CncGraph;

#define CNC_NO_VALUE G_MAXUINT

/* An attribute as it was written: text, or number if text is NULL. */
typedef struct
{
  const char *name;
  const char *text;
  double number;
} CncAttribute;

/* Building.  A graph is used only after cnc_graph_finish said TRUE. */
CncGraph *cnc_graph_new (void);
void cnc_graph_free (CncGraph *graph);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncGraph, cnc_graph_free)
CncGraph *cnc_graph_copy (const CncGraph *graph);

gboolean cnc_graph_add_input (CncGraph *graph, const CncGraphInput *input, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* op: the layer's name ("conv2d").  inputs: names of values, ended by NULL.  weights: (nullable), names ended by NULL; NULL gives
 * "NODE.weight" and so on. */
gboolean cnc_graph_add_node (CncGraph *graph, const char *name, const char *op, const char *const *inputs, const char *const *weights,
                             const CncAttribute *attributes, guint n_attributes, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* outputs: names ended by NULL; latent: (nullable).  Works out every shape once and with them the shapes of the parameters. */
gboolean cnc_graph_finish (CncGraph *graph, const char *const *outputs, const char *latent, GError **error) G_GNUC_WARN_UNUSED_RESULT;

CncGraph *cnc_graph_from_json (const char *text, gsize length, GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *cnc_graph_to_json (const CncGraph *graph); /* (transfer full); the same graph gives the same text */

/* Shapes of the inputs for a first input of n pictures of height x width (which a fixed size replaces).  MODEL: divide does not divide them. */
gboolean cnc_graph_input_shapes (const CncGraph *graph, guint32 n, guint32 height, guint32 width, CncShape shapes[CNC_GRAPH_MAX_ENDS],
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The number of a value by its name, or CNC_NO_VALUE; and its name. */
guint cnc_graph_value (const CncGraph *graph, const char *name);
const char *cnc_graph_value_name (const CncGraph *graph, guint value);
guint cnc_graph_n_values (const CncGraph *graph);

/* The node that computes value; NULL for an input. */
const CncNode *cnc_graph_node (const CncGraph *graph, guint value);

/* Channels of a value, which do not depend on the size of the picture. */
guint32 cnc_graph_channels (const CncGraph *graph, guint value);

const char *cnc_layer_name (CncLayerKind kind);
const char *const *cnc_layer_names (void);                                          /* ended by NULL */
const char *const *cnc_layer_attributes (CncLayerKind kind, const char *names[32]); /* fills and returns names, ended by NULL */

typedef enum
{
  CNC_MODE_INFERENCE, /* no noise at all */
  CNC_MODE_NOISY,     /* inference with the noise that is there "always" */
  CNC_MODE_TRAINING,
} CncMode;

/* The operation that the node means in that mode; FALSE if it hands its input on unchanged.  A batch normalisation in inference gives
 * CNC_OP_COUNT: it has to be folded before.  seed: of the run; the node's own is made of it and of the node's number. */
gboolean cnc_node_op (const CncGraph *graph, const CncNode *node, CncMode mode, guint64 seed, CncOp *op);

/* Shape of the node's output from those of its inputs. */
gboolean cnc_node_shape (const CncGraph *graph, const CncNode *node, const CncShape *in, CncShape *out,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
