/* Vectors of method 2: pictures that open with tiny.safetensors, and each fault of what stands inside (format.md, "Method 2"). */
#include "make.h"

#include "../unit/codec-model.h"
#include "base/memory.h"
#include "methods/autoencoder/autoencoder.h"
#include "methods/autoencoder/range.h"
#include "methods/crypt.h"
#include "methods/payload.h"

#define ENDING ".safetensors"
#define MUST(call)                                                                                                                         \
  do                                                                                                                                       \
    if (!(call))                                                                                                                           \
      g_assert_no_error (error);                                                                                                           \
  while (0)

static const CncFormat rgb8 = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
static const CncFormat rgba8 = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, TRUE };

/* ---- the inside of the seal, taken apart and put together ---- */

typedef struct
{
  guint8 hash[CNC_SHA256_BYTES];
  GByteArray *name, *coded, *alpha;
  gint name_more, coded_more; /* what the stated lengths are too large by */
  gsize cut;                  /* bytes missing at the end */
} Body;

static void
body_clear (Body *body)
{
  g_byte_array_unref (body->name);
  g_byte_array_unref (body->coded);
  g_byte_array_unref (body->alpha);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Body, body_clear)

static GByteArray *
bytes_of (const guint8 *data, gsize size)
{
  return g_byte_array_append (g_byte_array_new (), data, (guint) size);
}

static void
body_split (const guint8 *data, gsize size, Body *body)
{
  const guint name = data[CNC_SHA256_BYTES];
  const guint8 *rest = data + CNC_SHA256_BYTES + 1 + name;
  const guint32 coded = cnc_get_u32 (rest);

  *body = (Body){ .name = bytes_of (data + CNC_SHA256_BYTES + 1, name), .coded = bytes_of (rest + 4, coded) };
  memcpy (body->hash, data, CNC_SHA256_BYTES);
  rest += 4 + coded;
  body->alpha = bytes_of (rest, (gsize) (data + size - rest));
}

static GByteArray *
body_join (const Body *body)
{
  GByteArray *bytes = bytes_of (body->hash, CNC_SHA256_BYTES);
  const guint8 name = (guint8) ((gint) body->name->len + body->name_more);
  guint8 coded[4];

  cnc_put_u32 (coded, (guint32) ((gint) body->coded->len + body->coded_more));
  g_byte_array_append (bytes, &name, 1);
  g_byte_array_append (bytes, body->name->data, body->name->len);
  g_byte_array_append (bytes, coded, sizeof coded);
  g_byte_array_append (bytes, body->coded->data, body->coded->len);
  g_byte_array_append (bytes, body->alpha->data, body->alpha->len);
  g_byte_array_set_size (bytes, bytes->len - (guint) body->cut);
  return bytes;
}

/* body: (out) of a carrier of method 2. */
static void
open_body (const CncRaster *carrier, const CncHeader *header, const CncSecret *file_key, CncBackend *backend, Body *body, guint32 *width,
           guint32 *height)
{
  g_auto (CncPayload) payload = { { 0 } };
  g_autoptr (CncPicture) picture = NULL;
  g_autoptr (GError) error = NULL;
  CncFormat format;

  MUST (cnc_payload_open (&payload, carrier, header, file_key, backend, &picture, width, height, &format, NULL, &error));
  body_split (payload.data, payload.packed, body);
}

char *
vector_latent (const CncRaster *carrier, const CncHeader *header, const CncSecret *file_key, CncBackend *backend, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncAutoencoder) model = cnc_autoencoder_read (path, &error);
  g_auto (Body) body = { { 0 } };
  g_autofree gint16 *values = NULL;
  g_autofree guint8 *bytes = NULL;
  guint32 width, height;
  gsize n;

  g_assert_no_error (error);
  open_body (carrier, header, file_key, backend, &body, &width, &height);
  cnc_autoencoder_latent_size (model, width, height, &width, &height);
  n = (gsize) model->channels * width * height;
  values = g_new (gint16, n);
  MUST (cnc_latent_decode (model->tables, body.coded->data, body.coded->len, width, height, values, NULL, &error));
  bytes = g_malloc (2 * n);
  for (gsize i = 0; i < n; i++)
    cnc_put_u16 (bytes + 2 * i, (guint16) values[i]);
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, bytes, 2 * n);
}

