/* core/vulkan/vk-submit.c: recording, barriers, and submissions that stay short.
 *
 * A driver resets a GPU that works on one submission for seconds, and a desktop that shares it stutters long before.  So the work
 * of every submission is estimated from what the last ones took, and a few of them are kept under way.
 */
#include "base/error.h"
#include "vulkan/vk.h"

#define BUDGET_SECONDS 0.020               /* of estimated work in a submission; what may vary leaves it below 50 ms */
#define FIRST_RATE 2e7                     /* words of a cipher round a second, before anything was measured: a slow device */
#define MAX_COMMANDS 4096u                 /* in a submission */
#define LEAST_WORK 65536.0                 /* words that a submission may always have: a device slower than this allows is no use */
#define TIMEOUT_NS ((guint64) 30000000000) /* for a submission estimated at 20 ms, on a machine with much else to do */

static gboolean
frame_init (CncVulkan *vk, CncVkFrame *frame, GError **error)
{
  const VkCommandPoolCreateInfo pool = {
    .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
    .flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
    .queueFamilyIndex = vk->family,
  };
  const VkFenceCreateInfo fence = { .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO };
  VkCommandBufferAllocateInfo commands = {
    .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
    .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
    .commandBufferCount = 1,
  };

  if (!cnc_vk_check (vk, vk->CreateCommandPool (vk->device, &pool, NULL, &frame->pool), "take commands", error)
      || !cnc_vk_check (vk, vk->CreateFence (vk->device, &fence, NULL, &frame->fence), "take commands", error))
    return FALSE;
  commands.commandPool = frame->pool;
  return cnc_vk_check (vk, vk->AllocateCommandBuffers (vk->device, &commands, &frame->commands), "take commands", error);
}

gboolean
cnc_vk_submit_init (CncVulkan *vk, GError **error)
{
  const VkQueryPoolCreateInfo queries = {
    .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
    .queryType = VK_QUERY_TYPE_TIMESTAMP,
    .queryCount = 2 * CNC_VK_FRAMES,
  };

  vk->serial = 1;
  vk->rate = FIRST_RATE;
  for (guint i = 0; i < CNC_VK_FRAMES; i++)
    if (!frame_init (vk, &vk->frames[i], error))
      return FALSE;
  return !vk->timestamps || cnc_vk_check (vk, vk->CreateQueryPool (vk->device, &queries, NULL, &vk->queries), "take commands", error);
}

void
cnc_vk_submit_clear (CncVulkan *vk)
{
  vk->DestroyQueryPool (vk->device, vk->queries, NULL);
  for (guint i = 0; i < CNC_VK_FRAMES; i++)
    {
      vk->DestroyFence (vk->device, vk->frames[i].fence, NULL);
      vk->DestroyCommandPool (vk->device, vk->frames[i].pool, NULL);
    }
}

/* Seconds that the submission took, or 0 if the device cannot say. */
static double
measured (CncVulkan *vk, guint index)
{
  guint64 ticks[2] = { 0, 0 };

  if (vk->queries == VK_NULL_HANDLE
      || vk->GetQueryPoolResults (vk->device, vk->queries, 2 * index, 2, sizeof ticks, ticks, sizeof *ticks, VK_QUERY_RESULT_64_BIT)
             != VK_SUCCESS
      || ticks[1] <= ticks[0])
    return 0;
  return (double) (ticks[1] - ticks[0]) * (double) vk->properties.limits.timestampPeriod * 1e-9;
}

/* Faster at once halves the trust: the rate grows at most twofold a submission, but falls as fast as it must. */
static void
learn (CncVulkan *vk, double work, double seconds)
{
  const double rate = seconds > 0 ? work / seconds : vk->rate;

  /* What is too short measures the way there and back.  No submission that is cut off for its work is. */
  if (work >= LEAST_WORK / 2)
    vk->rate = CLAMP (rate, 1e5, 2 * vk->rate);
}

static gboolean
retire (CncVulkan *vk, guint index, GError **error)
{
  CncVkFrame *frame = &vk->frames[index];
  VkResult result;
  double seconds;

  if (frame->serial == 0)
    return TRUE;
  /* Software does not hang; it waits for its turn on a machine that has much else to do. */
  result = vk->WaitForFences (vk->device, 1, &frame->fence, VK_TRUE,
                              vk->backend.info.kind == CNC_DEVICE_VULKAN_GPU ? TIMEOUT_NS : 10 * TIMEOUT_NS);
  if (frame->serial == vk->switches.hang_submission)
    result = VK_TIMEOUT;
  if (!cnc_vk_check (vk, result, "finish its work", error))
    return FALSE;
  seconds = measured (vk, index);
  if (seconds == 0)
    seconds = (double) (g_get_monotonic_time () - vk->idle_since) * 1e-6;
  vk->idle_since = g_get_monotonic_time ();
  vk->statistics.longest = MAX (vk->statistics.longest, seconds);
  learn (vk, frame->work, seconds);
  vk->completed = MAX (vk->completed, frame->serial);
  frame->serial = 0;
  if (!cnc_vk_check (vk, vk->ResetFences (vk->device, 1, &frame->fence), "finish its work", error)
      || !cnc_vk_check (vk, vk->ResetCommandPool (vk->device, frame->pool, 0), "finish its work", error))
    return FALSE;
  cnc_vk_bury (vk);
  return TRUE;
}

