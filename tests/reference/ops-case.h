/* tests/reference/ops-case.h: the cases that the tests of the operations of networks work on, whatever the device. */
#pragma once

#include "cipher-case.h"
#include "nn/ops.h"

#include <math.h>
#include <string.h>

typedef struct
{
  CncShape shape;
  double low, high; /* the range that its numbers are drawn from */
} OpsInput;

typedef struct
{
  const char *name;
  CncOp op;
  guint n_in;
  OpsInput in[5];
  guint n_out;
  CncShape out[3];
  guint first; /* of the expected values */
} OpsCase;

#define OPS_GUARD 7u /* floats behind every tensor, which must stay as they were */
#define OPS_SENTINEL 12345.0f

typedef struct
{
  CncBackend *backend;
  guint n_in, n_out;
  CncTensor in[CNC_OP_MAX_TENSORS], out[CNC_OP_MAX_TENSORS];
} OpsTensors;

/* The numbers of input k of case i, as in ops-values.py. */
static inline float *
ops_draw (guint32 seed, gsize count, double low, double high)
{
  g_autofree guint32 *words = case_words (seed, count);
  float *values = g_new (float, count);

  for (gsize i = 0; i < count; i++)
    values[i] = (float) (low + (high - low) * ((words[i] >> 8) / 16777216.0));
  return values;
}

static inline guint32
ops_seed (guint index, guint input)
{
  return 977 * (index + 1) + input;
}

/* A tensor in a buffer of its own, lead floats behind its start; values: NULL for sentinels. */
static inline CncTensor
ops_tensor (CncBackend *backend, const CncShape *shape, guint lead, const float *values)
{
  const gsize count = cnc_shape_count (shape), words = lead + count + OPS_GUARD;
  g_autofree float *all = g_new (float, words);
  CncTensor tensor = { NULL, lead, *shape };

  for (gsize i = 0; i < words; i++)
    all[i] = OPS_SENTINEL;
  if (values != NULL)
    memcpy (all + lead, values, count * sizeof *all);
  tensor.buffer = case_buffer (backend, (const guint32 *) all, words);
  return tensor;
}

/* Returns: (transfer full) what the tensor holds; what lies around it must be untouched. */
static inline float *
ops_read (CncBackend *backend, const CncTensor *tensor)
{
  const gsize count = cnc_shape_count (&tensor->shape), words = tensor->offset + count + OPS_GUARD;
  float *all = (float *) case_read (backend, tensor->buffer, words);

  for (gsize i = 0; i < words; i++)
    if (i < tensor->offset || i >= tensor->offset + count)
      g_assert_cmpfloat (all[i], ==, OPS_SENTINEL);
  memmove (all, all + tensor->offset, count * sizeof *all);
  return all;
}

/* The tensors of case number index, inputs drawn.  in_place: output k is input in_place[k], or its own where that is negative. */
static inline void
ops_open (OpsTensors *t, CncBackend *backend, const OpsCase *c, guint index, guint lead, const int *in_place)
{
  *t = (OpsTensors){ .backend = backend, .n_in = c->n_in, .n_out = c->n_out };
  for (guint k = 0; k < c->n_in; k++)
    {
      g_autofree float *values = ops_draw (ops_seed (index, k), cnc_shape_count (&c->in[k].shape), c->in[k].low, c->in[k].high);

      t->in[k] = ops_tensor (backend, &c->in[k].shape, lead, values);
    }
  for (guint k = 0; k < c->n_out; k++)
    t->out[k] = in_place != NULL && in_place[k] >= 0 ? t->in[in_place[k]] : ops_tensor (backend, &c->out[k], lead, NULL);
}

static inline void
ops_close (OpsTensors *t)
{
  for (guint k = 0; k < t->n_out; k++)
    {
      gboolean own = TRUE;

      for (guint i = 0; i < t->n_in; i++)
        own = own && t->out[k].buffer != t->in[i].buffer;
      if (own)
        cnc_buffer_free (t->backend, t->out[k].buffer);
    }
  for (guint k = 0; k < t->n_in; k++)
    cnc_buffer_free (t->backend, t->in[k].buffer);
}

/* Where the outputs of an operation that changes its inputs lie, for ops_open; else NULL. */
static inline const int *
ops_places (CncOpKind kind)
{
  static const int adam[] = { 0, 2, 3 };

  return kind == CNC_OP_ADAM ? adam : NULL;
}

/* Every number within tolerance of the expected one, measured by the largest of them. */
static inline void
ops_assert_near (const char *name, const float *got, const float *expected, gsize count, double tolerance)
{
  double largest = 0.05;

  for (gsize i = 0; i < count; i++)
    largest = MAX (largest, fabs ((double) expected[i]));
  for (gsize i = 0; i < count; i++)
    if (!(fabs ((double) got[i] - expected[i]) <= tolerance * largest))
      {
        g_test_message ("%s: number %" G_GSIZE_FORMAT " is %.9g, expected %.9g", name, i, (double) got[i], (double) expected[i]);
        g_test_fail ();
        return;
      }
}

#include "ops-values.h"

