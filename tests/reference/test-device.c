/* tests/reference: every operation on every Vulkan device against the C reference, with the validation layer on: it may not say a word.
 *
 * Each test runs three times: writing into device memory where that is possible, through staging, and with kernels shaped as for a GPU.
 */
#include <glib/gstdio.h>

#include "cipher-case.h"
#include "base/memory.h"
#include "engine/engine.h"
#include "vulkan/vk-backend.h"

static const CncCipherShape shapes[] = {
  { 4, 4 },   { 4, 5 },     { 8, 4 },   { 8, 7 },   { 16, 9 },   { 4, 256 },   { 32, 33 },   { 64, 37 },   { 64, 100 },
  { 128, 6 }, { 128, 255 }, { 256, 4 }, { 256, 5 }, { 256, 11 }, { 256, 101 }, { 256, 255 }, { 256, 256 },
};

static CncBackend *
open_device (const char *id, const CncVulkanSwitches *switches)
{
  g_autoptr (GError) error = NULL;
  CncBackend *backend;

  cnc_vulkan_set_switches (switches);
  backend = cnc_vulkan_open (id, &error);
  g_assert_no_error (error);
  return backend;
}

static void
assert_same (CncBackend *reference, CncBuffer *expected, CncBackend *device, CncBuffer *result, gsize words)
{
  g_autofree guint32 *a = case_read (reference, expected, words), *b = case_read (device, result, words);

  case_assert_same (b, a, words);
}

/* Result buffers are larger than the shape: what lies behind it must stay as it was. */
static void
rounds_of_shape (CncBackend *device, CncBackend *reference, const CncCipherShape *shape, gsize table_word)
{
  const gsize words = (gsize) shape->width * shape->height, table_words = cnc_cipher_table_words (shape), more = words + 12;
  g_autofree guint32 *source = case_words (1, words), *target = case_words (2, words), *before = case_words (3, more);
  g_autofree guint32 *tables = g_new0 (guint32, table_word + table_words), *made = case_tables (4, shape);
  CncBackend *const backends[] = { reference, device };
  CncBuffer *b[2][5];
  g_autoptr (GError) error = NULL;

  memcpy (tables + table_word, made, table_words * 4);
  for (guint i = 0; i < 2; i++)
    {
      b[i][0] = case_buffer (backends[i], tables, table_word + table_words);
      b[i][1] = case_buffer (backends[i], source, words);
      b[i][2] = case_buffer (backends[i], target, words);
      b[i][3] = case_buffer (backends[i], before, more);
      b[i][4] = case_buffer (backends[i], before, more);
    }
  for (guint inverse = 0; inverse < 2; inverse++)
    {
      g_autofree guint32 *back = NULL;

      for (guint i = 0; i < 2; i++)
        g_assert_true (
            backends[i]->table->cipher_round (backends[i], shape, b[i][0], table_word, b[i][1], b[i][2], b[i][3], inverse != 0, &error));
      assert_same (reference, b[0][3], device, b[1][3], more);
      g_assert_true (device->table->cipher_round (device, shape, b[1][0], table_word, b[1][1], b[1][3], b[1][4], inverse == 0, &error));
      back = case_read (device, b[1][4], words);
      case_assert_same (back, target, words);
    }
  for (guint i = 0; i < 2; i++)
    for (guint k = 0; k < 5; k++)
      cnc_buffer_free (backends[i], b[i][k]);
}

static void
rounds (CncBackend *device)
{
  g_autoptr (CncBackend) reference = cnc_reference_backend_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++)
    for (gsize table_word = 0; table_word < 200; table_word += 67)
      rounds_of_shape (device, reference, &shapes[i], table_word);
}

