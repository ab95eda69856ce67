/* core/base/error.h: the one error domain of cnncrypt.
 *
 * Every message is one sentence that a person understands and that says what to do next.  Codes are kept apart so that
 * a caller can react (retry on another device, ask for the passphrase again) without reading the text.
 * Thread-safety: safe.
 */
#pragma once

#include <glib.h>

#include "base/text.h"

G_BEGIN_DECLS

#define CNC_ERROR (cnc_error_quark ())

typedef enum
{
  CNC_ERROR_BAD_ARGUMENT,  /* the caller asked for something that cannot be: an option, a size, an empty passphrase */
  CNC_ERROR_NO_MEMORY,     /* main memory would not do */
  CNC_ERROR_GPU_MEMORY,    /* the device's memory would not do */
  CNC_ERROR_GPU_LOST,      /* the device stopped answering or its result was wrong */
  CNC_ERROR_NO_DEVICE,     /* no such device, or none that works */
  CNC_ERROR_CANCELLED,     /* the user cancelled; nothing was changed */
  CNC_ERROR_NOT_ENCRYPTED, /* there is no encrypted picture here */
  CNC_ERROR_BAD_FORMAT,    /* a header that no version 1 writer makes */
  CNC_ERROR_BAD_VERSION,   /* made by a newer cnncrypt: version, method, stanza or flag unknown */
  CNC_ERROR_WRONG_KEY,     /* wrong passphrase (or identity) */
  CNC_ERROR_DAMAGED,       /* the picture was altered after it was encrypted */
  CNC_ERROR_KDF_REFUSED,   /* the header asks for more (or less) Argon2id work than is accepted */
  CNC_ERROR_TOO_SMALL,     /* the result does not fit where it should go */
  CNC_ERROR_MODEL,         /* a model file is missing or wrong */
  CNC_ERROR_IO,            /* reading or writing a file failed */
} CncErrorCode;

GQuark cnc_error_quark (void);

/* Wherever this header is included, errors are made in the user's language: GLib's own functions, their format translated. */
#define g_set_error(error, domain, code, format, ...) (g_set_error) (error, domain, code, cnc_text (format), ##__VA_ARGS__)
#define g_set_error_literal(error, domain, code, text) (g_set_error_literal) (error, domain, code, cnc_text (text))

G_END_DECLS
