/* tests/reference/test-attacks.c: JPEG against libjpeg, blur against its definition, what both draw, and their gradients, which are
 * compared with differences: both are linear but for JPEG's rounding, which is nothing beside large differences. */
#include "ops-case.h"

#include "base/error.h"

#define QUALITIES 5u
#define STEP 1000.0f /* of differences: 255,000 levels, beside which coefficients are rounded by half a level or a few */

static const guint qualities[QUALITIES] = { 10, 50, 75, 90, 100 };

static float *
run (CncBackend *backend, const CncOp *op, const CncShape *shape, const float *x)
{
  const CncTensor in = ops_tensor (backend, shape, 0, x), out = ops_tensor (backend, shape, 0, NULL);
  g_autoptr (GError) error = NULL;
  float *y;

  g_assert_true (cnc_op_run (backend, op, &in, 1, &out, 1, &error));
  g_assert_no_error (error);
  y = ops_read (backend, &out);
  cnc_buffer_free (backend, in.buffer);
  cnc_buffer_free (backend, out.buffer);
  return y;
}

/* One picture of the file, of one size, against what follows it there. */
static const guint8 *
compare_size (const guint8 *bytes, guint32 width, guint32 height)
{
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  const CncShape shape = { 1, 3, height, width };
  const gsize plane = (gsize) width * height;
  g_autofree float *x = g_new (float, 3 * plane);

  for (gsize i = 0; i < 3 * plane; i++)
    x[i % 3 * plane + i / 3] = (float) bytes[i] / 255.0f;
  for (guint q = 0; q < QUALITIES; q++)
    {
      const CncOp op = { .kind = CNC_OP_JPEG, .scale = (float) qualities[q], .shift = (float) qualities[q] };
      g_autofree float *y = run (backend, &op, &shape, x);
      double mean = 0, worst = 0, changed = 0;

      bytes += 3 * plane;
      for (gsize i = 0; i < 3 * plane; i++)
        {
          const double level = floor (255 * CLAMP ((double) y[i % 3 * plane + i / 3], 0, 1) + 0.5), off = fabs (level - bytes[i]);

          mean += off / (double) (3 * plane);
          worst = MAX (worst, off);
          changed += fabs (bytes[i] - 255 * (double) x[i % 3 * plane + i / 3]) / (double) (3 * plane);
        }
      g_test_message ("%ux%u, quality %u: off by %.3f levels, at most %.0f; JPEG itself changes %.2f", width, height, qualities[q], mean,
                      worst, changed);
      g_assert_cmpfloat (mean, <, 0.2);
      g_assert_cmpfloat (worst, <=, 4);
    }
  return bytes + 3 * plane;
}

static void
test_libjpeg (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "jpeg-values.bin", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *data = NULL;
  const guint8 *end;
  gsize length = 0;

  g_assert_true (g_file_get_contents (path, &data, &length, &error));
  g_assert_no_error (error);
  end = compare_size ((const guint8 *) data, 48, 32);
  end = compare_size (end, 29, 21);
  g_assert_cmpuint ((gsize) (end - (const guint8 *) data), ==, length);
}

/* Gradients of a few inputs. */
static void
check_gradient (const CncOp *forward, CncOpKind backward, const CncShape *shape, double tolerance)
{
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  const gsize count = cnc_shape_count (shape);
  g_autofree float *dy = ops_draw (5, count, -1, 1), *x = g_new0 (float, count), *dx = NULL;
  CncOp op = *forward;

  op.kind = backward;
  dx = run (backend, &op, shape, dy);
  for (gsize i = 0; i < count; i += i + 7 < count ? 7 : 1)
    {
      double slope = 0;

      for (guint side = 0; side < 2; side++)
        {
          g_autofree float *y = NULL;

          x[i] = side == 0 ? STEP : -STEP;
          y = run (backend, forward, shape, x);
          for (gsize k = 0; k < count; k++)
            slope += (side == 0 ? 1 : -1) * (double) y[k] * (double) dy[k] / (2 * (double) STEP);
        }
      x[i] = 0;
      g_assert_cmpfloat (fabs (slope - (double) dx[i]), <, tolerance);
    }
}

static void
test_gradients (void)
{
  static const CncShape shapes[] = { { 1, 3, 16, 24 }, { 2, 3, 13, 9 }, { 1, 3, 1, 1 }, { 1, 3, 2, 17 } };

  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      const CncOp jpeg = { .kind = CNC_OP_JPEG, .scale = 100, .shift = 100, .seed = 3 };
      const CncOp blur = { .kind = CNC_OP_BLUR, .scale = 1.6f, .shift = 0.3f, .seed = 4 };

      check_gradient (&jpeg, CNC_OP_JPEG_BACKWARD, &shapes[i], 2e-3);
      check_gradient (&blur, CNC_OP_BLUR_BACKWARD, &shapes[i], 1e-5);
    }
}

