/* core/nn/tile: receptive fields, and that tiles change no bit of the result. */
#include "base/error.h"
#include "base/memory.h"
#include "nn/tile.h"
#include "vulkan/vk-backend.h"

#include <math.h>

#include "nets.h"

/* A picture in planes, where tiles are read and written. */
typedef struct
{
  guint32 channels, width, height;
  float *data;
  guint32 out_channels, out_width, out_height;
  float *out;
  guint8 *written; /* how often each pixel was */
  guint tiles;
  CncTask *cancel; /* (nullable): cancelled at the second tile */
} Canvas;

static gboolean
read_part (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, float *planes, GError **error)
{
  const Canvas *c = user_data;

  g_assert_cmpuint (x + width, <=, c->width);
  g_assert_cmpuint (y + height, <=, c->height);
  for (guint32 k = 0; k < c->channels; k++)
    for (guint32 row = 0; row < height; row++, planes += width)
      memcpy (planes, c->data + ((gsize) k * c->height + y + row) * c->width + x, width * sizeof *planes);
  return TRUE;
}

static gboolean
write_part (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, const float *planes, GError **error)
{
  Canvas *c = user_data;

  g_assert_cmpuint (x + width, <=, c->out_width);
  g_assert_cmpuint (y + height, <=, c->out_height);
  for (guint32 k = 0; k < c->out_channels; k++)
    for (guint32 row = 0; row < height; row++, planes += width)
      memcpy (c->out + ((gsize) k * c->out_height + y + row) * c->out_width + x, planes, width * sizeof *planes);
  for (guint32 row = 0; row < height; row++)
    for (guint32 i = 0; i < width; i++)
      c->written[(gsize) (y + row) * c->out_width + x + i]++;
  c->tiles++;
  if (c->cancel != NULL && c->tiles == 2)
    cnc_task_cancel (c->cancel);
  return TRUE;
}

static Canvas
canvas_new (guint32 channels, guint32 width, guint32 height, guint32 out_channels, guint32 out_width, guint32 out_height)
{
  Canvas c = { channels, width, height, NULL, out_channels, out_width, out_height, NULL, NULL, 0, NULL };
  guint32 state = width * 31 + height;

  c.data = g_new (float, (gsize) channels *width *height);
  for (gsize i = 0; i < (gsize) channels * width * height; i++)
    c.data[i] = random_float (&state);
  c.out = g_new0 (float, (gsize) out_channels *out_width *out_height);
  c.written = g_new0 (guint8, (gsize) out_width * out_height);
  return c;
}

static void
canvas_clear (Canvas *c)
{
  g_free (c->data);
  g_free (c->out);
  g_free (c->written);
}

static const CncTileFeed first = { .value = 0 };

