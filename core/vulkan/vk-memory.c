/* core/vulkan/vk-memory.c: device memory in blocks, buffers in the blocks, and freeing what is still in use later.
 *
 * Devices allow as few as 4096 allocations, so buffers share blocks.  Every buffer is cleared before its place is given to another.
 */
#include "base/error.h"
#include "vulkan/vk.h"

#define BLOCK_BYTES ((VkDeviceSize) 16 << 20)

#define USAGE                                                                                                                              \
  (VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT | VK_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER_BIT                      \
   | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT)

static VkResult
create_handle (CncVulkan *vk, VkDeviceSize bytes, VkBuffer *handle)
{
  const VkBufferCreateInfo info = { .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO, .size = bytes, .usage = USAGE };

  return vk->CreateBuffer (vk->device, &info, NULL, handle);
}

/* The first memory type among allowed that has every flag of the first wish that can be met. */
static gboolean
choose_type (CncVulkan *vk, guint32 allowed, const VkMemoryPropertyFlags *wishes, guint *type, VkMemoryPropertyFlags *flags)
{
  for (; *wishes != 0; wishes++)
    for (guint32 i = 0; i < vk->memory.memoryTypeCount; i++)
      {
        *flags = vk->memory.memoryTypes[i].propertyFlags;
        if ((allowed & 1u << i) != 0 && (*flags & *wishes) == *wishes)
          {
            *type = i;
            return TRUE;
          }
      }
  return FALSE;
}

gboolean
cnc_vk_memory_init (CncVulkan *vk, GError **error)
{
  const VkMemoryPropertyFlags local = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, cached = VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
  const VkMemoryPropertyFlags host = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  /* Memory that is local to the device and cached by the host is one memory for both: nothing is gained by copying. */
  const VkMemoryPropertyFlags for_device[] = { local | host | cached, local, host, 0 }, for_host[] = { host | cached, host, 0 };
  VkMemoryRequirements needs;
  VkMemoryPropertyFlags flags;
  VkBuffer probe;

  vk->blocks = g_ptr_array_new ();
  vk->dying = g_ptr_array_new ();
  if (!cnc_vk_check (vk, create_handle (vk, 65536, &probe), "make a buffer", error))
    return FALSE;
  vk->GetBufferMemoryRequirements (vk->device, probe, &needs);
  vk->DestroyBuffer (vk->device, probe, NULL);
  if (!choose_type (vk, needs.memoryTypeBits, for_host, &vk->type_host, &flags)
      || !choose_type (vk, needs.memoryTypeBits, for_device, &vk->type_device, &flags))
    return cnc_vk_check (vk, VK_ERROR_FEATURE_NOT_PRESENT, "share memory with programs", error);
  vk->direct = (flags & host) == host && !vk->switches.staging;
  return TRUE;
}

static void
block_free (CncVulkan *vk, CncVkBlock *block)
{
  vk->FreeMemory (vk->device, block->memory, NULL);
  g_array_unref (block->holes);
  g_free (block);
}

static CncVkBlock *
block_new (CncVulkan *vk, VkDeviceSize size, guint type, gboolean mapped, VkResult *result)
{
  const VkMemoryAllocateInfo info = { .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, .allocationSize = size, .memoryTypeIndex = type };
  const CncVkHole all = { 0, size };
  VkDeviceMemory memory;
  void *place = NULL;
  CncVkBlock *block;

  vk->allocations++;
  *result = vk->allocations == vk->switches.fail_allocation ? VK_ERROR_OUT_OF_DEVICE_MEMORY
                                                            : vk->AllocateMemory (vk->device, &info, NULL, &memory);
  if (*result != VK_SUCCESS)
    return NULL;
  if (mapped)
    *result = vk->MapMemory (vk->device, memory, 0, VK_WHOLE_SIZE, 0, &place);
  if (*result != VK_SUCCESS)
    {
      vk->FreeMemory (vk->device, memory, NULL);
      return NULL;
    }
  block = g_new0 (CncVkBlock, 1);
  block->memory = memory;
  block->mapped = place;
  block->size = size;
  block->holes = g_array_new (FALSE, FALSE, sizeof (CncVkHole));
  g_array_append_val (block->holes, all);
  return block;
}

