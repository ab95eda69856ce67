/* core/vulkan/vk-ops.c: pipelines, scratch buffers and dispatches of the shaders of networks, and which function is which operation. */
#include "vulkan/vk-ops.h"

#include "base/error.h"

#include "adam.spv.h"
#include "blur.spv.h"
#include "conv.spv.h"
#include "conv_shuffle.spv.h"
#include "conv_weights.spv.h"
#include "elementwise.spv.h"
#include "jpeg.spv.h"
#include "loss.spv.h"
#include "norm.spv.h"
#include "pack.spv.h"
#include "pack_weights.spv.h"
#include "pool.spv.h"
#include "rate.spv.h"
#include "resample.spv.h"
#include "ssim.spv.h"
#include "sum.spv.h"
#include "winograd_in.spv.h"
#include "winograd_out.spv.h"
#include "winograd_product.spv.h"
#include "winograd_weights.spv.h"

#define OPERATIONS_A_WORD 64.0 /* arithmetic operations that take as long as a word of a cipher round, before anything was measured */
#define MAX_GROUPS 65535u      /* in one direction: what every device allows */
#define MAX_UNIFORM_QUADS 4096u

#define SHADER(name)                                                                                                                       \
  {                                                                                                                                        \
    cnc_spv_##name, sizeof cnc_spv_##name                                                                                                  \
  }

static const struct
{
  const guint32 *code;
  gsize bytes;
} shaders[CNC_SHADERS] = {
  [CNC_SHADER_ADAM] = SHADER (adam),
  [CNC_SHADER_BLUR] = SHADER (blur),
  [CNC_SHADER_CONV] = SHADER (conv),
  [CNC_SHADER_CONV_SHUFFLE] = SHADER (conv_shuffle),
  [CNC_SHADER_CONV_WEIGHTS] = SHADER (conv_weights),
  [CNC_SHADER_ELEMENTWISE] = SHADER (elementwise),
  [CNC_SHADER_JPEG] = SHADER (jpeg),
  [CNC_SHADER_LOSS] = SHADER (loss),
  [CNC_SHADER_NORM] = SHADER (norm),
  [CNC_SHADER_PACK] = SHADER (pack),
  [CNC_SHADER_PACK_WEIGHTS] = SHADER (pack_weights),
  [CNC_SHADER_POOL] = SHADER (pool),
  [CNC_SHADER_RATE] = SHADER (rate),
  [CNC_SHADER_RESAMPLE] = SHADER (resample),
  [CNC_SHADER_SSIM] = SHADER (ssim),
  [CNC_SHADER_SUM] = SHADER (sum),
  [CNC_SHADER_WINOGRAD_IN] = SHADER (winograd_in),
  [CNC_SHADER_WINOGRAD_OUT] = SHADER (winograd_out),
  [CNC_SHADER_WINOGRAD_PRODUCT] = SHADER (winograd_product),
  [CNC_SHADER_WINOGRAD_WEIGHTS] = SHADER (winograd_weights),
};

/* A shader with its constants. */
typedef struct
{
  guint32 words[2 + CNC_VK_OP_CONSTANTS];
} Key;

typedef struct
{
  Key key;
  VkPipeline pipeline;
} Pipeline;

struct _CncVkOps
{
  VkDescriptorSetLayout uniform_layout;
  VkPipelineLayout layouts[2]; /* buffer 1 as storage; as a uniform buffer */
  VkDescriptorPool pool;
  VkDescriptorSet uniform; /* of the scratch buffer of weights */
  GHashTable *pipelines;   /* Key (inside of the value) -> Pipeline */
  CncVkBuffer *scratch[CNC_SCRATCHES];
};

static guint
key_hash (gconstpointer data)
{
  const Key *key = data;
  guint32 hash = 2166136261u;

  for (gsize i = 0; i < G_N_ELEMENTS (key->words); i++)
    hash = (hash ^ key->words[i]) * 16777619u;
  return hash;
}

