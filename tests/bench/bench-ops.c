/* tests/bench/bench-ops.c: convolutions on every device, forward and with both gradients: bench-ops [SECONDS [DEVICE...]]
 *
 * Prints one line a device and shape: device, channels, GFLOP/s forward, GFLOP/s forward and backward, each the best of many runs.
 * DEVICE: reference, cpu, vulkan; none: all.  tests/bench/bench-ops.py runs it beside PyTorch.
 */
#include "base/error.h"
#include "nn/ops.h"
#include "vulkan/vk-backend.h"

#include <stdlib.h>

typedef struct
{
  CncTensor x, weight, bias, y, dx, dweight, dbias;
} Tensors;

static CncTensor
tensor (CncBackend *backend, CncShape shape, gboolean random)
{
  g_autoptr (GError) error = NULL;
  const gsize count = cnc_shape_count (&shape);
  g_autofree float *values = g_new0 (float, count);
  CncTensor t = { cnc_buffer_new (backend, count * sizeof (float), &error), 0, shape };

  for (gsize i = 0; i < count && random; i++)
    values[i] = (float) g_random_double_range (-1, 1);
  if (t.buffer == NULL || !cnc_buffer_upload (backend, t.buffer, 0, values, count * sizeof (float), &error))
    g_error ("%s", error->message);
  return t;
}

static void
run (CncBackend *backend, CncOpKind kind, CncActivation activation, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out)
{
  const CncOp op = { .kind = kind, .pad = 1, .activation = activation };
  g_autoptr (GError) error = NULL;

  if (!cnc_op_run (backend, &op, in, n_in, out, n_out, &error))
    g_error ("%s", error->message);
}

static void
pass (CncBackend *backend, const Tensors *t, gboolean backward)
{
  const CncTensor forward[] = { t->x, t->weight, t->bias }, data[] = { t->y, t->weight }, weight[] = { t->x, t->y },
                  gradients[] = { t->dweight, t->dbias };
  g_autoptr (GError) error = NULL;

  run (backend, CNC_OP_CONV2D, CNC_ACTIVATION_NONE, forward, 3, &t->y, 1);
  if (backward)
    {
      run (backend, CNC_OP_CONV2D_BACKWARD_DATA, CNC_ACTIVATION_NONE, data, 2, &t->dx, 1);
      run (backend, CNC_OP_CONV2D_BACKWARD_WEIGHT, CNC_ACTIVATION_NONE, weight, 2, gradients, 2);
    }
  if (!cnc_backend_finish (backend, &error))
    g_error ("%s", error->message);
}

/* The least seconds of one pass. */
static double
least (CncBackend *backend, const Tensors *t, gboolean backward, double seconds)
{
  const gint64 end = g_get_monotonic_time () + (gint64) (seconds * 1e6);
  double best = G_MAXDOUBLE;

  pass (backend, t, backward);
  do
    {
      const gint64 start = g_get_monotonic_time ();

      pass (backend, t, backward);
      best = MIN (best, (double) (g_get_monotonic_time () - start) * 1e-6);
    }
  while (g_get_monotonic_time () < end);
  return best;
}

static void
measure (CncBackend *backend, const char *name, double seconds)
{
  static const guint32 channels[] = { 32, 64 };

  for (gsize i = 0; i < G_N_ELEMENTS (channels); i++)
    {
      const guint32 c = channels[i];
      const CncShape picture = { 1, c, 256, 256 }, kernel = { c, c, 3, 3 }, vector = { 1, c, 1, 1 };
      const Tensors t = {
        tensor (backend, picture, TRUE),  tensor (backend, kernel, TRUE),   tensor (backend, vector, TRUE),
        tensor (backend, picture, FALSE), tensor (backend, picture, FALSE), tensor (backend, kernel, FALSE),
        tensor (backend, vector, FALSE),
      };
      const double gflop = 2.0 * 9 * c * c * 256 * 256 * 1e-9;
      const double forward = gflop / least (backend, &t, FALSE, seconds), both = 3 * gflop / least (backend, &t, TRUE, seconds);

      g_print ("%s\t%u\t%.1f\t%.1f\n", name, c, forward, both);
      cnc_buffer_free (backend, t.x.buffer);
      cnc_buffer_free (backend, t.weight.buffer);
      cnc_buffer_free (backend, t.bias.buffer);
      cnc_buffer_free (backend, t.y.buffer);
      cnc_buffer_free (backend, t.dx.buffer);
      cnc_buffer_free (backend, t.dweight.buffer);
      cnc_buffer_free (backend, t.dbias.buffer);
    }
}

static gboolean
wanted (int argc, char **argv, const char *name)
{
  for (int i = 2; i < argc; i++)
    if (strcmp (argv[i], name) == 0)
      return TRUE;
  return argc <= 2;
}

int
main (int argc, char **argv)
{
  const double seconds = argc > 1 ? atof (argv[1]) : 2;
  g_autofree char *problem = NULL;
  g_autoptr (GArray) devices = cnc_vulkan_devices (&problem);
  g_autoptr (CncBackend) reference = cnc_reference_backend_new (), cpu = cnc_cpu_backend_new ();

  if (wanted (argc, argv, "reference"))
    measure (reference, "reference", seconds);
  if (wanted (argc, argv, "cpu"))
    measure (cpu, "cpu", seconds);
  for (guint i = 0; i < devices->len && wanted (argc, argv, "vulkan"); i++)
    {
      const CncDeviceInfo *info = &g_array_index (devices, CncDeviceInfo, i);
      g_autoptr (GError) error = NULL;
      g_autoptr (CncBackend) device = cnc_vulkan_open (info->id, &error);

      if (device == NULL)
        g_error ("%s", error->message);
      measure (device, info->name, seconds);
    }
  return 0;
}
