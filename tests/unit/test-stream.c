/* core/seal/stream: round trips, an independent writer's stream, and every way of tampering with chunks. */
#include "base/error.h"
#include "base/memory.h"
#include "seal/keys.h"
#include "seal/stream.h"

#include "seal-values.h"

#define CHUNK CNC_STREAM_CHUNK_BYTES
#define SEALED (CNC_STREAM_CHUNK_BYTES + CNC_STREAM_OVERHEAD_BYTES)

typedef struct
{
  CncSecret *key;
  guint8 header[CNC_HEADER_STREAM_HEADER_BYTES];
  guint8 tag[CNC_HEADER_TAG_BYTES];
  guint8 *plain;
  gsize plain_size;
  guint8 *sealed;
  gsize size;
} Sealed;

static void
sealed_clear (Sealed *s)
{
  cnc_secret_free (s->key);
  g_free (s->plain);
  g_free (s->sealed);
}

/* part: how many bytes are pushed at once. */
static void
seal (Sealed *s, gsize plain_size, gsize part)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncSealer) sealer = NULL;
  gsize written;

  memset (s, 0, sizeof *s);
  s->key = cnc_secret_new_key (NULL, &error);
  cnc_random (s->tag, sizeof s->tag);
  s->plain_size = plain_size;
  s->plain = g_malloc (plain_size);
  cnc_random (s->plain, plain_size);
  s->size = cnc_stream_length (plain_size);
  s->sealed = g_malloc (s->size);
  sealer = cnc_sealer_new (s->key, s->header, &error);
  g_assert_no_error (error);
  cnc_sealer_start (sealer, s->tag, s->sealed, s->size);
  for (gsize at = 0; at < plain_size; at += part)
    g_assert_true (cnc_sealer_push (sealer, s->plain + at, MIN (part, plain_size - at), NULL, &error));
  g_assert_true (cnc_sealer_finish (sealer, &written, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (written, ==, s->size);
}

/* Must not open, and must leave nothing. */
static void
assert_damaged (const Sealed *s, const guint8 *sealed, gsize size)
{
  const gsize length = cnc_stream_plain_length (size);
  g_autofree guint8 *out = g_malloc (length + 1);
  g_autoptr (GError) error = NULL;

  memset (out, 0xa5, length + 1);
  g_assert_false (cnc_stream_open (s->key, s->header, s->tag, sealed, size, out, NULL, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_DAMAGED);
  for (gsize i = 0; i < length; i++)
    g_assert_cmpuint (out[i], ==, 0);
  g_assert_cmpuint (out[length], ==, 0xa5);
}

static void
test_lengths (void)
{
  for (guint64 plain = 1; plain < 4 * CHUNK; plain += plain % CHUNK < 40 || plain % CHUNK > CHUNK - 40 ? 1 : 997)
    {
      const guint64 sealed = cnc_stream_length (plain);

      g_assert_cmpuint (sealed, ==, plain + 17 * ((plain + CHUNK - 1) / CHUNK));
      g_assert_cmpuint (cnc_stream_plain_length (sealed), ==, plain);
    }
  g_assert_cmpuint (cnc_stream_length (0), ==, 0);
  for (guint rest = 0; rest <= 17; rest++)
    g_assert_cmpuint (cnc_stream_plain_length (rest), ==, 0);
  for (guint rest = 1; rest <= 17; rest++)
    g_assert_cmpuint (cnc_stream_plain_length (SEALED + rest), ==, 0);
  g_assert_cmpuint (cnc_stream_length (G_MAXUINT64), ==, 0);
  g_assert_cmpuint (cnc_stream_length (G_MAXUINT64 / SEALED * CHUNK), ==, G_MAXUINT64 / SEALED * SEALED);
}

static void
test_round_trip (void)
{
  static const gsize sizes[] = { 1, 2, 16, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1, 5 * CHUNK - 3 };
  static const gsize parts[] = { 7, 1000, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 10 * CHUNK };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (guint j = 0; j < G_N_ELEMENTS (parts); j++)
      {
        g_autoptr (GError) error = NULL;
        g_autofree guint8 *out = g_malloc (sizes[i]);
        Sealed s;

        seal (&s, sizes[i], parts[j]);
        g_assert_true (cnc_stream_open (s.key, s.header, s.tag, s.sealed, s.size, out, NULL, &error));
        g_assert_cmpmem (out, (gint) sizes[i], s.plain, (gint) s.plain_size);
        sealed_clear (&s);
      }
}

static void
test_values (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "seal-stream.bin", NULL);
  g_autofree char *sealed = NULL;
  g_autofree guint8 *out = g_malloc (VALUE_PLAIN_BYTES);
  g_autoptr (CncSecret) key = NULL;
  g_autoptr (GError) error = NULL;
  CncHeader header;
  gsize size;

  g_assert_true (g_file_get_contents (path, &sealed, &size, &error));
  g_assert_cmpuint (size, ==, VALUE_SEALED_BYTES);
  g_assert_cmpuint (cnc_stream_length (VALUE_PLAIN_BYTES), ==, VALUE_SEALED_BYTES);
  key = cnc_secret_new_key (value_file_key, &error);
  g_assert_true (cnc_header_read (value_header, sizeof value_header, 0, 0, &header, &error));
  g_assert_true (cnc_stream_open (key, header.stream_header, header.tag, (const guint8 *) sealed, size, out, NULL, &error));
  g_assert_no_error (error);
  for (guint64 i = 0; i < VALUE_PLAIN_BYTES; i++)
    g_assert_cmpuint (out[i], ==, (guint8) (i * i * 7 + i * 13 + (i >> 8) * 5 + 5));
}

static void
test_chunks (void)
{
  Sealed s;
  g_autofree guint8 *bad = NULL;

  seal (&s, 3 * CHUNK + 100, 3 * CHUNK + 100);
  bad = g_malloc (s.size + SEALED);

  /* dropped: each of the four */
  for (guint i = 0; i < 4; i++)
    {
      const gsize at = i * SEALED, n = MIN (SEALED, s.size - at);

      memcpy (bad, s.sealed, at);
      memcpy (bad + at, s.sealed + at + n, s.size - at - n);
      assert_damaged (&s, bad, s.size - n);
    }
  /* swapped */
  memcpy (bad, s.sealed, s.size);
  memcpy (bad, s.sealed + SEALED, SEALED);
  memcpy (bad + SEALED, s.sealed, SEALED);
  assert_damaged (&s, bad, s.size);
  /* duplicated */
  memcpy (bad, s.sealed, SEALED);
  memcpy (bad + SEALED, s.sealed, s.size);
  assert_damaged (&s, bad, s.size + SEALED);
  /* the last one twice, and something after it */
  memcpy (bad, s.sealed, s.size);
  memcpy (bad + s.size, s.sealed + 3 * SEALED, s.size - 3 * SEALED);
  assert_damaged (&s, bad, s.size + (s.size - 3 * SEALED));
  memset (bad + s.size, 0, 100);
  for (gsize more = 1; more <= 100; more += 11)
    assert_damaged (&s, bad, s.size + more);
  /* cut short, at every kind of place */
  for (gsize size = s.size - 1; size > s.size - 130; size--)
    assert_damaged (&s, s.sealed, size);
  for (guint i = 0; i <= 3; i++)
    assert_damaged (&s, s.sealed, i * SEALED);
  assert_damaged (&s, s.sealed, SEALED - 1);
  sealed_clear (&s);
}

static void
test_flips (void)
{
  Sealed s, other;
  g_autofree guint8 *bad = NULL;

  /* exhaustively in a short stream */
  seal (&s, 40, 40);
  bad = g_memdup2 (s.sealed, s.size);
  for (gsize bit = 0; bit < 8 * s.size; bit++)
    {
      bad[bit / 8] ^= (guint8) (1 << bit % 8);
      assert_damaged (&s, bad, s.size);
      bad[bit / 8] ^= (guint8) (1 << bit % 8);
    }
  for (guint bit = 0; bit < 8 * CNC_HEADER_STREAM_HEADER_BYTES; bit++)
    {
      other = s;
      other.header[bit / 8] ^= (guint8) (1 << bit % 8);
      assert_damaged (&other, s.sealed, s.size);
    }
  for (guint bit = 0; bit < 8 * CNC_HEADER_TAG_BYTES; bit++)
    {
      other = s;
      other.tag[bit / 8] ^= (guint8) (1 << bit % 8);
      assert_damaged (&other, s.sealed, s.size);
    }
  other = s;
  other.key = cnc_secret_new_key (NULL, NULL);
  assert_damaged (&other, s.sealed, s.size);
  cnc_secret_free (other.key);
  sealed_clear (&s);

  /* by sample in a longer one */
  seal (&s, 2 * CHUNK + 5, CHUNK);
  for (gsize at = 0; at < s.size; at += 4099)
    {
      s.sealed[at] ^= 1;
      assert_damaged (&s, s.sealed, s.size);
      s.sealed[at] ^= 1;
    }
  sealed_clear (&s);
}

/* A stream of the same key but without a final chunk: sealed, then finished later than cut. */
static void
test_no_final (void)
{
  g_autoptr (CncSecret) key = cnc_secret_new_key (NULL, NULL);
  g_autoptr (CncSealer) sealer = NULL;
  Sealed s = { .key = key };
  g_autofree guint8 *out = g_malloc (3 * SEALED);
  g_autofree guint8 *plain = g_malloc0 (3 * CHUNK);
  gsize written = 0;

  sealer = cnc_sealer_new (key, s.header, NULL);
  cnc_sealer_start (sealer, s.tag, out, 3 * SEALED);
  g_assert_false (cnc_sealer_finish (sealer, &written, NULL)); /* nothing to seal */
  g_assert_true (cnc_sealer_push (sealer, plain, 3 * CHUNK, NULL, NULL));
  /* two full chunks are out, the third is held back until it is known to be the last */
  assert_damaged (&s, out, 2 * SEALED);
  assert_damaged (&s, out, SEALED);
}

static void
test_too_small (void)
{
  g_autoptr (CncSecret) key = cnc_secret_new_key (NULL, NULL);
  g_autofree guint8 *plain = g_malloc0 (3 * CHUNK);
  static const gsize rooms[] = { 0, 1, SEALED - 1, SEALED, 2 * SEALED, 3 * SEALED - 1 };

  for (guint i = 0; i < G_N_ELEMENTS (rooms); i++)
    {
      g_autofree guint8 *out = g_malloc (rooms[i] + 1);
      g_autoptr (GError) error = NULL;
      g_autoptr (CncSealer) sealer = NULL;
      guint8 header[CNC_HEADER_STREAM_HEADER_BYTES], tag[CNC_HEADER_TAG_BYTES] = { 0 };
      gsize written = 0;

      out[rooms[i]] = 0x5a;
      sealer = cnc_sealer_new (key, header, &error);
      cnc_sealer_start (sealer, tag, out, rooms[i]);
      g_assert_false (cnc_sealer_push (sealer, plain, 3 * CHUNK, NULL, &error) && cnc_sealer_finish (sealer, &written, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_TOO_SMALL);
      g_assert_cmpuint (out[rooms[i]], ==, 0x5a);
    }
}

static void
test_cancel (void)
{
  g_autofree guint8 *out = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (CncSealer) sealer = NULL;
  CncTask task = { 0 };
  Sealed s;

  seal (&s, 2 * CHUNK, CHUNK);
  out = g_malloc (2 * CHUNK);
  memset (out, 1, 2 * CHUNK);
  cnc_task_cancel (&task);
  g_assert_false (cnc_stream_open (s.key, s.header, s.tag, s.sealed, s.size, out, &task, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_CANCELLED);
  g_clear_error (&error);
  for (gsize i = 0; i < 2 * CHUNK; i++)
    g_assert_cmpuint (out[i], ==, 0);
  sealer = cnc_sealer_new (s.key, s.header, &error);
  cnc_sealer_start (sealer, s.tag, s.sealed, s.size);
  g_assert_false (cnc_sealer_push (sealer, s.plain, s.plain_size, &task, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_CANCELLED);
  sealed_clear (&s);
}

static void
test_no_memory (void)
{
  g_autoptr (CncSecret) key = cnc_secret_new_key (NULL, NULL);
  g_autoptr (GError) error = NULL;
  guint8 header[CNC_HEADER_STREAM_HEADER_BYTES];

  cnc_alloc_fail_at (1);
  g_assert_null (cnc_sealer_new (key, header, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
  cnc_alloc_fail_at (0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (cnc_seal_init (NULL));
  g_test_add_func ("/stream/lengths", test_lengths);
  g_test_add_func ("/stream/round-trip", test_round_trip);
  g_test_add_func ("/stream/values", test_values);
  g_test_add_func ("/stream/chunks", test_chunks);
  g_test_add_func ("/stream/flips", test_flips);
  g_test_add_func ("/stream/no-final", test_no_final);
  g_test_add_func ("/stream/too-small", test_too_small);
  g_test_add_func ("/stream/cancel", test_cancel);
  g_test_add_func ("/stream/no-memory", test_no_memory);
  return g_test_run ();
}
