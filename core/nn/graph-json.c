/* core/nn/graph-json.c: the graph as the text in a model file, see graph.h. */
#include "nn/graph.h"

#include "base/error.h"
#include "nn/json.h"
#include "nn/layers.h"

#include <string.h>

#define GRAPH_VERSION 1

/* A list of texts, at most most of them.  Returns: (transfer container), ended by NULL; the texts belong to object. */
static const char **
read_names (JsonObject *object, const char *name, guint most, const char *what, GError **error)
{
  JsonArray *array = cnc_json_get_array (object, name, what, error);
  const char **names;

  if (array == NULL)
    return NULL;
  if (json_array_get_length (array) > most)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL, "In the model's description, %s has more than %u \"%s\"; get the model file again.",
                   what, most, name);
      return NULL;
    }
  names = g_new0 (const char *, json_array_get_length (array) + 1);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);

      if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
        {
          g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL,
                       "In the model's description, %s has a \"%s\" that is not a list of texts; get the model file again.", what, name);
          g_free (names);
          return NULL;
        }
      names[i] = json_node_get_string (node);
    }
  return names;
}

static gboolean
read_input (CncGraph *graph, JsonObject *object, GError **error)
{
  static const char *const known[] = { "name", "channels", "height", "width", "divide", "key", "low", "high", NULL };
  CncGraphInput input = { .low = 0, .high = 1 };
  gint64 channels, height = 0, width = 0, divide = 1, key = 0;
  const char *name;

  if (!cnc_json_only (object, known, "an input", error))
    return FALSE;
  name = cnc_json_get_string (object, "name", "an input", error);
  if (name == NULL || !cnc_json_get_integer (object, "channels", 1, CNC_GRAPH_MAX_CHANNELS, &channels, "an input", error))
    return FALSE;
  if (json_object_has_member (object, "height") && !cnc_json_get_integer (object, "height", 1, 65536, &height, "an input", error))
    return FALSE;
  if (json_object_has_member (object, "width") && !cnc_json_get_integer (object, "width", 1, 65536, &width, "an input", error))
    return FALSE;
  if (json_object_has_member (object, "divide")
      && !cnc_json_get_integer (object, "divide", 1, CNC_GRAPH_MAX_DIVIDE, &divide, "an input", error))
    return FALSE;
  if (json_object_has_member (object, "key") && !cnc_json_get_integer (object, "key", 0, 1, &key, "an input", error))
    return FALSE;
  if (key != 0)
    {
      input.low = -0.5;
      input.high = 0.5;
    }
  if (json_object_has_member (object, "low") && !cnc_json_get_number (object, "low", &input.low, "an input", error))
    return FALSE;
  if (json_object_has_member (object, "high") && !cnc_json_get_number (object, "high", &input.high, "an input", error))
    return FALSE;
  g_strlcpy (input.name, name, sizeof input.name);
  input.channels = (guint32) channels;
  input.height = (guint32) height;
  input.width = (guint32) width;
  input.divide = (guint32) divide;
  input.key = key != 0;
  if (strlen (name) > CNC_GRAPH_MAX_NAME)
    input.name[0] = '\0'; /* refused below */
  return cnc_graph_add_input (graph, &input, error);
}

/* The members of "attributes".  Returns: how many, or -1. */
static int
read_attributes (JsonObject *object, CncAttribute *attributes, guint most, GError **error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;
  guint n = 0;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &value))
    {
      const GType type = JSON_NODE_HOLDS_VALUE (value) ? json_node_get_value_type (value) : G_TYPE_INVALID;

      if (n == most || (type != G_TYPE_STRING && type != G_TYPE_INT64 && type != G_TYPE_DOUBLE))
        {
          g_set_error_literal (error, CNC_ERROR, CNC_ERROR_MODEL,
                               "In the model's description, a layer has too many attributes, or one that is neither text nor number; get "
                               "the model file again.");
          return -1;
        }
      attributes[n] = (CncAttribute){ name, NULL, 0 };
      if (type == G_TYPE_STRING)
        attributes[n].text = json_node_get_string (value);
      else
        attributes[n].number = json_node_get_double (value);
      n++;
    }
  return (int) n;
}

static gboolean
read_node (CncGraph *graph, JsonObject *object, GError **error)
{
  static const char *const known[] = { "name", "op", "inputs", "weights", "attributes", NULL };
  CncAttribute attributes[32];
  g_autofree const char **inputs = NULL, **weights = NULL;
  const char *name, *op;
  int n = 0;

  if (!cnc_json_only (object, known, "a layer", error))
    return FALSE;
  name = cnc_json_get_string (object, "name", "a layer", error);
  op = name != NULL ? cnc_json_get_string (object, "op", "a layer", error) : NULL;
  inputs = op != NULL ? read_names (object, "inputs", CNC_NODE_MAX_INPUTS, "a layer", error) : NULL;
  if (inputs == NULL)
    return FALSE;
  if (json_object_has_member (object, "weights"))
    {
      weights = read_names (object, "weights", CNC_NODE_MAX_WEIGHTS, "a layer", error);
      if (weights == NULL)
        return FALSE;
    }
  if (json_object_has_member (object, "attributes"))
    {
      JsonObject *list = cnc_json_get_object (object, "attributes", "a layer", error);

      n = list != NULL ? read_attributes (list, attributes, G_N_ELEMENTS (attributes), error) : -1;
      if (n < 0)
        return FALSE;
    }
  return cnc_graph_add_node (graph, name, op, inputs, weights, attributes, (guint) n, error);
}

