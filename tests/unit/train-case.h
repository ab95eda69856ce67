/* tests/unit/train-case.h: recipes and pictures for tests of the trainer. */
#pragma once

#include "base/error.h"
#include "session.h"

#include <glib/gstdio.h>
#include <string.h>

/* Reads a recipe that is given as text. */
static inline TrainRecipe *
recipe_of (const char *text, GError **error)
{
  g_autofree char *path = NULL;
  const int fd = g_file_open_tmp ("recipe-XXXXXX.ini", &path, NULL);
  TrainRecipe *recipe;

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  recipe = train_recipe_read (path, error);
  g_unlink (path);
  return recipe;
}

/* That recipe is refused, with those words among others. */
static inline void
refused (const char *text, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TrainRecipe) bad = recipe_of (text, &error);

  g_assert_null (bad);
  g_test_message ("%s", error->message);
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_assert_nonnull (strstr (error->message, expected));
}

/* Pictures of random bytes, the upper ones of xorshift32. */
static inline TrainData *
random_data (guint count, guint32 channels, guint32 side)
{
  TrainData *data = g_new0 (TrainData, 1);
  guint32 s = 12345 + side;

  data->channels = channels;
  data->pictures = g_array_new (FALSE, FALSE, sizeof (TrainPicture));
  data->blocks = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < count; i++)
    {
      guint8 *pixels = g_malloc (channels * side * side);
      const TrainPicture picture = { side, side, pixels, "random" };

      for (guint k = 0; k < channels * side * side; k++)
        {
          s ^= s << 13;
          s ^= s >> 17;
          s ^= s << 5;
          pixels[k] = (guint8) (s >> 24);
        }
      g_ptr_array_add (data->blocks, pixels);
      g_array_append_val (data->pictures, picture);
    }
  return data;
}

static inline TrainSession *
session_of (const TrainRecipe *recipe, const TrainData *data, CncBackend *backend)
{
  g_autoptr (GError) error = NULL;
  TrainSession *session = train_session_new (backend, recipe, data, &error);

  g_assert_no_error (error);
  return session;
}

/* Validates every fourth step; then the weights are in session->net. */
static inline void
steps (TrainSession *s, guint count)
{
  g_autoptr (GError) error = NULL;
  double loss;

  for (guint i = 0; i < count; i++)
    {
      g_assert_true (train_session_step (s, &error));
      if (s->step % 4 == 0)
        g_assert_true (train_session_validate (s, &loss, &error));
    }
  g_assert_true (cnc_weights_download (s->weights, s->net, &error));
  g_assert_no_error (error);
}
