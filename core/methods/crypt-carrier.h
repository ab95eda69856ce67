/* core/methods/crypt-carrier.h: what crypt.c hands on to the methods with a grey carrier. */
#pragma once

#include "methods/carrier.h"
#include "methods/crypt.h"

G_BEGIN_DECLS

/* See cnc_method_ready; method: one with a carrier, as below. */
gboolean cnc_carrier_ready (const CncMethod *method, const char *model, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* See cnc_encrypt; params->method: one with a carrier. */
CncRaster *cnc_encrypt_carrier (const CncPicture *picture, const CncCarrierLock *lock, const CncEncryptParams *params,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
