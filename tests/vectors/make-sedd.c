/* Vectors of method 3: pictures for the holder of the pair in pair.safetensors, and each fault of what stands inside (format.md, "Method
 * 3"). */
#include "make.h"

#include "../unit/sedd-pair.h"
#include "base/memory.h"
#include "methods/crypt.h"
#include "methods/payload.h"

#define SEED 3u /* of the pair: its secret key is 32 times this byte */
#define NAME "pair"
#define AT_STEP (CNC_SHA256_BYTES + 1 + strlen (NAME)) /* and behind it the length and the vector */

void
make_pair (const char *folder)
{
  sedd_pair_write (folder, NAME, SEED);
}

static char *
key_lines (void)
{
  GString *lines = g_string_new ("identity: ");

  for (guint i = 0; i < CNC_KEY_BYTES; i++)
    g_string_append_printf (lines, "%02x", SEED);
  g_string_append_c (lines, '\n');
  return g_string_free (lines, FALSE);
}

/* body: (out) (transfer full) what is sealed in it. */
static Sample *
make_for_pair (const Maker *maker, const CncPicture *picture, GByteArray **body)
{
  g_autofree char *path = g_build_filename (maker->models, NAME ".encoder.safetensors", NULL);
  g_autofree guint8 *bytes = g_malloc (CNC_KEY_BYTES);
  const CncEncryptParams params = { .method = cnc_method_by_id ("sedd", NULL), .backend = maker->backend, .model = path };
  g_autoptr (CncSecret) secret = NULL;
  g_autoptr (CncLock) lock = NULL;
  g_autoptr (CncPicture) opened = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (CncPayload) payload = { { 0 } };
  guint8 key[1][CNC_PUBLIC_KEY_BYTES];
  Sample *sample = g_new0 (Sample, 1);
  guint32 width, height;
  CncFormat format;
  gboolean ok;

  memset (bytes, SEED, CNC_KEY_BYTES);
  secret = cnc_secret_new_key (bytes, &error);
  cnc_public_key (secret, key[0]);
  lock = cnc_lock_new_recipients ((const guint8 (*)[CNC_PUBLIC_KEY_BYTES]) key, 1, &error);
  sample->carrier = cnc_encrypt (picture, lock, &params, &error);
  g_assert_no_error (error);
  ok = cnc_header_read (sample->carrier->data, cnc_raster_bytes (sample->carrier), 0, 0, &sample->header, &error);
  g_assert_true (ok);
  sample->file_key = cnc_header_unlock_identity (&sample->header, secret, &error);
  g_assert_no_error (error);
  ok = cnc_payload_open (&payload, sample->carrier, &sample->header, sample->file_key, maker->backend, &opened, &width, &height, &format,
                         NULL, &error);
  g_assert_true (ok);
  *body = g_byte_array_append (g_byte_array_new (), payload.data, (guint) payload.packed);
  return sample;
}

char *
vector_numbers (const CncRaster *carrier, const CncHeader *header, const CncSecret *file_key, CncBackend *backend, const char *path)
{
  g_autoptr (CncSeddDecoder) decoder = cnc_sedd_decoder_read (path, NULL);
  g_auto (CncPayload) payload = { { 0 } };
  g_autoptr (CncPicture) opened = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gint16 *values = NULL;
  g_autofree guint8 *bytes = NULL;
  guint32 width, height, across, down;
  CncFormat format;
  gboolean ok;
  gsize n;

  g_assert_nonnull (decoder);
  ok = cnc_payload_open (&payload, carrier, header, file_key, backend, &opened, &width, &height, &format, NULL, &error);
  g_assert_true (ok);
  cnc_sedd_blocks (width, height, &across, &down);
  n = (gsize) across * down * decoder->channels;
  values = g_new (gint16, n);
  ok = cnc_latent_decode (decoder->tables, payload.data + AT_STEP + 5, cnc_get_u32 (payload.data + AT_STEP + 1), across, down, values, NULL,
                          &error);
  g_assert_true (ok);
  bytes = g_malloc (2 * n);
  for (gsize i = 0; i < n; i++)
    cnc_put_u16 (bytes + 2 * i, (guint16) values[i]);
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, bytes, 2 * n);
}

static void
save_success (const Maker *maker, const char *name, const Sample *sample, const char *comment)
{
  g_autofree char *path = g_build_filename (maker->models, NAME ".safetensors", NULL), *key = key_lines ();
  const CncDecryptParams params = { .backend = maker->backend, .decoder = path };
  g_autoptr (CncPicture) opened = NULL;
  g_autofree char *numbers = vector_numbers (sample->carrier, &sample->header, sample->file_key, maker->backend, path);
  g_autoptr (GString) lines = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  opened = cnc_decrypt (sample->carrier, &sample->header, sample->file_key, &params, &error);
  g_assert_no_error (error);
  g_string_append_printf (lines, "expect: success\nlatent: %s\nabout: ", numbers);
  for (gsize i = 0; i < cnc_raster_bytes (opened->raster); i++)
    g_string_append_printf (lines, "%02x", opened->raster->data[i]);
  g_string_append_c (lines, '\n');
  save_with (maker, name, key, lines->str, comment, copy_raster (sample->carrier));
}

