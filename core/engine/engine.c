/* core/engine/engine.c: devices, listed and chosen. */
#include "engine/engine.h"

#include "base/error.h"
#include "engine/speed.h"
#include "vulkan/vk-backend.h"

/* A picture takes about as long as the measurement and the start of software Vulkan. */
#define LITTLE_CIPHER ((guint64) 1 << 20)  /* pixels */
#define LITTLE_NETWORK ((guint64) 1 << 16) /* likewise */

CncWork
cnc_engine_work (CncWork work, guint64 pixels)
{
  return pixels < (work == CNC_WORK_NETWORK ? LITTLE_NETWORK : LITTLE_CIPHER) ? CNC_WORK_LITTLE : work;
}

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

/* Is software Vulkan, which was opened, the faster one? */
static gboolean
compare (CncBackend *software, CncWork work, gboolean *faster, GError **error)
{
  g_autoptr (CncBackend) cpu = cnc_cpu_backend_new ();
  CncSpeeds speeds;

  if (!cnc_speed_measure (cpu, work, &speeds.cpu, error) || !cnc_speed_measure (software, work, &speeds.software, error))
    return FALSE;
  cnc_speed_remember (&software->info, work, &speeds);
  *faster = speeds.software < speeds.cpu;
  return TRUE;
}

/* The device, if it works and is the one to take: a GPU always, software Vulkan if it is faster than the processor.  NULL without error: it
 * is not. */
static CncBackend *
open_if_best (const CncDeviceInfo *info, CncWork work, GError **error)
{
  g_autoptr (CncBackend) backend = NULL;
  const gboolean gpu = info->kind == CNC_DEVICE_VULKAN_GPU;
  CncSpeeds speeds;
  const gboolean known = !gpu && cnc_speed_recall (info, work, &speeds);
  gboolean faster = gpu || (known && speeds.software < speeds.cpu);

  if (!faster && (known || work == CNC_WORK_LITTLE))
    return NULL;
  backend = open_tested (info, error);
  if (backend == NULL || (!gpu && !known && !compare (backend, work, &faster, error)))
    return NULL;
  return faster ? g_steal_pointer (&backend) : NULL;
}

/* The last, "cpu", always works. */
static CncBackend *
open_best (GArray *devices, CncWork work, const char *problem, char **note)
{
  g_autofree char *passed_over = g_strdup (problem);
  gboolean slower = FALSE;

  for (guint i = 0; i + 1 < devices->len && !slower; i++)
    {
      g_autoptr (GError) why = NULL;
      CncBackend *backend = open_if_best (&g_array_index (devices, CncDeviceInfo, i), work, &why);

      if (backend != NULL)
        {
          *note = g_steal_pointer (&passed_over);
          return backend;
        }
      slower = why == NULL;
      if (passed_over == NULL && why != NULL)
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
cnc_engine_open (const char *choice, CncWork work, char **note, GError **error)
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
  backend = open_best (devices, work, problem, &why_not_better);
  if (note != NULL)
    *note = g_steal_pointer (&why_not_better);
  return backend;
}

gboolean
cnc_engine_suit (CncBackend **backend, CncWork *opened, const char *choice, CncWork work, char **note, GError **error)
{
  const gboolean chosen = !is_automatic (choice) || !is_automatic (g_getenv ("CNNCRYPT_DEVICE"));
  char *said = NULL;

  if (*backend != NULL && (chosen || work == CNC_WORK_LITTLE || work == *opened))
    return TRUE;
  g_clear_pointer (backend, cnc_backend_free);
  *backend = cnc_engine_open (choice, work, &said, error);
  *opened = work;
  if (said != NULL)
    {
      g_free (*note);
      *note = said;
    }
  return *backend != NULL;
}

const CncDeviceInfo *
cnc_engine_expected (GArray *devices, CncWork work)
{
  const char *choice = g_getenv ("CNNCRYPT_DEVICE");
  const gboolean automatic = is_automatic (choice);
  g_autofree char *valid = g_utf8_make_valid (automatic ? "" : choice, -1), *folded = g_utf8_casefold (valid, -1), *id = as_id (valid);
  CncSpeeds speeds;

  for (guint i = 0; i < devices->len; i++)
    {
      const CncDeviceInfo *info = &g_array_index (devices, CncDeviceInfo, i);

      if (!automatic ? answers_to (info, folded, id) : info->kind != CNC_DEVICE_VULKAN_SOFTWARE)
        return info;
      if (!automatic)
        continue;
      if (cnc_speed_recall (info, work, &speeds))
        return speeds.software < speeds.cpu ? info : &g_array_index (devices, CncDeviceInfo, devices->len - 1);
      if (work != CNC_WORK_LITTLE)
        return NULL;
    }
  return NULL;
}
