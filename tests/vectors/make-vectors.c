/* Writes the vectors into the folder that the command line names: make-vectors FOLDER MODELS, MODELS being where tiny.safetensors
 * and the pair are; or, with one folder alone, the pair. */
#include "make.h"

int
main (int argc, char **argv)
{
  CncBackend *backend;

  if (argc == 2 && cnc_seal_init (NULL))
    {
      make_pair (argv[1]);
      return 0;
    }
  if (argc != 3 || !cnc_seal_init (NULL))
    {
      g_printerr ("usage: make-vectors FOLDER [MODELS]\n");
      return 1;
    }
  backend = cnc_reference_backend_new ();
  make_vectors (argv[1], argv[2], backend);
  cnc_backend_free (backend);
  return 0;
}
