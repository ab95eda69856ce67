/* tests/unit/hygiene.h: what is left in memory of a secret: the whole process is searched, as a core dump would be. */
#pragma once

#include <glib.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define WITH_ASAN 1
#endif
#ifndef WITH_ASAN
#define WITH_ASAN 0
#endif

#define MASK 0x5a
#define PART (1u << 20)

/* Secrets are kept masked here, so that the search does not find what it searches for. */
typedef struct
{
  guint8 bytes[32];
  gsize size;
} Masked;

static inline guint
count_in (const guint8 *memory, gsize size, const Masked *masked)
{
  guint n = 0;

  for (gsize i = 0; i + masked->size <= size; i++)
    {
      gsize j = 0;

      while (j < masked->size && (memory[i + j] ^ MASK) == masked->bytes[j])
        j++;
      n += j == masked->size;
    }
  return n;
}

/* How often the secret stands in this process's memory; a page that cannot be read is passed over. */
static inline guint
search (const Masked *masked)
{
  g_autofree guint8 *part = g_malloc0 (PART);
  g_autofree char *maps = NULL;
  g_auto (GStrv) lines = NULL;
  guint n = 0;
  int fd;

  g_assert_cmpint (prctl (PR_SET_DUMPABLE, 1, 0, 0, 0), ==, 0);
  g_assert_true (g_file_get_contents ("/proc/self/maps", &maps, NULL, NULL));
  fd = g_open ("/proc/self/mem", O_RDONLY, 0);
  g_assert_cmpint (fd, >=, 0);
  lines = g_strsplit (maps, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      guint64 from, to;

      if (sscanf (lines[i], "%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x", &from, &to) != 2 || strstr (lines[i], "[v") != NULL)
        continue;
      while (from < to)
        {
          const gssize got = pread (fd, part, (gsize) MIN (PART, to - from), (off_t) from);

          if (got > 0 && !(from <= (guintptr) part && (guintptr) part < from + (guint64) got))
            n += count_in (part, (gsize) got, masked);
          memset (part, 0, PART);
          /* A secret across the border of two parts would be missed: go on a little before it. */
          from += got <= 0 ? 4096 : got < 64 || from + (guint64) got == to ? (guint64) got : (guint64) got - 32;
        }
    }
  close (fd);
  g_assert_cmpint (prctl (PR_SET_DUMPABLE, 0, 0, 0, 0), ==, 0);
  return n;
}

static inline Masked
mask (const guint8 *bytes, gsize size)
{
  Masked masked = { .size = size };

  for (gsize i = 0; i < size; i++)
    masked.bytes[i] = bytes[i] ^ MASK;
  return masked;
}
