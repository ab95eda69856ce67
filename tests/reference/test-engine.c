/* tests/reference: the list of devices, the self-test, and which device a choice means; with drivers and loaders that fail. */
#include <glib/gstdio.h>

#include "cipher-case.h"
#include "base/memory.h"
#include "engine/speed.h"
#include "vulkan/vk-backend.h"

static const CncVulkanSwitches no_switches;

/* Opens; the backend must be of that kind. */
static void
assert_opens_for (const char *choice, CncWork work, CncDeviceKind kind, const char *note_part)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *note = NULL;
  g_autoptr (CncBackend) backend = cnc_engine_open (choice, work, &note, &error);

  g_assert_no_error (error);
  g_assert_nonnull (backend);
  g_assert_cmpint (backend->info.kind, ==, kind);
  if (note_part == NULL)
    g_assert_null (note);
  else
    {
      g_assert_nonnull (note);
      g_assert_nonnull (strstr (note, note_part));
    }
}

static void
assert_opens (const char *choice, CncDeviceKind kind, const char *note_part)
{
  assert_opens_for (choice, CNC_WORK_CIPHER, kind, note_part);
}

static void
assert_refused (const char *choice, gint code, const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *note = NULL;
  g_autoptr (CncBackend) backend = cnc_engine_open (choice, CNC_WORK_CIPHER, &note, &error);

  g_assert_null (backend);
  g_assert_null (note);
  g_assert_error (error, CNC_ERROR, code);
  g_assert_nonnull (strstr (error->message, part));
}

static char *
speeds_file (void)
{
  return g_build_filename (g_getenv ("XDG_CACHE_HOME"), "cnncrypt", "speeds", NULL);
}

static void
forget (void)
{
  g_autofree char *name = speeds_file ();

  g_unlink (name);
}

/* Pretends that these seconds were measured. */
static void
pretend (const CncDeviceInfo *software, CncWork work, double cpu, double other)
{
  const CncSpeeds speeds = { cpu, other };

  cnc_speed_remember (software, work, &speeds);
}

/* The first device, if it is one that is compared with the processor. */
static gboolean
is_software (const CncDeviceInfo *first)
{
  if (first->kind == CNC_DEVICE_VULKAN_SOFTWARE)
    return TRUE;
  g_test_skip ("the first device is no software Vulkan");
  return FALSE;
}

static void
test_list (void)
{
  g_autofree char *problem = NULL;
  g_autoptr (GArray) devices = cnc_engine_devices (&problem);
  const CncDeviceInfo *last = &g_array_index (devices, CncDeviceInfo, devices->len - 1);

  g_assert_cmpint (last->kind, ==, CNC_DEVICE_CPU);
  g_assert_cmpstr (last->id, ==, "cpu");
  g_assert_cmpuint (devices->len, >, 1); /* software Vulkan at least */
  g_assert_null (problem);
  for (guint i = 0; i + 1 < devices->len; i++)
    {
      const CncDeviceInfo *info = &g_array_index (devices, CncDeviceInfo, i);

      g_assert_cmpuint (strlen (info->id), ==, 32);
      g_assert_cmpint (info->kind, !=, CNC_DEVICE_CPU);
      if (i > 0)
        g_assert_false (info->kind == CNC_DEVICE_VULKAN_GPU && info[-1].kind == CNC_DEVICE_VULKAN_SOFTWARE);
    }
}

static void
test_choice (void)
{
  g_autoptr (GArray) devices = cnc_engine_devices (NULL);
  const CncDeviceInfo *first = &g_array_index (devices, CncDeviceInfo, 0);
  g_autofree char *part = g_utf8_strup (first->name, 6), *dashed = NULL;
  GString *uuid = g_string_new (NULL);

  for (guint i = 0; i < 32; i++)
    g_string_append_printf (uuid, "%s%c", i == 8 || i == 12 || i == 16 || i == 20 ? "-" : "", g_ascii_toupper (first->id[i]));
  dashed = g_string_free (uuid, FALSE);
  pretend (first, CNC_WORK_CIPHER, 2, 1);
  assert_opens (NULL, first->kind, NULL);
  assert_opens ("", first->kind, NULL);
  assert_opens ("auto", first->kind, NULL);
  assert_opens ("cpu", CNC_DEVICE_CPU, NULL);
  assert_opens ("CPU", CNC_DEVICE_CPU, NULL);
  assert_opens (first->id, first->kind, NULL);
  assert_opens (dashed, first->kind, NULL);
  assert_opens (first->name, first->kind, NULL);
  if (devices->len == 2)
    assert_opens (part, first->kind, NULL);
  if (first->kind == CNC_DEVICE_VULKAN_SOFTWARE)
    {
      assert_opens ("software", CNC_DEVICE_VULKAN_SOFTWARE, NULL);
      assert_refused ("gpu", CNC_ERROR_NO_DEVICE, first->id);
    }
  assert_refused ("no such device", CNC_ERROR_NO_DEVICE, first->name);
  assert_refused ("\xff\xfe", CNC_ERROR_NO_DEVICE, "cpu");
  assert_refused ("00000000000000000000000000000000", CNC_ERROR_NO_DEVICE, first->id);
  /* A letter that the name of the processor has, and so has the other's. */
  assert_refused ("p", CNC_ERROR_NO_DEVICE, "More than one");
}