/* The body sealed as that of a picture of this size and format. */
static CncRaster *
seal_body (const Maker *maker, const Sample *sample, GByteArray *body, guint32 width, guint32 height, const CncFormat *format, gboolean raw)
{
  g_auto (CncPayload) payload = { { 0 } };
  g_autoptr (CncPicture) picture = make_picture (width, height, format);
  g_autoptr (GByteArray) plain = NULL;
  g_autoptr (GError) error = NULL;

  MUST (cnc_payload_start (&payload, picture, body, raw, sample->file_key, &error));
  MUST (cnc_payload_encipher (&payload, sample->file_key, maker->backend, NULL, &error));
  plain = bytes_of (payload.prologue, sizeof payload.prologue);
  g_byte_array_append (plain, payload.info->data, payload.info->len);
  g_byte_array_append (plain, payload.data, (guint) payload.length);
  return seal_plain (sample, plain->data, plain->len);
}

CncRaster *
make_sealed_body (const Maker *maker, const Sample *sample, GByteArray *body, guint32 width, guint32 height, const CncFormat *format)
{
  return seal_body (maker, sample, body, width, height, format, FALSE);
}

/* ---- what opens ---- */

static void
save_success (const Maker *maker, const char *name, const Sample *sample, CncRaster *carrier, const char *comment)
{
  const CncDecryptParams params = { .backend = maker->backend };
  g_autofree char *path = g_build_filename (maker->models, "tiny" ENDING, NULL);
  g_autoptr (CncPicture) opened = NULL;
  g_autofree char *latent = NULL;
  g_autoptr (GString) lines = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  CncHeader header;

  MUST (cnc_header_read (carrier->data, cnc_raster_bytes (carrier), carrier->width, carrier->height, &header, &error));
  opened = cnc_decrypt (carrier, &header, sample->file_key, &params, &error);
  g_assert_no_error (error);
  latent = vector_latent (carrier, &header, sample->file_key, maker->backend, path);
  g_string_append_printf (lines, "latent: %s\nabout: ", latent);
  for (gsize i = 0; i < cnc_raster_bytes (opened->raster); i++)
    g_string_append_printf (lines, "%02x", opened->raster->data[i]);
  g_string_append_c (lines, '\n');
  save_lines (maker, name, lines->str, carrier, comment);
}

/* Smooth, with an edge; alpha, where there is one, is another gradient. */
static CncPicture *
make_scene (guint32 width, guint32 height, const CncFormat *format)
{
  CncPicture *picture = make_picture (width, height, format);
  const guint channels = cnc_format_channels (format), bytes = cnc_format_sample_bytes (format);

  for (guint32 y = 0; y < height; y++)
    for (guint32 x = 0; x < width; x++)
      for (guint c = 0; c < channels; c++)
        {
          guint8 *at = picture->raster->data + (((gsize) y * width + x) * channels + c) * bytes;
          const guint value = 40 + 3 * x + (c == 1 ? 4 : 1) * y + (x * 2 > width + y ? 60 * c : 0);
          const float real = (float) value / 255;

          if (format->sample == CNC_SAMPLE_FLOAT)
            memcpy (at, &real, sizeof real);
          else
            memset (at, (gint) MIN (value, 255), bytes);
        }
  return picture;
}

