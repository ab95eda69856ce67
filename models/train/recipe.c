/* models/train/recipe.c: recipes, see recipe.h. */
#include "recipe-lines.h"

#include "base/error.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

typedef enum
{
  KIND_UINT,
  KIND_REAL,
  KIND_TEXT,
  KIND_CHOICE,
} Kind;

typedef struct
{
  const char *group, *name;
  Kind kind;
  gsize offset;
  double minimum, maximum, initial; /* initial below minimum: has to be given */
  const char *text;                 /* initial text, or the choices separated by blanks */
} Key;

#define AT(field) offsetof (TrainRecipe, field)
static const Key keys[] = {
  { "data", "files", KIND_TEXT, AT (files), 0, 0, 0, "*" },
  { "data", "classes", KIND_TEXT, AT (classes), 0, 0, 0, "" },
  { "data", "resize", KIND_UINT, AT (resize), 0, 4096, 0, NULL },
  { "data", "crop", KIND_UINT, AT (crop), 0, 4096, 0, NULL },
  { "data", "crops", KIND_UINT, AT (crops), 1, 10000, 1, NULL },
  { "data", "flip", KIND_CHOICE, AT (flip), 0, 2, 0, "none horizontal both" },
  { "data", "gain", KIND_REAL, AT (gain), 0, 10, 0, NULL },
  { "data", "validation", KIND_REAL, AT (validation), 0, 0.5, 0.05, NULL },
  { "train", "batch", KIND_UINT, AT (batch), 1, 65536, 0, NULL },
  { "train", "steps", KIND_UINT, AT (steps), 1, 1e8, 0, NULL },
  { "train", "warmup", KIND_UINT, AT (warmup), 0, 1e8, 0, NULL },
  { "train", "decay_every", KIND_UINT, AT (decay_every), 1, 1e8, 10000, NULL },
  { "train", "validate_every", KIND_UINT, AT (validate_every), 1, 1e8, 500, NULL },
  { "train", "checkpoint_every", KIND_UINT, AT (checkpoint_every), 1, 1e8, 1000, NULL },
  { "train", "patience", KIND_UINT, AT (patience), 0, 1e6, 0, NULL },
  { "train", "optimiser", KIND_CHOICE, AT (optimiser), 0, 1, 0, "adam adamw" },
  { "train", "schedule", KIND_CHOICE, AT (schedule), 0, 2, 1, "constant cosine step" },
  { "train", "learning_rate", KIND_REAL, AT (learning_rate), 1e-9, 10, 1e-3, NULL },
  { "train", "final_rate", KIND_REAL, AT (final_rate), 0, 10, 0, NULL },
  { "train", "prior_rate", KIND_REAL, AT (prior_rate), 1e-6, 1e6, 1, NULL },
  { "train", "weight_decay", KIND_REAL, AT (weight_decay), 0, 10, 0, NULL },
  { "train", "beta1", KIND_REAL, AT (beta1), 0, 0.99999, 0.9, NULL },
  { "train", "beta2", KIND_REAL, AT (beta2), 0, 0.9999999, 0.999, NULL },
  { "train", "epsilon", KIND_REAL, AT (epsilon), 0, 1, 1e-8, NULL },
  { "train", "from", KIND_TEXT, AT (from), 0, 0, 0, "" },
  { "train", "frozen", KIND_TEXT, AT (frozen), 0, 0, 0, "" },
  { "train", "dct", KIND_TEXT, AT (dct), 0, 0, 0, "" },
  { "train", "normalise", KIND_TEXT, AT (normalise), 0, 0, 0, "" },
  { "train", "quiet", KIND_TEXT, AT (quiet), 0, 0, 0, "" },
  { "train", "settle", KIND_UINT, AT (settle), 0, 1e8, 0, NULL },
  { "train", "settle_rate", KIND_REAL, AT (settle_rate), 1e-9, 10, 1e-4, NULL },
  { "train", "precision", KIND_CHOICE, AT (precision), 0, 1, 0, "single half" },
  { "train", "store", KIND_CHOICE, AT (store), 0, 1, 0, "single half" },
  { "train", "clip", KIND_REAL, AT (clip), 0, 1e9, 0, NULL },
  { "loss", "mse", KIND_REAL, AT (mse), 0, 1e9, 0, NULL },
  { "loss", "l1", KIND_REAL, AT (l1), 0, 1e9, 0, NULL },
  { "loss", "bce", KIND_REAL, AT (bce), 0, 1e9, 0, NULL },
  { "loss", "ssim", KIND_REAL, AT (ssim), 0, 1e9, 0, NULL },
  { "loss", "targets", KIND_TEXT, AT (target_list), 0, 0, 0, "" },
  { "loss", "ramp", KIND_TEXT, AT (ramp), 0, 0, 0, "" },
  { "loss", "rate", KIND_REAL, AT (rate), 0, 1e9, 0, NULL },
};

