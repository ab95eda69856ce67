/* core/nn/graph, model, plan: a graph from text, its limits, its shapes; what a plan computes; folding; files. */
#include "base/error.h"
#include "base/memory.h"
#include "nn/json.h"
#include "nn/plan.h"

#include <math.h>

#include "nets.h"

static CncGraph *
graph_of (const char *json, GError **error)
{
  return cnc_graph_from_json (json, strlen (json), error);
}

static void
test_text (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncGraph) graph = graph_of (CODEC_GRAPH, &error), again = NULL;
  g_autofree char *text = NULL, *second = NULL;
  const CncNode *node;

  g_assert_no_error (error);
  g_assert_cmpuint (graph->n_nodes, ==, 22);
  g_assert_cmpstr (cnc_graph_value_name (graph, graph->latent), ==, "z");
  node = cnc_graph_node (graph, cnc_graph_value (graph, "e1"));
  g_assert_cmpuint (node->stride, ==, 2);
  g_assert_cmpuint (node->activation, ==, CNC_ACTIVATION_LEAKY_RELU);
  g_assert_cmpfloat (node->slope, ==, 0.1);
  g_assert_cmpstr (graph->parameters[node->weights[1]].name, ==, "e1.bias");
  g_assert_cmpuint (graph->parameters[node->weights[0]].shape.h, ==, 5);
  node = cnc_graph_node (graph, cnc_graph_value (graph, "d1")); /* transposed: (in, out, h, w) */
  g_assert_cmpuint (graph->parameters[node->weights[0]].shape.n, ==, 5);
  g_assert_cmpuint (graph->parameters[node->weights[0]].shape.c, ==, 7);
  g_assert_cmpuint (cnc_graph_node (graph, cnc_graph_value (graph, "d2"))->n_weights, ==, 1);
  text = cnc_graph_to_json (graph);
  again = graph_of (text, &error);
  g_assert_no_error (error);
  second = cnc_graph_to_json (again);
  g_assert_cmpstr (text, ==, second);
  g_assert_cmpuint (graph->n_nodes, ==, again->n_nodes);
  g_assert_true (memcmp (graph->nodes, again->nodes, graph->n_nodes * sizeof (CncNode)) == 0);
}

#define CONV(name, from) NODE (name, "conv2d", "\"" from "\"", "\"channels\":4,\"kernel\":3,\"pad\":1")

#define INPUTS(list) "{\"version\":1,\"inputs\":[" list "],\"nodes\":[" PLAIN ("a", "wrap", "\"x\"") "],\"outputs\":[\"a\"]}"

