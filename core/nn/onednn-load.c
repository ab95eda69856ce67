/* core/nn/onednn-load.c: opening oneDNN, see onednn-load.h. */
#include "nn/onednn-load.h"

#include <dlfcn.h>

#define LIBRARY "libdnnl.so.2"

static gpointer
load (gpointer unused)
{
  static CncDnnl table;
  void *library;

  /* Its threads (libgomp) wait for the next loop by spinning, and take the cores from ours meanwhile: training is then three times as slow
   * on two cores.  libgomp reads how to wait when it is loaded. */
  g_setenv ("OMP_WAIT_POLICY", "passive", FALSE);
  library = dlopen (LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL)
    return NULL;
    /* POSIX lets a symbol's address be stored through a pointer to a data pointer. */
#define LOOK_UP(name)                                                                                                                      \
  *(void **) &table.name = dlsym (library, "dnnl_" #name);                                                                                 \
  if (table.name == NULL)                                                                                                                  \
    return NULL;
  CNC_DNNL_FUNCTIONS (LOOK_UP)
#undef LOOK_UP
  return &table;
}

const CncDnnl *
cnc_dnnl_load (void)
{
  static GOnce once = G_ONCE_INIT;

  return g_once (&once, load, NULL);
}
