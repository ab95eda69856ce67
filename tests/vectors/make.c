/* The samples that vectors are made of; those that must open. */
#include "make.h"

#include "base/memory.h"
#include "methods/crypt.h"
#include "seal/primitives.h"

static const CncFormat rgb8 = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };

/* The key-encryption key of all vectors that have one. */
#define KEK_HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

CncPicture *
make_picture (guint32 width, guint32 height, const CncFormat *format)
{
  CncPicture *picture = cnc_picture_new ();

  picture->raster = cnc_raster_new (width, height, format, NULL);
  g_assert_nonnull (picture->raster);
  for (gsize i = 0; i < cnc_raster_bytes (picture->raster); i++)
    picture->raster->data[i] = (guint8) (i * 5 + i / 7 * 3 + (i * i >> 9));
  if (format->model == CNC_MODEL_INDEXED)
    picture->colormap = g_bytes_new ("\1\2\3\4\5\6", 6);
  picture->x_resolution = 72.0;
  picture->y_resolution = 72.0;
  picture->unit = 1;
  picture->name = g_strdup ("Ebene „1“");
  return picture;
}

static Sample *
make_with (const Maker *maker, const CncPicture *picture, const CncEncryptParams *params)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncLock) lock = cnc_lock_new_kek (maker->kek, &error);
  Sample *sample = g_new0 (Sample, 1);
  gboolean ok;

  sample->carrier = cnc_encrypt (picture, lock, params, &error);
  g_assert_no_error (error);
  ok = cnc_header_read (sample->carrier->data, cnc_raster_bytes (sample->carrier), 0, 0, &sample->header, &error);
  g_assert_true (ok);
  sample->file_key = cnc_header_unlock_kek (&sample->header, maker->kek, &error);
  g_assert_no_error (error);
  sample->payload = vector_hash (picture->raster);
  return sample;
}

Sample *
make_sample (const Maker *maker, const CncPicture *picture, gboolean raw, guint32 region_width, guint32 region_height)
{
  const CncEncryptParams params = { .backend = maker->backend, .raw = raw, .region_width = region_width, .region_height = region_height };

  return make_with (maker, picture, &params);
}

Sample *
make_sample_of (const Maker *maker, const CncPicture *picture, const char *method)
{
  const CncEncryptParams params = { .method = cnc_method_by_id (method, NULL), .backend = maker->backend };

  return make_with (maker, picture, &params);
}

void
sample_free (Sample *sample)
{
  if (sample == NULL)
    return;
  cnc_raster_free (sample->carrier);
  cnc_secret_free (sample->file_key);
  g_free (sample->payload);
  g_free (sample);
}

CncRaster *
copy_raster (const CncRaster *raster)
{
  CncRaster *copy = cnc_raster_new (raster->width, raster->height, &raster->format, NULL);

  memcpy (copy->data, raster->data, cnc_raster_bytes (raster));
  return copy;
}

void
save_with (const Maker *maker, const char *name, const char *key, const char *lines, const char *comment, CncRaster *image)
{
  g_autofree char *path = g_strdup_printf ("%s/%s.cct", maker->folder, name);
  g_autofree char *head = g_strdup_printf ("%s%scomment: %s\n", lines, key, comment);
  g_autoptr (GError) error = NULL;

  (void) vector_save (path, head, image, &error);
  g_assert_no_error (error);
  cnc_raster_free (image);
}

void
save (const Maker *maker, const char *name, const char *expect, const char *message, const Sample *sample, CncRaster *image,
      const char *comment)
{
  g_autoptr (GString) lines = g_string_new (NULL);

  g_string_append_printf (lines, "expect: %s\n", expect);
  if (message != NULL)
    g_string_append_printf (lines, "message: %s\n", message);
  if (strcmp (expect, "success") == 0)
    g_string_append_printf (lines, "payload: %s\n", sample->payload);
  save_with (maker, name, "kek: " KEK_HEX "\n", lines->str, comment, image);
}

void
save_lines (const Maker *maker, const char *name, const char *lines, CncRaster *image, const char *comment)
{
  g_autofree char *all = g_strdup_printf ("expect: success\n%s", lines);

  save_with (maker, name, "kek: " KEK_HEX "\n", all, comment, image);
}

void
fix_checksum (const Sample *sample, CncRaster *image)
{
  const gsize at = cnc_header_checksum_offset (&sample->header);

  cnc_checksum (image->data, at, image->data + at);
}

void
fix_tag (const Sample *sample, CncRaster *image)
{
  const gsize at = cnc_header_tag_offset (&sample->header);
  const guint8 *bytes = image->data;
  guint8 key[CNC_KEY_BYTES];

  fix_checksum (sample, image);
  cnc_subkey (sample->file_key, CNC_SUBKEY_HEADER, key);
  cnc_keyed_hash (key, &bytes, &at, 1, image->data + at);
}