static const struct
{
  const char *fault; /* NULL: good */
  const char *json;
} graphs[] = {
  { NULL, GRAPH ("\"channels\":3", CONV ("a", "x"), "\"a\"") },
  { NULL, GRAPH ("\"channels\":3,\"height\":8,\"width\":4", NODE ("a", "dense", "\"x\"", "\"channels\":10"), "\"a\"") },
  { NULL,
    GRAPH (
        "\"channels\":4",
        "{\"name\":\"a\",\"op\":\"conv2d\",\"inputs\":[\"x\"],\"weights\":[\"w\"],\"attributes\":{\"channels\":4,\"kernel\":1,\"bias\":0}},"
        "{\"name\":\"b\",\"op\":\"conv2d\",\"inputs\":[\"a\"],\"weights\":[\"w\"],\"attributes\":{\"channels\":4,\"kernel\":1,\"bias\":0}}",
        "\"b\"") },
  { NULL, INPUTS ("{\"name\":\"x\",\"channels\":3},{\"name\":\"k\",\"channels\":4,\"divide\":64,\"key\":1}") },
  { "divide of the first input", INPUTS ("{\"name\":\"x\",\"channels\":3,\"divide\":2}") },
  { "divide 0", INPUTS ("{\"name\":\"x\",\"channels\":3},{\"name\":\"k\",\"channels\":4,\"divide\":0}") },
  { "divide no power of two", INPUTS ("{\"name\":\"x\",\"channels\":3},{\"name\":\"k\",\"channels\":4,\"divide\":12}") },
  { "divide too large", INPUTS ("{\"name\":\"x\",\"channels\":3},{\"name\":\"k\",\"channels\":4,\"divide\":128}") },
  { "divide a fraction", INPUTS ("{\"name\":\"x\",\"channels\":3},{\"name\":\"k\",\"channels\":4,\"divide\":1.5}") },
  { "divide and a fixed size",
    INPUTS ("{\"name\":\"x\",\"channels\":3},{\"name\":\"k\",\"channels\":4,\"divide\":2,\"height\":8,\"width\":8}") },
  { "divide of a size that it does not divide",
    INPUTS ("{\"name\":\"x\",\"channels\":3,\"height\":12,\"width\":12},{\"name\":\"k\",\"channels\":4,\"divide\":8}") },
  { "key 2", INPUTS ("{\"name\":\"x\",\"channels\":3},{\"name\":\"k\",\"channels\":4,\"key\":2}") },
  { "key true", INPUTS ("{\"name\":\"x\",\"channels\":3},{\"name\":\"k\",\"channels\":4,\"key\":true}") },
  { "key of another range", INPUTS ("{\"name\":\"x\",\"channels\":3},{\"name\":\"k\",\"channels\":4,\"key\":1,\"low\":0}") },
  { "not JSON", "{" },
  { "no version", "{\"inputs\":[],\"nodes\":[],\"outputs\":[]}" },
  { "newer version", "{\"version\":2,\"inputs\":[],\"nodes\":[],\"outputs\":[]}" },
  { "no inputs", "{\"version\":1,\"inputs\":[],\"nodes\":[" PLAIN ("a", "round8", "\"x\"") "],\"outputs\":[\"a\"]}" },
  { "no layers", GRAPH ("\"channels\":3", "", "\"x\"") },
  { "no outputs", GRAPH ("\"channels\":3", CONV ("a", "x"), "") },
  { "unknown output", GRAPH ("\"channels\":3", CONV ("a", "x"), "\"b\"") },
  { "unknown member", "{\"version\":1,\"shader\":\"\",\"inputs\":[],\"nodes\":[],\"outputs\":[]}" },
  { "0 channels", GRAPH ("\"channels\":0", CONV ("a", "x"), "\"a\"") },
  { "too many channels", GRAPH ("\"channels\":4097", CONV ("a", "x"), "\"a\"") },
  { "height without width", GRAPH ("\"channels\":3,\"height\":8", CONV ("a", "x"), "\"a\"") },
  { "empty range", GRAPH ("\"channels\":3,\"low\":1,\"high\":1", CONV ("a", "x"), "\"a\"") },
  { "unknown layer", GRAPH ("\"channels\":3", PLAIN ("a", "exec", "\"x\""), "\"a\"") },
  { "unknown attribute", GRAPH ("\"channels\":3", NODE ("a", "conv2d", "\"x\"", "\"channels\":4,\"kernel\":3,\"groups\":2"), "\"a\"") },
  { "lacks an attribute", GRAPH ("\"channels\":3", NODE ("a", "conv2d", "\"x\"", "\"channels\":4"), "\"a\"") },
  { "kernel 0", GRAPH ("\"channels\":3", NODE ("a", "conv2d", "\"x\"", "\"channels\":4,\"kernel\":0"), "\"a\"") },
  { "kernel too large", GRAPH ("\"channels\":3", NODE ("a", "conv2d", "\"x\"", "\"channels\":4,\"kernel\":33"), "\"a\"") },
  { "kernel a fraction", GRAPH ("\"channels\":3", NODE ("a", "conv2d", "\"x\"", "\"channels\":4,\"kernel\":2.5"), "\"a\"") },
  { "kernel a text", GRAPH ("\"channels\":3", NODE ("a", "conv2d", "\"x\"", "\"channels\":4,\"kernel\":\"big\""), "\"a\"") },
  { "attribute a list", GRAPH ("\"channels\":3", NODE ("a", "conv2d", "\"x\"", "\"channels\":4,\"kernel\":null"), "\"a\"") },
  { "stride 0", GRAPH ("\"channels\":3", NODE ("a", "max_pool", "\"x\"", "\"kernel\":2,\"stride\":0"), "\"a\"") },
  { "unknown activation", GRAPH ("\"channels\":3", NODE ("a", "activation", "\"x\"", "\"activation\":\"gelu\""), "\"a\"") },
  { "activation none", GRAPH ("\"channels\":3", NODE ("a", "activation", "\"x\"", "\"activation\":\"none\""), "\"a\"") },
  { "output_pad too large",
    GRAPH ("\"channels\":3", NODE ("a", "conv_transpose2d", "\"x\"", "\"channels\":4,\"kernel\":3,\"stride\":2,\"output_pad\":2"),
           "\"a\"") },
  { "clamp upside down", GRAPH ("\"channels\":3", NODE ("a", "clamp", "\"x\"", "\"low\":1,\"high\":0"), "\"a\"") },
  { "qualities upside down", GRAPH ("\"channels\":3", NODE ("a", "jpeg", "\"x\"", "\"low\":90,\"high\":50"), "\"a\"") },
  { "quality a fraction", GRAPH ("\"channels\":3", NODE ("a", "jpeg", "\"x\"", "\"low\":50.5,\"high\":60"), "\"a\"") },
  { "quality 0", GRAPH ("\"channels\":3", NODE ("a", "jpeg", "\"x\"", "\"low\":0,\"high\":50"), "\"a\"") },
  { "JPEG without colours", GRAPH ("\"channels\":1", NODE ("a", "jpeg", "\"x\"", "\"low\":50,\"high\":50"), "\"a\"") },
  { "blur too wide", GRAPH ("\"channels\":3", NODE ("a", "blur", "\"x\"", "\"low\":1,\"high\":4"), "\"a\"") },
  { "reads itself", GRAPH ("\"channels\":3", CONV ("a", "a"), "\"a\"") },
  { "reads what comes later", GRAPH ("\"channels\":3", CONV ("a", "b") "," CONV ("b", "x"), "\"b\"") },
  { "name twice", GRAPH ("\"channels\":3", CONV ("a", "x") "," CONV ("a", "x"), "\"a\"") },
  { "name of the input", GRAPH ("\"channels\":3", CONV ("x", "x"), "\"x\"") },
  { "name with a slash", GRAPH ("\"channels\":3", CONV ("../a", "x"), "\"../a\"") },
  { "no input", GRAPH ("\"channels\":3", PLAIN ("a", "round8", ""), "\"a\"") },
  { "two inputs for one", GRAPH ("\"channels\":3", PLAIN ("a", "round8", "\"x\",\"x\""), "\"a\"") },
  { "seven inputs", GRAPH ("\"channels\":3", PLAIN ("a", "concat", "\"x\",\"x\",\"x\",\"x\",\"x\",\"x\",\"x\""), "\"a\"") },
  { "sum of different shapes", GRAPH ("\"channels\":3", CONV ("a", "x") "," PLAIN ("b", "add", "\"a\",\"x\""), "\"b\"") },
  { "residual of another shape", GRAPH ("\"channels\":3", NODE ("a", "conv2d", "\"x\",\"x\"", "\"channels\":4,\"kernel\":1"), "\"a\"") },
  { "residual without bias",
    GRAPH ("\"channels\":3", NODE ("a", "conv2d", "\"x\",\"x\"", "\"channels\":3,\"kernel\":1,\"bias\":0"), "\"a\"") },
  { "concatenation of different sizes",
    GRAPH ("\"channels\":3", NODE ("a", "max_pool", "\"x\"", "\"kernel\":2") "," PLAIN ("b", "concat", "\"a\",\"x\""), "\"b\"") },
  { "shuffle of channels that do not divide", GRAPH ("\"channels\":3", NODE ("a", "pixel_shuffle", "\"x\"", "\"factor\":2"), "\"a\"") },
  { "window larger than the picture",
    GRAPH ("\"channels\":1,\"height\":2,\"width\":2", NODE ("a", "max_pool", "\"x\"", "\"kernel\":3"), "\"a\"") },
  { "dense on any size", GRAPH ("\"channels\":3", NODE ("a", "dense", "\"x\"", "\"channels\":10"), "\"a\"") },
  { "dense too large", GRAPH ("\"channels\":3,\"height\":1024,\"width\":1024", NODE ("a", "dense", "\"x\"", "\"channels\":10"), "\"a\"") },
  { "dense output too large", GRAPH ("\"channels\":3,\"height\":8,\"width\":8",
                                     NODE ("a", "dense", "\"x\"", "\"channels\":4096,\"height\":1024,\"width\":1024"), "\"a\"") },
  { "channels grow beyond the limit", GRAPH ("\"channels\":4096", NODE ("a", "pixel_unshuffle", "\"x\"", "\"factor\":16"), "\"a\"") },
  { "sides grow without end",
    GRAPH ("\"channels\":1",
           NODE ("a", "upsample_nearest", "\"x\"", "\"factor\":16") "," NODE ("b", "upsample_nearest", "\"a\"", "\"factor\":16") "," NODE (
               "c", "upsample_nearest", "\"b\"", "\"factor\":16") "," NODE ("d", "upsample_nearest", "\"c\"", "\"factor\":16"),
           "\"d\"") },
  { "three weights", GRAPH ("\"channels\":3",
                            "{\"name\":\"a\",\"op\":\"conv2d\",\"inputs\":[\"x\"],\"weights\":[\"u\",\"v\",\"w\"],\"attributes\":{"
                            "\"channels\":4,\"kernel\":1}}",
                            "\"a\"") },
  { "one weight twice",
    GRAPH ("\"channels\":3",
           "{\"name\":\"a\",\"op\":\"conv2d\",\"inputs\":[\"x\"],\"weights\":[\"u\",\"u\"],\"attributes\":{\"channels\":4,\"kernel\":1}}",
           "\"a\"") },
  { "weights of two shapes",
    GRAPH ("\"channels\":3",
           "{\"name\":\"a\",\"op\":\"conv2d\",\"inputs\":[\"x\"],\"weights\":[\"u\",\"v\"],\"attributes\":{\"channels\":4,\"kernel\":1}},"
           "{\"name\":\"b\",\"op\":\"conv2d\",\"inputs\":[\"a\"],\"weights\":[\"u\",\"v\"],\"attributes\":{\"channels\":4,\"kernel\":1}}",
           "\"b\"") },
  { "weights named by a path",
    GRAPH ("\"channels\":3",
           "{\"name\":\"a\",\"op\":\"conv2d\",\"inputs\":[\"x\"],\"weights\":[\"u/v\",\"v\"],\"attributes\":{\"channels\":4,\"kernel\":1}}",
           "\"a\"") },
  { "latent is an input",
    "{\"version\":1,\"inputs\":[{\"name\":\"x\",\"channels\":3}],\"nodes\":[" CONV ("a", "x") "],\"outputs\":[\"a\"],\"latent\":\"x\"}" },
  { "unknown latent",
    "{\"version\":1,\"inputs\":[{\"name\":\"x\",\"channels\":3}],\"nodes\":[" CONV ("a", "x") "],\"outputs\":[\"a\"],\"latent\":\"q\"}" },
};

