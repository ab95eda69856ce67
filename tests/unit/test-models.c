/* The shipped model files against models/MANIFEST, their recipes and the list of what is installed; and the same checks on a folder made up
 * here, where each fault has to be found. */
#include "codec-model.h"

#include "base/error.h"
#include "cnc-config.h"
#include "methods/sedd/pair.h"
#include "recipe.h"
#include "seal/keyfile.h"
#include "sedd.h"

#include <json-glib/json-glib.h>
#include <string.h>

#define ENDING ".safetensors"
#define MOST_BYTES (4u << 20)

static const char *const needed[]
    = { "sha256", "bytes", "parameters", "recipe", "seed", "steps", "device", "command", "data", "terms", "machine", "time", "figure1" };

static void blame (GString *problems, const char *name, const char *format, ...) G_GNUC_PRINTF (3, 4);

static void
blame (GString *problems, const char *name, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_string_append_printf (problems, "%s: ", name);
  g_string_append_vprintf (problems, format, arguments);
  g_string_append_c (problems, '\n');
  va_end (arguments);
}

static gboolean
is_needed (const char *key)
{
  for (guint i = 0; i < G_N_ELEMENTS (needed); i++)
    if (strcmp (needed[i], key) == 0)
      return TRUE;
  return FALSE;
}

/* figureN, figureN-rivals, figureN-command: each N has all three. */
static gboolean
is_figure (GKeyFile *manifest, const char *name, const char *key)
{
  static const char *const parts[] = { "", "-rivals", "-command" };
  const char *digits = key + strlen ("figure");
  char *end;
  guint64 n;

  n = g_ascii_strtoull (digits, &end, 10);
  if (end == digits || (*end != '\0' && strcmp (end, parts[1]) != 0 && strcmp (end, parts[2]) != 0))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree char *other = g_strdup_printf ("figure%" G_GUINT64_FORMAT "%s", n, parts[i]);

      if (!g_key_file_has_key (manifest, name, other, NULL))
        return FALSE;
    }
  return TRUE;
}

static void
check_keys (GKeyFile *manifest, const char *name, GString *problems)
{
  g_auto (GStrv) keys = g_key_file_get_keys (manifest, name, NULL, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (needed); i++)
    if (!g_key_file_has_key (manifest, name, needed[i], NULL))
      blame (problems, name, "no “%s”", needed[i]);
  for (guint i = 0; keys[i] != NULL; i++)
    {
      g_autofree char *value = g_key_file_get_string (manifest, name, keys[i], NULL);

      if (value == NULL || *value == '\0')
        blame (problems, name, "“%s” is empty", keys[i]);
      if (g_str_has_prefix (keys[i], "figure") ? !is_figure (manifest, name, keys[i])
                                               : !is_needed (keys[i]) && strcmp (keys[i], "tried") != 0)
        blame (problems, name, "“%s” is no key, or a figure without its rivals or its command", keys[i]);
    }
}

static void
compare (GKeyFile *manifest, const char *name, const char *key, const char *is, GString *problems)
{
  g_autofree char *wanted = g_key_file_get_string (manifest, name, key, NULL);

  if (wanted != NULL && g_strcmp0 (wanted, is) != 0)
    blame (problems, name, "%s is %s, and not %s", key, is, wanted);
}

static void
compare_number (GKeyFile *manifest, const char *name, const char *key, guint64 is, GString *problems)
{
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, is);

  compare (manifest, name, key, text, problems);
}

/* What the trainer wrote into the file. */
static void
check_provenance (GKeyFile *manifest, const char *name, const CncSafetensors *file, GString *problems)
{
  const char *text = cnc_safetensors_metadata (file, "provenance");
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *object
      = text != NULL && json_parser_load_from_data (parser, text, -1, NULL) ? json_node_get_object (json_parser_get_root (parser)) : NULL;

  if (object == NULL)
    {
      blame (problems, name, "the file does not tell where it comes from");
      return;
    }
  compare (manifest, name, "recipe", json_object_get_string_member_with_default (object, "recipe", "unknown"), problems);
  compare (manifest, name, "device", json_object_get_string_member_with_default (object, "device", "unknown"), problems);
  compare_number (manifest, name, "seed", (guint64) json_object_get_int_member_with_default (object, "seed", -1), problems);
  compare_number (manifest, name, "steps", (guint64) json_object_get_int_member_with_default (object, "steps", -1), problems);
}

