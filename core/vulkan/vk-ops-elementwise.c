/* core/vulkan/vk-ops-elementwise.c: operations on elements alone, parts of channels, and the optimiser. */
#include "vulkan/vk-ops.h"

#include <math.h>

/* in the order of shaders/elementwise.comp */
enum
{
  COPY,
  ADD,
  SUBTRACT,
  MULTIPLY,
  AFFINE,
  FILL,
  ACTIVATION_BACKWARD,
  DROPOUT,
  NOISE_UNIFORM,
  NOISE_GAUSSIAN,
  ROUND8,
  ROUND,
  CLAMP_,
  CLAMP_BACKWARD,
  WRAP,
};

#define WORK_PLAIN 8.0 /* operations an element */
#define WORK_DRAWN 40.0

static guint32
kind_of (const CncOp *op)
{
  switch (op->kind)
    {
    case CNC_OP_ADD:
      return ADD;
    case CNC_OP_SUBTRACT:
      return SUBTRACT;
    case CNC_OP_MULTIPLY:
      return MULTIPLY;
    case CNC_OP_AFFINE:
      return AFFINE;
    case CNC_OP_FILL:
      return FILL;
    case CNC_OP_ACTIVATION_BACKWARD:
      return ACTIVATION_BACKWARD;
    case CNC_OP_DROPOUT:
      return DROPOUT;
    case CNC_OP_NOISE:
      return op->distribution == 0 ? NOISE_UNIFORM : NOISE_GAUSSIAN;
    case CNC_OP_ROUND8:
      return ROUND8;
    case CNC_OP_ROUND:
      return ROUND;
    case CNC_OP_WRAP:
      return WRAP;
    case CNC_OP_CLAMP:
      return CLAMP_;
    case CNC_OP_CLAMP_BACKWARD:
      return CLAMP_BACKWARD;
    default: /* of the activation alone */
      return COPY;
    }
}

/* call: all but the number of workgroups, for lanes that work on one element.  Software reads four at once much faster. */
static gboolean
call_elements (CncVulkan *vk, CncVkCall *call, GError **error)
{
  const guint32 *p = call->push;
  const gsize texels = cnc_vk_texel_limit (vk);
  gboolean quads = vk->software && ((p[0] | p[1] | p[2] | p[3] | p[4] | p[5] | p[6]) & 3) == 0;

  for (guint i = 0; i < 2; i++)
    quads = quads && (call->buffers[i] == NULL || call->buffers[i]->base.words / 4 < texels);
  call->constants[3] = quads ? 1 : 0;
  call->groups_x = cnc_vk_groups (quads ? p[3] / 4 : p[3]);
  call->groups_y = 1;
  call->work *= quads ? 4 * CNC_VK_OP_LANES : CNC_VK_OP_LANES;
  return cnc_vk_call (vk, call, error);
}

gboolean
cnc_vk_op_elementwise (CncVulkan *vk, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const guint32 count = (guint32) cnc_shape_count (&out[0].shape);
  const gboolean drawn = op->kind == CNC_OP_DROPOUT || op->kind == CNC_OP_NOISE;
  CncVkCall call = {
    .shader = CNC_SHADER_ELEMENTWISE,
    .constants = { kind_of (op), op->activation, op->accumulate ? 1 : 0 },
    .buffers
    = { n_in > 0 ? cnc_vk_tensor_buffer (&in[0]) : NULL, n_in > 1 ? cnc_vk_tensor_buffer (&in[1]) : NULL, cnc_vk_tensor_buffer (&out[0]) },
    .writes = 1u << 2,
    .push = { n_in > 0 ? (guint32) in[0].offset : 0, n_in > 1 ? (guint32) in[1].offset : 0, (guint32) out[0].offset, count, count, 0, 0,
              cnc_vk_bits (op->scale), cnc_vk_bits (op->shift), cnc_vk_bits (op->slope), (guint32) op->seed, (guint32) (op->seed >> 32) },
    .work = drawn || op->activation >= CNC_ACTIVATION_SIGMOID ? WORK_DRAWN : WORK_PLAIN,
  };

  return call_elements (vk, &call, error);
}

/* rows rows of row floats, a distance from_row apart, to where they are to_row apart. */
static gboolean
copy_rows (CncVulkan *vk, CncVkBuffer *from, gsize from_first, gsize from_row, CncVkBuffer *to, gsize to_first, gsize to_row, gsize row,
           gsize rows, gboolean accumulate, GError **error)
{
  CncVkCall call = {
    .shader = CNC_SHADER_ELEMENTWISE,
    .constants = { COPY, CNC_ACTIVATION_NONE, accumulate ? 1 : 0 },
    .buffers = { from, NULL, to },
    .writes = 1u << 2,
    .push = { (guint32) from_first, 0, (guint32) to_first, (guint32) (row * rows), (guint32) row, (guint32) from_row, (guint32) to_row },
    .work = WORK_PLAIN,
  };

  return call_elements (vk, &call, error);
}

