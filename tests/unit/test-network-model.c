/* core/stego/network-model.c: what is read off a model, and every file that is none. */
#include "network-case.h"

static void
test_read (void)
{
  g_autoptr (CncNetwork) n = network ();

  g_assert_cmpuint (n->channels, ==, D);
  g_assert_cmpuint (n->slots, ==, SLOTS);
  g_assert_cmpfloat_with_epsilon (n->step, STEP, 1e-6);
  g_assert_cmpuint (n->carrier, ==, cnc_graph_value (n->net->graph, "carrier"));
  g_assert_cmpuint (cnc_network_margin (n, 1), ==, 3); /* 2 * 15 / sqrt (12) * sqrt (16 / 192) = 2.5 */
  g_assert_cmpuint (cnc_network_margin (n, 3), ==, 5); /* 4.33 */
}

static void
assert_bad_model (const char *path, const char *says)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncNetwork) n = cnc_network_read (cnn (), path, &error);

  g_assert_null (n);
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  if (strstr (error->message, says) == NULL)
    g_error ("“%s” does not say “%s”", error->message, says);
  g_assert_true (g_str_has_prefix (error->message, path));
  g_assert_true (g_str_has_suffix (error->message, "."));
  g_test_message ("%s", error->message);
}

static void
test_bad_models (void)
{
  static const struct
  {
    const char *from, *to, *says;
  } cases[] = {
    { "\"features\"", "\"traits\"", "no value “features”" },
    { "\"plain\"", "\"clear\"", "no value “plain”" },
    { "\"stego\"", "\"steg\"", "no value “stego”" },
    { "\"cover\",\"channels\":3", "\"cover\",\"channels\":3,\"high\":2", "“cover” is no input for a picture" },
    { "\"secret\",\"channels\":3", "\"secret\",\"channels\":3,\"low\":-1", "“secret” is no input for a picture" },
    { "\"scale\":17}},{\"name\":\"apart\"", "\"scale\":17,\"shift\":1}},{\"name\":\"apart\"", "no affine layer" },
    { "\"scale\":17}},{\"name\":\"apart\"", "\"scale\":300}},{\"name\":\"apart\"", "no affine layer" },
    { "\"op\":\"round8\"", "\"op\":\"wrap\"", "“stego” is not rounded" },
    { "\"inputs\":[\"carrier\"],\"attributes\":{\"channels\":48", "\"inputs\":[\"secret\"],\"attributes\":{\"channels\":48",
      "not computed from the cover" },
    { "\"op\":\"add\",\"inputs\":[\"carrier\",\"change\"]", "\"op\":\"add\",\"inputs\":[\"secret\",\"change\"]",
      "\"secret\" is needed for the result" },
  };
  g_autofree char *path = g_build_filename (folder, "bad.safetensors", NULL);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *json = replaced (HIDE_GRAPH, cases[i].from, cases[i].to);

      write_model (path, json, 0, 1);
      assert_bad_model (path, cases[i].says);
    }
  write_model (path, HIDE_GRAPH, 0, 3);
  assert_bad_model (path, "Row 0 of its transform has the length");
  write_model (path, CODEC_GRAPH, 0, 1);
  assert_bad_model (path, "no value “cover”");
  g_assert_true (g_file_set_contents (path, "nothing of the kind", -1, NULL));
  assert_bad_model (path, "not a good model file");
  g_assert_true (g_unlink (path) == 0);
  g_assert_null (cnc_network_read (cnn (), path, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_IO);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  if (!cnc_seal_init (NULL))
    return 1;
  models_make ();
  g_test_add_func ("/network-model/read", test_read);
  g_test_add_func ("/network-model/bad-models", test_bad_models);
  status = g_test_run ();
  models_remove ();
  return status;
}
