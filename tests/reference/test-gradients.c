/* tests/reference/test-gradients.c: every gradient against differences of its operation.
 *
 * With a fixed dy, L = sum of dy * y; the gradient of an input is compared with (L (x + h) - L (x - h)) / 2 h, summed in double, one
 * element after the other.
 */
#include "ops-case.h"

#define TOLERANCE 4e-3

/* One operation with its inputs, and the gradients that its backward operations give. */
typedef struct
{
  CncBackend *backend;
  const OpsCase *c;
  OpsTensors t;
  CncTensor dy;
  CncTensor gradient[5]; /* buffer NULL: none */
} Case;

static CncTensor
like (Case *s, const CncTensor *tensor)
{
  return ops_tensor (s->backend, &tensor->shape, 0, NULL);
}

static void
run (Case *s, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (cnc_op_run (s->backend, op, in, n_in, out, n_out, &error));
  g_assert_no_error (error);
}

/* dy behind a fused activation: the gradient before it.  Returns: a tensor to free, or dy itself. */
static CncTensor
before_activation (Case *s)
{
  const CncOp op = { .kind = CNC_OP_ACTIVATION_BACKWARD, .activation = s->c->op.activation, .slope = s->c->op.slope };
  const CncTensor in[] = { s->t.out[0], s->dy };
  CncTensor dz = s->dy;

  if (s->c->op.activation == CNC_ACTIVATION_NONE)
    return dz;
  dz = like (s, &s->dy);
  run (s, &op, in, 2, &dz, 1);
  return dz;
}

static void
copy_of (Case *s, guint k, const CncTensor *from)
{
  const CncOp op = { .kind = CNC_OP_AFFINE, .scale = 1 };

  s->gradient[k] = like (s, from);
  run (s, &op, from, 1, &s->gradient[k], 1);
}

static void
backward_conv (Case *s)
{
  const CncTensor dz = before_activation (s);
  const gboolean transposed = s->c->op.kind == CNC_OP_CONV_TRANSPOSE2D;
  CncOp op = { .stride = s->c->op.stride, .pad = s->c->op.pad, .dilation = s->c->op.dilation };
  const CncTensor data[] = { dz, s->t.in[1] }, weight[] = { transposed ? dz : s->t.in[0], transposed ? s->t.in[0] : dz };

  for (guint k = 0; k < MIN (s->t.n_in, 3u); k++)
    s->gradient[k] = like (s, &s->t.in[k]);
  op.kind = transposed ? CNC_OP_CONV2D : CNC_OP_CONV2D_BACKWARD_DATA;
  run (s, &op, data, 2, &s->gradient[0], 1);
  op.kind = CNC_OP_CONV2D_BACKWARD_WEIGHT;
  run (s, &op, weight, 2, &s->gradient[1], s->t.n_in > 2 && !transposed ? 2 : 1);
  op.kind = CNC_OP_CHANNEL_SUM;
  if (s->t.n_in > 2 && transposed)
    run (s, &op, &dz, 1, &s->gradient[2], 1);
  if (s->t.n_in > 3)
    copy_of (s, 3, &dz);
  if (dz.buffer != s->dy.buffer)
    cnc_buffer_free (s->backend, dz.buffer);
}

static void
backward_dense (Case *s)
{
  const CncTensor dz = before_activation (s);
  const CncTensor data[] = { dz, s->t.in[1] }, weight[] = { s->t.in[0], dz };
  CncOp op = { .kind = CNC_OP_DENSE_BACKWARD_DATA };

  for (guint k = 0; k < s->t.n_in; k++)
    s->gradient[k] = like (s, &s->t.in[k]);
  run (s, &op, data, 2, &s->gradient[0], 1);
  op.kind = CNC_OP_DENSE_BACKWARD_WEIGHT;
  run (s, &op, weight, 2, &s->gradient[1], s->t.n_in - 1);
  if (dz.buffer != s->dy.buffer)
    cnc_buffer_free (s->backend, dz.buffer);
}