double
cnc_vk_budget (const CncVulkan *vk)
{
  return MAX (vk->rate * BUDGET_SECONDS, LEAST_WORK);
}

gboolean
cnc_vk_begin (CncVulkan *vk, double work, GError **error)
{
  const VkCommandBufferBeginInfo info = {
    .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
    .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
  };
  CncVkFrame *frame = &vk->frames[vk->frame];

  if (!cnc_vk_usable (vk, error))
    return FALSE;
  if (vk->recording && vk->commands > 0 && (frame->work + work > cnc_vk_budget (vk) || vk->commands >= MAX_COMMANDS))
    {
      if (!cnc_vk_submit (vk, error))
        return FALSE;
      frame = &vk->frames[vk->frame];
    }
  if (!vk->recording)
    {
      if (!retire (vk, vk->frame, error) || !cnc_vk_check (vk, vk->BeginCommandBuffer (frame->commands, &info), "take commands", error))
        return FALSE;
      vk->recording = TRUE;
      vk->commands = 0;
      frame->work = 0;
      if (vk->queries != VK_NULL_HANDLE)
        {
          vk->CmdResetQueryPool (frame->commands, vk->queries, 2 * vk->frame, 2);
          vk->CmdWriteTimestamp (frame->commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, vk->queries, 2 * vk->frame);
        }
    }
  vk->commands++;
  frame->work += work;
  return TRUE;
}

void
cnc_vk_need (CncVulkan *vk, CncVkBuffer *buffer, VkPipelineStageFlags stage, VkAccessFlags access, gboolean write)
{
  const gboolean unseen = buffer->write_stage != 0 && ((buffer->seen_stages & stage) != stage || (buffer->seen_access & access) != access);

  buffer->last_use = vk->serial;
  if (write)
    {
      vk->barrier_from |= buffer->write_stage | buffer->read_stages;
      vk->barrier_from_access |= buffer->write_access;
      if ((buffer->write_stage | buffer->read_stages) != 0)
        {
          vk->barrier_to |= stage;
          vk->barrier_to_access |= access;
        }
      buffer->write_stage = stage;
      buffer->write_access = access;
      buffer->read_stages = buffer->seen_stages = 0;
      buffer->seen_access = 0;
      return;
    }
  if (unseen)
    {
      vk->barrier_from |= buffer->write_stage;
      vk->barrier_from_access |= buffer->write_access;
      vk->barrier_to |= stage;
      vk->barrier_to_access |= access;
      buffer->seen_stages |= stage;
      buffer->seen_access |= access;
    }
  buffer->read_stages |= stage;
}

void
cnc_vk_barrier (CncVulkan *vk)
{
  const VkMemoryBarrier memory = {
    .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
    .srcAccessMask = vk->barrier_from_access,
    .dstAccessMask = vk->barrier_to_access,
  };

  if (vk->barrier_from != 0)
    vk->CmdPipelineBarrier (cnc_vk_commands (vk), vk->barrier_from, vk->barrier_to, 0, 1, &memory, 0, NULL, 0, NULL);
  vk->barrier_from = vk->barrier_to = 0;
  vk->barrier_from_access = vk->barrier_to_access = 0;
}

gboolean
cnc_vk_submit (CncVulkan *vk, GError **error)
{
  CncVkFrame *frame = &vk->frames[vk->frame];
  const VkSubmitInfo info = {
    .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
    .commandBufferCount = 1,
    .pCommandBuffers = &frame->commands,
  };
  VkResult result;

  if (!cnc_vk_usable (vk, error))
    return FALSE;
  if (!vk->recording)
    return TRUE;
  if (vk->queries != VK_NULL_HANDLE)
    vk->CmdWriteTimestamp (frame->commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, vk->queries, 2 * vk->frame + 1);
  if (vk->completed + 1 == vk->serial)
    vk->idle_since = g_get_monotonic_time ();
  vk->recording = FALSE;
  vk->statistics.submissions++;
  result = vk->EndCommandBuffer (frame->commands);
  if (result == VK_SUCCESS)
    result = vk->statistics.submissions == vk->switches.lose_submission ? VK_ERROR_DEVICE_LOST
                                                                        : vk->QueueSubmit (vk->queue, 1, &info, frame->fence);
  if (result != VK_SUCCESS)
    {
      /* What was recorded is gone, and with it the contents of buffers: nothing after it can be right. */
      vk->failed = TRUE;
      return cnc_vk_check (vk, result, "take its work", error);
    }
  frame->serial = vk->serial++;
  vk->frame = (vk->frame + 1) % CNC_VK_FRAMES;
  return TRUE;
}

gboolean
cnc_vk_wait (CncVulkan *vk, guint64 serial, GError **error)
{
  if (!cnc_vk_usable (vk, error))
    return FALSE;
  if (serial >= vk->serial && !cnc_vk_submit (vk, error))
    return FALSE;
  /* The frame that comes next is the oldest. */
  for (guint i = 0; i < CNC_VK_FRAMES && vk->completed < serial; i++)
    {
      const guint index = (vk->frame + i) % CNC_VK_FRAMES;

      if (vk->recording && i == 0)
        continue;
      if (!retire (vk, index, error))
        return FALSE;
    }
  return TRUE;
}
