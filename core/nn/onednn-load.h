/* core/nn/onednn-load.h: oneDNN, opened when a network runs on the processor for the first time.
 *
 * The library and its threads cost 4 MiB and some time at the start of every process that is linked with it; a plug-in that only
 * enciphers has no use for it.  Thread-safety: safe.
 */
#pragma once

#include <dnnl.h>
#include <glib.h>

G_BEGIN_DECLS

#define CNC_DNNL_FUNCTIONS(F)                                                                                                              \
  F (dilated_convolution_backward_data_desc_init)                                                                                          \
  F (dilated_convolution_backward_weights_desc_init)                                                                                       \
  F (dilated_convolution_forward_desc_init) F (engine_create) F (engine_destroy) F (memory_create) F (memory_desc_equal)                   \
      F (memory_desc_get_size) F (memory_desc_init_by_tag) F (memory_destroy) F (memory_set_data_handle) F (post_ops_append_eltwise)       \
          F (post_ops_append_sum) F (post_ops_create) F (post_ops_destroy) F (primitive_attr_create) F (primitive_attr_destroy)            \
              F (primitive_attr_set_post_ops) F (primitive_create) F (primitive_desc_create) F (primitive_desc_destroy)                    \
                  F (primitive_desc_query_md) F (primitive_destroy) F (primitive_execute) F (reorder_primitive_desc_create) F (sgemm)      \
                      F (stream_create) F (stream_destroy) F (stream_wait) F (get_effective_cpu_isa)

typedef struct
{
#define MEMBER(name) __typeof__ (dnnl_##name) *name;
  CNC_DNNL_FUNCTIONS (MEMBER)
#undef MEMBER
} CncDnnl;

/* Returns: (transfer none) (nullable): NULL where oneDNN 2 is not installed or lacks a function. */
const CncDnnl *cnc_dnnl_load (void);

G_END_DECLS
