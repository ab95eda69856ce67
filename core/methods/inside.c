/* Bodies of the sealed methods, see inside.h. */
#include "methods/inside.h"

#include "base/error.h"
#include "base/text.h"
#include "methods/autoencoder/autoencoder.h"
#include "methods/lossy.h"
#include "methods/sedd/sedd.h"
#include "picture/pack.h"

#include <math.h>

gboolean
cnc_inside_network (guint8 method)
{
  return method == CNC_METHOD_AUTOENCODER || method == CNC_METHOD_SEDD;
}

static CncSeddEncoder *
find_encoder (const CncEncryptParams *params, GError **error)
{
  g_autofree char *path = cnc_sedd_encoder_path (params->model, error);

  return path != NULL ? cnc_sedd_encoder_read (path, error) : NULL;
}

static GByteArray *
pack_sedd (const CncPicture *picture, const CncEncryptParams *params, CncRaster *geometry, GError **error)
{
  g_autoptr (CncSeddEncoder) encoder = find_encoder (params, error);

  return encoder != NULL ? cnc_sedd_pack (encoder, picture, geometry, params->task, error) : NULL;
}

static GByteArray *
pack_autoencoder (const CncPicture *picture, const CncEncryptParams *params, CncRaster *geometry, GError **error)
{
  g_autoptr (CncAutoencoder) model = cnc_autoencoder_find (NULL, NULL, error);

  return model != NULL ? cnc_autoencoder_pack (model, picture, params->backend, geometry, params->task, error) : NULL;
}

GByteArray *
cnc_inside_pack (guint8 method, const CncPicture *picture, const CncEncryptParams *params, CncRaster *geometry, GError **error)
{
  *geometry = *picture->raster;
  if (!cnc_inside_network (method))
    return cnc_pack (picture->raster, params->raw, params->task, error);
  if (params->raw)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                           "This method always compresses; choose another one to leave the pixels as they are.");
      return NULL;
    }
  return method == CNC_METHOD_SEDD ? pack_sedd (picture, params, geometry, error) : pack_autoencoder (picture, params, geometry, error);
}

static void
add_note (const CncEncryptParams *params, char *note)
{
  g_autofree char *before = params->notes != NULL ? *params->notes : NULL, *added = note;

  if (params->notes != NULL)
    *params->notes = g_strconcat (before != NULL ? before : "", before != NULL ? " " : "", added, NULL);
}

/* The vector has to be right; its picture can only be looked at where the decoder is. */
static gboolean
verify_sedd (const guint8 *body, gsize size, const CncPicture *picture, const CncEncryptParams *params, double *psnr, GError **error)
{
  g_autoptr (CncSeddEncoder) encoder = find_encoder (params, error);
  g_autoptr (GError) problem = NULL;

  if (encoder == NULL || !cnc_sedd_verify (encoder, body, size, picture, params->task, error))
    return FALSE;
  if (encoder->demonstration)
    add_note (
        params,
        g_strdup (_ ("This is the demonstration pair: everybody has its decoder and its secret key, so everybody can open the result.")));
  if (cnc_sedd_quality (body, size, NULL, picture, params->backend, psnr, params->task, &problem))
    return TRUE;
  if (!g_error_matches (problem, CNC_ERROR, CNC_ERROR_MODEL))
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  *psnr = NAN;
  add_note (
      params,
      g_strdup_printf (
          _ ("The decoder of the pair “%s” is not on this computer: the picture can be encrypted but not opened here, and how good it "
             "comes back was not measured."),
          encoder->name));
  return TRUE;
}

gboolean
cnc_inside_verify (guint8 method, const guint8 *body, gsize size, gboolean raw, const CncPicture *picture, const CncEncryptParams *params,
                   GError **error)
{
  double psnr;

  if (!cnc_inside_network (method))
    return cnc_pack_verify (body, size, raw, picture->raster, params->task, error);
  if (method == CNC_METHOD_SEDD ? !verify_sedd (body, size, picture, params, &psnr, error)
                                : !cnc_autoencoder_quality (body, size, picture, params->backend, &psnr, params->task, error))
    return FALSE;
  if (params->psnr != NULL)
    *params->psnr = psnr;
  return TRUE;
}

gboolean
cnc_inside_unpack (guint8 method, const CncPayload *payload, CncRaster *raster, const CncDecryptParams *params, GError **error)
{
  if (!cnc_inside_network (method))
    return cnc_unpack (payload->data, payload->packed, payload->raw, raster, params->task, error);
  if (payload->raw)
    return cnc_lossy_damaged (error);
  if (method == CNC_METHOD_SEDD)
    return cnc_sedd_unpack (payload->data, payload->packed, params->decoder, raster, params->backend, params->task, error);
  return cnc_autoencoder_unpack (payload->data, payload->packed, raster, params->backend, params->task, error);
}
