/* core/vulkan/vk-pipeline.c: descriptors, of which every buffer has one set for its whole life, and the pipelines.
 *
 * A set shows its buffer in four ways (core/vulkan binds up to four of them): binding 0 as storage, 1 as R32UI texels, 2 as RGBA32UI
 * texels, 3 as RGBA16F texels.
 */
#include "base/error.h"
#include "vulkan/vk.h"

#include "add_bytes.spv.h"
#include "cipher_round.spv.h"

#define SETS_PER_POOL 256u
#define BINDINGS 4u

/* The constants of a shader: 0: lanes in a workgroup, 1: what a lane works on, 2 and 3: as its head says. */
#define CONSTANTS 4u

static const struct
{
  const guint32 *code;
  gsize bytes;
  guint32 variant[2];
} shaders[CNC_PIPELINES] = {
  [CNC_PIPELINE_ADD] = { cnc_spv_add_bytes, sizeof cnc_spv_add_bytes, { 0, 0 } },
  [CNC_PIPELINE_SUBTRACT] = { cnc_spv_add_bytes, sizeof cnc_spv_add_bytes, { 1, 0 } },
  [CNC_PIPELINE_ADD_QUADS] = { cnc_spv_add_bytes, sizeof cnc_spv_add_bytes, { 0, 1 } },
  [CNC_PIPELINE_SUBTRACT_QUADS] = { cnc_spv_add_bytes, sizeof cnc_spv_add_bytes, { 1, 1 } },
  [CNC_PIPELINE_ROUND] = { cnc_spv_cipher_round, sizeof cnc_spv_cipher_round, { 0, 0 } },
  [CNC_PIPELINE_ROUND_INVERSE] = { cnc_spv_cipher_round, sizeof cnc_spv_cipher_round, { 1, 0 } },
};

static const VkDescriptorType binding_types[BINDINGS] = {
  VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
  VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER,
  VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER,
  VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER,
};

gboolean
cnc_vk_pipeline_init (CncVulkan *vk, GError **error)
{
  const VkPushConstantRange push = { VK_SHADER_STAGE_COMPUTE_BIT, 0, CNC_VK_PUSH_BYTES };
  VkDescriptorSetLayoutBinding bindings[BINDINGS];
  VkDescriptorSetLayout layouts[CNC_VK_SETS];
  const VkDescriptorSetLayoutCreateInfo set_info = {
    .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
    .bindingCount = BINDINGS,
    .pBindings = bindings,
  };
  const VkPipelineLayoutCreateInfo info = {
    .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
    .setLayoutCount = CNC_VK_SETS,
    .pSetLayouts = layouts,
    .pushConstantRangeCount = 1,
    .pPushConstantRanges = &push,
  };

  vk->pools = g_array_new (FALSE, FALSE, sizeof (VkDescriptorPool));
  for (guint32 i = 0; i < BINDINGS; i++)
    bindings[i] = (VkDescriptorSetLayoutBinding){ i, binding_types[i], 1, VK_SHADER_STAGE_COMPUTE_BIT, NULL };
  if (!cnc_vk_check (vk, vk->CreateDescriptorSetLayout (vk->device, &set_info, NULL, &vk->set_layout), "prepare its work", error))
    return FALSE;
  for (guint i = 0; i < CNC_VK_SETS; i++)
    layouts[i] = vk->set_layout;
  if (!cnc_vk_check (vk, vk->CreatePipelineLayout (vk->device, &info, NULL, &vk->layout), "prepare its work", error))
    return FALSE;
  cnc_vk_cache_load (vk);
  return TRUE;
}

void
cnc_vk_pipeline_clear (CncVulkan *vk)
{
  if (vk->pools == NULL)
    return;
  if (!vk->failed)
    cnc_vk_cache_save (vk);
  for (guint i = 0; i < CNC_PIPELINES; i++)
    vk->DestroyPipeline (vk->device, vk->pipelines[i], NULL);
  vk->DestroyPipelineCache (vk->device, vk->cache, NULL);
  for (guint i = 0; i < vk->pools->len; i++)
    vk->DestroyDescriptorPool (vk->device, g_array_index (vk->pools, VkDescriptorPool, i), NULL);
  vk->DestroyPipelineLayout (vk->device, vk->layout, NULL);
  vk->DestroyDescriptorSetLayout (vk->device, vk->set_layout, NULL);
  g_array_unref (vk->pools);
  g_free (vk->cache_sum);
}

static VkResult
allocate_set (CncVulkan *vk, CncVkBuffer *buffer)
{
  const VkDescriptorPoolSize sizes[] = {
    { VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, SETS_PER_POOL },
    { VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER, 3 * SETS_PER_POOL },
  };
  const VkDescriptorPoolCreateInfo pool_info = {
    .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
    .flags = VK_DESCRIPTOR_POOL_CREATE_FREE_DESCRIPTOR_SET_BIT,
    .maxSets = SETS_PER_POOL,
    .poolSizeCount = G_N_ELEMENTS (sizes),
    .pPoolSizes = sizes,
  };
  VkDescriptorSetAllocateInfo info = {
    .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
    .descriptorSetCount = 1,
    .pSetLayouts = &vk->set_layout,
  };
  VkResult result;

  /* The newest pool is the likeliest to have room; every set is alike, so none is ever in pieces. */
  for (guint i = vk->pools->len; i-- > 0;)
    {
      info.descriptorPool = buffer->pool = g_array_index (vk->pools, VkDescriptorPool, i);
      if (vk->AllocateDescriptorSets (vk->device, &info, &buffer->set) == VK_SUCCESS)
        return VK_SUCCESS;
    }
  buffer->set = VK_NULL_HANDLE;
  result = vk->CreateDescriptorPool (vk->device, &pool_info, NULL, &buffer->pool);
  if (result != VK_SUCCESS)
    return result;
  g_array_append_val (vk->pools, buffer->pool);
  info.descriptorPool = buffer->pool;
  result = vk->AllocateDescriptorSets (vk->device, &info, &buffer->set);
  if (result != VK_SUCCESS)
    buffer->set = VK_NULL_HANDLE;
  return result;
}

