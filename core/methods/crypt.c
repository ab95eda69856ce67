/* Encrypt, verify, decrypt: the sealed methods. */
#include "methods/crypt.h"

#include "base/error.h"
#include "base/memory.h"
#include "methods/autoencoder/autoencoder.h"
#include "methods/crypt-carrier.h"
#include "methods/holder.h"
#include "methods/inside.h"
#include "methods/payload.h"
#include "methods/sedd/sedd.h"
#include "picture/pack.h"
#include "seal/stream.h"

struct _CncLock
{
  CncSecret *kek; /* of a passphrase and this salt; NULL: for recipients */
  guint8 salt[16];
  CncKdfParams params;
  CncSecret *file_key; /* wrapped by the stanzas */
  CncStanza stanzas[CNC_HEADER_MAX_STANZAS];
  guint n_stanzas;
  GArray *keys; /* of the recipients */
  gboolean used;
};

static const CncMethod methods[] = {
  { "hybrid", N_ ("Chaos + CNN"),
    N_ ("Every bit comes back. Block repositioning, a logistic map and an integer CNN cipher, inside an XChaCha20-Poly1305 seal."),
    CNC_METHOD_HYBRID, TRUE, FALSE },
  { "autoencoder", N_ ("Compressed (lossy)"),
    N_ ("Small, and not exact: a trained network keeps what the eye sees of a photograph, in 8 bits a colour. Sealed by "
        "XChaCha20-Poly1305, "
        "under the same chaotic and CNN layers."),
    CNC_METHOD_AUTOENCODER, FALSE, FALSE },
  { "sedd", N_ ("Public encoder (lossy)"),
    N_ ("For many senders and small devices: whoever has the encoder file of a pair encrypts, without a passphrase, and only the pair's "
        "decoder file opens the result. Very small, and not exact."),
    CNC_METHOD_SEDD, FALSE, FALSE },
  { "share", N_ ("Share (survives JPEG)"),
    N_ ("For messengers and web sites that turn pictures into JPEG: the compressed picture in large steps of grey, under a strong code "
        "against "
        "errors. It comes back complete and authenticated to the last bit, or not at all."),
    CNC_CARRIER_SHARE, FALSE, TRUE },
  { "restore", N_ ("Restore (gentle loss)"),
    N_ ("For ways that no code bears: a network writes the picture into a grey one, and restores it from what arrives. The worse the way, "
        "the "
        "softer the picture. Its pixels cannot be authenticated, only its header."),
    CNC_CARRIER_RESTORE, FALSE, TRUE },
  { NULL, NULL, NULL, 0, FALSE, FALSE },
};

const CncMethod *
cnc_methods (void)
{
  return methods;
}

const CncMethod *
cnc_method_by_id (const char *id, GError **error)
{
  g_autoptr (GString) ids = g_string_new (NULL);

  if (id == NULL || *id == '\0')
    return &methods[0];
  for (const CncMethod *m = methods; m->id != NULL; m++)
    {
      if (strcmp (m->id, id) == 0)
        return m;
      g_string_append_printf (ids, "%s%s", ids->len > 0 ? ", " : "", m->id);
    }
  g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "There is no method “%s”; choose one of: %s.", id, ids->str);
  return NULL;
}

const CncMethod *
cnc_method_by_number (guint8 number)
{
  for (const CncMethod *m = methods; m->id != NULL; m++)
    if (m->number == number)
      return m;
  return NULL;
}

gboolean
cnc_method_ready (const CncMethod *method, const char *model_name, GError **error)
{
  g_autoptr (CncAutoencoder) model = NULL;

  if (method->carrier)
    return cnc_carrier_ready (method, model_name, error);
  if (method->number == CNC_METHOD_SEDD && model_name != NULL)
    {
      g_autofree char *path = cnc_sedd_encoder_path (model_name, error);
      g_autoptr (CncSeddEncoder) encoder = path != NULL ? cnc_sedd_encoder_read (path, error) : NULL;

      return encoder != NULL;
    }
  if (method->number != CNC_METHOD_AUTOENCODER)
    return TRUE;
  model = cnc_autoencoder_find (NULL, NULL, error);
  return model != NULL;
}

CncWork
cnc_encrypt_work (const CncMethod *method, guint64 pixels)
{
  return cnc_engine_work (method != NULL && !method->lossless ? CNC_WORK_NETWORK : CNC_WORK_CIPHER, pixels);
}