static gboolean
read_list (CncGraph *graph, JsonObject *root, const char *name, guint most, gboolean (*read) (CncGraph *, JsonObject *, GError **),
           GError **error)
{
  JsonArray *array = cnc_json_get_array (root, name, "the graph", error);

  if (array == NULL)
    return FALSE;
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *node = json_array_get_element (array, i);

      if (!JSON_NODE_HOLDS_OBJECT (node) || i == most)
        {
          g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL,
                       "In the model's description, the graph's \"%s\" are too many or not objects; get the model file again.", name);
          return FALSE;
        }
      if (!read (graph, json_node_get_object (node), error))
        return FALSE;
    }
  return TRUE;
}

CncGraph *
cnc_graph_from_json (const char *text, gsize length, GError **error)
{
  static const char *const known[] = { "version", "inputs", "nodes", "outputs", "latent", NULL };
  g_autoptr (CncGraph) graph = cnc_graph_new ();
  g_autoptr (JsonNode) node = cnc_json_parse (text, length, error);
  g_autofree const char **outputs = NULL;
  const char *latent = NULL;
  JsonObject *root;
  gint64 version;

  if (node == NULL)
    return NULL;
  root = json_node_get_object (node);
  if (!cnc_json_get_integer (root, "version", 1, G_MAXINT32, &version, "the graph", error))
    return NULL;
  if (version != GRAPH_VERSION)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_MODEL, "The model was made for a newer version of cnncrypt; update cnncrypt.");
      return NULL;
    }
  if (!cnc_json_only (root, known, "the graph", error) || !read_list (graph, root, "inputs", CNC_GRAPH_MAX_ENDS, read_input, error)
      || !read_list (graph, root, "nodes", CNC_GRAPH_MAX_NODES, read_node, error))
    return NULL;
  outputs = read_names (root, "outputs", CNC_GRAPH_MAX_ENDS, "the graph", error);
  if (outputs == NULL)
    return NULL;
  if (json_object_has_member (root, "latent"))
    {
      latent = cnc_json_get_string (root, "latent", "the graph", error);
      if (latent == NULL)
        return NULL;
    }
  return cnc_graph_finish (graph, outputs, latent, error) ? g_steal_pointer (&graph) : NULL;
}

/* ---- writing ---- */

static void
append_number (GString *out, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append (out, g_ascii_formatd (text, sizeof text, "%.9g", value));
}

/* value: numbers of values, weights or outputs; names are plain and need no escapes. */
static void
append_names (GString *out, const CncGraph *graph, const char *key, const guint *numbers, guint n, gboolean weights)
{
  g_string_append_printf (out, ",\"%s\":[", key);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (out, "%s\"%s\"", i > 0 ? "," : "",
                            weights ? graph->parameters[numbers[i]].name : cnc_graph_value_name (graph, numbers[i]));
  g_string_append_c (out, ']');
}

static void
append_attributes (GString *out, const CncNode *node)
{
  const char *before = ",\"attributes\":{";

  for (guint i = 0; i < cnc_n_layer_attributes; i++)
    {
      const CncLayerAttribute *known = &cnc_layer_attribute_table[i];
      const double value = cnc_layer_has (node->kind, known) ? cnc_layer_attribute_get (node, known) : 0;

      if (!cnc_layer_has (node->kind, known) || (known->initial >= known->minimum && value == known->initial))
        continue;
      g_string_append_printf (out, "%s\"%s\":", before, known->name);
      if (known->choices != NULL)
        g_string_append_printf (out, "\"%s\"", known->choices[(guint) value]);
      else
        append_number (out, value);
      before = ",";
    }
  if (before[1] == '\0')
    g_string_append_c (out, '}');
}

char *
cnc_graph_to_json (const CncGraph *graph)
{
  g_autoptr (GString) out = g_string_new (NULL);

  g_string_append_printf (out, "{\"version\":%d,\"inputs\":[", GRAPH_VERSION);
  for (guint i = 0; i < graph->n_inputs; i++)
    {
      const CncGraphInput *input = &graph->inputs[i];

      g_string_append_printf (out, "%s{\"name\":\"%s\",\"channels\":%u", i > 0 ? "," : "", input->name, input->channels);
      if (input->height > 0)
        g_string_append_printf (out, ",\"height\":%u,\"width\":%u", input->height, input->width);
      if (input->divide > 1)
        g_string_append_printf (out, ",\"divide\":%u", input->divide);
      if (input->key)
        g_string_append (out, ",\"key\":1");
      g_string_append (out, ",\"low\":");
      append_number (out, input->low);
      g_string_append (out, ",\"high\":");
      append_number (out, input->high);
      g_string_append_c (out, '}');
    }
  g_string_append (out, "],\"nodes\":[");
  for (guint i = 0; i < graph->n_nodes; i++)
    {
      const CncNode *node = &graph->nodes[i];

      g_string_append_printf (out, "%s{\"name\":\"%s\",\"op\":\"%s\"", i > 0 ? "," : "", node->name, cnc_layer_name (node->kind));
      append_names (out, graph, "inputs", node->inputs, node->n_inputs, FALSE);
      if (node->n_weights > 0)
        append_names (out, graph, "weights", node->weights, node->n_weights, TRUE);
      append_attributes (out, node);
      g_string_append_c (out, '}');
    }
  g_string_append_c (out, ']');
  append_names (out, graph, "outputs", graph->outputs, graph->n_outputs, FALSE);
  if (graph->latent != CNC_NO_VALUE)
    g_string_append_printf (out, ",\"latent\":\"%s\"", cnc_graph_value_name (graph, graph->latent));
  g_string_append_c (out, '}');
  return g_string_free (g_steal_pointer (&out), FALSE);
}