/* Many rounds over the same buffers without a wait between: the order of commands must hold by itself. */
static void
chain (CncBackend *device)
{
  const CncCipherShape shape = { 256, 61 };
  const gsize words = (gsize) shape.width * shape.height, table_words = cnc_cipher_table_words (&shape);
  g_autoptr (CncBackend) reference = cnc_reference_backend_new ();
  g_autofree guint32 *source = case_words (5, words), *target = case_words (6, words), *tables = case_tables (7, &shape);
  CncBackend *const backends[] = { reference, device };
  CncBuffer *b[2][4];
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 2; i++)
    {
      b[i][0] = case_buffer (backends[i], tables, table_words);
      b[i][1] = case_buffer (backends[i], source, words);
      b[i][2] = case_buffer (backends[i], target, words);
      b[i][3] = case_buffer (backends[i], NULL, words);
      for (guint r = 0; r < 120; r++)
        {
          CncBuffer *result = b[i][3];
          const CncBackendTable *t = backends[i]->table;

          g_assert_true (t->cipher_round (backends[i], &shape, b[i][0], 0, b[i][1], b[i][2], result, r % 3 == 0, &error));
          b[i][3] = b[i][2];
          b[i][2] = b[i][1];
          b[i][1] = result;
          if (r % 7 == 0)
            g_assert_true (t->add_bytes (backends[i], b[i][1], 3, b[i][2], 5, words - 6, r % 2 == 0, &error));
          if (r % 11 == 0)
            g_assert_true (t->copy (backends[i], b[i][1], 0, b[i][2], words / 2, words / 2, &error));
          if (r % 50 == 0)
            g_assert_true (cnc_buffer_upload (backends[i], b[i][1], 4, source, 400, &error));
        }
    }
  assert_same (reference, b[0][1], device, b[1][1], words);
  assert_same (reference, b[0][2], device, b[1][2], words);
  for (guint i = 0; i < 2; i++)
    for (guint k = 0; k < 4; k++)
      cnc_buffer_free (backends[i], b[i][k]);
}

static void
sums (CncBackend *device)
{
  static const struct
  {
    gsize size, to, from, words;
  } cases[] = { { 1, 0, 0, 1 }, { 5, 1, 2, 3 }, { 64, 0, 0, 64 }, { 4097, 1, 0, 4096 }, { 70000, 69999, 0, 1 }, { 3000001, 0, 1, 3000000 },
                { 9, 3, 3, 0 } };
  g_autoptr (CncBackend) reference = cnc_reference_backend_new ();
  CncBackend *const backends[] = { reference, device };

  for (gsize c = 0; c < G_N_ELEMENTS (cases); c++)
    {
      g_autofree guint32 *x = case_words (8, cases[c].size), *y = case_words (9, cases[c].size);
      CncBuffer *b[2][2];
      g_autoptr (GError) error = NULL;

      for (guint i = 0; i < 2; i++)
        {
          b[i][0] = case_buffer (backends[i], x, cases[c].size);
          b[i][1] = case_buffer (backends[i], y, cases[c].size);
        }
      for (guint op = 0; op < 3; op++)
        {
          for (guint i = 0; i < 2; i++)
            if (op < 2)
              g_assert_true (backends[i]->table->add_bytes (backends[i], b[i][0], cases[c].to, b[i][1], cases[c].from, cases[c].words,
                                                            op != 0, &error));
            else
              g_assert_true (backends[i]->table->copy (backends[i], b[i][0], cases[c].to, b[i][1], cases[c].from, cases[c].words, &error));
          assert_same (reference, b[0][0], device, b[1][0], cases[c].size);
        }
      for (guint i = 0; i < 2; i++)
        for (guint k = 0; k < 2; k++)
          cnc_buffer_free (backends[i], b[i][k]);
    }
}

/* Buffers of every size come and go while work is under way; what is read back is always what was written. */
static void
buffers (CncBackend *device)
{
  CncBuffer *live[24] = { NULL };
  gsize words[24] = { 0 };
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 400; i++)
    {
      const guint slot = (guint) g_rand_int_range (rand, 0, 24);

      if (live[slot] != NULL)
        {
          g_autofree guint32 *expected = case_words (slot + 1, words[slot]), *read = case_read (device, live[slot], words[slot]);

          case_assert_same (read, expected, words[slot]);
          if (i % 2 == 0)
            g_assert_true (device->table->add_bytes (device, live[slot], 0, live[slot], 1, 0, FALSE, &error));
          cnc_buffer_free (device, live[slot]);
        }
      words[slot] = (gsize) 1 << g_rand_int_range (rand, 0, 19);
      if (i % 100 == 50)
        words[slot] = (gsize) 3 << 20;
      words[slot] += (gsize) g_rand_int_range (rand, 0, 5);
      {
        g_autofree guint32 *data = case_words (slot + 1, words[slot]);
        CncBuffer *first = case_buffer (device, data, words[slot]);

        live[slot] = case_buffer (device, NULL, words[slot]);
        g_assert_true (device->table->copy (device, live[slot], 0, first, 0, words[slot], &error));
        cnc_buffer_free (device, first); /* still in use */
      }
    }
  for (guint i = 0; i < 24; i++)
    cnc_buffer_free (device, live[i]);
  g_assert_true (cnc_backend_finish (device, &error));
}

