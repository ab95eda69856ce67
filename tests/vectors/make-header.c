/* Vectors with a fault in the header: one field each, as an accident leaves it, and with checksum or tag made to match. */
#include "make.h"

#include "base/memory.h"
#include "seal/keys.h"

typedef enum
{
  AS_IT_IS, /* an accident */
  SUM,      /* whoever knows the format */
  TAG,      /* whoever knows the key */
} Fixed;

typedef struct
{
  const char *name, *expect, *message;
  guint at, bytes;
  guint64 value;
  Fixed fixed;
  const char *comment;
} Field;

/* The sample's header has 235 bytes: stanza at 32, its body at 35, stream header at 163, checksum at 187, tag at 203. */
static const Field fields[] = {
  { "magic-flipped", "not-encrypted", NULL, 0, 1, 'B', AS_IT_IS, "a bit of the first byte" },
  { "magic-lower", "not-encrypted", NULL, 3, 1, 'c', AS_IT_IS, "a small letter" },
  { "version-0", "bad-version", "0", 7, 1, 0, TAG, "version 0 was never written" },
  { "version-2", "bad-version", "newer", 7, 1, 2, TAG, "a version of the future" },
  { "version-255", "bad-version", "255", 7, 1, 255, AS_IT_IS, "a version of the far future" },
  { "width-0", "damaged", NULL, 8, 4, 0, TAG, "states another size than the picture has" },
  { "width-plus-1", "damaged", "65 × ", 8, 4, 65, TAG, "states another size than the picture has" },
  { "height-0", "damaged", NULL, 12, 4, 0, TAG, "states another size than the picture has" },
  { "size-2-31", "damaged", "2147483648 × 2147483648", 8, 8, G_GUINT64_CONSTANT (0x8000000080000000), TAG,
    "width × height × 3 does not fit 64 bits" },
  { "size-65535", "damaged", "65535 × 65535", 8, 8, G_GUINT64_CONSTANT (0x0000ffff0000ffff), TAG, "width × height does not fit 31 bits" },
  { "size-wraps-to-0", "damaged", NULL, 8, 8, G_GUINT64_CONSTANT (0x0001000000010000), TAG, "width × height is 2^32" },
  { "stream-length-0", "bad-format", NULL, 16, 8, 0, TAG, "no stream" },
  { "stream-length-over", "bad-format", NULL, 16, 8, 1 << 20, TAG, "longer than the picture" },
  { "stream-length-max", "bad-format", NULL, 16, 8, G_MAXUINT64, TAG, "2^64 - 1" },
  { "stream-length-wraps", "bad-format", NULL, 16, 8, G_MAXUINT64 - 234, TAG, "with the header it is 2^64" },
  { "stream-length-17", "damaged", NULL, 16, 8, 17, TAG, "a length that no plaintext has" },
  { "stream-length-short", "damaged", NULL, 16, 8, 400, TAG, "the rest would be fill" },
  { "header-length-0", "bad-format", NULL, 24, 4, 0, SUM, "no header" },
  { "header-length-short", "bad-format", NULL, 24, 4, 234, SUM, "one byte short" },
  { "header-length-long", "bad-format", NULL, 24, 4, 236, SUM, "one byte long" },
  { "header-length-4096", "damaged", "cut off", 24, 4, 4096, SUM, "more than the picture has" },
  { "header-length-4097", "bad-format", NULL, 24, 4, 4097, SUM, "more than any header has" },
  { "header-length-max", "bad-format", NULL, 24, 4, G_MAXUINT32, SUM, "2^32 - 1" },
  { "method-0", "bad-version", "method 0", 28, 1, 0, TAG, "no such method" },
  { "method-4", "bad-version", "method 4", 28, 1, 4, TAG, "a method of the future" },
  { "method-255", "bad-version", "method 255", 28, 1, 255, TAG, "a method of the future" },
  { "flag-0", "bad-version", "flag", 29, 2, 1, TAG, "the lowest flag" },
  { "flag-15", "bad-version", "flag", 29, 2, 0x8000, TAG, "the highest flag" },
  { "stanzas-0", "bad-format", "no key", 31, 1, 0, TAG, "no key at all" },
  { "stanzas-2", "bad-format", NULL, 31, 1, 2, TAG, "one more than there are" },
  { "stanzas-33", "bad-format", "33 keys", 31, 1, 33, TAG, "one more than allowed" },
  { "stanza-type-0", "bad-format", NULL, 32, 1, 0, TAG, "no such type" },
  { "stanza-type-3", "bad-version", "newer", 32, 1, 3, TAG, "a type of the future" },
  { "stanza-type-recipient", "bad-format", "recipient's key of 128 bytes instead of 80", 32, 1, 2, TAG,
    "a recipient as long as a passphrase stanza" },
  { "stanza-length-0", "bad-format", NULL, 33, 2, 0, TAG, "no body" },
  { "stanza-length-127", "bad-format", "passphrase's key of 127 bytes instead of 128", 33, 2, 127, TAG, "one byte short" },
  { "stanza-length-129", "bad-format", NULL, 33, 2, 129, TAG, "one byte long" },
  { "stanza-length-65535", "bad-format", NULL, 33, 2, 65535, TAG, "longer than the header" },
  { "ops-0", "kdf-refused", "0 passes", 51, 4, 0, TAG, "no pass of Argon2id" },
  { "ops-17", "kdf-refused", "17 passes", 51, 4, 17, TAG, "one pass too many" },
  { "ops-max", "kdf-refused", "4294967295 passes", 51, 4, G_MAXUINT32, SUM, "2^32 - 1 passes" },
  { "ops-other", "damaged", NULL, 51, 4, 4, SUM, "another number of passes: the wrapped key knows" },
  { "memory-8k", "kdf-refused", "8 KiB", 55, 4, 8, SUM, "8 KiB" },
  { "memory-less", "kdf-refused", "65535 KiB", 55, 4, 65535, TAG, "1 KiB less than 64 MiB" },
  { "memory-more", "kdf-refused", "1048577 KiB", 55, 4, 1048577, TAG, "1 KiB more than 1 GiB" },
  { "memory-1t", "kdf-refused", "1048576 MiB", 55, 4, 1 << 30, SUM, "1 TiB" },
  { "memory-max", "kdf-refused", "4294967295 KiB", 55, 4, G_MAXUINT32, TAG, "2^32 - 1 KiB" },
};

