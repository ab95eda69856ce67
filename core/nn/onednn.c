/* core/nn/onednn.c: convolutions and matrix products through oneDNN 2, see onednn.h. */
#include "nn/onednn.h"
#include "nn/onednn-load.h"
#include "nn/reference.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"

#define KEPT 256u /* prepared convolutions; more than that, and all are forgotten */
#define ROLES 3u  /* tensors that may need another layout: those of x, of the weights, of y */
#define ALIGNMENT 64u
#define HALF_CHANNELS 16u /* with fewer, bringing tensors to half precision costs more than it saves */

/* Everything that decides what is prepared; compared byte by byte. */
typedef struct
{
  CncConv g;
  guint32 kind; /* CNC_OP_CONV2D or one of its two gradients */
  guint32 bias, sum, activation, half;
  float slope;
} Key;

/* A tensor's way between our layout and the one that oneDNN wants. */
typedef struct
{
  dnnl_memory_t plain, blocked;  /* blocked is plain where both are the same */
  dnnl_primitive_t in, out, add; /* reorders: there, back, back with what is there added; NULL where not needed */
  gsize bytes;                   /* of blocked; 0 where both are the same */
} Way;

typedef struct
{
  Key key;
  dnnl_primitive_t primitive; /* NULL: oneDNN cannot do it */
  Way ways[ROLES];
  dnnl_memory_t bias;
} Prepared;

struct _CncOneDnn
{
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  GHashTable *prepared; /* Key (inside of the value) -> Prepared */
  gpointer room[ROLES]; /* ALIGNMENT bytes longer than room_bytes */
  gsize room_bytes[ROLES];
  gboolean has_half; /* the processor multiplies bfloat16 */
};

/* The library's functions, once a device has started it. */
static const CncDnnl *dnnl;

enum
{
  ROLE_X,
  ROLE_WEIGHT,
  ROLE_Y,
};

static guint
key_hash (gconstpointer data)
{
  const guint8 *bytes = data;
  guint32 hash = 2166136261u;

  for (gsize i = 0; i < sizeof (Key); i++)
    hash = (hash ^ bytes[i]) * 16777619u;
  return hash;
}

static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (Key)) == 0;
}

static void
prepared_clear (Prepared *p)
{
  for (guint i = 0; i < ROLES; i++)
    {
      Way *way = &p->ways[i];

      if (way->in != NULL)
        dnnl->primitive_destroy (way->in);
      if (way->out != NULL)
        dnnl->primitive_destroy (way->out);
      if (way->add != NULL)
        dnnl->primitive_destroy (way->add);
      if (way->blocked != NULL && way->blocked != way->plain)
        dnnl->memory_destroy (way->blocked);
      if (way->plain != NULL)
        dnnl->memory_destroy (way->plain);
    }
  if (p->bias != NULL)
    dnnl->memory_destroy (p->bias);
  if (p->primitive != NULL)
    dnnl->primitive_destroy (p->primitive);
  *p = (Prepared){ .key = p->key };
}

static void
prepared_free (gpointer data)
{
  prepared_clear (data);
  g_free (data);
}

/* What lay there was somebody's picture. */
static void
drop_room (CncOneDnn *dnn, guint role)
{
  if (dnn->room[role] != NULL)
    explicit_bzero (dnn->room[role], dnn->room_bytes[role] + ALIGNMENT);
  g_clear_pointer (&dnn->room[role], g_free);
  dnn->room_bytes[role] = 0;
}

CncOneDnn *
cnc_onednn_new (void)
{
  CncOneDnn *dnn;

  if ((dnnl = cnc_dnnl_load ()) == NULL)
    return NULL;
  dnn = g_new0 (CncOneDnn, 1);
  dnn->has_half = (dnnl->get_effective_cpu_isa () & dnnl_cpu_isa_avx512_core_bf16) == dnnl_cpu_isa_avx512_core_bf16;
  dnn->prepared = g_hash_table_new_full (key_hash, key_equal, NULL, prepared_free);
  if (dnnl->engine_create (&dnn->engine, dnnl_cpu, 0) == dnnl_success
      && dnnl->stream_create (&dnn->stream, dnn->engine, dnnl_stream_default_flags) == dnnl_success)
    return dnn;
  cnc_onednn_free (dnn);
  return NULL;
}