static void
test_reach (void)
{
  static const struct
  {
    const char *nodes;
    guint32 align, halo, numerator, denominator;
  } cases[] = {
    { PLAIN ("y", "round8", "\"x\""), 1, 0, 1, 1 },
    { NODE ("y", "conv2d", "\"x\"", "\"channels\":1,\"kernel\":5,\"pad\":2"), 1, 2, 1, 1 },
    { NODE ("y", "conv2d", "\"x\"", "\"channels\":1,\"kernel\":3,\"pad\":4,\"dilation\":4"), 1, 4, 1, 1 },
    { NODE ("a", "conv2d", "\"x\"", "\"channels\":1,\"kernel\":3,\"pad\":1") "," NODE ("y", "conv2d", "\"a\"",
                                                                                       "\"channels\":1,\"kernel\":3,\"pad\":1"),
      1, 2, 1, 1 },
    { NODE ("a", "conv2d", "\"x\"", "\"channels\":1,\"kernel\":5,\"stride\":2,\"pad\":2") "," NODE (
          "y", "conv2d", "\"a\"", "\"channels\":1,\"kernel\":5,\"stride\":2,\"pad\":2"),
      4, 6, 1, 4 },
    { NODE ("a", "average_pool", "\"x\"", "\"kernel\":2") "," NODE ("y", "upsample_nearest", "\"a\"", "\"factor\":2"), 2, 2, 1, 1 },
    { NODE ("y", "conv_transpose2d", "\"x\"", "\"channels\":1,\"kernel\":4,\"stride\":2,\"pad\":1"), 1, 1, 2, 1 },
    { NODE ("y", "pixel_unshuffle", "\"x\"", "\"factor\":4"), 4, 3, 1, 4 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *json = g_strdup_printf (GRAPH ("\"channels\":1", "%s", "\"y\""), cases[i].nodes);
      g_autoptr (CncNet) model = model_of (json, 1);
      CncReach reach;

      g_assert_true (cnc_reach_find (model->graph, &first, 1, cnc_graph_value (model->graph, "y"), &reach, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (reach.align, ==, cases[i].align);
      g_assert_cmpuint (reach.halo, ==, cases[i].halo);
      g_assert_cmpuint (reach.numerator, ==, cases[i].numerator);
      g_assert_cmpuint (reach.denominator, ==, cases[i].denominator);
    }
}

static void
test_refused (void)
{
  static const char *const graphs[] = {
    GRAPH ("\"channels\":1,\"height\":4,\"width\":4", NODE ("y", "dense", "\"x\"", "\"channels\":1,\"height\":4,\"width\":4"), "\"y\""),
    GRAPH ("\"channels\":1", NODE ("y", "conv2d", "\"x\"", "\"channels\":1,\"kernel\":3"), "\"y\""),
    GRAPH ("\"channels\":1", NODE ("y", "max_pool", "\"x\"", "\"kernel\":3,\"stride\":2"), "\"y\""),
  };

  for (guint i = 0; i < G_N_ELEMENTS (graphs); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CncNet) model = model_of (graphs[i], 1);
      CncReach reach;

      g_assert_false (cnc_reach_find (model->graph, &first, 1, 1, &reach, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
      g_test_message ("%s", error->message);
    }
}

/* The receptive field is true: changing one pixel of the input changes nothing beyond it, and something at its edge. */
static void
test_reach_is_true (void)
{
  g_autoptr (CncNet) model
      = model_of (GRAPH ("\"channels\":1",
                         NODE ("a", "conv2d", "\"x\"", "\"channels\":2,\"kernel\":5,\"stride\":2,\"pad\":2") "," NODE (
                             "b", "conv2d", "\"a\"",
                             "\"channels\":2,\"kernel\":3,\"pad\":1") "," NODE ("c", "conv_transpose2d", "\"b\"",
                                                                                "\"channels\":2,\"kernel\":4,\"stride\":2,\"pad\":"
                                                                                "1") "," NODE ("y", "conv2d", "\"c\"",
                                                                                               "\"channels\":1,\"kernel\":3,"
                                                                                               "\"pad\":1"),
                         "\"y\""),
                  3);
  g_autoptr (GError) error = NULL;
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (CncWeights) weights = cnc_weights_new (backend, model, &error);
  Canvas one = canvas_new (1, 64, 1, 1, 64, 1), other = canvas_new (1, 64, 1, 1, 64, 1);
  CncTileJob job = { .feeds = { { .read = read_part } },
                     .n_feeds = 1,
                     .fetch = cnc_graph_value (model->graph, "y"),
                     .width = 64,
                     .height = 1,
                     .write = write_part,
                     .text = "Testing" };
  CncReach reach;
  guint32 farthest = 0;

  g_assert_true (cnc_reach_find (model->graph, &first, 1, job.fetch, &reach, &error));
  for (guint32 at = 30; at < 34; at++)
    {
      memcpy (other.data, one.data, 64 * sizeof (float));
      other.data[at] += 1;
      job.feeds[0].user_data = job.user_data = &one;
      g_assert_true (cnc_tile_run (backend, model->graph, weights, &job, NULL, &error));
      job.feeds[0].user_data = job.user_data = &other;
      g_assert_true (cnc_tile_run (backend, model->graph, weights, &job, NULL, &error));
      for (guint32 x = 0; x < 64; x++)
        if (one.out[x] != other.out[x])
          farthest = MAX (farthest, x > at ? x - at : at - x);
    }
  g_test_message ("halo %u, farthest change %u", reach.halo, farthest);
  g_assert_cmpuint (farthest, <=, reach.halo);
  g_assert_cmpuint (farthest + 1, >=, reach.halo);
  canvas_clear (&one);
  canvas_clear (&other);
}

static void
tiles_equal_on (CncBackend *backend, const char *json, const char *feed, const char *fetch, guint32 channels, guint32 out_channels,
                guint up, guint down)
{
  static const guint32 sizes[][2] = { { 1, 1 }, { 7, 3 }, { 64, 64 }, { 65, 63 }, { 200, 131 }, { 310, 40 } };
  static const guint32 tiles[] = { 1, 100 };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncNet) model = model_of (json, 5);
  g_autoptr (CncWeights) weights = cnc_weights_new (backend, model, &error);

  g_assert_no_error (error);
  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
    {
      /* of latents: pictures of those sizes */
      const guint32 w = (sizes[s][0] + up - 1) / up, h = (sizes[s][1] + up - 1) / up, out_w = (w * up + down - 1) / down,
                    out_h = (h * up + down - 1) / down;
      Canvas whole = canvas_new (channels, w, h, out_channels, out_w, out_h);
      CncTileJob job = { .n_feeds = 1, .width = w, .height = h, .write = write_part, .text = "Testing" };

      job.feeds[0] = (CncTileFeed){ .value = cnc_graph_value (model->graph, feed), .read = read_part, .user_data = &whole };
      job.fetch = cnc_graph_value (model->graph, fetch);
      job.user_data = &whole;
      g_assert_true (cnc_tile_run (backend, model->graph, weights, &job, NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (whole.tiles, ==, 1);
      for (guint t = 0; t < G_N_ELEMENTS (tiles); t++)
        {
          Canvas cut = canvas_new (channels, w, h, out_channels, out_w, out_h);

          job.max_tile = (tiles[t] + up - 1) / up;
          job.feeds[0].user_data = job.user_data = &cut;
          g_assert_true (cnc_tile_run (backend, model->graph, weights, &job, NULL, &error));
          g_assert_no_error (error);
          if (MAX (w, h) > 128 / up)
            g_assert_cmpuint (cut.tiles, >, 1);
          for (gsize i = 0; i < (gsize) out_w * out_h; i++)
            g_assert_cmpuint (cut.written[i], ==, 1);
          assert_equal (cut.out, (gsize) out_channels * out_w * out_h, whole.out, (gsize) out_channels * out_w * out_h);
          canvas_clear (&cut);
        }
      canvas_clear (&whole);
    }
}

/* On every device: the reference, the processor, and Vulkan where it is there. */
static void
tiles_equal (const char *json, const char *feed, const char *fetch, guint32 channels, guint32 out_channels, guint up, guint down)
{
  g_autoptr (GArray) devices = cnc_vulkan_devices (NULL);
  g_autoptr (CncBackend) reference = cnc_reference_backend_new (), cpu = cnc_cpu_backend_new ();

  tiles_equal_on (reference, json, feed, fetch, channels, out_channels, up, down);
  tiles_equal_on (cpu, json, feed, fetch, channels, out_channels, up, down);
  for (guint i = 0; i < devices->len; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CncBackend) vulkan = cnc_vulkan_open (g_array_index (devices, CncDeviceInfo, i).id, &error);

      g_assert_no_error (error);
      g_test_message ("%s", vulkan->info.name);
      tiles_equal_on (vulkan, json, feed, fetch, channels, out_channels, up, down);
    }
}

static void
test_equal (void)
{
  tiles_equal (CODEC_GRAPH, "x", "y", 3, 3, 1, 1);
  tiles_equal (CODEC_GRAPH, "x", "z", 3, 5, 1, 8);
  tiles_equal (CODEC_GRAPH, "x", "e3", 3, 6, 1, 2);
}

static void
test_equal_decoder (void)
{
  tiles_equal (CODEC_GRAPH, "z", "y", 5, 3, 8, 1);
}

/* A cover and features at an eighth, as a hiding network has them.  "m" is a layer, of inputs that a run from it need not have. */
#define PAIR_NODES                                                                                                                                                      \
  NODE ("s1", "conv2d", "\"s\"", "\"channels\":4,\"kernel\":16,\"stride\":8,\"pad\":4,\"activation\":\"tanh\"")                                                         \
  "," PLAIN ("sum", "add", "\"s1\",\"k\"") "," PLAIN ("m", "wrap", "\"sum\"") "," NODE ("d", "conv2d", "\"c\"", "\"channels\":4,\"kernel\":8,\"stride\":8") "," PLAIN ( \
      "off", "subtract",                                                                                                                                                \
      "\"m\",\"d\"") "," PLAIN ("w", "wrap",                                                                                                                            \
                                "\"off\"") "," NODE ("m2", "conv2d", "\"w\"",                                                                                           \
                                                     "\"channels\":4,\"kernel\":3,\"pad\":1") "," NODE ("up", "conv_transpose2d",                                       \
                                                                                                        "\"m2\"",                                                       \
                                                                                                        "\"channels\":3,\"kernel\":8,"                                  \
                                                                                                        "\"stride\":8") "," PLAIN ("y",                                 \
                                                                                                                                   "add",                               \
                                                                                                                                   "\"c\""                              \
                                                                                                                                   ",\"up"                              \
                                                                                                                                   "\"")
#define PAIR_INPUTS "{\"name\":\"c\",\"channels\":3},{\"name\":\"s\",\"channels\":3},{\"name\":\"k\",\"channels\":4,\"divide\":8,\"key\":1}"
#define PAIR_GRAPH "{\"version\":1,\"inputs\":[" PAIR_INPUTS "],\"nodes\":[" PAIR_NODES "],\"outputs\":[\"y\"]}"

typedef struct
{
  const char *name;
  guint32 channels, divide;
} Feed;

static void
pairs_equal_on (CncBackend *backend, const Feed *feeds, guint n_feeds)
{
  static const guint32 sizes[][2] = { { 8, 8 }, { 3, 9 }, { 64, 72 }, { 200, 131 }, { 310, 40 } };
  static const guint32 tiles[] = { 1, 100 };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncNet) model = model_of (PAIR_GRAPH, 5);
  g_autoptr (CncWeights) weights = cnc_weights_new (backend, model, &error);

  g_assert_no_error (error);
  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
    {
      const guint32 w = sizes[s][0], h = sizes[s][1];
      Canvas from[CNC_GRAPH_MAX_ENDS], whole = canvas_new (1, 1, 1, 3, w, h);
      CncTileJob job = { .n_feeds = n_feeds, .width = w, .height = h, .write = write_part, .user_data = &whole, .text = "Testing" };

      job.fetch = cnc_graph_value (model->graph, "y");
      for (guint i = 0; i < n_feeds; i++)
        {
          const guint32 d = MAX (feeds[i].divide, 1);

          from[i] = canvas_new (feeds[i].channels, (w + d - 1) / d, (h + d - 1) / d, 1, 1, 1);
          job.feeds[i] = (CncTileFeed){ cnc_graph_value (model->graph, feeds[i].name), feeds[i].divide, read_part, &from[i] };
        }
      g_assert_true (cnc_tile_run (backend, model->graph, weights, &job, NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (whole.tiles, ==, 1);
      for (guint t = 0; t < G_N_ELEMENTS (tiles); t++)
        {
          Canvas cut = canvas_new (1, 1, 1, 3, w, h);

          job.max_tile = tiles[t];
          job.user_data = &cut;
          g_assert_true (cnc_tile_run (backend, model->graph, weights, &job, NULL, &error));
          g_assert_no_error (error);
          if (MAX (w, h) > 128)
            g_assert_cmpuint (cut.tiles, >, 1);
          for (gsize i = 0; i < (gsize) w * h; i++)
            g_assert_cmpuint (cut.written[i], ==, 1);
          assert_equal (cut.out, (gsize) 3 * w * h, whole.out, (gsize) 3 * w * h);
          canvas_clear (&cut);
        }
      canvas_clear (&whole);
      for (guint i = 0; i < n_feeds; i++)
        canvas_clear (&from[i]);
    }
}

static void
test_equal_pairs (void)
{
  static const Feed inputs[] = { { "c", 3, 0 }, { "s", 3, 1 }, { "k", 4, 8 } }, message[] = { { "c", 3, 0 }, { "m", 4, 8 } },
                    swapped[] = { { "s", 3, 0 }, { "k", 4, 8 }, { "c", 3, 0 } };
  g_autoptr (GArray) devices = cnc_vulkan_devices (NULL);

  for (guint i = 0; i < devices->len + 2; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CncBackend) backend = i == 0   ? cnc_reference_backend_new ()
                                       : i == 1 ? cnc_cpu_backend_new ()
                                                : cnc_vulkan_open (g_array_index (devices, CncDeviceInfo, i - 2).id, &error);

      g_assert_no_error (error);
      pairs_equal_on (backend, inputs, G_N_ELEMENTS (inputs));
      pairs_equal_on (backend, message, G_N_ELEMENTS (message));
      pairs_equal_on (backend, swapped, G_N_ELEMENTS (swapped));
    }
}

/* Feeding what a layer gave, cut from a whole run, changes nothing of what comes behind it. */
static void
test_fed_layer (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncNet) model = model_of (PAIR_GRAPH, 5);
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (CncWeights) weights = cnc_weights_new (backend, model, &error);
  Canvas c = canvas_new (3, 96, 80, 3, 96, 80), s = canvas_new (3, 96, 80, 4, 12, 10), k = canvas_new (4, 12, 10, 3, 96, 80);
  const guint message = cnc_graph_value (model->graph, "m");
  CncTileJob job = { .feeds = { { 0, 1, read_part, &c }, { 1, 1, read_part, &s }, { 2, 8, read_part, &k } },
                     .n_feeds = 3,
                     .width = 96,
                     .height = 80,
                     .write = write_part,
                     .user_data = &c,
                     .text = "Testing" };

  memcpy (s.data, c.data, 64 * sizeof (float)); /* not the same picture twice, but near it */
  job.fetch = cnc_graph_value (model->graph, "y");
  g_assert_true (cnc_tile_run (backend, model->graph, weights, &job, NULL, &error));
  job.feeds[0] = (CncTileFeed){ 1, 1, read_part, &s };
  job.feeds[1] = (CncTileFeed){ 2, 8, read_part, &k };
  job.n_feeds = 2;
  job.fetch = message;
  job.user_data = &s;
  g_assert_true (cnc_tile_run (backend, model->graph, weights, &job, NULL, &error));
  g_free (s.data);
  s.data = g_memdup2 (s.out, 4 * 12 * 10 * sizeof (float));
  s.channels = 4;
  s.width = 12;
  s.height = 10;
  job.feeds[0] = (CncTileFeed){ 0, 1, read_part, &c };
  job.feeds[1] = (CncTileFeed){ message, 8, read_part, &s };
  job.fetch = cnc_graph_value (model->graph, "y");
  job.user_data = &k;
  g_assert_true (cnc_tile_run (backend, model->graph, weights, &job, NULL, &error));
  g_assert_no_error (error);
  assert_equal (k.out, 3 * 96 * 80, c.out, 3 * 96 * 80);
  canvas_clear (&c);
  canvas_clear (&s);
  canvas_clear (&k);
}

static void
test_refused_feeds (void)
{
  g_autoptr (CncNet) model = model_of (PAIR_GRAPH, 5);
  const guint m = cnc_graph_value (model->graph, "m"), y = cnc_graph_value (model->graph, "y"), d = cnc_graph_value (model->graph, "d");
  const struct
  {
    CncTileFeed feeds[3];
    guint n_feeds, fetch;
    const char *says;
  } cases[] = {
    { { { .value = 0 } }, 1, y, "\"s\" is needed for the result and is not given" },
    { { { .value = 0 }, { .value = 1 } }, 2, y, "\"k\" is needed for the result and is not given" },
    { { { .value = 0 }, { .value = m } }, 2, y, "joins values of different scales" },
    { { { .value = 0 }, { .value = m, .divide = 4 } }, 2, y, "joins values of different scales" },
    { { { .value = 0 }, { .value = m, .divide = 8 }, { .value = 1 } }, 3, y, "\"s\" does not lead to the result" },
    { { { .value = 0 }, { .value = m, .divide = 8 }, { .value = m, .divide = 8 } }, 3, y, "\"m\" is given twice" },
    { { { .value = 0, .divide = 2 } }, 1, d, "\"c\" is given twice, or at a size" },
    { { { .value = 0 } }, 1, m, "\"c\" does not lead" },
    { { { .value = y } }, 1, m, "\"y\" does not lead" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      CncReach reach;

      g_assert_false (cnc_reach_find (model->graph, cases[i].feeds, cases[i].n_feeds, cases[i].fetch, &reach, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
      if (strstr (error->message, cases[i].says) == NULL)
        g_error ("“%s” does not say “%s”", error->message, cases[i].says);
    }
}

static void
test_memory (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncNet) model = model_of (CODEC_GRAPH, 5);
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (CncWeights) weights = cnc_weights_new (backend, model, &error);
  Canvas c = canvas_new (3, 500, 400, 3, 500, 400);
  CncTileJob job = { .feeds = { { .read = read_part, .user_data = &c } },
                     .n_feeds = 1,
                     .width = 500,
                     .height = 400,
                     .max_bytes = 4 << 20,
                     .write = write_part,
                     .user_data = &c,
                     .text = "Testing" };

  job.fetch = model->graph->outputs[0];
  g_assert_true (cnc_tile_run (backend, model->graph, weights, &job, NULL, &error));
  g_assert_cmpuint (c.tiles, >, 1); /* little memory: several tiles */
  job.max_bytes = 1000;
  g_assert_false (cnc_tile_run (backend, model->graph, weights, &job, NULL, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_clear_error (&error);
  job.max_bytes = 0;
  for (guint i = 1; i < 4; i++)
    {
      cnc_alloc_fail_at (i);
      g_assert_false (cnc_tile_run (backend, model->graph, weights, &job, NULL, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
      g_clear_error (&error);
    }
  cnc_alloc_fail_at (0);
  job.width = 0;
  g_assert_false (cnc_tile_run (backend, model->graph, weights, &job, NULL, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  canvas_clear (&c);
}

static void
note_progress (double done, const char *text, gpointer user_data)
{
  double *last = user_data;

  g_assert_cmpfloat (done, >=, *last);
  g_assert_cmpstr (text, ==, "Testing");
  *last = done;
}

static void
test_progress (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncNet) model = model_of (CODEC_GRAPH, 5);
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (CncWeights) weights = cnc_weights_new (backend, model, &error);
  Canvas c = canvas_new (3, 300, 300, 3, 300, 300);
  double last = 0;
  CncTask task = { note_progress, &last, 0 };
  CncTileJob job = { .feeds = { { .read = read_part, .user_data = &c } },
                     .n_feeds = 1,
                     .width = 300,
                     .height = 300,
                     .max_tile = 64,
                     .write = write_part,
                     .user_data = &c,
                     .text = "Testing" };

  job.fetch = model->graph->outputs[0];
  g_assert_true (cnc_tile_run (backend, model->graph, weights, &job, &task, &error));
  g_assert_cmpfloat (last, ==, 1);
  c.tiles = 0;
  c.cancel = &task;
  last = 0;
  g_assert_false (cnc_tile_run (backend, model->graph, weights, &job, &task, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_CANCELLED);
  g_assert_cmpuint (c.tiles, ==, 2);
  canvas_clear (&c);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tile/reach", test_reach);
  g_test_add_func ("/tile/refused", test_refused);
  g_test_add_func ("/tile/reach-is-true", test_reach_is_true);
  g_test_add_func ("/tile/equal", test_equal);
  g_test_add_func ("/tile/equal-decoder", test_equal_decoder);
  g_test_add_func ("/tile/equal-pairs", test_equal_pairs);
  g_test_add_func ("/tile/fed-layer", test_fed_layer);
  g_test_add_func ("/tile/refused-feeds", test_refused_feeds);
  g_test_add_func ("/tile/memory", test_memory);
  g_test_add_func ("/tile/progress", test_progress);
  return g_test_run ();
}