static void
line_free (gpointer data)
{
  RecipeLine *line = data;

  g_free (line->group);
  g_free (line->name);
  g_free (line->value);
  g_free (line);
}

gboolean
train_recipe_bad (GError **error, const RecipeReader *r, guint line, const char *format, ...)
{
  g_autofree char *text = NULL, *path = g_filename_display_name (r->path);
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  if (line > 0)
    g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "%s:%u: %s", path, line, text);
  else
    g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "%s: %s", path, text);
  return FALSE;
}

/* How many letters have to be changed, put in or left out (Levenshtein 1966). */
static guint
distance (const char *a, const char *b)
{
  guint row[65], n = (guint) MIN (strlen (b), 64), above_left, above;

  for (guint j = 0; j <= n; j++)
    row[j] = j;
  for (guint i = 1; a[i - 1] != '\0'; i++)
    {
      above_left = row[0];
      row[0] = i;
      for (guint j = 1; j <= n; j++)
        {
          above = row[j];
          row[j] = MIN (MIN (row[j] + 1, row[j - 1] + 1), above_left + (a[i - 1] == b[j - 1] ? 0 : 1));
          above_left = above;
        }
    }
  return row[n];
}

/* " Did you mean ...?", or nothing if no word is near.  Returns: (transfer full) */
static char *
suggestion (const char *word, const char *const *known)
{
  guint nearest = (guint) strlen (word) / 2 + 1;
  const char *best = NULL;

  for (guint i = 0; known[i] != NULL; i++)
    if (distance (word, known[i]) < nearest)
      {
        nearest = distance (word, known[i]);
        best = known[i];
      }
  return best != NULL ? g_strdup_printf ("; did you mean \"%s\"?", best) : g_strdup (".");
}

/* GKeyFile says what is wrong with the form but not where its keys are, and takes a key twice. */
static gboolean
split (RecipeReader *r, const char *text, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GError) why = NULL;
  const char *group = NULL;

  if (!g_key_file_load_from_data (file, text, strlen (text), G_KEY_FILE_NONE, &why))
    return train_recipe_bad (error, r, 0, "not a recipe: %s", why->message);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *line = g_strstrip (lines[i]), *equals = strchr (line, '=');
      RecipeLine *new;

      if (line[0] == '[')
        {
          *strchr (line, ']') = '\0';
          group = line + 1;
        }
      if (line[0] == '[' || line[0] == '#' || line[0] == '\0' || equals == NULL)
        continue;
      *equals = '\0';
      new = g_new0 (RecipeLine, 1);
      new->number = i + 1;
      new->group = g_strdup (group);
      new->name = g_strdup (g_strchomp (line));
      new->value = g_strdup (g_strchug (equals + 1));
      for (guint k = 0; k < r->lines->len; k++)
        {
          const RecipeLine *old = r->lines->pdata[k];

          if (strcmp (old->group, new->group) == 0 && strcmp (old->name, new->name) == 0)
            {
              train_recipe_bad (error, r, new->number, "\"%s\" stands twice, first in line %u.", new->name, old->number);
              line_free (new);
              return FALSE;
            }
        }
      g_ptr_array_add (r->lines, new);
    }
  return TRUE;
}

