/* core/nn/net.c: weights from and to files and devices, see net.h. */
#include "nn/net.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

#define ALIGN_FLOATS 64u /* what every Vulkan device takes as the beginning of a range */

CncNet *
cnc_net_new (CncGraph *graph, GError **error)
{
  g_autoptr (CncNet) model = g_new0 (CncNet, 1);
  gsize total = 0;

  model->graph = graph;
  model->n_values = graph->n_parameters;
  model->values = g_new0 (float *, graph->n_parameters);
  for (guint i = 0; i < graph->n_parameters; i++)
    total += cnc_shape_count (&graph->parameters[i].shape);
  if (total > CNC_NET_MAX_WEIGHTS)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_MODEL,
                           "The network has more weights than fit into a model file (1 GiB); make it smaller.");
      return NULL;
    }
  for (guint i = 0; i < graph->n_parameters; i++)
    {
      model->values[i] = cnc_alloc0 (cnc_shape_count (&graph->parameters[i].shape), sizeof (float), "the model's weights", error);
      if (model->values[i] == NULL)
        return NULL;
    }
  return g_steal_pointer (&model);
}

void
cnc_net_free (CncNet *model)
{
  if (model == NULL)
    return;
  for (guint i = 0; i < model->n_values; i++)
    g_free (model->values[i]);
  g_free (model->values);
  cnc_graph_free (model->graph);
  cnc_safetensors_free (model->file);
  g_free (model);
}

/* The sides under which a parameter is stored. */
static void
stored_sides (const CncParameter *p, guint32 sides[4])
{
  const CncShape *s = &p->shape;

  if (p->rank == 1)
    sides[0] = s->c;
  else
    {
      sides[0] = s->n;
      sides[1] = s->c;
      sides[2] = s->h;
      sides[3] = s->w;
    }
}

static gboolean
read_parameter (CncNet *model, guint i, GError **error)
{
  const CncParameter *p = &model->graph->parameters[i];
  const CncStoredTensor *t = cnc_safetensors_find (model->file, p->name);
  guint32 sides[4];

  if (t == NULL)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL, "The model file lacks the weights \"%s\"; get it again.", p->name);
      return FALSE;
    }
  stored_sides (p, sides);
  if (t->rank != p->rank || memcmp (t->sides, sides, p->rank * sizeof *sides) != 0)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL,
                   "In the model file, the weights \"%s\" have a shape that does not fit the network; get it again.", p->name);
      return FALSE;
    }
  return cnc_stored_tensor_floats (t, model->values[i], error);
}

CncNet *
cnc_net_from_file (CncSafetensors *file, GError **error)
{
  const char *text = cnc_safetensors_metadata (file, "graph");
  g_autoptr (CncNet) model = NULL;
  CncGraph *graph;

  if (text == NULL)
    g_set_error_literal (
        error, CNC_ERROR, CNC_ERROR_MODEL,
        "The file holds weights, but no network of cnncrypt (its texts have no \"graph\"); give a file that cnncrypt-train wrote.");
  graph = text != NULL ? cnc_graph_from_json (text, strlen (text), error) : NULL;
  model = graph != NULL ? cnc_net_new (graph, error) : NULL;
  if (model == NULL)
    {
      cnc_safetensors_free (file);
      return NULL;
    }
  model->file = file;
  for (guint i = 0; i < model->n_values; i++)
    if (!read_parameter (model, i, error))
      return NULL;
  return g_steal_pointer (&model);
}

CncNet *
cnc_net_read (const char *path, GError **error)
{
  CncSafetensors *file = cnc_safetensors_read (path, error);

  return file != NULL ? cnc_net_from_file (file, error) : NULL;
}

gboolean
cnc_net_unfit (GError **error, const char *format, ...)
{
  g_autofree char *why = NULL;
  va_list args;

  va_start (args, format);
  why = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL, "%s; install the file that came with cnncrypt.", why);
  return FALSE;
}

gboolean
cnc_net_store (const CncNet *model, CncDtype dtype, CncSafetensorsWriter *writer, GError **error)
{
  g_autofree char *text = cnc_graph_to_json (model->graph);

  cnc_safetensors_writer_text (writer, "graph", text);
  for (guint i = 0; i < model->n_values; i++)
    {
      const CncParameter *p = &model->graph->parameters[i];
      guint32 sides[4];

      stored_sides (p, sides);
      if (!cnc_safetensors_writer_add_floats (writer, p->name, dtype, p->rank, sides, model->values[i], error))
        return FALSE;
    }
  return TRUE;
}

/* ---- on a device ---- */

CncWeights *
cnc_weights_new (CncBackend *backend, const CncNet *model, GError **error)
{
  g_autoptr (CncWeights) weights = g_new0 (CncWeights, 1);
  g_autofree float *zeros = NULL;

  weights->backend = backend;
  weights->tensors = g_new0 (CncTensor, MAX (1, model->n_values));
  for (guint i = 0; i < model->n_values; i++)
    {
      const CncShape *shape = &model->graph->parameters[i].shape;

      weights->tensors[i] = (CncTensor){ NULL, weights->floats, *shape };
      weights->floats += (cnc_shape_count (shape) + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
    }
  weights->floats = MAX (weights->floats, ALIGN_FLOATS);
  weights->buffer = cnc_buffer_new (backend, weights->floats * sizeof (float), error);
  if (weights->buffer == NULL)
    return NULL;
  for (guint i = 0; i < model->n_values; i++)
    weights->tensors[i].buffer = weights->buffer;
  zeros = cnc_alloc0 (weights->floats, sizeof (float), "the model's weights", error);
  if (zeros == NULL || !cnc_buffer_upload (backend, weights->buffer, 0, zeros, weights->floats * sizeof (float), error)
      || !cnc_weights_upload (weights, model, error))
    return NULL;
  return g_steal_pointer (&weights);
}

void
cnc_weights_free (CncWeights *weights)
{
  if (weights == NULL)
    return;
  cnc_buffer_free (weights->backend, weights->buffer);
  g_free (weights->tensors);
  g_free (weights);
}

gboolean
cnc_weights_upload (CncWeights *weights, const CncNet *model, GError **error)
{
  for (guint i = 0; i < model->n_values; i++)
    {
      const CncTensor *t = &weights->tensors[i];

      if (!cnc_buffer_upload (weights->backend, t->buffer, t->offset * sizeof (float), model->values[i], cnc_tensor_bytes (t), error))
        return FALSE;
    }
  return TRUE;
}

gboolean
cnc_weights_download (CncWeights *weights, CncNet *model, GError **error)
{
  for (guint i = 0; i < model->n_values; i++)
    {
      const CncTensor *t = &weights->tensors[i];

      if (!cnc_buffer_download (weights->backend, t->buffer, t->offset * sizeof (float), model->values[i], cnc_tensor_bytes (t), error))
        return FALSE;
    }
  return TRUE;
}
