/* core/nn/onednn-load.c: opening oneDNN, see onednn-load.h. */
#include "nn/onednn-load.h"

#include <dlfcn.h>

#include "base/parallel.h"

#define LIBRARY "libdnnl.so.2"

static gpointer
load (gpointer unused)
{
  static CncDnnl table;
  void *library;

  cnc_parallel_sleepy_openmp ();
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