void
cnc_onednn_free (CncOneDnn *dnn)
{
  if (dnn == NULL)
    return;
  g_hash_table_unref (dnn->prepared);
  for (guint i = 0; i < ROLES; i++)
    drop_room (dnn, i);
  if (dnn->stream != NULL)
    dnnl->stream_destroy (dnn->stream);
  if (dnn->engine != NULL)
    dnnl->engine_destroy (dnn->engine);
  g_free (dnn);
}

/* ---- preparing ---- */

static gboolean
layout (dnnl_memory_desc_t *md, guint32 a, guint32 b, guint32 h, guint32 w, dnnl_data_type_t type, dnnl_format_tag_t tag)
{
  const dnnl_dims_t dims = { a, b, h, w };

  return dnnl->memory_desc_init_by_tag (md, 4, dims, type, tag) == dnnl_success;
}

static guint
result_of (const Key *key)
{
  return key->kind == CNC_OP_CONV2D ? ROLE_Y : key->kind == CNC_OP_CONV2D_BACKWARD_DATA ? ROLE_X : ROLE_WEIGHT;
}

/* In half precision factors are rounded to bfloat16, which has float's range, so that no gradient is lost to underflow; products are summed
 * and results are kept in float. */
static dnnl_data_type_t
type_of (const Key *key, guint role)
{
  return key->half && role != result_of (key) ? dnnl_bf16 : dnnl_f32;
}

static gboolean
make_reorder (CncOneDnn *dnn, const dnnl_memory_desc_t *from, const dnnl_memory_desc_t *to, gboolean add, dnnl_primitive_t *reorder)
{
  dnnl_primitive_attr_t attributes = NULL;
  dnnl_primitive_desc_t desc = NULL;
  dnnl_post_ops_t sum = NULL;
  gboolean made = FALSE;

  if (dnnl->primitive_attr_create (&attributes) == dnnl_success && dnnl->post_ops_create (&sum) == dnnl_success
      && (!add || dnnl->post_ops_append_sum (sum, 1) == dnnl_success) && dnnl->primitive_attr_set_post_ops (attributes, sum) == dnnl_success
      && dnnl->reorder_primitive_desc_create (&desc, from, dnn->engine, to, dnn->engine, attributes) == dnnl_success)
    made = dnnl->primitive_create (reorder, desc) == dnnl_success;
  if (desc != NULL)
    dnnl->primitive_desc_destroy (desc);
  if (sum != NULL)
    dnnl->post_ops_destroy (sum);
  if (attributes != NULL)
    dnnl->primitive_attr_destroy (attributes);
  return made;
}

/* wanted: the layout that the primitive asked for.  result: it is written, with whatever is there added if add is set. */
static gboolean
make_way (CncOneDnn *dnn, Way *way, const dnnl_memory_desc_t *plain, const dnnl_memory_desc_t *wanted, gboolean read, gboolean result,
          gboolean add)
{
  const gboolean same = dnnl->memory_desc_equal (plain, wanted) != 0 && !add;

  if (dnnl->memory_create (&way->plain, plain, dnn->engine, DNNL_MEMORY_NONE) != dnnl_success)
    return FALSE;
  way->blocked = way->plain;
  if (same)
    return TRUE;
  way->blocked = NULL;
  way->bytes = dnnl->memory_desc_get_size (wanted);
  return dnnl->memory_create (&way->blocked, wanted, dnn->engine, DNNL_MEMORY_NONE) == dnnl_success
         && (!read || make_reorder (dnn, plain, wanted, FALSE, &way->in))
         && (!result || make_reorder (dnn, wanted, plain, FALSE, &way->out))
         && (!add || make_reorder (dnn, wanted, plain, TRUE, &way->add));
}

static gboolean
append_activation (const Key *key, dnnl_post_ops_t ops)
{
  switch ((CncActivation) key->activation)
    {
    case CNC_ACTIVATION_RELU:
      return dnnl->post_ops_append_eltwise (ops, 1, dnnl_eltwise_relu, 0, 0) == dnnl_success;
    case CNC_ACTIVATION_LEAKY_RELU:
      return dnnl->post_ops_append_eltwise (ops, 1, dnnl_eltwise_relu, key->slope, 0) == dnnl_success;
    case CNC_ACTIVATION_SIGMOID:
      return dnnl->post_ops_append_eltwise (ops, 1, dnnl_eltwise_logistic, 0, 0) == dnnl_success;
    case CNC_ACTIVATION_TANH:
      return dnnl->post_ops_append_eltwise (ops, 1, dnnl_eltwise_tanh, 0, 0) == dnnl_success;
    default:
      return TRUE;
    }
}

