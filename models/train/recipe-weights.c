/* models/train/recipe-weights.c: weights that are there before the first step, and weights that stay, see recipe.h. */
#include "recipe-lines.h"

#include "base/error.h"
#include "nn/layers.h"

#include <string.h>

static gboolean
fits (const CncParameter *p, const CncStoredTensor *t)
{
  const guint32 sides[] = { p->shape.n, p->shape.c, p->shape.h, p->shape.w };

  return t->rank == p->rank && memcmp (t->sides, p->rank == 1 ? sides + 1 : sides, p->rank * sizeof *sides) == 0;
}

/* The file stands beside the recipe, unless its path begins at the root. */
static gboolean
read_start (const RecipeReader *r, GError **error)
{
  TrainRecipe *recipe = r->recipe;
  const guint line = train_recipe_line_of (r, "train", "from");
  g_autofree char *folder = g_path_get_dirname (r->path),
                  *path = g_path_is_absolute (recipe->from) ? g_strdup (recipe->from) : g_build_filename (folder, recipe->from, NULL);
  g_autoptr (GError) why = NULL;
  guint found = 0;

  if (line == 0)
    return TRUE;
  recipe->start = cnc_safetensors_read (path, &why);
  if (recipe->start == NULL)
    return train_recipe_bad (error, r, line, "%s", why->message);
  for (guint i = 0; i < recipe->graph->n_parameters; i++)
    {
      const CncParameter *p = &recipe->graph->parameters[i];
      const CncStoredTensor *t = cnc_safetensors_find (recipe->start, p->name);

      if (t != NULL && (!fits (p, t) || (t->dtype != CNC_DTYPE_F32 && t->dtype != CNC_DTYPE_F16)))
        return train_recipe_bad (error, r, line, "in %s, the weights \"%s\" have a shape or type that does not fit this network.",
                                 recipe->from, p->name);
      found += t != NULL ? 1 : 0;
    }
  return found > 0 || train_recipe_bad (error, r, line, "%s holds no weights of a name that this network has.", recipe->from);
}

/* The layer "noise" that is there in a share of the training steps; NULL if there is none. */
static const CncNode *
shared_noise (const CncGraph *graph)
{
  for (guint n = 0; n < graph->n_nodes; n++)
    if (graph->nodes[n].kind == CNC_LAYER_NOISE && graph->nodes[n].share > 0 && graph->nodes[n].share < 1)
      return &graph->nodes[n];
  return NULL;
}

static gboolean
read_quiet (const RecipeReader *r, GError **error)
{
  const CncGraph *graph = r->recipe->graph;
  const guint line = train_recipe_line_of (r, "train", "quiet");
  g_auto (GStrv) words = train_recipe_words_of (r->recipe->quiet);

  for (guint k = 0; words[k] != NULL; k++)
    {
      gboolean found = FALSE;

      for (guint i = 0; i < graph->n_parameters; i++)
        found = found || g_pattern_match_simple (words[k], graph->parameters[i].name);
      if (!found)
        return train_recipe_bad (error, r, line,
                                 "no weights of the network have a name like \"%s\"; layer a has \"a.weight\" and \"a.bias\".", words[k]);
    }
  return words[0] == NULL || shared_noise (graph) != NULL
         || train_recipe_bad (error, r, line, "quiet needs a layer \"noise\" with a share between 0 and 1.");
}

gboolean
train_recipe_trains (const TrainRecipe *recipe, guint parameter, guint64 seed)
{
  const CncParameter *p = &recipe->graph->parameters[parameter];
  g_auto (GStrv) words = train_recipe_words_of (recipe->quiet);
  gboolean named = FALSE;
  CncOp noise;

  if (words[0] == NULL || !p->trained)
    return p->trained;
  for (guint k = 0; words[k] != NULL; k++)
    named = named || g_pattern_match_simple (words[k], p->name);
  return cnc_node_op (recipe->graph, shared_noise (recipe->graph), CNC_MODE_TRAINING, seed, &noise) && (noise.scale == 0) == named;
}

static gboolean
read_frozen (const RecipeReader *r, GError **error)
{
  TrainRecipe *recipe = r->recipe;
  const guint line = train_recipe_line_of (r, "train", "frozen");
  g_auto (GStrv) words = train_recipe_words_of (recipe->frozen);
  gboolean any = FALSE;

  for (guint k = 0; words[k] != NULL; k++)
    {
      gboolean found = FALSE;

      for (guint i = 0; i < recipe->graph->n_parameters; i++)
        if (g_pattern_match_simple (words[k], recipe->graph->parameters[i].name))
          {
            found = TRUE;
            recipe->graph->parameters[i].trained = FALSE;
          }
      if (!found)
        return train_recipe_bad (error, r, line,
                                 "no weights of the network have a name like \"%s\"; layer a has \"a.weight\" and \"a.bias\".", words[k]);
    }
  for (guint i = 0; i < recipe->graph->n_parameters; i++)
    any = any || recipe->graph->parameters[i].trained;
  return any || train_recipe_bad (error, r, line, "nothing is left to be trained.");
}

gboolean
train_recipe_read_weights (const RecipeReader *r, GError **error)
{
  return read_start (r, error) && read_frozen (r, error) && read_quiet (r, error);
}

const CncStoredTensor *
train_recipe_start (const TrainRecipe *recipe, guint parameter)
{
  return recipe->start != NULL ? cnc_safetensors_find (recipe->start, recipe->graph->parameters[parameter].name) : NULL;
}