static void
test_faults (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (graphs); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CncGraph) graph = graph_of (graphs[i].json, &error);

      if (graphs[i].fault == NULL)
        g_assert_no_error (error);
      else
        {
          g_test_message ("%s: %s", graphs[i].fault, graph != NULL ? "read" : error->message);
          g_assert_null (graph);
          g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
        }
    }
}

/* Sides that follow from the first input's; the text of a graph that has them, and of one that has not. */
static void
test_inputs (void)
{
  static const char plain[] = "{\"version\":1,\"inputs\":[{\"name\":\"x\",\"channels\":3,\"low\":0,\"high\":1}],\"nodes\":[{\"name\":\"a\","
                              "\"op\":\"wrap\",\"inputs\":[\"x\"]}],\"outputs\":[\"a\"]}";
  static const char keyed[]
      = "{\"version\":1,\"inputs\":[{\"name\":\"x\",\"channels\":3,\"low\":0,\"high\":1},{\"name\":\"k\",\"channels\":24,\"divide\":8,"
        "\"key\":1,\"low\":-0.5,\"high\":0.5}],\"nodes\":[{\"name\":\"a\",\"op\":\"wrap\",\"inputs\":[\"k\"]}],"
        "\"outputs\":[\"a\"]}";
  g_autoptr (GError) error = NULL;
  g_autoptr (CncGraph) one = graph_of (plain, &error), two = graph_of (keyed, &error);
  g_autofree char *first = cnc_graph_to_json (one), *second = cnc_graph_to_json (two);
  CncShape shapes[CNC_GRAPH_MAX_ENDS];

  g_assert_no_error (error);
  g_assert_cmpstr (first, ==, plain);
  g_assert_cmpstr (second, ==, keyed);
  g_assert_true (cnc_graph_input_shapes (two, 5, 24, 16, shapes, &error));
  g_assert_cmpuint (shapes[0].h, ==, 24);
  g_assert_cmpuint (shapes[1].n, ==, 5);
  g_assert_cmpuint (shapes[1].c, ==, 24);
  g_assert_cmpuint (shapes[1].h, ==, 3);
  g_assert_cmpuint (shapes[1].w, ==, 2);
  g_assert_false (cnc_graph_input_shapes (two, 5, 24, 20, shapes, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
}

static void
test_many (void)
{
  for (guint n = CNC_GRAPH_MAX_NODES; n <= CNC_GRAPH_MAX_NODES + 1; n++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GString) json = g_string_new ("{\"version\":1,\"inputs\":[{\"name\":\"n0\",\"channels\":1}],\"nodes\":[");
      g_autoptr (CncGraph) graph = NULL;

      for (guint i = 1; i <= n; i++)
        g_string_append_printf (json, "%s{\"name\":\"n%u\",\"op\":\"round8\",\"inputs\":[\"n%u\"]}", i > 1 ? "," : "", i, i - 1);
      g_string_append (json, "],\"outputs\":[\"n1\"]}");
      graph = graph_of (json->str, &error);
      g_assert_cmpint (graph != NULL, ==, n == CNC_GRAPH_MAX_NODES);
    }
}

/* ---- plans ---- */

static CncPlanParams
params_of (const CncGraph *graph, const char *feed, CncShape shape, const char *fetch, CncMode mode)
{
  CncPlanParams params = { .n_feeds = 1, .n_fetches = 1, .mode = mode };

  params.feeds[0] = cnc_graph_value (graph, feed);
  params.shapes[0] = shape;
  params.fetches[0] = cnc_graph_value (graph, fetch);
  return params;
}

/* Runs feed -> fetch; out: (transfer full). */
static float *
run (CncNet *model, const char *feed, CncShape shape, const float *in, const char *fetch, CncMode mode, guint64 seed, gsize *count)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (CncWeights) weights = cnc_weights_new (backend, model, &error);
  const CncPlanParams params = params_of (model->graph, feed, shape, fetch, mode);
  g_autoptr (CncPlan) plan = cnc_plan_new (backend, model->graph, &params, &error);
  const CncTensor *to;
  float *out;

  g_assert_no_error (error);
  g_assert_cmpfloat (cnc_plan_flops (plan), >, 0);
  g_assert_true (cnc_buffer_upload (backend, cnc_plan_tensor (plan, params.feeds[0])->buffer, 0, in, cnc_shape_count (&shape) * 4, &error));
  g_assert_true (cnc_plan_run (plan, weights, seed, &error));
  to = cnc_plan_tensor (plan, params.fetches[0]);
  *count = cnc_shape_count (&to->shape);
  out = g_new (float, *count);
  g_assert_true (cnc_buffer_download (backend, to->buffer, 0, out, *count * 4, &error));
  g_assert_no_error (error);
  return out;
}

