/* tests/reference/test-ops.c: the operations of networks in plain C, against PyTorch's values, and what they refuse; then the "cpu" device,
 * which may go other ways (oneDNN). */
#include "ops-case.h"
#include "base/memory.h"
#include "nn/reference.h"

#define TOLERANCE 4e-6

typedef CncBackend *Maker (void);
static Maker *const makers[] = { cnc_reference_backend_new, cnc_cpu_backend_new };

static void
test_values (gconstpointer maker)
{
  g_autoptr (CncBackend) backend = (*(Maker *const *) maker) ();
  g_autofree float *expected = ops_expected ();
  gboolean seen[CNC_OP_COUNT] = { FALSE };

  for (guint i = 0; i < G_N_ELEMENTS (ops_cases); i++)
    {
      seen[ops_cases[i].op.kind] = TRUE;
      ops_check_case (backend, i, expected, 0, FALSE, ops_places (ops_cases[i].op.kind), TOLERANCE);
      ops_check_case (backend, i, expected, 5, FALSE, ops_places (ops_cases[i].op.kind), TOLERANCE);
    }
  for (guint kind = 0; kind < CNC_OP_COUNT; kind++)
    g_assert_true (seen[kind]);
}

static void
test_track (void)
{
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autofree float *expected = ops_expected ();

  ops_check_track (backend, expected, TOLERANCE);
}

static void
assert_refused (CncBackend *backend, const char *name, const CncOp *op, const OpsTensors *t)
{
  g_autoptr (GError) error = NULL;

  if (cnc_op_run (backend, op, t->in, t->n_in, t->out, t->n_out, &error))
    g_test_message ("%s was not refused", name);
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
}

static void
test_accumulate (gconstpointer maker)
{
  g_autoptr (CncBackend) backend = (*(Maker *const *) maker) ();
  g_autofree float *expected = ops_expected ();

  for (guint i = 0; i < G_N_ELEMENTS (ops_cases); i++)
    {
      const OpsCase *c = &ops_cases[i];
      const gboolean fused = c->op.activation != CNC_ACTIVATION_NONE && c->op.kind != CNC_OP_ACTIVATION_BACKWARD;

      if (ops_can_add (c->op.kind) && !fused)
        ops_check_case (backend, i, expected, 3, TRUE, NULL, TOLERANCE);
      else
        {
          CncOp op = c->op;
          OpsTensors t;

          op.accumulate = TRUE;
          ops_open (&t, backend, c, i, 0, ops_places (op.kind));
          assert_refused (backend, c->name, &op, &t);
          ops_close (&t);
        }
    }
}

static void
test_places (gconstpointer maker)
{
  g_autoptr (CncBackend) backend = (*(Maker *const *) maker) ();
  g_autofree float *expected = ops_expected ();

  for (guint i = 0; i < G_N_ELEMENTS (ops_cases); i++)
    {
      const OpsCase *c = &ops_cases[i];

      for (guint k = 0; k < c->n_in; k++)
        {
          const int place[] = { (int) k, -1, -1 };
          OpsTensors t;

          if (c->op.kind == CNC_OP_ADAM)
            continue;
          if ((ops_may_be (c->op.kind) >> k & 1) != 0)
            ops_check_case (backend, i, expected, 2, FALSE, place, TOLERANCE);
          ops_open (&t, backend, c, i, 2, NULL);
          /* One float behind or before an input, in its buffer: never allowed; big enough that only the overlap is wrong. */
          for (guint o = 0; o < c->n_out; o++)
            {
              const gsize room = cnc_shape_count (&c->in[k].shape) + cnc_shape_count (&c->out[o]) + 8;
              CncBuffer *wide = case_buffer (backend, NULL, room);
              OpsTensors shifted = t;

              shifted.in[k].buffer = shifted.out[o].buffer = wide;
              shifted.in[k].offset = 1;
              shifted.out[o].offset = cnc_shape_count (&c->in[k].shape); /* the last of the input */
              assert_refused (backend, c->name, &c->op, &shifted);
              shifted.out[o].offset = 0;
              shifted.in[k].offset = cnc_shape_count (&c->out[o]) - 1;
              if (cnc_shape_count (&c->out[o]) > 1)
                assert_refused (backend, c->name, &c->op, &shifted);
              shifted.out[o].offset = room - cnc_shape_count (&c->out[o]) + 1; /* past the end */
              assert_refused (backend, c->name, &c->op, &shifted);
              cnc_buffer_free (backend, wide);
            }
          ops_close (&t);
        }
      if (c->n_out > 1 && c->op.kind != CNC_OP_ADAM)
        {
          OpsTensors t, both;

          ops_open (&t, backend, c, i, 0, NULL);
          both = t;
          both.out[1].buffer = both.out[0].buffer;
          assert_refused (backend, c->name, &c->op, &both);
          ops_close (&t);
        }
    }
}

