/* Vectors of pictures for recipients, and every fault that their stanzas can have. */
#include "make.h"

#include "base/memory.h"
#include "methods/crypt.h"
#include "seal/primitives.h"

#define MANY CNC_RECIPIENTS_MAX
#define STANZA_HEAD 3u
#define AT_HEADER_LENGTH 24u
#define AT_STANZAS 31u
#define FIXED 32u

/* Secret key number i: 32 times the same byte; the one behind the last is nobody's. */
static CncSecret *secrets[MANY + 1];
static guint8 keys[MANY + 1][CNC_PUBLIC_KEY_BYTES];

/* The lines of the head for the identities from first on. */
static char *
identity_lines (guint first, guint n)
{
  GString *lines = g_string_new (NULL);

  for (guint i = first; i < first + n; i++)
    {
      g_string_append (lines, "identity: ");
      for (guint b = 0; b < CNC_KEY_BYTES; b++)
        g_string_append_printf (lines, "%02x", i + 1);
      g_string_append_c (lines, '\n');
    }
  return g_string_free (lines, FALSE);
}

static Sample *
make_for (const Maker *maker, const CncPicture *picture, guint n)
{
  const CncEncryptParams params = { .backend = maker->backend };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncLock) lock = cnc_lock_new_recipients ((const guint8 (*)[CNC_PUBLIC_KEY_BYTES]) keys, n, &error);
  Sample *sample = g_new0 (Sample, 1);
  gboolean ok;

  sample->carrier = cnc_encrypt (picture, lock, &params, &error);
  g_assert_no_error (error);
  ok = cnc_header_read (sample->carrier->data, cnc_raster_bytes (sample->carrier), 0, 0, &sample->header, &error);
  g_assert_true (ok);
  sample->file_key = cnc_header_unlock_identity (&sample->header, secrets[0], &error);
  g_assert_no_error (error);
  sample->payload = vector_hash (picture->raster);
  return sample;
}

static void
save_for (const Maker *maker, const char *name, const char *expect, const char *message, const Sample *sample, guint first, guint n,
          CncRaster *image, const char *comment)
{
  g_autofree char *key = identity_lines (first, n);
  g_autoptr (GString) lines = g_string_new (NULL);

  g_string_append_printf (lines, "expect: %s\n", expect);
  if (message != NULL)
    g_string_append_printf (lines, "message: %s\n", message);
  if (strcmp (expect, "success") == 0)
    g_string_append_printf (lines, "payload: %s\n", sample->payload);
  save_with (maker, name, key, lines->str, comment, image);
}

/* The sample with these bytes in the place of its stanzas, sum and tag in order; the stream is as it was. */
static CncRaster *
with_stanzas (const Sample *sample, const GByteArray *stanzas, guint count)
{
  const gsize tail = cnc_header_bytes (&sample->header) - 72, stream = cnc_header_bytes (&sample->header);
  const gsize size = FIXED + stanzas->len + 72;
  g_autoptr (GError) error = NULL;
  guint32 width, height;
  CncRaster *image;
  guint8 key[CNC_KEY_BYTES];
  const guint8 *bytes;
  gsize part = size - 32;

  g_assert_true (cnc_carrier_size (sample->carrier->width, size + sample->header.stream_length, &width, &height, &error));
  image = cnc_raster_new (width, height, &sample->carrier->format, &error);
  g_assert_no_error (error);
  memset (image->data, 0, cnc_raster_bytes (image));
  memcpy (image->data, sample->carrier->data, FIXED);
  cnc_put_u32 (image->data + 8, width);
  cnc_put_u32 (image->data + 12, height);
  cnc_put_u32 (image->data + AT_HEADER_LENGTH, (guint32) size);
  image->data[AT_STANZAS] = (guint8) count;
  if (stanzas->len > 0) /* an empty array has no data */
    memcpy (image->data + FIXED, stanzas->data, stanzas->len);
  memcpy (image->data + FIXED + stanzas->len, sample->carrier->data + tail, 24);
  memcpy (image->data + size, sample->carrier->data + stream, (gsize) sample->header.stream_length);
  cnc_checksum (image->data, size - 48, image->data + size - 48);
  bytes = image->data;
  cnc_subkey (sample->file_key, CNC_SUBKEY_HEADER, key);
  cnc_keyed_hash (key, &bytes, &part, 1, image->data + size - 32);
  return image;
}