static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (Key)) == 0;
}

guint32
cnc_vk_uniform_quads (const CncVulkan *vk)
{
  return MIN (vk->properties.limits.maxUniformBufferRange / 16, MAX_UNIFORM_QUADS);
}

static gboolean
make_layouts (CncVulkan *vk, CncVkOps *ops, GError **error)
{
  const VkDescriptorSetLayoutBinding binding = { 0, VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER_DYNAMIC, 1, VK_SHADER_STAGE_COMPUTE_BIT, NULL };
  const VkDescriptorSetLayoutCreateInfo set_info = {
    .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
    .bindingCount = 1,
    .pBindings = &binding,
  };
  const VkDescriptorPoolSize size = { VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER_DYNAMIC, 1 };
  const VkDescriptorPoolCreateInfo pool_info = {
    .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
    .maxSets = 1,
    .poolSizeCount = 1,
    .pPoolSizes = &size,
  };
  const VkPushConstantRange push = { VK_SHADER_STAGE_COMPUTE_BIT, 0, (CNC_VK_OP_PUSH + 2) * 4 };
  VkDescriptorSetAllocateInfo set = { .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO, .descriptorSetCount = 1 };
  VkDescriptorSetLayout sets[CNC_VK_SETS];
  VkPipelineLayoutCreateInfo info = {
    .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
    .setLayoutCount = CNC_VK_SETS,
    .pSetLayouts = sets,
    .pushConstantRangeCount = 1,
    .pPushConstantRanges = &push,
  };
  VkResult result = vk->CreateDescriptorSetLayout (vk->device, &set_info, NULL, &ops->uniform_layout);

  for (guint i = 0; i < 2 && result == VK_SUCCESS; i++)
    {
      for (guint k = 0; k < CNC_VK_SETS; k++)
        sets[k] = i == 1 && k == 1 ? ops->uniform_layout : vk->set_layout;
      result = vk->CreatePipelineLayout (vk->device, &info, NULL, &ops->layouts[i]);
    }
  if (result == VK_SUCCESS)
    result = vk->CreateDescriptorPool (vk->device, &pool_info, NULL, &ops->pool);
  if (result == VK_SUCCESS)
    {
      set.descriptorPool = ops->pool;
      set.pSetLayouts = &ops->uniform_layout;
      result = vk->AllocateDescriptorSets (vk->device, &set, &ops->uniform);
    }
  return cnc_vk_check (vk, result, "prepare its work", error);
}

static gboolean
need_ops (CncVulkan *vk, GError **error)
{
  if (vk->ops != NULL)
    return TRUE;
  if (!cnc_vk_usable (vk, error))
    return FALSE;
  vk->ops = g_new0 (CncVkOps, 1);
  vk->ops->pipelines = g_hash_table_new_full (key_hash, key_equal, NULL, g_free);
  if (make_layouts (vk, vk->ops, error))
    return TRUE;
  cnc_vk_ops_clear (vk);
  return FALSE;
}

void
cnc_vk_ops_release (CncVulkan *vk)
{
  for (guint i = 0; vk->ops != NULL && i < CNC_SCRATCHES; i++)
    {
      if (vk->ops->scratch[i] != NULL)
        cnc_vk_buffer_free (vk, vk->ops->scratch[i]);
      vk->ops->scratch[i] = NULL;
    }
}

void
cnc_vk_ops_clear (CncVulkan *vk)
{
  CncVkOps *ops = vk->ops;
  GHashTableIter iter;
  gpointer value;

  if (ops == NULL)
    return;
  g_hash_table_iter_init (&iter, ops->pipelines);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    vk->DestroyPipeline (vk->device, ((Pipeline *) value)->pipeline, NULL);
  g_hash_table_unref (ops->pipelines);
  vk->DestroyDescriptorPool (vk->device, ops->pool, NULL);
  for (guint i = 0; i < 2; i++)
    vk->DestroyPipelineLayout (vk->device, ops->layouts[i], NULL);
  vk->DestroyDescriptorSetLayout (vk->device, ops->uniform_layout, NULL);
  g_clear_pointer (&vk->ops, g_free);
}

