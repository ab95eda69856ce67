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

/* Has the threads of OpenMP, which oneDNN works with, wait asleep instead of spinning: they take the cores from ours otherwise, and training is three
 * times as slow on two cores.  libgomp looks at the environment once, when it is loaded, which GEGL's operations bring about too: call this before
 * gegl_init, and before oneDNN is opened.  A policy that the user has set stays. */
void cnc_parallel_sleepy_openmp (void);

/* How many threads cnc_parallel_for uses at most; at least 1. */
guint cnc_parallel_width (void);

G_END_DECLS
