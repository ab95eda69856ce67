/* tests/vectors/make-carriers.c: make-carriers FOLDER writes one file for each fault that core/channel/format.md names of carriers and of
 * "share", and pictures that must open.
 *
 * The faulty ones are written by a writer of its own, which makes any mistake that it is told to.  Randomness is drawn as in production. */
#include "../unit/carrier-case.h"
#include "base/memory.h"
#include "channel/band.h"
#include "channel/body.h"
#include "judge.h"
#include "methods/carrier.h"
#include "methods/crypt.h"
#include "seal/stream.h"

#define WIDTH 512u
#define HEIGHT 62u
#define TALL 110u /* of those that are cut, or found in parts of pictures */

static const char *folder;
static CncSecret *keks[2];

/* kek: -1: a passphrase, for costs that are refused before it is used. */
static void
save (const char *name, const char *expect, const char *message, gint kek, const CncRaster *payload, const CncRaster *image,
      const char *comment)
{
  vector_write (folder, name, expect, message, kek >= 0 ? keks[kek] : NULL, payload, image, comment);
}

/* A picture that compresses to the last bit. */
static CncPicture *
picture (gboolean grey)
{
  const CncFormat format = { grey ? CNC_MODEL_GREY : CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  CncPicture *p = cnc_picture_new ();

  p->raster = cnc_raster_new (20, 13, &format, NULL);
  for (gsize i = 0; i < cnc_raster_bytes (p->raster); i++)
    p->raster->data[i] = (guint8) (i / 9 * 5 % 251);
  return p;
}

static CncSecret *
key_of (gint kek)
{
  return cnc_carrier_key_from_kek (keks[kek], NULL);
}

/* A carrier as it should be; *inside: the picture, which comes back to the last bit. */
static CncRaster *
make (const CncPicture *p, guint levels, CncRaster **inside)
{
  g_autoptr (CncSecret) key = key_of (0);
  CncCarrierLock lock = { .key = key, .params = cnc_kdf_complete (NULL) };
  double psnr;
  const CncCarrierParams params = { .levels = levels, .longest_side = WIDTH, .psnr = &psnr };
  g_autoptr (CncPicture) wide = cnc_picture_new ();
  g_autoptr (GError) error = NULL;
  CncRaster *carrier;

  cnc_random (lock.salt, sizeof lock.salt);
  wide->raster = cnc_raster_new (WIDTH, TALL, &p->raster->format, NULL);
  memset (wide->raster->data, 40, cnc_raster_bytes (wide->raster));
  for (guint y = 0; y < p->raster->height; y++)
    memcpy (wide->raster->data + y * cnc_raster_row_bytes (wide->raster), p->raster->data + y * cnc_raster_row_bytes (p->raster),
            cnc_raster_row_bytes (p->raster));
  carrier = cnc_share_encrypt (wide, &lock, &params, &error);
  g_assert_no_error (error);
  g_assert (psnr > 1000);
  *inside = g_steal_pointer (&wide->raster);
  return carrier;
}

typedef enum
{
  NOTHING,
  FLIP_PLAIN,  /* a bit of the plaintext, before it is sealed */
  FLIP_SEALED, /* a byte of the room */
} Fault;

/* A carrier with one mistake, in what is said or in what is inside. */
static CncRaster *
forge (const CncCarrierHeader *said, Fault fault, gsize at, guint8 bits)
{
  CncCarrierHeader header = *said;
  g_autoptr (CncSecret) key = key_of (0);
  g_autoptr (CncSealer) sealer = NULL;
  g_autoptr (CncRaster) raster = NULL;
  g_autoptr (CncPicture) p = picture (FALSE);
  g_autoptr (GByteArray) info = NULL;
  CncCompressed kept = { 0 };
  CncCarrierLayout layout;
  guint8 tag[32], *bytes, *plain;
  gsize room, size, written, pixels;
  gboolean ok;

  cnc_carrier_header_finish (&header, key, p->raster->width, p->raster->height);
  raster = cnc_carrier_new (&header, NULL);
  ok = cnc_carrier_layout (WIDTH, HEIGHT, &layout);
  g_assert (ok);
  pixels = (gsize) layout.body_width * layout.body_height;
  room = cnc_body_room (pixels, 3);
  size = room - CNC_HEADER_STREAM_HEADER_BYTES - CNC_STREAM_OVERHEAD_BYTES;
  bytes = g_malloc0 (room);
  plain = g_malloc0 (size);
  ok = cnc_compress_exact (p->raster, size, NULL, &kept, NULL);
  g_assert (ok && kept.data != NULL);
  info = cnc_picture_write_info (p, kept.size, FALSE, NULL);
  cnc_put_u32 (plain, info->len);
  cnc_put_u32 (plain + 4, (guint32) kept.size);
  memcpy (plain + 8, info->data, info->len);
  memcpy (plain + 8 + info->len, kept.data, kept.size);
  g_assert (8 + info->len + kept.size + 4 < size);
  if (fault == FLIP_PLAIN)
    plain[at == G_MAXSIZE ? size - 1 : at] ^= bits;
  sealer = cnc_sealer_new (key, bytes, NULL);
  cnc_carrier_header_hash (&header, tag);
  cnc_sealer_start (sealer, tag, bytes + CNC_HEADER_STREAM_HEADER_BYTES, room - CNC_HEADER_STREAM_HEADER_BYTES);
  ok = cnc_sealer_push (sealer, plain, size, NULL, NULL) && cnc_sealer_finish (sealer, &written, NULL);
  g_assert (ok);
  if (fault == FLIP_SEALED)
    bytes[at == G_MAXSIZE ? room - 1 : at] ^= bits;
  ok = cnc_body_write (bytes, 3, raster->data + (gsize) layout.body_y * WIDTH, pixels, NULL, NULL);
  g_assert (ok);
  ok = cnc_carrier_draw (raster, &header, NULL);
  g_assert (ok);
  cnc_compressed_clear (&kept);
  g_free (bytes);
  g_free (plain);
  return g_steal_pointer (&raster);
}

static CncCarrierHeader
header_of (void)
{
  CncCarrierHeader header = { .method = CNC_CARRIER_SHARE, .levels = 3, .ops = 3, .memory_kib = 262144, .width = WIDTH, .height = HEIGHT };

  cnc_random (header.salt, sizeof header.salt);
  return header;
}

static void
save_pictures (void)
{
  g_autoptr (CncPicture) colours = picture (FALSE), grey = picture (TRUE);
  g_autoptr (CncRaster) first = NULL, second = NULL;
  g_autoptr (CncRaster) three = make (colours, 3, &first), two = make (grey, 2, &second), turned = case_turn (three, TRUE, 3);
  g_autoptr (CncRaster) around = case_grey (WIDTH + 70, TALL + 40), stacked = case_grey (WIDTH, 2 * TALL + 30);
  g_autoptr (CncRaster) part = case_part (three, 0, 0, WIDTH, TALL - 20), cut = case_part (three, 40, 0, WIDTH - 40, TALL);
  g_autoptr (CncRaster) spoiled = case_part (three, 0, 0, WIDTH, TALL), spot = case_part (three, 0, 0, WIDTH, TALL), own = NULL;
  const CncCarrierHeader header = header_of ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);

  own = forge (&header, NOTHING, 0, 0);
  save ("success-three-levels", "success", NULL, 0, first, three, "three levels, without loss inside");
  save ("success-two-levels", "success", NULL, 0, second, two, "two levels, a grey picture");
  save ("success-own-writer", "success", NULL, 0, colours->raster, own, "by the writer that makes the faults below");
  save ("success-turned", "success", NULL, 0, first, turned, "mirrored, then turned by 270 degrees");
  memset (around->data, 200, cnc_raster_bytes (around));
  case_paste (around, three, 33, 21);
  save ("success-within", "success", NULL, 0, first, around, "a carrier as a part of a picture");
  for (guint y = 40; y < 60; y++)
    memset (spot->data + (gsize) y * WIDTH + 100, 90, 50);
  save ("success-repaired", "success", NULL, 0, first, spot, "a spot of 50 x 20 pixels painted over: repaired");
  save ("wrong-key", "wrong-key", "passphrase is wrong", 1, NULL, three, "another key");
  save ("cropped-bottom", "damaged", "cropped", 0, NULL, part, "20 rows are missing");
  save ("cropped-left", "damaged", "512 × 110", 0, NULL, cut, "40 columns are missing");
  memset (stacked->data, 255, cnc_raster_bytes (stacked));
  case_paste (stacked, three, 0, 0);
  case_paste (stacked, two, 0, TALL + 30);
  save ("two-carriers", "damaged", "There are 2 encrypted pictures", 0, NULL, stacked, "two carriers, one below the other");
  for (gsize i = 24 * WIDTH; i < cnc_raster_bytes (spoiled) - 24 * WIDTH; i++)
    if (g_rand_double (rand) < 0.2)
      spoiled->data[i] = (guint8) g_rand_int (rand);
  save ("beyond-repair", "damaged", "cannot be repaired", 0, NULL, spoiled, "a fifth of the pixels is noise");
}