/* A stanza of that type, whose body is cut or continued with zeros. */
static void
add_stanza (GByteArray *bytes, guint8 type, const guint8 *body, guint there, guint size)
{
  const guint8 head[STANZA_HEAD] = { type, (guint8) size, (guint8) (size >> 8) };
  const guint8 zeros[256] = { 0 };

  g_byte_array_append (bytes, head, sizeof head);
  g_byte_array_append (bytes, body, MIN (there, size));
  g_byte_array_append (bytes, zeros, size - MIN (there, size));
}

static void
make_lengths (const Maker *maker, const Sample *sample)
{
  static const guint lengths[] = { 0, 31, 33, 64, 79, 81 };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autoptr (GByteArray) stanzas = g_byte_array_new ();
      g_autofree char *name = g_strdup_printf ("recipient-length-%u", lengths[i]);
      g_autofree char *message = g_strdup_printf ("recipient's key of %u bytes instead of 80", lengths[i]);

      add_stanza (stanzas, CNC_STANZA_RECIPIENT, sample->header.stanzas[0].body, CNC_STANZA_RECIPIENT_BYTES, lengths[i]);
      add_stanza (stanzas, CNC_STANZA_RECIPIENT, sample->header.stanzas[1].body, CNC_STANZA_RECIPIENT_BYTES, CNC_STANZA_RECIPIENT_BYTES);
      save_for (maker, name, "bad-format", message, sample, 0, 2, with_stanzas (sample, stanzas, 2),
                "a recipient's stanza of another length, the other one in order");
    }
}

/* Points of low order as the key that the sender made for the box; both identities could open the other one. */
static void
make_low_order (const Maker *maker, const Sample *sample)
{
  static const struct
  {
    const char *name, *comment;
    guint8 first, rest, last; /* bytes of the point */
  } points[] = {
    { "recipient-low-order-0", "the point 0", 0x00, 0x00, 0x00 },
    { "recipient-low-order-1", "the point 1", 0x01, 0x00, 0x00 },
    { "recipient-low-order-minus-1", "the point -1", 0xec, 0xff, 0x7f },
    { "recipient-low-order-p", "the point 0 as 2^255 - 19", 0xed, 0xff, 0x7f },
  };
  static const guint8 order_8[32] = { 0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
                                      0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00 };

  for (guint i = 0; i <= G_N_ELEMENTS (points); i++)
    {
      g_autoptr (GByteArray) stanzas = g_byte_array_new ();
      const gboolean last = i == G_N_ELEMENTS (points);
      guint8 body[CNC_STANZA_RECIPIENT_BYTES];

      memcpy (body, sample->header.stanzas[1].body, sizeof body);
      if (last)
        memcpy (body, order_8, sizeof order_8);
      else
        {
          memset (body, points[i].rest, 32);
          body[0] = points[i].first;
          body[31] = points[i].last;
        }
      add_stanza (stanzas, CNC_STANZA_RECIPIENT, sample->header.stanzas[0].body, CNC_STANZA_RECIPIENT_BYTES, CNC_STANZA_RECIPIENT_BYTES);
      add_stanza (stanzas, CNC_STANZA_RECIPIENT, body, sizeof body, sizeof body);
      save_for (maker, last ? "recipient-low-order-8" : points[i].name, "bad-format", "key 2 of 2 has a point of low order", sample, 0, 2,
                with_stanzas (sample, stanzas, 2), last ? "a point of order 8" : points[i].comment);
    }
}

