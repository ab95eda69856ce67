/* core/nn/tile.c: receptive fields, and tiles that overlap by them, see tile.h. */
#include "nn/tile.h"

#include "base/error.h"
#include "base/memory.h"
#include "nn/layers.h"

#include <math.h>

#define MAX_ALIGN 1024u
#define MAX_SIDE (1u << 20)                /* of a picture: twice what GIMP allows */
#define LARGEST_BUFFER ((gsize) 120 << 20) /* what every Vulkan device takes in one buffer is 128 MiB */
/* Tiles begin at multiples of this many pixels of the smallest layer, so that kernels that work on small blocks cut them alike in every
 * tile. */
#define GRID 8u

/* How a value depends on the feeds, in pixels of the first: its pixel j needs those from j / scale - left to j / scale + right.  A feed of
 * fewer pixels counts as if its pixel j were made of the first one's that it covers. */
typedef struct
{
  guint64 numerator, denominator; /* scale: pixels of the value for one of the first feed */
  double left, right;
  gboolean reached; /* is fed, or computed from what is */
} Field;

static guint64
common_divisor (guint64 a, guint64 b)
{
  while (b != 0)
    {
      const guint64 r = a % b;

      a = b;
      b = r;
    }
  return a;
}

static gboolean
bad (GError **error, const char *name, const char *what)
{
  g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL, "The network cannot work on tiles: \"%s\" %s.", name, what);
  return FALSE;
}

static void
rescale (Field *f, guint64 up, guint64 down)
{
  guint64 common;

  f->numerator *= up;
  f->denominator *= down;
  common = common_divisor (f->numerator, f->denominator);
  f->numerator /= common;
  f->denominator /= common;
}

/* The field behind one layer from the field before it, from what each operation reads; see the header of ops.h. */
static void
widen (const CncNode *node, Field *f)
{
  const double pixel = (double) f->denominator / (double) f->numerator; /* one of the layer's input, in pixels of the feed */
  const double span = (double) node->dilation * ((double) node->kernel - 1), stride = node->stride, pad = node->pad;

  switch (node->kind)
    {
    case CNC_LAYER_CONV2D:
      f->left += pad * pixel;
      f->right += (span - pad) * pixel;
      rescale (f, 1, node->stride);
      break;
    case CNC_LAYER_MAX_POOL:
    case CNC_LAYER_AVERAGE_POOL:
      f->right += (node->kernel - 1) * pixel;
      rescale (f, 1, node->stride);
      break;
    case CNC_LAYER_CONV_TRANSPOSE2D:
      f->left += (span - pad) / stride * pixel;
      f->right += pad / stride * pixel;
      rescale (f, node->stride, 1);
      break;
    case CNC_LAYER_UPSAMPLE_BILINEAR: /* the two nearest, half a pixel off at most */
      f->left += 1.5 * pixel;
      f->right += pixel;
      rescale (f, node->stride, 1);
      break;
    case CNC_LAYER_UPSAMPLE_NEAREST:
    case CNC_LAYER_PIXEL_SHUFFLE:
      f->left += pixel;
      rescale (f, node->stride, 1);
      break;
    case CNC_LAYER_PIXEL_UNSHUFFLE:
      f->right += (stride - 1) * pixel;
      rescale (f, 1, node->stride);
      break;
    default:
      break;
    }
}

static gboolean
join (const CncGraph *graph, const CncNode *node, const Field *fields, Field *out, GError **error)
{
  *out = fields[node->inputs[0]];
  for (guint k = 0; k < node->n_inputs; k++)
    {
      const Field *f = &fields[node->inputs[k]];

      if (node->kind == CNC_LAYER_CONV2D && k > 0)
        continue; /* the residual joins behind the convolution */
      if (f->numerator != out->numerator || f->denominator != out->denominator)
        return bad (error, node->name, "joins values of different scales");
      out->left = MAX (out->left, f->left);
      out->right = MAX (out->right, f->right);
    }
  if (!cnc_layers[node->kind].local)
    return bad (error, node->name, "depends on the whole picture");
  widen (node, out);
  if (node->kind == CNC_LAYER_CONV2D && node->n_inputs > 1)
    {
      out->left = MAX (out->left, fields[node->inputs[1]].left);
      out->right = MAX (out->right, fields[node->inputs[1]].right);
    }
  if (out->numerator > MAX_ALIGN || out->denominator > MAX_ALIGN)
    return bad (error, node->name, "changes the scale too much");
  return TRUE;
}

static gboolean
is_fed (const CncTileFeed *feeds, guint n_feeds, guint value)
{
  for (guint i = 0; i < n_feeds; i++)
    if (feeds[i].value == value)
      return TRUE;
  return FALSE;
}

