/* tests/reference/test-ops-device.c: the operations of networks on every Vulkan device, against PyTorch's values and for larger shapes
 * against the C reference, with the validation layer on: it may not say a word.
 *
 * Each test runs three times: with what the device offers, with texel buffers so small that pictures are cut into pieces, and with the
 * kernels of a GPU.
 */
#include "ops-case.h"
#include "nn/reference.h"
#include "vulkan/vk-backend.h"

#define TOLERANCE 3e-5

static gboolean gpu_kernels; /* in the test that runs */

typedef struct
{
  char id[40];
  enum
  {
    WHOLE,
    PIECES,
    AS_GPU
  } mode;
  void (*func) (CncBackend *device);
} Case;

static void
values (CncBackend *device)
{
  g_autofree float *expected = ops_expected ();

  for (guint i = 0; i < G_N_ELEMENTS (ops_cases); i++)
    {
      ops_check_case (device, i, expected, 0, FALSE, ops_places (ops_cases[i].op.kind), TOLERANCE);
      ops_check_case (device, i, expected, 5, FALSE, ops_places (ops_cases[i].op.kind), TOLERANCE);
    }
  ops_check_track (device, expected, TOLERANCE);
}

static void
accumulate (CncBackend *device)
{
  g_autofree float *expected = ops_expected ();

  for (guint i = 0; i < G_N_ELEMENTS (ops_cases); i++)
    if (ops_can_add (ops_cases[i].op.kind)
        && (ops_cases[i].op.activation == CNC_ACTIVATION_NONE || ops_cases[i].op.kind == CNC_OP_ACTIVATION_BACKWARD))
      ops_check_case (device, i, expected, 3, TRUE, NULL, TOLERANCE);
}

static void
in_place (CncBackend *device)
{
  g_autofree float *expected = ops_expected ();

  for (guint i = 0; i < G_N_ELEMENTS (ops_cases); i++)
    for (guint k = 0; k < 2; k++)
      if ((ops_may_be (ops_cases[i].op.kind) >> k & 1) != 0)
        {
          const int place[] = { (int) k, -1, -1 };

          ops_check_case (device, i, expected, 2, FALSE, place, TOLERANCE);
        }
}

