/* tests/reference/cipher-case.h: the numbers that the tests of the cipher's operations work on. */
#pragma once

#include "base/error.h"
#include "nn/backend.h"

/* The user's cache stays as it is: call before anything else. */
static inline void
case_isolate_cache (void)
{
  g_autofree char *folder = g_dir_make_tmp ("cnncrypt-XXXXXX", NULL);

  g_assert_nonnull (folder);
  g_setenv ("XDG_CACHE_HOME", folder, TRUE);
}

/* Runs the tests and removes the cache. */
static inline int
case_run (void)
{
  const int status = g_test_run ();
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", g_getenv ("XDG_CACHE_HOME"));

  return g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL) ? status : 1;
}

/* xorshift32 from seed, as in cipher-values.py. */
static inline guint32 *
case_words (guint32 seed, gsize count)
{
  guint32 *words = g_new (guint32, count);

  for (gsize i = 0; i < count; i++)
    {
      seed ^= seed << 13;
      seed ^= seed >> 17;
      seed ^= seed << 5;
      words[i] = seed;
    }
  return words;
}

/* The tables of one round that keep the contract of backend.h. */
static inline guint32 *
case_tables (guint32 seed, const CncCipherShape *shape)
{
  const gsize count = cnc_cipher_table_words (shape);
  guint32 *words = case_words (seed, count);

  for (guint i = 36; i < 40; i++)
    words[i] |= 1;
  for (gsize i = count - shape->width - shape->height; i < count - shape->width; i++)
    words[i] %= shape->width;
  for (gsize i = count - shape->width; i < count; i++)
    words[i] %= shape->height;
  return words;
}

/* A buffer that holds those words. */
static inline CncBuffer *
case_buffer (CncBackend *backend, const guint32 *words, gsize count)
{
  g_autoptr (GError) error = NULL;
  CncBuffer *buffer = cnc_buffer_new (backend, count * 4, &error);

  g_assert_no_error (error);
  if (words != NULL)
    g_assert_true (cnc_buffer_upload (backend, buffer, 0, words, count * 4, &error));
  g_assert_no_error (error);
  return buffer;
}

/* Returns: (transfer full) what the buffer holds. */
static inline guint32 *
case_read (CncBackend *backend, CncBuffer *buffer, gsize count)
{
  g_autoptr (GError) error = NULL;
  guint32 *words = g_new (guint32, count);

  g_assert_true (cnc_buffer_download (backend, buffer, 0, words, count * 4, &error));
  g_assert_no_error (error);
  return words;
}

static inline void
case_assert_same (const guint32 *found, const guint32 *expected, gsize count)
{
  for (gsize i = 0; i < count; i++)
    if (found[i] != expected[i])
      g_error ("word %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT ": %08x, expected %08x", i, count, found[i], expected[i]);
}
