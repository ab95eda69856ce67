/* core/vulkan/vk-instance.c: the loader, the instance, the devices it shows, and what a VkResult means in words. */
#include <dlfcn.h>
#include <stdlib.h>

#include "base/error.h"
#include "vulkan/vk.h"

#define VALIDATION_LAYER "VK_LAYER_KHRONOS_validation"
#define MAX_PHYSICAL 64u

static CncVulkanSwitches switches_now;
static gint messages;

void
cnc_vulkan_set_switches (const CncVulkanSwitches *switches)
{
  switches_now = *switches;
}

const CncVulkanSwitches *
cnc_vk_switches (void)
{
  return &switches_now;
}

guint
cnc_vulkan_messages (void)
{
  return (guint) g_atomic_int_get (&messages);
}

static VKAPI_ATTR VkBool32 VKAPI_CALL
on_message (VkDebugUtilsMessageSeverityFlagBitsEXT severity, VkDebugUtilsMessageTypeFlagsEXT types,
            const VkDebugUtilsMessengerCallbackDataEXT *data, void *user_data)
{
  g_atomic_int_inc (&messages);
  g_message ("Vulkan: %s", data->pMessage);
  return VK_FALSE;
}

static const VkDebugUtilsMessengerCreateInfoEXT messenger_info = {
  .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
  .messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
  .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT,
  .pfnUserCallback = on_message,
};

/* Opened and never closed: drivers leave threads and thread-local destructors behind. */
static PFN_vkGetInstanceProcAddr
loader (const char *name)
{
  void *library = dlopen (name != NULL ? name : "libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
  PFN_vkGetInstanceProcAddr get = NULL;

  if (library != NULL)
    *(void **) &get = dlsym (library, "vkGetInstanceProcAddr");
  return get;
}

static gboolean
no_device (GError **error, const char *message)
{
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_NO_DEVICE, message);
  return FALSE;
}

gboolean
cnc_vk_instance_init (CncVkInstance *vki, const CncVulkanSwitches *switches, GError **error)
{
  static const char *const layers[] = { VALIDATION_LAYER }, *const extensions[] = { VK_EXT_DEBUG_UTILS_EXTENSION_NAME };
  const VkApplicationInfo application = {
    .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
    .pApplicationName = "cnncrypt",
    .apiVersion = VK_API_VERSION_1_1,
  };
  /* Not only wrong arguments: missing barriers too. */
  static const VkValidationFeatureEnableEXT enabled[] = { VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT };
  const VkValidationFeaturesEXT features = {
    .sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT,
    .pNext = &messenger_info,
    .enabledValidationFeatureCount = G_N_ELEMENTS (enabled),
    .pEnabledValidationFeatures = enabled,
  };
  const VkInstanceCreateInfo info = {
    .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
    .pNext = switches->validation ? &features : NULL,
    .pApplicationInfo = &application,
    .enabledLayerCount = switches->validation ? 1 : 0,
    .ppEnabledLayerNames = layers,
    .enabledExtensionCount = switches->validation ? 1 : 0,
    .ppEnabledExtensionNames = extensions,
  };
  PFN_vkEnumerateInstanceVersion enumerate_version;
  PFN_vkCreateInstance create;
  guint32 version = 0;
  VkResult result;

  memset (vki, 0, sizeof *vki);
  vki->get = loader (switches->loader);
  if (vki->get == NULL)
    return no_device (
        error, "The Vulkan loader is not installed; install the package libvulkan1 (vulkan-loader on Fedora, vulkan-icd-loader on Arch).");
  enumerate_version = (PFN_vkEnumerateInstanceVersion) vki->get (NULL, "vkEnumerateInstanceVersion");
  create = (PFN_vkCreateInstance) vki->get (NULL, "vkCreateInstance");
  if (create == NULL || enumerate_version == NULL || enumerate_version (&version) != VK_SUCCESS || version < VK_API_VERSION_1_1)
    return no_device (error, "The Vulkan loader is older than Vulkan 1.1; update it.");
  result = create (&info, NULL, &vki->instance);
  if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
    return no_device (error, "No Vulkan driver is installed; install your GPU's driver, or mesa-vulkan-drivers for Vulkan in software.");
  if (result == VK_ERROR_LAYER_NOT_PRESENT || result == VK_ERROR_EXTENSION_NOT_PRESENT)
    return no_device (error, "The Vulkan validation layer is not installed; install the package vulkan-validationlayers.");
  if (result != VK_SUCCESS)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_NO_DEVICE, "Vulkan did not start (error %d); reinstall the GPU's driver.", result);
      return FALSE;
    }