/* What was in a buffer is gone before its memory is given to another, whether it was still in use when it was freed or not. */
static void
cleared (CncBackend *device)
{
  enum
  {
    WORDS = 10007
  };
  g_autofree guint32 *secret = case_words (3, WORDS);
  g_autoptr (GError) error = NULL;

  for (guint in_use = 0; in_use < 2; in_use++)
    {
      CncBuffer *b[8];

      for (guint i = 0; i < 8; i++)
        b[i] = case_buffer (device, secret, WORDS);
      if (in_use != 0)
        for (guint i = 0; i < 8; i++)
          g_assert_true (device->table->add_bytes (device, b[i], 0, b[(i + 1) % 8], 0, WORDS, FALSE, &error));
      else
        g_assert_true (cnc_backend_finish (device, &error));
      for (guint i = 0; i < 8; i++)
        cnc_buffer_free (device, b[i]);
      g_assert_true (cnc_backend_finish (device, &error));
      for (guint i = 0; i < 8; i++)
        {
          g_autofree guint32 *words = NULL;

          b[i] = case_buffer (device, NULL, WORDS);
          words = case_read (device, b[i], WORDS);
          for (guint k = 0; k < WORDS; k++)
            g_assert_cmpuint (words[k], ==, 0);
        }
      for (guint i = 0; i < 8; i++)
        cnc_buffer_free (device, b[i]);
    }
}

static void
bad_arguments (CncBackend *device)
{
  static const CncCipherShape bad[] = { { 0, 0 }, { 4, 3 }, { 3, 4 }, { 2, 8 }, { 512, 4 }, { 24, 8 }, { 8, 257 }, { 256, 0 } };
  CncBuffer *b[5];
  const CncCipherShape good = { 8, 8 };
  const gsize table_words = cnc_cipher_table_words (&good);

  for (guint i = 0; i < 5; i++)
    b[i] = case_buffer (device, NULL, i == 0 ? table_words : i == 4 ? 65536 + table_words : 64);

#define FAILS(call)                                                                                                                        \
  {                                                                                                                                        \
    g_autoptr (GError) error = NULL;                                                                                                       \
    g_assert_false (call);                                                                                                                 \
    g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);                                                                             \
  }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    FAILS (device->table->cipher_round (device, &bad[i], b[0], 0, b[1], b[2], b[3], FALSE, &error));
  FAILS (device->table->cipher_round (device, &good, b[0], 1, b[1], b[2], b[3], FALSE, &error));
  FAILS (device->table->cipher_round (device, &good, b[4], 65537 - table_words, b[1], b[2], b[3], FALSE, &error));
  FAILS (device->table->cipher_round (device, &good, b[0], G_MAXSIZE, b[1], b[2], b[3], FALSE, &error));
  FAILS (device->table->cipher_round (device, &good, b[0], 0, b[1], b[1], b[3], FALSE, &error));
  FAILS (device->table->cipher_round (device, &good, b[0], 0, b[1], b[3], b[3], FALSE, &error));
  FAILS (device->table->cipher_round (device, &(CncCipherShape){ 8, 9 }, b[0], 0, b[1], b[2], b[3], FALSE, &error));
  FAILS (device->table->add_bytes (device, b[1], 60, b[2], 0, 5, FALSE, &error));
  FAILS (device->table->add_bytes (device, b[1], 0, b[2], 2, G_MAXSIZE - 1, FALSE, &error));
  FAILS (device->table->add_bytes (device, b[1], 0, b[1], 4, 5, FALSE, &error));
  FAILS (device->table->copy (device, b[1], 4, b[1], 0, 5, &error));
  FAILS (device->table->copy (device, b[1], 65, b[2], 0, 0, &error));
  FAILS (cnc_buffer_upload (device, b[1], 252, &good, 8, &error));
  FAILS (cnc_buffer_upload (device, b[1], 2, &good, 8, &error));
  FAILS (cnc_buffer_download (device, b[1], 260, (gpointer) bad, 0, &error));
  FAILS (cnc_buffer_new (device, 0, &error) != NULL);
  FAILS (cnc_buffer_new (device, 6, &error) != NULL);
