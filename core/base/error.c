#include "base/error.h"

G_DEFINE_QUARK (cnc-error-quark, cnc_error)