/* Shapes that take more than one workgroup, dispatch or piece. */
static const OpsCase large[] = {
  { "conv2d",
    { .kind = CNC_OP_CONV2D, .pad = 1, .activation = CNC_ACTIVATION_RELU },
    4,
    { { { 2, 32, 45, 70 }, -1, 1 }, { { 24, 32, 3, 3 }, -1, 1 }, { { 1, 24, 1, 1 }, -1, 1 }, { { 2, 24, 45, 70 }, -1, 1 } },
    1,
    { { 2, 24, 45, 70 } },
    0 },
  { "conv2d of many channels",
    { .kind = CNC_OP_CONV2D, .pad = 2, .stride = 2 },
    2,
    { { { 1, 96, 33, 35 }, -1, 1 }, { { 40, 96, 5, 5 }, -1, 1 } },
    1,
    { { 1, 40, 17, 18 } },
    0 },
  { "conv2d of even sides",
    { .kind = CNC_OP_CONV2D, .pad = 2, .stride = 2 },
    2,
    { { { 2, 22, 64, 68 }, -1, 1 }, { { 20, 22, 5, 5 }, -1, 1 } },
    1,
    { { 2, 20, 32, 34 } },
    0 },
  { "conv2d_backward_weight of even sides",
    { .kind = CNC_OP_CONV2D_BACKWARD_WEIGHT, .pad = 1 },
    2,
    { { { 2, 22, 32, 36 }, -1, 1 }, { { 2, 13, 32, 36 }, -1, 1 } },
    1,
    { { 13, 22, 3, 3 } },
    0 },
  { "conv2d of a wide picture",
    { .kind = CNC_OP_CONV2D, .pad = 1 },
    2,
    { { { 1, 16, 40, 2500 }, -1, 1 }, { { 3, 16, 3, 3 }, -1, 1 } },
    1,
    { { 1, 3, 40, 2500 } },
    0 },
  { "conv2d of a large kernel",
    { .kind = CNC_OP_CONV2D, .pad = 12 },
    2,
    { { { 1, 3, 40, 41 }, -1, 1 }, { { 5, 3, 25, 24 }, -1, 1 } },
    1,
    { { 1, 5, 40, 42 } },
    0 },
  { "conv2d_backward_data",
    { .kind = CNC_OP_CONV2D_BACKWARD_DATA, .pad = 2, .stride = 2 },
    2,
    { { { 3, 48, 32, 32 }, -1, 1 }, { { 48, 20, 5, 5 }, -1, 1 } },
    1,
    { { 3, 20, 64, 63 } },
    0 },
  { "conv2d_backward_data dilated",
    { .kind = CNC_OP_CONV2D_BACKWARD_DATA, .pad = 2, .dilation = 2, .stride = 2 },
    2,
    { { { 1, 16, 40, 40 }, -1, 1 }, { { 16, 9, 3, 3 }, -1, 1 } },
    1,
    { { 1, 9, 80, 79 } },
    0 },
  { "conv2d_backward_weight",
    { .kind = CNC_OP_CONV2D_BACKWARD_WEIGHT, .pad = 1 },
    2,
    { { { 2, 36, 50, 61 }, -1, 1 }, { { 2, 20, 50, 61 }, -1, 1 } },
    2,
    { { 20, 36, 3, 3 }, { 1, 20, 1, 1 } },
    0 },
  { "conv2d_backward_weight stride",
    { .kind = CNC_OP_CONV2D_BACKWARD_WEIGHT, .pad = 2, .stride = 2 },
    2,
    { { { 3, 13, 64, 301 }, -1, 1 }, { { 3, 33, 32, 151 }, -1, 1 } },
    1,
    { { 33, 13, 5, 5 } },
    0 },
  { "conv_transpose2d",
    { .kind = CNC_OP_CONV_TRANSPOSE2D, .pad = 1, .stride = 2, .activation = CNC_ACTIVATION_LEAKY_RELU, .slope = 0.125f },
    3,
    { { { 2, 48, 30, 31 }, -1, 1 }, { { 48, 12, 4, 4 }, -1, 1 }, { { 1, 12, 1, 1 }, -1, 1 } },
    1,
    { { 2, 12, 60, 62 } },
    0 },
  { "dense",
    { .kind = CNC_OP_DENSE },
    3,
    { { { 70, 16, 7, 7 }, -1, 1 }, { { 300, 784, 1, 1 }, -1, 1 }, { { 1, 300, 1, 1 }, -1, 1 } },
    1,
    { { 70, 300, 1, 1 } },
    0 },
  { "dense of a long vector",
    { .kind = CNC_OP_DENSE },
    2,
    { { { 3, 9000, 1, 1 }, -1, 1 }, { { 5, 9000, 1, 1 }, -1, 1 } },
    1,
    { { 3, 5, 1, 1 } },
    0 },
  { "dense_backward_data",
    { .kind = CNC_OP_DENSE_BACKWARD_DATA },
    2,
    { { { 70, 300, 1, 1 }, -1, 1 }, { { 300, 784, 1, 1 }, -1, 1 } },
    1,
    { { 70, 784, 1, 1 } },
    0 },
  { "dense_backward_weight",
    { .kind = CNC_OP_DENSE_BACKWARD_WEIGHT },
    2,
    { { { 70, 784, 1, 1 }, -1, 1 }, { { 70, 300, 1, 1 }, -1, 1 } },
    2,
    { { 300, 784, 1, 1 }, { 1, 300, 1, 1 } },
    0 },
  { "activation",
    { .kind = CNC_OP_ACTIVATION, .activation = CNC_ACTIVATION_TANH },
    1,
    { { { 3, 31, 101, 103 }, -30, 30 } },
    1,
    { { 3, 31, 101, 103 } },
    0 },
  { "noise",
    { .kind = CNC_OP_NOISE, .distribution = 1, .scale = 1, .seed = 99 },
    1,
    { { { 3, 31, 101, 103 }, -1, 1 } },
    1,
    { { 3, 31, 101, 103 } },
    0 },
  { "max_pool_backward",
    { .kind = CNC_OP_MAX_POOL_BACKWARD, .kernel_h = 3, .kernel_w = 3, .stride = 2 },
    2,
    { { { 2, 17, 101, 99 }, -1, 1 }, { { 2, 17, 50, 49 }, -1, 1 } },
    1,
    { { 2, 17, 101, 99 } },
    0 },
  { "upsample_bilinear_backward",
    { .kind = CNC_OP_UPSAMPLE_BILINEAR_BACKWARD, .stride = 2 },
    1,
    { { { 2, 17, 90, 94 }, -1, 1 } },
    1,
    { { 2, 17, 45, 47 } },
    0 },
  { "batch_norm",
    { .kind = CNC_OP_BATCH_NORM, .epsilon = 1e-5f },
    3,
    { { { 5, 19, 61, 67 }, -3, 7 }, { { 1, 19, 1, 1 }, 0.5, 2 }, { { 1, 19, 1, 1 }, -1, 1 } },
    3,
    { { 5, 19, 61, 67 }, { 1, 19, 1, 1 }, { 1, 19, 1, 1 } },
    0 },
  { "batch_norm_backward",
    { .kind = CNC_OP_BATCH_NORM_BACKWARD },
    5,
    { { { 5, 19, 61, 67 }, -3, 7 },
      { { 5, 19, 61, 67 }, -1, 1 },
      { { 1, 19, 1, 1 }, 0.5, 2 },
      { { 1, 19, 1, 1 }, 1, 3 },
      { { 1, 19, 1, 1 }, 0.2, 0.5 } },
    3,
    { { 5, 19, 61, 67 }, { 1, 19, 1, 1 }, { 1, 19, 1, 1 } },
    0 },
  { "mse",
    { .kind = CNC_OP_MSE, .scale = 3 },
    2,
    { { { 4, 3, 128, 131 }, 0, 1 }, { { 4, 3, 128, 131 }, 0, 1 } },
    2,
    { { 1, 1, 1, 1 }, { 4, 3, 128, 131 } },
    0 },
  { "bce",
    { .kind = CNC_OP_BCE, .scale = 3 },
    2,
    { { { 4, 3, 128, 131 }, 0.01, 0.99 }, { { 4, 3, 128, 131 }, 0, 1 } },
    2,
    { { 1, 1, 1, 1 }, { 4, 3, 128, 131 } },
    0 },
  { "ssim",
    { .kind = CNC_OP_SSIM, .scale = 1 },
    2,
    { { { 2, 3, 70, 81 }, 0, 1 }, { { 2, 3, 70, 81 }, 0, 1 } },
    2,
    { { 1, 1, 1, 1 }, { 2, 3, 70, 81 } },
    0 },
  { "jpeg",
    { .kind = CNC_OP_JPEG, .shift = 20, .scale = 95, .seed = 5 },
    1,
    { { { 5, 3, 45, 71 }, 0, 1 } },
    1,
    { { 5, 3, 45, 71 } },
    0 },
  { "jpeg of one column",
    { .kind = CNC_OP_JPEG, .shift = 50, .scale = 50 },
    1,
    { { { 1, 3, 21, 1 }, 0, 1 } },
    1,
    { { 1, 3, 21, 1 } },
    0 },
  { "jpeg_backward",
    { .kind = CNC_OP_JPEG_BACKWARD, .shift = 20, .scale = 95 },
    1,
    { { { 3, 3, 45, 71 }, -1, 1 } },
    1,
    { { 3, 3, 45, 71 } },
    0 },
  { "blur",
    { .kind = CNC_OP_BLUR, .shift = 0.5f, .scale = 2, .seed = 6 },
    1,
    { { { 3, 2, 40, 37 }, -1, 1 } },
    1,
    { { 3, 2, 40, 37 } },
    0 },
  { "blur_backward",
    { .kind = CNC_OP_BLUR_BACKWARD, .shift = 0.5f, .scale = 2, .seed = 6 },
    1,
    { { { 3, 2, 40, 37 }, -1, 1 } },
    1,
    { { 3, 2, 40, 37 } },
    0 },
  { "rate",
    { .kind = CNC_OP_RATE, .scale = 1 },
    2,
    { { { 3, 96, 32, 33 }, -4, 4 }, { { 96, 6, 1, 1 }, -1, 1 } },
    3,
    { { 1, 1, 1, 1 }, { 3, 96, 32, 33 }, { 96, 6, 1, 1 } },
    0 },
};