/* The command is the one that makes the file: it names the recipe, and what it does not take from it. */
static void
check_command (GKeyFile *manifest, const char *name, const TrainRecipe *recipe, GString *problems)
{
  g_autofree char *command = g_key_file_get_string (manifest, name, "command", NULL);
  g_autofree char *seed = g_key_file_get_string (manifest, name, "seed", NULL);
  g_autofree char *steps = g_key_file_get_string (manifest, name, "steps", NULL);
  g_autofree char *file = g_strdup_printf ("models/%s.ini ", recipe->name);
  g_autofree char *with_seed = g_strdup_printf ("--seed %s", seed), *with_steps = g_strdup_printf ("--steps %s", steps);

  if (command == NULL || seed == NULL || steps == NULL)
    return;
  if (strstr (command, file) == NULL)
    blame (problems, name, "the command does not name %s", file);
  if (g_ascii_strtoull (seed, NULL, 10) != recipe->seed && strstr (command, with_seed) == NULL)
    blame (problems, name, "the recipe has another seed, and the command does not say %s", with_seed);
  /* with patience a run may end early */
  if (g_ascii_strtoull (steps, NULL, 10) != recipe->steps && recipe->patience == 0 && strstr (command, with_steps) == NULL)
    blame (problems, name, "the recipe has other steps, and the command does not say %s", with_steps);
}

/* The recipe, or of a file of a pair that of its decoder. */
static TrainRecipe *
read_recipe (const char *path, gboolean pair, GError **error)
{
  TrainRecipe *encoder = NULL, *decoder = NULL;

  if (!pair)
    return train_recipe_read (path, error);
  if (train_recipe_read_pair (path, &encoder, &decoder, error))
    train_recipe_free (encoder);
  return decoder;
}

/* net: NULL for the encoder of a pair. */
static void
check_recipe (GKeyFile *manifest, const char *recipes, const char *name, gboolean pair, const CncNet *net, GString *problems)
{
  g_autofree char *stem = g_key_file_get_string (manifest, name, "recipe", NULL);
  g_autofree char *file = g_strconcat (stem != NULL ? stem : "", ".ini", NULL);
  g_autofree char *path = g_build_filename (recipes, file, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (TrainRecipe) recipe = read_recipe (path, pair, &error);
  g_autoptr (CncGraph) stored = recipe != NULL && pair ? train_sedd_graph (recipe->graph, &error) : NULL;
  g_autofree char *ours = net != NULL ? cnc_graph_to_json (net->graph) : NULL;
  g_autofree char *theirs = recipe != NULL && net != NULL ? cnc_graph_to_json (pair ? stored : recipe->graph) : NULL;

  if (recipe == NULL)
    blame (problems, name, "%s", error->message);
  else if (g_strcmp0 (ours, theirs) != 0)
    blame (problems, name, "its graph is not that of %s", file);
  if (recipe != NULL)
    check_command (manifest, name, recipe, problems);
}

/* The encoder of a pair: it can be used, and belongs to the decoder beside it, whose key it has. */
static void
check_encoder (GKeyFile *manifest, const char *folder, const char *recipes, const char *name, const char *path, const CncSafetensors *file,
               GString *problems)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncSeddEncoder) encoder = cnc_sedd_encoder_read (path, &error);
  g_autoptr (CncSeddDecoder) decoder = NULL;
  g_autofree char *beside = NULL, *line = NULL;
  g_autoptr (CncIdentity) identity = NULL;
  g_autoptr (CncSecret) secret = NULL;
  const char *text;
  guint8 key[CNC_PUBLIC_KEY_BYTES];

  if (encoder == NULL)
    {
      blame (problems, name, "%s", error->message);
      return;
    }
  compare_number (manifest, name, "parameters",
                  (guint64) encoder->code.hidden * (SEDD_INPUTS + 1) + (guint64) encoder->code.channels * (encoder->code.hidden + 1), problems);
  check_provenance (manifest, name, file, problems);
  check_recipe (manifest, recipes, name, TRUE, NULL, problems);
  if (!encoder->demonstration)
    blame (problems, name, "a pair that everybody has is not marked as a demonstration");
  beside = g_strdup_printf ("%s/%s" ENDING, folder, encoder->name);
  decoder = cnc_sedd_decoder_find (encoder->decoder, encoder->name, beside, &error);
  if (decoder == NULL)
    {
      blame (problems, name, "%s", error->message);
      return;
    }
  if (!decoder->demonstration)
    blame (problems, decoder->name, "a pair that everybody has is not marked as a demonstration");
  text = cnc_safetensors_metadata (decoder->net->file, "identity");
  identity = text != NULL ? cnc_identity_parse (text, &error) : NULL;
  secret = identity != NULL ? cnc_identity_open (identity, NULL, &error) : NULL;
  if (secret == NULL)
    {
      blame (problems, decoder->name, "%s", error != NULL ? error->message : "it has no identity");
      return;
    }
  cnc_public_key (secret, key);
  line = cnc_recipient_text (key);
  if (g_strcmp0 (line, cnc_safetensors_metadata (file, "recipient")) != 0)
    blame (problems, name, "its public key is not that of its decoder");
}