/* What was measured decides, for each kind of work alone; a choice stands above it. */
static void
test_faster_by_numbers (void)
{
  g_autoptr (GArray) devices = cnc_engine_devices (NULL);
  const CncDeviceInfo *first = &g_array_index (devices, CncDeviceInfo, 0), *cpu = &g_array_index (devices, CncDeviceInfo, devices->len - 1);

  if (!is_software (first))
    return;
  for (guint i = 0; i < 4; i++)
    {
      const gboolean cipher = (i & 1) != 0, network = (i & 2) != 0; /* is software Vulkan the faster one? */

      pretend (first, CNC_WORK_CIPHER, 0.002, cipher ? 0.0019 : 0.0021);
      pretend (first, CNC_WORK_NETWORK, 7, network ? 1e-6 : 7);
      assert_opens_for (NULL, CNC_WORK_CIPHER, cipher ? first->kind : CNC_DEVICE_CPU, NULL);
      assert_opens_for (NULL, CNC_WORK_LITTLE, cipher ? first->kind : CNC_DEVICE_CPU, NULL);
      assert_opens_for ("auto", CNC_WORK_NETWORK, network ? first->kind : CNC_DEVICE_CPU, NULL);
      assert_opens_for ("cpu", CNC_WORK_NETWORK, CNC_DEVICE_CPU, NULL);
      assert_opens_for ("software", CNC_WORK_NETWORK, CNC_DEVICE_VULKAN_SOFTWARE, NULL);
      g_assert_true (cnc_engine_expected (devices, CNC_WORK_CIPHER) == (cipher ? first : cpu));
      g_assert_true (cnc_engine_expected (devices, CNC_WORK_NETWORK) == (network ? first : cpu));
    }
  forget ();
  assert_opens_for (NULL, CNC_WORK_LITTLE, CNC_DEVICE_CPU, NULL);
  g_assert_null (cnc_engine_expected (devices, CNC_WORK_CIPHER));
  g_assert_cmpint (cnc_engine_work (CNC_WORK_CIPHER, 100 * 100), ==, CNC_WORK_LITTLE);
  g_assert_cmpint (cnc_engine_work (CNC_WORK_CIPHER, 6000 * 4000), ==, CNC_WORK_CIPHER);
  g_assert_cmpint (cnc_engine_work (CNC_WORK_NETWORK, 768 * 512), ==, CNC_WORK_NETWORK);
}

/* The device that is taken without any figures is the faster one, unless they are so close that the next measurement may differ. */
static void
test_faster_in_truth (void)
{
  static const CncWork works[] = { CNC_WORK_CIPHER, CNC_WORK_NETWORK };
  g_autoptr (GArray) devices = cnc_engine_devices (NULL);
  const CncDeviceInfo *first = &g_array_index (devices, CncDeviceInfo, 0);
  g_autoptr (CncBackend) cpu = cnc_cpu_backend_new (), software = NULL;
  g_autoptr (GError) error = NULL;

  if (!is_software (first))
    return;
  forget ();
  software = cnc_vulkan_open (first->id, &error);
  g_assert_no_error (error);
  for (guint w = 0; w < G_N_ELEMENTS (works); w++)
    {
      g_autoptr (CncBackend) taken = cnc_engine_open (NULL, works[w], NULL, &error);
      double least[2] = { G_MAXDOUBLE, G_MAXDOUBLE }, seconds;
      CncSpeeds kept;

      g_assert_no_error (error);
      g_assert_true (cnc_speed_recall (first, works[w], &kept));
      g_assert_true (taken->info.kind == (kept.software < kept.cpu ? first->kind : CNC_DEVICE_CPU));
      for (guint i = 0; i < 6; i++)
        {
          g_assert_true (cnc_speed_measure (i % 2 == 0 ? cpu : software, works[w], &seconds, &error));
          g_assert_cmpfloat (seconds, >, 0);
          least[i % 2] = MIN (least[i % 2], seconds);
        }
      g_test_message ("work %u: processor %.3f ms, %s %.3f ms, %s taken", works[w], least[0] * 1e3, first->name, least[1] * 1e3,
                      taken->info.name);
      if (least[0] > 4 * least[1] || least[1] > 4 * least[0])
        g_assert_cmpint (taken->info.kind, ==, least[0] < least[1] ? CNC_DEVICE_CPU : first->kind);
    }
}

