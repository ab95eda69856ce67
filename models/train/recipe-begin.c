/* models/train/recipe-begin.c: layers whose weights do not begin at random, see recipe.h. */
#include "recipe-lines.h"

#include "base/error.h"

#include <string.h>

/* The convolution of that name, or NULL with what is wrong. */
static const CncNode *
convolution (const RecipeReader *r, const char *key, const char *name, gboolean transposed, GError **error)
{
  const guint value = cnc_graph_value (r->recipe->graph, name);
  const CncNode *node = value != CNC_NO_VALUE ? cnc_graph_node (r->recipe->graph, value) : NULL;

  if (node != NULL && (node->kind == CNC_LAYER_CONV2D || (transposed && node->kind == CNC_LAYER_CONV_TRANSPOSE2D)))
    return node;
  (void) train_recipe_bad (error, r, train_recipe_line_of (r, "train", key), "\"%s\" is no layer conv2d%s of this network.", name,
                           transposed ? " or conv_transpose2d" : "");
  return NULL;
}

/* "0-5,9" -> 0 1 2 3 4 5 9; FALSE if that is not n numbers below limit. */
static gboolean
read_rows (const char *text, guint n, guint limit, guint *rows)
{
  guint count = 0;

  for (;;)
    {
      guint64 first, last;
      char *end;

      if (!g_ascii_isdigit (*text))
        return FALSE;
      first = last = g_ascii_strtoull (text, &end, 10);
      if (*end == '-' && g_ascii_isdigit (end[1]))
        last = g_ascii_strtoull (end + 1, &end, 10);
      if (first > last || last >= limit || last - first >= n - count)
        return FALSE;
      for (guint64 k = first; k <= last; k++)
        rows[count++] = (guint) k;
      if (*end == '\0')
        return count == n;
      if (*end != ',' || count == n)
        return FALSE;
      text = end + 1;
    }
}

static gboolean
read_transform (const RecipeReader *r, char *word, GError **error)
{
  TrainRecipe *recipe = r->recipe;
  const guint line = train_recipe_line_of (r, "train", "dct");
  TrainTransform *t = &recipe->transforms[recipe->n_transforms];
  char *ranges = strchr (word, ':');
  const CncNode *node;
  const CncShape *shape;
  g_autofree char *all = NULL;

  if (ranges != NULL)
    *ranges++ = '\0';
  node = convolution (r, "dct", word, TRUE, error);
  if (node == NULL)
    return FALSE;
  shape = &recipe->graph->parameters[node->weights[0]].shape;
  if (shape->c != 3 || shape->h != shape->w || shape->n > 3 * shape->h * shape->w)
    return train_recipe_bad (error, r, line,
                             "the transform is between three channels and at most 3 x kernel x kernel others, which \"%s\" is not.", word);
  if (recipe->n_transforms == TRAIN_MAX_TRANSFORMS)
    return train_recipe_bad (error, r, line, "there are more than %u transforms.", TRAIN_MAX_TRANSFORMS);
  all = g_strdup_printf ("0-%u", shape->n - 1);
  t->node = (guint) (node - recipe->graph->nodes);
  t->rows = g_new (guint, shape->n);
  recipe->n_transforms++;
  return read_rows (ranges != NULL ? ranges : all, shape->n, 3 * shape->h * shape->w, t->rows)
         || train_recipe_bad (error, r, line, "\"%s\" has %u channels: write as many rows of the transform, from 0 to %u, as in %s:%s.",
                              word, shape->n, 3 * shape->h * shape->w - 1, word, all);
}

static gboolean
read_normalised (const RecipeReader *r, const char *word, GError **error)
{
  TrainRecipe *recipe = r->recipe;
  const CncNode *node = convolution (r, "normalise", word, FALSE, error);

  if (node == NULL)
    return FALSE;
  if (node->n_inputs != 1 || node->activation != CNC_ACTIVATION_NONE || node->bias == 0)
    return train_recipe_bad (error, r, train_recipe_line_of (r, "train", "normalise"),
                             "\"%s\" can only be normalised with a bias, one input and no activation.", word);
  if (recipe->normalised == NULL)
    recipe->normalised = g_new0 (gboolean, recipe->graph->n_nodes);
  recipe->normalised[node - recipe->graph->nodes] = TRUE;
  return TRUE;
}

gboolean
train_recipe_read_begin (const RecipeReader *r, GError **error)
{
  g_auto (GStrv) transforms = train_recipe_words_of (r->recipe->dct), normalised = train_recipe_words_of (r->recipe->normalise);

  for (guint i = 0; transforms[i] != NULL; i++)
    if (!read_transform (r, transforms[i], error))
      return FALSE;
  for (guint i = 0; normalised[i] != NULL; i++)
    if (!read_normalised (r, normalised[i], error))
      return FALSE;
  return TRUE;
}
