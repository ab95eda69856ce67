/* Writes the small models of network-case.h into the folder that the command line gives: for tests that are scripts. */
#include "network-case.h"

int
main (int argc, char **argv)
{
  g_autofree char *hide = NULL, *robust = NULL;

  if (argc != 2)
    {
      g_printerr ("usage: make-hide-model FOLDER\n");
      return 1;
    }
  hide = g_build_filename (argv[1], "hide.safetensors", NULL);
  robust = g_build_filename (argv[1], "hide-robust.safetensors", NULL);
  write_model (hide, HIDE_GRAPH, 0, 1);
  write_model (robust, ROBUST_GRAPH, ROBUST_AXIS, 1);
  return 0;
}