static gboolean
read_value (RecipeReader *r, const Key *key, const RecipeLine *line, GError **error)
{
  void *field = (char *) r->recipe + key->offset;
  char *end = NULL;
  double value;

  if (key->kind == KIND_TEXT)
    {
      g_free (*(char **) field);
      *(char **) field = g_strdup (line->value);
      return TRUE;
    }
  if (key->kind == KIND_CHOICE)
    {
      g_auto (GStrv) words = g_strsplit (key->text, " ", -1);
      g_autofree char *hint = suggestion (line->value, (const char *const *) words);

      for (guint i = 0; words[i] != NULL; i++)
        if (strcmp (words[i], line->value) == 0)
          {
            *(guint *) field = i;
            return TRUE;
          }
      return train_recipe_bad (error, r, line->number, "%s is one of \"%s\", not \"%s\"%s", key->name, key->text, line->value, hint);
    }
  value = g_ascii_strtod (line->value, &end);
  if (end == line->value || *end != '\0' || !(value >= key->minimum && value <= key->maximum)
      || (key->kind == KIND_UINT && value != floor (value)))
    return train_recipe_bad (error, r, line->number, "%s is a %snumber from %g to %g, not \"%s\".", key->name,
                             key->kind == KIND_UINT ? "whole " : "", key->minimum, key->maximum, line->value);
  if (key->kind == KIND_UINT)
    *(guint *) field = (guint) value;
  else
    *(double *) field = value;
  return TRUE;
}

static void
set_defaults (TrainRecipe *recipe)
{
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      void *field = (char *) recipe + keys[i].offset;

      if (keys[i].kind == KIND_TEXT)
        *(char **) field = g_strdup (keys[i].text);
      else if (keys[i].kind == KIND_REAL)
        *(double *) field = keys[i].initial;
      else
        *(guint *) field = (guint) keys[i].initial;
    }
}

static gboolean
read_key (RecipeReader *r, const RecipeLine *line, GError **error)
{
  g_autoptr (GPtrArray) known = g_ptr_array_new ();
  g_autofree char *hint = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (strcmp (keys[i].group, line->group) == 0)
      {
        if (strcmp (keys[i].name, line->name) == 0)
          return read_value (r, &keys[i], line, error);
        g_ptr_array_add (known, (gpointer) keys[i].name);
      }
  if (strcmp (line->group, "train") == 0 && strcmp (line->name, "seed") == 0)
    return g_ascii_string_to_unsigned (line->value, 10, 0, G_MAXINT64, &r->recipe->seed, NULL)
           || train_recipe_bad (error, r, line->number, "seed is a whole number, not \"%s\".", line->value);
  g_ptr_array_add (known, NULL);
  if (known->len == 1)
    return train_recipe_bad (error, r, line->number, "there is no group [%s]; a recipe has [graph], [data], [train] and [loss].",
                             line->group);
  hint = suggestion (line->name, (const char *const *) known->pdata);
  return train_recipe_bad (error, r, line->number, "[%s] has no key \"%s\"%s", line->group, line->name, hint);
}

/* ---- the graph ---- */

typedef struct
{
  const char *op;
  GPtrArray *inputs;  /* of text, ended by NULL at last */
  GArray *attributes; /* of CncAttribute */
} Words;

/* "op input... name=value...": splits words in place. */
static void
take_words (Words *w, char **words)
{
  w->inputs = g_ptr_array_new ();
  w->attributes = g_array_new (FALSE, FALSE, sizeof (CncAttribute));
  for (guint i = 0; words[i] != NULL; i++)
    {
      char *equals = strchr (words[i], '=');

      if (words[i][0] == '\0')
        continue;
      if (equals != NULL)
        {
          const CncAttribute attribute = { words[i], equals + 1, 0 };

          *equals = '\0';
          g_array_append_val (w->attributes, attribute);
        }
      else if (w->op == NULL)
        w->op = words[i];
      else
        g_ptr_array_add (w->inputs, words[i]);
    }
  g_ptr_array_add (w->inputs, NULL);
}