/* What a gradient's primitive is made from: the forward pass that it belongs to.  NULL: there is none. */
static dnnl_primitive_desc_t
describe_forward (CncOneDnn *dnn, const Key *key)
{
  const CncConv *g = &key->g;
  const dnnl_dims_t strides = { g->stride, g->stride }, dilates = { g->dilation - 1, g->dilation - 1 }, pad = { g->pad, g->pad };
  const dnnl_data_type_t type = key->half ? dnnl_bf16 : dnnl_f32;
  dnnl_memory_desc_t x, weight, y;
  dnnl_convolution_desc_t forward;
  dnnl_primitive_desc_t made;

  if (layout (&x, g->n, g->ci, g->hi, g->wi, type, dnnl_format_tag_any)
      && layout (&weight, g->co, g->ci, g->kh, g->kw, type, dnnl_format_tag_any)
      && layout (&y, g->n, g->co, g->ho, g->wo, type, dnnl_format_tag_any)
      && dnnl->dilated_convolution_forward_desc_init (&forward, dnnl_forward_training, dnnl_convolution_direct, &x, &weight, NULL, &y,
                                                      strides, dilates, pad, pad)
             == dnnl_success
      && dnnl->primitive_desc_create (&made, &forward, NULL, dnn->engine, NULL) == dnnl_success)
    return made;
  return NULL;
}

/* The descriptor of the primitive, in layouts of its choice.  NULL: there is none. */
static dnnl_primitive_desc_t
describe (CncOneDnn *dnn, const Key *key)
{
  const CncConv *g = &key->g;
  const dnnl_dims_t strides = { g->stride, g->stride }, dilates = { g->dilation - 1, g->dilation - 1 }, pad = { g->pad, g->pad };
  const dnnl_dims_t outputs = { g->co };
  dnnl_memory_desc_t x, weight, y, bias;
  const dnnl_memory_desc_t *with_bias = key->bias ? &bias : NULL;
  dnnl_convolution_desc_t forward, desc;
  dnnl_primitive_desc_t hint = NULL, made = NULL;
  dnnl_primitive_attr_t attributes = NULL;
  dnnl_post_ops_t ops = NULL;
  gboolean fine;

  fine = layout (&x, g->n, g->ci, g->hi, g->wi, type_of (key, ROLE_X), dnnl_format_tag_any)
         && layout (&weight, g->co, g->ci, g->kh, g->kw, type_of (key, ROLE_WEIGHT), dnnl_format_tag_any)
         && layout (&y, g->n, g->co, g->ho, g->wo, type_of (key, ROLE_Y), dnnl_format_tag_any)
         && dnnl->memory_desc_init_by_tag (&bias, 1, outputs, dnnl_f32, dnnl_a) == dnnl_success
         && dnnl->primitive_attr_create (&attributes) == dnnl_success && dnnl->post_ops_create (&ops) == dnnl_success;
  if (fine && key->kind == CNC_OP_CONV2D)
    {
      fine = dnnl->dilated_convolution_forward_desc_init (&forward, dnnl_forward_inference, dnnl_convolution_direct, &x, &weight, with_bias,
                                                          &y, strides, dilates, pad, pad)
                 == dnnl_success
             && (!key->sum || dnnl->post_ops_append_sum (ops, 1) == dnnl_success) && append_activation (key, ops)
             && dnnl->primitive_attr_set_post_ops (attributes, ops) == dnnl_success;
      if (fine && dnnl->primitive_desc_create (&made, &forward, attributes, dnn->engine, NULL) != dnnl_success)
        made = NULL;
    }
  else if (fine)
    {
      hint = describe_forward (dnn, key);
      fine = hint != NULL;
      if (fine && key->kind == CNC_OP_CONV2D_BACKWARD_DATA)
        fine = dnnl->dilated_convolution_backward_data_desc_init (&desc, dnnl_convolution_direct, &x, &weight, &y, strides, dilates, pad,
                                                                  pad)
               == dnnl_success;
      else if (fine)
        fine = dnnl->dilated_convolution_backward_weights_desc_init (&desc, dnnl_convolution_direct, &x, &weight, with_bias, &y, strides,
                                                                     dilates, pad, pad)
               == dnnl_success;
      if (fine && dnnl->primitive_desc_create (&made, &desc, attributes, dnn->engine, hint) != dnnl_success)
        made = NULL;
    }
  if (hint != NULL)
    dnnl->primitive_desc_destroy (hint);
  if (ops != NULL)
    dnnl->post_ops_destroy (ops);
  if (attributes != NULL)
    dnnl->primitive_attr_destroy (attributes);
  return made;
}