/* Whether side of tensor k (inputs first) may be one larger alone: windows round down, sums take any shape, and a slice leaves
 * channels behind it. */
static gboolean
may_grow (const OpsCase *c, guint k, guint side)
{
  switch (c->op.kind)
    {
    case CNC_OP_CONV2D:
    case CNC_OP_CONV2D_BACKWARD_DATA:
    case CNC_OP_CONV2D_BACKWARD_WEIGHT:
    case CNC_OP_MAX_POOL:
    case CNC_OP_AVERAGE_POOL:
    case CNC_OP_AVERAGE_POOL_BACKWARD:
      return side >= 2 && c->op.stride > 1;
    case CNC_OP_CHANNEL_SUM:
      return k == 0 && side != 1;
    case CNC_OP_SQUARED_SUM:
      return k == 0;
    case CNC_OP_SLICE:
      return k == 0 && side == 1;
    case CNC_OP_SLICE_BACKWARD:
      return k == 1 && side == 1;
    default:
      return FALSE;
    }
}

/* Any side of any tensor one larger, or none left: refused. */
static void
test_shapes (void)
{
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();

  for (guint i = 0; i < G_N_ELEMENTS (ops_cases); i++)
    {
      const OpsCase *c = &ops_cases[i];
      OpsTensors t, wrong;

      if (c->op.kind == CNC_OP_FILL) /* takes any shape */
        continue;
      ops_open (&t, backend, c, i, 0, NULL);
      for (guint k = 0; k < c->n_in + c->n_out; k++)
        for (guint side = 0; side < 4; side++)
          for (guint32 by = 0; by < 3; by++)
            {
              CncTensor *tensor = k < c->n_in ? &wrong.in[k] : &wrong.out[k - c->n_in];
              CncBuffer *large = case_buffer (backend, NULL, 4 * cnc_shape_count (&(k < c->n_in ? &t.in[k] : &t.out[k - c->n_in])->shape));
              guint32 *sides[4];

              wrong = t;
              sides[0] = &tensor->shape.n;
              sides[1] = &tensor->shape.c;
              sides[2] = &tensor->shape.h;
              sides[3] = &tensor->shape.w;
              *sides[side] = by == 0 ? 0 : by == 1 ? G_MAXUINT32 : *sides[side] + 1;
              tensor->buffer = large;
              if (by < 2 || !may_grow (c, k, side))
                assert_refused (backend, c->name, &c->op, &wrong);
              cnc_buffer_free (backend, large);
            }
      wrong = t;
      wrong.n_in = c->n_in - 1;
      if (c->n_in > 0 && c->op.kind != CNC_OP_CONCAT && c->op.kind != CNC_OP_CONV2D && c->op.kind != CNC_OP_CONV_TRANSPOSE2D
          && c->op.kind != CNC_OP_DENSE)
        assert_refused (backend, c->name, &c->op, &wrong);
      wrong.n_in = CNC_OP_MAX_TENSORS + 1;
      assert_refused (backend, c->name, &c->op, &wrong);
      wrong = t;
      wrong.n_out = 0;
      assert_refused (backend, c->name, &c->op, &wrong);
      ops_close (&t);
    }
}

