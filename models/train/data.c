/* models/train/data.c: folders of pictures, and batches out of them, see data.h. */
#include "data.h"

#include "base/error.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

#define MAX_BYTES (G_GUINT64_CONSTANT (8) << 30)

gboolean
train_loader_wants (const TrainLoader *loader, const char *name)
{
  for (guint i = 0; loader->patterns[i] != NULL; i++)
    if (loader->patterns[i][0] != '\0' && g_pattern_match_simple (loader->patterns[i], name))
      return TRUE;
  return FALSE;
}

void
train_loader_skip (TrainLoader *loader, const char *name, const char *why)
{
  g_autofree char *shown = g_filename_display_name (name), *sentence = g_strdup_printf ("%s is left out: %s.", shown, why);

  loader->data->skipped++;
  if (loader->warn != NULL)
    loader->warn (sentence, loader->user_data);
}

gboolean
train_loader_add (TrainLoader *loader, const char *name, guint32 width, guint32 height, guint8 *pixels, GError **error)
{
  TrainData *data = loader->data;
  const TrainPicture picture = { width, height, pixels, g_intern_string (name) };

  if (width < loader->minimum || height < loader->minimum)
    {
      g_free (pixels);
      train_loader_skip (loader, name, "it is smaller than the part of a picture that is trained on");
      return TRUE;
    }
  data->bytes += (guint64) width * height * data->channels;
  g_ptr_array_add (data->blocks, pixels);
  g_array_append_val (data->pictures, picture);
  if (data->bytes <= MAX_BYTES)
    return TRUE;
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_NO_MEMORY,
                       "The pictures take more than 8 GiB of memory; use fewer of them (key \"files\" of the recipe).");
  return FALSE;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* name: of the folder as the patterns see it, with a slash at its end; "" at the top. */
static gboolean
load_folder (TrainLoader *loader, const char *path, const char *name, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, error);
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (g_free);

  if (dir == NULL)
    return FALSE;
  for (const char *entry = g_dir_read_name (dir); entry != NULL; entry = g_dir_read_name (dir))
    g_ptr_array_add (entries, g_strdup (entry));
  g_ptr_array_sort (entries, compare);
  for (guint i = 0; i < entries->len; i++)
    {
      g_autofree char *file = g_build_filename (path, entries->pdata[i], NULL), *inner = g_strconcat (name, entries->pdata[i], NULL);

      if (g_file_test (file, G_FILE_TEST_IS_DIR))
        {
          g_autofree char *folder = g_strconcat (inner, "/", NULL);

          if (!g_file_test (file, G_FILE_TEST_IS_SYMLINK) && !load_folder (loader, file, folder, error))
            return FALSE;
        }
      else if (!train_loader_file (loader, file, inner, error))
        return FALSE;
    }
  return TRUE;
}

TrainData *
train_data_load (const char *path, const char *patterns, guint32 channels, guint32 resize, guint32 minimum, TrainWarning warn,
                 gpointer user_data, GError **error)
{
  g_autoptr (TrainData) data = g_new0 (TrainData, 1);
  g_auto (GStrv) list = g_strsplit (patterns, " ", -1);
  g_autofree char *shown = g_filename_display_name (path), *base = g_path_get_basename (path);
  TrainLoader loader = { data, list, resize, minimum, warn, user_data };
  g_autoptr (GError) why = NULL;
  gboolean good;

  data->channels = channels;
  data->pictures = g_array_new (FALSE, FALSE, sizeof (TrainPicture));
  data->blocks = g_ptr_array_new_with_free_func (g_free);
  if (channels != 1 && channels != 3)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "The network's input has neither 1 nor 3 channels; pictures have.");
      return NULL;
    }
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "There is no folder or file %s; give the data with --data.", shown);
      return NULL;
    }
  good = g_file_test (path, G_FILE_TEST_IS_DIR) ? load_folder (&loader, path, "", &why) : train_loader_file (&loader, path, base, &why);
  if (!good && why->domain == CNC_ERROR)
    g_propagate_error (error, g_steal_pointer (&why));
  else if (!good)
    g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "The data cannot be read: %s.", why->message);
  else if (data->pictures->len == 0)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "%s holds no picture that could be read (names that match \"%s\"; %u were left out).",
                   shown, patterns, data->skipped);
      good = FALSE;
    }
  return good ? g_steal_pointer (&data) : NULL;
}