static Prepared *
prepare (CncOneDnn *dnn, const Key *key)
{
  static const dnnl_query_t queries[3][ROLES] = {
    { dnnl_query_src_md, dnnl_query_weights_md, dnnl_query_dst_md },
    { dnnl_query_diff_src_md, dnnl_query_weights_md, dnnl_query_diff_dst_md },
    { dnnl_query_src_md, dnnl_query_diff_weights_md, dnnl_query_diff_dst_md },
  };
  const guint walk = key->kind == CNC_OP_CONV2D ? 0 : key->kind == CNC_OP_CONV2D_BACKWARD_DATA ? 1 : 2;
  const guint result = result_of (key);
  const CncConv *g = &key->g;
  const dnnl_dims_t outputs = { g->co };
  Prepared *p = g_new0 (Prepared, 1);
  dnnl_primitive_desc_t desc = describe (dnn, key);
  dnnl_memory_desc_t plain[ROLES], bias;
  gboolean fine;

  p->key = *key;
  fine = desc != NULL && dnnl->primitive_create (&p->primitive, desc) == dnnl_success
         && layout (&plain[ROLE_X], g->n, g->ci, g->hi, g->wi, dnnl_f32, dnnl_nchw)
         && layout (&plain[ROLE_WEIGHT], g->co, g->ci, g->kh, g->kw, dnnl_f32, dnnl_oihw)
         && layout (&plain[ROLE_Y], g->n, g->co, g->ho, g->wo, dnnl_f32, dnnl_nchw)
         && dnnl->memory_desc_init_by_tag (&bias, 1, outputs, dnnl_f32, dnnl_a) == dnnl_success
         && (!key->bias || dnnl->memory_create (&p->bias, &bias, dnn->engine, DNNL_MEMORY_NONE) == dnnl_success);
  for (guint role = 0; fine && role < ROLES; role++)
    fine = make_way (dnn, &p->ways[role], &plain[role], dnnl->primitive_desc_query_md (desc, queries[walk][role], 0),
                     role != result || (walk == 0 && key->sum), role == result, role == result && walk != 0 && key->sum);
  if (desc != NULL)
    dnnl->primitive_desc_destroy (desc);
  if (!fine)
    prepared_clear (p);
  return p;
}

static Prepared *
find (CncOneDnn *dnn, const Key *key)
{
  Prepared *p = g_hash_table_lookup (dnn->prepared, key);

  if (p == NULL)
    {
      if (g_hash_table_size (dnn->prepared) >= KEPT)
        g_hash_table_remove_all (dnn->prepared);
      p = prepare (dnn, key);
      g_hash_table_insert (dnn->prepared, &p->key, p);
    }
  return p->primitive != NULL ? p : NULL;
}

/* ---- running ---- */

static gboolean
need_room (CncOneDnn *dnn, guint role, gsize bytes, GError **error)
{
  if (bytes <= dnn->room_bytes[role])
    return TRUE;
  drop_room (dnn, role);
  dnn->room[role] = cnc_alloc (bytes + ALIGNMENT, 1, "the picture in another layout", error);
  if (dnn->room[role] == NULL)
    return FALSE;
  dnn->room_bytes[role] = bytes;
  return TRUE;
}

static gpointer
room_of (CncOneDnn *dnn, guint role)
{
  return (gpointer) (((guintptr) dnn->room[role] + ALIGNMENT - 1) & ~(guintptr) (ALIGNMENT - 1));
}

static gboolean
failed (dnnl_status_t status, GError **error)
{
  if (status == dnnl_success)
    return FALSE;
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_NO_MEMORY,
                       "Not enough memory for a convolution; close other pictures or work on a smaller one.");
  return TRUE;
}

static dnnl_status_t
reorder (CncOneDnn *dnn, dnnl_primitive_t primitive, dnnl_memory_t from, dnnl_memory_t to)
{
  const dnnl_exec_arg_t arguments[] = { { DNNL_ARG_FROM, from }, { DNNL_ARG_TO, to } };

  return dnnl->primitive_execute (primitive, dnn->stream, 2, arguments);
}