static float *
random_picture (gsize count, guint32 seed)
{
  float *out = g_new (float, count);

  for (gsize i = 0; i < count; i++)
    out[i] = random_float (&seed);
  return out;
}

/* Values that give their memory to others: every value of the network is the same as when each keeps its own.  (Inference and training
 * differ in the quantiser alone, so the encoder and the decoder are compared apart.) */
static void
test_memory_reuse (void)
{
  g_autoptr (CncNet) model = model_of (CODEC_GRAPH, 7);
  const CncGraph *graph = model->graph;
  const CncShape pictures = { 2, 3, 24, 16 }, latents = { 2, 5, 3, 2 };
  g_autofree float *x = random_picture (cnc_shape_count (&pictures), 1), *z = random_picture (cnc_shape_count (&latents), 2);

  for (guint v = graph->n_inputs; v < cnc_graph_n_values (graph); v++)
    {
      const char *name = cnc_graph_value_name (graph, v);
      const gboolean decoder = v > graph->latent;
      gsize n, m;
      g_autofree float *lean = NULL, *kept = NULL;

      if (strcmp (name, "z") == 0 || strcmp (name, "drop") == 0)
        continue;
      lean = run (model, decoder ? "z" : "x", decoder ? latents : pictures, decoder ? z : x, name, CNC_MODE_INFERENCE, 0, &n);
      kept = run (model, decoder ? "z" : "x", decoder ? latents : pictures, decoder ? z : x, name, CNC_MODE_TRAINING, 0, &m);
      assert_equal (lean, n, kept, m);
    }
}

