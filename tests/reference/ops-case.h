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

#define OPS_GUARD 7u        /* floats behind every tensor, which must stay as they were */
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
  *t = (OpsTensors) { .backend = backend, .n_in = c->n_in, .n_out = c->n_out };
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
