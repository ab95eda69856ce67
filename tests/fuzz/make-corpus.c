/* Writes the seeds of the corpus: make-corpus FOLDER makes FOLDER/TARGET/NAME for each target. */
#include "fuzz.h"

#include "channel/carrier.h"
#include "methods/payload.h"
#include "picture/pack.h"
#include "stego/convolve.h"
#include "stego/lattice.h"
#include "picture/pixels.h"
#include "stego/robust-record.h"
#include "stego/stego.h"

#include "../unit/codec-model.h"
#include "../unit/restore-case.h"
#include "../unit/sedd-pair.h"
#include "methods/autoencoder/autoencoder.h"

#include <glib/gstdio.h>

static const char *folder;

static void
save (const char *target, const char *name, const GByteArray *bytes)
{
  g_autofree char *path = g_build_filename (folder, target, NULL);
  g_autofree char *file = g_build_filename (path, name, NULL);
  g_autoptr (GError) error = NULL;

  g_mkdir_with_parents (path, 0777);
  (void) g_file_set_contents (file, (const char *) bytes->data, bytes->len, &error);
  g_assert_no_error (error);
}

static CncPicture *
make_picture (const CncFormat *format)
{
  CncPicture *picture = cnc_picture_new ();

  picture->raster = cnc_raster_new (17, 11, format, NULL);
  for (gsize i = 0; i < cnc_raster_bytes (picture->raster); i++)
    picture->raster->data[i] = (guint8) (i * 3 + i / 9);
  if (format->model == CNC_MODEL_INDEXED)
    picture->colormap = g_bytes_new ("abcdef", 6);
  if (format->sample % 2 == 0)
    {
      picture->x_resolution = 72;
      picture->y_resolution = 144.5;
      picture->unit = 1;
      picture->name = g_strdup ("layer");
      picture->profile = g_bytes_new ("profile", 7);
      picture->metadata = g_strdup ("<x/>");
      cnc_picture_add_parasite (picture, "gimp-comment", 1, "hi", 3);
      cnc_picture_add_parasite (picture, "", 0, "", 0);
    }
  return picture;
}

static GByteArray *
bytes_of (gconstpointer data, gsize size)
{
  return g_byte_array_append (g_byte_array_new (), data, (guint) size);
}

static void
save_headers (const CncRaster *carrier, const char *name)
{
  g_autoptr (GByteArray) head = bytes_of (carrier->data, MIN (300, cnc_raster_bytes (carrier)));
  g_autoptr (GByteArray) whole = bytes_of ("\1", 1), as_sent = bytes_of ("", 1);

  g_byte_array_append (whole, carrier->data, (guint) cnc_raster_bytes (carrier));
  g_byte_array_append (as_sent, carrier->data, (guint) cnc_raster_bytes (carrier));
  save ("header", name, head);
  save ("container", name, whole);
  if (cnc_raster_bytes (carrier) < 2000)
    {
      g_autofree char *other = g_strconcat (name, "-as-sent", NULL);

      save ("container", other, as_sent);
    }
}