static void
larger (CncBackend *device)
{
  g_autoptr (CncBackend) reference = cnc_reference_backend_new ();

  for (guint i = 0; i < G_N_ELEMENTS (large); i++)
    {
      const OpsCase *c = &large[i];
      CncBackend *const backends[] = { reference, device };
      OpsTensors t[2];
      const gboolean add = ops_can_add (c->op.kind) && c->op.activation == CNC_ACTIVATION_NONE;
      CncOp op = c->op;

      for (guint b = 0; b < 2; b++)
        ops_open (&t[b], backends[b], c, i, b * 4, NULL);
      /* Once more on top of the first result where that can be. */
      for (guint run = 0; run < (add ? 2 : 1); run++, op.accumulate = TRUE)
        {
          for (guint b = 0; b < 2; b++)
            {
              g_autoptr (GError) error = NULL;

              g_assert_true (cnc_op_run (backends[b], &op, t[b].in, t[b].n_in, t[b].out, t[b].n_out, &error));
              g_assert_no_error (error);
            }
          for (guint k = 0; k < c->n_out; k++)
            {
              g_autofree float *expected = ops_read (reference, &t[0].out[k]), *got = ops_read (device, &t[1].out[k]);

              ops_assert_near (c->name, got, expected, cnc_shape_count (&c->out[k]), TOLERANCE);
            }
        }
      ops_close (&t[0]);
      ops_close (&t[1]);
    }
}

