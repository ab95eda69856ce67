/* core/vulkan/vk-cache.c: translated shaders, kept in the user's cache folder so that the next start is quick.
 *
 * File: magic[8], SHA-256 as 64 hex digits, what the driver gave.  Whatever is wrong with it counts as no file: a driver
 * is never handed bytes that were not its own.  Nothing in it depends on a key or a picture.
 */
#include <glib/gstdio.h>

#include "base/cache.h"
#include "base/memory.h"
#include "vulkan/vk.h"

#define MAGIC "CNCPIPE1"
#define MAGIC_BYTES 8u
#define SUM_BYTES 64u
#define MAX_BYTES ((gsize) 16 << 20)
#define DRIVER_HEADER_BYTES 32u /* VkPipelineCacheHeaderVersionOne: size, version, vendor, device, uuid[16] */

static char *
file_name (CncVulkan *vk)
{
  char hex[2 * VK_UUID_SIZE + 1];
  g_autofree char *base = NULL;

  for (guint i = 0; i < VK_UUID_SIZE; i++)
    g_snprintf (hex + 2 * i, 3, "%02x", vk->properties.pipelineCacheUUID[i]);
  base = g_strdup_printf ("pipelines-%04x-%04x-%s", vk->properties.vendorID, vk->properties.deviceID, hex);
  return g_build_filename (g_get_user_cache_dir (), "cnncrypt", base, NULL);
}

static gboolean
is_ours (CncVulkan *vk, const guint8 *data, gsize size)
{
  return size >= DRIVER_HEADER_BYTES && cnc_get_u32 (data) >= DRIVER_HEADER_BYTES && cnc_get_u32 (data) <= size
         && cnc_get_u32 (data + 4) == VK_PIPELINE_CACHE_HEADER_VERSION_ONE && cnc_get_u32 (data + 8) == vk->properties.vendorID
         && cnc_get_u32 (data + 12) == vk->properties.deviceID && memcmp (data + 16, vk->properties.pipelineCacheUUID, VK_UUID_SIZE) == 0;
}

/* The driver's part of the file, or NULL.  sum: (out) (transfer full) */
static const guint8 *
open_file (CncVulkan *vk, char **contents, gsize *size, char **sum)
{
  g_autofree char *name = file_name (vk);
  GStatBuf status;
  const guint8 *data;

  if (g_stat (name, &status) != 0 || status.st_size <= (goffset) (MAGIC_BYTES + SUM_BYTES) || status.st_size > (goffset) MAX_BYTES
      || !g_file_get_contents (name, contents, size, NULL))
    return NULL;
  if (*size <= MAGIC_BYTES + SUM_BYTES || memcmp (*contents, MAGIC, MAGIC_BYTES) != 0)
    return NULL;
  data = (const guint8 *) *contents + MAGIC_BYTES + SUM_BYTES;
  *size -= MAGIC_BYTES + SUM_BYTES;
  *sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, data, *size);
  if (memcmp (*sum, *contents + MAGIC_BYTES, SUM_BYTES) == 0 && is_ours (vk, data, *size))
    return data;
  g_clear_pointer (sum, g_free);
  return NULL;
}

void
cnc_vk_cache_load (CncVulkan *vk)
{
  VkPipelineCacheCreateInfo info = { .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO };
  g_autofree char *contents = NULL;
  gsize size = 0;

  if (!vk->switches.no_cache)
    info.pInitialData = open_file (vk, &contents, &size, &vk->cache_sum);
  info.initialDataSize = info.pInitialData != NULL ? size : 0;
  if (vk->CreatePipelineCache (vk->device, &info, NULL, &vk->cache) != VK_SUCCESS)
    vk->cache = VK_NULL_HANDLE;
}

void
cnc_vk_cache_save (CncVulkan *vk)
{
  g_autofree char *name = file_name (vk), *sum = NULL;
  g_autofree guint8 *file = NULL;
  guint8 *data;
  gsize size = 0;

  if (vk->cache == VK_NULL_HANDLE || vk->switches.no_cache || vk->GetPipelineCacheData (vk->device, vk->cache, &size, NULL) != VK_SUCCESS
      || size < DRIVER_HEADER_BYTES || size > MAX_BYTES - MAGIC_BYTES - SUM_BYTES)
    return;
  file = g_try_malloc (MAGIC_BYTES + SUM_BYTES + size);
  if (file == NULL)
    return;
  data = file + MAGIC_BYTES + SUM_BYTES;
  if (vk->GetPipelineCacheData (vk->device, vk->cache, &size, data) != VK_SUCCESS || !is_ours (vk, data, size))
    return;
  sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, data, size);
  if (g_strcmp0 (sum, vk->cache_sum) == 0)
    return;
  memcpy (file, MAGIC, MAGIC_BYTES);
  memcpy (file + MAGIC_BYTES, sum, SUM_BYTES);
  cnc_cache_keep (name, file, MAGIC_BYTES + SUM_BYTES + size);
}