static void
test_lean (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncGraph) graph = graph_of (CODEC_GRAPH, &error);
  const CncPlanParams lean = params_of (graph, "x", (CncShape){ 1, 3, 512, 512 }, "y", CNC_MODE_INFERENCE);
  const CncPlanParams kept = params_of (graph, "x", (CncShape){ 1, 3, 512, 512 }, "y", CNC_MODE_TRAINING);
  g_autoptr (CncPlan) one = cnc_plan_new (NULL, graph, &lean, &error), all = cnc_plan_new (NULL, graph, &kept, &error);

  g_assert_no_error (error);
  g_test_message ("lean %.1f MiB, all kept %.1f MiB", (double) cnc_plan_bytes (one) / 1048576, (double) cnc_plan_bytes (all) / 1048576);
  g_assert_cmpuint (cnc_plan_bytes (one), <, cnc_plan_bytes (all) * 6 / 10);
}

/* By hand: 2x2 picture, a 3x3 kernel of ones with padding, doubled, one added. */
static void
test_by_hand (void)
{
  static const float in[4] = { 1, -2, 3, 4 };
  g_autoptr (CncNet) model = model_of (GRAPH ("\"channels\":1",
                                              NODE ("a", "conv2d", "\"x\"", "\"channels\":1,\"kernel\":3,\"pad\":1") "," NODE (
                                                  "b", "affine", "\"a\"", "\"scale\":2,\"shift\":1"),
                                              "\"b\""),
                                       1);
  g_autofree float *out = NULL;
  gsize n;

  for (guint i = 0; i < 9; i++)
    model->values[0][i] = i == 4 ? 1.0f : 0.5f;
  model->values[1][0] = -1;
  out = run (model, "x", (CncShape){ 1, 1, 2, 2 }, in, "b", CNC_MODE_INFERENCE, 0, &n);
  g_assert_cmpuint (n, ==, 4);
  g_assert_cmpfloat (out[0], ==, 2 * (1 + 0.5f * 5 - 1) + 1);
  g_assert_cmpfloat (out[1], ==, 2 * (-2 + 0.5f * 8 - 1) + 1);
  g_assert_cmpfloat (out[2], ==, 2 * (3 + 0.5f * 3 - 1) + 1);
  g_assert_cmpfloat (out[3], ==, 2 * (4 + 0.5f * 2 - 1) + 1);
}