CncWork
cnc_decrypt_work (const CncHeader *header)
{
  /* About one byte of a photograph's three stays without loss, about one bit with. */
  const gboolean network = cnc_inside_network (header->method);

  return cnc_engine_work (network ? CNC_WORK_NETWORK : CNC_WORK_CIPHER, network ? header->stream_length * 8 : header->stream_length);
}

static gboolean
start (CncPayload *payload, const CncPicture *picture, const CncLock *lock, const CncEncryptParams *params, guint8 method, GError **error)
{
  CncPicture described = *picture;
  CncRaster geometry;
  GByteArray *packed = cnc_inside_pack (method, picture, params, &geometry, error);

  if (cnc_inside_network (method))
    described.colormap = NULL;
  described.raster = &geometry;
  return packed != NULL && cnc_payload_start (payload, &described, packed, params->raw, lock->file_key, error);
}

/* kek: (transfer full), consumed also on an error. */
static CncLock *
lock_new (CncSecret *kek, const guint8 salt[16], const CncKdfParams *params, GError **error)
{
  g_autoptr (CncLock) lock = g_new0 (CncLock, 1);

  lock->kek = kek;
  memcpy (lock->salt, salt, sizeof lock->salt);
  lock->params = *params;
  lock->file_key = cnc_secret_new_key (NULL, error);
  if (lock->file_key == NULL || !cnc_stanza_seal_kek (&lock->stanzas[0], kek, salt, params, lock->file_key, error))
    return NULL;
  lock->n_stanzas = 1;
  return g_steal_pointer (&lock);
}

CncLock *
cnc_lock_new_passphrase (const CncSecret *passphrase, const CncKdfParams *params, GError **error)
{
  const CncKdfParams full = cnc_kdf_complete (params);
  CncSecret *kek;
  guint8 salt[16];

  if (!cnc_seal_init (error))
    return NULL;
  cnc_random (salt, sizeof salt);
  kek = cnc_kek_new (passphrase, salt, &full, error);
  return kek != NULL ? lock_new (kek, salt, &full, error) : NULL;
}

CncLock *
cnc_lock_new_kek (const CncSecret *kek, GError **error)
{
  const CncKdfParams full = cnc_kdf_complete (NULL);
  CncSecret *copy;
  guint8 salt[16];

  if (!cnc_seal_init (error))
    return NULL;
  cnc_random (salt, sizeof salt);
  copy = cnc_secret_new_key (cnc_secret_bytes (kek), error);
  return copy != NULL ? lock_new (copy, salt, &full, error) : NULL;
}

CncLock *
cnc_lock_new_recipients (const guint8 (*keys)[CNC_PUBLIC_KEY_BYTES], guint n, GError **error)
{
  g_autoptr (CncLock) lock = g_new0 (CncLock, 1);
  guint8 bodies[CNC_RECIPIENTS_MAX][CNC_STANZA_RECIPIENT_BYTES];

  lock->file_key = cnc_secret_new_key (NULL, error);
  if (lock->file_key == NULL)
    return NULL;
  lock->keys = g_array_new (FALSE, FALSE, CNC_PUBLIC_KEY_BYTES);
  g_array_append_vals (lock->keys, keys, n);
  cnc_random (lock->salt, sizeof lock->salt);
  lock->n_stanzas = cnc_recipients_seal (keys, n, lock->file_key, bodies, error);
  for (guint i = 0; i < lock->n_stanzas; i++)
    {
      lock->stanzas[i].type = CNC_STANZA_RECIPIENT;
      memcpy (lock->stanzas[i].body, bodies[i], sizeof bodies[i]);
    }
  return lock->n_stanzas > 0 ? g_steal_pointer (&lock) : NULL;
}

void
cnc_lock_free (CncLock *lock)
{
  if (lock == NULL)
    return;
  cnc_secret_free (lock->kek);
  cnc_secret_free (lock->file_key);
  g_clear_pointer (&lock->keys, g_array_unref);
  g_free (lock);
}

CncSecret *
cnc_unlock (const CncHeader *header, const CncOpener *opener, GError **error)
{
  if (!cnc_header_check_sum (header, error))
    return NULL;
  return opener->identity != NULL ? cnc_header_unlock_identity (header, opener->identity, error)
                                  : cnc_header_unlock (header, opener->passphrase, error);
}