static void
make_pictures (const Maker *maker)
{
  static const struct
  {
    const char *name, *comment;
    guint32 width, height;
    CncFormat format;
  } cases[] = {
    { "success-lossy",
      "method 2, sides that the network does not divide",
      37,
      29,
      { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, 0 } },
    { "success-lossy-grey", "method 2, grey", 22, 18, { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, 0 } },
    { "success-lossy-alpha", "method 2, alpha beside it, exact", 24, 16, { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, 1 } },
    { "success-lossy-grey-alpha", "method 2, grey and alpha", 9, 7, { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, 1 } },
    { "success-lossy-u16", "method 2, from 16 bits: 8 bits come back", 13, 21, { CNC_MODEL_RGB, CNC_SAMPLE_U16, CNC_CURVE_PERCEPTUAL, 0 } },
    { "success-lossy-linear", "method 2, from linear floating point", 16, 9, { CNC_MODEL_RGB, CNC_SAMPLE_FLOAT, CNC_CURVE_LINEAR, 0 } },
    { "success-lossy-1x1", "method 2, one pixel", 1, 1, { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, 0 } },
    { "success-lossy-wide", "method 2, a few rows", 131, 3, { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, 0 } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (CncPicture) picture = make_scene (cases[i].width, cases[i].height, &cases[i].format);
      g_autoptr (Sample) sample = make_sample_of (maker, picture, "autoencoder");

      save_success (maker, cases[i].name, sample, copy_raster (sample->carrier), cases[i].comment);
    }
}

/* Numbers that no picture gives: every escape, and the largest that there are. */
static void
make_numbers (const Maker *maker, const Sample *sample, const CncAutoencoder *model, const Body *base, guint32 width, guint32 height)
{
  Body body = *base;
  guint32 w, h;
  g_autofree gint16 *values = NULL;
  g_autoptr (GByteArray) coded = NULL;
  g_autoptr (GError) error = NULL;

  cnc_autoencoder_latent_size (model, width, height, &w, &h);
  values = g_new (gint16, (gsize) model->channels * w * h);
  for (guint i = 0; i < model->channels * w * h; i++)
    values[i] = (gint16) (i % 13 == 5 ? (i % 2 == 0 ? 1 : -1) * (1 << i / 13 % 16) : (gint) (i * i % 11) - 5);
  values[3] = G_MININT16;
  values[4] = G_MAXINT16;
  coded = cnc_latent_encode (model->tables, values, w, h, NULL, &error);
  g_assert_no_error (error);
  body.coded = coded;
  save_success (maker, "success-lossy-large-numbers", sample, seal_body (maker, sample, body_join (&body), width, height, &rgb8, FALSE),
                "method 2, numbers of the latent as large as they may be");
}

/* ---- what does not ---- */

static void
change_hash (Body *body)
{
  body->hash[31] ^= 1;
}

static void
no_name (Body *body)
{
  g_byte_array_set_size (body->name, 0);
}

static void
long_name (Body *body)
{
  while (body->name->len < 65)
    g_byte_array_append (body->name, (const guint8 *) "x", 1);
}

static void
name_not_utf8 (Body *body)
{
  body->name->data[0] = 0xff;
}

static void
name_with_nul (Body *body)
{
  body->name->data[1] = 0;
}

static void
only_hash (Body *body)
{
  body->cut = 1 + body->name->len + 4 + body->coded->len;
}

static void
no_length (Body *body)
{
  body->cut = 1 + body->coded->len;
}

static void
name_over (Body *body)
{
  body->name_more = 60 - (gint) body->name->len;
  body->cut = body->coded->len - 30;
}

static void
length_over (Body *body)
{
  body->coded_more = 1;
}

static void
length_max (Body *body)
{
  body->coded_more = -1 - (gint) body->coded->len;
}

static void
no_coded (Body *body)
{
  g_byte_array_set_size (body->coded, 0);
}

static void
four_bytes (Body *body)
{
  g_byte_array_set_size (body->coded, 4);
}

static void
cut_coded (Body *body)
{
  g_byte_array_set_size (body->coded, body->coded->len - 1);
}

static void
half_coded (Body *body)
{
  g_byte_array_set_size (body->coded, body->coded->len / 2);
}

static void
longer_coded (Body *body)
{
  g_byte_array_append (body->coded, (const guint8 *) "", 1);
}

static void
first_byte (Body *body)
{
  body->coded->data[0] = 1;
}

static void
last_byte (Body *body)
{
  body->coded->data[body->coded->len - 1] ^= 1;
}

static void
start_max (Body *body)
{
  memset (body->coded->data + 1, 0xff, 4);
}

static void
trailing (Body *body)
{
  g_byte_array_append (body->alpha, (const guint8 *) "", 1);
}

static void
no_alpha (Body *body)
{
  g_byte_array_set_size (body->alpha, 0);
}

static void
cut_alpha (Body *body)
{
  g_byte_array_set_size (body->alpha, body->alpha->len - 1);
}

typedef struct
{
  const char *name, *expect, *message;
  void (*change) (Body *body);
  gboolean alpha;
  const char *comment;
} Fault;

static const Fault faults[] = {
  { "lossy-model-unknown", "model-missing", "the model “tiny” (SHA-256 ", change_hash, FALSE, "the hash of a model that nobody has" },
  { "lossy-name-empty", "damaged", NULL, no_name, FALSE, "the model's name has no letter" },
  { "lossy-name-long", "damaged", NULL, long_name, FALSE, "the model's name has 65 bytes" },
  { "lossy-name-not-utf8", "damaged", NULL, name_not_utf8, FALSE, "the model's name is not UTF-8" },
  { "lossy-name-nul", "damaged", NULL, name_with_nul, FALSE, "a NUL in the model's name" },
  { "lossy-only-hash", "damaged", NULL, only_hash, FALSE, "nothing behind the hash" },
  { "lossy-name-over", "damaged", NULL, name_over, FALSE, "the model's name reaches beyond the end" },
  { "lossy-length-missing", "damaged", NULL, no_length, FALSE, "three bytes of the length of the latent" },
  { "lossy-length-over", "damaged", NULL, length_over, FALSE, "the latent is one byte longer than what is there" },
  { "lossy-length-max", "damaged", NULL, length_max, FALSE, "a latent of 2^32 - 1 bytes" },
  { "lossy-latent-empty", "damaged", NULL, no_coded, FALSE, "a latent of no bytes" },
  { "lossy-latent-4-bytes", "damaged", NULL, four_bytes, FALSE, "a latent of 4 bytes" },
  { "lossy-latent-cut", "damaged", NULL, cut_coded, FALSE, "the latent's last byte is missing" },
  { "lossy-latent-half", "damaged", NULL, half_coded, FALSE, "half of the latent is missing" },
  { "lossy-latent-longer", "damaged", NULL, longer_coded, FALSE, "a byte too many in the latent" },
  { "lossy-latent-first", "damaged", NULL, first_byte, FALSE, "the latent's first byte is not 0" },
  { "lossy-latent-last", "damaged", NULL, last_byte, FALSE, "the range coder does not end at 0" },
  { "lossy-latent-start-max", "damaged", NULL, start_max, FALSE, "a place that no slice has" },
  { "lossy-trailing", "damaged", NULL, trailing, FALSE, "a byte behind the latent, and no alpha" },
  { "lossy-alpha-missing", "damaged", NULL, no_alpha, TRUE, "alpha is promised and not there" },
  { "lossy-alpha-cut", "damaged", NULL, cut_alpha, TRUE, "the last byte of alpha is missing" },
  { "lossy-alpha-longer", "damaged", NULL, trailing, TRUE, "a byte behind alpha" },
};

static Body
copy_body (const Body *from)
{
  Body to = *from;

  to.name = bytes_of (from->name->data, from->name->len);
  to.coded = bytes_of (from->coded->data, from->coded->len);
  to.alpha = bytes_of (from->alpha->data, from->alpha->len);
  return to;
}

static void
make_faults (const Maker *maker, const Sample *sample, const Body *base, guint32 width, guint32 height, const CncFormat *format)
{
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
    if (faults[i].alpha == format->alpha)
      {
        g_auto (Body) body = copy_body (base);

        faults[i].change (&body);
        save (maker, faults[i].name, faults[i].expect, faults[i].message, sample,
              seal_body (maker, sample, body_join (&body), width, height, format, FALSE), faults[i].comment);
      }
}

/* The inner header speaks of another picture than the body. */
static void
make_descriptions (const Maker *maker, const Sample *sample, const Body *base, guint32 width, guint32 height)
{
  static const struct
  {
    const char *name, *comment;
    guint wider;
    CncFormat format;
  } cases[] = {
    { "lossy-u16", "method 2 with 16 bits a sample", 0, { CNC_MODEL_RGB, CNC_SAMPLE_U16, CNC_CURVE_PERCEPTUAL, FALSE } },
    { "lossy-linear", "method 2 with linear samples", 0, { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_LINEAR, FALSE } },
    { "lossy-indexed", "method 2 with a palette", 0, { CNC_MODEL_INDEXED, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE } },
    { "lossy-wider", "a latent of fewer columns than the picture needs", 8, { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE } },
  };
  const CncFormat grey = { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (GByteArray) whole = body_join (base);
  Sample other = *sample;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    save (maker, cases[i].name, "damaged", NULL, sample,
          seal_body (maker, sample, body_join (base), width + cases[i].wider, height, &cases[i].format, FALSE), cases[i].comment);
  save (maker, "lossy-raw", "damaged", NULL, sample, seal_body (maker, sample, body_join (base), whole->len, 1, &grey, TRUE),
        "method 2 that says it is not packed");
  other.header.method = CNC_METHOD_HYBRID;
  save (maker, "lossy-as-method-1", "damaged", NULL, sample, seal_body (maker, &other, body_join (base), width, height, &rgb8, FALSE),
        "what method 2 seals, under the number of method 1");
}

/* The first number is coded with that many ones, the others as a writer would. */
static GByteArray *
code_first (const CncAutoencoder *model, guint32 width, guint32 height, guint ones)
{
  const CncLatentTables *t = model->tables;
  g_autofree gint16 *values = g_new0 (gint16, (gsize) model->channels * width * height);
  g_auto (CncLatentWalk) walk = { 0 };
  GByteArray *out = g_byte_array_new ();
  CncRangeEncoder coder;

  g_assert_true (cnc_latent_walk_init (&walk, t, width, height, values, NULL));
  cnc_range_encoder_init (&coder, out);
  for (guint c = 0; c < t->channels; c++)
    for (guint32 y = 0; y < height; y++)
      {
        cnc_latent_walk_row (&walk, c, y);
        for (guint32 x = 0; x < width; x++)
          {
            const gboolean first = c == 0 && y == 0 && x == 0;
            const guint symbol = first ? CNC_LATENT_ESCAPE : CNC_LATENT_SMALL;
            const guint32 *starts;
            gint32 mean, spread;

            cnc_latent_walk_look (&walk, x, &mean, &spread);
            starts = t->starts + ((gsize) c * CNC_LATENT_CONTEXTS + cnc_latent_context (t, c, spread)) * (CNC_LATENT_SYMBOLS + 1);
            cnc_range_encode (&coder, starts[symbol], starts[symbol + 1] - starts[symbol], CNC_LATENT_BITS);
            values[((gsize) c * height + y) * width + x] = (gint16) (first ? G_MAXINT16 : mean);
            if (first)
              {
                cnc_range_encode (&coder, 0, 1, 1); /* not negative */
                for (guint i = 0; i < 2 * ones + 1; i++)
                  cnc_range_encode (&coder, i != ones, 1, 1);
              }
            cnc_latent_walk_put (&walk, x, mean);
          }
      }
  cnc_range_encoder_finish (&coder);
  return out;
}

static void
make_overruns (const Maker *maker, const Sample *sample, const CncAutoencoder *model, const Body *base, guint32 width, guint32 height)
{
  static const struct
  {
    const char *name, *comment;
    guint ones;
  } cases[] = {
    { "lossy-number-over", "a number beyond 16 bits", 15 },
    { "lossy-17-ones", "a number with a length that none has", 17 },
  };
  guint32 w, h;

  cnc_autoencoder_latent_size (model, width, height, &w, &h);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (Body) body = copy_body (base);

      g_byte_array_unref (body.coded);
      body.coded = code_first (model, w, h, cases[i].ones);
      save (maker, cases[i].name, "damaged", NULL, sample, seal_body (maker, sample, body_join (&body), width, height, &rgb8, FALSE),
            cases[i].comment);
    }
}

static void
make_tiny (const Maker *maker)
{
  g_autofree char *path = g_build_filename (maker->models, "tiny" ENDING, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (CncAutoencoder) model = cnc_autoencoder_read (path, &error);
  g_autoptr (CncPicture) picture = make_scene (27, 22, &rgb8), with_alpha = make_scene (18, 15, &rgba8);
  g_autoptr (Sample) sample = NULL, second = NULL;
  g_auto (Body) body = { { 0 } }, other = { { 0 } };
  guint32 width, height;

  g_assert_no_error (error);
  make_pictures (maker);
  sample = make_sample_of (maker, picture, "autoencoder");
  open_body (sample->carrier, &sample->header, sample->file_key, maker->backend, &body, &width, &height);
  save_success (maker, "success-lossy-sealed-again", sample, seal_body (maker, sample, body_join (&body), width, height, &rgb8, FALSE),
                "method 2, the same inside sealed once more");
  make_numbers (maker, sample, model, &body, width, height);
  make_faults (maker, sample, &body, width, height, &rgb8);
  make_descriptions (maker, sample, &body, width, height);
  make_overruns (maker, sample, model, &body, width, height);
  second = make_sample_of (maker, with_alpha, "autoencoder");
  open_body (second->carrier, &second->header, second->file_key, maker->backend, &other, &width, &height);
  make_faults (maker, second, &other, width, height, &rgba8);
}

void
make_method_vectors (const Maker *maker)
{
  g_autofree char *folder = codec_model_install ("vectors-only", 2026);
  g_autoptr (CncPicture) picture = make_picture (50, 30, &rgba8);
  g_autoptr (Sample) sample = make_sample_of (maker, picture, "autoencoder");

  codec_model_remove (folder, "vectors-only");
  g_setenv ("CNNCRYPT_MODEL_PATH", maker->models, TRUE);
  save (maker, "model-missing", "model-missing", "vectors-only", sample, copy_raster (sample->carrier),
        "method 2, sealed correctly, with a model that nobody has");
  make_tiny (maker);
}
