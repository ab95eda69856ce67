/* Vectors with a fault in the stream: bits, chunks, what is sealed, fill.  The chunks are sealed here, as no writer of ours would. */
#include "make.h"

#include "base/memory.h"
#include "methods/hybrid/hybrid.h"
#include "methods/payload.h"
#include "seal/keys.h"
#include "seal/stream.h"

#include <sodium.h>

#define CHUNK CNC_STREAM_CHUNK_BYTES
#define MESSAGE crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
#define PUSH crypto_secretstream_xchacha20poly1305_TAG_PUSH
#define REKEY crypto_secretstream_xchacha20poly1305_TAG_REKEY
#define FINAL crypto_secretstream_xchacha20poly1305_TAG_FINAL

typedef struct
{
  gsize at, size; /* of the plaintext */
  guint8 tag;
} Piece;

guint8 *
open_sample (const Sample *sample, gsize *size)
{
  const CncHeader *header = &sample->header;
  g_autoptr (GError) error = NULL;
  guint8 *plain;

  *size = (gsize) cnc_stream_plain_length (header->stream_length);
  plain = g_malloc (*size);
  if (!cnc_stream_open (sample->file_key, header->stream_header, header->tag, sample->carrier->data + cnc_header_bytes (header),
                        (gsize) header->stream_length, plain, NULL, &error))
    g_assert_no_error (error);
  return plain;
}

/* Seals the pieces in their order, then lays them out in another: order holds n_order numbers of pieces. */
static CncRaster *
reseal (const Sample *sample, const guint8 *plain, const Piece *pieces, guint n_pieces, const guint *order, guint n_order)
{
  CncHeader header = sample->header;
  crypto_secretstream_xchacha20poly1305_state state;
  g_autofree guint8 *sealed = NULL;
  gsize starts[8], at = 0, head = cnc_header_bytes (&header), total = 0;
  guint8 key[CNC_KEY_BYTES];
  CncRaster *image;

  for (guint i = 0; i < n_order; i++)
    total += pieces[order[i]].size + CNC_STREAM_OVERHEAD_BYTES;
  header.stream_length = total;
  g_assert_true (cnc_carrier_size (sample->carrier->width, head + total, &header.width, &header.height, NULL));
  cnc_subkey (sample->file_key, CNC_SUBKEY_STREAM, key);
  crypto_secretstream_xchacha20poly1305_init_push (&state, header.stream_header, key);
  cnc_header_finish (&header, sample->file_key);

  for (guint i = 0; i < n_pieces; i++)
    at += pieces[i].size + CNC_STREAM_OVERHEAD_BYTES;
  sealed = g_malloc (at);
  at = 0;
  for (guint i = 0; i < n_pieces; i++)
    {
      starts[i] = at;
      crypto_secretstream_xchacha20poly1305_push (&state, sealed + at, NULL, plain + pieces[i].at, pieces[i].size, header.tag,
                                                  CNC_HEADER_TAG_BYTES, pieces[i].tag);
      at += pieces[i].size + CNC_STREAM_OVERHEAD_BYTES;
    }

  image = cnc_raster_new (header.width, header.height, &sample->carrier->format, NULL);
  memset (image->data, 0, cnc_raster_bytes (image));
  cnc_header_write (&header, image->data);
  at = head;
  for (guint i = 0; i < n_order; i++)
    {
      const gsize n = pieces[order[i]].size + CNC_STREAM_OVERHEAD_BYTES;

      memcpy (image->data + at, sealed + starts[order[i]], n);
      at += n;
    }
  cnc_payload_fill (sample->file_key, image->data + at, cnc_raster_bytes (image) - at);
  return image;
}

CncRaster *
seal_plain (const Sample *sample, const guint8 *plain, gsize size)
{
  g_autofree Piece *pieces = g_new0 (Piece, size / CHUNK + 1);
  g_autofree guint *order = g_new0 (guint, size / CHUNK + 1);
  guint n = 0;

  g_assert_cmpuint (size, <, 8 * CHUNK);
  for (gsize at = 0; at < size; at += CHUNK, n++)
    {
      pieces[n] = (Piece){ at, MIN (CHUNK, size - at), at + CHUNK < size ? MESSAGE : FINAL };
      order[n] = n;
    }
  return reseal (sample, plain, pieces, n, order, n);
}

static void
save_plain (const Maker *maker, const char *name, const char *expect, const Sample *sample, const guint8 *plain, gsize size, guint8 tag,
            const char *comment)
{
  const Piece piece = { 0, size, tag };
  const guint order = 0;

  save (maker, name, expect, NULL, sample, reseal (sample, plain, &piece, 1, &order, 1), comment);
}