static gboolean
read_input (RecipeReader *r, const RecipeLine *line, const Words *w, GError **error)
{
  static const char *const known[] = { "channels", "height", "width", "divide", "key", "low", "high", NULL };
  double values[] = { 0, 0, 0, 1, 0, NAN, NAN };
  CncGraphInput input = { .channels = 0 };

  for (guint i = 0; i < w->attributes->len; i++)
    {
      const CncAttribute *a = &g_array_index (w->attributes, CncAttribute, i);
      g_autofree char *hint = suggestion (a->name, known);
      guint k = 0;
      char *end;

      while (known[k] != NULL && strcmp (known[k], a->name) != 0)
        k++;
      if (known[k] == NULL)
        return train_recipe_bad (error, r, line->number, "an input has no attribute \"%s\"%s", a->name, hint);
      values[k] = g_ascii_strtod (a->text, &end);
      if (end == a->text || *end != '\0'
          || (k < 5 && !(values[k] >= (k < 4 ? 1 : 0) && values[k] <= (k < 4 ? 65536 : 1) && values[k] == floor (values[k]))))
        return train_recipe_bad (error, r, line->number, "%s needs a number that makes sense, not \"%s\".", a->name, a->text);
    }
  g_strlcpy (input.name, line->name, sizeof input.name);
  input.channels = (guint32) values[0];
  input.height = (guint32) values[1];
  input.width = (guint32) values[2];
  input.divide = (guint32) values[3];
  input.key = values[4] != 0;
  input.low = !isnan (values[5]) ? values[5] : input.key ? -0.5 : 0;
  input.high = !isnan (values[6]) ? values[6] : input.key ? 0.5 : 1;
  return cnc_graph_add_input (r->recipe->graph, &input, error);
}

static gboolean
check_words (RecipeReader *r, const RecipeLine *line, const Words *w, GError **error)
{
  const char *const *layers = cnc_layer_names ();
  const char *names[32];
  guint kind = 0;

  while (layers[kind] != NULL && strcmp (layers[kind], w->op) != 0)
    kind++;
  if (layers[kind] == NULL)
    {
      g_autofree char *hint = suggestion (w->op, layers);

      return train_recipe_bad (error, r, line->number, "there is no layer \"%s\"%s", w->op, hint);
    }
  cnc_layer_attributes ((CncLayerKind) kind, names);
  for (guint i = 0; i < w->attributes->len; i++)
    {
      const char *name = g_array_index (w->attributes, CncAttribute, i).name;

      if (!g_strv_contains (names, name))
        {
          g_autofree char *hint = suggestion (name, names);

          return train_recipe_bad (error, r, line->number, "%s has no attribute \"%s\"%s", w->op, name, hint);
        }
    }
  return TRUE;
}

static gboolean
read_layer (RecipeReader *r, const RecipeLine *line, GError **error)
{
  g_auto (GStrv) words = g_strsplit_set (line->value, " \t", -1);
  Words w = { NULL, NULL, NULL };
  g_autoptr (GError) why = NULL;
  gboolean good;

  take_words (&w, words);
  if (w.op == NULL)
    good = train_recipe_bad (error, r, line->number, "\"%s\" names no layer.", line->name);
  else if (strcmp (w.op, "input") == 0)
    good = read_input (r, line, &w, &why);
  else
    good = check_words (r, line, &w, &why)
           && cnc_graph_add_node (r->recipe->graph, line->name, w.op, (const char *const *) w.inputs->pdata, NULL,
                                  (const CncAttribute *) (void *) w.attributes->data, w.attributes->len, &why);
  if (!good && why != NULL && why->code == CNC_ERROR_BAD_ARGUMENT)
    g_propagate_error (error, g_steal_pointer (&why));
  else if (!good && why != NULL)
    train_recipe_bad (error, r, line->number, "%s", why->message);
  g_ptr_array_unref (w.inputs);
  g_array_unref (w.attributes);
  return good;
}

static gboolean
read_graph (RecipeReader *r, GError **error)
{
  g_auto (GStrv) outputs = NULL;
  const char *latent = NULL;
  guint last = 0;
  g_autoptr (GError) why = NULL;

  for (guint i = 0; i < r->lines->len; i++)
    {
      const RecipeLine *line = r->lines->pdata[i];

      if (strcmp (line->group, "graph") != 0)
        continue;
      last = line->number;
      if (strcmp (line->name, "outputs") == 0)
        outputs = g_strsplit (line->value, " ", -1);
      else if (strcmp (line->name, "latent") == 0)
        latent = line->value;
      else if (!read_layer (r, line, error))
        return FALSE;
    }
  if (outputs == NULL)
    return train_recipe_bad (error, r, last, "[graph] lacks \"outputs = NAME\".");
  return cnc_graph_finish (r->recipe->graph, (const char *const *) outputs, latent, &why)
         || train_recipe_bad (error, r, last, "%s", why->message);
}

