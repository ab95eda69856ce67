/* core/nn/layers.h: the table of layers and their attributes; for graph*.c. */
#pragma once

#include "nn/graph.h"

G_BEGIN_DECLS

typedef struct
{
  const char *name;
  guint min_inputs, max_inputs;
  guint weights;  /* at most; the second one of two is the bias */
  gboolean local; /* one value of the output depends on a window of the input alone */
} CncLayer;

typedef struct
{
  const char *name;
  guint32 layers; /* bit i: CncLayerKind i has it */
  gsize offset;   /* of the field in CncNode */
  gboolean is_double;
  double minimum, maximum;
  double initial;             /* where it is left out; below minimum: it must be given */
  const char *const *choices; /* (nullable), ended by NULL: the field is a number of one of them */
} CncLayerAttribute;

extern const CncLayer cnc_layers[CNC_LAYER_COUNT];
extern const CncLayerAttribute cnc_layer_attribute_table[];
extern const guint cnc_n_layer_attributes;

static inline gboolean
cnc_layer_has (CncLayerKind kind, const CncLayerAttribute *attribute)
{
  return (attribute->layers >> kind & 1) != 0;
}

double cnc_layer_attribute_get (const CncNode *node, const CncLayerAttribute *attribute);
void cnc_layer_attribute_set (CncNode *node, const CncLayerAttribute *attribute, double value);

/* Fills the node's attributes from what was written; its kind and name are set. */
gboolean cnc_layer_read_attributes (CncNode *node, const CncAttribute *attributes, guint n, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
