/* tests/quality/cryptanalysis/pictures.c: pictures to attack with, and pairs of them in files, see cryptanalysis.h. */
#include "cryptanalysis.h"

#include "base/error.h"
#include "data.h"

#include <string.h>

#define HEADER 16u /* of an idx file: 00 00 08 03, then count, rows and columns, big-endian */
#define MAX_N 1000000u

CaPictures *
ca_pictures_new (guint side, guint n)
{
  CaPictures *pictures = g_new0 (CaPictures, 1);

  pictures->side = side;
  pictures->n = n;
  pictures->pixels = g_malloc0_n (n, (gsize) side * side);
  return pictures;
}

void
ca_pictures_free (CaPictures *pictures)
{
  if (pictures == NULL)
    return;
  g_free (pictures->pixels);
  g_free (pictures);
}

/* Luma as JPEG has it (ITU-R BT.601), in 1/1000. */
static guint
grey_at (const TrainPicture *p, guint channels, gsize at)
{
  const gsize plane = (gsize) p->width * p->height;

  if (channels == 1)
    return 1000u * p->pixels[at];
  return 299u * p->pixels[at] + 587u * p->pixels[plane + at] + 114u * p->pixels[2 * plane + at];
}

static void
take (const TrainPicture *p, guint channels, guint side, guint8 *out)
{
  const guint square = MIN (p->width, p->height), cell = MAX (square / side, 1), shown = MIN (square, side);
  const guint left = (p->width - cell * shown) / 2, top = (p->height - cell * shown) / 2, margin = (side - shown) / 2;

  for (guint y = 0; y < shown; y++)
    for (guint x = 0; x < shown; x++)
      {
        guint64 sum = 0;

        for (guint i = 0; i < cell * cell; i++)
          sum += grey_at (p, channels, (gsize) (top + y * cell + i / cell) * p->width + left + x * cell + i % cell);
        out[(y + margin) * side + x + margin] = (guint8) (sum / ((guint64) cell * cell * 1000));
      }
}

CaPictures *
ca_pictures_load (const char *path, const char *patterns, guint channels, guint side, guint n, GError **error)
{
  g_autoptr (TrainData) data = train_data_load (path, patterns, channels, 0, 1, NULL, NULL, error);
  CaPictures *pictures;

  if (data == NULL)
    return NULL;
  pictures = ca_pictures_new (side, MIN (n, data->pictures->len));
  for (guint i = 0; i < pictures->n; i++)
    take (&g_array_index (data->pictures, TrainPicture, i), channels, side, pictures->pixels + (gsize) i * side * side);
  return pictures;
}

CaPictures *
ca_pictures_draw (guint side, guint n, guint64 seed)
{
  CaPictures *pictures = ca_pictures_new (side, n);

  for (guint i = 0; i < n; i++)
    {
      guint8 *out = pictures->pixels + (gsize) i * side * side;
      const guint64 own = seed * 1000003u + i;
      const int first = (int) ca_random (own, 0, 256), right = (int) ca_random (own, 1, 161) - 80,
                down = (int) ca_random (own, 2, 161) - 80;

      for (guint at = 0; at < side * side; at++)
        {
          const int x = (int) (at % side), y = (int) (at / side);
          int value = first + (right * x + down * y) / (int) side;

          for (guint k = 0; k < 3; k++)
            {
              const int dx = x - (int) ca_random (own, 10 * k + 3, side), dy = y - (int) ca_random (own, 10 * k + 4, side),
                        radius = (int) (2 + ca_random (own, 10 * k + 5, side / 3));
              const gboolean box = ca_random (own, 10 * k + 6, 2) == 0;

              if (box ? ABS (dx) < radius && ABS (dy) < radius : dx * dx + dy * dy < radius * radius)
                value = (int) ca_random (own, 10 * k + 7, 256);
            }
          out[at] = (guint8) CLAMP (value, 0, 255);
        }
    }
  return pictures;
}

CaPictures *
ca_pictures_noise (guint side, guint n, guint64 seed)
{
  CaPictures *pictures = ca_pictures_new (side, n);

  for (gsize i = 0; i < (gsize) n * side * side; i++)
    pictures->pixels[i] = (guint8) ca_random (seed, i, 256);
  return pictures;
}

static void
put_big_endian (guint8 *to, guint32 value)
{
  value = GUINT32_TO_BE (value);
  memcpy (to, &value, 4);
}

static guint32
get_big_endian (const guint8 *from)
{
  guint32 value;

  memcpy (&value, from, 4);
  return GUINT32_FROM_BE (value);
}

gboolean
ca_pictures_save (const CaPictures *pictures, const char *path, GError **error)
{
  const gsize bytes = (gsize) pictures->n * pictures->side * pictures->side;
  g_autofree guint8 *file = g_malloc (HEADER + bytes);

  put_big_endian (file, 0x803);
  put_big_endian (file + 4, pictures->n);
  put_big_endian (file + 8, pictures->side);
  put_big_endian (file + 12, pictures->side);
  memcpy (file + HEADER, pictures->pixels, bytes);
  return g_file_set_contents (path, (const char *) file, (gssize) (HEADER + bytes), error);
}

CaPictures *
ca_pictures_read (const char *path, guint max_side, GError **error)
{
  g_autofree char *file = NULL;
  const guint8 *bytes;
  gsize size;
  guint n, side;
  CaPictures *pictures;

  if (!g_file_get_contents (path, &file, &size, error))
    return NULL;
  bytes = (const guint8 *) file;
  n = size >= HEADER ? get_big_endian (bytes + 4) : 0;
  side = size >= HEADER ? get_big_endian (bytes + 8) : 0;
  if (n < 2 || n > MAX_N || side < 1 || side > max_side || get_big_endian (bytes) != 0x803 || get_big_endian (bytes + 12) != side
      || size != HEADER + (gsize) n * side * side)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT, "%s is no file of square pictures that this program wrote.", path);
      return NULL;
    }
  pictures = ca_pictures_new (side, n);
  memcpy (pictures->pixels, bytes + HEADER, size - HEADER);
  return pictures;
}

void
ca_pair (const guint8 *plain, const guint8 *cipher, guint side, guint8 *out)
{
  for (guint at = 0; at < side * side; at++)
    for (guint k = 0; k < 9; k++)
      out[(3 * (at / side) + k / 3) * 3 * side + 3 * (at % side) + k % 3] = k == 0 ? plain[at] : cipher[at] >> (8 - k) & 1 ? 255 : 0;
}

void
ca_unpair (const guint8 *pair, guint side, guint8 *plain, guint8 *cipher)
{
  for (guint at = 0; at < side * side; at++)
    {
      const guint8 *cell = pair + 3 * (at / side) * 3 * side + 3 * (at % side);

      plain[at] = cell[0];
      cipher[at] = 0;
      for (guint k = 1; k < 9; k++)
        cipher[at] = (guint8) (cipher[at] << 1 | (cell[k / 3 * 3 * side + k % 3] != 0));
    }
}