/* The operations whose gradient for input 0 is one operation of dy, or of (what, dy). */
static gboolean
backward_plain (Case *s)
{
  static const struct
  {
    CncOpKind forward, backward;
    enum
    {
      DY,
      X,
      Y
    } what;
  } plain[] = {
    { CNC_OP_ACTIVATION, CNC_OP_ACTIVATION_BACKWARD, Y },
    { CNC_OP_MAX_POOL, CNC_OP_MAX_POOL_BACKWARD, X },
    { CNC_OP_AVERAGE_POOL, CNC_OP_AVERAGE_POOL_BACKWARD, DY },
    { CNC_OP_UPSAMPLE_NEAREST, CNC_OP_UPSAMPLE_NEAREST_BACKWARD, DY },
    { CNC_OP_UPSAMPLE_BILINEAR, CNC_OP_UPSAMPLE_BILINEAR_BACKWARD, DY },
    { CNC_OP_PIXEL_SHUFFLE, CNC_OP_PIXEL_UNSHUFFLE, DY },
    { CNC_OP_PIXEL_UNSHUFFLE, CNC_OP_PIXEL_SHUFFLE, DY },
    { CNC_OP_DROPOUT, CNC_OP_DROPOUT, DY },
    { CNC_OP_SLICE, CNC_OP_SLICE_BACKWARD, DY },
    { CNC_OP_CLAMP, CNC_OP_CLAMP_BACKWARD, X },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (plain); i++)
    if (plain[i].forward == s->c->op.kind)
      {
        const CncTensor in[] = { plain[i].what == X ? s->t.in[0] : s->t.out[0], s->dy };
        CncOp op = s->c->op;

        op.kind = plain[i].backward;
        s->gradient[0] = like (s, &s->t.in[0]);
        run (s, &op, plain[i].what == DY ? in + 1 : in, plain[i].what == DY ? 1 : 2, &s->gradient[0], 1);
        return TRUE;
      }
  return FALSE;
}

/* FALSE: the operation has no gradient, or it is the identity. */
static gboolean
backward (Case *s)
{
  CncOp op = s->c->op;

  if (backward_plain (s))
    return TRUE;
  switch (s->c->op.kind)
    {
    case CNC_OP_CONV2D:
    case CNC_OP_CONV_TRANSPOSE2D:
      backward_conv (s);
      return TRUE;
    case CNC_OP_DENSE:
      backward_dense (s);
      return TRUE;
    case CNC_OP_ADD:
      {
        const CncTensor dz = before_activation (s);

        copy_of (s, 0, &dz);
        copy_of (s, 1, &dz);
        if (dz.buffer != s->dy.buffer)
          cnc_buffer_free (s->backend, dz.buffer);
        return TRUE;
      }
    case CNC_OP_AFFINE:
      op.shift = 0;
      s->gradient[0] = like (s, &s->t.in[0]);
      run (s, &op, &s->dy, 1, &s->gradient[0], 1);
      return TRUE;
    case CNC_OP_MULTIPLY:
      for (guint k = 0; k < 2; k++)
        {
          const CncTensor in[] = { s->dy, s->t.in[1 - k] };

          s->gradient[k] = like (s, &s->t.in[k]);
          run (s, &op, in, 2, &s->gradient[k], 1);
        }
      return TRUE;
    case CNC_OP_CONCAT:
      op.kind = CNC_OP_SPLIT;
      for (guint k = 0; k < s->t.n_in; k++)
        s->gradient[k] = like (s, &s->t.in[k]);
      run (s, &op, &s->dy, 1, s->gradient, s->t.n_in);
      return TRUE;
    case CNC_OP_BATCH_NORM:
      {
        const CncTensor in[] = { s->t.in[0], s->dy, s->t.in[1], s->t.out[1], s->t.out[2] };

        op.kind = CNC_OP_BATCH_NORM_BACKWARD;
        for (guint k = 0; k < 3; k++)
          s->gradient[k] = like (s, &s->t.in[k]);
        run (s, &op, in, 5, s->gradient, 3);
        return TRUE;
      }
    case CNC_OP_MSE:
    case CNC_OP_L1:
    case CNC_OP_BCE:
    case CNC_OP_SSIM:
    case CNC_OP_RATE: /* they gave their gradients with the loss */
      for (guint k = 1; k < s->t.n_out; k++)
        copy_of (s, k - 1, &s->t.out[k]);
      return TRUE;
    default:
      return FALSE;
    }
}

/* L with input k as it is in its buffer now. */
static double
loss (Case *s, const float *dy)
{
  g_autofree float *y = NULL;
  double sum = 0;

  run (s, &s->c->op, s->t.in, s->t.n_in, s->t.out, s->t.n_out);
  y = ops_read (s->backend, &s->t.out[0]);
  for (gsize i = 0; i < cnc_shape_count (&s->c->out[0]); i++)
    sum += (double) dy[i] * y[i];
  return sum;
}

