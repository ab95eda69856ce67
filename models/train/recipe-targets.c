/* models/train/recipe-targets.c: which output should be which input, see recipe.h. */
#include "recipe-lines.h"

#include <math.h>
#include <string.h>

guint
train_recipe_line_of (const RecipeReader *r, const char *group, const char *name)
{
  for (guint i = 0; i < r->lines->len; i++)
    {
      const RecipeLine *line = r->lines->pdata[i];

      if (strcmp (line->group, group) == 0 && strcmp (line->name, name) == 0)
        return line->number;
    }
  return 0;
}

char **
train_recipe_words_of (const char *text)
{
  g_auto (GStrv) parts = g_strsplit_set (text, " \t", -1);
  GPtrArray *words = g_ptr_array_new ();

  for (guint i = 0; parts[i] != NULL; i++)
    if (parts[i][0] != '\0')
      g_ptr_array_add (words, g_strdup (parts[i]));
  g_ptr_array_add (words, NULL);
  return (char **) g_ptr_array_free (words, FALSE);
}

static gboolean
read_number (const char *text, double low, double high, double *value)
{
  char *end = NULL;

  *value = g_ascii_strtod (text, &end);
  return end != text && *end == '\0' && *value >= low && *value <= high;
}

guint
train_target_other (const TrainTarget *target, const CncGraph *graph)
{
  return target->other < CNC_GRAPH_MAX_ENDS ? target->other : graph->outputs[target->other - CNC_GRAPH_MAX_ENDS];
}

gboolean
train_target_is_picture (const TrainTarget *target, const CncGraph *graph)
{
  const CncGraphInput *first = &graph->inputs[0], *in = target->other < CNC_GRAPH_MAX_ENDS ? &graph->inputs[target->other] : NULL;

  return in != NULL && !in->key && in->channels == first->channels && in->height == first->height && in->width == first->width;
}

/* The number of an output; how many there are if it is none. */
static guint
output_of (const CncGraph *graph, const char *name)
{
  guint i = 0;

  while (i < graph->n_outputs && strcmp (cnc_graph_value_name (graph, graph->outputs[i]), name) != 0)
    i++;
  return i;
}

gboolean
train_recipe_read_classes (const RecipeReader *r, GError **error)
{
  const CncGraph *graph = r->recipe->graph;
  const guint line = train_recipe_line_of (r, "data", "classes");
  const CncGraphInput *last = &graph->inputs[graph->n_inputs - 1];
  g_auto (GStrv) words = train_recipe_words_of (r->recipe->classes);

  if (line == 0)
    return TRUE;
  if (g_strv_length (words) != 2)
    return train_recipe_bad (error, r, line, "classes are two patterns of names, as in \"plain/* encrypted/*\".");
  return (graph->n_inputs > 1 && !last->key && last->channels == 1 && last->height == 1 && last->width == 1)
         || train_recipe_bad (error, r, line,
                              "the class is told to the last input, which has to be one with channels=1 height=1 width=1.");
}

/* "VALUE INPUT WEIGHT ...": which values should be which pictures. */
static gboolean
read_targets (const RecipeReader *r, GError **error)
{
  TrainRecipe *recipe = r->recipe;
  const CncGraph *graph = recipe->graph;
  const guint line = train_recipe_line_of (r, "loss", "targets");
  g_auto (GStrv) words = train_recipe_words_of (recipe->target_list);
  const guint n = g_strv_length (words);

  recipe->targets[0] = (TrainTarget){ 0, 0, 1 };
  recipe->n_targets = 1;
  if (graph->n_outputs > TRAIN_MAX_TARGETS)
    return train_recipe_bad (error, r, 0, "[graph] has more than %u outputs.", TRAIN_MAX_TARGETS);
  if (line == 0)
    return TRUE;
  if (n == 0 || n % 3 != 0 || n > 3 * TRAIN_MAX_TARGETS)
    return train_recipe_bad (error, r, line, "targets are one to seven times an output, an input and a weight, as in \"stego cover 1\".");
  for (guint i = 0; i < n / 3; i++)
    {
      TrainTarget *t = &recipe->targets[i];

      t->output = output_of (graph, words[3 * i]);
      t->other = cnc_graph_value (graph, words[3 * i + 1]);
      if (t->other == CNC_NO_VALUE || t->other >= graph->n_inputs)
        t->other = CNC_GRAPH_MAX_ENDS + output_of (graph, words[3 * i + 1]);
      if (t->output == graph->n_outputs)
        return train_recipe_bad (error, r, line, "\"%s\" is none of the outputs in [graph].", words[3 * i]);
      if (t->other == CNC_GRAPH_MAX_ENDS + graph->n_outputs || t->other == CNC_GRAPH_MAX_ENDS + t->output)
        return train_recipe_bad (error, r, line, "there is no input \"%s\", and no other output.", words[3 * i + 1]);
      if (!read_number (words[3 * i + 2], 0, 1e9, &t->weight))
        return train_recipe_bad (error, r, line, "a weight is a number from 0 to 1e9, not \"%s\".", words[3 * i + 2]);
    }
  recipe->n_targets = n / 3;
  return TRUE;
}

static gboolean
read_ramp (const RecipeReader *r, GError **error)
{
  TrainRecipe *recipe = r->recipe;
  const guint line = train_recipe_line_of (r, "loss", "ramp");
  g_auto (GStrv) words = train_recipe_words_of (recipe->ramp);
  double steps;

  if (line == 0)
    return TRUE;
  if (g_strv_length (words) != 2 || !read_number (words[0], 0, 1, &recipe->ramp_share) || !read_number (words[1], 1, 1e8, &steps)
      || steps != floor (steps))
    return train_recipe_bad (error, r, line, "ramp is a share from 0 to 1 and a number of steps, as in \"0.1 2000\".");
  recipe->ramp_steps = (guint) steps;
  return TRUE;
}

gboolean
train_recipe_read_targets (const RecipeReader *r, GError **error)
{
  return read_targets (r, error) && read_ramp (r, error);
}

double
train_recipe_ramp (const TrainRecipe *recipe, guint step)
{
  const double done = recipe->ramp_steps > 0 ? MIN (1.0, (double) (step - 1) / recipe->ramp_steps) : 1;

  return recipe->ramp_share + (1 - recipe->ramp_share) * done;
}