/* Which values fetch is computed from, down to the feeds. */
static void
mark (const CncGraph *graph, const CncTileFeed *feeds, guint n_feeds, guint fetch, gboolean *between)
{
  between[fetch] = TRUE;
  for (guint i = fetch; i >= graph->n_inputs && i > 0; i--)
    if (between[i] && !is_fed (feeds, n_feeds, i))
      for (guint k = 0; k < cnc_graph_node (graph, i)->n_inputs; k++)
        between[cnc_graph_node (graph, i)->inputs[k]] = TRUE;
}

/* At a side that fits, every value must have exactly its scale times that side: else it drifts against the grid. */
static gboolean
check_sides (const CncGraph *graph, const CncReach *reach, const CncTileFeed *feeds, guint n_feeds, guint fetch, const Field *fields,
             const gboolean *between, GError **error)
{
  g_autofree CncShape *shapes = g_new0 (CncShape, fetch + 1);
  const guint32 side = (256 + reach->align - 1) / reach->align * reach->align;

  for (guint i = 0; i <= fetch; i++)
    {
      const CncNode *node = cnc_graph_node (graph, i);
      CncShape in[CNC_NODE_MAX_INPUTS];

      if (!between[i])
        continue;
      if (is_fed (feeds, n_feeds, i))
        {
          const guint32 own = (guint32) (side / fields[i].denominator);

          shapes[i] = (CncShape){ 1, cnc_graph_channels (graph, i), own, own };
          continue;
        }
      for (guint k = 0; k < node->n_inputs; k++)
        in[k] = shapes[node->inputs[k]];
      if (!cnc_node_shape (graph, node, in, &shapes[i], error))
        return FALSE;
      if (shapes[i].h * fields[i].denominator != side * fields[i].numerator)
        return bad (error, node->name, "gives sides that are no multiple of the picture's (padding does not balance the kernel)");
    }
  return TRUE;
}

static gboolean
feed_fields (const CncGraph *graph, const CncTileFeed *feeds, guint n_feeds, const gboolean *between, Field *fields, GError **error)
{
  for (guint i = 0; i < n_feeds; i++)
    {
      const guint value = feeds[i].value;
      const guint32 divide = MAX (feeds[i].divide, 1);

      if (!between[value])
        return bad (error, cnc_graph_value_name (graph, value), "does not lead to the result");
      if (fields[value].reached || divide > MAX_ALIGN || (i == 0 && divide != 1))
        return bad (error, cnc_graph_value_name (graph, value), "is given twice, or at a size that does not fit");
      fields[value] = (Field){ 1, divide, 0, divide - 1, TRUE };
    }
  return TRUE;
}

gboolean
cnc_reach_find (const CncGraph *graph, const CncTileFeed *feeds, guint n_feeds, guint fetch, CncReach *reach, GError **error)
{
  const guint n = cnc_graph_n_values (graph);
  g_autofree Field *fields = g_new0 (Field, n);
  g_autofree gboolean *between = g_new0 (gboolean, n);
  guint64 align = 1;

  g_return_val_if_fail (n_feeds >= 1 && n_feeds <= CNC_GRAPH_MAX_ENDS && fetch < n, FALSE);
  mark (graph, feeds, n_feeds, fetch, between);
  if (!feed_fields (graph, feeds, n_feeds, between, fields, error))
    return FALSE;
  for (guint i = 0; i <= fetch; i++)
    {
      if (!between[i])
        continue;
      if (!fields[i].reached && i < graph->n_inputs)
        return bad (error, cnc_graph_value_name (graph, i), "is needed for the result and is not given");
      if (!fields[i].reached && !join (graph, cnc_graph_node (graph, i), fields, &fields[i], error))
        return FALSE;
      align = align / common_divisor (align, fields[i].denominator) * fields[i].denominator;
      if (align > MAX_ALIGN)
        return bad (error, cnc_graph_value_name (graph, i), "changes the scale too much");
    }
  reach->align = (guint32) align;
  reach->numerator = (guint32) fields[fetch].numerator;
  reach->denominator = (guint32) fields[fetch].denominator;
  reach->halo = (guint32) ceil (MAX (MAX (fields[fetch].left, fields[fetch].right), 0) - 1e-9);
  return check_sides (graph, reach, feeds, n_feeds, fetch, fields, between, error);
}

/* ---- the run ---- */