/* Every format in the smallest of pictures. */
static void
make_formats (const Maker *maker)
{
  static const char *const models[] = { "grey", "rgb", "indexed" };
  static const char *const samples[] = { "u8", "u16", "u32", "half", "float", "double" };

  for (gint model = 0; model <= CNC_MODEL_INDEXED; model++)
    for (gint sample = 0; sample <= CNC_SAMPLE_DOUBLE; sample++)
      {
        const CncFormat format = { (CncModel) model, (CncSample) sample, CNC_CURVE_PERCEPTUAL, sample % 2 == 1 };
        g_autoptr (CncPicture) picture = NULL;
        g_autoptr (Sample) s = NULL;
        g_autofree char *name = g_strdup_printf ("success-%s%s-%s", models[model], format.alpha ? "-alpha" : "", samples[sample]);

        if (!cnc_format_valid (&format))
          continue;
        picture = make_picture (9, 7, &format);
        s = make_sample (maker, picture, FALSE, 0, 0);
        save (maker, name, "success", NULL, s, copy_raster (s->carrier), "a picture of this format opens");
      }
}

static void
put_sample (guint8 *data, CncSample sample, double value)
{
  const guint16 narrow = (guint16) (value * 65535);
  const float real = (float) value - 0.25f;

  if (sample == CNC_SAMPLE_U8)
    *data = (guint8) (value * 255);
  else if (sample == CNC_SAMPLE_U16)
    memcpy (data, &narrow, sizeof narrow);
  else
    memcpy (data, &real, sizeof real);
}

/* Pictures that each way of packing a band is made for. */
static void
make_contents (const Maker *maker)
{
  static const struct
  {
    const char *name;
    const char *comment;
    CncFormat format;
    enum
    {
      SMOOTH,
      FEW,
      REPEATED
    } content;
  } cases[] = {
    { "success-smooth-u16", "predicted, two bytes a sample", { CNC_MODEL_RGB, CNC_SAMPLE_U16, CNC_CURVE_PERCEPTUAL, TRUE }, SMOOTH },
    { "success-smooth-float",
      "predicted, floating point, some negative",
      { CNC_MODEL_RGB, CNC_SAMPLE_FLOAT, CNC_CURVE_LINEAR, FALSE },
      SMOOTH },
    { "success-repeated-u8", "a pattern, not predicted", { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE }, REPEATED },
    { "success-few-values-u16",
      "few different samples, packed by their ranks",
      { CNC_MODEL_GREY, CNC_SAMPLE_U16, CNC_CURVE_PERCEPTUAL, FALSE },
      FEW },
    { "success-few-values-float",
      "few different samples, packed by their ranks",
      { CNC_MODEL_RGB, CNC_SAMPLE_FLOAT, CNC_CURVE_LINEAR, TRUE },
      FEW },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (CncPicture) picture = make_picture (61, 37, &cases[i].format);
      g_autoptr (Sample) s = NULL;
      const guint bytes = cnc_format_sample_bytes (&cases[i].format), channels = cnc_format_channels (&cases[i].format);

      for (guint k = 0; k < 61 * 37 * channels; k++)
        {
          const guint noise = k * k * 2654435761u >> 20, x = k / channels % 61, y = k / channels / 61;
          const double smooth = (x * 5 + y * 7 + k % channels * 30 + noise % 64 / 64.0) / 700;
          const double value = cases[i].content == SMOOTH ? smooth : (cases[i].content == FEW ? noise : k % 23 * k % 7) % 40 / 39.0;

          put_sample (picture->raster->data + k * bytes, cases[i].format.sample, value);
        }
      s = make_sample (maker, picture, FALSE, 0, 0);
      save (maker, cases[i].name, "success", NULL, s, copy_raster (s->carrier), cases[i].comment);
    }
}

static void
put (CncRaster *canvas, const CncRaster *part, guint32 x, guint32 y)
{
  for (guint32 row = 0; row < part->height; row++)
    memcpy (canvas->data + (y + row) * cnc_raster_row_bytes (canvas) + 3 * x, part->data + row * cnc_raster_row_bytes (part),
            cnc_raster_row_bytes (part));
}

static void
make_regions (const Maker *maker)
{
  g_autoptr (CncPicture) canvas = make_picture (120, 50, &rgb8);
  g_autoptr (CncPicture) picture = make_picture (12, 5, &rgb8);
  g_autoptr (Sample) first = make_sample (maker, picture, FALSE, 40, 40);
  g_autoptr (Sample) second = make_sample (maker, picture, FALSE, 8, 49);
  g_autofree char *both = g_strdup_printf ("expect: success\npayload: %s\npayload: %s\n", first->payload, second->payload);
  CncRaster *one = copy_raster (canvas->raster), *two = copy_raster (canvas->raster), *corner = copy_raster (canvas->raster);
  CncRaster *bad = copy_raster (canvas->raster);

  put (one, first->carrier, 7, 3);
  put (two, first->carrier, 7, 3);
  put (two, second->carrier, 111, 1);
  put (corner, first->carrier, 0, 0);
  put (bad, first->carrier, 7, 3);
  bad->data[20 * cnc_raster_row_bytes (bad) + 3 * 30] ^= 1;
  save (maker, "success-region", "success", NULL, first, one, "a region in a picture that is not encrypted");
  save (maker, "success-region-at-origin", "success", NULL, first, corner, "a region in the upper left corner of a larger picture");
  save (maker, "region-flipped", "damaged", NULL, first, bad, "one bit inside the region");
  save_with (maker, "success-two-regions", "kek: " KEK_HEX "\n", both, "two regions, the second 8 pixels wide", two);
}