typedef struct
{
  CncOp op;
  guint n_in, n_out;
} Wrong;

static void
test_parameters (void)
{
  static const Wrong wrong[] = {
    { { .kind = CNC_OP_COUNT }, 1, 1 },
    { { .kind = CNC_OP_ACTIVATION, .activation = (CncActivation) 9 }, 1, 1 },
    { { .kind = CNC_OP_ACTIVATION, .activation = CNC_ACTIVATION_LEAKY_RELU }, 1, 1 },
    { { .kind = CNC_OP_MAX_POOL, .kernel_h = 0, .kernel_w = 1 }, 1, 1 },
    { { .kind = CNC_OP_MAX_POOL, .kernel_h = CNC_OP_MAX_WINDOW + 1, .kernel_w = 1 }, 1, 1 },
    { { .kind = CNC_OP_CONV2D, .pad = G_MAXUINT }, 2, 1 },
    { { .kind = CNC_OP_CONV_TRANSPOSE2D, .output_pad = 1 }, 2, 1 },
    { { .kind = CNC_OP_DROPOUT, .scale = 1 }, 1, 1 },
    { { .kind = CNC_OP_DROPOUT, .scale = -0.5f }, 1, 1 },
    { { .kind = CNC_OP_DROPOUT, .scale = NAN }, 1, 1 },
    { { .kind = CNC_OP_NOISE, .distribution = 2 }, 1, 1 },
    { { .kind = CNC_OP_CLAMP, .shift = 1, .scale = 0 }, 1, 1 },
    { { .kind = CNC_OP_BATCH_NORM }, 3, 3 },
    { { .kind = CNC_OP_BATCH_NORM_TRACK, .epsilon = 1, .scale = 1 }, 2, 2 },
    { { .kind = CNC_OP_ADAM, .beta1 = 0.5f, .beta2 = 0.5f, .epsilon = 1 }, 4, 3 },
    { { .kind = CNC_OP_ADAM, .beta1 = 1, .beta2 = 0.5f, .epsilon = 1, .step = 1 }, 4, 3 },
    { { .kind = CNC_OP_SSIM, .scale = 1 }, 2, 1 },
    { { .kind = CNC_OP_SLICE }, 1, 1 },
    { { .kind = CNC_OP_SLICE, .first = 1, .channels = 1 }, 1, 1 },
    { { .kind = CNC_OP_SLICE_BACKWARD, .first = G_MAXUINT, .channels = 1 }, 1, 1 },
  };
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  const CncShape one = { 1, 1, 1, 1 };
  OpsTensors t = { .backend = backend };

  for (guint k = 0; k < 4; k++)
    {
      t.in[k] = ops_tensor (backend, &one, 0, NULL);
      t.out[k] = ops_tensor (backend, &one, 0, NULL);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      OpsTensors these = t;

      these.n_in = wrong[i].n_in;
      these.n_out = wrong[i].n_out;
      assert_refused (backend, cnc_op_name (wrong[i].op.kind), &wrong[i].op, &these);
    }
  t.n_in = t.n_out = 4;
  ops_close (&t);
}

/* What cnc_op_output_shape says is what the operation takes. */
static void
test_output_shapes (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (ops_cases); i++)
    {
      const OpsCase *c = &ops_cases[i];
      g_autoptr (GError) error = NULL;
      CncShape in[CNC_OP_MAX_TENSORS], out = { 0, 0, 0, 0 };

      for (guint k = 0; k < c->n_in; k++)
        in[k] = c->in[k].shape;
      g_assert_cmpfloat (cnc_op_flops (&c->op, in, c->n_in, c->out, c->n_out), >, 0);
      switch (c->op.kind)
        {
        case CNC_OP_FILL:
        case CNC_OP_SPLIT:
        case CNC_OP_SLICE_BACKWARD:
        case CNC_OP_CONV2D_BACKWARD_DATA:
        case CNC_OP_CONV2D_BACKWARD_WEIGHT:
        case CNC_OP_AVERAGE_POOL_BACKWARD:
          g_assert_false (cnc_op_output_shape (&c->op, in, c->n_in, &out, &error));
          g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
          break;
        default:
          g_assert_true (cnc_op_output_shape (&c->op, in, c->n_in, &out, &error));
          if (c->op.kind == CNC_OP_DENSE_BACKWARD_DATA) /* images lie flat there */
            out = (CncShape){ out.n, out.c / (c->out[0].h * c->out[0].w), c->out[0].h, c->out[0].w };
          g_assert_cmpmem (&out, sizeof out, &c->out[0], sizeof out);
        }
    }
}

