/* core/methods/restore: every refusal. */
#include "restore-help.h"

static void
test_too_small (void)
{
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncSecret) key = key_of (7);
  g_autoptr (CncPicture) picture = colour_picture (400, 260);
  g_autoptr (GError) error = NULL;
  CncCarrierParams params = { .backend = backend, .longest_side = 100 };
  guint least;
  const char *number;

  g_assert_null (encrypt (picture, key, &params, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_TOO_SMALL);
  g_test_message ("%s", error->message);
  number = strstr (error->message, "Choose ");
  g_assert_nonnull (number);
  least = (guint) g_ascii_strtoull (number + strlen ("Choose "), NULL, 10);
  g_clear_error (&error);
  for (params.longest_side = least - 1; params.longest_side <= least; params.longest_side++)
    {
      g_autoptr (CncRaster) carrier = encrypt (picture, key, &params, &error);

      g_assert_cmpint (carrier != NULL, ==, params.longest_side == least);
      g_clear_error (&error);
    }
}

/* The body replaced by noise: the header is there, and nothing else. */
static void
test_nothing_left (void)
{
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncPicture) picture = colour_picture (200, 200);
  g_autoptr (CncSecret) key = key_of (7);
  const CncCarrierParams params = { .backend = backend };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncRaster) carrier = encrypt (picture, key, &params, &error);
  CncCarrierLayout layout;
  CncRestoreChannel channel = { 0 };
  guint32 state = 1;

  g_assert_no_error (error);
  g_assert_true (cnc_carrier_layout (carrier->width, carrier->height, &layout));
  for (gsize i = (gsize) layout.body_y * carrier->width; i < (gsize) (layout.body_y + layout.body_height) * carrier->width; i++)
    {
      state = state * 1664525 + 1013904223;
      carrier->data[i] = (guint8) (state >> 24);
    }
  g_assert_null (decrypt (carrier, key, backend, &channel, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, CNC_ERROR, CNC_ERROR_DAMAGED);
  g_assert_cmpfloat (channel.strength, >, 70);
  g_assert_nonnull (strstr (error->message, "off by 7"));
}

/* Whoever has the passphrase may have made a header that no writer makes. */
static void
test_forged (void)
{
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncPicture) picture = colour_picture (200, 150);
  g_autoptr (CncSecret) key = key_of (7);
  const CncCarrierParams params = { .backend = backend };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncRaster) carrier = encrypt (picture, key, &params, &error);
  static const guint32 sizes[][2]
      = { { 200, 150 }, { 199, 150 }, { 196, 150 }, { 200, 153 }, { 1, 1 }, { CNC_RASTER_MAX_SIDE, 1 }, { 2000, 1500 } };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (CncCarrier) found = NULL;
      g_autoptr (CncPicture) back = NULL;

      g_assert_true (cnc_carrier_find (carrier, NULL, &found, NULL, &error));
      cnc_carrier_header_finish (&found->header, key, sizes[i][0], sizes[i][1]);
      back = cnc_restore_decrypt (found, key, backend, NULL, NULL, &error);
      g_test_message ("%u × %u: %s", sizes[i][0], sizes[i][1], error != NULL ? error->message : "opens");
      if (back == NULL)
        g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT);
      else
        g_assert_cmpuint (back->raster->width, ==, sizes[i][0]);
      g_assert_cmpint (back != NULL, ==, i < 2 || i == 3 || i == 6);
      g_clear_error (&error);
    }
}

static char *
changed (const char *from, const char *to)
{
  g_auto (GStrv) parts = g_strsplit (RESTORE_COLOUR, from, -1);

  g_assert_cmpuint (g_strv_length (parts), >, 1);
  return g_strjoinv (to, parts);
}

static void
test_models (void)
{
  static const struct
  {
    const char *from, *to, *said;
  } cases[] = {
    { "\"name\":\"features\"", "\"name\":\"numbers\"", NULL },
    { "\"name\":\"plain\"", "\"name\":\"plane\"", NULL },
    { "\"level\"", "\"strength\"", "It has no value “level”" },
    { "\"restored\"", "\"picture\"", "It has no value “restored”" },
    { "\"name\":\"x\",\"channels\":3", "\"name\":\"x\",\"channels\":3,\"high\":255", "Its value “x” is no input for a picture" },
    { "\"inputs\":[\"d2\"]", "\"inputs\":[\"x\"]", "plain" },
    { "\"inputs\":[\"level\"]", "\"inputs\":[\"pilots\"]", "level" },
    { "\"first\":15,\"channels\":1}", "\"first\":14,\"channels\":2}", "Its value “level” has 2 channels, not 1" },
    { "{\"name\":\"d1\",\"op\":\"conv2d\",\"inputs\":[\"d0\"]",
      "{\"name\":\"past\",\"op\":\"add\",\"inputs\":[\"d0\",\"features\"]},{\"name\":\"d1\",\"op\":\"conv2d\",\"inputs\":[\"past\"]",
      "\"x\"" } /* past what is sent */,
  };
  g_autofree char *path = g_build_filename (folder, "bad.safetensors", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *json = NULL;
      g_autoptr (CncRestore) model = NULL;

      if (i < 2) /* other nodes read them under the new name, too */
        {
          g_autofree char *half = changed (i == 0 ? "\"features\"" : "\"plain\"", i == 0 ? "\"numbers\"" : "\"plane\"");

          json = g_steal_pointer (&half);
        }
      else
        json = changed (cases[i].from, cases[i].to);
      restore_write (path, json, FALSE);
      model = cnc_restore_read (path, &error);
      g_assert_null (model);
      g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
      g_test_message ("%s", error->message);
      g_assert_nonnull (strstr (error->message, "bad.safetensors cannot be used by the method “restore”"));
      g_assert_nonnull (strstr (error->message, cases[i].said != NULL ? cases[i].said : i == 0 ? "“features”" : i == 1 ? "“plain”" : "x"));
    }
  g_unlink (path);
}