static void
save_headers (void)
{
  struct
  {
    const char *name, *expect, *message, *comment;
    CncCarrierHeader header;
  } faults[] = {
    { "method-6", "bad-version", "newer", "an unknown method", header_of () },
    { "flag-3", "bad-version", "newer", "an unknown flag", header_of () },
    { "levels-1", "bad-format", "not one that cnncrypt writes", "a body of one level", header_of () },
    { "levels-restore", "bad-format", "not one that cnncrypt writes", "method 5 with levels", header_of () },
    { "memory-1-mib", "kdf-refused", "1 MiB", "memory below what is accepted", header_of () },
    { "recipients-0", "bad-format", "0 recipients", "for recipients, and none", header_of () },
    { "recipients-33", "bad-format", "33 recipients", "for one more than allowed", header_of () },
  };

  faults[0].header.method = 6;
  faults[1].header.levels = 3 | 8;
  faults[2].header.levels = 1;
  faults[3].header.method = CNC_CARRIER_RESTORE;
  faults[4].header.memory_kib = 1024;
  faults[5].header.levels = 3 | 4; /* the number stands where the cost does: passes - 1 | KiB - 1 << 4 */
  faults[5].header.ops = faults[5].header.memory_kib = 1;
  faults[6].header.recipients = 33;
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
    {
      g_autoptr (CncRaster) raster = forge (&faults[i].header, NOTHING, 0, 0);

      save (faults[i].name, faults[i].expect, faults[i].message, i == 4 ? -1 : 0, NULL, raster, faults[i].comment);
    }
}