static void
check_model (GKeyFile *manifest, const char *folder, const char *recipes, const char *name, GString *problems)
{
  g_autofree char *base = g_strconcat (name, ENDING, NULL);
  g_autofree char *path = g_build_filename (folder, base, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *data = NULL;
  g_autofree char *hash = NULL;
  g_autoptr (CncNet) net = NULL;
  g_autoptr (CncSafetensors) file = NULL;
  const CncNode *latent;
  const char *kind;
  gsize bytes, parameters = 0;

  check_keys (manifest, name, problems);
  if (!g_file_get_contents (path, &data, &bytes, &error))
    {
      blame (problems, name, "%s", error->message);
      return;
    }
  hash = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) data, bytes);
  compare (manifest, name, "sha256", hash, problems);
  compare_number (manifest, name, "bytes", bytes, problems);
  if (bytes > MOST_BYTES)
    blame (problems, name, "the file is larger than 4 MiB");
  file = cnc_safetensors_parse (data, bytes, &error);
  kind = file != NULL ? cnc_safetensors_metadata (file, "kind") : NULL;
  if (g_strcmp0 (kind, "sedd-encoder") == 0)
    {
      check_encoder (manifest, folder, recipes, name, path, file, problems);
      return;
    }
  net = file != NULL ? cnc_net_read (path, &error) : NULL;
  if (net == NULL)
    {
      blame (problems, name, "%s", error->message);
      return;
    }
  for (guint i = 0; i < net->graph->n_parameters; i++)
    parameters += cnc_shape_count (&net->graph->parameters[i].shape);
  compare_number (manifest, name, "parameters", parameters, problems);
  check_provenance (manifest, name, net->file, problems);
  check_recipe (manifest, recipes, name, g_strcmp0 (kind, "sedd-decoder") == 0, net, problems);
  latent = net->graph->latent != CNC_NO_VALUE ? cnc_graph_node (net->graph, net->graph->latent) : NULL;
  /* Tables are for the method, which takes pictures of any size. */
  if (latent != NULL && latent->kind == CNC_LAYER_QUANTISE && net->graph->inputs[0].height == 0)
    {
      g_autoptr (CncAutoencoder) model = cnc_autoencoder_read (path, &error);

      if (model == NULL)
        blame (problems, name, "%s", error->message);
    }
}

/* Every file has an entry, every entry its file, and all that the entry says is true.  What is wrong, a line each; NULL if nothing is. */
static char *
check_models (const char *folder, const char *recipes)
{
  g_autoptr (GString) problems = g_string_new (NULL);
  g_autofree char *path = g_build_filename (folder, "MANIFEST", NULL);
  g_autoptr (GKeyFile) manifest = g_key_file_new ();
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  g_auto (GStrv) names = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (dir);
  if (!g_key_file_load_from_file (manifest, path, G_KEY_FILE_NONE, &error))
    return g_strdup_printf ("MANIFEST: %s\n", error->message);
  names = g_key_file_get_groups (manifest, NULL);
  for (guint i = 0; names[i] != NULL; i++)
    check_model (manifest, folder, recipes, names[i], problems);
  for (const char *file; (file = g_dir_read_name (dir)) != NULL;)
    if (g_str_has_suffix (file, ENDING))
      {
        g_autofree char *name = g_strndup (file, strlen (file) - strlen (ENDING));

        if (!g_key_file_has_group (manifest, name))
          blame (problems, name, "no entry in MANIFEST");
      }
  return problems->len > 0 ? g_strdup (problems->str) : NULL;
}

static void
test_shipped (void)
{
  const char *folder = g_test_get_dir (G_TEST_DIST);
  g_autofree char *problems = check_models (folder, folder);

  g_assert_cmpstr (problems, ==, NULL);
}

