/* models/train: data files of every kind, and what a sample shows of them. */
#include "train-case.h"

#include "base/error.h"

#include <archive.h>
#include <archive_entry.h>
#include <cairo.h>
#include <math.h>
#include <unistd.h>

static void
save_png (const char *path, int side)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, side, side);
  guint8 *data = cairo_image_surface_get_data (surface);
  const gsize stride = (gsize) cairo_image_surface_get_stride (surface);

  for (int y = 0; y < side; y++)
    for (int x = 0; x < side; x++)
      {
        const guint32 pixel = (guint32) (x << 16 | y << 8 | (x ^ y));

        memcpy (data + (gsize) y * stride + 4 * (gsize) x, &pixel, 4);
      }
  cairo_surface_mark_dirty (surface);
  g_assert_cmpint (cairo_surface_write_to_png (surface, path), ==, CAIRO_STATUS_SUCCESS);
  cairo_surface_destroy (surface);
}

/* files: pairs of names in the archive and of paths, ended by NULL; filter and format of libarchive. */
static void
save_archive (const char *path, int filter, int format, const char *const *files)
{
  struct archive *a = archive_write_new ();

  archive_write_add_filter (a, filter);
  archive_write_set_format (a, format);
  g_assert_cmpint (archive_write_open_filename (a, path), ==, ARCHIVE_OK);
  for (guint i = 0; files[i] != NULL; i += 2)
    {
      struct archive_entry *entry = archive_entry_new ();
      g_autofree char *text = NULL;
      gsize size;

      g_assert_true (g_file_get_contents (files[i + 1], &text, &size, NULL));
      archive_entry_set_pathname (entry, files[i]);
      archive_entry_set_size (entry, (la_int64_t) size);
      archive_entry_set_filetype (entry, AE_IFREG);
      archive_entry_set_perm (entry, 0644);
      g_assert_cmpint (archive_write_header (a, entry), ==, ARCHIVE_OK);
      g_assert_cmpint ((int) archive_write_data (a, text, size), ==, (int) size);
      archive_entry_free (entry);
    }
  archive_write_close (a);
  archive_write_free (a);
}

typedef struct
{
  char *folder;
  GString *warnings;
} Folder;

static char *
in (const Folder *f, const char *name)
{
  return g_build_filename (f->folder, name, NULL);
}

static void
put (const Folder *f, const char *name, gconstpointer bytes, gsize size)
{
  g_autofree char *path = in (f, name);

  g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
}

static void
note (const char *sentence, gpointer user_data)
{
  g_string_append_printf (user_data, "%s\n", sentence);
}

static void
remove_folder (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);

  for (const char *name = dir != NULL ? g_dir_read_name (dir) : NULL; name != NULL; name = g_dir_read_name (dir))
    {
      g_autofree char *file = g_build_filename (path, name, NULL);

      if (g_file_test (file, G_FILE_TEST_IS_DIR))
        remove_folder (file);
      g_remove (file);
    }
  g_rmdir (path);
}