/* residual: for a forward pass with a sum, what to add; it may be the output itself. */
static gboolean
execute (CncOneDnn *dnn, Prepared *p, float *const tensors[ROLES], float *bias, const float *residual, GError **error)
{
  static const int names[3][ROLES] = {
    { DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST },
    { DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST },
    { DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST },
  };
  const guint walk = p->key.kind == CNC_OP_CONV2D ? 0 : p->key.kind == CNC_OP_CONV2D_BACKWARD_DATA ? 1 : 2;
  const guint result = result_of (&p->key);
  Way *to = &p->ways[result];
  dnnl_exec_arg_t arguments[ROLES + 1];
  dnnl_status_t status = dnnl_success;

  for (guint role = 0; role < ROLES; role++)
    {
      Way *way = &p->ways[role];

      if (!need_room (dnn, role, way->bytes, error))
        return FALSE;
      dnnl->memory_set_data_handle (way->plain, role == result && residual != NULL ? (gpointer) residual : tensors[role]);
      if (way->bytes > 0)
        dnnl->memory_set_data_handle (way->blocked, room_of (dnn, role));
      if (way->in != NULL && status == dnnl_success)
        status = reorder (dnn, way->in, way->plain, way->blocked);
      arguments[role] = (dnnl_exec_arg_t){ names[walk][role], way->blocked };
    }
  if (failed (status, error))
    return FALSE;
  if (residual != NULL)
    {
      if (to->bytes == 0 && residual != tensors[result])
        memcpy (tensors[result], residual,
                cnc_shape_count (&(CncShape){ p->key.g.n, p->key.g.co, p->key.g.ho, p->key.g.wo }) * sizeof (float));
      dnnl->memory_set_data_handle (to->plain, tensors[result]);
    }
  if (p->bias != NULL)
    {
      dnnl->memory_set_data_handle (p->bias, bias);
      arguments[ROLES] = (dnnl_exec_arg_t){ walk == 0 ? DNNL_ARG_BIAS : DNNL_ARG_DIFF_BIAS, p->bias };
    }
  status = dnnl->primitive_execute (p->primitive, dnn->stream, p->bias != NULL ? ROLES + 1 : ROLES, arguments);
  if (status == dnnl_success && (to->add != NULL || to->out != NULL))
    status = reorder (dnn, to->add != NULL ? to->add : to->out, to->blocked, to->plain);
  if (status == dnnl_success)
    status = dnnl->stream_wait (dnn->stream);
  return !failed (status, error);
}

static gboolean
convolve (CncOneDnn *dnn, CncOpKind kind, gboolean half, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out,
          guint n_out, gboolean *done, GError **error)
{
  Key key;
  Prepared *p;
  float *tensors[ROLES], *bias = NULL;
  const float *residual = NULL;

  memset (&key, 0, sizeof key);
  key.g = cnc_conv_of (op, in, out);
  key.kind = kind;
  if (kind == CNC_OP_CONV2D)
    {
      key.bias = n_in > 2;
      key.sum = n_in > 3 || op->accumulate;
      key.activation = op->activation;
      key.slope = op->activation == CNC_ACTIVATION_LEAKY_RELU ? op->slope : 0;
      if (n_in > 3 && op->accumulate)
        return TRUE;
      tensors[ROLE_X] = cnc_floats (&in[0]);
      tensors[ROLE_WEIGHT] = cnc_floats (&in[1]);
      tensors[ROLE_Y] = cnc_floats (&out[0]);
      bias = n_in > 2 ? cnc_floats (&in[2]) : NULL;
      residual = n_in > 3 ? cnc_floats (&in[3]) : op->accumulate ? cnc_floats (&out[0]) : NULL;
    }
  else if (kind == CNC_OP_CONV2D_BACKWARD_DATA)
    {
      key.sum = op->accumulate ? 1 : 0;
      tensors[ROLE_Y] = cnc_floats (&in[0]);
      tensors[ROLE_WEIGHT] = cnc_floats (&in[1]);
      tensors[ROLE_X] = cnc_floats (&out[0]);
    }
  else
    {
      key.bias = n_out > 1 && !op->accumulate; /* it would replace the bias' gradient */
      key.sum = op->accumulate ? 1 : 0;
      tensors[ROLE_X] = cnc_floats (&in[0]);
      tensors[ROLE_Y] = cnc_floats (&in[1]);
      tensors[ROLE_WEIGHT] = cnc_floats (&out[0]);
      bias = key.bias ? cnc_floats (&out[1]) : NULL;
    }
  key.half = half && dnn->has_half && key.g.ci >= HALF_CHANNELS && key.g.co >= HALF_CHANNELS;
  p = find (dnn, &key);
  if (p == NULL && key.half)
    {
      key.half = 0;
      p = find (dnn, &key);
    }
  if (p == NULL)
    return TRUE;
  *done = TRUE;
  if (!execute (dnn, p, tensors, bias, residual, error))
    return FALSE;
  if (kind == CNC_OP_CONV2D_BACKWARD_WEIGHT && n_out > 1 && op->accumulate)
    return cnc_reference_channel_sum (op, in + 1, 1, out + 1, 1, error);
  return TRUE;
}