typedef struct
{
  CncBackend *backend;
  const CncGraph *graph;
  const CncWeights *weights;
  const CncTileJob *job;
  CncReach reach;
  guint32 grid, halo, tile; /* multiples of the grid */
  guint32 width, height;    /* extended to multiples of reach.align */
  guint32 in_channels[CNC_GRAPH_MAX_ENDS], out_channels;
  float *in, *out; /* a whole window; in: of one feed at a time */
  CncPlan *plan;   /* (nullable), for windows of window_width x window_height */
  guint32 window_width, window_height;
} Run;

/* One side of a tile: [begin, end) is its own, [from, to) what the network is given. */
typedef struct
{
  guint32 begin, end, from, to;
} Span;

static guint32
round_up (guint32 value, guint32 multiple)
{
  return (value + multiple - 1) / multiple * multiple;
}

static Span
span_at (const Run *r, guint32 begin, guint32 side)
{
  Span s = { begin, MIN (begin + r->tile, side), begin > r->halo ? begin - r->halo : 0, 0 };

  s.to = MIN (s.end + r->halo, side);
  return s;
}

static CncPlanParams
window_params (const Run *r, guint32 width, guint32 height)
{
  CncPlanParams params = { .n_feeds = r->job->n_feeds, .n_fetches = 1, .mode = CNC_MODE_INFERENCE };

  for (guint i = 0; i < r->job->n_feeds; i++)
    {
      const guint32 divide = MAX (r->job->feeds[i].divide, 1);

      params.feeds[i] = r->job->feeds[i].value;
      params.shapes[i] = (CncShape){ 1, r->in_channels[i], height / divide, width / divide };
    }
  params.fetches[0] = r->job->fetch;
  return params;
}

/* The largest tile that the memory allows. */
static gboolean
choose_tile (Run *r, GError **error)
{
  const gsize budget = r->job->max_bytes > 0 ? r->job->max_bytes : CNC_TILE_BYTES;
  guint32 tile = round_up (MIN (MAX (r->width, r->height), 4096), r->grid);

  if (r->job->max_tile > 0)
    tile = MIN (tile, round_up (r->job->max_tile, r->grid));
  for (;; tile = round_up (tile / 2, r->grid))
    {
      const guint32 window = tile + 2 * r->halo;
      const CncPlanParams params = window_params (r, MIN (window, r->width), MIN (window, r->height));
      g_autoptr (GError) why = NULL;
      g_autoptr (CncPlan) plan = cnc_plan_new (NULL, r->graph, &params, &why);

      if (plan != NULL && cnc_plan_bytes (plan) <= budget && cnc_plan_largest (plan) <= LARGEST_BUFFER)
        {
          r->tile = tile;
          return TRUE;
        }
      if (tile == r->grid)
        {
          if (why != NULL)
            g_propagate_error (error, g_steal_pointer (&why));
          else
            g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL,
                         "The network needs more than %.0f MiB even for the smallest tile; use another model.", (double) budget / 1048576);
          return FALSE;
        }
    }
}

/* Reads the window of a feed; what lies beyond the picture repeats its last column and row. */
static gboolean
read_window (Run *r, guint feed, const Span *x, const Span *y, GError **error)
{
  const CncTileFeed *f = &r->job->feeds[feed];
  const guint32 divide = MAX (f->divide, 1);
  const guint32 at_x = x->from / divide, at_y = y->from / divide, w = x->to / divide - at_x, h = y->to / divide - at_y;
  const guint32 real_w = MIN (w, (r->job->width + divide - 1) / divide - at_x),
                real_h = MIN (h, (r->job->height + divide - 1) / divide - at_y);

  if (!f->read (f->user_data, at_x, at_y, real_w, real_h, r->in, error))
    return FALSE;
  if (real_w == w && real_h == h)
    return TRUE;
  /* from the last row of the last plane on: the rows move apart in place */
  for (guint32 c = r->in_channels[feed]; c-- > 0;)
    for (guint32 row = h; row-- > 0;)
      {
        const float *source = r->in + ((gsize) c * real_h + MIN (row, real_h - 1)) * real_w;
        float *target = r->in + ((gsize) c * h + row) * w;
        const float last = source[real_w - 1];

        memmove (target, source, real_w * sizeof *target);
        for (guint32 i = real_w; i < w; i++)
          target[i] = last;
      }
  return TRUE;
}

static guint32
scaled (const Run *r, guint32 side) /* rounded up */
{
  return (guint32) (((guint64) side * r->reach.numerator + r->reach.denominator - 1) / r->reach.denominator);
}