/* Every allocation of every operation fails once. */
static void
test_memory (gconstpointer maker)
{
  g_autoptr (CncBackend) backend = (*(Maker *const *) maker) ();
  guint failures = 0;

  for (guint i = 0; i < G_N_ELEMENTS (ops_cases); i++)
    {
      const OpsCase *c = &ops_cases[i];
      gboolean done = FALSE;
      OpsTensors t;

      ops_open (&t, backend, c, i, 0, ops_places (c->op.kind));
      for (guint n = 1; !done; n++)
        {
          g_autoptr (GError) error = NULL;

          cnc_alloc_fail_at (n);
          done = cnc_op_run (backend, &c->op, t.in, t.n_in, t.out, t.n_out, &error);
          cnc_alloc_fail_at (0);
          if (done)
            break;
          g_assert_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY);
          failures++;
        }
      ops_close (&t);
    }
  g_assert_cmpuint (failures, >, 0);
}

/* Shapes of real networks, where a fast way takes other turns than for small ones. */
static const struct
{
  CncShape x, weight;
  guint stride, pad;
} large_shapes[] = {
  { { 2, 32, 33, 40 }, { 32, 32, 3, 3 }, 1, 1 }, { { 1, 64, 24, 31 }, { 64, 64, 3, 3 }, 1, 1 }, { { 2, 3, 64, 64 }, { 48, 3, 5, 5 }, 2, 2 },
  { { 3, 96, 8, 8 }, { 96, 96, 1, 1 }, 1, 0 },   { { 4, 16, 28, 28 }, { 8, 16, 3, 3 }, 1, 1 },
};
static const CncOpKind large_kinds[]
    = { CNC_OP_CONV2D, CNC_OP_CONV2D_BACKWARD_DATA, CNC_OP_CONV2D_BACKWARD_WEIGHT, CNC_OP_CONV_TRANSPOSE2D };

static OpsCase
large_case (guint shape, guint kind)
{
  const CncOp forward = { .kind = CNC_OP_CONV2D, .stride = large_shapes[shape].stride, .pad = large_shapes[shape].pad };
  const CncShape x = large_shapes[shape].x, weight = large_shapes[shape].weight, pair[] = { x, weight };
  CncOp op = forward;
  CncShape y;
  g_autoptr (GError) error = NULL;

  op.kind = large_kinds[kind];
  g_assert_true (cnc_op_output_shape (&forward, pair, 2, &y, &error));
  op.output_pad = kind == 3 ? (x.h + 2 * op.pad - weight.h) % op.stride : 0;
  return (OpsCase){ "large", op,
                    2,       { { kind == 1 || kind == 3 ? y : x, -1, 1 }, { kind == 2 ? y : weight, -1, 1 } },
                    1,       { kind == 0 ? y : kind == 2 ? weight : x },
                    0 };
}

/* To the nearest bfloat16, ties to the even one. */
static void
round_half (const CncTensor *t)
{
  float *values = cnc_floats (t);

  for (gsize i = 0; i < cnc_shape_count (&t->shape); i++)
    {
      guint32 bits;

      memcpy (&bits, values + i, 4);
      bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u;
      memcpy (values + i, &bits, 4);
    }
}

