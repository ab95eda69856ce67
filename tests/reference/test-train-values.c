/* Twenty steps of training and a validation against PyTorch, on the reference, on the "cpu" device and on every Vulkan device. */
#include "../unit/train-case.h"

#include "base/error.h"
#include "vulkan/vk-backend.h"

#include <math.h>

#include "train-values.h"

static void
train (guint index, CncBackend *backend)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TrainRecipe) recipe = recipe_of (train_values[index].recipe, &error);
  g_autoptr (TrainData) data = random_data (TRAIN_COUNT, 1, TRAIN_SIDE);
  g_autoptr (TrainSession) session = NULL;
  double validation, worst = 0;

  g_assert_no_error (error);
  session = train_session_new (backend, recipe, data, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < TRAIN_STEPS; i++)
    {
      g_assert_true (train_session_step (session, &error));
      g_assert_no_error (error);
      worst = MAX (worst, fabs (session->loss / train_values[index].losses[i] - 1));
    }
  g_assert_true (train_session_validate (session, &validation, &error));
  g_assert_no_error (error);
  worst = MAX (worst, fabs (validation / train_values[index].validation - 1));
  g_test_message ("network %u on %s: largest relative difference %.2g", index, backend->info.name, worst);
  g_assert_cmpfloat (worst, <, 1e-5);
}

static void
test_reference (void)
{
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();

  for (guint i = 0; i < G_N_ELEMENTS (train_values); i++)
    train (i, backend);
}

static void
test_cpu (void)
{
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();

  for (guint i = 0; i < G_N_ELEMENTS (train_values); i++)
    train (i, backend);
}

static void
test_vulkan (void)
{
  g_autoptr (GArray) devices = cnc_vulkan_devices (NULL);

  if (devices->len == 0)
    g_test_skip ("there is no Vulkan device here");
  for (guint d = 0; d < devices->len; d++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (CncBackend) backend = cnc_vulkan_open (g_array_index (devices, CncDeviceInfo, d).id, &error);

      g_assert_no_error (error);
      for (guint i = 0; i < G_N_ELEMENTS (train_values); i++)
        train (i, backend);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/train-values/reference", test_reference);
  g_test_add_func ("/train-values/cpu", test_cpu);
  g_test_add_func ("/train-values/vulkan", test_vulkan);
  return g_test_run ();
}
