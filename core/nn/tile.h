/* core/nn/tile.h: a network over a picture of any size in bounded memory.
 *
 * The picture is cut into tiles that overlap by the receptive field of the network (the halo), so that every value of the result is
 * computed from the very numbers that it would be computed from without tiles.  Tiles begin on a grid on which every layer's window lies as
 * in the whole picture: results are equal bit for bit on the same device.  Sizes that the network cannot halve evenly are extended by
 * repeating the last column and row.  A network may be fed several values, of the sides of the first one or of a part of them; each may be
 * an input of the graph or what a layer gives, which is then not computed.  Errors: MODEL (a network that has no such field: dense layers,
 * sides that do not scale; a value that the feeds do not lead to), CANCELLED, those of plan.h, and what the callbacks set.
 */
#pragma once

#include "base/task.h"
#include "nn/plan.h"

G_BEGIN_DECLS

/* How the value fetch depends on the feeds.  Pixels are those of the first feed. */
typedef struct
{
  guint32 align;                  /* sides of the first feed must be multiples of it */
  guint32 halo;                   /* pixels on each side that a pixel of fetch depends on, at most */
  guint32 numerator, denominator; /* a side of fetch is that of the first feed times this */
} CncReach;

/* Reads or writes the rectangle; planes: channels * height * width floats, rows without gaps.  Rectangles lie inside the picture; those
 * written do not overlap and cover all of it. */
typedef gboolean (*CncTileRead) (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, float *planes, GError **error);
typedef gboolean (*CncTileWrite) (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, const float *planes,
                                  GError **error);

typedef struct
{
  guint value;
  guint32 divide; /* its sides are those of the first feed divided by it, rounded up; 0: 1, as for the first */
  CncTileRead read; /* cnc_reach_find needs neither this nor what follows */
  gpointer user_data;
} CncTileFeed;

/* feeds: n_feeds of them, 1..CNC_GRAPH_MAX_ENDS; fetch has to depend on each. */
gboolean cnc_reach_find (const CncGraph *graph, const CncTileFeed *feeds, guint n_feeds, guint fetch, CncReach *reach,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct
{
  CncTileFeed feeds[CNC_GRAPH_MAX_ENDS];
  guint n_feeds;
  guint fetch;           /* a value */
  guint32 width, height; /* of the first feed; the result has ceil (side * numerator / denominator) */
  gsize max_bytes;       /* of device memory besides the weights; 0: CNC_TILE_BYTES */
  guint32 max_tile;      /* longest side of a tile without its halo; 0: as long as max_bytes allows */
  CncTileWrite write;
  gpointer user_data; /* of write */
  const char *text; /* for the progress: "Restoring" */
} CncTileJob;

#define CNC_TILE_BYTES ((gsize) 256 << 20)

/* graph: folded.  task: (nullable). */
gboolean cnc_tile_run (CncBackend *backend, const CncGraph *graph, const CncWeights *weights, const CncTileJob *job, CncTask *task,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
