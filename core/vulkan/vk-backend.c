/* core/vulkan/vk-backend.c: the operations of the backend table, and opening and closing a device. */
#include "vulkan/vk-backend.h"

#include "base/error.h"
#include "vulkan/vk-ops.h"

#define ADD_WORDS ((gsize) 1 << 20) /* one command adds at most this, so that submissions stay short */
#define ADD_COST 0.25               /* of a word, in words of a cipher round */
#define ROUND_COST 1.0

G_STATIC_ASSERT (sizeof (guint32[3]) == CNC_VK_PUSH_BYTES);

static inline CncVulkan *
vk_of (CncBackend *backend)
{
  return (CncVulkan *) backend;
}

static inline CncVkBuffer *
buffer_of (CncBuffer *buffer)
{
  return (CncVkBuffer *) buffer;
}

static void
dispatch (CncVulkan *vk, VkPipeline pipeline, guint sets, CncVkBuffer *const *buffers, const guint32 push[3], guint32 x, guint32 y)
{
  const VkCommandBuffer commands = cnc_vk_commands (vk);
  VkDescriptorSet handles[CNC_VK_SETS];

  for (guint i = 0; i < sets; i++)
    handles[i] = buffers[i]->set;
  cnc_vk_barrier (vk);
  vk->CmdBindPipeline (commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
  vk->CmdBindDescriptorSets (commands, VK_PIPELINE_BIND_POINT_COMPUTE, vk->layout, 0, sets, handles, 0, NULL);
  vk->CmdPushConstants (commands, vk->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, CNC_VK_PUSH_BYTES, push);
  vk->CmdDispatch (commands, x, y, 1);
}

static CncBuffer *
vk_buffer_new (CncBackend *backend, gsize bytes, GError **error)
{
  CncVkBuffer *buffer;

  if (!cnc_check_size (bytes, error) || !cnc_vk_usable (vk_of (backend), error))
    return NULL;
  buffer = cnc_vk_buffer_new (vk_of (backend), bytes, FALSE, error);
  return buffer != NULL ? &buffer->base : NULL;
}

static void
vk_buffer_free (CncBackend *backend, CncBuffer *buffer)
{
  cnc_vk_buffer_free (vk_of (backend), buffer_of (buffer));
}

static gboolean
vk_upload (CncBackend *backend, CncBuffer *buffer, gsize offset, gconstpointer data, gsize bytes, GError **error)
{
  return cnc_check_bytes (buffer, offset, bytes, error) && cnc_vk_upload (vk_of (backend), buffer_of (buffer), offset, data, bytes, error);
}

static gboolean
vk_download (CncBackend *backend, CncBuffer *buffer, gsize offset, gpointer data, gsize bytes, GError **error)
{
  return cnc_check_bytes (buffer, offset, bytes, error)
         && cnc_vk_download (vk_of (backend), buffer_of (buffer), offset, data, bytes, error);
}

static gboolean
vk_finish (CncBackend *backend, GError **error)
{
  CncVulkan *vk = vk_of (backend);

  if (!cnc_vk_wait (vk, vk->serial, error))
    return FALSE;
  cnc_vk_wipe_slots (vk);
  return TRUE;
}

static gboolean
vk_copy (CncBackend *backend, CncBuffer *to, gsize to_word, CncBuffer *from, gsize from_word, gsize words, GError **error)
{
  return cnc_check_transfer (to, to_word, from, from_word, words, error)
         && cnc_vk_copy (vk_of (backend), buffer_of (to), to_word, buffer_of (from), from_word, words, error);
}

/* Which of the kernels adds fastest on this device. */
static CncPipeline
choose_sum (const CncVulkan *vk, gsize to_word, gsize from_word, gsize words, gboolean subtract)
{
  const gboolean quads = ((to_word | from_word | words) & 3) == 0 && MAX (to_word, from_word) + words <= 4 * cnc_vk_texel_limit (vk);

  if (quads && vk->software)
    return subtract ? CNC_PIPELINE_SUBTRACT_QUADS : CNC_PIPELINE_ADD_QUADS;
  return subtract ? CNC_PIPELINE_SUBTRACT : CNC_PIPELINE_ADD;
}

static gboolean
vk_add_bytes (CncBackend *backend, CncBuffer *to, gsize to_word, CncBuffer *from, gsize from_word, gsize words, gboolean subtract,
              GError **error)
{
  CncVulkan *vk = vk_of (backend);
  const CncPipeline which = choose_sum (vk, to_word, from_word, words, subtract);
  CncVkBuffer *const buffers[] = { buffer_of (to), buffer_of (from) };
  VkPipeline pipeline;
  guint lanes, each;

  if (!cnc_check_transfer (to, to_word, from, from_word, words, error))
    return FALSE;
  pipeline = cnc_vk_pipeline (vk, which, error);
  if (pipeline == VK_NULL_HANDLE)
    return FALSE;
  cnc_vk_kernel_shape (vk, which, &lanes, &each);
  each *= which == CNC_PIPELINE_ADD_QUADS || which == CNC_PIPELINE_SUBTRACT_QUADS ? 4 : 1;
  while (words > 0)
    {
      const gsize part = MIN (words, ADD_WORDS);
      const guint32 push[] = { (guint32) to_word, (guint32) from_word, (guint32) part };

      if (!cnc_vk_begin (vk, (double) part * ADD_COST, error))
        return FALSE;
      cnc_vk_need (vk, buffers[1], VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_READ_BIT, FALSE);
      cnc_vk_need (vk, buffers[0], VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT, TRUE);
      dispatch (vk, pipeline, 2, buffers, push, (push[2] + lanes * each - 1) / (lanes * each), 1);
      to_word += part;
      from_word += part;
      words -= part;
    }
  return TRUE;
}

static gboolean
vk_cipher_round (CncBackend *backend, const CncCipherShape *shape, CncBuffer *tables, gsize table_word, CncBuffer *source,
                 CncBuffer *target, CncBuffer *result, gboolean inverse, GError **error)
{
  CncVulkan *vk = vk_of (backend);
  const CncPipeline which = inverse ? CNC_PIPELINE_ROUND_INVERSE : CNC_PIPELINE_ROUND;
  CncVkBuffer *const buffers[] = { buffer_of (tables), buffer_of (source), buffer_of (target), buffer_of (result) };
  const guint32 push[] = { shape->width, shape->height, (guint32) table_word };
  VkPipeline pipeline;
  guint lanes, rows;

  if (!cnc_check_cipher (shape, tables, table_word, source, target, result, error))
    return FALSE;
  pipeline = cnc_vk_pipeline (vk, which, error);
  if (pipeline == VK_NULL_HANDLE || !cnc_vk_begin (vk, (double) shape->width * shape->height * ROUND_COST, error))
    return FALSE;
  cnc_vk_kernel_shape (vk, which, &lanes, &rows);
  for (guint i = 0; i < 3; i++)
    cnc_vk_need (vk, buffers[i], VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_READ_BIT, FALSE);
  cnc_vk_need (vk, buffers[3], VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT, TRUE);
  dispatch (vk, pipeline, 4, buffers, push, (shape->width / 4 + lanes - 1) / lanes, (shape->height + rows - 1) / rows);
  return TRUE;
}

static void
vk_free (CncBackend *backend)
{
  CncVulkan *vk = vk_of (backend);

  if (vk->device != VK_NULL_HANDLE)
    {
      cnc_vk_ops_release (vk);
      if (!vk->failed)
        cnc_vk_wait (vk, vk->serial, NULL);
      /* What a device that hangs may still use must not be destroyed; the system takes it back with the process. */
      if (vk->hung)
        return;
      vk->DeviceWaitIdle (vk->device);
      cnc_vk_ops_clear (vk);
      cnc_vk_memory_clear (vk);
      cnc_vk_pipeline_clear (vk);
      cnc_vk_submit_clear (vk);
      vk->DestroyDevice (vk->device, NULL);
    }
  cnc_vk_instance_clear (&vk->vki);
  g_free (vk);
}

static const CncBackendTable vk_table = {
  .free = vk_free,
  .buffer_new = vk_buffer_new,
  .buffer_free = vk_buffer_free,
  .upload = vk_upload,
  .download = vk_download,
  .finish = vk_finish,
  .copy = vk_copy,
  .add_bytes = vk_add_bytes,
  .cipher_round = vk_cipher_round,
  .op = cnc_vk_op,
};

void
cnc_vulkan_statistics (CncBackend *backend, CncVulkanStatistics *statistics)
{
  *statistics = vk_of (backend)->statistics;
}

/* A family that computes and does not draw leaves a desktop undisturbed; else any that computes. */
static gboolean
choose_family (CncVulkan *vk, VkPhysicalDevice physical)
{
  VkQueueFamilyProperties families[16];
  guint32 count = G_N_ELEMENTS (families);
  gboolean found = FALSE;

  vk->vki.GetPhysicalDeviceQueueFamilyProperties (physical, &count, families);
  for (guint32 i = 0; i < count; i++)
    {
      if ((families[i].queueFlags & VK_QUEUE_COMPUTE_BIT) == 0 || (found && (families[i].queueFlags & VK_QUEUE_GRAPHICS_BIT) != 0))
        continue;
      vk->family = i;
      vk->timestamps = families[i].timestampValidBits == 64;
      if (found || (families[i].queueFlags & VK_QUEUE_GRAPHICS_BIT) == 0)
        return TRUE;
      found = TRUE;
    }
  return found;
}

static gboolean
open_device (CncVulkan *vk, const CncVkPhysical *physical, GError **error)
{
  static const float priority = 0.5f;
  VkDeviceQueueCreateInfo queue = { .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO, .queueCount = 1, .pQueuePriorities = &priority };
  const VkDeviceCreateInfo info = {
    .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
    .queueCreateInfoCount = 1,
    .pQueueCreateInfos = &queue,
  };

  vk->backend.info = physical->info;
  vk->properties = physical->properties;
  vk->shuffle = physical->shuffle;
  vk->software = physical->info.kind == CNC_DEVICE_VULKAN_SOFTWARE && !vk->switches.as_gpu;
  vk->vki.GetPhysicalDeviceMemoryProperties (physical->handle, &vk->memory);
  if (!choose_family (vk, physical->handle))
    return cnc_vk_check (vk, VK_ERROR_FEATURE_NOT_PRESENT, "compute", error);
  queue.queueFamilyIndex = vk->family;
  if (!cnc_vk_check (vk, vk->vki.CreateDevice (physical->handle, &info, NULL, &vk->device), "start", error))
    {
      vk->device = VK_NULL_HANDLE;
      return FALSE;
    }
#define F(name) vk->name = (PFN_vk##name) vk->vki.GetDeviceProcAddr (vk->device, "vk" #name);
  CNC_VK_DEVICE_FUNCTIONS (F)
#undef F
  vk->GetDeviceQueue (vk->device, vk->family, 0, &vk->queue);
  return cnc_vk_submit_init (vk, error) && cnc_vk_memory_init (vk, error) && cnc_vk_pipeline_init (vk, error);
}

CncBackend *
cnc_vulkan_open (const char *id, GError **error)
{
  CncVulkan *vk = g_new0 (CncVulkan, 1);
  g_autoptr (GArray) devices = NULL;

  vk->backend.table = &vk_table;
  vk->switches = *cnc_vk_switches ();
  if (!cnc_vk_instance_init (&vk->vki, &vk->switches, error))
    {
      g_free (vk);
      return NULL;
    }
  devices = cnc_vk_physical_devices (&vk->vki);
  for (guint i = 0; i < devices->len; i++)
    {
      const CncVkPhysical *physical = &g_array_index (devices, CncVkPhysical, i);

      if (strcmp (physical->info.id, id) != 0)
        continue;
      if (open_device (vk, physical, error))
        return &vk->backend;
      vk_free (&vk->backend);
      return NULL;
    }
  g_set_error (error, CNC_ERROR, CNC_ERROR_NO_DEVICE, "There is no Vulkan device %s any more; choose another.", id);
  vk_free (&vk->backend);
  return NULL;
}