gboolean
cnc_vk_move (CncVulkan *vk, CncVkBuffer *from, gsize from_first, const CncTensor *to, gboolean accumulate, GError **error)
{
  const gsize count = cnc_shape_count (&to->shape);

  return copy_rows (vk, from, from_first, 0, cnc_vk_tensor_buffer (to), to->offset, 0, count, 1, accumulate, error);
}

gboolean
cnc_vk_op_concat (CncVulkan *vk, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const gsize whole = cnc_shape_image (&out[0].shape);
  gsize done = 0;

  for (guint i = 0; i < n_in; i++)
    {
      const gsize part = cnc_shape_image (&in[i].shape);

      if (!copy_rows (vk, cnc_vk_tensor_buffer (&in[i]), in[i].offset, part, cnc_vk_tensor_buffer (&out[0]), out[0].offset + done, whole,
                      part, out[0].shape.n, op->accumulate, error))
        return FALSE;
      done += part;
    }
  return TRUE;
}

gboolean
cnc_vk_op_split (CncVulkan *vk, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const gsize whole = cnc_shape_image (&in[0].shape);
  gsize done = 0;

  for (guint i = 0; i < n_out; i++)
    {
      const gsize part = cnc_shape_image (&out[i].shape);

      if (!copy_rows (vk, cnc_vk_tensor_buffer (&in[0]), in[0].offset + done, whole, cnc_vk_tensor_buffer (&out[i]), out[i].offset, part,
                      part, in[0].shape.n, op->accumulate, error))
        return FALSE;
      done += part;
    }
  return TRUE;
}

gboolean
cnc_vk_op_slice (CncVulkan *vk, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const gboolean backward = op->kind == CNC_OP_SLICE_BACKWARD;
  const CncTensor *part = backward ? &in[0] : &out[0];
  const gsize skip = (gsize) op->first * part->shape.h * part->shape.w;
  const CncOp zero = { .kind = CNC_OP_FILL };

  if (backward && !op->accumulate && !cnc_vk_op_elementwise (vk, &zero, NULL, 0, out, 1, error))
    return FALSE;
  return copy_rows (vk, cnc_vk_tensor_buffer (&in[0]), in[0].offset + (backward ? 0 : skip), cnc_shape_image (&in[0].shape),
                    cnc_vk_tensor_buffer (&out[0]), out[0].offset + (backward ? skip : 0), cnc_shape_image (&out[0].shape),
                    cnc_shape_image (&part->shape), part->shape.n, op->accumulate, error);
}

gboolean
cnc_vk_op_adam (CncVulkan *vk, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const guint32 count = (guint32) cnc_shape_count (&in[0].shape);
  CncVkCall call = {
    .shader = CNC_SHADER_ADAM,
    .constants = { op->decoupled ? 1 : 0 },
    .buffers
    = { cnc_vk_tensor_buffer (&in[0]), cnc_vk_tensor_buffer (&in[1]), cnc_vk_tensor_buffer (&in[2]), cnc_vk_tensor_buffer (&in[3]) },
    .writes = 1u << 0 | 1u << 2 | 1u << 3,
    .push
    = { (guint32) in[0].offset, (guint32) in[1].offset, (guint32) in[2].offset, (guint32) in[3].offset, count, cnc_vk_bits (op->beta1),
        cnc_vk_bits (op->beta2), cnc_vk_bits (op->epsilon), cnc_vk_bits (op->shift), cnc_vk_bits (op->weight_decay),
        cnc_vk_bits (1 - op->scale * op->weight_decay), cnc_vk_bits ((float) (op->scale / (1 - pow (op->beta1, op->step)))),
        cnc_vk_bits ((float) (1 / sqrt (1 - pow (op->beta2, op->step)))) },
    .groups_y = 1,
    .work = CNC_VK_OP_LANES * 24.0,
  };
  gboolean quads = vk->software;
  guint32 rest = count;

  for (guint i = 0; i < 4; i++)
    quads = quads && (in[i].offset & 3) == 0 && call.buffers[i]->base.words / 4 < cnc_vk_texel_limit (vk);
  if (quads && count >= 4)
    {
      call.constants[1] = 1;
      call.groups_x = cnc_vk_groups (count / 4);
      if (!cnc_vk_call (vk, &call, error))
        return FALSE;
      rest = count % 4;
      for (guint i = 0; i < 4; i++)
        call.push[i] += count - rest;
    }
  call.constants[1] = 0;
  call.push[4] = rest;
  call.groups_x = cnc_vk_groups (rest);
  return rest == 0 || cnc_vk_call (vk, &call, error);
}
