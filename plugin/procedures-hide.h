/* plugin/procedures-hide.h: the procedures of Hide… and Reveal…, as GIMP sees them. */
#pragma once

#include "host.h"

G_BEGIN_DECLS

#define PROCEDURES_HIDE_N_ARGS 11
#define PROCEDURES_REVEAL_N_ARGS 6
#define PROCEDURES_HIDE_N_VALUES 2
#define PROCEDURES_REVEAL_N_VALUES 3
#define PROCEDURES_MAX_VALUES 3

extern const GimpParamDef procedures_hide_args[PROCEDURES_HIDE_N_ARGS];
extern const GimpParamDef procedures_hide_values[PROCEDURES_HIDE_N_VALUES];
extern const GimpParamDef procedures_reveal_args[PROCEDURES_REVEAL_N_ARGS];
extern const GimpParamDef procedures_reveal_values[PROCEDURES_REVEAL_N_VALUES];

/* values: (out): what the procedure returns after its status.  FALSE with an error, or without if the user cancelled. */
gboolean procedures_hide (GimpRunMode mode, gint n_params, const GimpParam *params, GimpParam *values,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean procedures_reveal (GimpRunMode mode, gint n_params, const GimpParam *params, GimpParam *values,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