/* Through Argon2id, at the least cost that is accepted. */
static void
make_passphrases (const Maker *maker)
{
  static const CncKdfParams cheap = { CNC_KDF_OPS_MIN, CNC_KDF_MEMORY_KIB_MIN };
  static const char lower[] = "expect: wrong-key\n";
  const CncEncryptParams params = { .backend = maker->backend };
  g_autoptr (CncPicture) picture = make_picture (20, 12, &rgb8);
  g_autoptr (CncSecret) passphrase = cnc_secret_new_passphrase ("Gr\xc3\xb6\xc3\x9f"
                                                                "e 7",
                                                                9, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (CncLock) lock = cnc_lock_new_passphrase (passphrase, &cheap, &error);
  g_autoptr (CncRaster) carrier = cnc_encrypt (picture, lock, &params, &error);
  g_autofree char *hash = vector_hash (picture->raster);
  g_autofree char *opens = g_strdup_printf ("expect: success\npayload: %s\n", hash);

  g_assert_no_error (error);
  save_with (maker, "success-passphrase", "passphrase: 4772c3b6c39f652037\n", opens, "Argon2id, 1 pass over 64 MiB", copy_raster (carrier));
  save_with (maker, "success-passphrase-decomposed", "passphrase: 47726fcc88c39f652037\n", opens,
             "the same passphrase, typed with a combining diaeresis", copy_raster (carrier));
  save_with (maker, "wrong-passphrase", "passphrase: 6772c3b6c39f652037\n", lower, "a small letter for a capital one",
             copy_raster (carrier));
  save_with (maker, "wrong-passphrase-blank", "passphrase: 4772c3b6c39f65203720\n", lower, "a blank at the end", copy_raster (carrier));
  save_with (maker, "empty-passphrase", "passphrase: \n", "expect: bad-argument\n", "an empty passphrase is refused",
             copy_raster (carrier));
  carrier->data[36] ^= 1;
  cnc_checksum (carrier->data, cnc_header_bytes (&(CncHeader){ .n_stanzas = 1, .stanzas = { { .type = CNC_STANZA_PASSPHRASE } } }) - 48,
                carrier->data + 187);
  save_with (maker, "salt-flipped-fixed", "passphrase: 4772c3b6c39f652037\n", lower, "a bit of the salt, checksum made to match",
             copy_raster (carrier));
}

void
make_vectors (const char *folder, const char *models, CncBackend *backend)
{
  Maker maker = { .folder = folder, .models = models, .backend = backend };
  g_autoptr (CncPicture) picture = make_picture (20, 12, &rgb8);
  g_autoptr (CncPicture) dot = make_picture (1, 1, &rgb8);
  g_autoptr (CncPicture) wide = make_picture (150, 150, &rgb8);
  g_autoptr (Sample) sample = NULL, tiny = NULL, raw = NULL, large = NULL;
  guint8 kek[CNC_KEY_BYTES];

  for (guint i = 0; i < CNC_KEY_BYTES; i++)
    kek[i] = (guint8) i;
  maker.kek = cnc_secret_new_key (kek, NULL);
  sample = make_sample (&maker, picture, FALSE, 0, 0);
  tiny = make_sample (&maker, dot, FALSE, 0, 0);
  raw = make_sample (&maker, picture, TRUE, 0, 0);
  large = make_sample (&maker, wide, TRUE, 0, 0);
  save (&maker, "success", "success", NULL, sample, copy_raster (sample->carrier), "a small picture opens");
  save (&maker, "success-1x1", "success", NULL, tiny, copy_raster (tiny->carrier), "one pixel");
  save (&maker, "success-raw", "success", NULL, raw, copy_raster (raw->carrier), "stored, not packed");
  make_formats (&maker);
  make_contents (&maker);
  make_regions (&maker);
  make_passphrases (&maker);
  make_method_vectors (&maker);
  make_sedd_vectors (&maker);
  make_header_vectors (&maker, sample);
  make_stanza_vectors (&maker, sample);
  make_recipient_vectors (&maker);
  make_stream_vectors (&maker, sample, large);
  make_picture_vectors (&maker, sample);
  cnc_secret_free (maker.kek);
}
