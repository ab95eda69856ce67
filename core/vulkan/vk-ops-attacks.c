/* core/vulkan/vk-ops-attacks.c: what pictures go through: JPEG and blur. */
#include "vulkan/vk-ops.h"

/* in the order of shaders/jpeg.comp */
enum
{
  ROWS,
  COLUMNS,
  ROWS_BACK,
  PICTURES,
  GATHER,
  SPREAD,
};

typedef struct
{
  CncVkBuffer *buffer;
  gsize first;
} Place;

static gboolean
jpeg_step (CncVulkan *vk, const CncOp *op, const CncShape *s, guint32 kind, Place source, Place other, Place to, gsize count,
           guint32 across, double work, GError **error)
{
  const CncVkCall call = {
    .shader = CNC_SHADER_JPEG,
    .constants = { kind, op->accumulate ? 1 : 0 },
    .buffers = { source.buffer, other.buffer, to.buffer },
    .writes = 1u << 2,
    .push = { (guint32) source.first, (guint32) other.first, (guint32) to.first, s->h, s->w, (guint32) op->shift,
              (guint32) op->scale - (guint32) op->shift + 1, (guint32) op->seed, (guint32) (op->seed >> 32) },
    .groups_x = cnc_vk_groups (count),
    .groups_y = across * s->n,
    .work = CNC_VK_OP_LANES * work,
  };

  return cnc_vk_call (vk, &call, error);
}

gboolean
cnc_vk_op_jpeg (CncVulkan *vk, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const CncShape *s = &in[0].shape;
  const gsize area = (gsize) s->h * s->w, half_h = (s->h + 1) / 2, half_w = (s->w + 1) / 2;
  const gsize luma = (s->h + 7) / 8 * 8 * (gsize) ((s->w + 7) / 8 * 8), chroma = (half_h + 7) / 8 * 8 * ((half_w + 7) / 8 * 8);
  const Place x = { cnc_vk_tensor_buffer (&in[0]), in[0].offset }, y = { cnc_vk_tensor_buffer (&out[0]), out[0].offset },
              none = { NULL, 0 };
  Place room = none;

  if (op->kind == CNC_OP_JPEG)
    {
      /* a picture narrower than its chroma in whole blocks has more of that than of luma */
      const gsize most = MAX (luma, chroma);

      room.buffer = cnc_vk_scratch (vk, CNC_SCRATCH_X, s->n * (luma + 2 * chroma), error);
      return room.buffer != NULL && jpeg_step (vk, op, s, ROWS, x, none, room, most / 8, 3, 400, error)
             && jpeg_step (vk, op, s, COLUMNS, none, none, room, most / 8, 3, 500, error)
             && jpeg_step (vk, op, s, ROWS_BACK, none, none, room, most / 8, 3, 200, error)
             && jpeg_step (vk, op, s, PICTURES, room, none, y, area, 1, 80, error);
    }
  room.buffer = cnc_vk_scratch (vk, CNC_SCRATCH_X, 2 * s->n * half_h * half_w, error);
  return room.buffer != NULL && jpeg_step (vk, op, s, GATHER, x, none, room, half_h * half_w, 1, 400, error)
         && jpeg_step (vk, op, s, SPREAD, x, room, y, area, 1, 40, error);
}

gboolean
cnc_vk_op_blur (CncVulkan *vk, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  const CncShape *s = &in[0].shape;
  const guint32 reach = cnc_blur_reach (op);
  const CncVkCall call = {
    .shader = CNC_SHADER_BLUR,
    .constants = { op->kind == CNC_OP_BLUR_BACKWARD ? 1 : 0, op->accumulate ? 1 : 0 },
    .buffers = { cnc_vk_tensor_buffer (&in[0]), NULL, cnc_vk_tensor_buffer (&out[0]) },
    .writes = 1u << 2,
    .push = { (guint32) in[0].offset, (guint32) out[0].offset, s->h, s->w, s->c, reach, cnc_vk_bits (op->shift), cnc_vk_bits (op->scale),
              (guint32) op->seed, (guint32) (op->seed >> 32) },
    .groups_x = cnc_vk_groups ((gsize) s->h * s->w),
    .groups_y = s->n * s->c,
    .work = CNC_VK_OP_LANES * (4.0 * (2 * reach + 1) * (2 * reach + 1) + 20.0 * (2 * reach + 1)),
  };

  return cnc_vk_call (vk, &call, error);
}