/* Figures that are damaged, for another machine, or cannot be kept: no error, they are measured again. */
static void
test_speeds_file (void)
{
  static const char *const lines[]
      = { "cipher=nan;1", "cipher=1;-1", "cipher=0;1", "cipher=1", "cipher=1;2;3", "cipher=inf;1", "cipher=x;y", "network=1;2" };
  g_autoptr (GArray) devices = cnc_engine_devices (NULL);
  const CncDeviceInfo *first = &g_array_index (devices, CncDeviceInfo, 0);
  g_autofree char *name = speeds_file (), *folder = g_path_get_dirname (name), *good = NULL, *aside = g_strconcat (folder, "-", NULL);
  g_autofree char *large = g_strnfill (5000, '\n'), *other = NULL;
  g_auto (GStrv) parts = NULL;
  CncSpeeds speeds;

  if (!is_software (first))
    return;
  forget ();
  pretend (first, CNC_WORK_CIPHER, 0.5, 0.25);
  g_assert_true (cnc_speed_recall (first, CNC_WORK_CIPHER, &speeds));
  g_assert_cmpfloat (speeds.cpu, ==, 0.5);
  g_assert_cmpfloat (speeds.software, ==, 0.25);
  g_assert_false (cnc_speed_recall (first, CNC_WORK_NETWORK, &speeds));
  g_assert_true (g_file_get_contents (name, &good, NULL, NULL));
  parts = g_strsplit (good, "cipher=", 2);
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autofree char *bad = g_strconcat (parts[0], lines[i], "\n", NULL);

      g_assert_true (g_file_set_contents (name, bad, -1, NULL));
      g_assert_false (cnc_speed_recall (first, CNC_WORK_CIPHER, &speeds));
    }
  other = g_strconcat ("[seconds]\nfor=another machine\ncipher=", parts[1], NULL);
  g_assert_true (g_file_set_contents (name, other, -1, NULL));
  g_assert_false (cnc_speed_recall (first, CNC_WORK_CIPHER, &speeds));
  g_assert_true (g_file_set_contents (name, "\xff\xfe[[", 4, NULL));
  g_assert_false (cnc_speed_recall (first, CNC_WORK_CIPHER, &speeds));
  large = g_realloc (large, 5001 + strlen (good));
  strcat (large, good);
  g_assert_true (g_file_set_contents (name, large, -1, NULL));
  g_assert_false (cnc_speed_recall (first, CNC_WORK_CIPHER, &speeds));
  pretend (first, CNC_WORK_CIPHER, 1, 2);
  g_assert_true (cnc_speed_recall (first, CNC_WORK_CIPHER, &speeds));
  /* A file stands where the folder should. */
  g_assert_cmpint (g_rename (folder, aside), ==, 0);
  g_assert_true (g_file_set_contents (folder, "", 0, NULL));
  pretend (first, CNC_WORK_CIPHER, 1, 2);
  g_assert_false (cnc_speed_recall (first, CNC_WORK_CIPHER, &speeds));
  {
    g_autoptr (GError) error = NULL;
    g_autoptr (CncBackend) backend = cnc_engine_open (NULL, CNC_WORK_CIPHER, NULL, &error);

    g_assert_no_error (error);
    g_assert_nonnull (backend);
  }
  g_assert_cmpint (g_unlink (folder), ==, 0);
  g_assert_cmpint (g_rename (aside, folder), ==, 0);
}

/* One backend for pictures of several kinds in turn. */
static void
test_suit (void)
{
  g_autoptr (GArray) devices = cnc_engine_devices (NULL);
  const CncDeviceInfo *first = &g_array_index (devices, CncDeviceInfo, 0);
  const struct
  {
    const char *choice;
    CncWork work;
    CncDeviceKind kind;
  } steps[] = {
    { NULL, CNC_WORK_LITTLE, CNC_DEVICE_CPU },   { NULL, CNC_WORK_CIPHER, CNC_DEVICE_CPU },    { NULL, CNC_WORK_NETWORK, first->kind },
    { NULL, CNC_WORK_LITTLE, first->kind },      { "software", CNC_WORK_CIPHER, first->kind }, { "", CNC_WORK_CIPHER, CNC_DEVICE_CPU },
    { "cpu", CNC_WORK_NETWORK, CNC_DEVICE_CPU },
  };
  g_autoptr (CncBackend) backend = NULL;
  g_autofree char *note = NULL;
  CncWork opened = CNC_WORK_LITTLE;

  if (!is_software (first))
    return;
  pretend (first, CNC_WORK_CIPHER, 1, 2);
  pretend (first, CNC_WORK_NETWORK, 2, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (cnc_engine_suit (&backend, &opened, steps[i].choice, steps[i].work, &note, &error));
      g_assert_no_error (error);
      g_assert_cmpint (backend->info.kind, ==, steps[i].kind);
      g_assert_null (note);
    }
}