#define F(name) vki->name = (PFN_vk##name) vki->get (vki->instance, "vk" #name);
  CNC_VK_INSTANCE_FUNCTIONS (F)
#undef F
  if (switches->validation)
    {
      const PFN_vkCreateDebugUtilsMessengerEXT messenger
          = (PFN_vkCreateDebugUtilsMessengerEXT) vki->get (vki->instance, "vkCreateDebugUtilsMessengerEXT");

      if (messenger == NULL || messenger (vki->instance, &messenger_info, NULL, &vki->messenger) != VK_SUCCESS)
        {
          cnc_vk_instance_clear (vki);
          return no_device (error, "The Vulkan validation layer does not work; reinstall the package vulkan-validationlayers.");
        }
    }
  return TRUE;
}

void
cnc_vk_instance_clear (CncVkInstance *vki)
{
  if (vki->instance == VK_NULL_HANDLE)
    return;
  if (vki->messenger != VK_NULL_HANDLE)
    ((PFN_vkDestroyDebugUtilsMessengerEXT) vki->get (vki->instance, "vkDestroyDebugUtilsMessengerEXT")) (vki->instance, vki->messenger,
                                                                                                         NULL);
  vki->DestroyInstance (vki->instance, NULL);
  memset (vki, 0, sizeof *vki);
}

static guint
rank_of (VkPhysicalDeviceType type)
{
  switch (type)
    {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
      return 0;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
      return 1;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
      return 2;
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
      return 4;
    default:
      return 3;
    }
}

static gboolean
has_compute (CncVkInstance *vki, VkPhysicalDevice device)
{
  VkQueueFamilyProperties families[16];
  guint32 count = G_N_ELEMENTS (families);

  vki->GetPhysicalDeviceQueueFamilyProperties (device, &count, families);
  for (guint32 i = 0; i < count; i++)
    if (families[i].queueFlags & VK_QUEUE_COMPUTE_BIT)
      return TRUE;
  return FALSE;
}

static void
describe (CncVkInstance *vki, CncVkPhysical *physical)
{
  VkPhysicalDeviceSubgroupProperties subgroup = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES };
  VkPhysicalDeviceIDProperties id = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES, .pNext = &subgroup };
  VkPhysicalDeviceProperties2 properties = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &id };
  VkPhysicalDeviceMemoryProperties memory;
  g_autofree char *name = NULL;
  const char *end;

  vki->GetPhysicalDeviceProperties2 (physical->handle, &properties);
  vki->GetPhysicalDeviceMemoryProperties (physical->handle, &memory);
  physical->properties = properties.properties;
  physical->shuffle = subgroup.subgroupSize >= 8 && (subgroup.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT) != 0
                      && (subgroup.supportedOperations & VK_SUBGROUP_FEATURE_SHUFFLE_BIT) != 0;
  physical->rank = rank_of (properties.properties.deviceType);
  for (guint32 i = 0; i < memory.memoryHeapCount; i++)
    if (memory.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT)
      physical->local_bytes = MAX (physical->local_bytes, memory.memoryHeaps[i].size);
  physical->info.kind
      = properties.properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU ? CNC_DEVICE_VULKAN_SOFTWARE : CNC_DEVICE_VULKAN_GPU;
  for (guint i = 0; i < VK_UUID_SIZE; i++)
    g_snprintf (physical->info.id + 2 * i, 3, "%02x", id.deviceUUID[i]);
  name = g_utf8_make_valid (properties.properties.deviceName, -1);
  g_strlcpy (physical->info.name, name, sizeof physical->info.name);
  if (!g_utf8_validate (physical->info.name, -1, &end))
    physical->info.name[end - physical->info.name] = '\0'; /* cut off within a character */
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  const CncVkPhysical *x = a, *y = b;

  if (x->rank != y->rank)
    return x->rank < y->rank ? -1 : 1;
  if (x->local_bytes != y->local_bytes)
    return x->local_bytes > y->local_bytes ? -1 : 1;
  return strcmp (x->info.id, y->info.id);
}