static const CncFormat carrier_format = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };

/* A raster of the right size for total bytes, not cleared. */
static CncRaster *
new_carrier (const CncPicture *picture, const CncEncryptParams *params, guint64 total, GError **error)
{
  guint32 width = params->region_width, height = params->region_height;
  const guint64 there = (guint64) width * height * 3;

  if (width == 0 && height == 0)
    {
      if (params->method != NULL && !params->method->lossless ? !cnc_carrier_size_compact (total, &width, &height, error)
                                                              : !cnc_carrier_size (picture->raster->width, total, &width, &height, error))
        return NULL;
    }
  else if (width < CNC_REGION_MIN_WIDTH || total > there)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_TOO_SMALL,
                   "Encrypted, the selection takes %llu bytes, and its %u×%u pixels hold %llu; select more (at least %u pixels wide), or "
                   "encrypt into a new image.",
                   (unsigned long long) total, width, height, (unsigned long long) there, CNC_REGION_MIN_WIDTH);
      return NULL;
    }
  return cnc_raster_new (width, height, &carrier_format, error);
}

/* Header, stream and fill into a new carrier. */
static CncRaster *
seal (const CncPicture *picture, const CncPayload *payload, const CncLock *lock, const CncEncryptParams *params, CncHeader *header,
      GError **error)
{
  g_autoptr (CncSealer) sealer = NULL;
  g_autoptr (CncRaster) carrier = NULL;
  gsize head, total, written;

  memset (header, 0, sizeof *header);
  header->stream_length = cnc_stream_length (cnc_payload_plain_length (payload));
  header->method = params->method != NULL ? params->method->number : methods[0].number;
  header->n_stanzas = lock->n_stanzas;
  memcpy (header->stanzas, lock->stanzas, sizeof header->stanzas);
  head = cnc_header_bytes (header);
  carrier = new_carrier (picture, params, head + header->stream_length, error);
  if (carrier == NULL)
    return NULL;
  header->width = carrier->width;
  header->height = carrier->height;
  sealer = cnc_sealer_new (lock->file_key, header->stream_header, error);
  if (sealer == NULL)
    return NULL;
  cnc_header_finish (header, lock->file_key);
  cnc_header_write (header, carrier->data);

  total = cnc_raster_bytes (carrier);
  cnc_sealer_start (sealer, header->tag, carrier->data + head, total - head);
  if (!cnc_sealer_push (sealer, payload->prologue, CNC_PROLOGUE_BYTES, params->task, error)
      || !cnc_sealer_push (sealer, payload->info->data, payload->info->len, params->task, error)
      || !cnc_sealer_push (sealer, payload->data, payload->length, params->task, error) || !cnc_sealer_finish (sealer, &written, error))
    return NULL;
  memset (carrier->data + head + written, 0, total - head - written);
  cnc_payload_fill (lock->file_key, carrier->data + head + written, total - head - written);
  return g_steal_pointer (&carrier);
}

/* Opens the carrier as a receiver would, and compares. */
static gboolean
verify (const CncPicture *picture, const CncRaster *carrier, const CncHeader *header, const GByteArray *info, const CncLock *lock,
        const CncEncryptParams *params, GError **error)
{
  g_auto (CncPayload) payload = { 0 };
  g_autoptr (CncPicture) opened = NULL;
  CncHeader read;
  CncFormat format;
  guint32 width, height;

  if (!cnc_header_read (carrier->data, cnc_raster_bytes (carrier), carrier->width, carrier->height, &read, error)
      || !cnc_header_check_sum (&read, error) || !cnc_header_check_tag (&read, lock->file_key, error)
      || !cnc_payload_open (&payload, carrier, header, lock->file_key, params->backend, &opened, &width, &height, &format, params->task,
                            error))
    return FALSE;
  if (payload.info->len != info->len || memcmp (payload.info->data, info->data, info->len) != 0)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_GPU_LOST,
                           "The encrypted picture did not open to what was sealed; nothing was changed.");
      return FALSE;
    }
  return cnc_inside_verify (header->method, payload.data, payload.packed, payload.raw, picture, params, error);
}