static void
test_environment (void)
{
  g_autoptr (GArray) devices = cnc_engine_devices (NULL);

  g_setenv ("CNNCRYPT_DEVICE", "cpu", TRUE);
  assert_opens (NULL, CNC_DEVICE_CPU, NULL);
  g_assert_cmpstr (cnc_engine_expected (devices, CNC_WORK_CIPHER)->id, ==, "cpu");
  g_setenv ("CNNCRYPT_DEVICE", "none of these", TRUE);
  g_assert_null (cnc_engine_expected (devices, CNC_WORK_CIPHER));
  assert_refused ("auto", CNC_ERROR_NO_DEVICE, "none of these");
  assert_opens ("cpu", CNC_DEVICE_CPU, NULL);
  g_unsetenv ("CNNCRYPT_DEVICE");
}

/* No driver; a driver's file that is not there, that is no driver, that is nonsense. */
static void
test_no_driver (void)
{
  g_autofree char *folder = g_dir_make_tmp ("cnncrypt-XXXXXX", NULL), *broken = g_build_filename (folder, "broken.json", NULL);
  g_autofree char *nonsense = g_build_filename (folder, "nonsense.json", NULL);
  const char *const files[] = { "/dev/null", "/nonexistent", "", broken, nonsense };

  g_assert_true (g_file_set_contents (
      broken, "{\"file_format_version\": \"1.0.0\", \"ICD\": {\"library_path\": \"libc.so.6\", \"api_version\": \"1.3.0\"}}", -1, NULL));
  g_assert_true (g_file_set_contents (nonsense, "{{{", -1, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *problem = NULL;
      g_autoptr (GArray) devices = NULL;

      g_setenv ("VK_ICD_FILENAMES", files[i], TRUE);
      devices = cnc_engine_devices (&problem);
      g_assert_cmpuint (devices->len, ==, 1);
      g_assert_nonnull (problem);
      assert_opens (NULL, CNC_DEVICE_CPU, "driver");
      assert_opens ("cpu", CNC_DEVICE_CPU, NULL);
      assert_refused ("software", CNC_ERROR_NO_DEVICE, "driver");
      assert_refused ("gpu", CNC_ERROR_NO_DEVICE, "cpu");
    }
  g_unsetenv ("VK_ICD_FILENAMES");
  g_unlink (broken);
  g_unlink (nonsense);
  g_rmdir (folder);
}

static void
test_no_loader (void)
{
  /* Not there at all; there, but no Vulkan. */
  static const char *const loaders[] = { "libnothing-of-that-name.so.1", "libc.so.6" };

  for (gsize i = 0; i < G_N_ELEMENTS (loaders); i++)
    {
      const CncVulkanSwitches switches = { .loader = loaders[i] };

      cnc_vulkan_set_switches (&switches);
      assert_opens (NULL, CNC_DEVICE_CPU, "loader");
      assert_refused ("software", CNC_ERROR_NO_DEVICE, "loader");
    }
  cnc_vulkan_set_switches (&no_switches);
}

/* A device that is lost, or has no memory, in its self-test: passed over with a note, or refused where it was asked for. */
static void
test_bad_device (void)
{
  static const CncVulkanSwitches bad[] = { { .lose_submission = 1 }, { .fail_allocation = 1 } };
  g_autoptr (GArray) devices = cnc_engine_devices (NULL);
  const CncDeviceInfo *first = &g_array_index (devices, CncDeviceInfo, 0);

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      forget ();
      if (i == 0)
        pretend (first, CNC_WORK_CIPHER, 2, 1);
      cnc_vulkan_set_switches (&bad[i]);
      assert_opens (NULL, CNC_DEVICE_CPU, first->name);
      assert_refused (first->id, CNC_ERROR_GPU_LOST, "self-test");
    }
  cnc_vulkan_set_switches (&no_switches);
}

