/* core/nn/plan.h: running a part of a graph for given shapes.
 *
 * A plan computes the values "fetches" from the values "feeds", whatever lies between: the encoder alone, the decoder alone, or all.
 * Everything that can go wrong (shapes, work, memory) is found when it is made, before anything is dispatched.  Values that are not needed
 * any more give their memory to later ones; feeds and fetches, and in training all values, keep theirs. Errors: BAD_ARGUMENT, MODEL (also:
 * too much work or memory), GPU_MEMORY, GPU_LOST, NO_MEMORY.  Thread-safety: as the backend's.
 */
#pragma once

#include "nn/graph.h"
#include "nn/net.h"

G_BEGIN_DECLS

typedef struct
{
  guint feeds[CNC_GRAPH_MAX_ENDS];
  CncShape shapes[CNC_GRAPH_MAX_ENDS]; /* of the feeds */
  guint n_feeds;
  guint fetches[CNC_GRAPH_MAX_ENDS];
  guint n_fetches;
  CncMode mode;
  double max_flops; /* 0: CNC_PLAN_MAX_FLOPS */
  gsize max_bytes;  /* of all values together; 0: CNC_PLAN_MAX_BYTES */
} CncPlanParams;

#define CNC_PLAN_MAX_FLOPS 4e12 /* a minute or so on two cores: what no shipped model comes near to in one run */
#define CNC_PLAN_MAX_BYTES (G_GUINT64_CONSTANT (16) << 30)

typedef struct _CncPlan CncPlan;

/* backend: (nullable): without one nothing is allocated and the plan only tells what it would take.  graph has to outlive the plan. */
CncPlan *cnc_plan_new (CncBackend *backend, const CncGraph *graph, const CncPlanParams *params, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_plan_free (CncPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncPlan, cnc_plan_free)

/* weights: of the same graph.  seed: of dropout and noise. */
gboolean cnc_plan_run (CncPlan *plan, const CncWeights *weights, guint64 seed, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Where a value is.  Feeds and fetches at any time, in training every value that is computed; others are another value's by now. */
const CncTensor *cnc_plan_tensor (const CncPlan *plan, guint value);
gboolean cnc_plan_computes (const CncPlan *plan, guint value);

/* Training: mean and inverse deviation that a batch normalisation found in this batch. */
const CncTensor *cnc_plan_statistics (const CncPlan *plan, guint value);

double cnc_plan_flops (const CncPlan *plan);  /* of one run */
gsize cnc_plan_bytes (const CncPlan *plan);   /* of device memory */
gsize cnc_plan_largest (const CncPlan *plan); /* bytes of the largest single buffer */

G_END_DECLS