static void
save_insides (void)
{
  static const struct
  {
    const char *name, *expect, *message, *comment;
    Fault fault;
    gsize at;
    guint8 bits;
  } faults[] = {
    { "stream-header-flipped", "damaged", "altered", "a bit of the stream header", FLIP_SEALED, 3, 1 },
    { "stream-flipped-first", "damaged", "altered", "a bit of the first byte of the chunk", FLIP_SEALED, 24, 1 },
    { "stream-flipped-last", "damaged", "altered", "a bit of the last byte", FLIP_SEALED, G_MAXSIZE, 128 },
    { "info-length", "bad-format", "its lengths", "an inner header longer than the room", FLIP_PLAIN, 3, 1 },
    { "picture-length", "bad-format", "its lengths", "a picture longer than the room", FLIP_PLAIN, 7, 1 },
    { "width-another", "bad-format", "its size", "the inner header tells another width than the header", FLIP_PLAIN, 8, 1 },
    { "zeros-flipped", "bad-format", "behind it", "a bit of the zeros at the end", FLIP_PLAIN, G_MAXSIZE, 1 },
    { "webp-flipped", "damaged", "not a picture that cnncrypt wrote", "no WebP file", FLIP_PLAIN, 8 + 30, 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
    {
      const CncCarrierHeader header = header_of ();
      g_autoptr (CncRaster) raster = forge (&header, faults[i].fault, faults[i].at, faults[i].bits);

      save (faults[i].name, faults[i].expect, faults[i].message, 0, NULL, raster, faults[i].comment);
    }
}

/* ---- recipients ---- */

#define MANY CNC_RECIPIENTS_MAX

static CncSecret *secrets[MANY + 1]; /* number i: 32 times the byte i + 1; the last one is nobody's */
static guint8 public_keys[MANY + 1][CNC_PUBLIC_KEY_BYTES];

static CncRaster *
make_for (const CncPicture *p, guint n)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncLock) lock = cnc_lock_new_recipients ((const guint8 (*)[CNC_PUBLIC_KEY_BYTES]) public_keys, n, &error);
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  const CncEncryptParams params = { .method = cnc_method_by_id ("share", NULL), .backend = backend };
  CncRaster *made = cnc_encrypt (p, lock, &params, &error);

  g_assert_no_error (error);
  return made;
}

/* The band, with its keys changed by somebody who knows the code. */
static CncRaster *
with_keys (const CncRaster *carrier, guint n, const guint8 (*keys)[CNC_STANZA_RECIPIENT_BYTES])
{
  CncRaster *made = case_part (carrier, 0, 0, carrier->width, carrier->height);
  CncCarrierLayout layout;
  gboolean ok = cnc_carrier_layout (made->width, made->height, &layout);

  ok = ok && cnc_key_band_write (keys, n, made->data + (gsize) layout.body_y * made->width, made->width, NULL);
  g_assert (ok);
  return made;
}

