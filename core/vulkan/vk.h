/* core/vulkan/vk.h: the one context of a Vulkan backend; for the files of core/vulkan alone.
 *
 * One path for errors: cnc_vk_check turns a VkResult into a GError and remembers a lost device, after which every call fails.
 * One path for ordering: cnc_vk_need says what a command is about to do with a buffer; the barrier follows from what was done before.
 */
#pragma once

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan.h>

#include "nn/check.h"
#include "vulkan/vk-backend.h"

G_BEGIN_DECLS

#define CNC_VK_INSTANCE_FUNCTIONS(F)                                                                                                       \
  F (DestroyInstance)                                                                                                                      \
  F (EnumeratePhysicalDevices)                                                                                                             \
  F (EnumerateDeviceExtensionProperties)                                                                                                   \
  F (GetPhysicalDeviceProperties2) F (GetPhysicalDeviceMemoryProperties) F (GetPhysicalDeviceQueueFamilyProperties) F (CreateDevice)       \
      F (GetDeviceProcAddr)

#define CNC_VK_DEVICE_FUNCTIONS(F)                                                                                                         \
  F (DestroyDevice)                                                                                                                        \
  F (GetDeviceQueue)                                                                                                                       \
  F (DeviceWaitIdle)                                                                                                                       \
  F (AllocateMemory) F (FreeMemory) F (MapMemory) F (CreateBuffer) F (DestroyBuffer) F (GetBufferMemoryRequirements) F (BindBufferMemory)  \
      F (CreateBufferView) F (DestroyBufferView) F (CreateShaderModule) F (DestroyShaderModule) F (CreatePipelineCache)                    \
          F (DestroyPipelineCache) F (GetPipelineCacheData) F (CreateComputePipelines) F (DestroyPipeline) F (CreatePipelineLayout)        \
              F (DestroyPipelineLayout) F (CreateDescriptorSetLayout) F (DestroyDescriptorSetLayout) F (CreateDescriptorPool)              \
                  F (DestroyDescriptorPool) F (AllocateDescriptorSets) F (FreeDescriptorSets) F (UpdateDescriptorSets)                     \
                      F (CreateCommandPool) F (DestroyCommandPool) F (ResetCommandPool) F (AllocateCommandBuffers) F (BeginCommandBuffer)  \
                          F (EndCommandBuffer) F (QueueSubmit) F (CreateFence) F (DestroyFence) F (WaitForFences) F (ResetFences)          \
                              F (CreateQueryPool) F (DestroyQueryPool) F (GetQueryPoolResults) F (CmdResetQueryPool) F (CmdWriteTimestamp) \
                                  F (CmdPipelineBarrier) F (CmdCopyBuffer) F (CmdFillBuffer) F (CmdBindPipeline) F (CmdBindDescriptorSets) \
                                      F (CmdPushConstants) F (CmdDispatch)

#define CNC_VK_FRAMES 3u /* submissions under way at most */
#define CNC_VK_SLOTS 4u  /* staging slots */
#define CNC_VK_SLOT_BYTES ((gsize) 1u << 20)
#define CNC_VK_SETS 4u /* buffers that a shader can see at once: the least that every device allows */
#define CNC_VK_PUSH_BYTES 12u

typedef enum
{
  CNC_PIPELINE_ADD,
  CNC_PIPELINE_SUBTRACT,
  CNC_PIPELINE_ADD_QUADS,
  CNC_PIPELINE_SUBTRACT_QUADS,
  CNC_PIPELINE_ROUND,
  CNC_PIPELINE_ROUND_INVERSE,
  CNC_PIPELINES,
} CncPipeline;

typedef struct
{
  PFN_vkGetInstanceProcAddr get;
  VkInstance instance;
  VkDebugUtilsMessengerEXT messenger; /* tests only */
#define F(name) PFN_vk##name name;
  CNC_VK_INSTANCE_FUNCTIONS (F)
#undef F
} CncVkInstance;

typedef struct
{
  VkPhysicalDevice handle;
  guint rank; /* 0: best */
  VkDeviceSize local_bytes;
  VkPhysicalDeviceProperties properties;
  gboolean shuffle; /* eight lanes and more can hand each other values */
  CncDeviceInfo info;
} CncVkPhysical;

typedef struct
{
  VkDeviceMemory memory;
  guint8 *mapped; /* NULL where the host cannot see it */
  VkDeviceSize size;
  gboolean shared; /* by many buffers, in vk->blocks; else it belongs to one */
  GArray *holes;   /* of CncVkHole, by offset, never touching each other */
} CncVkBlock;

typedef struct
{
  VkDeviceSize offset, size;
} CncVkHole;

typedef struct
{
  CncBuffer base;
  VkBuffer handle;
  VkBufferView words, quads, halves;
  VkDescriptorPool pool;
  VkDescriptorSet set;
  CncVkBlock *block;
  VkDeviceSize offset, size; /* in the block */
  guint8 *mapped;            /* NULL where the host cannot see it */
  guint64 last_use;          /* serial of the last submission that uses it */
  /* What was done to it last: who wrote, who has read since, and who sees that write already. */
  VkPipelineStageFlags write_stage, read_stages, seen_stages;
  VkAccessFlags write_access, seen_access;
} CncVkBuffer;

typedef struct
{
  VkCommandPool pool;
  VkCommandBuffer commands;
  VkFence fence;
  guint64 serial; /* of the submission under way; 0: none */
  double work;    /* estimated, in words of a cipher round */
} CncVkFrame;

typedef struct
{
  CncVkBuffer *buffer;
  gboolean dirty; /* holds what was somebody's picture or key */
} CncVkSlot;

typedef struct _CncVkOps CncVkOps;