/* Returns: (transfer full) */
static float *
large_result (CncBackend *backend, const OpsCase *c, guint seed, gboolean rounded)
{
  g_autoptr (GError) error = NULL;
  OpsTensors t;
  float *result;

  ops_open (&t, backend, c, seed, 0, NULL);
  for (guint i = 0; rounded && i < t.n_in; i++)
    round_half (&t.in[i]);
  g_assert_true (cnc_op_run (backend, &c->op, t.in, 2, t.out, 1, &error));
  result = ops_read (backend, &t.out[0]);
  ops_close (&t);
  return result;
}

/* The "cpu" device against the reference. */
static void
test_large (void)
{
  g_autoptr (CncBackend) reference = cnc_reference_backend_new (), cpu = cnc_cpu_backend_new ();

  for (guint i = 0; i < G_N_ELEMENTS (large_shapes); i++)
    for (guint kind = 0; kind < G_N_ELEMENTS (large_kinds); kind++)
      {
        const OpsCase c = large_case (i, kind);
        g_autofree float *expected = large_result (reference, &c, i, FALSE);

        for (guint again = 0; again < 2; again++) /* prepared, then found prepared */
          {
            g_autofree float *got = large_result (cpu, &c, i, FALSE);

            ops_assert_near (cnc_op_name (c.op.kind), got, expected, cnc_shape_count (&c.out[0]), 1e-5);
          }
      }
}

/* In half precision only the factors are rounded: the results are those of the reference from rounded inputs.  A processor without bfloat16
 * computes as always, all operations the same way. */
static void
test_half (void)
{
  g_autoptr (CncBackend) reference = cnc_reference_backend_new (), cpu = cnc_cpu_backend_new ();
  guint rounded_kinds = 0, plain_kinds = 0;

  cpu->half = TRUE;
  for (guint i = 0; i < 2; i++)
    for (guint kind = 0; kind < G_N_ELEMENTS (large_kinds); kind++)
      {
        const OpsCase c = large_case (i, kind);
        const gsize count = cnc_shape_count (&c.out[0]);
        g_autofree float *plain = large_result (reference, &c, i, FALSE), *rounded = large_result (reference, &c, i, TRUE);
        g_autofree float *got = large_result (cpu, &c, i, FALSE);
        double to_plain = 0, to_rounded = 0;

        for (gsize k = 0; k < count; k++)
          {
            to_plain = MAX (to_plain, fabs ((double) got[k] - plain[k]));
            to_rounded = MAX (to_rounded, fabs ((double) got[k] - rounded[k]));
          }
        rounded_kinds += to_rounded < to_plain;
        plain_kinds += to_rounded >= to_plain;
        ops_assert_near (cnc_op_name (c.op.kind), got, to_rounded < to_plain ? rounded : plain, count, 1e-5);
      }
  g_test_message ("%u in bfloat16, %u in float", rounded_kinds, plain_kinds);
  g_assert_true (rounded_kinds == 0 || plain_kinds == 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/ops/values", &makers[0], test_values);
  g_test_add_func ("/ops/track", test_track);
  g_test_add_data_func ("/ops/accumulate", &makers[0], test_accumulate);
  g_test_add_data_func ("/ops/places", &makers[0], test_places);
  g_test_add_func ("/ops/shapes", test_shapes);
  g_test_add_func ("/ops/parameters", test_parameters);
  g_test_add_func ("/ops/output-shapes", test_output_shapes);
  g_test_add_data_func ("/ops/memory", &makers[0], test_memory);
  g_test_add_data_func ("/ops/cpu/values", &makers[1], test_values);
  g_test_add_data_func ("/ops/cpu/accumulate", &makers[1], test_accumulate);
  g_test_add_data_func ("/ops/cpu/places", &makers[1], test_places);
  g_test_add_data_func ("/ops/cpu/memory", &makers[1], test_memory);
  g_test_add_func ("/ops/cpu/large", test_large);
  g_test_add_func ("/ops/cpu/half", test_half);
  return g_test_run ();
}