static void
save_recipients (void)
{
  const CncFormat rgb = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncPicture) p = cnc_picture_new ();
  g_autoptr (CncRaster) one = NULL, two = NULL, many = NULL, spot = NULL, spoiled = NULL, random = NULL, low = NULL;
  g_autoptr (CncCarrier) found = NULL;
  CncSecret *const stranger[] = { secrets[MANY] };
  guint8 keys[2][CNC_STANZA_RECIPIENT_BYTES];
  CncCarrierLayout layout;
  gboolean ok;

  p->raster = cnc_raster_new (WIDTH, TALL, &rgb, NULL);
  for (gsize i = 0; i < cnc_raster_bytes (p->raster); i++)
    p->raster->data[i] = (guint8) (i / 3 % WIDTH / 4 + i / (3 * WIDTH));
  one = make_for (p, 1);
  two = make_for (p, 2);
  many = make_for (p, MANY);
  ok = cnc_carrier_layout (two->width, two->height, &layout) && cnc_carrier_find (two, NULL, &found, NULL, NULL);
  g_assert (ok);
  vector_write_for (folder, "success-recipient", "success", NULL, secrets, 1, p->raster, one, "for one recipient");
  vector_write_for (folder, "success-recipients-32", "success", NULL, secrets, MANY, p->raster, many, "for 32; each of them opens it");
  spot = case_part (two, 0, 0, two->width, two->height);
  for (guint y = 1; y < 4; y++)
    memset (spot->data + (gsize) (layout.body_y + y) * spot->width + 80, 110, 200);
  vector_write_for (folder, "success-recipients-repaired", "success", NULL, secrets, 2, p->raster, spot,
                    "a spot of 200 x 3 pixels of the band painted over: repaired");
  vector_write_for (folder, "wrong-identity", "wrong-key", "none of them", stranger, 1, NULL, two, "the identity of somebody else");
  vector_write (folder, "passphrase-for-recipients", "bad-argument", "identity file", NULL, NULL, one,
                "for a recipient: a passphrase does not help");
  spoiled = with_keys (two, 2, (const guint8 (*)[CNC_STANZA_RECIPIENT_BYTES]) found->keys);
  memset (spoiled->data + (gsize) layout.body_y * spoiled->width, 90, (gsize) spoiled->width * 6);
  vector_write_for (folder, "band-beyond-repair", "damaged", "keys of 2 of them cannot be repaired", secrets, 2, NULL, spoiled,
                    "most of the band painted over");
  memcpy (keys, found->keys, sizeof keys);
  cnc_random (keys[0], sizeof keys[0]);
  keys[0][31] &= 0x3f;
  random = with_keys (two, 2, (const guint8 (*)[CNC_STANZA_RECIPIENT_BYTES]) keys);
  memset (keys[0], 0, 32);
  low = with_keys (two, 2, (const guint8 (*)[CNC_STANZA_RECIPIENT_BYTES]) keys);
  {
    g_autoptr (CncSecret) second = cnc_recipients_open ((const guint8 (*)[CNC_STANZA_RECIPIENT_BYTES]) (keys + 1), 1, secrets[0], NULL);
    CncSecret *const left[] = { second != NULL ? secrets[0] : secrets[1] };

    vector_write_for (folder, "band-altered", "damaged", "keys of the recipients were altered", left, 1, NULL, random,
                      "the key of the other recipient exchanged: the commitment knows");
  }
  vector_write_for (folder, "band-low-order", "bad-format", "key 1 of 2 has a point of low order", secrets, 2, NULL, low,
                    "the point 0 as the sender's key");
}

int
main (int argc, char **argv)
{
  guint8 bytes[CNC_KEY_BYTES];

  if (argc != 2 || !cnc_seal_init (NULL))
    return 2;
  folder = argv[1];
  for (guint k = 0; k < G_N_ELEMENTS (keks); k++)
    {
      for (guint i = 0; i < sizeof bytes; i++)
        bytes[i] = (guint8) (i + 32 * k);
      keks[k] = cnc_secret_new_key (bytes, NULL);
    }
  save_pictures ();
  save_headers ();
  save_insides ();
  for (guint i = 0; i <= MANY; i++)
    {
      memset (bytes, (gint) i + 1, sizeof bytes);
      secrets[i] = cnc_secret_new_key (bytes, NULL);
      cnc_public_key (secrets[i], public_keys[i]);
    }
  save_recipients ();
  for (guint i = 0; i <= MANY; i++)
    cnc_secret_free (secrets[i]);
  for (guint k = 0; k < G_N_ELEMENTS (keks); k++)
    cnc_secret_free (keks[k]);
  return 0;
}