typedef struct
{
  const char *name, *message, *comment;
  gboolean alpha; /* of the picture with alpha */
  guint at;       /* from here */
  guint size;     /* so many bytes: */
  gint set;       /* get this value; -1: are cut out; -2: one is put in; -3: are turned round */
  gboolean last;  /* at counts from the end */
} Fault;

static const Fault faults[] = {
  { "sedd-decoder-unknown", "decoder of the pair “pair” (SHA-256 ", "the hash of a decoder that nobody has", FALSE, 31, 1, -3, FALSE },
  { "sedd-name-empty", NULL, "the pair's name has no letter", FALSE, 32, 1, 0, FALSE },
  { "sedd-step-32", NULL, "a step that there is not", FALSE, 37, 1, 32, FALSE },
  { "sedd-step-255", NULL, "the largest step", FALSE, 37, 1, 255, FALSE },
  { "sedd-length-max", NULL, "a vector of 2^32 - 1 bytes", FALSE, 38, 4, 255, FALSE },
  { "sedd-length-0", NULL, "a vector of no bytes, and alpha that was not promised", FALSE, 38, 4, 0, FALSE },
  { "sedd-vector-first", NULL, "the vector's first byte is not 0", FALSE, 42, 1, 1, FALSE },
  { "sedd-vector-last", NULL, "the range coder does not end at 0", FALSE, 1, 1, -3, TRUE },
  { "sedd-vector-cut", NULL, "the vector's last byte is missing", FALSE, 1, 1, -1, TRUE },
  { "sedd-only-hash", NULL, "nothing behind the hash", FALSE, 32, 100000, -1, FALSE },
  { "sedd-trailing", NULL, "a byte behind the vector, and no alpha", FALSE, 0, 0, -2, TRUE },
  { "sedd-alpha-cut", NULL, "the last byte of alpha is missing", TRUE, 1, 1, -1, TRUE },
};

static void
change (GByteArray *body, const Fault *fault)
{
  const guint at = fault->last ? body->len - fault->at : fault->at, size = MIN (fault->size, body->len - at);

  if (fault->set == -1)
    g_byte_array_remove_range (body, at, size);
  else if (fault->set == -2)
    g_byte_array_append (body, (const guint8 *) "", 1);
  else
    for (guint i = 0; i < size; i++)
      body->data[at + i] = (guint8) (fault->set == -3 ? body->data[at + i] ^ 1 : fault->set);
}

static void
make_faults (const Maker *maker, const Sample *sample, const GByteArray *body, guint32 width, guint32 height, const CncFormat *format)
{
  g_autofree char *key = key_lines ();

  for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
    {
      GByteArray *changed;
      g_autofree char *lines = NULL;

      if (faults[i].alpha != format->alpha)
        continue;
      changed = g_byte_array_append (g_byte_array_new (), body->data, body->len);
      change (changed, &faults[i]);
      lines = faults[i].message != NULL ? g_strdup_printf ("expect: model-missing\nmessage: %s\n", faults[i].message)
                                        : g_strdup ("expect: damaged\n");
      save_with (maker, faults[i].name, key, lines, faults[i].comment, make_sealed_body (maker, sample, changed, width, height, format));
    }
}

void
make_sedd_vectors (const Maker *maker)
{
  static const CncFormat rgb8 = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  static const CncFormat grey_alpha = { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, TRUE };
  g_autoptr (CncPicture) picture = make_picture (37, 29, &rgb8), with_alpha = make_picture (16, 24, &grey_alpha);
  g_autoptr (GByteArray) body = NULL, other = NULL;
  g_autoptr (Sample) sample = make_for_pair (maker, picture, &body), second = make_for_pair (maker, with_alpha, &other);
  g_autofree char *key = key_lines ();

  save_success (maker, "success-sedd", sample, "method 3, sides that are no multiples of 8");
  save_success (maker, "success-sedd-grey-alpha", second, "method 3, grey, and alpha, which is exact");
  make_faults (maker, sample, body, 37, 29, &rgb8);
  make_faults (maker, second, other, 16, 24, &grey_alpha);
  save_with (maker, "sedd-small", key, "expect: damaged\n", "a picture that is too small for the method",
             make_sealed_body (maker, sample, g_byte_array_append (g_byte_array_new (), body->data, body->len), 37, 15, &rgb8));
}
