/* Writes the small model of codec-model.h to the path that the command line gives: for tests that are scripts. */
#include "codec-model.h"

int
main (int argc, char **argv)
{
  g_autoptr (GBytes) bytes = NULL;

  if (argc != 2)
    {
      g_printerr ("usage: make-codec-model FILE\n");
      return 1;
    }
  bytes = codec_model_bytes (5);
  return cnc_file_replace (argv[1], bytes, NULL) ? 0 : 1;
}
