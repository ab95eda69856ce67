/* models/train/ranks.c: see ranks.h. */
#include "ranks.h"

#include "base/error.h"
#include "cnc-config.h"

#ifdef CNC_MPI

#include <mpi.h>

static int rank;
static int count = 1;

void
train_ranks_init (int *argc, char ***argv)
{
  /* What the two families of MPI tell the processes that mpirun starts. */
  if (g_getenv ("OMPI_COMM_WORLD_SIZE") == NULL && g_getenv ("PMI_SIZE") == NULL)
    return;
  if (MPI_Init (argc, argv) != MPI_SUCCESS)
    return;
  MPI_Comm_rank (MPI_COMM_WORLD, &rank);
  MPI_Comm_size (MPI_COMM_WORLD, &count);
}

void
train_ranks_exit (gboolean good)
{
  int begun = 0;

  MPI_Initialized (&begun);
  if (begun == 0)
    return;
  if (!good && count > 1)
    MPI_Abort (MPI_COMM_WORLD, 1);
  MPI_Finalize ();
}

guint
train_ranks_rank (void)
{
  return (guint) rank;
}

guint
train_ranks_count (void)
{
  return (guint) count;
}

gboolean
train_ranks_mean (float *values, gsize n, GError **error)
{
  if (count == 1)
    return TRUE;
  for (gsize at = 0; at < n; at += 1u << 28)
    if (MPI_Allreduce (MPI_IN_PLACE, values + at, (int) MIN (n - at, 1u << 28), MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD) != MPI_SUCCESS)
      {
        g_set_error_literal (error, CNC_ERROR, CNC_ERROR_IO,
                             "The connection to the other machines broke; go on from the checkpoint with --resume.");
        return FALSE;
      }
  for (gsize i = 0; i < n; i++)
    values[i] /= (float) count;
  return TRUE;
}

#else

void
train_ranks_init (int *argc, char ***argv)
{
}

void
train_ranks_exit (gboolean good)
{
}

guint
train_ranks_rank (void)
{
  return 0;
}

guint
train_ranks_count (void)
{
  return 1;
}

gboolean
train_ranks_mean (float *values, gsize n, GError **error)
{
  return TRUE;
}

#endif
