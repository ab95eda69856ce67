/* tests/vectors/make-hidden.c: make-hidden FOLDER writes one file for each fault that core/stego/format.md names, and pictures that must
 * open.
 *
 * The faulty ones are written by a writer of its own, which makes any mistake that it is told to.  Randomness is drawn as in production. */
#include "base/memory.h"
#include "judge.h"
#include "seal/primitives.h"
#include "seal/stream.h"
#include "stego/convolve.h"
#include "stego/exact.h"
#include "stego/lattice.h"
#include "picture/pixels.h"
#include "stego/robust-record.h"

#include <math.h>

#define WIDTH 48u
#define HEIGHT 40u
#define ROBUST_WIDTH 260u
#define ROBUST_HEIGHT 256u
#define CHECKSUM_AT(count) (CNC_STEGO_RECORD_BYTES (count) - CNC_STEGO_CHECKSUM_BYTES)

static const char *folder;
static CncSecret *keks[CNC_STEGO_MAX_SECRETS];

static CncRaster *
picture (guint32 width, guint32 height, guint seed, double noise)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  CncRaster *raster = cnc_rgb_new (width, height, NULL);

  for (gsize i = 0; i < cnc_raster_bytes (raster); i++)
    raster->data[i] = (guint8) CLAMP (128 + 90 * sin ((double) (i / 3 % width) / (9 + seed)) * cos ((double) (i / 3 / width) / 11)
                                          + 10 * (double) (i % 3) + g_rand_double_range (random, -noise, noise + 1e-9),
                                      0, 255);
  return raster;
}

/* (transfer full): one channel of a picture whose channels are the same; NULL if they are not. */
static CncRaster *
one_channel (const CncRaster *image)
{
  const CncFormat format = { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncRaster) out = cnc_raster_new (image->width, image->height, &format, NULL);

  for (gsize i = 0; i < cnc_raster_bytes (out); i++)
    {
      if (image->data[3 * i] != image->data[3 * i + 1] || image->data[3 * i] != image->data[3 * i + 2])
        return NULL;
      out->data[i] = image->data[3 * i];
    }
  return g_steal_pointer (&out);
}

/* key: 0..2, or -1: a passphrase, for costs that are refused before it is used.  payload: (nullable) the secret that must come out. */
static void
save (const char *name, const char *expect, const char *message, gint key, const CncRaster *payload, const CncRaster *image,
      const char *comment)
{
  g_autoptr (CncRaster) thin = one_channel (image);

  vector_write (folder, name, expect, message, key >= 0 ? keks[key] : NULL, payload, thin != NULL ? thin : image, comment);
}

/* ---- pictures that must open ---- */

static CncRaster *
hide (CncRaster **secrets, guint count, guint bits)
{
  static const guint8 salt[CNC_STEGO_SALT_BYTES] = { 3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3 };
  const CncHideParams params = { .mode = cnc_stego_mode_by_id ("exact", NULL), .bits = bits };
  g_autoptr (CncStegoLock) lock = cnc_stego_lock_new_keks ((const CncSecret *const *) keks, count, salt, NULL);
  g_autoptr (CncRaster) cover = picture (WIDTH, HEIGHT, 1, 3);
  g_autoptr (GError) error = NULL;
  CncRaster *result = cnc_hide (cover, (const CncRaster *const *) secrets, count, lock, &params, NULL, &error);

  g_assert_no_error (error);
  return result;
}

static CncRaster *
save_successes (void)
{
  CncRaster *secrets[] = { picture (6, 5, 2, 0), picture (4, 7, 3, 0), picture (1, 1, 4, 0) };
  g_autoptr (CncRaster) noisy = picture (12, 11, 5, 20), large = picture (100, 75, 6, 3);
  CncRaster *one = hide (secrets, 1, 1);
  g_autoptr (CncRaster) three = hide (secrets, 3, 1), two_bits = hide (&noisy, 1, 2), scaled = hide (&large, 1, 1);

  save ("success-one", "success", NULL, 0, secrets[0], one, "one secret");
  save ("success-three-first", "success", NULL, 0, secrets[0], three, "three secrets, the first passphrase");
  save ("success-three-second", "success", NULL, 1, secrets[1], three, "three secrets, the second passphrase");
  save ("success-three-third", "success", NULL, 2, secrets[2], three, "three secrets, the third passphrase; it is one pixel");
  save ("success-two-bits", "success", NULL, 0, noisy, two_bits, "two low bits a sample");
  save ("success-lossy", "success", NULL, 0, NULL, scaled,
        "compressed with loss, maybe with fewer pixels: the samples are not the same everywhere");
  save ("wrong-key", "wrong-key", "No picture is hidden here under this passphrase", 1, NULL, one,
        "the second passphrase where there is one secret");
  for (guint i = 0; i < G_N_ELEMENTS (secrets); i++)
    cnc_raster_free (secrets[i]);
  return one;
}