void
train_data_free (TrainData *data)
{
  if (data == NULL)
    return;
  g_array_unref (data->pictures);
  g_ptr_array_unref (data->blocks);
  g_free (data);
}

gboolean
train_data_label (TrainData *data, const char *classes, GError **error)
{
  g_auto (GStrv) patterns = g_strsplit (classes, " ", -1);
  guint counts[2] = { 0 };

  for (guint i = 0; i < data->pictures->len; i++)
    {
      TrainPicture *p = &g_array_index (data->pictures, TrainPicture, i);
      gboolean is[2] = { FALSE };

      for (guint k = 0, n = 0; patterns[k] != NULL && n < 2; k++)
        if (patterns[k][0] != '\0')
          is[n++] = g_pattern_match_simple (patterns[k], p->name);
      if (is[0] == is[1])
        {
          g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "%s belongs to %s of the classes \"%s\"; each picture has to match one.", p->name,
                       is[0] ? "both" : "none", classes);
          return FALSE;
        }
      p->label = is[1] ? 1 : 0;
      counts[p->label]++;
    }
  if (counts[0] > 0 && counts[1] > 0)
    return TRUE;
  g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "Of the classes \"%s\" one has no pictures; give some of both.", classes);
  return FALSE;
}

/* ---- batches ---- */

guint64
train_random (guint64 seed, guint64 counter)
{
  guint64 x = seed + (counter + 1) * 0x9e3779b97f4a7c15u;

  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/* Below count, from 32 random bits; the bias of at most count / 2^32 does not matter here. */
static guint32
below (guint64 random, guint32 count)
{
  return (guint32) (((random >> 32) * count) >> 32);
}

guint *
train_shuffle (guint count, guint64 seed, guint64 epoch)
{
  const guint64 own = train_random (train_random (seed, 1), epoch);
  guint *order = g_new (guint, MAX (count, 1));

  for (guint i = 0; i < count; i++)
    order[i] = i;
  for (guint i = count; i > 1; i--) /* Fisher and Yates */
    {
      const guint k = below (train_random (own, i), i), other = order[k];

      order[k] = order[i - 1];
      order[i - 1] = other;
    }
  return order;
}

void
train_sample (const TrainData *data, guint picture, const TrainView *view, guint64 seed, float *out)
{
  const TrainPicture *p = &g_array_index (data->pictures, TrainPicture, picture);
  const guint32 w = MIN (view->width, p->width), h = MIN (view->height, p->height);
  const guint64 flips = seed != 0 ? train_random (seed, 2) : 0;
  const gboolean mirror = view->flip > 0 && (flips & 1) != 0, upside_down = view->flip > 1 && (flips & 2) != 0;
  const double chance = (double) (train_random (seed, 3) >> 11) * 0x1p-53;
  const float gain = seed != 0 ? (float) pow (1 + view->gain, 2 * chance - 1) : 1;
  guint32 left = (p->width - w) / 2, top = (p->height - h) / 2;

  if (seed != 0 && view->crop)
    {
      left = below (train_random (seed, 0), p->width - w + 1);
      top = below (train_random (seed, 1), p->height - h + 1);
    }
  for (guint32 c = 0; c < data->channels; c++)
    for (guint32 y = 0; y < h; y++)
      {
        const guint8 *row = p->pixels + ((gsize) c * p->height + top + (upside_down ? h - 1 - y : y)) * p->width + left;

        for (guint32 x = 0; x < w; x++)
          *out++ = MIN ((float) row[mirror ? w - 1 - x : x] / 255.0f * gain, 1.0f);
      }
}

void
train_key (guint64 seed, gsize count, float *out)
{
  for (gsize i = 0; i < count; i++)
    out[i] = (float) (train_random (seed, i) >> 40) * 0x1p-24f - 0.5f;
}