static CncRaster *
start_carrier (const CncPicture *picture, const CncLock *lock, const CncEncryptParams *params, GError **error)
{
  g_autoptr (CncSecret) key = NULL;
  CncCarrierLock carrier_lock = { .params = lock->params };

  key = cnc_carrier_key_from_kek (lock->kek != NULL ? lock->kek : lock->file_key, error);
  if (key == NULL)
    return NULL;
  carrier_lock.key = key;
  memcpy (carrier_lock.salt, lock->salt, sizeof lock->salt);
  carrier_lock.recipients = lock->kek == NULL ? lock->n_stanzas : 0;
  for (guint i = 0; i < carrier_lock.recipients; i++)
    memcpy (carrier_lock.keys[i], lock->stanzas[i].body, CNC_STANZA_RECIPIENT_BYTES);
  return cnc_encrypt_carrier (picture, &carrier_lock, params, error);
}

/* A pair's picture is for the pair's holder, whoever else it is for. */
static gboolean
check_pair (const CncLock *lock, const char *model, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (GArray) keys = g_array_new (FALSE, FALSE, CNC_PUBLIC_KEY_BYTES);

  if (lock->keys == NULL)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                           "The method “sedd” encrypts for the holder of a decoder file, without a passphrase; leave the passphrase out, "
                           "or choose another method.");
      return FALSE;
    }
  path = cnc_sedd_encoder_path (model, error);
  if (path == NULL || !cnc_holder_recipients (path, keys, error))
    return FALSE;
  for (guint i = 0; i < lock->keys->len; i++)
    if (memcmp (lock->keys->data + i * CNC_PUBLIC_KEY_BYTES, keys->data, CNC_PUBLIC_KEY_BYTES) == 0)
      return TRUE;
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                       "The pair's own key is not among the recipients; give its encoder file as a recipient, too.");
  return FALSE;
}

CncRaster *
cnc_encrypt (const CncPicture *picture, CncLock *lock, const CncEncryptParams *params, GError **error)
{
  g_auto (CncPayload) payload = { 0 };
  g_autoptr (CncRaster) carrier = NULL;
  g_autoptr (GError) problem = NULL;
  CncHeader header;

  if (lock->used)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "A lock makes one encrypted picture; make a new one.");
      return NULL;
    }
  lock->used = TRUE;
  if (params->method != NULL && params->method->carrier)
    return start_carrier (picture, lock, params, error);
  if (params->method != NULL && params->method->number == CNC_METHOD_SEDD && !check_pair (lock, params->model, error))
    return NULL;
  if (!start (&payload, picture, lock, params, params->method != NULL ? params->method->number : methods[0].number, error)
      || !cnc_payload_encipher (&payload, lock->file_key, params->backend, params->task, error))
    return NULL;
  carrier = seal (picture, &payload, lock, params, &header, error);
  if (carrier == NULL)
    return NULL;
  /* The check needs a payload of its own: give this one's memory back first. */
  g_clear_pointer (&payload.data, g_free);
  payload.length = 0;
  if (!verify (picture, carrier, &header, payload.info, lock, params, &problem))
    {
      if (g_error_matches (problem, CNC_ERROR, CNC_ERROR_DAMAGED))
        g_set_error (error, CNC_ERROR, CNC_ERROR_GPU_LOST,
                     "The check of the result failed, nothing was changed. Choose another device (cpu always works) and try again. (%s)",
                     problem->message);
      else
        g_propagate_error (error, g_steal_pointer (&problem));
      return NULL;
    }
  return g_steal_pointer (&carrier);
}

#define ESTIMATE_STRIPS 8u
#define ESTIMATE_ROWS 32u

gboolean
cnc_encrypt_estimate (const CncPicture *picture, gboolean raw, guint64 *carrier_bytes, GError **error)
{
  const CncRaster *raster = picture->raster;
  const gsize row = cnc_raster_row_bytes (raster);
  g_autoptr (GByteArray) info = cnc_picture_write_info (picture, 0, raw, error);
  guint64 sampled = 0, packed = 0, payload;
  const guint strips = MIN (ESTIMATE_STRIPS, (raster->height - 1) / ESTIMATE_ROWS + 1);

  if (info == NULL)
    return FALSE;
  for (guint i = 0; i < strips && !raw; i++)
    {
      g_autoptr (GByteArray) part = NULL;
      CncRaster strip = *raster;
      const guint32 first = (guint32) ((guint64) raster->height * i / strips);

      strip.height = MIN (ESTIMATE_ROWS, raster->height - first);
      strip.data = raster->data + first * row;
      part = cnc_pack (&strip, FALSE, NULL, error);
      if (part == NULL)
        return FALSE;
      sampled += strip.height;
      packed += part->len;
    }
  payload = raw ? cnc_raster_bytes (raster) : packed * raster->height / sampled;
  payload += info->len + CNC_PROLOGUE_BYTES;
  *carrier_bytes = cnc_stream_length (payload) + CNC_HEADER_START_BYTES + CNC_STANZA_PASSPHRASE_BYTES + 83;
  return TRUE;
}

