/* Writes the vectors into the folder that the command line names. */
#include "make.h"

int
main (int argc, char **argv)
{
  CncBackend *backend;

  if (argc != 2 || !cnc_seal_init (NULL))
    {
      g_printerr ("usage: make-vectors FOLDER\n");
      return 1;
    }
  backend = cnc_reference_backend_new ();
  make_vectors (argv[1], backend);
  cnc_backend_free (backend);
  return 0;
}
