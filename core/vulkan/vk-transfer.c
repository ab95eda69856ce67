/* core/vulkan/vk-transfer.c: bytes between main memory and device memory, directly where both are one, else through staging slots. */
#include "base/error.h"
#include "vulkan/vk.h"

#define COPY_WORDS ((gsize) 1 << 20) /* one command copies at most this, so that submissions stay short */
#define COPY_COST (1.0 / 16)         /* of a word, in words of a cipher round */

static gboolean
ready (CncVulkan *vk, CncVkBuffer *buffer, GError **error)
{
  return cnc_vk_usable (vk, error) && (buffer->last_use <= vk->completed || cnc_vk_wait (vk, buffer->last_use, error));
}

/* The next slot, no longer in use.  Slots are made when the first is needed. */
static CncVkSlot *
take_slot (CncVulkan *vk, GError **error)
{
  CncVkSlot *slot = &vk->slots[vk->next_slot];

  vk->next_slot = (vk->next_slot + 1) % CNC_VK_SLOTS;
  if (slot->buffer == NULL)
    slot->buffer = cnc_vk_buffer_new (vk, CNC_VK_SLOT_BYTES, TRUE, error);
  return slot->buffer != NULL && ready (vk, slot->buffer, error) ? slot : NULL;
}

static gboolean
copy (CncVulkan *vk, CncVkBuffer *to, gsize to_offset, CncVkBuffer *from, gsize from_offset, gsize bytes, GError **error)
{
  const VkBufferCopy region = { from_offset, to_offset, bytes };

  if (!cnc_vk_begin (vk, (double) bytes / 4 * COPY_COST, error))
    return FALSE;
  cnc_vk_need (vk, from, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_READ_BIT, FALSE);
  cnc_vk_need (vk, to, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT, TRUE);
  cnc_vk_barrier (vk);
  vk->CmdCopyBuffer (cnc_vk_commands (vk), from->handle, to->handle, 1, &region);
  return TRUE;
}

/* What the device wrote is made visible to the host, and waited for. */
static gboolean
fetch (CncVulkan *vk, CncVkBuffer *buffer, GError **error)
{
  if (buffer->write_stage != 0 && (buffer->seen_access & VK_ACCESS_HOST_READ_BIT) == 0)
    {
      if (!cnc_vk_begin (vk, 0, error))
        return FALSE;
      cnc_vk_need (vk, buffer, VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT, FALSE);
      cnc_vk_barrier (vk);
    }
  return ready (vk, buffer, error);
}

gboolean
cnc_vk_upload (CncVulkan *vk, CncVkBuffer *buffer, gsize offset, const guint8 *data, gsize bytes, GError **error)
{
  if (buffer->mapped != NULL)
    {
      if (!ready (vk, buffer, error))
        return FALSE;
      memcpy (buffer->mapped + offset, data, bytes);
      return TRUE;
    }
  while (bytes > 0)
    {
      const gsize part = MIN (bytes, CNC_VK_SLOT_BYTES);
      CncVkSlot *slot = take_slot (vk, error);

      if (slot == NULL)
        return FALSE;
      memcpy (slot->buffer->mapped, data, part);
      slot->dirty = TRUE;
      if (!copy (vk, buffer, offset, slot->buffer, 0, part, error))
        return FALSE;
      offset += part;
      data += part;
      bytes -= part;
    }
  return TRUE;
}

gboolean
cnc_vk_download (CncVulkan *vk, CncVkBuffer *buffer, gsize offset, guint8 *data, gsize bytes, GError **error)
{
  if (buffer->mapped != NULL)
    {
      if (!fetch (vk, buffer, error))
        return FALSE;
      memcpy (data, buffer->mapped + offset, bytes);
      return TRUE;
    }
  while (bytes > 0)
    {
      const gsize part = MIN (bytes, CNC_VK_SLOT_BYTES);
      CncVkSlot *slot = take_slot (vk, error);

      if (slot == NULL)
        return FALSE;
      slot->dirty = TRUE;
      if (!copy (vk, slot->buffer, 0, buffer, offset, part, error) || !fetch (vk, slot->buffer, error))
        return FALSE;
      memcpy (data, slot->buffer->mapped, part);
      explicit_bzero (slot->buffer->mapped, part);
      offset += part;
      data += part;
      bytes -= part;
    }
  return TRUE;
}

gboolean
cnc_vk_copy (CncVulkan *vk, CncVkBuffer *to, gsize to_word, CncVkBuffer *from, gsize from_word, gsize words, GError **error)
{
  while (words > 0)
    {
      const gsize part = MIN (words, COPY_WORDS);

      if (!copy (vk, to, to_word * 4, from, from_word * 4, part * 4, error))
        return FALSE;
      to_word += part;
      from_word += part;
      words -= part;
    }
  return TRUE;
}

void
cnc_vk_wipe_slots (CncVulkan *vk)
{
  for (guint i = 0; i < CNC_VK_SLOTS; i++)
    {
      CncVkSlot *slot = &vk->slots[i];

      if (!slot->dirty || slot->buffer->last_use > vk->completed)
        continue;
      explicit_bzero (slot->buffer->mapped, CNC_VK_SLOT_BYTES);
      slot->dirty = FALSE;
    }
}
