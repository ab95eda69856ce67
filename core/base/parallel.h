/* core/base/parallel.h: a loop over all cores. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef void (*CncParallelFunc) (guint index, gpointer user_data);

/* Calls func (i, user_data) for every i in [0, count), spread over the machine's cores, and returns when all are done.
 * The order is not defined; func must touch only what belongs to its index.  Runs in the calling thread alone where
 * only one core is there or no thread can be started.  Thread-safety: safe, and may be nested (the inner loop then runs
 * in its own thread alone). */
void cnc_parallel_for (guint count, CncParallelFunc func, gpointer user_data);

/* How many threads cnc_parallel_for uses at most; at least 1. */
guint cnc_parallel_width (void);

G_END_DECLS
