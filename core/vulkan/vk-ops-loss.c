/* core/vulkan/vk-ops-loss.c: losses and their gradients: one dispatch that sums in workgroups, and one that sums those. */
#include "vulkan/vk-ops.h"

#define EACH 4096u /* numbers that a workgroup adds up */

gboolean
cnc_vk_op_loss (CncVulkan *vk, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const guint32 kind = op->kind == CNC_OP_MSE ? 0 : op->kind == CNC_OP_L1 ? 1 : op->kind == CNC_OP_BCE ? 2 : 3;
  const guint32 count = (guint32) cnc_shape_count (&in[0].shape), groups = (count + EACH - 1) / EACH;
  const double factor = kind == 3 ? 1 : op->scale / (double) count;
  const CncTensor *target = n_in > 1 ? &in[1] : &in[0];
  CncVkBuffer *sums = cnc_vk_scratch (vk, CNC_SCRATCH_SUMS, groups, error);
  CncVkCall call = {
    .shader = CNC_SHADER_LOSS,
    .constants = { kind, n_out < 2        ? 0
                         : op->accumulate ? 2
                                          : 1 },
    .buffers = { cnc_vk_tensor_buffer (&in[0]), cnc_vk_tensor_buffer (target), sums, n_out > 1 ? cnc_vk_tensor_buffer (&out[1]) : sums },
    .writes = 1u << 2 | 1u << 3,
    .push = { (guint32) in[0].offset, (guint32) target->offset, n_out > 1 ? (guint32) out[1].offset : 0, count, EACH,
              cnc_vk_bits ((float) factor) },
    .groups_x = groups,
    .groups_y = 1,
    .work = EACH * (kind == 2 ? 60.0 : 12.0),
  };

  return sums != NULL && cnc_vk_call (vk, &call, error)
         && cnc_vk_sum_rows (vk, sums, 0, 1, groups, cnc_vk_tensor_buffer (&out[0]), out[0].offset, factor, 0, 0, op->accumulate, error);
}

gboolean
cnc_vk_op_rate (CncVulkan *vk, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const CncShape s = in[0].shape;
  const guint32 each = 1024, chunks = (guint32) (((gsize) s.n * s.h * s.w + each - 1) / each);
  const double factor = op->scale / (double) cnc_shape_count (&s);
  CncVkBuffer *sums = cnc_vk_scratch (vk, CNC_SCRATCH_SUMS, (gsize) 7 * s.c * chunks, error);
  const CncVkCall call = {
    .shader = CNC_SHADER_RATE,
    .constants = { n_out < 2        ? 0
                   : op->accumulate ? 2
                                    : 1 },
    .buffers = { cnc_vk_tensor_buffer (&in[0]), cnc_vk_tensor_buffer (&in[1]), sums, n_out > 1 ? cnc_vk_tensor_buffer (&out[1]) : sums },
    .writes = 1u << 2 | 1u << 3,
    .push = { (guint32) in[0].offset, (guint32) in[1].offset, n_out > 1 ? (guint32) out[1].offset : 0, s.n, s.c, s.h * s.w, each, chunks,
              cnc_vk_bits ((float) factor) },
    .groups_x = chunks,
    .groups_y = s.c,
    .work = each * 240.0,
  };

  return sums != NULL && cnc_vk_call (vk, &call, error)
         && cnc_vk_sum_rows (vk, sums, 0, 1, s.c * chunks, cnc_vk_tensor_buffer (&out[0]), out[0].offset, factor, 0, 0, op->accumulate,
                             error)
         && (n_out < 3
             || cnc_vk_sum_rows (vk, sums, s.c, 6 * s.c, chunks, cnc_vk_tensor_buffer (&out[2]), out[2].offset, factor, 0, 0,
                                 op->accumulate, error));
}

/* ---- similarity, a plane at a time ---- */

typedef struct
{
  CncVkBuffer *maps, *back, *sums; /* filtered along one direction; to spread back; a sum of each workgroup */
  guint32 height, width, groups;   /* groups: of the valid positions */
} Similarity;

static gboolean
similarity_step (CncVulkan *vk, const Similarity *s, guint32 kind, CncVkBuffer *const buffers[CNC_VK_SETS], const gsize firsts[CNC_VK_SETS],
                 gsize count, double factor, gboolean accumulate, GError **error)
{
  const CncVkCall call = {
    .shader = CNC_SHADER_SSIM,
    .constants = { kind, accumulate ? 1 : 0 },
    .buffers = { buffers[0], buffers[1], buffers[2], buffers[3] },
    .writes = 1u << 2 | 1u << 3, /* one step writes there */
    .push = { (guint32) firsts[0], (guint32) firsts[1], (guint32) firsts[2], (guint32) firsts[3], s->height, s->width,
              cnc_vk_bits ((float) factor) },
    .groups_x = cnc_vk_groups (count),
    .groups_y = 1,
    .work = CNC_VK_OP_LANES * 200.0,
  };

  return cnc_vk_call (vk, &call, error);
}

gboolean
cnc_vk_op_ssim (CncVulkan *vk, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const CncShape shape = in[0].shape;
  const gsize plane = (gsize) shape.h * shape.w, planes = (gsize) shape.n * shape.c;
  const gsize rows = (gsize) shape.h * (shape.w - 10), valid = (gsize) (shape.h - 10) * (shape.w - 10);
  const double each = op->scale / ((double) planes * (double) valid);
  CncVkBuffer *x = cnc_vk_tensor_buffer (&in[0]), *t = cnc_vk_tensor_buffer (&in[1]);
  Similarity s = { .height = shape.h, .width = shape.w, .groups = cnc_vk_groups (valid) };

  s.maps = cnc_vk_scratch (vk, CNC_SCRATCH_X, 5 * rows, error);
  s.back = s.maps != NULL ? cnc_vk_scratch (vk, CNC_SCRATCH_Y, 3 * valid, error) : NULL;
  s.sums = s.back != NULL ? cnc_vk_scratch (vk, CNC_SCRATCH_SUMS, planes * s.groups, error) : NULL;
  if (s.sums == NULL)
    return FALSE;
  for (gsize i = 0; i < planes; i++)
    {
      const gsize x_at = in[0].offset + i * plane, t_at = in[1].offset + i * plane;
      CncVkBuffer *const filter[] = { x, t, s.maps, s.sums }, *const compare[] = { s.maps, t, s.back, s.sums };
      const gsize filter_at[] = { x_at, t_at, 0, 0 }, compare_at[] = { 0, 0, 0, i * s.groups };

      if (!similarity_step (vk, &s, 0, filter, filter_at, rows, 0, FALSE, error)
          || !similarity_step (vk, &s, 1, compare, compare_at, valid, 0, FALSE, error))
        return FALSE;
      if (n_out > 1)
        {
          CncVkBuffer *const spread[] = { s.back, x, s.maps, t }, *const finish[] = { s.maps, x, cnc_vk_tensor_buffer (&out[1]), t };
          const gsize spread_at[] = { 0, 0, 0, 0 }, finish_at[] = { 0, x_at, out[1].offset + i * plane, t_at };

          if (!similarity_step (vk, &s, 2, spread, spread_at, rows, 0, FALSE, error)
              || !similarity_step (vk, &s, 3, finish, finish_at, plane, each, op->accumulate, error))
            return FALSE;
        }
    }
  return cnc_vk_sum_rows (vk, s.sums, 0, 1, (guint32) planes * s.groups, cnc_vk_tensor_buffer (&out[0]), out[0].offset, -each, op->scale, 0,
                          op->accumulate, error);
}
