/* core/tools/doctor.c: cnncrypt-doctor, which says in plain words whether cnncrypt works on this machine.
 *
 * Everything is tried, not guessed: every device runs the known-answer test, and a small picture is encrypted and
 * decrypted with a passphrase at the usual cost.  Exit status 0 if encrypting and decrypting work.
 */
#include "base/error.h"
#include "cnc-config.h"
#include "engine/engine.h"
#include "methods/crypt.h"
#include "tools/doctor.h"

#include <gio/gio.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

static gboolean problem_seen = FALSE;

void
doctor_say (DoctorGrade grade, const char *format, ...)
{
  static const char *const words[] = { "ok", "note", "PROBLEM" };
  va_list arguments;
  va_start (arguments, format);
  g_autofree char *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_print ("%-8s %s\n", words[grade], text);
  if (grade == DOCTOR_PROBLEM)
    problem_seen = TRUE;
}

static const char *
kind_name (CncDeviceKind kind)
{
  switch (kind)
    {
    case CNC_DEVICE_VULKAN_GPU:
      return "GPU, Vulkan";
    case CNC_DEVICE_VULKAN_SOFTWARE:
      return "software Vulkan, no GPU needed";
    case CNC_DEVICE_CPU:
    default:
      return "always there";
    }
}

static void
check_devices (void)
{
  g_autofree char *problem = NULL;
  g_autoptr (GArray) devices = cnc_engine_devices (&problem);

  if (problem != NULL)
    doctor_say (DOCTOR_NOTE, "%s", problem);
  for (guint i = 0; i < devices->len; i++)
    {
      const CncDeviceInfo *info = &g_array_index (devices, CncDeviceInfo, i);
      g_autoptr (GError) error = NULL;
      /* Opening a device runs its known-answer test. */
      g_autoptr (CncBackend) backend = cnc_engine_open (info->id, CNC_WORK_LITTLE, NULL, &error);
      if (backend != NULL && cnc_engine_self_test (backend, &error))
        doctor_say (DOCTOR_OK, "Device %s (%s): self-test passed", info->name, kind_name (info->kind));
      else
        doctor_say (DOCTOR_NOTE, "Device %s (%s): not usable: %s", info->name, kind_name (info->kind), error->message);
    }
}

/* A picture of the given size whose pixels are all different from their neighbours. */
static CncPicture *
trial_picture (guint32 width, guint32 height, GError **error)
{
  const CncFormat format = { .model = CNC_MODEL_RGB, .sample = CNC_SAMPLE_U8, .curve = CNC_CURVE_PERCEPTUAL, .alpha = FALSE };
  CncRaster *raster = cnc_raster_new (width, height, &format, error);
  if (raster == NULL)
    return NULL;
  for (gsize i = 0; i < cnc_raster_bytes (raster); i++)
    raster->data[i] = (guint8) (i * 37u + i / 191u);
  CncPicture *picture = cnc_picture_new ();
  picture->raster = raster;
  return picture;
}

static gboolean
trial (CncBackend *backend, GError **error)
{
  static const char phrase[] = "a passphrase for the doctor's trial";
  g_autoptr (CncSecret) passphrase = cnc_secret_new_passphrase (phrase, sizeof phrase - 1, error);
  if (passphrase == NULL)
    return FALSE;
  g_autoptr (CncLock) lock = cnc_lock_new_passphrase (passphrase, NULL, error);
  if (lock == NULL)
    return FALSE;
  g_autoptr (CncPicture) picture = trial_picture (97, 61, error);
  if (picture == NULL)
    return FALSE;
  const CncEncryptParams encrypt = { .backend = backend };
  g_autoptr (CncRaster) carrier = cnc_encrypt (picture, lock, &encrypt, error);
  if (carrier == NULL)
    return FALSE;
  CncHeader header;
  if (!cnc_header_read (carrier->data, cnc_raster_bytes (carrier), carrier->width, carrier->height, &header, error))
    return FALSE;
  const CncOpener opener = { .passphrase = passphrase };
  g_autoptr (CncSecret) file_key = cnc_unlock (&header, &opener, error);
  if (file_key == NULL)
    return FALSE;
  const CncDecryptParams decrypt = { .backend = backend };
  g_autoptr (CncPicture) again = cnc_decrypt (carrier, &header, file_key, &decrypt, error);
  if (again == NULL)
    return FALSE;
  if (cnc_raster_bytes (again->raster) != cnc_raster_bytes (picture->raster) ||
      memcmp (again->raster->data, picture->raster->data, cnc_raster_bytes (picture->raster)) != 0)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_GPU_LOST, "what was decrypted is not what was encrypted; choose another device.");
      return FALSE;
    }
  return TRUE;
}