typedef struct
{
  const char *name, *expect;
  guint at;
  Fixed fixed;
  const char *comment;
} Flip;

static const Flip flips[] = {
  { "salt-flipped", "damaged", 35, AS_IT_IS, "a bit of the salt" },
  { "ops-flipped", "damaged", 51, AS_IT_IS, "a bit of the passes" },
  { "commitment-flipped", "damaged", 59, AS_IT_IS, "a bit of the commitment" },
  { "commitment-flipped-fixed", "wrong-key", 59, SUM, "a bit of the commitment, checksum made to match" },
  { "nonce-flipped", "damaged", 91, AS_IT_IS, "a bit of the nonce" },
  { "nonce-flipped-fixed", "damaged", 91, SUM, "a bit of the nonce, checksum made to match" },
  { "wrapped-flipped", "damaged", 115, AS_IT_IS, "a bit of the wrapped key" },
  { "wrapped-flipped-fixed", "damaged", 115, SUM, "a bit of the wrapped key, checksum made to match" },
  { "wrapped-tag-flipped-fixed", "damaged", 162, SUM, "a bit of the wrapped key's tag, checksum made to match" },
  { "stream-header-flipped", "damaged", 163, AS_IT_IS, "a bit of the stream header" },
  { "stream-header-flipped-fixed", "damaged", 163, SUM, "a bit of the stream header, checksum made to match" },
  { "stream-header-flipped-tagged", "damaged", 186, TAG, "a bit of the stream header, checksum and tag made to match" },
  { "checksum-flipped", "damaged", 187, AS_IT_IS, "a bit of the checksum" },
  { "tag-flipped", "damaged", 203, AS_IT_IS, "the first byte of the tag" },
  { "tag-flipped-last", "damaged", 234, AS_IT_IS, "the last byte of the tag" },
};