CncVkBuffer *
cnc_vk_scratch (CncVulkan *vk, CncVkScratch which, gsize floats, GError **error)
{
  CncVkBuffer **slot = &vk->ops->scratch[which];
  const gsize more = which == CNC_SCRATCH_WEIGHTS ? 4 * cnc_vk_uniform_quads (vk) : 0; /* a view may begin at the last group */

  if (*slot != NULL && (*slot)->base.words >= floats + more)
    return *slot;
  if (*slot != NULL)
    {
      /* The set that shows it may be in use. */
      if (which == CNC_SCRATCH_WEIGHTS && !cnc_vk_wait (vk, (*slot)->last_use, error))
        return NULL;
      cnc_vk_buffer_free (vk, *slot);
    }
  *slot = cnc_vk_buffer_new (vk, (floats + more) * sizeof (float), FALSE, error);
  if (*slot != NULL && which == CNC_SCRATCH_WEIGHTS)
    {
      const VkDescriptorBufferInfo info = { (*slot)->handle, 0, (VkDeviceSize) cnc_vk_uniform_quads (vk) * 16 };
      const VkWriteDescriptorSet write = {
        .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
        .dstSet = vk->ops->uniform,
        .descriptorCount = 1,
        .descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER_DYNAMIC,
        .pBufferInfo = &info,
      };

      vk->UpdateDescriptorSets (vk->device, 1, &write, 0, NULL);
    }
  return *slot;
}

static VkPipeline
find_pipeline (CncVulkan *vk, const CncVkCall *call, GError **error)
{
  VkSpecializationMapEntry entries[1 + CNC_VK_OP_CONSTANTS];
  guint32 constants[1 + CNC_VK_OP_CONSTANTS] = { call->lanes != 0 ? call->lanes : CNC_VK_OP_LANES };
  const VkSpecializationInfo specialization = { G_N_ELEMENTS (entries), entries, sizeof constants, constants };
  const VkShaderModuleCreateInfo module_info = {
    .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
    .codeSize = shaders[call->shader].bytes,
    .pCode = shaders[call->shader].code,
  };
  VkComputePipelineCreateInfo info = {
    .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
    .stage = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
      .stage = VK_SHADER_STAGE_COMPUTE_BIT,
      .pName = "main",
      .pSpecializationInfo = &specialization,
    },
    .layout = vk->ops->layouts[call->uniform_step != 0 ? 1 : 0],
  };
  Key key = { { call->shader, constants[0] } };
  Pipeline *found;
  VkPipeline pipeline = VK_NULL_HANDLE;
  VkResult result;

  memcpy (key.words + 2, call->constants, sizeof call->constants);
  found = g_hash_table_lookup (vk->ops->pipelines, &key);
  if (found != NULL)
    return found->pipeline;
  for (guint32 i = 0; i < G_N_ELEMENTS (entries); i++)
    entries[i] = (VkSpecializationMapEntry){ i, 4 * i, 4 };
  memcpy (constants + 1, call->constants, sizeof call->constants);
  result = vk->CreateShaderModule (vk->device, &module_info, NULL, &info.stage.module);
  if (result == VK_SUCCESS)
    {
      result = vk->CreateComputePipelines (vk->device, vk->cache, 1, &info, NULL, &pipeline);
      vk->DestroyShaderModule (vk->device, info.stage.module, NULL);
    }
  if (!cnc_vk_check (vk, result, "translate the network's programs", error))
    return VK_NULL_HANDLE;
  found = g_new (Pipeline, 1);
  *found = (Pipeline){ key, pipeline };
  g_hash_table_insert (vk->ops->pipelines, &found->key, found);
  return pipeline;
}

