/* core/engine/self-test.c: the known-answer test that a device passes before it is handed out.
 *
 * The answers are those of an implementation that shares no code with any backend (tests/reference/cipher-values.py, shape 64 x 37,
 * whose height no workgroup divides).
 */
#include "base/error.h"
#include "base/memory.h"
#include "engine/engine.h"

#define WIDTH 64u
#define HEIGHT 37u
#define WORDS (WIDTH * HEIGHT)

enum
{
  FORWARD,
  INVERSE,
  SUM,
  DIFFERENCE,
  ANSWERS,
};

static const char *const answers[ANSWERS] = {
  [FORWARD] = "dcb66b538103b50055f91539c8c39c6d57fffb24dcb5c0414436f9d9b38445cf",
  [INVERSE] = "828815123fdaf9de345d9f18c9a741025149d5b135bbf04cedd3b89eb4438b61",
  [SUM] = "17bbb7290f4f75ba253511f1f17030a7cf5faed582217d6e9e11d1def3d67981",
  [DIFFERENCE] = "8925a22651c339bb3b571be4803d0aba738d21f6f3183c5d7cbacf1d63a9c209",
};

typedef struct
{
  CncBuffer *tables, *source, *target, *result, *back;
} Buffers;

/* xorshift32, little-endian in memory as the backends hold words. */
static void
fill (guint32 seed, guint32 *words, gsize count)
{
  for (gsize i = 0; i < count; i++)
    {
      seed ^= seed << 13;
      seed ^= seed >> 17;
      seed ^= seed << 5;
      words[i] = seed;
    }
}

static void
fill_tables (const CncCipherShape *shape, guint32 *words, gsize count)
{
  const gsize row_shift = count - shape->width - shape->height, column_shift = count - shape->width;

  fill (77, words, count);
  for (gsize i = 36; i < 40; i++)
    words[i] |= 1;
  for (gsize i = row_shift; i < column_shift; i++)
    words[i] %= shape->width;
  for (gsize i = column_shift; i < count; i++)
    words[i] %= shape->height;
}

/* Downloads and compares; wrong stays FALSE where the device erred instead of calculating wrongly. */
static gboolean
right (CncBackend *backend, CncBuffer *buffer, const char *answer, guint32 *words, gboolean *wrong, GError **error)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);

  if (!cnc_buffer_download (backend, buffer, 0, words, WORDS * 4, error))
    return FALSE;
  for (gsize i = 0; i < WORDS; i++)
    {
      guint8 bytes[4];

      cnc_put_u32 (bytes, words[i]);
      g_checksum_update (sum, bytes, sizeof bytes);
    }
  *wrong = strcmp (g_checksum_get_string (sum), answer) != 0;
  return !*wrong;
}

static gboolean
run (CncBackend *backend, const CncCipherShape *shape, const Buffers *b, guint32 *words, gboolean *wrong, GError **error)
{
  const CncBackendTable *t = backend->table;
  g_autofree guint32 *target = g_new (guint32, WORDS);

  fill_tables (shape, words, cnc_cipher_table_words (shape));
  if (!cnc_buffer_upload (backend, b->tables, 0, words, cnc_cipher_table_words (shape) * 4, error))
    return FALSE;
  fill (11, words, WORDS);
  fill (22, target, WORDS);
  if (!cnc_buffer_upload (backend, b->source, 0, words, WORDS * 4, error)
      || !cnc_buffer_upload (backend, b->target, 0, target, WORDS * 4, error)
      || !t->cipher_round (backend, shape, b->tables, 0, b->source, b->target, b->result, FALSE, error)
      || !t->cipher_round (backend, shape, b->tables, 0, b->source, b->result, b->back, TRUE, error)
      || !right (backend, b->result, answers[FORWARD], words, wrong, error)
      || !cnc_buffer_download (backend, b->back, 0, words, WORDS * 4, error))
    return FALSE;
  *wrong = memcmp (words, target, WORDS * 4) != 0;
  return !*wrong && t->cipher_round (backend, shape, b->tables, 0, b->source, b->target, b->result, TRUE, error)
         && right (backend, b->result, answers[INVERSE], words, wrong, error) && t->copy (backend, b->result, 0, b->target, 0, WORDS, error)
         && t->add_bytes (backend, b->result, 0, b->source, 0, WORDS, FALSE, error)
         && t->add_bytes (backend, b->target, 0, b->source, 0, WORDS, TRUE, error)
         && right (backend, b->result, answers[SUM], words, wrong, error)
         && right (backend, b->target, answers[DIFFERENCE], words, wrong, error);
}

gboolean
cnc_engine_self_test (CncBackend *backend, GError **error)
{
  const CncCipherShape shape = { WIDTH, HEIGHT };
  const gsize table_words = cnc_cipher_table_words (&shape);
  g_autofree guint32 *words = g_new (guint32, MAX (WORDS, table_words));
  g_autoptr (GError) why = NULL;
  Buffers b = { 0 };
  CncBuffer **const all[] = { &b.tables, &b.source, &b.target, &b.result, &b.back };
  gboolean wrong = FALSE, good = TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (all) && good; i++)
    {
      *all[i] = cnc_buffer_new (backend, (i == 0 ? table_words : WORDS) * 4, &why);
      good = *all[i] != NULL;
    }
  good = good && run (backend, &shape, &b, words, &wrong, &why);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    cnc_buffer_free (backend, *all[i]);
  if (good)
    return TRUE;
  if (wrong)
    g_set_error (error, CNC_ERROR, CNC_ERROR_GPU_LOST, "The device %s calculates wrongly; update its driver, or choose another device.",
                 backend->info.name);
  else
    g_set_error (error, CNC_ERROR, CNC_ERROR_GPU_LOST, "The device %s failed its self-test: %s", backend->info.name, why->message);
  return FALSE;
}
