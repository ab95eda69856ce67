/* tests/quality/hide-changes.c: what becomes of a picture on its way, see hide.h. */
#include "hide.h"

#include "picture/pixels.h"
#include "common.h"

#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct
{
  const char *name, *arguments; /* of convert; NULL: noise */
  double deviation;             /* of noise */
} changes[HIDE_CHANGES] = {
  [HIDE_SAVED_AGAIN] = { "saved again as PNG", "", 0 },
  [HIDE_JPEG_90] = { "JPEG 90, 4:2:0", "-sampling-factor 4:2:0 -quality 90", 0 },
  [HIDE_JPEG_75] = { "JPEG 75, 4:2:0", "-sampling-factor 4:2:0 -quality 75", 0 },
  [HIDE_JPEG_50] = { "JPEG 50, 4:2:0", "-sampling-factor 4:2:0 -quality 50", 0 },
  [HIDE_NOISE_2] = { "Gaussian noise 2", NULL, 2 },
  [HIDE_NOISE_5] = { "Gaussian noise 5", NULL, 5 },
  [HIDE_NOISE_10] = { "Gaussian noise 10", NULL, 10 },
  [HIDE_BLUR] = { "blur 0.5", "-gaussian-blur 0x0.5", 0 },
  [HIDE_HALF] = { "half size and back", "-resize 50%% -resize %ux%u!", 0 },
};

const char *
hide_change_name (guint change)
{
  return changes[change].name;
}

void
hide_write_ppm (const char *name, const CncRaster *raster)
{
  FILE *file = fopen (name, "wb");

  if (file == NULL)
    {
      fprintf (stderr, "%s cannot be written\n", name);
      exit (2);
    }
  fprintf (file, "P6\n%u %u\n255\n", raster->width, raster->height);
  fwrite (raster->data, 1, cnc_raster_bytes (raster), file);
  fclose (file);
}

static double
gaussian (GRand *random)
{
  return sqrt (-2 * log (1 - g_rand_double (random))) * cos (2 * G_PI * g_rand_double (random));
}

static void
add_noise (CncRaster *raster, double deviation)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (7);

  for (gsize i = 0; i < cnc_raster_bytes (raster); i++)
    {
      const long value = lrint (raster->data[i] + deviation * gaussian (random));

      raster->data[i] = (guint8) CLAMP (value, 0, 255);
    }
}

CncRaster *
hide_change (const char *png, const char *folder, guint change)
{
  g_autoptr (CncRaster) picture = quality_rgb (png);
  g_autofree char *to = NULL, *arguments = NULL, *command = NULL;
  CncRaster *changed = NULL;

  if (picture == NULL)
    return NULL;
  if (changes[change].arguments == NULL)
    {
      add_noise (picture, changes[change].deviation);
      return g_steal_pointer (&picture);
    }
  to = g_build_filename (folder, strstr (changes[change].arguments, "quality") != NULL ? "changed.jpg" : "changed.png", NULL);
  arguments = change == HIDE_HALF ? g_strdup_printf (changes[HIDE_HALF].arguments, picture->width, picture->height)
                                  : g_strdup (changes[change].arguments);
  command = g_strdup_printf ("convert %s %s %s", png, arguments, to);
  if (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL) && g_file_test (to, G_FILE_TEST_EXISTS))
    changed = quality_rgb (to);
  g_remove (to);
  return changed;
}