/* Records groups_x * groups_y workgroups from that first one on. */
static gboolean
record (CncVulkan *vk, const CncVkCall *call, VkPipeline pipeline, const guint32 first[2], guint32 groups_x, guint32 groups_y,
        GError **error)
{
  const VkPipelineLayout layout = vk->ops->layouts[call->uniform_step != 0 ? 1 : 0];
  const guint32 offset = call->uniform_step * first[1];
  VkDescriptorSet sets[CNC_VK_SETS];
  VkCommandBuffer commands;

  if (!cnc_vk_begin (vk, call->work / OPERATIONS_A_WORD * groups_x * groups_y, error))
    return FALSE;
  commands = cnc_vk_commands (vk);
  for (guint i = 0; i < CNC_VK_SETS; i++)
    if (call->buffers[i] != NULL && (call->writes >> i & 1) == 0)
      cnc_vk_need (vk, call->buffers[i], VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                   call->uniform_step != 0 && i == 1 ? VK_ACCESS_UNIFORM_READ_BIT : VK_ACCESS_SHADER_READ_BIT, FALSE);
  for (guint i = 0; i < CNC_VK_SETS; i++)
    if (call->buffers[i] != NULL && (call->writes >> i & 1) != 0)
      cnc_vk_need (vk, call->buffers[i], VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT,
                   TRUE);
  cnc_vk_barrier (vk);
  vk->CmdBindPipeline (commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
  for (guint32 i = 0; i < CNC_VK_SETS; i++)
    {
      const gboolean uniform = call->uniform_step != 0 && i == 1;

      /* A shader wants something wherever it might look. */
      sets[i] = uniform ? vk->ops->uniform : call->buffers[call->buffers[i] != NULL ? i : 2]->set;
    }
  vk->CmdBindDescriptorSets (commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0, CNC_VK_SETS, sets, call->uniform_step != 0 ? 1 : 0,
                             &offset);
  vk->CmdPushConstants (commands, layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, 8, first);
  vk->CmdPushConstants (commands, layout, VK_SHADER_STAGE_COMPUTE_BIT, 8, sizeof call->push, call->push);
  vk->CmdDispatch (commands, groups_x, groups_y, 1);
  return TRUE;
}

gboolean
cnc_vk_call (CncVulkan *vk, const CncVkCall *call, GError **error)
{
  const VkPipeline pipeline = find_pipeline (vk, call, error);

  if (pipeline == VK_NULL_HANDLE)
    return FALSE;
  for (guint32 y = 0; y < call->groups_y;)
    {
      const double groups = MAX (cnc_vk_budget (vk) * OPERATIONS_A_WORD / call->work, 1.0); /* it changes as submissions are measured */
      const guint32 across = (guint32) MIN (groups, (double) MIN (call->groups_x, MAX_GROUPS));
      const guint32 down = call->uniform_step != 0 || across < call->groups_x
                               ? 1
                               : (guint32) CLAMP (groups / across, 1.0, (double) MIN (call->groups_y - y, MAX_GROUPS));

      for (guint32 x = 0; x < call->groups_x; x += across)
        {
          const guint32 first[] = { x, y };

          if (!record (vk, call, pipeline, first, MIN (across, call->groups_x - x), down, error))
            return FALSE;
        }
      y += down;
    }
  return TRUE;
}

gboolean
cnc_vk_op (CncBackend *backend, const CncOp *op, const CncTensor *in, guint n_in, const CncTensor *out, guint n_out, GError **error)
{
  static CncVkOpFunc *const functions[CNC_OP_COUNT] = {
    [CNC_OP_CONV2D] = cnc_vk_op_convolve,
    [CNC_OP_CONV2D_BACKWARD_DATA] = cnc_vk_op_convolve,
    [CNC_OP_CONV2D_BACKWARD_WEIGHT] = cnc_vk_op_conv_weights,
    [CNC_OP_CONV_TRANSPOSE2D] = cnc_vk_op_convolve,
    [CNC_OP_CHANNEL_SUM] = cnc_vk_op_channel_sum,
    [CNC_OP_DENSE] = cnc_vk_op_dense,
    [CNC_OP_DENSE_BACKWARD_DATA] = cnc_vk_op_dense,
    [CNC_OP_DENSE_BACKWARD_WEIGHT] = cnc_vk_op_dense_weights,
    [CNC_OP_ACTIVATION] = cnc_vk_op_elementwise,
    [CNC_OP_ACTIVATION_BACKWARD] = cnc_vk_op_elementwise,
    [CNC_OP_MAX_POOL] = cnc_vk_op_pool,
    [CNC_OP_MAX_POOL_BACKWARD] = cnc_vk_op_pool,
    [CNC_OP_AVERAGE_POOL] = cnc_vk_op_pool,
    [CNC_OP_AVERAGE_POOL_BACKWARD] = cnc_vk_op_pool,
    [CNC_OP_UPSAMPLE_NEAREST] = cnc_vk_op_resample,
    [CNC_OP_UPSAMPLE_NEAREST_BACKWARD] = cnc_vk_op_resample,
    [CNC_OP_UPSAMPLE_BILINEAR] = cnc_vk_op_resample,
    [CNC_OP_UPSAMPLE_BILINEAR_BACKWARD] = cnc_vk_op_resample,
    [CNC_OP_PIXEL_SHUFFLE] = cnc_vk_op_resample,
    [CNC_OP_PIXEL_UNSHUFFLE] = cnc_vk_op_resample,
    [CNC_OP_CONCAT] = cnc_vk_op_concat,
    [CNC_OP_SPLIT] = cnc_vk_op_split,
    [CNC_OP_SLICE] = cnc_vk_op_slice,
    [CNC_OP_SLICE_BACKWARD] = cnc_vk_op_slice,
    [CNC_OP_ADD] = cnc_vk_op_elementwise,
    [CNC_OP_AFFINE] = cnc_vk_op_elementwise,
    [CNC_OP_SUBTRACT] = cnc_vk_op_elementwise,
    [CNC_OP_MULTIPLY] = cnc_vk_op_elementwise,
    [CNC_OP_FILL] = cnc_vk_op_elementwise,
    [CNC_OP_BATCH_NORM] = cnc_vk_op_batch_norm,
    [CNC_OP_BATCH_NORM_BACKWARD] = cnc_vk_op_batch_norm_backward,
    [CNC_OP_BATCH_NORM_TRACK] = cnc_vk_op_batch_norm_track,
    [CNC_OP_DROPOUT] = cnc_vk_op_elementwise,
    [CNC_OP_NOISE] = cnc_vk_op_elementwise,
    [CNC_OP_ROUND8] = cnc_vk_op_elementwise,
    [CNC_OP_ROUND] = cnc_vk_op_elementwise,
    [CNC_OP_WRAP] = cnc_vk_op_elementwise,
    [CNC_OP_CLAMP] = cnc_vk_op_elementwise,
    [CNC_OP_CLAMP_BACKWARD] = cnc_vk_op_elementwise,
    [CNC_OP_JPEG] = cnc_vk_op_jpeg,
    [CNC_OP_JPEG_BACKWARD] = cnc_vk_op_jpeg,
    [CNC_OP_BLUR] = cnc_vk_op_blur,
    [CNC_OP_BLUR_BACKWARD] = cnc_vk_op_blur,
    [CNC_OP_MSE] = cnc_vk_op_loss,
    [CNC_OP_L1] = cnc_vk_op_loss,
    [CNC_OP_BCE] = cnc_vk_op_loss,
    [CNC_OP_SSIM] = cnc_vk_op_ssim,
    [CNC_OP_RATE] = cnc_vk_op_rate,
    [CNC_OP_SQUARED_SUM] = cnc_vk_op_loss,
    [CNC_OP_ADAM] = cnc_vk_op_adam,
  };
  CncVulkan *vk = (CncVulkan *) backend;

  return need_ops (vk, error) && functions[op->kind](vk, op, in, n_in, out, n_out, error);
}