/* ---- a writer that makes mistakes ---- */

typedef struct
{
  CncStegoRecord record;
  CncStegoInfo info;
  const guint8 *plain; /* what is sealed */
  gsize plain_size;
} Draft;

/* A right one, around a lossless secret of 6 x 5 pixels. */
static Draft
draft_new (const CncCompressed *kept)
{
  Draft draft = { .plain = kept->data, .plain_size = kept->size };

  draft.record = (CncStegoRecord){
    .width = WIDTH, .height = HEIGHT, .mode = CNC_STEGO_EXACT, .count = 1, .bits = 1, .ops = 3, .memory_kib = 256 * 1024
  };
  cnc_random (draft.record.salt, sizeof draft.record.salt);
  cnc_random (draft.info.positions, sizeof draft.info.positions);
  draft.info.width = 6;
  draft.info.height = 5;
  draft.info.start = 5;
  draft.info.length = CNC_HEADER_STREAM_HEADER_BYTES + cnc_stream_length (kept->size);
  return draft;
}

static CncRaster *
draft_write (Draft *draft)
{
  CncRaster *image = picture (WIDTH, HEIGHT, 1, 3);
  const gsize size = CNC_HEADER_STREAM_HEADER_BYTES + cnc_stream_length (draft->plain_size);
  g_autofree guint8 *sealed = g_malloc0 (size);
  g_autofree guint32 *order = cnc_exact_order (WIDTH, HEIGHT, draft->info.positions, 8 * size + 5, NULL, NULL);
  g_autoptr (CncSecret) key = cnc_stego_slot_key (keks[0], NULL);
  g_autoptr (CncSealer) sealer = cnc_sealer_new (key, sealed, NULL);
  const CncSecret *const keys[] = { key };
  guint8 tag[32];
  gsize written;
  gboolean ok;

  cnc_stego_record_finish (&draft->record, keys, &draft->info);
  cnc_stego_record_hash (&draft->record, tag);
  cnc_sealer_start (sealer, tag, sealed + CNC_HEADER_STREAM_HEADER_BYTES, size - CNC_HEADER_STREAM_HEADER_BYTES);
  ok = cnc_sealer_push (sealer, draft->plain, draft->plain_size, NULL, NULL) && cnc_sealer_finish (sealer, &written, NULL);
  g_assert_true (ok);
  for (gsize i = 0; i < 8 * size; i++)
    image->data[order[5 + i]] = cnc_stego_match (image->data[order[5 + i]], sealed[i / 8] >> i % 8 & 1, 1, i & 1);
  ok = cnc_stego_record_embed (&draft->record, image->data, NULL);
  g_assert_true (ok);
  return image;
}

/* A file whose record or info is other than it should be, correctly summed up and committed to. */
#define SAVE_DRAFT(name, expect, message, key, change, comment)                                                                            \
  {                                                                                                                                        \
    Draft draft = draft_new (kept);                                                                                                        \
    g_autoptr (CncRaster) image = NULL;                                                                                                    \
                                                                                                                                           \
    change;                                                                                                                                \
    image = draft_write (&draft);                                                                                                          \
    save (name, expect, message, key, NULL, image, comment);                                                                               \
  }