/* Every image its own quality, each of the range in turn; what comes out is that of the quality alone. */
static void
test_qualities (void)
{
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  const CncShape shape = { 40, 3, 8, 8 }, one = { 1, 3, 8, 8 };
  const CncOp op = { .kind = CNC_OP_JPEG, .shift = 30, .scale = 33, .seed = 77 };
  g_autofree float *x = ops_draw (3, 192, 0, 1), *all = g_new (float, 40 * 192), *y = NULL;
  guint hits[4] = { 0 };

  for (guint i = 0; i < 40; i++)
    memcpy (all + i * 192, x, 192 * sizeof *x);
  y = run (backend, &op, &shape, all);
  for (guint quality = 30; quality <= 33; quality++)
    {
      const CncOp fixed = { .kind = CNC_OP_JPEG, .shift = (float) quality, .scale = (float) quality };
      g_autofree float *expected = run (backend, &fixed, &one, x);

      for (guint i = 0; i < 40; i++)
        hits[quality - 30] += memcmp (expected, y + i * 192, 192 * sizeof *x) == 0;
    }
  for (guint i = 0; i < 4; i++)
    g_assert_cmpuint (hits[i], >, 3);
  g_assert_cmpuint (hits[0] + hits[1] + hits[2] + hits[3], ==, 40);
}

/* In double, around one point and at a corner; what is even stays so. */
static void
test_blur (void)
{
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  const CncShape shape = { 1, 1, 30, 40 }, many = { 64, 1, 9, 9 };
  const CncOp op = { .kind = CNC_OP_BLUR, .shift = 1.3f, .scale = 1.3f },
              range = { .kind = CNC_OP_BLUR, .shift = 0.5f, .scale = 1, .seed = 9 };
  g_autofree float *x = g_new0 (float, 1200), *y = NULL, *even = g_new (float, 1200), *flat = NULL, *points = g_new0 (float, 64 * 81),
                   *spread = NULL;
  double whole = 0, low = 10, high = 0;

  x[15 * 40 + 20] = 1;
  y = run (backend, &op, &shape, x);
  for (int t = -4; t <= 4; t++)
    whole += exp (-t * t / (2 * 1.3 * 1.3));
  for (int v = 0; v < 30; v++)
    for (int u = 0; u < 40; u++)
      {
        const int dy = v - 15, dx = u - 20;
        const double expected = ABS (dy) > 4 || ABS (dx) > 4 ? 0 : exp (-(dx * dx + dy * dy) / (2 * 1.3 * 1.3)) / (whole * whole);

        g_assert_cmpfloat (fabs ((double) y[v * 40 + u] - expected), <, 1e-6);
      }
  for (guint i = 0; i < 1200; i++)
    even[i] = 0.7f;
  flat = run (backend, &op, &shape, even);
  for (guint i = 0; i < 1200; i++)
    g_assert_cmpfloat (fabsf (flat[i] - 0.7f), <, 1e-6f);
  /* the deviation of each image, from what is left at its point beside what is next to it */
  for (guint i = 0; i < 64; i++)
    points[i * 81 + 40] = 1;
  spread = run (backend, &range, &many, points);
  for (guint i = 0; i < 64; i++)
    {
      const double sigma = sqrt (1 / (2 * log ((double) spread[i * 81 + 40] / (double) spread[i * 81 + 41])));

      low = MIN (low, sigma);
      high = MAX (high, sigma);
    }
  g_test_message ("deviations %.3f to %.3f", low, high);
  g_assert_cmpfloat (low, >=, 0.4999);
  g_assert_cmpfloat (low, <, 0.55);
  g_assert_cmpfloat (high, <=, 1.0001);
  g_assert_cmpfloat (high, >, 0.95);
}

static void
test_faults (void)
{
  static const CncOp faults[] = {
    { .kind = CNC_OP_JPEG, .shift = 0, .scale = 50 },           { .kind = CNC_OP_JPEG, .shift = 50, .scale = 101 },
    { .kind = CNC_OP_JPEG, .shift = 60, .scale = 50 },          { .kind = CNC_OP_JPEG, .shift = 10.5f, .scale = 50 },
    { .kind = CNC_OP_JPEG, .shift = NAN, .scale = NAN },        { .kind = CNC_OP_BLUR, .shift = 0, .scale = 1 },
    { .kind = CNC_OP_BLUR, .shift = 1, .scale = 3.5f },         { .kind = CNC_OP_BLUR, .shift = 2, .scale = 1 },
    { .kind = CNC_OP_BLUR_BACKWARD, .shift = 1, .scale = NAN },
  };
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  const CncShape three = { 1, 3, 8, 8 }, four = { 1, 4, 8, 8 };
  const CncTensor in = ops_tensor (backend, &three, 0, NULL), out = ops_tensor (backend, &three, 0, NULL),
                  wide = ops_tensor (backend, &four, 0, NULL), wide_out = ops_tensor (backend, &four, 0, NULL);
  const CncOp good = { .kind = CNC_OP_JPEG, .shift = 50, .scale = 50 };

  for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (cnc_op_run (backend, &faults[i], &in, 1, &out, 1, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
    }
  {
    g_autoptr (GError) error = NULL;

    g_assert_false (cnc_op_run (backend, &good, &wide, 1, &wide_out, 1, &error));
    g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  }
  cnc_buffer_free (backend, in.buffer);
  cnc_buffer_free (backend, out.buffer);
  cnc_buffer_free (backend, wide.buffer);
  cnc_buffer_free (backend, wide_out.buffer);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/attacks/libjpeg", test_libjpeg);
  g_test_add_func ("/attacks/gradients", test_gradients);
  g_test_add_func ("/attacks/qualities", test_qualities);
  g_test_add_func ("/attacks/blur", test_blur);
  g_test_add_func ("/attacks/faults", test_faults);
  return g_test_run ();
}