/* Stanzas in numbers that nobody writes, and of others. */
static void
make_others (const Maker *maker, const Sample *sample)
{
  const guint size = CNC_STANZA_RECIPIENT_BYTES;
  const CncStanza *own = sample->header.stanzas;
  g_autoptr (GByteArray) none = g_byte_array_new (), many = g_byte_array_new (), beside = g_byte_array_new (), alone = g_byte_array_new ();
  g_autoptr (GByteArray) other = g_byte_array_new ();
  g_autoptr (CncSecret) key = cnc_secret_new_key (NULL, NULL);
  guint8 body[CNC_STANZA_PASSPHRASE_BYTES] = { 0 }, wrapped[1][CNC_STANZA_RECIPIENT_BYTES];
  guint n;

  save_for (maker, "recipients-0", "bad-format", "no key", sample, 0, 2, with_stanzas (sample, none, 0), "no stanza at all");
  for (guint i = 0; i <= MANY; i++)
    add_stanza (many, CNC_STANZA_RECIPIENT, own[i % 2].body, size, size);
  save_for (maker, "recipients-33", "bad-format", "33 keys", sample, 0, 2, with_stanzas (sample, many, MANY + 1),
            "one recipient more than allowed, all in order");
  cnc_random (body, sizeof body);
  add_stanza (beside, CNC_STANZA_RECIPIENT, own[0].body, size, size);
  add_stanza (beside, CNC_STANZA_PASSPHRASE, body, sizeof body, sizeof body);
  save_for (maker, "recipient-beside-passphrase", "bad-format", "a passphrase beside another key", sample, 0, 2,
            with_stanzas (sample, beside, 2), "a passphrase's stanza after one that the identity could open");
  add_stanza (alone, CNC_STANZA_PASSPHRASE, body, sizeof body, sizeof body);
  save_for (maker, "passphrase-for-identity", "bad-argument", "with its passphrase", sample, 0, 1, with_stanzas (sample, alone, 1),
            "encrypted with a passphrase: an identity does not help");
  n = cnc_recipients_seal ((const guint8 (*)[CNC_PUBLIC_KEY_BYTES]) keys, 1, key, wrapped, NULL);
  g_assert_cmpuint (n, ==, 1);
  add_stanza (other, CNC_STANZA_RECIPIENT, wrapped[0], size, size);
  save_for (maker, "recipient-other-key", "damaged", "altered", sample, 0, 1, with_stanzas (sample, other, 1),
            "for this identity, but another picture's file key");
}

static void
make_flips (const Maker *maker, const Sample *sample)
{
  static const struct
  {
    const char *name, *expect, *comment;
    guint at; /* in the body */
    gboolean fixed;
  } flips[] = {
    { "recipient-flipped", "damaged", "a bit of the sender's key", 5, FALSE },
    { "recipient-flipped-fixed", "wrong-key", "a bit of the sender's key, checksum and tag made to match", 5, TRUE },
    { "recipient-mac-flipped-fixed", "wrong-key", "a bit of the box's tag, checksum and tag made to match", 32, TRUE },
    { "recipient-box-flipped-fixed", "wrong-key", "the last bit of the box, checksum and tag made to match", 79, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (flips); i++)
    {
      CncRaster *image = copy_raster (sample->carrier);

      image->data[FIXED + STANZA_HEAD + flips[i].at] ^= 1;
      if (flips[i].fixed)
        fix_tag (sample, image);
      save_for (maker, flips[i].name, flips[i].expect, flips[i].fixed ? "somebody else" : NULL, sample, 0, 1, image, flips[i].comment);
    }
}

void
make_recipient_vectors (const Maker *maker)
{
  const CncFormat rgb8 = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncPicture) picture = make_picture (20, 12, &rgb8);
  g_autoptr (Sample) one = NULL, two = NULL, many = NULL;

  for (guint i = 0; i <= MANY; i++)
    {
      guint8 secret[CNC_KEY_BYTES];

      memset (secret, (gint) i + 1, sizeof secret);
      secrets[i] = cnc_secret_new_key (secret, NULL);
      cnc_public_key (secrets[i], keys[i]);
    }
  one = make_for (maker, picture, 1);
  two = make_for (maker, picture, 2);
  many = make_for (maker, picture, MANY);
  save_for (maker, "success-recipient", "success", NULL, one, 0, 1, copy_raster (one->carrier), "for one recipient");
  save_for (maker, "success-recipients-32", "success", NULL, many, 0, MANY, copy_raster (many->carrier),
            "for 32 recipients; each of them opens it");
  save_for (maker, "wrong-identity", "wrong-key", "somebody else", one, MANY, 1, copy_raster (one->carrier),
            "the identity of somebody else");
  save_for (maker, "wrong-identity-32", "wrong-key", "32 recipients", many, MANY, 1, copy_raster (many->carrier),
            "the identity of somebody else");
  make_lengths (maker, two);
  make_low_order (maker, two);
  make_others (maker, two);
  make_flips (maker, one);
  for (guint i = 0; i <= MANY; i++)
    g_clear_pointer (&secrets[i], cnc_secret_free);
}