/* A model that says it is one, and puts something where the pilots are; one that is not there; one that is not for this. */
static void
test_model_errors (void)
{
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncPicture) picture = colour_picture (90, 80);
  g_autoptr (CncSecret) key = key_of (7);
  g_autofree char *path = g_build_filename (folder, "restore-pilots.safetensors", NULL);
  CncCarrierParams params = { .backend = backend, .model = "restore-pilots" };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncRaster) carrier = NULL;
  g_autofree char *usual = g_build_filename (folder, "restore-mri.safetensors", NULL), *away = g_build_filename (folder, "away", NULL);

  g_assert_null (encrypt (picture, key, &params, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "“restore-pilots”"));
  g_clear_error (&error);
  g_assert_false (cnc_restore_ready ("restore-pilots", &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_clear_error (&error);
  restore_write (path, RESTORE_COLOUR, TRUE);
  g_assert_true (cnc_restore_ready ("restore-pilots", &error));
  g_assert_null (encrypt (picture, key, &params, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "not always 0"));
  g_clear_error (&error);
  g_unlink (path);
  params.model = "restore-mri";
  carrier = encrypt (picture, key, &params, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_rename (usual, away), ==, 0);
  g_assert_null (decrypt (carrier, key, backend, NULL, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_MODEL);
  g_assert_nonnull (strstr (error->message, "SHA-256"));
  g_clear_error (&error);
  g_assert_cmpint (g_rename (away, usual), ==, 0);
  {
    g_autoptr (CncPicture) back = decrypt (carrier, key, backend, NULL, &error);

    g_assert_no_error (error);
    g_assert_nonnull (back);
  }
}

/* Each allocation fails once; each time that is an error, and nothing else. */
static void
test_memory (void)
{
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncPicture) picture = colour_picture (230, 90);
  g_autoptr (CncSecret) key = key_of (7);
  g_autofree char *notes = NULL;
  double psnr;
  const CncCarrierParams params = { .backend = backend, .longest_side = 225, .psnr = &psnr, .notes = &notes };
  g_autoptr (CncRaster) carrier = encrypt (picture, key, &params, NULL);
  g_autoptr (CncCarrier) found = NULL;

  g_assert_true (cnc_carrier_find (carrier, NULL, &found, NULL, NULL));
  for (guint part = 0; part < 3; part++)
    for (guint i = 1;; i++)
      {
        g_autoptr (GError) error = NULL;
        g_autoptr (CncRaster) again = NULL;
        g_autoptr (CncPicture) back = NULL;
        CncRestoreExpected expected;
        gboolean good;
        guint calls;

        g_clear_pointer (&notes, g_free);
        cnc_alloc_fail_at (i);
        if (part == 0)
          good = (again = encrypt (picture, key, &params, &error)) != NULL;
        else if (part == 1)
          good = (back = cnc_restore_decrypt (found, key, backend, NULL, NULL, &error)) != NULL;
        else
          good = cnc_restore_expect (picture, &params, &expected, &error);
        calls = cnc_alloc_fail_at (0);
        if (good && calls < i)
          {
            g_test_message ("part %u: %u allocations", part, calls);
            break;
          }
        g_assert_false (good);
        g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
      }
}

static void
count_down (double done, const char *text, gpointer user_data)
{
  CncTask *task = user_data;
  static guint steps;

  if (done == 0 && ++steps == 2) /* while the picture is restored for certainty */
    cnc_task_cancel (task);
}

static void
test_cancel (void)
{
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncPicture) picture = colour_picture (70, 60);
  g_autoptr (CncSecret) key = key_of (7);
  CncTask task = { .progress = count_down };
  const CncCarrierParams params = { .backend = backend, .task = &task };
  g_autoptr (GError) error = NULL;

  task.user_data = &task;
  g_assert_null (encrypt (picture, key, &params, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  int status;

  setlocale (LC_ALL, "C.UTF-8");
  g_test_init (&argc, &argv, NULL);
  models_make ();
  g_test_add_func ("/restore/too-small", test_too_small);
  g_test_add_func ("/restore/nothing-left", test_nothing_left);
  g_test_add_func ("/restore/forged", test_forged);
  g_test_add_func ("/restore/models", test_models);
  g_test_add_func ("/restore/model-errors", test_model_errors);
  g_test_add_func ("/restore/memory", test_memory);
  g_test_add_func ("/restore/cancel", test_cancel);
  status = g_test_run ();
  models_remove ();
  return status;
}
