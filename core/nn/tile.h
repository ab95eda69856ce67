/* core/nn/tile.h: a network over a picture of any size in bounded memory.
 *
 * The picture is cut into tiles that overlap by the receptive field of the network (the halo), so that every value of the result is
 * computed from the very numbers that it would be computed from without tiles.  Tiles begin on a grid on which every layer's window lies as
 * in the whole picture: results are equal bit for bit on the same device.  Sizes that the network cannot halve evenly are extended by
 * repeating the last column and row. Errors: MODEL (a network that has no such field: dense layers, sides that do not scale), CANCELLED,
 * those of plan.h, and what the callbacks set.
 */
#pragma once

#include "base/task.h"
#include "nn/plan.h"

G_BEGIN_DECLS

/* How the value fetch depends on the value feed.  Pixels are those of feed unless said otherwise. */
typedef struct
{
  guint32 align;                  /* sides of feed must be multiples of it */
  guint32 halo;                   /* pixels on each side that a pixel of fetch depends on, at most */
  guint32 numerator, denominator; /* a side of fetch is that of feed times this */
} CncReach;

gboolean cnc_reach_find (const CncGraph *graph, guint feed, guint fetch, CncReach *reach, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Reads or writes the rectangle; planes: channels * height * width floats, rows without gaps.  Rectangles lie inside the picture; those
 * written do not overlap and cover all of it. */
typedef gboolean (*CncTileRead) (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, float *planes, GError **error);
typedef gboolean (*CncTileWrite) (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, const float *planes,
                                  GError **error);

typedef struct
{
  guint feed, fetch;     /* values */
  guint32 width, height; /* of the feed; the result has ceil (side * numerator / denominator) */
  gsize max_bytes;       /* of device memory besides the weights; 0: CNC_TILE_BYTES */
  guint32 max_tile;      /* longest side of a tile without its halo; 0: as long as max_bytes allows */
  CncTileRead read;
  CncTileWrite write;
  gpointer user_data;
  const char *text; /* for the progress: "Restoring" */
} CncTileJob;

#define CNC_TILE_BYTES ((gsize) 256 << 20)

/* graph: folded.  task: (nullable). */
gboolean cnc_tile_run (CncBackend *backend, const CncGraph *graph, const CncWeights *weights, const CncTileJob *job, CncTask *task,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