gsize
cnc_vk_texel_limit (const CncVulkan *vk)
{
  return vk->switches.texel_limit != 0 ? vk->switches.texel_limit : vk->properties.limits.maxTexelBufferElements;
}

static VkResult
create_view (CncVulkan *vk, const CncVkBuffer *buffer, VkFormat format, gsize texel_bytes, VkBufferView *view)
{
  const gsize bytes = (buffer->base.words * 4 + 15) / 16 * 16;
  const VkBufferViewCreateInfo info = {
    .sType = VK_STRUCTURE_TYPE_BUFFER_VIEW_CREATE_INFO,
    .buffer = buffer->handle,
    .format = format,
    .range = MIN (bytes, cnc_vk_texel_limit (vk) * texel_bytes),
  };

  return vk->CreateBufferView (vk->device, &info, NULL, view);
}

gboolean
cnc_vk_describe (CncVulkan *vk, CncVkBuffer *buffer, GError **error)
{
  const VkDescriptorBufferInfo storage = { buffer->handle, 0, VK_WHOLE_SIZE };
  VkWriteDescriptorSet writes[BINDINGS];
  VkResult result = create_view (vk, buffer, VK_FORMAT_R32_UINT, 4, &buffer->words);

  if (result == VK_SUCCESS)
    result = create_view (vk, buffer, VK_FORMAT_R32G32B32A32_UINT, 16, &buffer->quads);
  if (result == VK_SUCCESS)
    result = create_view (vk, buffer, VK_FORMAT_R16G16B16A16_SFLOAT, 8, &buffer->halves);
  if (result == VK_SUCCESS)
    result = allocate_set (vk, buffer);
  if (!cnc_vk_check (vk, result, "hold the picture", error))
    return FALSE;
  for (guint32 i = 0; i < BINDINGS; i++)
    writes[i] = (VkWriteDescriptorSet){
      .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
      .dstSet = buffer->set,
      .dstBinding = i,
      .descriptorCount = 1,
      .descriptorType = binding_types[i],
    };
  writes[0].pBufferInfo = &storage;
  writes[1].pTexelBufferView = &buffer->words;
  writes[2].pTexelBufferView = &buffer->quads;
  writes[3].pTexelBufferView = &buffer->halves;
  vk->UpdateDescriptorSets (vk->device, BINDINGS, writes, 0, NULL);
  return TRUE;
}

void
cnc_vk_kernel_shape (const CncVulkan *vk, CncPipeline which, guint *lanes, guint *each)
{
  /* A GPU wants many lanes under way; software wants fetches and weights that serve many words.  A round takes at most
   * twice the least height. */
  *lanes = 64;
  switch (which)
    {
    case CNC_PIPELINE_ROUND:
    case CNC_PIPELINE_ROUND_INVERSE:
      *each = vk->software ? 8 : 1;
      break;
    default:
      *each = vk->software ? 16 : 4;
      break;
    }
}

VkPipeline
cnc_vk_pipeline (CncVulkan *vk, CncPipeline which, GError **error)
{
  static const VkSpecializationMapEntry entries[CONSTANTS] = { { 0, 0, 4 }, { 1, 4, 4 }, { 2, 8, 4 }, { 3, 12, 4 } };
  guint32 constants[CONSTANTS] = { 0, 0, shaders[which].variant[0], shaders[which].variant[1] };
  const VkSpecializationInfo specialization = { CONSTANTS, entries, sizeof constants, constants };
  const VkShaderModuleCreateInfo module_info = {
    .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
    .codeSize = shaders[which].bytes,
    .pCode = shaders[which].code,
  };
  VkComputePipelineCreateInfo info = {
    .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
    .stage = {
      .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
      .stage = VK_SHADER_STAGE_COMPUTE_BIT,
      .pName = "main",
      .pSpecializationInfo = &specialization,
    },
    .layout = vk->layout,
  };
  VkPipeline pipeline = VK_NULL_HANDLE;
  VkResult result;

  if (vk->pipelines[which] != VK_NULL_HANDLE)
    return vk->pipelines[which];
  cnc_vk_kernel_shape (vk, which, &constants[0], &constants[1]);
  result = vk->CreateShaderModule (vk->device, &module_info, NULL, &info.stage.module);
  if (result == VK_SUCCESS)
    {
      result = vk->CreateComputePipelines (vk->device, vk->cache, 1, &info, NULL, &pipeline);
      vk->DestroyShaderModule (vk->device, info.stage.module, NULL);
    }
  if (!cnc_vk_check (vk, result, "translate the cipher's program", error))
    return VK_NULL_HANDLE;
  return vk->pipelines[which] = pipeline;
}