static void
test_data (void)
{
  static const guint8 labels[] = { 0, 0, 8, 1, 0, 0, 0, 1, 5 };
  guint8 idx[16 + 2 * 6] = { 0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3 };
  g_autofree guint8 *cifar = g_malloc0 (2 * 3073);
  Folder f = { g_dir_make_tmp ("cnncrypt-XXXXXX", NULL), g_string_new (NULL) };
  g_autofree char *png = in (&f, "p.png"), *tar = in (&f, "x.tar.xz"), *broken = in (&f, "q.png"), *raw = in (&f, "raw"),
                  *gz = in (&f, "t10k-images-idx3-ubyte.gz"), *cifar_path = in (&f, "c.bin"), *missing = in (&f, "missing"),
                  *colours = in (&f, "colours"), *bin_xz = in (&f, "c.bin.xz");
  g_autoptr (GError) error = NULL;
  g_autoptr (TrainData) data = NULL;
  const TrainPicture *p;

  for (guint i = 0; i < 12; i++)
    idx[16 + i] = (guint8) (i * 20);
  cifar[3073] = 9;
  cifar[3073 + 1 + 1024 + 33] = 77; /* second picture, green, row 1, column 1 */
  put (&f, "raw", idx, sizeof idx);
  save_archive (gz, ARCHIVE_FILTER_GZIP, ARCHIVE_FORMAT_RAW, (const char *const[]){ "raw", raw, NULL });
  g_unlink (raw);
  put (&f, "t10k-labels-idx1-ubyte", labels, sizeof labels);
  data = train_data_load (f.folder, "*", 1, 0, 1, note, f.warnings, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (data->pictures->len, ==, 2);
  g_assert_cmpstr (f.warnings->str, ==, "");
  p = &g_array_index (data->pictures, TrainPicture, 1);
  g_assert_cmpuint (p->width, ==, 3);
  g_assert_cmpuint (p->height, ==, 2);
  g_assert_cmpuint (p->pixels[5], ==, 220);
  g_clear_pointer (&data, train_data_free);

  /* colour: CIFAR-10 and a tar file with a good picture, a broken one and a text; grey data is refused there */
  put (&f, "q.png", "\x89PNG\r\n\x1a\nbroken", 14);
  put (&f, "c.bin", cifar, 2 * 3073);
  save_png (png, 20);
  save_archive (tar, ARCHIVE_FILTER_XZ, ARCHIVE_FORMAT_TAR_USTAR,
                (const char *const[]){ "./a/good.png", png, "a/bad.png", broken, "b/other.png", png, "a/readme.txt", broken, NULL });
  save_archive (bin_xz, ARCHIVE_FILTER_XZ, ARCHIVE_FORMAT_RAW, (const char *const[]){ "raw", cifar_path, NULL });
  g_assert_null (train_data_load (f.folder, "t10k*", 3, 0, 1, note, f.warnings, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  g_string_truncate (f.warnings, 0);
  data = train_data_load (f.folder, "a/* c.bin.xz", 3, 0, 1, note, f.warnings, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (data->pictures->len, ==, 3);
  g_assert_cmpuint (data->skipped, ==, 1);
  g_assert_nonnull (strstr (f.warnings->str, "a/bad.png is left out"));
  p = &g_array_index (data->pictures, TrainPicture, 1);
  g_assert_cmpuint (p->pixels[1024 + 33], ==, 77);
  p = &g_array_index (data->pictures, TrainPicture, 2);
  g_assert_cmpuint (p->width, ==, 20);
  g_assert_cmpuint (p->pixels[3 * 20 + 7], ==, 7);       /* red = x */
  g_assert_cmpuint (p->pixels[400 + 3 * 20 + 7], ==, 3); /* green = y */
  g_assert_cmpuint (p->pixels[800 + 3 * 20 + 7], ==, 3 ^ 7);
  g_clear_pointer (&data, train_data_free);

  /* pictures in folders below, of which one is too small */
  g_mkdir (colours, 0777);
  {
    g_autofree char *large = g_build_filename (colours, "l.png", NULL), *small = g_build_filename (colours, "s.png", NULL);

    save_png (large, 16);
    save_png (small, 15);
  }
  data = train_data_load (f.folder, "colours/*", 1, 0, 16, note, f.warnings, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (data->pictures->len, ==, 1);
  g_assert_cmpuint (data->skipped, ==, 1);
  g_clear_pointer (&data, train_data_free);

  /* brought to one size: red stays a ramp from left to right, over half as many pixels */
  data = train_data_load (f.folder, "colours/l.png", 3, 8, 8, note, f.warnings, &error);
  g_assert_no_error (error);
  p = &g_array_index (data->pictures, TrainPicture, 0);
  g_assert_cmpuint (p->width, ==, 8);
  g_assert_cmpuint (p->height, ==, 8);
  for (guint i = 1; i < 7; i++)
    g_assert_cmpint (ABS ((int) p->pixels[3 * 8 + i] - (int) (2 * i)), <=, 1);
  g_clear_pointer (&data, train_data_free);

  g_assert_null (train_data_load (missing, "*", 1, 0, 1, note, f.warnings, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_IO);
  g_clear_error (&error);
  g_assert_null (train_data_load (f.folder, "nothing*", 1, 0, 1, note, f.warnings, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_IO);
  remove_folder (f.folder);
  g_free (f.folder);
  g_string_free (f.warnings, TRUE);
}

static void
test_samples (void)
{
  g_autoptr (TrainData) data = random_data (1, 1, 8);
  const TrainView view = { 5, 4, TRUE, 2 }, whole = { 8, 8, TRUE, 0 };
  const guint8 *pixels = g_array_index (data->pictures, TrainPicture, 0).pixels;
  gboolean seen[2][2] = { { FALSE } };
  guint places = 0;
  float out[64];
  g_autofree guint *order = train_shuffle (100, 5, 6), *again = train_shuffle (100, 5, 6), *other = train_shuffle (100, 5, 7);
  guint8 hits[100] = { 0 };

  for (guint i = 0; i < 100; i++)
    hits[order[i]]++;
  for (guint i = 0; i < 100; i++)
    g_assert_cmpuint (hits[i], ==, 1);
  g_assert_true (memcmp (order, again, 100 * sizeof *order) == 0);
  g_assert_true (memcmp (order, other, 100 * sizeof *order) != 0);
  train_sample (data, 0, &whole, 1, out);
  for (guint i = 0; i < 64; i++)
    g_assert_cmpfloat (out[i], ==, (float) pixels[i] / 255.0f);
  /* each sample is some part of the picture, mirrored or not; all sorts come */
  for (guint64 seed = 1; seed < 200; seed++)
    {
      guint found = 0;

      train_sample (data, 0, &view, seed, out);
      for (guint top = 0; top <= 4; top++)
        for (guint left = 0; left <= 3; left++)
          for (guint flip = 0; flip < 4; flip++)
            {
              gboolean same = TRUE;

              for (guint y = 0; y < 4 && same; y++)
                for (guint x = 0; x < 5 && same; x++)
                  same = out[y * 5 + x]
                         == (float) pixels[(top + ((flip & 2) != 0 ? 3 - y : y)) * 8 + left + ((flip & 1) != 0 ? 4 - x : x)] / 255.0f;
              if (same)
                {
                  found++;
                  seen[flip & 1][flip >> 1] = TRUE;
                  places |= 1u << (top * 4 + left);
                }
            }
      g_assert_cmpuint (found, ==, 1);
    }
  g_assert_true (seen[0][0] && seen[0][1] && seen[1][0] && seen[1][1]);
  g_assert_cmpuint (places, ==, (1u << 20) - 1);
}

/* One factor for all of a sample, of any strength between the limits, cut at white; none where there is no chance. */
static void
test_gain (void)
{
  g_autoptr (TrainData) data = random_data (1, 1, 8);
  const guint8 *pixels = g_array_index (data->pictures, TrainPicture, 0).pixels;
  const TrainView view = { 8, 8, FALSE, 0, 0.5 };
  double least = 2, most = 0;
  guint cut = 0;
  float out[64];

  train_sample (data, 0, &view, 0, out);
  for (guint i = 0; i < 64; i++)
    g_assert_cmpfloat (out[i], ==, (float) pixels[i] / 255.0f);
  for (guint64 seed = 1; seed < 500; seed++)
    {
      double gain = 0;

      train_sample (data, 0, &view, seed, out);
      for (guint i = 0; i < 64; i++)
        if (pixels[i] > 0 && out[i] < 1)
          gain = out[i] * 255.0 / pixels[i];
      for (guint i = 0; i < 64; i++)
        {
          g_assert_cmpfloat_with_epsilon (out[i], MIN (1, gain * pixels[i] / 255.0), 1e-4);
          cut += out[i] == 1 && pixels[i] < 255;
        }
      least = MIN (least, gain);
      most = MAX (most, gain);
    }
  g_assert_cmpfloat (least, >, 1 / 1.5 - 1e-4);
  g_assert_cmpfloat (least, <, 0.7);
  g_assert_cmpfloat (most, <, 1.5 + 1e-4);
  g_assert_cmpfloat (most, >, 1.45);
  g_assert_cmpuint (cut, >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/train-data/files", test_data);
  g_test_add_func ("/train-data/samples", test_samples);
  g_test_add_func ("/train-data/gain", test_gain);
  return g_test_run ();
}