static void
save_drafts (const CncCompressed *kept)
{
  static const guint8 garbage[30] = { 'R', 'I', 'F', 'F' };

  SAVE_DRAFT ("mode-0", "bad-version", "mode 0", 0, draft.record.mode = 0, "mode 0");
  SAVE_DRAFT ("mode-4", "bad-version", "mode 4", 0, draft.record.mode = 4, "a mode that is not known");
  SAVE_DRAFT ("flag-1", "bad-version", "flag 1", 0, draft.record.flags = 1, "a flag");
  SAVE_DRAFT ("bits-0", "bad-format", "low bits", 0, draft.record.bits = 0, "mode 3 without bits");
  SAVE_DRAFT ("bits-3", "bad-format", "low bits", 0, draft.record.bits = 3, "three low bits");
  SAVE_DRAFT ("bits-of-cnn", "bad-format", "low bits", 0, (draft.record.mode = 1, draft.record.model[0] = 1), "mode 1 with low bits");
  SAVE_DRAFT ("model-of-exact", "bad-format", "the model", 0, draft.record.model[31] = 1, "mode 3 with a model");
  SAVE_DRAFT ("no-model", "bad-format", "the model", 0, (draft.record.mode = 1, draft.record.bits = 0), "mode 1 without a model");
  SAVE_DRAFT ("model-missing", "model-missing", "SHA-256 01000000", 0,
              (draft.record.mode = 1, draft.record.bits = 0, draft.record.model[0] = 1), "a model that nobody has");
  SAVE_DRAFT ("passes-0", "kdf-refused", "0 passes", -1, draft.record.ops = 0, "no pass of Argon2id");
  SAVE_DRAFT ("passes-17", "kdf-refused", "17 passes", -1, draft.record.ops = 17, "more passes than are accepted");
  SAVE_DRAFT ("memory-less", "kdf-refused", "65535 KiB", -1, draft.record.memory_kib = 65535, "less memory than is accepted");
  SAVE_DRAFT ("memory-max", "kdf-refused", "passes", -1, draft.record.memory_kib = G_MAXUINT32, "more memory than is accepted");
  SAVE_DRAFT ("start-beyond", "bad-format", "a length", 0, draft.info.start = WIDTH * HEIGHT * 3,
              "a stream that starts beyond the samples");
  SAVE_DRAFT ("start-max", "bad-format", "a length", 0, draft.info.start = G_MAXUINT64, "the same, so that sums overflow");
  SAVE_DRAFT ("length-0", "bad-format", "a length", 0, draft.info.length = 0, "no stream");
  SAVE_DRAFT ("length-41", "bad-format", "a length", 0, draft.info.length = 41, "a stream of nothing");
  SAVE_DRAFT ("length-beyond", "bad-format", "a length", 0, draft.info.length = 1000, "a stream longer than the samples");
  SAVE_DRAFT ("length-max", "bad-format", "a length", 0, draft.info.length = G_MAXUINT64, "the same, so that products overflow");
  SAVE_DRAFT ("length-less", "damaged", "The passphrase is right", 0, draft.info.length--, "a stream cut off");
  SAVE_DRAFT ("start-other", "damaged", "The passphrase is right", 0, draft.info.start++, "a stream that starts one sample later");
  SAVE_DRAFT ("secret-width-0", "bad-format", "a length", 0, draft.info.width = 0, "a secret without pixels");
  SAVE_DRAFT ("secret-height-max", "bad-format", "a length", 0, draft.info.height = G_MAXUINT32, "a secret of endless height");
  SAVE_DRAFT ("secret-smaller", "damaged", "not a picture that cnncrypt wrote", 0, draft.info.width = 5,
              "a file with more pixels than the secret");
  SAVE_DRAFT ("secret-larger", "damaged", "not a picture that cnncrypt wrote", 0, draft.info.width = 6 * 17,
              "a file with far fewer pixels than the secret");
  SAVE_DRAFT ("not-webp", "damaged", "not a picture that cnncrypt wrote", 0,
              (draft.plain = garbage, draft.plain_size = sizeof garbage, draft.info.length = 24 + 17 + sizeof garbage),
              "sealed, and not WebP");
  SAVE_DRAFT ("webp-cut", "damaged", "not a picture that cnncrypt wrote", 0, (draft.plain_size -= 6, draft.info.length -= 6),
              "a WebP file cut off");
}

/* ---- bits changed afterwards ---- */