#undef FAILS
  for (guint i = 0; i < 5; i++)
    cnc_buffer_free (device, b[i]);
}

typedef struct
{
  char id[40];
  CncVulkanSwitches switches;
  void (*func) (CncBackend *device);
} Case;

static void
run_case (gconstpointer data)
{
  const Case *c = data;
  CncBackend *device = open_device (c->id, &c->switches);

  c->func (device);
  cnc_backend_free (device);
  g_assert_cmpuint (cnc_vulkan_messages (), ==, 0);
}

/* Memory of the device runs out at every allocation in turn: each time an error, and nothing is left behind. */
static void
test_memory (gconstpointer id)
{
  for (guint n = 1; n < 4; n++)
    {
      const CncVulkanSwitches switches = { .validation = TRUE, .staging = TRUE, .fail_allocation = n };
      g_autoptr (CncBackend) device = open_device (id, &switches);
      g_autoptr (GError) error = NULL;
      g_autofree guint32 *data = case_words (1, 5 << 20);
      CncBuffer *big = cnc_buffer_new (device, 20 << 20, &error);
      CncBuffer *small = error == NULL ? cnc_buffer_new (device, 4096, &error) : NULL;
      const gboolean good = error == NULL && cnc_buffer_upload (device, big, 0, data, 20 << 20, &error);

      g_assert_false (good);
      g_assert_error (error, CNC_ERROR, CNC_ERROR_GPU_MEMORY);
      g_clear_error (&error);
      cnc_buffer_free (device, big);
      cnc_buffer_free (device, small);
      /* The device is as good as before. */
      g_assert_true (cnc_engine_self_test (device, &error));
      g_assert_no_error (error);
    }
  g_assert_cmpuint (cnc_vulkan_messages (), ==, 0);
}