/* Takes the first hole that is large enough. */
static gboolean
block_take (CncVkBlock *block, VkDeviceSize size, VkDeviceSize alignment, VkDeviceSize *offset)
{
  for (guint i = 0; i < block->holes->len; i++)
    {
      CncVkHole *hole = &g_array_index (block->holes, CncVkHole, i);
      const VkDeviceSize begin = (hole->offset + alignment - 1) / alignment * alignment, end = hole->offset + hole->size;

      if (begin > end || end - begin < size)
        continue;
      *offset = begin;
      if (begin + size < end)
        {
          const CncVkHole rest = { begin + size, end - begin - size };

          g_array_insert_val (block->holes, i + 1, rest);
          hole = &g_array_index (block->holes, CncVkHole, i);
        }
      hole->size = begin - hole->offset;
      if (hole->size == 0)
        g_array_remove_index (block->holes, i);
      return TRUE;
    }
  return FALSE;
}

static void
block_give (CncVkBlock *block, VkDeviceSize offset, VkDeviceSize size)
{
  CncVkHole hole = { offset, size };
  guint i = 0;

  while (i < block->holes->len && g_array_index (block->holes, CncVkHole, i).offset < offset)
    i++;
  if (i < block->holes->len && g_array_index (block->holes, CncVkHole, i).offset == offset + size)
    {
      hole.size += g_array_index (block->holes, CncVkHole, i).size;
      g_array_remove_index (block->holes, i);
    }
  if (i > 0)
    {
      CncVkHole *before = &g_array_index (block->holes, CncVkHole, i - 1);

      if (before->offset + before->size == offset)
        {
          before->size += hole.size;
          return;
        }
    }
  g_array_insert_val (block->holes, i, hole);
}

static VkResult
place (CncVulkan *vk, CncVkBuffer *buffer, const VkMemoryRequirements *needs, gboolean host)
{
  const guint type = host ? vk->type_host : vk->type_device;
  const gboolean mapped = host || vk->direct;
  VkResult result;

  /* Large buffers and the few that the host writes have memory of their own. */
  if (host || needs->size >= BLOCK_BYTES / 2)
    {
      buffer->block = block_new (vk, needs->size, type, mapped, &result);
      if (buffer->block == NULL)
        return result;
      block_take (buffer->block, needs->size, 1, &buffer->offset);
      buffer->size = needs->size;
      return VK_SUCCESS;
    }
  for (guint i = 0; i < vk->blocks->len && buffer->block == NULL; i++)
    {
      CncVkBlock *block = g_ptr_array_index (vk->blocks, i);

      if (block_take (block, needs->size, needs->alignment, &buffer->offset))
        buffer->block = block;
    }
  if (buffer->block == NULL)
    {
      buffer->block = block_new (vk, BLOCK_BYTES, type, mapped, &result);
      if (buffer->block == NULL)
        return result;
      buffer->block->shared = TRUE;
      g_ptr_array_add (vk->blocks, buffer->block);
      block_take (buffer->block, needs->size, needs->alignment, &buffer->offset);
    }
  buffer->size = needs->size;
  return VK_SUCCESS;
}

/* Gives everything back at once: nothing uses it, and it is clear. */
static void
destroy (CncVulkan *vk, CncVkBuffer *buffer)
{
  CncVkBlock *block = buffer->block;

  if (buffer->set != VK_NULL_HANDLE)
    vk->FreeDescriptorSets (vk->device, buffer->pool, 1, &buffer->set);
  vk->DestroyBufferView (vk->device, buffer->words, NULL);
  vk->DestroyBufferView (vk->device, buffer->quads, NULL);
  vk->DestroyBufferView (vk->device, buffer->halves, NULL);
  vk->DestroyBuffer (vk->device, buffer->handle, NULL);
  if (block != NULL)
    {
      block_give (block, buffer->offset, buffer->size);
      /* One empty block is kept for the buffers to come. */
      if (g_array_index (block->holes, CncVkHole, 0).size == block->size && (!block->shared || vk->blocks->len > 1))
        {
          if (block->shared)
            g_ptr_array_remove_fast (vk->blocks, block);
          block_free (vk, block);
        }
    }
  g_free (buffer);
}