GArray *
cnc_vk_physical_devices (CncVkInstance *vki)
{
  GArray *found = g_array_new (FALSE, TRUE, sizeof (CncVkPhysical));
  VkPhysicalDevice devices[MAX_PHYSICAL];
  guint32 count = MAX_PHYSICAL;
  const VkResult result = vki->EnumeratePhysicalDevices (vki->instance, &count, devices);

  if (result != VK_SUCCESS && result != VK_INCOMPLETE)
    return found;
  for (guint32 i = 0; i < count; i++)
    {
      CncVkPhysical physical = { .handle = devices[i] };

      describe (vki, &physical);
      if (physical.properties.apiVersion >= VK_API_VERSION_1_1 && has_compute (vki, devices[i]))
        g_array_append_val (found, physical);
    }
  g_array_sort (found, compare);
  return found;
}

GArray *
cnc_vulkan_devices (char **problem)
{
  GArray *infos = g_array_new (FALSE, FALSE, sizeof (CncDeviceInfo));
  g_autoptr (GError) error = NULL;
  CncVkInstance vki;

  if (problem != NULL)
    *problem = NULL;
  if (cnc_vk_instance_init (&vki, &switches_now, &error))
    {
      g_autoptr (GArray) found = cnc_vk_physical_devices (&vki);

      for (guint i = 0; i < found->len; i++)
        g_array_append_val (infos, g_array_index (found, CncVkPhysical, i).info);
      cnc_vk_instance_clear (&vki);
      if (infos->len == 0)
        no_device (&error, "No Vulkan device was found; install your GPU's driver, or mesa-vulkan-drivers for Vulkan in software.");
    }
  if (error != NULL && problem != NULL)
    *problem = g_strdup (error->message);
  return infos;
}

gboolean
cnc_vk_usable (CncVulkan *vk, GError **error)
{
  if (!vk->failed)
    return TRUE;
  g_set_error (error, CNC_ERROR, CNC_ERROR_GPU_LOST, "The device %s stopped answering; try again, or choose another device.",
               vk->backend.info.name);
  return FALSE;
}

gboolean
cnc_vk_check (CncVulkan *vk, VkResult result, const char *what, GError **error)
{
  const char *name = vk->backend.info.name;

  switch (result)
    {
    case VK_SUCCESS:
      return TRUE;
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
    case VK_ERROR_TOO_MANY_OBJECTS:
    case VK_ERROR_FRAGMENTED_POOL:
    case VK_ERROR_OUT_OF_POOL_MEMORY:
      g_set_error (error, CNC_ERROR, CNC_ERROR_GPU_MEMORY,
                   "The device %s has not enough memory to %s; close other programs that use it, or choose another device.", name, what);
      break;
    case VK_ERROR_OUT_OF_HOST_MEMORY:
      g_set_error (error, CNC_ERROR, CNC_ERROR_NO_MEMORY, "Not enough memory to %s on the device %s; close other pictures.", what, name);
      break;
    case VK_ERROR_DEVICE_LOST:
      vk->failed = TRUE;
      return cnc_vk_usable (vk, error);
    case VK_TIMEOUT:
      vk->failed = vk->hung = TRUE;
      return cnc_vk_usable (vk, error);
    default:
      g_set_error (error, CNC_ERROR, CNC_ERROR_GPU_LOST, "The device %s could not %s (Vulkan error %d); choose another device.", name, what,
                   result);
      break;
    }
  return FALSE;
}