/* Returns: (transfer full) the expected values of all cases, from the file beside the sources. */
static inline float *
ops_expected (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "ops-values.bin", NULL);
  g_autoptr (GError) error = NULL;
  char *data = NULL;
  gsize length = 0;

  g_assert_cmpint (G_BYTE_ORDER, ==, G_LITTLE_ENDIAN);
  g_assert_true (g_file_get_contents (path, &data, &length, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (length % sizeof (float), ==, 0);
  return (float *) data;
}

/* Runs case index and compares all outputs. */
static inline void
ops_check_case (CncBackend *backend, guint index, const float *expected, guint lead, gboolean accumulate, const int *in_place,
                double tolerance)
{
  const OpsCase *c = &ops_cases[index];
  CncOp op = c->op;
  g_autoptr (GError) error = NULL;
  OpsTensors t;

  op.accumulate = accumulate;
  ops_open (&t, backend, c, index, lead, in_place);
  for (guint k = 0; k < c->n_out && accumulate; k++)
    {
      const gsize count = cnc_shape_count (&c->out[k]);
      g_autofree float *before = ops_draw (7 + k, count, -1, 1);

      cnc_buffer_free (backend, t.out[k].buffer);
      t.out[k] = ops_tensor (backend, &c->out[k], lead, before);
    }
  g_assert_true (cnc_op_run (backend, &op, t.in, t.n_in, t.out, t.n_out, &error));
  g_assert_no_error (error);
  expected += c->first;
  for (guint k = 0; k < c->n_out; k++)
    {
      const gsize count = cnc_shape_count (&c->out[k]);
      g_autofree float *got = ops_read (backend, &t.out[k]);
      g_autofree float *before = ops_draw (7 + k, count, -1, 1), *sum = g_new (float, count);

      if (c->op.kind == CNC_OP_BATCH_NORM_TRACK) /* it goes on from what its outputs held: see ops_check_track */
        break;
      for (gsize i = 0; i < count; i++)
        sum[i] = accumulate ? expected[i] + before[i] : expected[i];
      ops_assert_near (c->name, got, sum, count, tolerance);
      expected += count;
    }
  ops_close (&t);
}

/* Which operations must be able to add, as the declaration marks them. */
static inline gboolean
ops_can_add (CncOpKind kind)
{
  static const CncOpKind marked[] = {
    CNC_OP_CONV2D,
    CNC_OP_CONV2D_BACKWARD_DATA,
    CNC_OP_CONV2D_BACKWARD_WEIGHT,
    CNC_OP_CONV_TRANSPOSE2D,
    CNC_OP_CHANNEL_SUM,
    CNC_OP_DENSE,
    CNC_OP_DENSE_BACKWARD_DATA,
    CNC_OP_DENSE_BACKWARD_WEIGHT,
    CNC_OP_ACTIVATION_BACKWARD,
    CNC_OP_MAX_POOL_BACKWARD,
    CNC_OP_AVERAGE_POOL_BACKWARD,
    CNC_OP_UPSAMPLE_NEAREST_BACKWARD,
    CNC_OP_UPSAMPLE_BILINEAR_BACKWARD,
    CNC_OP_PIXEL_SHUFFLE,
    CNC_OP_PIXEL_UNSHUFFLE,
    CNC_OP_CONCAT,
    CNC_OP_SPLIT,
    CNC_OP_SLICE,
    CNC_OP_SLICE_BACKWARD,
    CNC_OP_AFFINE,
    CNC_OP_MULTIPLY,
    CNC_OP_BATCH_NORM_BACKWARD,
    CNC_OP_DROPOUT,
    CNC_OP_CLAMP_BACKWARD,
    CNC_OP_JPEG_BACKWARD,
    CNC_OP_BLUR_BACKWARD,
    CNC_OP_MSE,
    CNC_OP_L1,
    CNC_OP_BCE,
    CNC_OP_SSIM,
    CNC_OP_RATE,
    CNC_OP_SQUARED_SUM,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (marked); i++)
    if (marked[i] == kind)
      return TRUE;
  return FALSE;
}

/* Which input output 0 may be: a mask. */
static inline guint
ops_may_be (CncOpKind kind)
{
  switch (kind)
    {
    case CNC_OP_ACTIVATION:
    case CNC_OP_AFFINE:
    case CNC_OP_DROPOUT:
    case CNC_OP_NOISE:
    case CNC_OP_ROUND8:
    case CNC_OP_ROUND:
    case CNC_OP_WRAP:
    case CNC_OP_CLAMP:
      return 1;
    case CNC_OP_ACTIVATION_BACKWARD:
    case CNC_OP_CLAMP_BACKWARD:
      return 2;
    case CNC_OP_ADD:
    case CNC_OP_SUBTRACT:
    case CNC_OP_MULTIPLY:
      return 3;
    default:
      return 0;
    }
}

/* The running statistics, which go on from what was there. */
static inline void
ops_check_track (CncBackend *backend, const float *expected, double tolerance)
{
  guint tried = 0;

  for (guint i = 0; i < G_N_ELEMENTS (ops_cases); i++)
    if (ops_cases[i].op.kind == CNC_OP_BATCH_NORM_TRACK)
      {
        const OpsCase *c = &ops_cases[i];
        const guint32 channels = c->out[0].c;
        g_autofree float *mean = ops_draw (5, channels, -1, 1), *variance = ops_draw (6, channels, 0.5, 2);
        g_autofree float *got_mean = NULL, *got_variance = NULL;
        g_autoptr (GError) error = NULL;
        OpsTensors t;

        ops_open (&t, backend, c, i, 0, NULL);
        g_assert_true (cnc_buffer_upload (backend, t.out[0].buffer, 0, mean, channels * 4, &error));
        g_assert_true (cnc_buffer_upload (backend, t.out[1].buffer, 0, variance, channels * 4, &error));
        g_assert_true (cnc_op_run (backend, &c->op, t.in, t.n_in, t.out, t.n_out, &error));
        got_mean = ops_read (backend, &t.out[0]);
        got_variance = ops_read (backend, &t.out[1]);
        ops_assert_near (c->name, got_mean, expected + c->first, channels, tolerance);
        ops_assert_near (c->name, got_variance, expected + c->first + channels, channels, tolerance);
        ops_close (&t);
        tried++;
      }
  g_assert_cmpuint (tried, >, 0);
}