static void
make_chunks (const Maker *maker, const Sample *large)
{
  gsize size;
  g_autofree guint8 *plain = open_sample (large, &size);
  g_autofree guint8 *twice = g_malloc (2 * CHUNK + 100);
  const Piece two[] = { { 0, CHUNK, MESSAGE }, { CHUNK, size - CHUNK, FINAL } };
  const Piece early[] = { { 0, CHUNK, FINAL }, { CHUNK, size - CHUNK, FINAL } };
  const Piece no_final[] = { { 0, CHUNK, MESSAGE }, { CHUNK, size - CHUNK, MESSAGE } };
  const Piece empty_last[] = { { 0, CHUNK, MESSAGE }, { CHUNK, 0, FINAL } };
  const Piece three[] = { { 0, CHUNK, MESSAGE }, { CHUNK, CHUNK, MESSAGE }, { 2 * CHUNK, 100, FINAL } };
  static const guint in_order[] = { 0, 1 }, first[] = { 0 }, last[] = { 1 }, doubled[] = { 0, 0, 1 }, swapped[] = { 1, 0, 2 };

  g_assert_true (size > CHUNK && size < 2 * CHUNK);
  memcpy (twice, plain, CHUNK);
  memcpy (twice + CHUNK, plain, CHUNK + 100);
  save (maker, "success-two-chunks", "success", NULL, large, reseal (large, plain, two, 2, in_order, 2), "a stream of two chunks");
  save (maker, "chunk-dropped-first", "damaged", NULL, large, reseal (large, plain, two, 2, last, 1), "the first of two chunks is missing");
  save (maker, "chunk-dropped-last", "damaged", NULL, large, reseal (large, plain, two, 2, first, 1), "the last of two chunks is missing");
  save (maker, "chunk-duplicated", "damaged", NULL, large, reseal (large, plain, two, 2, doubled, 3), "the first chunk twice");
  save (maker, "chunk-swapped", "damaged", NULL, large, reseal (large, twice, three, 3, swapped, 3),
        "the first two of three chunks change places");
  save (maker, "chunk-after-final", "damaged", NULL, large, reseal (large, plain, early, 2, in_order, 2),
        "a chunk behind one that says it is the last");
  save (maker, "chunk-no-final", "damaged", NULL, large, reseal (large, plain, no_final, 2, in_order, 2), "no chunk says it is the last");
  save (maker, "chunk-last-empty", "damaged", NULL, large, reseal (large, plain, empty_last, 2, in_order, 2), "the last chunk is empty");
}

/* The sample's own pixels with one byte changed. */
static void
save_flip (const Maker *maker, const char *name, const Sample *sample, gsize at, const char *comment)
{
  CncRaster *image = copy_raster (sample->carrier);

  image->data[at] ^= 0x10;
  save (maker, name, "damaged", NULL, sample, image, comment);
}

static void
make_bits (const Maker *maker, const Sample *sample)
{
  const gsize head = cnc_header_bytes (&sample->header), stream = (gsize) sample->header.stream_length;
  const gsize bytes = cnc_raster_bytes (sample->carrier);
  CncRaster *blank = copy_raster (sample->carrier), *longer = copy_raster (sample->carrier);

  g_assert_cmpuint (head + stream, <, bytes);
  save_flip (maker, "stream-flipped-first", sample, head, "a bit of the stream's first byte");
  save_flip (maker, "stream-flipped-middle", sample, head + stream / 2, "a bit in the middle of the stream");
  save_flip (maker, "stream-flipped-last", sample, head + stream - 1, "a bit of the stream's last byte");
  save_flip (maker, "fill-flipped-first", sample, head + stream, "a bit of the first byte of fill");
  save_flip (maker, "fill-flipped-last", sample, bytes - 1, "a bit of the last byte");
  memset (blank->data + head + stream, 0, bytes - head - stream);
  save (maker, "fill-blank", "damaged", NULL, sample, blank, "the fill is black");
  cnc_put_u64 (longer->data + 16, stream + 1);
  fix_tag (sample, longer);
  save (maker, "stream-length-plus-1", "damaged", NULL, sample, longer, "one byte of fill taken for stream");
}