/* The gradient of a part cannot be handed to one value twice. */
static gboolean
check_parts (const RecipeReader *r, GError **error)
{
  const CncGraph *graph = r->recipe->graph;

  for (guint n = 0; n < graph->n_nodes; n++)
    for (guint i = 0; i < graph->nodes[n].n_inputs && graph->nodes[n].kind == CNC_LAYER_CONCAT; i++)
      for (guint k = 0; k < i; k++)
        if (graph->nodes[n].inputs[i] == graph->nodes[n].inputs[k])
          return train_recipe_bad (error, r, train_recipe_line_of (r, "graph", graph->nodes[n].name),
                                   "concat cannot take \"%s\" twice in training; copy it first, as \"copy = affine %s\" does.",
                                   cnc_graph_value_name (graph, graph->nodes[n].inputs[i]),
                                   cnc_graph_value_name (graph, graph->nodes[n].inputs[i]));
  return TRUE;
}

static gboolean
check (const RecipeReader *r, GError **error)
{
  const TrainRecipe *recipe = r->recipe;
  const CncNode *latent;

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (keys[i].kind == KIND_UINT && keys[i].initial < keys[i].minimum
        && *(const guint *) (const void *) ((const char *) recipe + keys[i].offset) == 0)
      return train_recipe_bad (error, r, 0, "[%s] lacks \"%s = NUMBER\".", keys[i].group, keys[i].name);
  if (recipe->mse + recipe->l1 + recipe->bce + recipe->ssim <= 0)
    return train_recipe_bad (error, r, 0, "[loss] needs at least one of mse, l1, bce and ssim above 0.");
  latent = recipe->graph->latent != CNC_NO_VALUE ? cnc_graph_node (recipe->graph, recipe->graph->latent) : NULL;
  if (recipe->store == 1 && latent != NULL && latent->kind == CNC_LAYER_QUANTISE)
    return train_recipe_bad (error, r, train_recipe_line_of (r, "train", "store"),
                             "the tables of a latent of whole numbers are measured with the weights as they are trained; store = single.");
  if (recipe->rate > 0 && (latent == NULL || latent->kind != CNC_LAYER_QUANTISE || latent->prior == 0))
    return train_recipe_bad (error, r, 0, "[loss] rate needs a latent that is a layer \"quantise\" with prior=1.");
  if (r->vectors && (recipe->graph->n_inputs != 2 || recipe->graph->inputs[1].key))
    return train_recipe_bad (error, r, 0, "the decoder of a pair has two inputs, the picture that it should make and the vector.");
  if (recipe->graph->inputs[0].key)
    return train_recipe_bad (error, r, 0, "the first input has to be a picture, not a key.");
  for (guint i = 0; i < recipe->graph->n_inputs; i++)
    {
      const CncGraphInput *in = &recipe->graph->inputs[i];

      if (in->key || (r->vectors && i == 1))
        continue;
      if (in->low != 0 || in->high != 1)
        return train_recipe_bad (error, r, 0, "pictures have values from 0 to 1, so the input \"%s\" needs low=0 and high=1.", in->name);
      if (recipe->classes[0] != '\0' && i > 0 && i + 1 == recipe->graph->n_inputs)
        continue; /* the class */
      if (in->channels != recipe->graph->inputs[0].channels || in->divide != 1 || in->height != recipe->graph->inputs[0].height
          || in->width != recipe->graph->inputs[0].width)
        return train_recipe_bad (
            error, r, 0, "all pictures are of one size, so the input \"%s\" needs the channels and sides of the first one.", in->name);
    }
  return check_parts (r, error) && train_recipe_read_classes (r, error) && train_recipe_read_targets (r, error) && train_recipe_read_weights (r, error)
         && train_recipe_read_begin (r, error);
}

#define DECODER "decoder "