static void
save_picture (const CncFormat *format, gboolean raw, const char *name)
{
  g_autoptr (CncPicture) picture = make_picture (format);
  g_autoptr (GByteArray) packed = cnc_pack (picture->raster, raw, NULL, NULL);
  g_autoptr (GByteArray) info = cnc_picture_write_info (picture, packed->len, raw, NULL);
  g_autoptr (GByteArray) inner = bytes_of ("\1", 1), unpack = g_byte_array_new ();
  const guint8 geometry[5]
      = { format->model, format->sample, (guint8) (format->curve << 1 | (format->alpha ? 1 : 0) | (raw ? 4 : 0)), 17 - 1, 11 - 1 };
  const CncEncryptParams params = { .backend = fuzz_backend (), .raw = raw };
  g_autoptr (CncLock) lock = cnc_lock_new_kek (fuzz_kek (), NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (CncRaster) carrier = cnc_encrypt (picture, lock, &params, &error);
  guint8 length[2];

  g_assert_no_error (error);
  cnc_put_u16 (length, (guint16) info->len);
  g_byte_array_append (inner, length, 2);
  g_byte_array_append (inner, info->data, info->len);
  g_byte_array_append (inner, packed->data, packed->len);
  g_byte_array_append (unpack, geometry, sizeof geometry);
  g_byte_array_append (unpack, packed->data, packed->len);
  save_headers (carrier, name);
  save ("plain", name, inner);
  save ("info", name, info);
  save ("unpack", name, unpack);
}

/* A stream's plaintext, and a header for recipients. */
static void
save_others (void)
{
  g_autoptr (GByteArray) plain = bytes_of ("", 1), recipients = g_byte_array_new ();
  CncHeader header;

  for (guint i = 0; i < 300; i++)
    g_byte_array_append (plain,
                         (const guint8[]){ (guint8) (i == 64              ? 22
                                                     : i >= 65 && i < 68  ? 0
                                                     : i == 68 || i == 72 ? 1
                                                     : i == 82            ? 3
                                                                          : 0) },
                         1);
  save ("plain", "whole", plain);
  fuzz_header (&header, 500);
  header.n_stanzas = 3;
  for (guint i = 0; i < 3; i++)
    header.stanzas[i].type = CNC_STANZA_RECIPIENT;
  header.height = 10;
  cnc_header_finish (&header, fuzz_file_key ());
  g_byte_array_set_size (recipients, (guint) cnc_header_bytes (&header));
  cnc_header_write (&header, recipients->data);
  save ("header", "recipients", recipients);
}

/* Small networks: layers of every kind, a batch normalisation, a dense layer. */
static void
save_models (void)
{
  g_autoptr (GBytes) lossy = NULL;
  g_autoptr (GByteArray) whole = NULL;
  static const struct
  {
    const char *name, *graph;
  } models[] = {
    { "codec", CODEC_GRAPH },
    { "norm", GRAPH ("\"channels\":1",
                     NODE ("c", "conv2d", "\"x\"", "\"channels\":2,\"kernel\":1") "," NODE ("n", "batch_norm", "\"c\"", ""), "\"n\"") },
    { "dense",
      GRAPH ("\"channels\":1,\"height\":2,\"width\":2", NODE ("d", "dense", "\"x\"", "\"channels\":2,\"activation\":\"tanh\""), "\"d\"") },
    { "key", "{\"version\":1,\"inputs\":[{\"name\":\"x\",\"channels\":3},{\"name\":\"k\",\"channels\":3,\"divide\":4,\"key\":1}],\"nodes\":"
             "[" NODE ("c", "conv2d", "\"x\"", "\"channels\":3,\"kernel\":4,\"stride\":4") "," PLAIN ("a", "add", "\"c\",\"k\"") "," PLAIN (
                 "w", "wrap",
                 "\"a\"") "," NODE ("j", "jpeg", "\"w\"",
                                    "\"low\":40,\"high\":90,\"always\":1") "," NODE ("b", "blur", "\"j\"",
                                                                                     "\"low\":0.5,\"high\":1,\"always\":1") "],\"outputs\":"
                                                                                                                            "[\"b\"]}" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (models); i++)
    {
      g_autoptr (CncNet) model = model_of (models[i].graph, i);
      g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new ();
      g_autoptr (GBytes) file = NULL;
      g_autoptr (GByteArray) bytes = NULL;

      if (!cnc_net_store (model, CNC_DTYPE_F32, writer, NULL))
        g_assert_not_reached ();
      file = cnc_safetensors_writer_finish (writer, NULL);
      bytes = bytes_of (g_bytes_get_data (file, NULL), g_bytes_get_size (file));
      save ("model", models[i].name, bytes);
    }
  lossy = codec_model_bytes (5);
  whole = bytes_of (g_bytes_get_data (lossy, NULL), g_bytes_get_size (lossy));
  save ("model", "lossy", whole);
}

/* Latents of zeros, of small numbers with a few large ones, and of the largest. */
static void
save_latents (void)
{
  static const char *const names[] = { "zeros", "small", "large" };
  g_autoptr (CncLatentTables) tables = codec_model_tables (3);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const guint8 sides[2] = { (guint8) (3 + 4 * i), (guint8) (9 - 3 * i) };
      g_autoptr (GByteArray) bytes = bytes_of (sides, 2), coded = NULL;
      gint16 values[3 * 12 * 12];

      for (guint k = 0; k < G_N_ELEMENTS (values); k++)
        values[k] = (gint16) (i == 0        ? 0
                              : i == 2      ? (k % 2 == 0 ? G_MININT16 : G_MAXINT16)
                              : k % 17 == 0 ? (gint) k * 3 - 300
                                            : (gint) (k % 5) - 2);
      coded = cnc_latent_encode (tables, values, sides[0] % 40 + 1u, sides[1] % 40 + 1u, NULL, NULL);
      g_byte_array_append (bytes, coded->data, coded->len);
      save ("latent", names[i], bytes);
    }
}

/* Tables as they may be, and ones that are refused, each with something behind them. */
static void
save_tables (void)
{
  static const char *const names[] = { "tables", "wide", "unsorted", "odd" };
  static const guint8 flags[] = { 4, 3, 12, 16 };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const guint8 head[3] = { (guint8) (5 + i), (guint8) (9 - i), flags[i] };
      g_autoptr (GByteArray) bytes = bytes_of (head, 3);

      for (guint k = 0; k < 2600; k++)
        g_byte_array_append (bytes, (const guint8[]){ (guint8) (k * k >> 3 ^ k * (i + 3)) }, 1);
      save ("tables", names[i], bytes);
    }
}