/* To the nearest half, ties to the even one, of numbers in its normal range. */
static void
round_half (const CncTensor *t)
{
  float *values = cnc_floats (t);

  for (gsize i = 0; i < cnc_shape_count (&t->shape); i++)
    {
      guint32 bits;

      memcpy (&bits, values + i, 4);
      bits = (bits + 0xfff + (bits >> 13 & 1)) & 0xffffe000u;
      memcpy (values + i, &bits, 4);
    }
}

/* In half precision, what goes into a convolution is rounded, if the device does so at all: and then nothing else. */
static void
half (CncBackend *device)
{
  g_autoptr (CncBackend) reference = cnc_reference_backend_new ();

  device->half = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (large); i++)
    {
      const OpsCase *c = &large[i];
      const gboolean forward = c->op.kind == CNC_OP_CONV2D || c->op.kind == CNC_OP_CONV_TRANSPOSE2D;
      float *results[3] = { NULL, NULL, NULL }; /* plain, rounded, of the device */
      const gsize count = cnc_shape_count (&c->out[0]);
      double away[2] = { 0, 0 };

      if (!forward && c->op.kind != CNC_OP_CONV2D_BACKWARD_DATA && c->op.kind != CNC_OP_CONV2D_BACKWARD_WEIGHT)
        continue;
      for (guint k = 0; k < 3; k++)
        {
          CncBackend *backend = k < 2 ? reference : device;
          g_autoptr (GError) error = NULL;
          OpsTensors t;

          ops_open (&t, backend, c, i, 0, NULL);
          if (k == 1)
            round_half (&t.in[0]);
          g_assert_true (cnc_op_run (backend, &c->op, t.in, t.n_in, t.out, t.n_out, &error));
          g_assert_no_error (error);
          results[k] = ops_read (backend, &t.out[0]);
          ops_close (&t);
        }
      for (guint k = 0; k < 2; k++)
        for (gsize j = 0; j < count; j++)
          away[k] = MAX (away[k], fabs ((double) results[2][j] - results[k][j]));
      if (forward && (gpu_kernels || device->info.kind == CNC_DEVICE_VULKAN_GPU))
        g_assert_cmpfloat (away[1], <, away[0] / 10);
      ops_assert_near (c->name, results[2], results[forward && away[1] < away[0] ? 1 : 0], count, TOLERANCE);
      for (guint k = 0; k < 3; k++)
        g_free (results[k]);
    }
}

/* An operation that may fail, and then says why.  Returns: whether it did. */
static gboolean
try_case (CncBackend *device, const OpsCase *c, int code)
{
  g_autoptr (GError) error = NULL;
  OpsTensors t = { .backend = device, .n_in = c->n_in, .n_out = c->n_out };
  gboolean good = TRUE;

  for (guint k = 0; good && k < c->n_in; k++)
    {
      t.in[k].shape = c->in[k].shape;
      t.in[k].buffer = cnc_buffer_new (device, cnc_tensor_bytes (&t.in[k]), &error);
      good = t.in[k].buffer != NULL;
    }
  for (guint k = 0; good && k < c->n_out; k++)
    {
      t.out[k].shape = c->out[k];
      t.out[k].buffer = cnc_buffer_new (device, cnc_tensor_bytes (&t.out[k]), &error);
      good = t.out[k].buffer != NULL;
    }
  good = good && cnc_op_run (device, &c->op, t.in, t.n_in, t.out, t.n_out, &error) && cnc_backend_finish (device, &error);
  if (!good)
    g_assert_error (error, CNC_ERROR, code);
  for (guint k = 0; k < CNC_OP_MAX_TENSORS; k++)
    {
      cnc_buffer_free (device, t.in[k].buffer);
      cnc_buffer_free (device, t.out[k].buffer);
    }
  return !good;
}

