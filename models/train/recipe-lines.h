/* models/train/recipe-lines.h: the lines of a recipe while it is read; for recipe*.c. */
#pragma once

#include "recipe.h"

G_BEGIN_DECLS

/* One line of the file. */
typedef struct
{
  guint number;
  char *group, *name, *value;
} RecipeLine;

typedef struct
{
  const char *path;
  GPtrArray *lines; /* of RecipeLine */
  TrainRecipe *recipe;
  gboolean vectors; /* it is the decoder of a pair: its second input is none of the pictures */
} RecipeReader;

/* BAD_ARGUMENT, "FILE:LINE: ..."; without the line if it is 0.  Returns: FALSE */
gboolean train_recipe_bad (GError **error, const RecipeReader *r, guint line, const char *format, ...) G_GNUC_PRINTF (4, 5);

/* "classes" of [data]; the graph is finished. */
gboolean train_recipe_read_classes (const RecipeReader *r, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "targets" and "ramp" of [loss], likewise. */
gboolean train_recipe_read_targets (const RecipeReader *r, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "from", "frozen" and "quiet" of [train], likewise. */
gboolean train_recipe_read_weights (const RecipeReader *r, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "dct" and "normalise" of [train], likewise. */
gboolean train_recipe_read_begin (const RecipeReader *r, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The line of a key; 0: it is not there. */
guint train_recipe_line_of (const RecipeReader *r, const char *group, const char *name);

/* Words between blanks, without empty ones.  Returns: (transfer full) */
char **train_recipe_words_of (const char *text);

G_END_DECLS