/* What only somebody who has the key can do. */
static void
make_inside (const Maker *maker, const Sample *sample)
{
  gsize size;
  g_autofree guint8 *plain = open_sample (sample, &size);
  g_autofree guint8 *bad = g_malloc (size + 8);
  const guint32 info = cnc_get_u32 (plain + 64);
  const struct
  {
    const char *name, *expect;
    gsize at;
    guint bytes;
    guint64 value;
    const char *comment;
  } edits[] = {
    { "inner-length-0", "bad-format", 64, 4, 0, "an inner header of no bytes" },
    { "inner-length-max", "damaged", 64, 4, G_MAXUINT32, "an inner header of 2^32 - 1 bytes" },
    { "inner-length-short", "bad-format", 64, 4, info - 1, "an inner header one byte short" },
    { "inner-width-0", "bad-format", 68, 4, 0, "a picture of no width" },
    { "inner-size-max", "bad-format", 68, 8, G_MAXUINT64, "a picture of 2^32 - 1 pixels a side" },
    { "inner-model-3", "bad-format", 76, 1, 3, "a colour model that does not exist" },
    { "inner-sample-6", "bad-format", 77, 1, 6, "a sample that does not exist" },
    { "inner-alpha-2", "bad-format", 79, 1, 2, "neither with alpha nor without" },
    { "inner-packed-0", "bad-format", 82, 8, 0, "no packed raster" },
    { "inner-packed-max", "damaged", 82, 8, G_MAXUINT64, "a packed raster of 2^64 - 1 bytes" },
    { "inner-tag-unknown", "bad-format", 90, 1, 200, "a field that does not exist" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (edits); i++)
    {
      guint8 value[8];

      memcpy (bad, plain, size);
      cnc_put_u64 (value, edits[i].value);
      memcpy (bad + edits[i].at, value, edits[i].bytes);
      save_plain (maker, edits[i].name, edits[i].expect, sample, bad, size, FINAL, edits[i].comment);
    }
  save_plain (maker, "sealed-again", "success", sample, plain, size, FINAL, "the same plaintext, sealed once more");
  save_plain (maker, "chunk-tag-message", "damaged", sample, plain, size, MESSAGE, "the only chunk does not say it is the last");
  save_plain (maker, "chunk-tag-push", "damaged", sample, plain, size, PUSH, "a tag that is never written");
  save_plain (maker, "chunk-tag-rekey", "damaged", sample, plain, size, REKEY, "a tag that is never written");
  save_plain (maker, "chunk-empty", "damaged", sample, plain, 0, FINAL, "an empty plaintext");
  save_plain (maker, "prologue-short", "damaged", sample, plain, 67, FINAL, "a plaintext shorter than its fixed part");
  save_plain (maker, "payload-missing", "damaged", sample, plain, 68 + info, FINAL, "a plaintext without a layered payload");
  memcpy (bad, plain, size);
  memset (bad + size, 0, 8);
  save_plain (maker, "payload-longer", "damaged", sample, bad, size + 8, FINAL, "a layered payload longer than its length says");
  bad[0] ^= 1;
  save_plain (maker, "random-changed", "wrong-result", sample, bad, size, FINAL, "the IV does not belong to these random bytes");
  bad[0] ^= 1;
  bad[32] ^= 1;
  save_plain (maker, "iv-changed", "wrong-result", sample, bad, size, FINAL, "the IV does not belong to this picture");
  bad[32] ^= 1;
  bad[size - 1] ^= 1;
  save_plain (maker, "payload-changed", "wrong-result", sample, bad, size, FINAL, "what a faulty device might have written");
}

/* The zeros behind the packed raster are not zero: only the check of the padding can see it. */
static void
make_padding (const Maker *maker, const Sample *sample)
{
  gsize size;
  g_autofree guint8 *plain = open_sample (sample, &size);
  const gsize inner = 68 + cnc_get_u32 (plain + 64);
  const guint64 packed = cnc_get_u64 (plain + 82);
  CncHybridKeys keys;

  g_assert_cmpuint (packed, <, size - inner);
  cnc_subkey (sample->file_key, CNC_SUBKEY_CHAOS, keys.chaos);
  cnc_subkey (sample->file_key, CNC_SUBKEY_CNN, keys.cnn);
  memcpy (keys.iv, plain + 32, sizeof keys.iv);
  g_assert_true (cnc_hybrid_decipher (maker->backend, &keys, CNC_LAYER_ALL, plain + inner, size - inner, NULL, NULL));
  plain[size - 1] = 1;
  g_assert_true (cnc_hybrid_encipher (maker->backend, &keys, CNC_LAYER_ALL, plain + inner, size - inner, NULL, NULL));
  save_plain (maker, "padding-not-zero", "wrong-result", sample, plain, size, FINAL, "a byte behind the packed raster");
}

void
make_stream_vectors (const Maker *maker, const Sample *sample, const Sample *large)
{
  make_chunks (maker, large);
  make_bits (maker, sample);
  make_inside (maker, sample);
  make_padding (maker, sample);
}