/* What the build installs beside MANIFEST is what lies in the source tree. */
static void
test_installed (void)
{
  const char *folder = g_test_get_dir (G_TEST_DIST);
  g_autofree char *list = g_build_filename (g_test_get_dir (G_TEST_BUILT), "meson-info", "intro-installed.json", NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GList) sources = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  JsonObject *object;
  guint installed = 0, there = 0;

  (void) json_parser_load_from_file (parser, list, &error);
  g_assert_no_error (error);
  object = json_node_get_object (json_parser_get_root (parser));
  sources = json_object_get_members (object);
  for (const GList *l = sources; l != NULL; l = l->next)
    installed += g_str_has_prefix (l->data, folder);
  for (const char *file; (file = g_dir_read_name (dir)) != NULL;)
    if (g_str_has_suffix (file, ENDING) || strcmp (file, "MANIFEST") == 0)
      {
        g_autofree char *source = g_build_filename (folder, file, NULL), *target = g_build_filename (CNC_MODEL_DIR, file, NULL);

        g_assert_cmpstr (json_object_get_string_member_with_default (object, source, "not installed"), ==, target);
        there++;
      }
  g_assert_cmpuint (installed, ==, there);
}

/* ---- a folder made up here ---- */

#define RECIPE                                                                                                                             \
  "[graph]\nx = input channels=3\ne1 = conv2d x channels=6 kernel=5 stride=2 pad=2 activation=leaky_relu slope=0.1\n"                      \
  "e2 = conv2d e1 channels=5 kernel=5 stride=2 pad=2\ne3 = affine e2 scale=8\nz = quantise e3\nd1 = affine z scale=0.125\n"                \
  "d2 = conv2d d1 channels=48 kernel=3 pad=1\ny = pixel_shuffle d2 factor=4\noutputs = y\nlatent = z\n"                                    \
  "[train]\nseed = 3\nbatch = 1\nsteps = 7\n[loss]\nmse = 1\n"

typedef struct
{
  const char *name;
  const char *old, *new;       /* in MANIFEST; old NULL: new stands behind it */
  const char *recipe, *change; /* (nullable) likewise in the recipe */
  gboolean no_tables, cut, extra, no_file, no_provenance;
  gsize weight;         /* bytes that stand in the file for nothing */
  const char *expected; /* NULL: no problem */
} Case;

static const Case cases[] = {
  { .name = "right" },
  { .name = "right-with-more", .new = "figure2=1\nfigure2-rivals=2\nfigure2-command=sh\ntried=much\n" },
  { .name = "sha256", .old = "sha256=", .new = "sha256=0", .expected = "sha256 is " },
  { .name = "bytes", .old = "bytes=", .new = "bytes=1", .expected = "bytes is " },
  { .name = "parameters", .old = "parameters=", .new = "parameters=1", .expected = "parameters is " },
  { .name = "seed", .old = "seed=3", .new = "seed=4", .expected = "seed is 3, and not 4" },
  { .name = "steps", .old = "steps=7", .new = "steps=8", .expected = "steps is 7, and not 8" },
  { .name = "device", .old = "device=cpu", .new = "device=vulkan", .expected = "device is cpu, and not vulkan" },
  { .name = "recipe", .old = "recipe=tiny", .new = "recipe=other", .expected = "recipe is tiny, and not other" },
  { .name = "key-missing", .old = "terms=free\n", .new = "", .expected = "no “terms”" },
  { .name = "key-empty", .old = "terms=free\n", .new = "terms=\n", .expected = "“terms” is empty" },
  { .name = "key-unknown", .new = "sede=1\n", .expected = "“sede” is no key" },
  { .name = "figure-without-command", .old = "figure1-command=sh\n", .new = "", .expected = "“figure1” is no key, or a figure without" },
  { .name = "figure-alone", .new = "figure2=1\n", .expected = "“figure2” is no key, or a figure without" },
  { .name = "graph", .recipe = "channels=5", .change = "channels=7", .expected = "its graph is not that of tiny.ini" },
  { .name = "command-other-recipe", .old = "models/tiny.ini", .new = "models/small.ini", .expected = "does not name models/tiny.ini" },
  { .name = "command-seed", .recipe = "seed = 3", .change = "seed = 4", .expected = "does not say --seed 3" },
  { .name = "command-steps", .recipe = "steps = 7", .change = "steps = 8", .expected = "does not say --steps 7" },
  { .name = "tables", .no_tables = TRUE, .expected = "latent.mean" },
  { .name = "cut", .cut = TRUE, .expected = "tiny: " },
  { .name = "provenance", .no_provenance = TRUE, .expected = "does not tell where it comes from" },
  { .name = "large", .weight = MOST_BYTES, .expected = "larger than 4 MiB" },
  { .name = "no-entry", .extra = TRUE, .expected = "extra: no entry" },
  { .name = "no-file", .no_file = TRUE, .expected = "tiny: Failed to open" },
  { .name = "not-a-list", .new = "nonsense\n", .expected = "MANIFEST: " },
};