static void
test_modes (void)
{
  g_autoptr (CncNet) model = model_of (
      GRAPH ("\"channels\":1",
             NODE ("a", "noise", "\"x\"", "\"scale\":0.3,\"distribution\":\"gaussian\",\"always\":1") "," NODE (
                 "b", "noise", "\"a\"", "\"scale\":0.3,\"distribution\":\"uniform\"") "," NODE ("c", "affine", "\"b\"", "\"shift\":0"),
             "\"c\""),
      1);
  const CncShape shape = { 1, 1, 64, 64 };
  g_autofree float *x = random_picture (4096, 1);
  gsize n;
  g_autofree float *quiet = run (model, "x", shape, x, "c", CNC_MODE_INFERENCE, 5, &n),
                   *noisy = run (model, "x", shape, x, "c", CNC_MODE_NOISY, 5, &n),
                   *other = run (model, "x", shape, x, "c", CNC_MODE_NOISY, 6, &n),
                   *training = run (model, "x", shape, x, "c", CNC_MODE_TRAINING, 5, &n),
                   *again = run (model, "x", shape, x, "c", CNC_MODE_NOISY, 5, &n);
  double sum = 0, cross = 0;

  assert_equal (quiet, n, x, n);
  assert_equal (noisy, n, again, n);
  for (gsize i = 0; i < n; i++)
    {
      sum += (noisy[i] - x[i]) * (noisy[i] - x[i]);
      cross += (noisy[i] - x[i]) * (other[i] - x[i]);
      /* on top of the same Gaussian noise: uniform in [-0.15, 0.15) */
      g_assert_cmpfloat (fabsf (training[i] - noisy[i]), <=, 0.1501);
    }
  g_assert_cmpfloat (fabs (sqrt (sum / (double) n) - 0.3), <, 0.015);
  g_assert_cmpfloat (fabs (cross / sum), <, 0.1);
}

static void
test_parts (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncGraph) graph
      = graph_of (GRAPH ("\"channels\":3", CONV ("a", "x") "," CONV ("z", "a") "," PLAIN ("y", "add", "\"z\",\"a\""), "\"y\""), &error);
  CncPlanParams params;

  g_assert_no_error (error);
  params = params_of (graph, "z", (CncShape){ 1, 4, 8, 8 }, "y", CNC_MODE_INFERENCE);
  g_assert_null (cnc_plan_new (NULL, graph, &params, &error)); /* a connection crosses the latent */
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "\"x\""));
  g_clear_error (&error);
  params = params_of (graph, "x", (CncShape){ 1, 4, 8, 8 }, "y", CNC_MODE_INFERENCE);
  g_assert_null (cnc_plan_new (NULL, graph, &params, &error)); /* channels */
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
}

