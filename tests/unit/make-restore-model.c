/* Writes the small models of restore-case.h into the folder that the command line gives: for tests that are scripts. */
#include "restore-case.h"

int
main (int argc, char **argv)
{
  if (argc != 2)
    {
      g_printerr ("usage: make-restore-model FOLDER\n");
      return 1;
    }
  restore_write_all (argv[1]);
  return 0;
}