/* bit of the record; count: of its slots.  sum: make the checksum right again. */
static void
flip_record (CncRaster *image, guint bit, gboolean sum)
{
  guint64 places[CNC_STEGO_RECORD_MAX_BITS];
  guint8 bytes[CNC_STEGO_RECORD_MAX_BYTES] = { 0 };

  (void) cnc_stego_record_places (WIDTH, HEIGHT, places);
  image->data[places[bit]] ^= 1;
  if (!sum)
    return;
  for (guint i = 0; i < 8 * CHECKSUM_AT (1); i++)
    bytes[i / 8] |= (guint8) ((image->data[places[i]] & 1) << i % 8);
  cnc_checksum (bytes, CHECKSUM_AT (1), bytes + CHECKSUM_AT (1));
  for (guint i = 8 * CHECKSUM_AT (1); i < 8 * CNC_STEGO_RECORD_BYTES (1); i++)
    image->data[places[i]] = cnc_stego_match (image->data[places[i]], bytes[i / 8] >> i % 8 & 1, 1, 0);
}

static void
save_flips (const CncRaster *one)
{
  static const struct
  {
    const char *name, *expect, *message, *comment;
    guint byte;
    guint8 bits;
    gboolean sum;
  } flips[] = {
    { "magic-flipped", "damaged", "pixels were changed", "one bit of the magic", 0, 1, FALSE },
    { "magic-eight-flipped", "damaged", "pixels were changed", "eight bits of the magic", 3, 255, FALSE },
    { "version-3", "bad-version", "format version 3", "another version", 7, 2, FALSE },
    { "width-flipped", "damaged", "49 × 40 pixels; now it has 48 × 40", "another width, and the checksum of it", 8, 1, TRUE },
    { "height-flipped", "damaged", "48 × 44 pixels; now it has 48 × 40", "another height, and the checksum of it", 12, 4, TRUE },
    { "count-0", "damaged", "pixels were changed", "no secret", 17, 1, TRUE },
    { "count-5", "damaged", "pixels were changed", "five secrets", 17, 4, TRUE },
    { "salt-flipped", "damaged", "pixels were changed", "one bit of the salt", 28, 1, FALSE },
    { "salt-flipped-fixed", "wrong-key", "under this passphrase", "one bit of the salt, and the checksum of it: the commitment covers it",
      28, 1, TRUE },
    { "memory-flipped-fixed", "wrong-key", "under this passphrase", "the cost, and the checksum of it: the commitment covers it", 24 + 2, 2,
      TRUE },
    { "info-flipped", "damaged", "pixels were changed", "one bit of what the key opens", 76 + 40, 128, FALSE },
    { "info-flipped-fixed", "wrong-key", "under this passphrase", "one bit of what the key opens, and the checksum of it", 76 + 40, 128,
      TRUE },
    { "commitment-flipped-fixed", "wrong-key", "under this passphrase", "one bit of the commitment, and the checksum of it", 76 + 87, 1,
      TRUE },
    { "checksum-flipped", "damaged", "pixels were changed", "one bit of the checksum", 76 + 88 + 15, 128, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (flips); i++)
    {
      g_autoptr (CncRaster) image = cnc_rgb_scale (one, WIDTH, HEIGHT, NULL, NULL);

      for (guint bit = 0; bit < 8; bit++)
        if (flips[i].bits >> bit & 1)
          flip_record (image, 8 * flips[i].byte + bit, flips[i].sum);
      save (flips[i].name, flips[i].expect, flips[i].message, 0, NULL, image, flips[i].comment);
    }
}

static void
save_streams (const CncRaster *one)
{
  g_autoptr (CncSecret) key = cnc_stego_slot_key (keks[0], NULL);
  g_autofree guint32 *order = NULL;
  CncStegoRecord record;
  CncStegoInfo info;
  guint slot;
  const gboolean ok = cnc_stego_find (one, &record, NULL) && cnc_stego_record_open (&record, key, &slot, &info, NULL);

  g_assert_true (ok);
  order = cnc_exact_order (WIDTH, HEIGHT, info.positions, 8 * info.length, NULL, NULL);
  for (guint i = 0; i < 3; i++)
    {
      static const char *const names[] = { "stream-header-flipped", "stream-flipped-first", "stream-flipped-last" };
      const guint64 bits[] = { 7, 8 * 24, 8 * info.length - 1 };
      g_autoptr (CncRaster) image = cnc_rgb_scale (one, WIDTH, HEIGHT, NULL, NULL);

      image->data[order[bits[i]]] ^= 1;
      save (names[i], "damaged", "The passphrase is right", 0, NULL, image, "one low bit of the secret");
    }
}

static void
save_sizes (const CncRaster *one)
{
  g_autoptr (CncRaster) cover = picture (WIDTH, HEIGHT, 1, 3), tiny = picture (30, 31, 1, 3),
                        cut = cnc_rgb_new (WIDTH - 2, HEIGHT - 3, NULL), more = picture (WIDTH + 9, HEIGHT + 8, 2, 3),
                        doubled = cnc_rgb_scale (one, 2 * WIDTH, 2 * HEIGHT, NULL, NULL),
                        nine = cnc_rgb_scale (one, WIDTH, HEIGHT, NULL, NULL);

  for (guint y = 0; y < cut->height; y++)
    memcpy (cut->data + 3 * y * cut->width, one->data + 3 * ((y + 2) * WIDTH + 1), 3 * cut->width);
  for (guint y = 0; y < HEIGHT; y++)
    memcpy (more->data + 3 * ((y + 5) * more->width + 4), one->data + 3 * y * WIDTH, 3 * WIDTH);
  for (guint bit = 0; bit < 9; bit++)
    flip_record (nine, bit, FALSE);
  save ("nothing", "not-encrypted", "Nothing is hidden in this picture", 0, NULL, cover, "an ordinary picture");
  save ("nothing-small", "not-encrypted", "Nothing is hidden in this picture", 0, NULL, tiny, "one that is too small to hold anything");
  save ("magic-nine-flipped", "not-encrypted", "Nothing is hidden in this picture", 0, NULL, nine, "nine bits of the magic");
  save ("cropped", "damaged", "48 × 40 pixels; now it has 46 × 37", 0, NULL, cut, "rows and columns cut off at all sides");
  save ("canvas-larger", "damaged", "48 × 40 pixels; now it has 57 × 48", 0, NULL, more, "pixels added at all sides");
  save ("scaled", "not-encrypted", "or it was resized", 0, NULL, doubled, "twice as large");
}

/* ---- mode robust ---- */

/* (transfer full): red, green and blue are the same, so that files are small. */
static CncRaster *
grey (guint seed)
{
  CncRaster *raster = cnc_rgb_new (ROBUST_WIDTH, ROBUST_HEIGHT, NULL);

  for (gsize i = 0; i < ROBUST_WIDTH * ROBUST_HEIGHT; i++)
    memset (raster->data + 3 * i,
            (guint8) CLAMP (120 + 160 * sin ((double) (i % ROBUST_WIDTH) / (29 + seed)) * cos ((double) (i / ROBUST_WIDTH) / 43), 0, 255),
            3);
  return raster;
}

/* (transfer full): byte: of the record, flipped by bits before its check is made, or after it if that is to be wrong. */
static CncRaster *
robust (guint byte, guint8 bits, gboolean sum)
{
  CncRaster *image = grey (0);
  g_autoptr (CncSecret) key = cnc_stego_slot_key (keks[0], NULL);
  const CncSecret *const keys[] = { key };
  const CncStegoInfo info = { .width = 500, .height = 400 };
  CncStegoRecord record = { .width = ROBUST_WIDTH,
                            .height = ROBUST_HEIGHT,
                            .mode = CNC_STEGO_ROBUST,
                            .count = 1,
                            .ops = 3,
                            .memory_kib = 256 * 1024,
                            .model = { 1, 2, 3, 4, 5 } };
  guint8 bytes[CNC_ROBUST_BYTES], check[CNC_STEGO_CHECKSUM_BYTES], coded[CNC_LATTICE_BITS];

  cnc_random (record.salt, sizeof record.salt);
  cnc_stego_record_finish (&record, keys, &info);
  cnc_robust_record_write (&record, bytes);
  bytes[byte] ^= bits;
  cnc_checksum (bytes, sizeof bytes - CNC_ROBUST_CHECK_BYTES, check);
  if (sum)
    memcpy (bytes + sizeof bytes - CNC_ROBUST_CHECK_BYTES, check, CNC_ROBUST_CHECK_BYTES);
  cnc_convolve (bytes, sizeof bytes, coded);
  cnc_lattice_write (image->data, ROBUST_WIDTH, ROBUST_HEIGHT, coded);
  return image;
}

static void
save_robust (void)
{
  static const struct
  {
    const char *name, *expect, *message, *comment;
    gint key;
    guint byte;
    guint8 bits;
    gboolean sum;
  } files[] = {
    { "robust", "model-missing", "SHA-256 01020304…", "mode 2, with a model that nobody has", 0, 0, 0, TRUE },
    { "robust-wrong-key", "wrong-key", "under this passphrase", "mode 2, another passphrase", 1, 0, 0, TRUE },
    { "robust-version-3", "bad-version", "robust record 3", "mode 2, another version of its record", 0, 0, 2, TRUE },
    { "robust-memory-less", "kdf-refused", "over 4 MiB", "mode 2, less memory than is accepted", -1, 3, 0x3f, TRUE },
    { "robust-height-flipped", "damaged", "260 × 249 pixels; now it has 260 × 256", "mode 2, another height", 0, 6, 0x70, TRUE },
    { "robust-commitment-flipped", "wrong-key", "under this passphrase", "mode 2, one bit of the commitment", 0, 49, 128, TRUE },
    { "robust-info-flipped", "wrong-key", "under this passphrase", "mode 2, one bit of what the key opens", 0, 33, 1, TRUE },
    { "robust-check-flipped", "damaged", "changed more than that survives", "mode 2, one bit of the check", 0, 53, 1, FALSE },
  };
  g_autoptr (CncRaster) whole = robust (0, 0, TRUE), cut = cnc_rgb_new (203, 206, NULL),
                        scaled = cnc_rgb_scale (whole, 200, 197, NULL, NULL), noisy = NULL;
  g_autoptr (GRand) random = g_rand_new_with_seed (8);

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autoptr (CncRaster) image = robust (files[i].byte, files[i].bits, files[i].sum);

      save (files[i].name, files[i].expect, files[i].message, files[i].key, NULL, image, files[i].comment);
    }
  noisy = cnc_rgb_scale (whole, whole->width, whole->height, NULL, NULL);
  for (gsize i = 0; i < cnc_raster_bytes (noisy); i += 3)
    memset (noisy->data + i, CLAMP (noisy->data[i] + g_rand_int_range (random, -9, 10), 0, 255), 3);
  for (guint y = 0; y < cut->height; y++)
    memcpy (cut->data + 3 * y * cut->width, whole->data + 3 * ((y + 21) * ROBUST_WIDTH + 43), 3 * cut->width);
  save ("robust-noise", "model-missing", "SHA-256 01020304…", 0, NULL, noisy, "mode 2, after noise");
  save ("robust-cropped", "damaged", "260 × 256 pixels; now it has 203 × 206", 0, NULL, cut,
        "mode 2, rows and columns cut off at all sides");
  save ("robust-scaled", "not-encrypted", "resized", 0, NULL, scaled, "mode 2, smaller");
}

int
main (int argc, char **argv)
{
  g_autoptr (CncRaster) one = NULL, secret = NULL;
  CncCompressed kept = { 0 };

  if (argc != 2 || !cnc_seal_init (NULL))
    {
      g_printerr ("usage: make-hidden FOLDER\n");
      return 1;
    }
  folder = argv[1];
  g_mkdir_with_parents (folder, 0777);
  for (guint i = 0; i < CNC_STEGO_MAX_SECRETS; i++)
    {
      guint8 bytes[CNC_KEY_BYTES];

      for (guint k = 0; k < sizeof bytes; k++)
        bytes[k] = (guint8) (k + 32 * i);
      keks[i] = cnc_secret_new_key (bytes, NULL);
    }
  secret = picture (6, 5, 2, 0);
  if (!cnc_compress_exact (secret, 1000, NULL, &kept, NULL) || kept.data == NULL)
    g_error ("the secret cannot be compressed");
  one = save_successes ();
  save_drafts (&kept);
  save_flips (one);
  save_streams (one);
  save_sizes (one);
  save_robust ();
  cnc_compressed_clear (&kept);
  return 0;
}