/* Leaves the lines of one of the two recipes of a pair; its text is then these: a checkpoint does not depend on the other's. */
static void
take_part (RecipeReader *r, gboolean decoder)
{
  GPtrArray *lines = r->lines;
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = lines->len; i-- > 0;)
    {
      RecipeLine *line = lines->pdata[i];
      const gboolean marked = g_str_has_prefix (line->group, DECODER);

      if (marked != decoder && !(decoder && strcmp (line->group, "data") == 0))
        g_ptr_array_remove_index (lines, i);
      else if (marked)
        memmove (line->group, line->group + strlen (DECODER), strlen (line->group + strlen (DECODER)) + 1);
    }
  for (guint i = 0; i < lines->len; i++)
    {
      const RecipeLine *line = lines->pdata[i];

      g_string_append_printf (text, "[%s] %s = %s\n", line->group, line->name, line->value);
    }
  g_free (r->recipe->text);
  r->recipe->text = g_string_free (g_steal_pointer (&text), FALSE);
}

typedef enum
{
  PART_ALL,
  PART_ENCODER,
  PART_DECODER,
} Part;

static TrainRecipe *
read_recipe (const char *path, Part part, GError **error)
{
  g_autoptr (TrainRecipe) recipe = g_new0 (TrainRecipe, 1);
  g_autofree char *base = g_path_get_basename (path);
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (line_free);
  g_autoptr (GError) why = NULL;
  RecipeReader r = { path, lines, recipe, part == PART_DECODER };

  recipe->graph = cnc_graph_new ();
  recipe->name = g_str_has_suffix (base, ".ini") ? g_strndup (base, strlen (base) - 4) : g_strdup (base);
  set_defaults (recipe);
  if (!g_file_get_contents (path, &recipe->text, NULL, &why))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "The recipe cannot be read: %s.", why->message);
      return NULL;
    }
  if (!split (&r, recipe->text, error))
    return NULL;
  if (part != PART_ALL)
    take_part (&r, part == PART_DECODER);
  for (guint i = 0; i < lines->len; i++)
    if (strcmp (((const RecipeLine *) lines->pdata[i])->group, "graph") != 0 && !read_key (&r, lines->pdata[i], error))
      return NULL;
  return read_graph (&r, error) && check (&r, error) ? g_steal_pointer (&recipe) : NULL;
}

TrainRecipe *
train_recipe_read (const char *path, GError **error)
{
  return read_recipe (path, PART_ALL, error);
}

gboolean
train_recipe_read_pair (const char *path, TrainRecipe **encoder, TrainRecipe **decoder, GError **error)
{
  g_autoptr (TrainRecipe) first = read_recipe (path, PART_ENCODER, error);

  *decoder = first != NULL ? read_recipe (path, PART_DECODER, error) : NULL;
  *encoder = *decoder != NULL ? g_steal_pointer (&first) : NULL;
  return *decoder != NULL;
}

void
train_recipe_free (TrainRecipe *recipe)
{
  if (recipe == NULL)
    return;
  cnc_graph_free (recipe->graph);
  g_free (recipe->name);
  g_free (recipe->text);
  g_free (recipe->files);
  g_free (recipe->classes);
  g_free (recipe->from);
  g_free (recipe->frozen);
  g_free (recipe->quiet);
  g_free (recipe->in_quiet);
  g_free (recipe->dct);
  g_free (recipe->normalise);
  g_free (recipe->normalised);
  for (guint i = 0; i < recipe->n_transforms; i++)
    g_free (recipe->transforms[i].rows);
  cnc_safetensors_free (recipe->start);
  g_free (recipe->target_list);
  g_free (recipe->ramp);
  g_free (recipe);
}

double
train_recipe_rate (const TrainRecipe *recipe, guint step)
{
  const double full = recipe->learning_rate, done = (double) (step - 1) / recipe->steps;

  if (step <= recipe->warmup)
    return full * step / recipe->warmup;
  if (recipe->schedule == TRAIN_SCHEDULE_COSINE)
    return recipe->final_rate + (full - recipe->final_rate) * 0.5 * (1 + cos (G_PI * done));
  if (recipe->schedule == TRAIN_SCHEDULE_STEP)
    return MAX (recipe->final_rate, full * pow (0.5, (step - 1) / recipe->decay_every));
  return full;
}