/* Whether the operation is made of pieces; where one ends, differences say nothing. */
static gboolean
has_kinks (const CncOp *op)
{
  return op->activation == CNC_ACTIVATION_RELU || op->activation == CNC_ACTIVATION_LEAKY_RELU || op->kind == CNC_OP_MAX_POOL
         || op->kind == CNC_OP_L1 || op->kind == CNC_OP_CLAMP;
}

/* Small enough for the curvature, large enough for what float32 rounds away. */
static float
step_of (const CncOp *op)
{
  if (has_kinks (op))
    return 1 / 512.0f;
  switch (op->kind)
    {
    case CNC_OP_BCE:
      return 1 / 1024.0f;
    case CNC_OP_SSIM:
      return 1 / 128.0f;
    case CNC_OP_MSE:
      return 1 / 4.0f;
    default:
      return 1 / 64.0f;
    }
}

/* Adds to *skipped and *tried. */
static void
check_input (Case *s, guint k, const float *dy, gsize *skipped, gsize *tried)
{
  const gsize count = cnc_shape_count (&s->t.in[k].shape);
  g_autofree float *x = ops_read (s->backend, &s->t.in[k]), *got = ops_read (s->backend, &s->gradient[k]), *expected = g_new (float, count);
  const float h = step_of (&s->c->op);
  const double middle = loss (s, dy);

  for (gsize i = 0; i < count; i++)
    {
      const float places[] = { x[i] + h, x[i] - h, x[i] };
      double at[3];
      g_autoptr (GError) error = NULL;

      for (guint p = 0; p < 3; p++)
        {
          g_assert_true (cnc_buffer_upload (s->backend, s->t.in[k].buffer, (s->t.in[k].offset + i) * 4, &places[p], 4, &error));
          at[p] = p < 2 ? loss (s, dy) : middle;
        }
      expected[i] = (float) ((at[0] - at[1]) / ((double) places[0] - places[1]));
      if (has_kinks (&s->c->op)
          && fabs ((at[0] - middle) - (middle - at[1])) > 1e-2 * h * (fabs ((double) expected[i]) + fabs ((double) got[i])))
        {
          expected[i] = got[i];
          (*skipped)++;
        }
    }
  ops_assert_near (s->c->name, got, expected, count, TOLERANCE);
  *tried += count;
}

static void
test_differences (void)
{
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  gboolean seen[CNC_OP_COUNT] = { FALSE };
  gsize skipped = 0, tried = 0;
  guint kinds = 0;

  for (guint i = 0; i < G_N_ELEMENTS (ops_cases); i++)
    {
      Case s = { .backend = backend, .c = &ops_cases[i] };
      const gsize count = cnc_shape_count (&s.c->out[0]);
      const gboolean is_loss = s.c->op.kind >= CNC_OP_MSE && s.c->op.kind <= CNC_OP_RATE;
      g_autofree float *dy = is_loss ? ops_draw (1, 1, 1, 1) : ops_draw (31 + i, count, -1, 1);

      if (s.c->op.kind == CNC_OP_ADAM)
        continue;
      ops_open (&s.t, backend, s.c, i, 0, NULL);
      s.dy = ops_tensor (backend, &s.c->out[0], 0, dy);
      run (&s, &s.c->op, s.t.in, s.t.n_in, s.t.out, s.t.n_out);
      if (backward (&s))
        {
          kinds += !seen[s.c->op.kind];
          seen[s.c->op.kind] = TRUE;
          for (guint k = 0; k < s.t.n_in; k++)
            if (s.gradient[k].buffer != NULL)
              check_input (&s, k, dy, &skipped, &tried);
        }
      for (guint k = 0; k < G_N_ELEMENTS (s.gradient); k++)
        cnc_buffer_free (backend, s.gradient[k].buffer);
      cnc_buffer_free (backend, s.dy.buffer);
      ops_close (&s.t);
    }
  g_assert_cmpuint (kinds, ==, 23);
  g_test_message ("%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " numbers skipped, at kinks", skipped, tried);
  g_assert_cmpuint (skipped * 20, <, tried);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gradients/differences", test_differences);
  return g_test_run ();
}