static void
save_fixed (const Maker *maker, const char *name, const char *expect, const char *message, const Sample *sample, CncRaster *image,
            Fixed fixed, const char *comment)
{
  if (fixed == SUM)
    fix_checksum (sample, image);
  else if (fixed == TAG)
    fix_tag (sample, image);
  save (maker, name, expect, message, sample, image, comment);
}

void
make_header_vectors (const Maker *maker, const Sample *sample)
{
  g_assert_cmpuint (cnc_header_bytes (&sample->header), ==, 235);
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      const Field *f = &fields[i];
      CncRaster *image = copy_raster (sample->carrier);
      guint8 value[8];

      cnc_put_u64 (value, f->value);
      memcpy (image->data + f->at, value, f->bytes);
      save_fixed (maker, f->name, f->expect, f->message, sample, image, f->fixed, f->comment);
    }
  for (guint i = 0; i < G_N_ELEMENTS (flips); i++)
    {
      CncRaster *image = copy_raster (sample->carrier);

      image->data[flips[i].at] ^= 1;
      save_fixed (maker, flips[i].name, flips[i].expect, NULL, sample, image, flips[i].fixed, flips[i].comment);
    }
}

/* The sample with other stanzas, everything else in order; the stream is sealed under another tag, but nobody gets that far. */
static void
save_stanzas (const Maker *maker, const char *name, const char *expect, const char *message, const Sample *sample, const CncStanza *stanzas,
              guint n, const char *comment)
{
  g_autoptr (GError) error = NULL;
  CncHeader header = sample->header;
  CncRaster *image;
  guint8 bytes[CNC_HEADER_MAX_BYTES + 256];
  guint32 width, height;
  gsize size, stream = cnc_header_bytes (&sample->header);

  header.n_stanzas = MIN (n, CNC_HEADER_MAX_STANZAS);
  memcpy (header.stanzas, stanzas, header.n_stanzas * sizeof *stanzas);
  g_assert_true (cnc_carrier_size (sample->carrier->width, cnc_header_bytes (&header) + header.stream_length, &width, &height, &error));
  header.width = width;
  header.height = height;
  cnc_header_finish (&header, sample->file_key);
  cnc_header_write (&header, bytes);
  size = cnc_header_bytes (&header);
  image = cnc_raster_new (width, height, &sample->carrier->format, &error);
  memset (image->data, 0, cnc_raster_bytes (image));
  memcpy (image->data, bytes, size);
  memcpy (image->data + size, sample->carrier->data + stream, (gsize) header.stream_length);
  save (maker, name, expect, message, sample, image, comment);
}

void
make_stanza_vectors (const Maker *maker, const Sample *sample)
{
  CncStanza stanzas[CNC_HEADER_MAX_STANZAS] = { { 0 } };

  stanzas[0] = stanzas[1] = sample->header.stanzas[0];
  save_stanzas (maker, "passphrase-twice", "bad-format", "two passphrases", sample, stanzas, 2, "two passphrase stanzas");
  stanzas[1].type = CNC_STANZA_RECIPIENT;
  save_stanzas (maker, "passphrase-and-recipient", "bad-format", "beside another key", sample, stanzas, 2,
                "a passphrase stanza before a recipient");
  stanzas[1] = stanzas[0];
  stanzas[0].type = CNC_STANZA_RECIPIENT;
  save_stanzas (maker, "recipient-and-passphrase", "bad-format", "beside another key", sample, stanzas, 2,
                "a passphrase stanza after a recipient");
  for (guint i = 0; i < CNC_HEADER_MAX_STANZAS; i++)
    {
      stanzas[i].type = CNC_STANZA_RECIPIENT;
      cnc_random (stanzas[i].body, CNC_STANZA_RECIPIENT_BYTES);
    }
  save_stanzas (maker, "recipient", "bad-argument", "identity file", sample, stanzas, 1, "for a recipient: a passphrase does not help");
  save_stanzas (maker, "recipients-32", "bad-argument", "identity file", sample, stanzas, 32, "for 32 recipients");
}
