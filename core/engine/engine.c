/* core/engine/engine.c: devices, listed and chosen. */
#include "engine/engine.h"

#include "base/error.h"
#include "vulkan/vk-backend.h"

GArray *
cnc_engine_devices (char **problem)
{
  GArray *devices = cnc_vulkan_devices (problem);
  CncBackend *cpu = cnc_cpu_backend_new ();

  g_array_append_val (devices, cpu->info);
  cnc_backend_free (cpu);
  return devices;
}

/* Opens and tests it. */
static CncBackend *
open_tested (const CncDeviceInfo *info, GError **error)
{
  CncBackend *backend = info->kind == CNC_DEVICE_CPU ? cnc_cpu_backend_new () : cnc_vulkan_open (info->id, error);

  if (backend != NULL && !cnc_engine_self_test (backend, error))
    g_clear_pointer (&backend, cnc_backend_free);
  return backend;
}

/* "GeForce (0123…), llvmpipe (4567…), cpu" */
static char *
list_devices (GArray *devices)
{
  GString *list = g_string_new (NULL);

  for (guint i = 0; i < devices->len; i++)
    {
      const CncDeviceInfo *info = &g_array_index (devices, CncDeviceInfo, i);

      g_string_append (list, i > 0 ? ", " : "");
      if (info->kind == CNC_DEVICE_CPU)
        g_string_append (list, info->id);
      else
        g_string_append_printf (list, "%s (%s)", info->name, info->id);
    }
  return g_string_free (list, FALSE);
}

/* A UUID as it is written anywhere, in the form of CncDeviceInfo's id; NULL if it is none. */
static char *
as_id (const char *choice)
{
  GString *id = g_string_new (NULL);

  for (const char *p = choice; *p != '\0'; p++)
    if (g_ascii_isxdigit (*p))
      g_string_append_c (id, g_ascii_tolower (*p));
    else if (*p != '-')
      return g_string_free (id, TRUE);
  return g_string_free (id, id->len != 32);
}

/* Does the device answer to that choice?  folded: the choice, case folded; id: from as_id. */
static gboolean
answers_to (const CncDeviceInfo *info, const char *folded, const char *id)
{
  g_autofree char *name = NULL;

  if (strcmp (folded, "cpu") == 0)
    return info->kind == CNC_DEVICE_CPU;
  if (strcmp (folded, "gpu") == 0)
    return info->kind == CNC_DEVICE_VULKAN_GPU;
  if (strcmp (folded, "software") == 0)
    return info->kind == CNC_DEVICE_VULKAN_SOFTWARE;
  if (id != NULL)
    return strcmp (info->id, id) == 0;
  name = g_utf8_casefold (info->name, -1);
  return strstr (name, folded) != NULL;
}

/* Words for a kind, of which the best that works is meant; a name or a UUID means one device. */
static gboolean
is_kind (const char *folded)
{
  return strcmp (folded, "gpu") == 0 || strcmp (folded, "software") == 0;
}

static CncBackend *
open_chosen (GArray *devices, const char *choice, const char *problem, GError **error)
{
  g_autofree char *valid = g_utf8_make_valid (choice, -1), *folded = g_utf8_casefold (valid, -1), *id = as_id (choice);
  g_autofree char *list = list_devices (devices);
  const CncDeviceInfo *one = NULL;
  guint matches = 0;

  for (guint i = 0; i < devices->len; i++)
    {
      const CncDeviceInfo *info = &g_array_index (devices, CncDeviceInfo, i);

      if (!answers_to (info, folded, id))
        continue;
      matches++;
      if (is_kind (folded))
        {
          CncBackend *backend;

          g_clear_error (error);
          backend = open_tested (info, error);
          if (backend != NULL)
            return backend;
        }
      else if (one == NULL || id == NULL)
        one = info;
    }
  if (matches == 0)
    g_set_error (error, CNC_ERROR, CNC_ERROR_NO_DEVICE, "There is no device “%s”; choose one of these: %s.%s%s", valid, list,
                 problem != NULL ? " " : "", problem != NULL ? problem : "");
  else if (matches > 1 && id == NULL && one != NULL)
    g_set_error (error, CNC_ERROR, CNC_ERROR_NO_DEVICE, "More than one device answers to “%s”; choose one of these by its number: %s.",
                 valid, list);
  else if (one != NULL)
    return open_tested (one, error);
  return NULL;
}

/* The best that works; the last, "cpu", always does. */
static CncBackend *
open_best (GArray *devices, const char *problem, char **note)
{
  g_autofree char *passed_over = g_strdup (problem);

  for (guint i = 0; i + 1 < devices->len; i++)
    {
      g_autoptr (GError) why = NULL;
      CncBackend *backend = open_tested (&g_array_index (devices, CncDeviceInfo, i), &why);

      if (backend != NULL)
        {
          *note = g_steal_pointer (&passed_over);
          return backend;
        }
      if (passed_over == NULL)
        passed_over = g_strdup (why->message);
    }
  *note = g_steal_pointer (&passed_over);
  return cnc_cpu_backend_new ();
}

static gboolean
is_automatic (const char *choice)
{
  return choice == NULL || *choice == '\0' || g_ascii_strcasecmp (choice, "auto") == 0;
}

CncBackend *
cnc_engine_open (const char *choice, char **note, GError **error)
{
  g_autoptr (GArray) devices = NULL;
  g_autoptr (GError) why = NULL;
  g_autofree char *problem = NULL, *why_not_better = NULL;
  CncBackend *backend;

  if (note != NULL)
    *note = NULL;
  if (is_automatic (choice))
    choice = g_getenv ("CNNCRYPT_DEVICE");
  /* Whoever wants the processor does not wait for the drivers to be loaded. */
  if (!is_automatic (choice) && g_ascii_strcasecmp (choice, "cpu") == 0)
    {
      const CncDeviceInfo cpu = { .kind = CNC_DEVICE_CPU };

      return open_tested (&cpu, error);
    }
  devices = cnc_engine_devices (&problem);
  if (!is_automatic (choice))
    {
      backend = open_chosen (devices, choice, problem, &why);
      if (backend == NULL)
        g_propagate_error (error, g_steal_pointer (&why));
      return backend;
    }
  backend = open_best (devices, problem, &why_not_better);
  if (note != NULL)
    *note = g_steal_pointer (&why_not_better);
  return backend;
}