static GBytes *
make_file (const Case *test, gsize *parameters)
{
  g_autoptr (CncNet) net = model_of (CODEC_MODEL_GRAPH, 3);
  g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new ();
  g_autoptr (CncLatentTables) tables = codec_model_tables (CODEC_MODEL_CHANNELS);
  g_autofree guint8 *weight = g_malloc0 (MAX (1, test->weight));
  const guint32 sides[2] = { 1u << 11, 1u << 11 };
  GBytes *bytes;

  *parameters = 0;
  for (guint i = 0; i < net->graph->n_parameters; i++)
    *parameters += cnc_shape_count (&net->graph->parameters[i].shape);
  g_assert_true (cnc_net_store (net, CNC_DTYPE_F32, writer, NULL));
  g_assert_true (test->no_tables || cnc_latent_tables_store (tables, writer, NULL));
  if (test->weight > 0)
    g_assert_true (cnc_safetensors_writer_add (writer, "weight", CNC_DTYPE_U8, 2, sides, weight, NULL));
  if (!test->no_provenance)
    cnc_safetensors_writer_text (writer, "provenance", "{\"recipe\":\"tiny\",\"seed\":3,\"steps\":7,\"device\":\"cpu\"}");
  bytes = cnc_safetensors_writer_finish (writer, NULL);
  g_assert_nonnull (bytes);
  return bytes;
}

static void
write_text (const char *folder, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  g_autofree char *folder = g_dir_make_tmp ("cnncrypt-models-XXXXXX", NULL);
  static const char *const files[] = { "tiny" ENDING, "extra" ENDING, "MANIFEST", "tiny.ini" };
  gsize parameters;
  g_autoptr (GBytes) bytes = make_file (test, &parameters);
  g_autofree char *path = g_build_filename (folder, files[0], NULL), *hash = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
  g_autofree char *text = g_strdup_printf (
      "[tiny]\nsha256=%s\nbytes=%" G_GSIZE_FORMAT "\nparameters=%" G_GSIZE_FORMAT
      "\nrecipe=tiny\nseed=3\nsteps=7\ndevice=cpu\ncommand=cnncrypt-train models/tiny.ini --out FILE\ndata=pictures\nterms=free\n"
      "machine=two cores\ntime=a minute\nfigure1=30 dB\nfigure1-rivals=JPEG 29 dB\nfigure1-command=sh\n",
      hash, g_bytes_get_size (bytes), parameters);
  g_autoptr (GString) manifest = g_string_new (text), recipe = g_string_new (RECIPE);
  g_autofree char *problems = NULL;

  if (test->old != NULL)
    g_assert_cmpuint (g_string_replace (manifest, test->old, test->new, 1), ==, 1);
  else if (test->new != NULL)
    g_string_append (manifest, test->new);
  if (test->recipe != NULL)
    g_assert_cmpuint (g_string_replace (recipe, test->recipe, test->change, 1), ==, 1);
  write_text (folder, files[2], manifest->str);
  write_text (folder, files[3], recipe->str);
  if (test->extra)
    write_text (folder, files[1], "");
  if (test->cut)
    {
      g_autoptr (GBytes) part = g_bytes_new_from_bytes (bytes, 0, g_bytes_get_size (bytes) - 1);

      g_assert_true (cnc_file_replace (path, part, NULL));
    }
  else if (!test->no_file)
    g_assert_true (cnc_file_replace (path, bytes, NULL));

  problems = check_models (folder, folder);
  if (test->expected == NULL)
    g_assert_cmpstr (problems, ==, NULL);
  else if (problems == NULL || strstr (problems, test->expected) == NULL)
    g_error ("“%s” was not found; what was: %s", test->expected, problems != NULL ? problems : "nothing");
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *file = g_build_filename (folder, files[i], NULL);

      g_unlink (file);
    }
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/models/shipped", test_shipped);
  g_test_add_func ("/models/installed", test_installed);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/models/checker/%s", cases[i].name);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  return g_test_run ();
}
