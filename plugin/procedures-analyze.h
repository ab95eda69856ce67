/* plugin/procedures-analyze.h: the procedure of Analyze…, as GIMP sees it. */
#pragma once

#include "host.h"

G_BEGIN_DECLS

#define PROCEDURES_ANALYZE_N_ARGS 7
#define PROCEDURES_ANALYZE_N_VALUES 2

extern const GimpParamDef procedures_analyze_args[PROCEDURES_ANALYZE_N_ARGS];
extern const GimpParamDef procedures_analyze_values[PROCEDURES_ANALYZE_N_VALUES];

/* values: (out): what the procedure returns after its status.  FALSE with an error, or without if the user closed the dialog before there
 * was a result. */
gboolean procedures_analyze (GimpRunMode mode, gint n_params, const GimpParam *params, GimpParam *values,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