/* A device that is lost, or does not answer, stays so: every call says it at once, and freeing is still allowed. */
static void
test_lost (gconstpointer id)
{
  for (guint i = 0; i < 6; i++)
    {
      const guint n = 1 + i % 3;
      const CncVulkanSwitches switches
          = { .validation = TRUE, .staging = i % 2 != 0, .lose_submission = i < 3 ? n : 0, .hang_submission = i < 3 ? 0 : n };
      g_autoptr (CncBackend) device = open_device (id, &switches);
      g_autoptr (GError) error = NULL;
      CncBuffer *a = case_buffer (device, NULL, 1024), *b = case_buffer (device, NULL, 1024);
      gboolean good = TRUE;
      guint32 word;

      for (guint k = 0; k < n && good; k++)
        good = device->table->copy (device, a, 0, b, 0, 1024, &error) && cnc_backend_finish (device, &error);
      g_assert_false (good);
      g_assert_error (error, CNC_ERROR, CNC_ERROR_GPU_LOST);
      g_clear_error (&error);
      g_assert_false (cnc_buffer_download (device, a, 0, &word, 4, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_GPU_LOST);
      g_clear_error (&error);
      g_assert_null (cnc_buffer_new (device, 4, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_GPU_LOST);
      cnc_buffer_free (device, a);
      cnc_buffer_free (device, b);
    }
  g_assert_cmpuint (cnc_vulkan_messages (), ==, 0);
}

/* Opens, works, closes: reads and writes the cache. */
static void
work_once (const char *id)
{
  static const CncVulkanSwitches switches = { .validation = TRUE };
  g_autoptr (CncBackend) device = open_device (id, &switches);
  g_autoptr (GError) error = NULL;

  g_assert_true (cnc_engine_self_test (device, &error));
  g_assert_no_error (error);
}

/* The file of the cache; NULL if there is none. */
static char *
cache_file (void)
{
  g_autofree char *folder = g_build_filename (g_get_user_cache_dir (), "cnncrypt", NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name = dir != NULL ? g_dir_read_name (dir) : NULL;

  return name != NULL ? g_build_filename (folder, name, NULL) : NULL;
}

/* Whatever is in the cache's file, the device works, and the file is right again after. */
static void
test_cache (gconstpointer id)
{
  g_autofree char *name = NULL, *good = NULL;
  gsize size, damaged_size;
  GStatBuf status;

  work_once (id);
  name = cache_file ();
  g_assert_nonnull (name);
  g_assert_cmpint (g_stat (name, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
  g_assert_true (g_file_get_contents (name, &good, &size, NULL));
  g_assert_cmpmem (good, 8, "CNCPIPE1", 8);
  for (guint i = 0; i < 8; i++)
    {
      g_autofree char *damaged = g_memdup2 (good, size), *after = NULL;
      gsize after_size;

      damaged_size = size;
      if (i < 4)
        damaged[(gsize) i * (size - 1) / 3] ^= 1; /* the magic, the sum, the driver's part */
      else
        damaged_size = (gsize[]){ 0, 71, 72, size - 1 }[i - 4];
      g_assert_true (g_file_set_contents (name, damaged, (gssize) damaged_size, NULL));
      work_once (id);
      g_assert_true (g_file_get_contents (name, &after, &after_size, NULL));
      g_assert_cmpuint (after_size, >, 72);
      g_assert_cmpmem (after, 8, "CNCPIPE1", 8);
      g_assert_cmpint (memcmp (after, damaged, MIN (after_size, damaged_size)) != 0 || after_size != damaged_size, ==, TRUE);
    }
  /* No folder can be made: a slower start, no more. */
  {
    g_autofree char *folder = g_path_get_dirname (name);

    g_assert_cmpint (g_unlink (name), ==, 0);
    g_assert_cmpint (g_rmdir (folder), ==, 0);
    g_assert_true (g_file_set_contents (folder, "", 0, NULL));
    work_once (id);
    g_assert_cmpint (g_unlink (folder), ==, 0);
  }
  g_assert_cmpuint (cnc_vulkan_messages (), ==, 0);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    void (*func) (CncBackend *device);
  } tests[] = { { "rounds", rounds },   { "chain", chain },     { "sums", sums },
                { "buffers", buffers }, { "cleared", cleared }, { "bad-arguments", bad_arguments } };
  static const struct
  {
    const char *name;
    CncVulkanSwitches switches;
  } modes[3] = {
    { "direct", { .validation = TRUE } },
    { "staging", { .validation = TRUE, .staging = TRUE, .texel_limit = 65536 } },
    { "gpu", { .validation = TRUE, .staging = TRUE, .texel_limit = 65536, .as_gpu = TRUE } },
  };
  g_autoptr (GArray) devices = NULL;
  g_autofree char *problem = NULL;

  case_isolate_cache ();
  g_test_init (&argc, &argv, NULL);
  devices = cnc_vulkan_devices (&problem);
  for (guint d = 0; d < devices->len; d++)
    {
      const char *id = g_array_index (devices, CncDeviceInfo, d).id;
      g_autofree char *memory = g_strdup_printf ("/device/%s/out-of-memory", id), *lost = g_strdup_printf ("/device/%s/lost", id);
      g_autofree char *cache = g_strdup_printf ("/device/%s/cache", id);

      for (guint i = 0; i < G_N_ELEMENTS (modes) * G_N_ELEMENTS (tests); i++)
        {
          Case *c = g_new0 (Case, 1);
          g_autofree char *path = g_strdup_printf ("/device/%s/%s/%s", id, modes[i % 3].name, tests[i / 3].name);

          g_strlcpy (c->id, id, sizeof c->id);
          c->switches = modes[i % 3].switches;
          c->func = tests[i / 3].func;
          g_test_add_data_func_full (path, c, run_case, g_free);
        }
      g_test_add_data_func (memory, id, test_memory);
      g_test_add_data_func (lost, id, test_lost);
      g_test_add_data_func (cache, id, test_cache);
    }
  if (devices->len == 0)
    g_test_message ("%s", problem);
  /* A machine for tests has software Vulkan at least. */
  g_assert_cmpuint (devices->len, >, 0);
  return case_run ();
}
