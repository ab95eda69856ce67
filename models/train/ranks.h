/* models/train/ranks.h: several processes that train one network together (MPI, optional at build).
 *
 * Without MPI, or where the program was not started by mpirun, there is one rank and everything here does nothing.  Thread-safety: the main
 * thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

void train_ranks_init (int *argc, char ***argv);

/* good: FALSE ends the other ranks, too, which would wait for this one for ever. */
void train_ranks_exit (gboolean good);

guint train_ranks_rank (void);  /* from 0 */
guint train_ranks_count (void); /* at least 1 */

/* Replaces values by their means over all ranks, the same bits on each.  Errors: IO. */
gboolean train_ranks_mean (float *values, gsize count, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