/* ---- what follows the data gradient in a transposed convolution, and matrix products ---- */

typedef struct
{
  const CncOp *op;
  const float *bias;
  float *y;
  gsize plane;
  guint32 channels;
} Finish;

static void
finish_plane (guint index, gpointer user_data)
{
  const Finish *f = user_data;
  float *y = f->y + index * f->plane;

  for (gsize i = 0; f->bias != NULL && i < f->plane; i++)
    y[i] += f->bias[index % f->channels];
  cnc_reference_activate (f->op->activation, f->op->slope, y, f->plane);
}

static gboolean
transpose (CncOneDnn *dnn, gboolean half, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, gboolean *done,
           GError **error)
{
  Finish f = { op, n_in > 2 ? cnc_floats (&in[2]) : NULL, cnc_floats (&out[0]), (gsize) out[0].shape.h * out[0].shape.w, out[0].shape.c };

  if (!convolve (dnn, CNC_OP_CONV2D_BACKWARD_DATA, half, op, in, 2, out, 1, done, error))
    return FALSE;
  if (*done && (f.bias != NULL || op->activation != CNC_ACTIVATION_NONE))
    cnc_parallel_for (out[0].shape.n * out[0].shape.c, finish_plane, &f);
  return TRUE;
}

static gboolean
multiply (const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, gboolean *done, GError **error)
{
  const CncShape *weight = op->kind == CNC_OP_DENSE_BACKWARD_WEIGHT ? &out[0].shape : &in[1].shape;
  const dnnl_dim_t images = in[0].shape.n, inputs = weight->c, outputs = weight->n;
  const float add = op->accumulate ? 1 : 0;
  const float *a = cnc_floats (&in[0]), *b = cnc_floats (&in[1]);
  float *c = cnc_floats (&out[0]);
  dnnl_status_t status;

  *done = TRUE;
  if (op->kind == CNC_OP_DENSE)
    status = dnnl->sgemm ('N', 'T', images, outputs, inputs, 1, a, inputs, b, inputs, add, c, outputs);
  else if (op->kind == CNC_OP_DENSE_BACKWARD_DATA)
    status = dnnl->sgemm ('N', 'N', images, inputs, outputs, 1, a, outputs, b, inputs, add, c, inputs);
  else
    status = dnnl->sgemm ('T', 'N', outputs, inputs, images, 1, b, outputs, a, inputs, add, c, inputs);
  if (failed (status, error))
    return FALSE;
  if (op->kind == CNC_OP_DENSE)
    {
      Finish f = { op, NULL, c, (gsize) outputs, 1 };

      if (n_in > 2)
        for (gsize i = 0; i < (gsize) (images * outputs); i++)
          c[i] += cnc_floats (&in[2])[i % (gsize) outputs];
      cnc_parallel_for ((guint) images, finish_plane, &f);
    }
  if (op->kind == CNC_OP_DENSE_BACKWARD_WEIGHT && n_out > 1)
    {
      const CncTensor dy = { in[1].buffer, in[1].offset, { in[1].shape.n, (guint32) outputs, 1, 1 } };

      return cnc_reference_channel_sum (op, &dy, 1, out + 1, 1, error);
    }
  return TRUE;
}

gboolean
cnc_onednn_op (CncOneDnn *dnn, gboolean half, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out,
               gboolean *done, GError **error)
{
  *done = FALSE;
  switch (op->kind)
    {
    case CNC_OP_CONV2D:
    case CNC_OP_CONV2D_BACKWARD_DATA:
    case CNC_OP_CONV2D_BACKWARD_WEIGHT:
      return convolve (dnn, op->kind, half, op, in, n_in, out, n_out, done, error);
    case CNC_OP_CONV_TRANSPOSE2D:
      return transpose (dnn, half, op, in, n_in, out, done, error);
    case CNC_OP_DENSE:
    case CNC_OP_DENSE_BACKWARD_DATA:
    case CNC_OP_DENSE_BACKWARD_WEIGHT:
      return multiply (op, in, n_in, out, n_out, done, error);
    default:
      return TRUE;
    }
}
