/* tests/unit/sedd-pair.h: a small pair for the method "sedd", with made-up weights: it keeps the picture badly, and obeys every rule. */
#pragma once

#include "codec-model.h"
#include "methods/sedd/sedd.h"
#include "sedd-values.h"
#include "seal/keyfile.h"

#define SEDD_PAIR_GRAPH                                                                                                                    \
  "{\"version\":1,\"inputs\":[{\"name\":\"z\",\"channels\":6}],\"nodes\":["                                                                 \
  NODE ("d1", "conv2d", "\"z\"", "\"channels\":8,\"kernel\":3,\"pad\":1,\"activation\":\"leaky_relu\",\"slope\":0.1") ","                   \
  NODE ("d2", "conv2d", "\"d1\"", "\"channels\":192,\"kernel\":1") ","                                                                      \
  NODE ("y", "pixel_shuffle", "\"d2\"", "\"factor\":8") "],\"outputs\":[\"y\"]}"

static const SeddEncoder sedd_code = { SEDD_HIDDEN,     SEDD_CHANNELS, SEDD_FIRST_SHIFT, SEDD_SLOPE,      SEDD_SECOND_SHIFT,
                                       sedd_first, sedd_first_bias, sedd_second, sedd_second_bias };

/* The bytes of the decoder file, and the secret key that it carries, of seed bytes. */
static inline GBytes *
sedd_decoder_bytes (guint8 seed, guint8 key[CNC_PUBLIC_KEY_BYTES])
{
  g_autoptr (CncNet) net = model_of (SEDD_PAIR_GRAPH, seed);
  g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new ();
  g_autoptr (CncLatentTables) tables = codec_model_tables (SEDD_CHANNELS);
  guint8 raw[CNC_KEY_BYTES];
  g_autoptr (CncSecret) secret = NULL;
  g_autofree char *identity = NULL;
  GBytes *bytes;

  memset (raw, seed, sizeof raw);
  secret = cnc_secret_new_key (raw, NULL);
  cnc_public_key (secret, key);
  identity = cnc_identity_text (secret, NULL, NULL, NULL);
  g_assert_true (cnc_net_store (net, CNC_DTYPE_F32, writer, NULL));
  g_assert_true (cnc_latent_tables_store (tables, writer, NULL));
  cnc_safetensors_writer_text (writer, "kind", "sedd-decoder");
  cnc_safetensors_writer_text (writer, "identity", identity);
  bytes = cnc_safetensors_writer_finish (writer, NULL);
  g_assert_nonnull (bytes);
  return bytes;
}

/* The encoder that belongs to these bytes. */
static inline CncSeddEncoder *
sedd_encoder_for (GBytes *decoder, const char *name)
{
  g_autoptr (CncSafetensors) file = cnc_safetensors_parse (g_bytes_get_data (decoder, NULL), g_bytes_get_size (decoder), NULL);
  CncSeddEncoder *encoder = cnc_sedd_encoder_new (&sedd_code, NULL);

  g_assert_nonnull (encoder);
  encoder->tables = codec_model_tables (SEDD_CHANNELS);
  encoder->name = g_strdup (name);
  memcpy (encoder->decoder, cnc_safetensors_sha256 (file), CNC_SHA256_BYTES);
  return encoder;
}

/* Writes NAME.encoder.safetensors and NAME.safetensors into folder. */
static inline void
sedd_pair_write (const char *folder, const char *name, guint8 seed)
{
  g_autofree char *decoder_path = g_strdup_printf ("%s/%s.safetensors", folder, name);
  g_autofree char *encoder_path = g_strdup_printf ("%s/%s.encoder.safetensors", folder, name);
  guint8 key[CNC_PUBLIC_KEY_BYTES];
  g_autoptr (GBytes) decoder = sedd_decoder_bytes (seed, key);
  g_autoptr (CncSeddEncoder) encoder = sedd_encoder_for (decoder, name);
  g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new ();
  g_autofree char *recipient = cnc_recipient_text (key);
  g_autoptr (GBytes) bytes = NULL;

  g_assert_true (cnc_sedd_encoder_store (encoder, writer, NULL));
  cnc_safetensors_writer_text (writer, "recipient", recipient);
  bytes = cnc_safetensors_writer_finish (writer, NULL);
  g_assert_true (cnc_file_replace (encoder_path, bytes, NULL));
  g_assert_true (cnc_file_replace (decoder_path, decoder, NULL));
}

static inline void
sedd_pair_remove (const char *folder, const char *name)
{
  g_autofree char *decoder = g_strdup_printf ("%s/%s.safetensors", folder, name);
  g_autofree char *encoder = g_strdup_printf ("%s/%s.encoder.safetensors", folder, name);

  g_unlink (decoder);
  g_unlink (encoder);
}