static void
check_trial (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *note = NULL;
  g_autoptr (CncBackend) backend = cnc_engine_open (NULL, CNC_WORK_CIPHER, &note, &error);
  if (backend == NULL)
    {
      doctor_say (DOCTOR_PROBLEM, "No device to work on: %s", error->message);
      return;
    }
  if (note != NULL)
    doctor_say (DOCTOR_NOTE, "%s", note);
  doctor_say (DOCTOR_OK, "Device used if you choose none: %s%s", backend->info.name,
              g_getenv ("CNNCRYPT_DEVICE") != NULL ? " (chosen by CNNCRYPT_DEVICE)" : "");
  g_autoptr (CncBackend) network = cnc_engine_open (NULL, CNC_WORK_NETWORK, NULL, NULL);
  if (network != NULL && strcmp (network->info.id, backend->info.id) != 0)
    doctor_say (DOCTOR_OK, "Device used for trained networks (the lossy method, cnncrypt-train): %s", network->info.name);
  const gint64 from = g_get_monotonic_time ();
  if (trial (backend, &error))
    doctor_say (DOCTOR_OK, "Trial: a small picture was encrypted and decrypted again, every bit equal, in %.1f s",
                (double) (g_get_monotonic_time () - from) / 1e6);
  else
    doctor_say (DOCTOR_PROBLEM, "Trial: encrypting and decrypting a small picture failed: %s", error->message);
}

/* Argon2id takes 256 MiB by default, and up to 1 GiB for pictures that others made so. */
static void
check_memory (void)
{
  g_autofree char *text = NULL;
  if (!g_file_get_contents ("/proc/meminfo", &text, NULL, NULL))
    return;
  const char *line = strstr (text, "MemAvailable:");
  if (line == NULL)
    return;
  const guint64 mib = g_ascii_strtoull (line + strlen ("MemAvailable:"), NULL, 10) / 1024;
  if (mib < 320)
    doctor_say (DOCTOR_PROBLEM, "Memory: %" G_GUINT64_FORMAT " MiB are free; turning a passphrase into a key takes 256 MiB: close other programs.", mib);
  else
    doctor_say (DOCTOR_OK, "Memory: %" G_GUINT64_FORMAT " MiB are free; turning a passphrase into a key takes 256 MiB", mib);
}

static void
check_disk (void)
{
  const char *const folders[] = { g_get_home_dir (), g_get_tmp_dir () };
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autoptr (GFile) file = g_file_new_for_path (folders[i]);
      g_autoptr (GFileInfo) info = g_file_query_filesystem_info (file, G_FILE_ATTRIBUTE_FILESYSTEM_FREE, NULL, NULL);
      if (info == NULL)
        {
          doctor_say (DOCTOR_PROBLEM, "Disk: the folder %s cannot be read; GIMP needs it: make it, or set %s.", folders[i], i == 0 ? "HOME" : "TMPDIR");
          continue;
        }
      const guint64 mib = g_file_info_get_attribute_uint64 (info, G_FILE_ATTRIBUTE_FILESYSTEM_FREE) / (1024 * 1024);
      if (mib < 100)
        doctor_say (DOCTOR_NOTE, "Disk: only %" G_GUINT64_FORMAT " MiB are free in %s; a large picture may not fit.", mib, folders[i]);
      else
        doctor_say (DOCTOR_OK, "Disk: %" G_GUINT64_FORMAT " MiB are free in %s", mib, folders[i]);
    }
}

int
main (int argc, char **argv)
{
  gboolean device = FALSE, no_gimp = FALSE, version = FALSE;
  g_autofree char *built = NULL;
  const GOptionEntry entries[] = {
    { "device", 0, 0, G_OPTION_ARG_NONE, &device, "print only the name of the device that is used", NULL },
    { "no-gimp", 0, 0, G_OPTION_ARG_NONE, &no_gimp, "do not look for GIMP and the plug-in", NULL },
    { "built", 0, 0, G_OPTION_ARG_FILENAME, &built, "the plug-in of this build, to compare the installed one with", "FILE" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "print the version", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  g_autoptr (GOptionContext) context = g_option_context_new ("- says whether cnncrypt works here, and what to do where it does not");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc > 1)
    {
      g_printerr ("cnncrypt-doctor: %s\n", error != NULL ? error->message : "no arguments but options are taken; see --help");
      return 2;
    }
  if (version)
    {
      g_print ("cnncrypt-doctor %s\n", CNC_VERSION);
      return EXIT_SUCCESS;
    }
  if (device)
    {
      g_autoptr (CncBackend) backend = cnc_engine_open (NULL, CNC_WORK_CIPHER, NULL, &error);
      if (backend == NULL)
        {
          g_printerr ("cnncrypt-doctor: %s\n", error->message);
          return EXIT_FAILURE;
        }
      g_print ("%s (%s)\n", backend->info.name, kind_name (backend->info.kind));
      return EXIT_SUCCESS;
    }

  g_print ("cnncrypt %s\n", CNC_VERSION);
  if (cnc_seal_init (&error))
    {
      doctor_say (DOCTOR_OK, "libsodium starts");
      check_memory ();
      check_disk ();
      check_devices ();
      doctor_check_models ();
      check_trial ();
    }
  else
    doctor_say (DOCTOR_PROBLEM, "%s", error->message);
  if (!no_gimp)
    doctor_check_gimp (built);
  g_print ("%s\n", problem_seen ? "Something is in the way: see the lines marked PROBLEM."
                   : no_gimp    ? "Encrypting and decrypting work here."
                                : "All well: in GIMP, Filters > Crypto > Encrypt...");
  return problem_seen ? EXIT_FAILURE : EXIT_SUCCESS;
}