/* Each allocation of device memory fails once (WHOLE), or each submission loses the device. */
static void
test_failures (gconstpointer data)
{
  const Case *c = data;
  guint failures = 0;

  for (guint n = 1; n <= 8; n++)
    {
      const CncVulkanSwitches switches = {
        .validation = TRUE,
        .staging = n % 2 == 0,
        .fail_allocation = c->mode == WHOLE ? n : 0,
        .lose_submission = c->mode == WHOLE ? 0 : n,
      };
      const int code = c->mode == WHOLE ? CNC_ERROR_GPU_MEMORY : CNC_ERROR_GPU_LOST;
      g_autoptr (GError) error = NULL;
      g_autoptr (CncBackend) device = NULL;

      cnc_vulkan_set_switches (&switches);
      device = cnc_vulkan_open (c->id, &error);
      if (device == NULL)
        {
          g_assert_error (error, CNC_ERROR, code);
          failures++;
          continue;
        }
      for (guint i = 0; i < G_N_ELEMENTS (large); i++)
        if (large[i].op.kind == CNC_OP_CONV2D || large[i].op.kind == CNC_OP_CONV2D_BACKWARD_WEIGHT || large[i].op.kind == CNC_OP_BATCH_NORM
            || large[i].op.kind == CNC_OP_SSIM)
          failures += try_case (device, &large[i], code);
    }
  g_assert_cmpuint (failures, >, c->mode == WHOLE ? 0 : 4);
  g_assert_cmpuint (cnc_vulkan_messages (), ==, 0);
}

static void
run_case (gconstpointer data)
{
  const Case *c = data;
  const CncVulkanSwitches switches
      = { .validation = TRUE, .staging = c->mode == PIECES, .texel_limit = c->mode == PIECES ? 65536 : 0, .as_gpu = c->mode == AS_GPU };
  g_autoptr (CncBackend) device = NULL;
  g_autoptr (GError) error = NULL;

  gpu_kernels = c->mode == AS_GPU;
  cnc_vulkan_set_switches (&switches);
  device = cnc_vulkan_open (c->id, &error);
  g_assert_no_error (error);
  c->func (device);
  g_clear_pointer (&device, cnc_backend_free);
  g_assert_cmpuint (cnc_vulkan_messages (), ==, 0);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    void (*func) (CncBackend *device);
  } tests[] = { { "values", values }, { "accumulate", accumulate }, { "in-place", in_place }, { "larger", larger }, { "half", half } };
  g_autoptr (GArray) devices = NULL;
  g_autofree char *problem = NULL;

  g_test_init (&argc, &argv, NULL);
  devices = cnc_vulkan_devices (&problem);
  for (guint d = 0; d < devices->len; d++)
    for (guint i = 0; i < 3 * G_N_ELEMENTS (tests); i++)
      {
        static const char *const modes[] = { "whole", "pieces", "as-gpu" };
        const char *id = g_array_index (devices, CncDeviceInfo, d).id;
        Case *c = g_new0 (Case, 1);
        g_autofree char *path = g_strdup_printf ("/ops-device/%s/%s/%s", id, modes[i % 3], tests[i / 3].name);

        g_strlcpy (c->id, id, sizeof c->id);
        c->mode = i % 3;
        c->func = tests[i / 3].func;
        g_test_add_data_func_full (path, c, run_case, g_free);
      }
  for (guint d = 0; d < devices->len; d++)
    for (guint i = 0; i < 2; i++)
      {
        const char *id = g_array_index (devices, CncDeviceInfo, d).id;
        Case *c = g_new0 (Case, 1);
        g_autofree char *path = g_strdup_printf ("/ops-device/%s/%s", id, i == 0 ? "out-of-memory" : "lost");

        g_strlcpy (c->id, id, sizeof c->id);
        c->mode = i == 0 ? WHOLE : PIECES;
        g_test_add_data_func_full (path, c, test_failures, g_free);
      }
  if (devices->len == 0)
    g_test_message ("%s", problem);
  /* A machine for tests has software Vulkan at least. */
  g_assert_cmpuint (devices->len, >, 0);
  return g_test_run ();
}