/* Pictures of every kind that the lossy method seals. */
static void
save_bodies (void)
{
  static const char *const names[] = { "rgb", "grey", "rgb-alpha", "grey-alpha" };
  g_autofree char *models = codec_model_install ("fuzz", 5);
  g_autoptr (CncAutoencoder) model = cnc_autoencoder_find (NULL, NULL, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const CncFormat format = { i % 2 == 1 ? CNC_MODEL_GREY : CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, i >= 2 };
      const guint8 head[3] = { (guint8) i, 17 - 1, 11 - 1 };
      g_autoptr (CncPicture) picture = make_picture (&format);
      g_autoptr (GByteArray) bytes = bytes_of (head, 3), body = NULL;
      CncRaster geometry;

      body = cnc_autoencoder_pack (model, picture, fuzz_backend (), &geometry, NULL, NULL);
      g_byte_array_append (bytes, body->data, body->len);
      save ("body", names[i], bytes);
    }
  codec_model_remove (models, "fuzz");
}

/* The same of the method with a public encoder. */
static void
save_sedd (void)
{
  static const char *const names[] = { "rgb", "grey", "rgb-alpha", "grey-alpha" };
  g_autofree char *models = g_dir_make_tmp ("cnncrypt-fuzz-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (models, "fuzz.encoder.safetensors", NULL);
  g_autoptr (CncSeddEncoder) encoder = NULL;

  sedd_pair_write (models, "fuzz", 5);
  encoder = cnc_sedd_encoder_read (path, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const CncFormat format = { i % 2 == 1 ? CNC_MODEL_GREY : CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, i >= 2 };
      g_autoptr (CncPicture) picture = make_picture (&format);
      const guint8 head[3] = { (guint8) i, 37 - 1, 18 - 1 };
      g_autoptr (GByteArray) bytes = bytes_of (head, 3), body = NULL;
      CncRaster geometry;

      cnc_raster_free (picture->raster);
      picture->raster = cnc_raster_new (37, 18, &format, NULL);
      for (gsize k = 0; k < cnc_raster_bytes (picture->raster); k++)
        picture->raster->data[k] = (guint8) (k * 3 + k / 9);
      body = cnc_sedd_pack (encoder, picture, &geometry, NULL, NULL);
      g_byte_array_append (bytes, body->data, body->len);
      save ("sedd", names[i], bytes);
    }
  sedd_pair_remove (models, "fuzz");
  g_rmdir (models);
}

/* Records alone, of pictures with secrets; a whole such picture; and a secret as it was before the seal. */
static void
save_records (void)
{
  static const guint8 salt[CNC_STEGO_SALT_BYTES] = { 7 }, sides[2] = { 40 - 1, 40 - 1 };
  const CncHideParams params = { .mode = cnc_stego_mode_by_id ("exact", NULL) };
  const CncSecret *const keks[] = { fuzz_kek (), fuzz_file_key () };
  const CncFormat format = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncPicture) secret = make_picture (&format);
  const CncRaster *const secrets[] = { secret->raster, secret->raster };
  g_autoptr (CncRaster) cover = cnc_rgb_new (40, 40, NULL);
  guint8 bytes[CNC_STEGO_RECORD_MAX_BYTES];
  CncCompressed kept = { 0 };
  g_autoptr (GByteArray) webp = NULL;

  for (gsize i = 0; i < cnc_raster_bytes (cover); i++)
    cover->data[i] = (guint8) (i / 30 + i % 3);
  for (guint count = 1; count <= 2; count++)
    {
      g_autoptr (CncStegoLock) lock = cnc_stego_lock_new_keks (keks, count, salt, NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (CncRaster) result = cnc_hide (cover, secrets, count, lock, &params, NULL, &error);
      g_autoptr (GByteArray) whole = bytes_of (sides, 2), alone = NULL;
      CncStegoRecord record;
      gboolean found;

      g_assert_no_error (error);
      found = cnc_stego_find (result, &record, NULL);
      g_assert (found);
      cnc_stego_record_write (&record, bytes);
      alone = bytes_of (bytes, cnc_stego_record_bytes (&record));
      save ("record", count == 1 ? "one" : "two", alone);
      g_byte_array_append (whole, bytes, 56);
      g_byte_array_append (whole, result->data, (guint) cnc_raster_bytes (result));
      if (count == 1)
        save ("record", "picture", whole);
    }
  if (!cnc_compress_to_fit (secret->raster, 300, NULL, &kept, NULL))
    g_assert_not_reached ();
  webp = bytes_of ((const guint8[]){ 17 - 1, 11 - 1 }, 2);
  g_byte_array_append (webp, kept.data, (guint) kept.size);
  save ("record", "webp", webp);
  cnc_compressed_clear (&kept);
}

/* A record that opens; another one before a picture that carries it, of the size that its first pixel tells. */
static void
save_robust (void)
{
  g_autoptr (CncSecret) key = cnc_stego_slot_key (fuzz_kek (), NULL);
  const CncSecret *const keys[] = { key };
  const CncStegoInfo info = { .width = 60, .height = 50 };
  CncStegoRecord record = {
    .width = 150, .height = 149, .mode = CNC_STEGO_ROBUST, .count = 1, .ops = 3, .memory_kib = 65536, .salt = { 7 }, .model = { 1, 2, 3 }
  };
  g_autoptr (CncRaster) picture = cnc_rgb_new (150, 149, NULL);
  guint8 bytes[CNC_ROBUST_BYTES], coded[CNC_LATTICE_BITS];
  g_autoptr (GByteArray) whole = NULL;

  cnc_stego_record_finish (&record, keys, &info);
  cnc_robust_record_write (&record, bytes);
  whole = bytes_of (bytes, sizeof bytes);
  save ("robust", "record", whole);
  for (gsize i = 0; i < cnc_raster_bytes (picture); i++)
    picture->data[i] = (guint8) (i / 450 + i % 3);
  cnc_convolve (bytes, sizeof bytes, coded);
  cnc_lattice_write (picture->data, picture->width, picture->height, coded);
  picture->data[0] = 149; /* sides - 1; one sample of a block does no harm */
  picture->data[1] = 148;
  g_byte_array_append (whole, picture->data, (guint) cnc_raster_bytes (picture));
  save ("robust", "picture", whole);
}

/* Networks of the method "restore"; and carriers of it, of the size that goes with the picture inside and of others. */
static void
save_restore (void)
{
  static const struct
  {
    const char *name;
    guint16 width, height;
    guint8 model;
    guint32 inside_width, inside_height;
  } carriers[] = { { "colours", 132, 298, 0 | 4, 130, 97 },   { "grey", 64, 448, 1 | 4, 64, 64 }, { "fixed", 64, 397, 2 | 4, 28, 28 },
                   { "scaled", 200, 286, 0 | 4, 2000, 1500 }, { "noise", 64, 448, 1, 64, 64 },    { "another-size", 200, 286, 0, 17, 3 },
                   { "no-model", 64, 448, 3, 64, 64 } };
  g_autofree char *restore = g_build_filename (folder, "model", "restore", NULL),
                  *fixed = g_build_filename (folder, "model", "restore-fixed", NULL);

  restore_write (restore, RESTORE_GREY, FALSE);
  restore_write (fixed, RESTORE_FIXED, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (carriers); i++)
    {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();
      guint8 head[16];

      cnc_put_u16 (head, carriers[i].width);
      cnc_put_u16 (head + 2, carriers[i].height);
      head[4] = carriers[i].model;
      cnc_put_u32 (head + 5, carriers[i].inside_width - 1);
      cnc_put_u32 (head + 8, carriers[i].inside_height - 1);
      head[11] = (guint8) (i * 7);
      g_byte_array_append (bytes, head, 12);
      save ("restore", carriers[i].name, bytes);
    }
}

static void
save_carriers (void)
{
  CncCarrierHeader header = { .method = CNC_CARRIER_SHARE, .levels = 3, .ops = 3, .memory_kib = 262144, .width = 768, .height = 512 };
  g_autoptr (CncSecret) key = cnc_carrier_key_from_kek (fuzz_kek (), NULL);
  guint8 bytes[CNC_CARRIER_HEADER_BYTES], place[] = { 100, 120, 8, 90, 1, 0, 1, 2, 3, 4, 5, 6 };
  g_autoptr (GByteArray) whole = NULL, cut = NULL;

  cnc_carrier_header_finish (&header, key, 640, 480);
  cnc_carrier_header_write (&header, bytes);
  whole = bytes_of (bytes, sizeof bytes);
  g_byte_array_append (whole, place, sizeof place);
  save ("carrier", "within", whole);
  header.method = CNC_CARRIER_RESTORE;
  header.levels = 0;
  cnc_carrier_header_write (&header, bytes);
  place[0] = 60;
  place[4] = 0;
  cut = bytes_of (bytes, sizeof bytes);
  g_byte_array_append (cut, place, sizeof place);
  save ("carrier", "cut", cut);
}

/* What is inside of a carrier of "share", behind the byte of its model and the sides. */
static void
save_share (gboolean alpha, const char *name)
{
  const CncFormat format = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, alpha };
  g_autoptr (CncPicture) picture = make_picture (&format);
  CncCompressed kept = { 0 };
  g_autoptr (GByteArray) out = bytes_of ("\0\020\012", 3), info = NULL;
  guint8 length[4];
  gboolean ok = cnc_compress_exact (picture->raster, 10000, NULL, &kept, NULL);

  g_assert (ok && kept.data != NULL);
  info = cnc_picture_write_info (picture, kept.size, FALSE, NULL);
  cnc_put_u32 (length, info->len);
  g_byte_array_append (out, length, sizeof length);
  cnc_put_u32 (length, (guint32) kept.size);
  g_byte_array_append (out, length, sizeof length);
  g_byte_array_append (out, info->data, info->len);
  g_byte_array_append (out, kept.data, (guint) kept.size);
  save ("share", name, out);
  cnc_compressed_clear (&kept);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    CncFormat format;
    gboolean raw;
    const char *name;
  } pictures[] = {
    { { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE }, FALSE, "rgb-u8" },
    { { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, TRUE }, TRUE, "rgba-u8-raw" },
    { { CNC_MODEL_GREY, CNC_SAMPLE_U16, CNC_CURVE_LINEAR, TRUE }, FALSE, "grey-alpha-u16" },
    { { CNC_MODEL_INDEXED, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, TRUE }, FALSE, "indexed-alpha" },
    { { CNC_MODEL_RGB, CNC_SAMPLE_FLOAT, CNC_CURVE_LINEAR, FALSE }, FALSE, "rgb-float" },
    { { CNC_MODEL_GREY, CNC_SAMPLE_DOUBLE, CNC_CURVE_LINEAR, FALSE }, FALSE, "grey-double" },
  };

  if (argc != 2 || !cnc_seal_init (NULL))
    {
      g_printerr ("usage: make-corpus FOLDER\n");
      return 1;
    }
  folder = argv[1];
  for (guint i = 0; i < G_N_ELEMENTS (pictures); i++)
    save_picture (&pictures[i].format, pictures[i].raw, pictures[i].name);
  save_others ();
  save_models ();
  save_restore ();
  save_latents ();
  save_tables ();
  save_bodies ();
  save_sedd ();
  save_records ();
  save_robust ();
  save_carriers ();
  save_share (FALSE, "rgb");
  save_share (TRUE, "rgb-alpha");
  return 0;
}