typedef struct
{
  CncBackend backend;
  CncVkInstance vki;
  CncVulkanSwitches switches;
  VkPhysicalDeviceProperties properties;
  VkPhysicalDeviceMemoryProperties memory;
  guint family;
  gboolean timestamps;
  gboolean shuffle; /* as in CncVkPhysical */
  VkDevice device;
  VkQueue queue;
#define F(name) PFN_vk##name name;
  CNC_VK_DEVICE_FUNCTIONS (F)
#undef F
  gboolean software; /* choose kernels for software Vulkan */
  gboolean failed;   /* sticky: the device was lost or did not answer */
  gboolean hung;     /* it did not answer: its objects may still be in use and are left behind */

  /* vk-memory.c */
  guint type_device, type_host;
  gboolean direct;   /* the host writes device memory itself */
  GPtrArray *blocks; /* of CncVkBlock */
  GPtrArray *dying;  /* of CncVkBuffer: freed, still in use */
  CncVkSlot slots[CNC_VK_SLOTS];
  guint next_slot;
  guint allocations;

  /* vk-pipeline.c */
  VkDescriptorSetLayout set_layout;
  VkPipelineLayout layout;
  GArray *pools; /* of VkDescriptorPool */
  VkPipelineCache cache;
  char *cache_sum; /* of what was read from disk; NULL: nothing */
  VkPipeline pipelines[CNC_PIPELINES];

  CncVkOps *ops; /* vk-ops.c; NULL until the first operation of a network */

  /* vk-submit.c */
  CncVkFrame frames[CNC_VK_FRAMES];
  VkQueryPool queries;
  guint frame; /* the one that is or will be recorded */
  gboolean recording;
  guint commands;    /* recorded in it */
  guint64 serial;    /* of the submission that is or will be recorded */
  guint64 completed; /* every submission up to this one is done */
  CncVulkanStatistics statistics;
  double rate; /* words of a cipher round a second, as measured */
  gint64 idle_since;
  VkPipelineStageFlags barrier_from, barrier_to;
  VkAccessFlags barrier_from_access, barrier_to_access;
} CncVulkan;

/* vk-instance.c */
gboolean cnc_vk_instance_init (CncVkInstance *vki, const CncVulkanSwitches *switches, GError **error);
void cnc_vk_instance_clear (CncVkInstance *vki);
const CncVulkanSwitches *cnc_vk_switches (void);
/* Returns: (element-type CncVkPhysical) (transfer full), best first. */
GArray *cnc_vk_physical_devices (CncVkInstance *vki);
/* what: "run the cipher"; the message says that the device could not do it, why, and what to do. */
gboolean cnc_vk_check (CncVulkan *vk, VkResult result, const char *what, GError **error);
gboolean cnc_vk_usable (CncVulkan *vk, GError **error);

/* vk-memory.c */
gboolean cnc_vk_memory_init (CncVulkan *vk, GError **error);
void cnc_vk_memory_clear (CncVulkan *vk);
CncVkBuffer *cnc_vk_buffer_new (CncVulkan *vk, gsize bytes, gboolean host, GError **error);
void cnc_vk_buffer_free (CncVulkan *vk, CncVkBuffer *buffer);
void cnc_vk_bury (CncVulkan *vk); /* what is freed and no longer in use */

/* vk-transfer.c */
gboolean cnc_vk_upload (CncVulkan *vk, CncVkBuffer *buffer, gsize offset, const guint8 *data, gsize bytes, GError **error);
gboolean cnc_vk_download (CncVulkan *vk, CncVkBuffer *buffer, gsize offset, guint8 *data, gsize bytes, GError **error);
gboolean cnc_vk_copy (CncVulkan *vk, CncVkBuffer *to, gsize to_word, CncVkBuffer *from, gsize from_word, gsize words, GError **error);
void cnc_vk_wipe_slots (CncVulkan *vk);

/* vk-pipeline.c */
gboolean cnc_vk_pipeline_init (CncVulkan *vk, GError **error);
void cnc_vk_pipeline_clear (CncVulkan *vk);
gboolean cnc_vk_describe (CncVulkan *vk, CncVkBuffer *buffer, GError **error);
gsize cnc_vk_texel_limit (const CncVulkan *vk); /* texels that a view of a buffer shows at most */
VkPipeline cnc_vk_pipeline (CncVulkan *vk, CncPipeline which, GError **error);
/* Lanes in a workgroup, and what each works on: rows of a round, words or quads of a sum. */
void cnc_vk_kernel_shape (const CncVulkan *vk, CncPipeline which, guint *lanes, guint *each);

/* vk-cache.c */
void cnc_vk_cache_load (CncVulkan *vk);
void cnc_vk_cache_save (CncVulkan *vk);

/* vk-submit.c */
gboolean cnc_vk_submit_init (CncVulkan *vk, GError **error);
void cnc_vk_submit_clear (CncVulkan *vk);
/* Makes ready to record a command of that much work, after a submission if the one at hand has enough. */
gboolean cnc_vk_begin (CncVulkan *vk, double work, GError **error);
/* The work that a submission may hold. */
double cnc_vk_budget (const CncVulkan *vk);
void cnc_vk_need (CncVulkan *vk, CncVkBuffer *buffer, VkPipelineStageFlags stage, VkAccessFlags access, gboolean write);
void cnc_vk_barrier (CncVulkan *vk);
gboolean cnc_vk_submit (CncVulkan *vk, GError **error);
/* Waits for that submission, which is submitted first if it is being recorded. */
gboolean cnc_vk_wait (CncVulkan *vk, guint64 serial, GError **error);

static inline VkCommandBuffer
cnc_vk_commands (CncVulkan *vk)
{
  return vk->frames[vk->frame].commands;
}

G_END_DECLS
