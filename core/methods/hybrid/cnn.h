/* core/methods/hybrid/cnn.h: the integer CNN cipher over a whole payload: segments, chaining, rounds.  Used by hybrid.c and tests alone. */
#pragma once

#include "methods/hybrid/hybrid.h"

G_BEGIN_DECLS

/* seed: 32 bytes that no other use has.  data: geometry's padded length, changed in place. */
gboolean cnc_cnn_run (CncBackend *backend, const CncHybridGeometry *geometry, const guint8 seed[32], gboolean inverse,
                      guint8 *data, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The first half of its rounds, with which data is not enciphered yet: for looking into it. */
gboolean cnc_cnn_run_half (CncBackend *backend, const CncHybridGeometry *geometry, const guint8 seed[32], guint8 *data, CncTask *task,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Its two halves, apart for tests that judge the rounds without some of their tables.  tables: CNC_CNN_ROUNDS times
 * cnc_cipher_table_words words, laid out as core/nn/backend.h says. */
void cnc_cnn_make_tables (const CncCipherShape *shape, const guint8 seed[32], guint32 *tables);
gboolean cnc_cnn_run_tables (CncBackend *backend, const CncHybridGeometry *geometry, const guint32 *tables, gboolean inverse,
                             guint8 *data, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