gboolean
cnc_encrypt_sample (const CncMethod *method, const char *model, const CncPicture *sample, CncBackend *backend, guint64 *bytes, double *psnr,
                    GError **error)
{
  const CncEncryptParams params = { .method = method, .model = model, .backend = backend, .psnr = psnr };
  CncRaster geometry;
  g_autoptr (GByteArray) body = NULL;

  if (!cnc_inside_network (method->number) || method->carrier)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "This method is lossless; there is no quality to tell.");
      return FALSE;
    }
  body = cnc_inside_pack (method->number, sample, &params, &geometry, error);
  if (body == NULL)
    return FALSE;
  *bytes = body->len;
  return cnc_inside_verify (method->number, body->data, body->len, FALSE, sample, &params, error);
}

CncPicture *
cnc_decrypt (const CncRaster *carrier, const CncHeader *header, const CncSecret *file_key, const CncDecryptParams *params, GError **error)
{
  g_auto (CncPayload) payload = { 0 };
  g_autoptr (CncPicture) picture = NULL;
  CncFormat format;
  guint32 width, height;

  if (!cnc_header_check_tag (header, file_key, error)
      || !cnc_payload_open (&payload, carrier, header, file_key, params->backend, &picture, &width, &height, &format, params->task, error))
    return NULL;
  picture->raster = cnc_raster_new (width, height, &format, error);
  if (picture->raster == NULL || !cnc_inside_unpack (header->method, &payload, picture->raster, params, error))
    return NULL;
  return g_steal_pointer (&picture);
}

static CncRaster *
not_a_carrier (const char *why, GError **error)
{
  g_set_error (error, CNC_ERROR, CNC_ERROR_NOT_ENCRYPTED, "This is no encrypted picture: %s.", why);
  return NULL;
}

/* The 8-bit value that a sample repeats in each of its bytes; -1 if it is not of that kind. */
static gint
repeated_byte (const guint8 *sample, guint bytes)
{
  for (guint i = 1; i < bytes; i++)
    if (sample[i] != sample[0])
      return -1;
  return sample[0];
}

CncRaster *
cnc_carrier_normalise (CncRaster *raster, GError **error)
{
  g_autoptr (CncRaster) from = raster;
  g_autoptr (CncRaster) to = NULL;
  const guint bytes = cnc_format_sample_bytes (&raster->format);
  const guint channels = cnc_format_channels (&raster->format);
  const gsize pixels = (gsize) raster->width * raster->height;

  if (raster->format.model != CNC_MODEL_RGB)
    return not_a_carrier (_ ("it is grey or has a palette, encrypted pictures have red, green and blue"), error);
  if (raster->format.sample > CNC_SAMPLE_U32)
    return not_a_carrier (_ ("its samples are floating point"), error);
  if (cnc_format_equal (&raster->format, &carrier_format))
    return g_steal_pointer (&from);
  to = cnc_raster_new (raster->width, raster->height, &carrier_format, error);
  if (to == NULL)
    return NULL;
  for (gsize i = 0; i < pixels; i++)
    {
      const guint8 *pixel = from->data + i * channels * bytes;
      gint value;

      for (guint c = 0; c < 3; c++)
        {
          value = repeated_byte (pixel + c * bytes, bytes);
          if (value < 0)
            return not_a_carrier (_ ("its samples have more than 8 bits"), error);
          to->data[3 * i + c] = (guint8) value;
        }
      if (channels == 4 && repeated_byte (pixel + 3 * bytes, bytes) != 255)
        return not_a_carrier (_ ("it is transparent in places"), error);
    }
  return g_steal_pointer (&to);
}
