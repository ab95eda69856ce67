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

/* The parameters that the patterns of a key name; every pattern has to name one.  Returns: (transfer full), a flag each; NULL on an error.
 */
static gboolean *
named (const RecipeReader *r, const char *key, const char *patterns, GError **error)
{
  const CncGraph *graph = r->recipe->graph;
  g_autofree gboolean *flags = g_new0 (gboolean, graph->n_parameters + 1);
  g_auto (GStrv) words = train_recipe_words_of (patterns);

  for (guint k = 0; words[k] != NULL; k++)
    {
      gboolean found = FALSE;

      for (guint i = 0; i < graph->n_parameters; i++)
        if (g_pattern_match_simple (words[k], graph->parameters[i].name))
          flags[i] = found = TRUE;
      if (!found)
        {
          (void) train_recipe_bad (error, r, train_recipe_line_of (r, "train", key),
                                   "no weights of the network have a name like \"%s\"; layer a has \"a.weight\" and \"a.bias\".", words[k]);
          return NULL;
        }
    }
  return g_steal_pointer (&flags);
}

static gboolean
read_frozen (const RecipeReader *r, GError **error)
{
  CncGraph *graph = r->recipe->graph;
  g_autofree gboolean *flags = named (r, "frozen", r->recipe->frozen, error);
  gboolean any = FALSE;

  if (flags == NULL)
    return FALSE;
  for (guint i = 0; i < graph->n_parameters; i++)
    {
      graph->parameters[i].trained = graph->parameters[i].trained && !flags[i];
      any = any || graph->parameters[i].trained;
    }
  return any || train_recipe_bad (error, r, train_recipe_line_of (r, "train", "frozen"), "nothing is left to be trained.");
}

static gboolean
read_quiet (const RecipeReader *r, GError **error)
{
  const guint line = train_recipe_line_of (r, "train", "quiet");

  if (r->recipe->quiet[0] == '\0')
    return TRUE;
  r->recipe->in_quiet = named (r, "quiet", r->recipe->quiet, error);
  return r->recipe->in_quiet != NULL
         && (shared_noise (r->recipe->graph) != NULL
             || train_recipe_bad (error, r, line, "quiet needs a layer \"noise\" with a share between 0 and 1."));
}

gboolean
train_recipe_trains (const TrainRecipe *recipe, guint parameter, guint64 seed)
{
  const CncGraph *graph = recipe->graph;
  CncOp noise;

  if (!graph->parameters[parameter].trained || recipe->in_quiet == NULL)
    return graph->parameters[parameter].trained;
  return cnc_node_op (graph, shared_noise (graph), CNC_MODE_TRAINING, seed, &noise) && (noise.scale == 0) == recipe->in_quiet[parameter];
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