static void
test_limits (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncGraph) graph = graph_of (CODEC_GRAPH, &error);
  CncPlanParams params = params_of (graph, "x", (CncShape){ 1, 3, 64, 64 }, "y", CNC_MODE_INFERENCE);
  g_autoptr (CncPlan) plan = cnc_plan_new (NULL, graph, &params, &error);

  g_assert_no_error (error);
  params.max_flops = cnc_plan_flops (plan) - 1;
  g_assert_null (cnc_plan_new (NULL, graph, &params, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_clear_error (&error);
  params.max_flops = 0;
  params.max_bytes = cnc_plan_bytes (plan) - 1;
  g_assert_null (cnc_plan_new (NULL, graph, &params, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_clear_error (&error);
  params = params_of (graph, "x", (CncShape){ 1, 3, 1 << 20, 1 << 20 }, "y", CNC_MODE_INFERENCE); /* refused before anything is allocated */
  g_assert_null (cnc_plan_new (NULL, graph, &params, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
}

/* ---- folding and files ---- */

#define NORMS                                                                                                                                                                                                                                          \
  GRAPH (                                                                                                                                                                                                                                              \
      "\"channels\":2",                                                                                                                                                                                                                                \
      NODE ("c1", "conv2d", "\"x\"", "\"channels\":3,\"kernel\":3,\"pad\":1,\"bias\":0") "," NODE ("n1", "batch_norm", "\"c1\"", "\"epsilon\":0.01") "," NODE ("a1", "activation", "\"n1\"", "\"activation\":\"leaky_relu\",\"slope\":0.2") "," NODE ( \
          "t1", "conv_transpose2d", "\"a1\"",                                                                                                                                                                                                          \
          "\"channels\":4,\"kernel\":2,\"stride\":2") "," NODE ("n2", "batch_norm", "\"t1\"",                                                                                                                                                          \
                                                                "") "," NODE ("n3", "batch_norm", "\"n2\"",                                                                                                                                            \
                                                                              "") "," NODE ("c2", "conv2d", "\"n3\"",                                                                                                                                  \
                                                                                            "\"channels\":4,\"kernel\":1,\"activation\":"                                                                                                              \
                                                                                            "\"relu\"") "," NODE ("n4", "batch_norm",                                                                                                                  \
                                                                                                                  "\"c2\"",                                                                                                                            \
                                                                                                                  "") "," PLAIN ("s",                                                                                                                  \
                                                                                                                                 "add",                                                                                                                \
                                                                                                                                 "\"n4\","                                                                                                             \
                                                                                                                                 "\"n3\"") "," NODE ("y",                                                                                              \
                                                                                                                                                     "activation",                                                                                     \
                                                                                                                                                     "\"s\"",                                                                                          \
                                                                                                                                                     "\"activation\":\"tanh\""),                                                                       \
      "\"y\"")

static void
normalise (const CncNet *model, const char *name, float *values, CncShape shape)
{
  const CncNode *node = cnc_graph_node (model->graph, cnc_graph_value (model->graph, name));
  const gsize plane = (gsize) shape.h * shape.w;

  for (gsize i = 0; i < cnc_shape_count (&shape); i++)
    {
      const gsize c = i / plane % shape.c;
      double p[4];

      for (guint k = 0; k < 4; k++)
        p[k] = model->values[node->weights[k]][c];
      values[i] = (float) ((values[i] - p[2]) / sqrt (p[3] + node->epsilon) * p[0] + p[1]);
    }
}

/* Against the formula of batch normalisation, applied between the layers by hand. */
static void
test_fold (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncNet) model = model_of (NORMS, 11), folded = model_of (NORMS, 11);
  const CncShape x_shape = { 2, 2, 5, 6 }, c1 = { 2, 3, 5, 6 }, wide = { 2, 4, 10, 12 };
  g_autofree float *x = random_picture (cnc_shape_count (&x_shape), 3);
  g_autofree float *a = NULL, *b = NULL, *c = NULL, *got = NULL;
  CncPlanParams params = params_of (model->graph, "x", x_shape, "y", CNC_MODE_INFERENCE);
  gsize n, m;

  g_assert_null (cnc_plan_new (NULL, model->graph, &params, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_clear_error (&error);
  a = run (model, "x", x_shape, x, "c1", CNC_MODE_INFERENCE, 0, &n);
  normalise (model, "n1", a, c1);
  for (gsize i = 0; i < n; i++)
    a[i] = a[i] < 0 ? 0.2f * a[i] : a[i];
  b = run (model, "a1", c1, a, "t1", CNC_MODE_INFERENCE, 0, &n);
  normalise (model, "n2", b, wide);
  normalise (model, "n3", b, wide);
  c = run (model, "n3", wide, b, "c2", CNC_MODE_INFERENCE, 0, &n);
  normalise (model, "n4", c, wide);
  g_assert_true (cnc_net_fold (folded, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (folded->graph->n_nodes, ==, 5); /* a1, n2 and n3 in one, c2, n4 of its own, y */
  g_assert_cmpuint (folded->graph->n_parameters, ==, 2 * 4);
  got = run (folded, "x", x_shape, x, "y", CNC_MODE_INFERENCE, 0, &m);
  g_assert_cmpuint (n, ==, m);
  for (gsize i = 0; i < n; i++)
    g_assert_cmpfloat (fabsf (got[i] - tanhf (c[i] + b[i])), <, 2e-5);
}

static void
test_file (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncNet) model = model_of (NORMS, 11), again = NULL;
  g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new (), lacking = cnc_safetensors_writer_new (),
                                   bare = cnc_safetensors_writer_new ();
  g_autoptr (GBytes) bytes = NULL, less = NULL, none = NULL;
  g_autofree char *text = cnc_graph_to_json (model->graph);
  CncSafetensors *file;
  static const guint32 sides[] = { 3, 2, 3, 2 };

  g_assert_true (cnc_net_store (model, CNC_DTYPE_F32, writer, &error));
  bytes = cnc_safetensors_writer_finish (writer, &error);
  file = cnc_safetensors_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &error);
  g_assert_no_error (error);
  again = cnc_net_from_file (file, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < model->n_values; i++)
    assert_equal (model->values[i], cnc_shape_count (&model->graph->parameters[i].shape), again->values[i],
                  cnc_shape_count (&again->graph->parameters[i].shape));

  cnc_safetensors_writer_text (lacking, "graph", text);
  g_assert_true (cnc_safetensors_writer_add (lacking, "c1.weight", CNC_DTYPE_F32, 4, sides, model->values[0], &error));
  less = cnc_safetensors_writer_finish (lacking, &error);
  file = cnc_safetensors_parse (g_bytes_get_data (less, NULL), g_bytes_get_size (less), &error);
  g_assert_null (cnc_net_from_file (file, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "c1.weight"));
  g_clear_error (&error);

  none = cnc_safetensors_writer_finish (bare, &error);
  file = cnc_safetensors_parse (g_bytes_get_data (none, NULL), g_bytes_get_size (none), &error);
  g_assert_null (cnc_net_from_file (file, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
}

/* Every allocation that the file can make large fails once. */
static void
test_memory (void)
{
  g_autoptr (CncNet) model = model_of (CODEC_GRAPH, 3);
  g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new ();
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (GBytes) bytes = NULL;
  guint failed = 0;

  g_assert_true (cnc_net_store (model, CNC_DTYPE_F32, writer, NULL));
  bytes = cnc_safetensors_writer_finish (writer, NULL);
  for (guint i = 1;; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CncNet) read = NULL;
      g_autoptr (CncWeights) weights = NULL;
      g_autoptr (CncPlan) plan = NULL;
      CncSafetensors *file;

      cnc_alloc_fail_at (i);
      file = cnc_safetensors_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &error);
      read = file != NULL ? cnc_net_from_file (file, &error) : NULL;
      if (read != NULL && cnc_net_fold (read, &error))
        weights = cnc_weights_new (backend, read, &error);
      if (weights != NULL)
        {
          const CncPlanParams params = params_of (read->graph, "x", (CncShape){ 1, 3, 16, 16 }, "y", CNC_MODE_INFERENCE);

          plan = cnc_plan_new (backend, read->graph, &params, &error);
        }
      if (plan != NULL && cnc_plan_run (plan, weights, 0, &error))
        break;
      g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
      failed++;
    }
  cnc_alloc_fail_at (0);
  g_test_message ("%u allocations failed, each alone", failed);
  g_assert_cmpuint (failed, >, 10);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/graph/text", test_text);
  g_test_add_func ("/graph/faults", test_faults);
  g_test_add_func ("/graph/inputs", test_inputs);
  g_test_add_func ("/graph/many", test_many);
  g_test_add_func ("/plan/memory-reuse", test_memory_reuse);
  g_test_add_func ("/plan/lean", test_lean);
  g_test_add_func ("/plan/by-hand", test_by_hand);
  g_test_add_func ("/plan/modes", test_modes);
  g_test_add_func ("/plan/parts", test_parts);
  g_test_add_func ("/plan/limits", test_limits);
  g_test_add_func ("/model/fold", test_fold);
  g_test_add_func ("/model/file", test_file);
  g_test_add_func ("/model/memory", test_memory);
  return g_test_run ();
}