/* The same at any moment of the measurement: what stands behind the self-test does not fail either. */
static void
test_lost_while_measured (void)
{
  g_autoptr (GArray) devices = cnc_engine_devices (NULL);
  const CncDeviceInfo *first = &g_array_index (devices, CncDeviceInfo, 0);
  guint noted = 0;

  if (!is_software (first))
    return;
  for (guint n = 2; n < 60; n += 3)
    {
      const CncVulkanSwitches lose = { .lose_submission = n };
      g_autoptr (GError) error = NULL;
      g_autofree char *note = NULL;
      g_autoptr (CncBackend) backend = NULL;

      forget ();
      cnc_vulkan_set_switches (&lose);
      backend = cnc_engine_open (NULL, CNC_WORK_CIPHER, &note, &error);
      g_assert_no_error (error);
      g_assert_nonnull (backend);
      noted += note != NULL;
      if (note != NULL)
        g_assert_cmpint (backend->info.kind, ==, CNC_DEVICE_CPU);
    }
  g_assert_cmpuint (noted, >, 1);
  cnc_vulkan_set_switches (&no_switches);
}

static CncBackendTable wrong_table;
static guint wrong_operation;

static gboolean
wrong_sum (CncBackend *backend, CncBuffer *to, gsize to_word, CncBuffer *from, gsize from_word, gsize words, gboolean subtract,
           GError **error)
{
  g_autoptr (CncBackend) right = cnc_reference_backend_new ();

  return right->table->add_bytes (backend, to, to_word, from, from_word, wrong_operation == (subtract ? 1u : 0u) ? words - 1 : words,
                                  subtract, error);
}

static gboolean
wrong_round (CncBackend *backend, const CncCipherShape *shape, CncBuffer *tables, gsize table_word, CncBuffer *source, CncBuffer *target,
             CncBuffer *result, gboolean inverse, GError **error)
{
  g_autoptr (CncBackend) right = cnc_reference_backend_new ();
  guint32 word;

  if (!right->table->cipher_round (backend, shape, tables, table_word, source, target, result, inverse, error))
    return FALSE;
  if (wrong_operation != (inverse ? 3u : 2u))
    return TRUE;
  /* One bit of the last word. */
  return cnc_buffer_download (backend, result, ((gsize) shape->width * shape->height - 1) * 4, &word, 4, error)
         && (word ^= 1u << 31, cnc_buffer_upload (backend, result, ((gsize) shape->width * shape->height - 1) * 4, &word, 4, error));
}

static void
test_wrong (void)
{
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();

  wrong_table = *backend->table;
  wrong_table.add_bytes = wrong_sum;
  wrong_table.cipher_round = wrong_round;
  backend->table = &wrong_table;
  for (wrong_operation = 0; wrong_operation < 5; wrong_operation++)
    {
      g_autoptr (GError) error = NULL;

      if (wrong_operation == 4)
        {
          g_assert_true (cnc_engine_self_test (backend, &error));
          g_assert_no_error (error);
          continue;
        }
      g_assert_false (cnc_engine_self_test (backend, &error));
      g_assert_error (error, CNC_ERROR, CNC_ERROR_GPU_LOST);
      g_assert_nonnull (strstr (error->message, "calculates wrongly"));
    }
}

/* Main memory ends at each allocation in turn. */
static void
test_memory (void)
{
  for (guint n = 1; n <= 5; n++)
    {
      cnc_alloc_fail_at (n);
      assert_refused ("cpu", CNC_ERROR_GPU_LOST, "Not enough memory");
    }
  cnc_alloc_fail_at (0);
  assert_opens ("cpu", CNC_DEVICE_CPU, NULL);
}

int
main (int argc, char **argv)
{
  g_unsetenv ("CNNCRYPT_DEVICE");
  case_isolate_cache ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/list", test_list);
  g_test_add_func ("/engine/choice", test_choice);
  g_test_add_func ("/engine/faster-by-numbers", test_faster_by_numbers);
  g_test_add_func ("/engine/faster-in-truth", test_faster_in_truth);
  g_test_add_func ("/engine/speeds-file", test_speeds_file);
  g_test_add_func ("/engine/suit", test_suit);
  g_test_add_func ("/engine/environment", test_environment);
  g_test_add_func ("/engine/no-driver", test_no_driver);
  g_test_add_func ("/engine/no-loader", test_no_loader);
  g_test_add_func ("/engine/bad-device", test_bad_device);
  g_test_add_func ("/engine/lost-while-measured", test_lost_while_measured);
  g_test_add_func ("/engine/wrong-results", test_wrong);
  g_test_add_func ("/engine/memory", test_memory);
  return case_run ();
}
