/* core/base/error.c: the error domain, see error.h. */
#include "base/error.h"

G_DEFINE_QUARK (cnc-error-quark, cnc_error)