static gboolean
make (CncVulkan *vk, CncVkBuffer *buffer, gsize bytes, gboolean host, VkResult *result)
{
  VkMemoryRequirements needs;

  /* Whole quads of words, so that every view of it is valid. */
  bytes = (bytes + 15) / 16 * 16;
  if (bytes > vk->properties.limits.maxStorageBufferRange)
    return FALSE;
  *result = create_handle (vk, bytes, &buffer->handle);
  if (*result != VK_SUCCESS)
    return FALSE;
  vk->GetBufferMemoryRequirements (vk->device, buffer->handle, &needs);
  *result = place (vk, buffer, &needs, host);
  if (*result != VK_SUCCESS)
    return FALSE;
  if (buffer->block->mapped != NULL)
    buffer->mapped = buffer->block->mapped + buffer->offset;
  *result = vk->BindBufferMemory (vk->device, buffer->handle, buffer->block->memory, buffer->offset);
  return *result == VK_SUCCESS;
}

CncVkBuffer *
cnc_vk_buffer_new (CncVulkan *vk, gsize bytes, gboolean host, GError **error)
{
  VkResult result = VK_ERROR_OUT_OF_DEVICE_MEMORY;

  for (guint attempt = 0; attempt < 2; attempt++)
    {
      CncVkBuffer *buffer = g_new0 (CncVkBuffer, 1);

      buffer->base.words = bytes / 4;
      if (make (vk, buffer, bytes, host, &result))
        {
          if (host || cnc_vk_describe (vk, buffer, error))
            return buffer;
          destroy (vk, buffer);
          return NULL;
        }
      destroy (vk, buffer);
      /* What is freed but still in use may be what is lacking. */
      if (vk->failed || vk->dying->len == 0 || !cnc_vk_wait (vk, vk->serial, NULL))
        break;
    }
  if (cnc_vk_usable (vk, error))
    cnc_vk_check (vk, result, "hold the picture", error);
  return NULL;
}

void
cnc_vk_buffer_free (CncVulkan *vk, CncVkBuffer *buffer)
{
  if (buffer->last_use <= vk->completed && buffer->mapped != NULL)
    {
      explicit_bzero (buffer->mapped, buffer->base.words * 4);
      destroy (vk, buffer);
      return;
    }
  if (cnc_vk_begin (vk, (double) buffer->base.words / 16, NULL))
    {
      cnc_vk_need (vk, buffer, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT, TRUE);
      cnc_vk_barrier (vk);
      vk->CmdFillBuffer (cnc_vk_commands (vk), buffer->handle, 0, buffer->base.words * 4, 0);
    }
  g_ptr_array_add (vk->dying, buffer);
}

void
cnc_vk_bury (CncVulkan *vk)
{
  for (guint i = vk->dying->len; i-- > 0;)
    {
      CncVkBuffer *buffer = g_ptr_array_index (vk->dying, i);

      if (buffer->last_use <= vk->completed)
        {
          g_ptr_array_remove_index_fast (vk->dying, i);
          destroy (vk, buffer);
        }
    }
}

void
cnc_vk_memory_clear (CncVulkan *vk)
{
  if (vk->blocks == NULL)
    return;
  vk->completed = G_MAXUINT64;
  cnc_vk_wipe_slots (vk);
  for (guint i = 0; i < CNC_VK_SLOTS; i++)
    if (vk->slots[i].buffer != NULL)
      destroy (vk, vk->slots[i].buffer);
  cnc_vk_bury (vk);
  for (guint i = 0; i < vk->blocks->len; i++)
    block_free (vk, g_ptr_array_index (vk->blocks, i));
  g_ptr_array_unref (vk->blocks);
  g_ptr_array_unref (vk->dying);
}
