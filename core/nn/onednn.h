/* core/nn/onednn.h: convolutions and matrix products through oneDNN, where built with it; for the "cpu" device.
 *
 * oneDNN keeps pictures in layouts of its own; tensors are brought there and back, and everything prepared for a shape is kept for the next
 * time. Thread-safety: one CncOneDnn, one thread at a time.
 */
#pragma once

#include "nn/ops.h"

G_BEGIN_DECLS

typedef struct _CncOneDnn CncOneDnn;

/* Returns: (transfer full) (nullable): NULL where oneDNN does not start. */
CncOneDnn *cnc_onednn_new (void);
void cnc_onednn_free (CncOneDnn *dnn); /* (nullable) */

/* Runs an operation that cnc_op_run has checked.  half: convolutions multiply in bfloat16 where the processor can and it pays.  done:
 * (out): FALSE if oneDNN has no such operation: nothing was changed then, and the caller computes it otherwise.  Errors: NO_MEMORY. */
gboolean cnc_onednn_op (CncOneDnn *dnn, gboolean half, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out,
                        gboolean *done, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