/* Hands the tile's own part of the result on. */
static gboolean
write_part (Run *r, const Span *x, const Span *y, GError **error)
{
  const guint32 w = scaled (r, x->to - x->from), h = scaled (r, y->to - y->from);
  const guint32 left = scaled (r, x->begin - x->from), top = scaled (r, y->begin - y->from);
  const guint32 at_x = scaled (r, x->begin), at_y = scaled (r, y->begin);
  const guint32 out_w = MIN (scaled (r, x->end), scaled (r, r->job->width)) - at_x,
                out_h = MIN (scaled (r, y->end), scaled (r, r->job->height)) - at_y;
  float *to = r->out;

  for (guint32 c = 0; c < r->out_channels; c++)
    for (guint32 row = 0; row < out_h; row++, to += out_w)
      memmove (to, r->out + ((gsize) c * h + top + row) * w + left, out_w * sizeof *to);
  return r->job->write (r->job->user_data, at_x, at_y, out_w, out_h, r->out, error);
}

static gboolean
run_tile (Run *r, const Span *x, const Span *y, GError **error)
{
  const guint32 w = x->to - x->from, h = y->to - y->from;
  const CncTensor *fetch;

  if (r->plan == NULL || w != r->window_width || h != r->window_height)
    {
      const CncPlanParams params = window_params (r, w, h);

      g_clear_pointer (&r->plan, cnc_plan_free);
      r->plan = cnc_plan_new (r->backend, r->graph, &params, error);
      if (r->plan == NULL)
        return FALSE;
      r->window_width = w;
      r->window_height = h;
    }
  for (guint i = 0; i < r->job->n_feeds; i++)
    {
      const CncTensor *feed = cnc_plan_tensor (r->plan, r->job->feeds[i].value);

      if (!read_window (r, i, x, y, error) || !cnc_buffer_upload (r->backend, feed->buffer, 0, r->in, cnc_tensor_bytes (feed), error))
        return FALSE;
    }
  fetch = cnc_plan_tensor (r->plan, r->job->fetch);
  return cnc_plan_run (r->plan, r->weights, 0, error)
         && cnc_buffer_download (r->backend, fetch->buffer, 0, r->out, cnc_tensor_bytes (fetch), error) && write_part (r, x, y, error);
}

static gboolean
run_tiles (Run *r, CncTask *task, GError **error)
{
  const double all = (double) r->width * r->height;
  double done = 0;

  for (guint32 top = 0; top < r->height; top += r->tile)
    for (guint32 left = 0; left < r->width; left += r->tile)
      {
        const Span x = span_at (r, left, r->width), y = span_at (r, top, r->height);

        cnc_task_progress (task, done / all, r->job->text);
        if (!cnc_task_go_on (task, error) || !run_tile (r, &x, &y, error))
          return FALSE;
        done += (double) (x.end - x.begin) * (y.end - y.begin);
      }
  cnc_task_progress (task, 1, r->job->text);
  return TRUE;
}

gboolean
cnc_tile_run (CncBackend *backend, const CncGraph *graph, const CncWeights *weights, const CncTileJob *job, CncTask *task, GError **error)
{
  Run r = { .backend = backend, .graph = graph, .weights = weights, .job = job };
  guint32 window_w, window_h;
  gsize largest = 0; /* floats of a feed's window */
  gboolean good = FALSE;

  if (job->width == 0 || job->height == 0 || job->width > MAX_SIDE || job->height > MAX_SIDE)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                           "The picture has no pixels, or more than 1,048,576 in a row; choose another one.");
      return FALSE;
    }
  if (!cnc_reach_find (graph, job->feeds, job->n_feeds, job->fetch, &r.reach, error))
    return FALSE;
  r.grid = r.reach.align * GRID;
  r.halo = round_up (r.reach.halo, r.grid);
  r.width = round_up (job->width, r.reach.align);
  r.height = round_up (job->height, r.reach.align);
  for (guint i = 0; i < job->n_feeds; i++)
    r.in_channels[i] = cnc_graph_channels (graph, job->feeds[i].value);
  r.out_channels = cnc_graph_channels (graph, job->fetch);
  if (!choose_tile (&r, error))
    return FALSE;
  window_w = MIN (r.tile + 2 * r.halo, r.width);
  window_h = MIN (r.tile + 2 * r.halo, r.height);
  for (guint i = 0; i < job->n_feeds; i++)
    {
      const gsize divide = MAX (job->feeds[i].divide, 1);

      largest = MAX (largest, r.in_channels[i] * (window_w / divide) * (window_h / divide));
    }
  r.in = cnc_alloc (largest, sizeof (float), "a tile of the picture", error);
  if (r.in != NULL)
    r.out = cnc_alloc ((gsize) scaled (&r, window_w) * scaled (&r, window_h), r.out_channels * sizeof (float), "a tile of the picture",
                       error);
  if (r.out != NULL)
    good = run_tiles (&r, task, error);
  cnc_plan_free (r.plan);
  g_free (r.in);
  g_free (r.out);
  return good;
}
