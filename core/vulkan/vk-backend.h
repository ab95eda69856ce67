/* core/vulkan/vk-backend.h: the backend table on a Vulkan 1.1 device.
 *
 * The loader is opened at run time; nothing here needs it to be installed.  No optional feature of a device is used.
 * With CncBackend.half, convolutions and transposed convolutions round x, not the weights, to half precision on a GPU, where they wait for
 * memory; finite numbers outside of its range become its largest.  Gradients for data and weights, which may be too small for it, and
 * software Vulkan, which does not gain by it, stay in single precision.
 * Thread-safety: safe, on different backends.
 */
#pragma once

#include "nn/backend.h"

G_BEGIN_DECLS

/* Every device that can run compute shaders, best first: discrete GPUs, integrated, virtual, others, software.
 * problem: (out) (nullable) (transfer full): a sentence why there is none, NULL if there is one.
 * Returns: (element-type CncDeviceInfo) (transfer full), may be empty. */
GArray *cnc_vulkan_devices (char **problem);

/* id: as in CncDeviceInfo.  Errors: NO_DEVICE (it is not there), GPU_LOST (its driver refuses it), GPU_MEMORY, NO_MEMORY.
 * Returns: (transfer full) */
CncBackend *cnc_vulkan_open (const char *id, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* For tests; copied, and applied to what is opened after.  All zero: none. */
typedef struct
{
  gboolean validation;   /* with VK_LAYER_KHRONOS_validation; without that layer there is no device */
  gboolean staging;      /* never write straight into device memory, even where that can be done */
  guint fail_allocation; /* the n-th allocation of device memory reports that it is full; 0: none */
  guint lose_submission; /* the n-th submission reports that the device is lost; 0: none */
  guint hang_submission; /* the n-th submission is not done in time; 0: none */
  gsize texel_limit;     /* words that a texel buffer may have at most; 0: what the device says */
  gboolean as_gpu;       /* the kernels' shapes are those of a GPU, on software Vulkan too */
  gboolean no_cache;     /* no pipeline cache on disk */
  const char *loader;    /* instead of libvulkan.so.1; (transfer none), must stay */
} CncVulkanSwitches;

void cnc_vulkan_set_switches (const CncVulkanSwitches *switches);

/* For benchmarks and tests: what the device was given since it was opened.  backend: from cnc_vulkan_open. */
typedef struct
{
  guint submissions;
  double longest; /* seconds that one of them took at most, as far as it is known already */
} CncVulkanStatistics;

void cnc_vulkan_statistics (CncBackend *backend, CncVulkanStatistics *statistics);

/* How many messages the validation layer has sent since the program began. */
guint cnc_vulkan_messages (void);

G_END_DECLS
