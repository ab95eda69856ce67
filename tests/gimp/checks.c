/* Checks of the plug-in from inside of a headless GIMP: a plug-in itself, started as GIMP's batch interpreter. */
#include "checks.h"

#include <stdio.h>
#include <string.h>

#define PROCEDURE "plug-in-cnncrypt-checks"
#define STATE_PROCEDURE "plug-in-cnncrypt-checks-state"

char *checks_error;
static FILE *tap;
static guint n_checks;

static void
query (void)
{
  static const GimpParamDef args[] = {
    { GIMP_PDB_INT32, (gchar *) "run-mode", (gchar *) "" },
    { GIMP_PDB_STRING, (gchar *) "command", (gchar *) "which checks" },
  };
  static const GimpParamDef state_args[] = {
    { GIMP_PDB_INT32, (gchar *) "run-mode", (gchar *) "" },
    { GIMP_PDB_IMAGE, (gchar *) "image", (gchar *) "whose pixels are summed up" },
    { GIMP_PDB_STRING, (gchar *) "path", (gchar *) "a file for what all images are like" },
  };

  gimp_install_procedure (PROCEDURE, "", "", "", "", "", NULL, NULL, GIMP_PLUGIN, G_N_ELEMENTS (args), 0, args, NULL);
  gimp_install_procedure (STATE_PROCEDURE, "", "", "", "", "", NULL, NULL, GIMP_PLUGIN, G_N_ELEMENTS (state_args), 0, state_args, NULL);
}

void
check (gboolean passed, const char *format, ...)
{
  va_list args;

  fprintf (tap, "%sok %u - ", passed ? "" : "not ", ++n_checks);
  va_start (args, format);
  vfprintf (tap, format, args);
  va_end (args);
  fputc ('\n', tap);
  if (!passed && checks_error != NULL)
    fprintf (tap, "# last error: %s\n", checks_error);
  fflush (tap);
}

/* The image of a procedure's result. */
char *
checks_error_text (const GimpParam *values, gint n)
{
  return g_strdup (n >= 2 && values[1].type == GIMP_PDB_STRING ? values[1].data.d_string : gimp_get_pdb_error ());
}

gint32
checks_take (GimpParam *values, gint n)
{
  gint32 image = -1;

  g_clear_pointer (&checks_error, g_free);
  if (n >= 2 && values[0].data.d_status == GIMP_PDB_SUCCESS)
    image = values[1].data.d_image;
  else
    {
      g_autofree char *text = checks_error_text (values, n);

      checks_error = g_strconcat (
          n >= 1 && values[0].data.d_status != GIMP_PDB_EXECUTION_ERROR ? "(status is not an execution error) " : "", text, NULL);
    }
  gimp_destroy_params (values, n);
  return image;
}

gint32
checks_encrypt_by (const char *method, gint32 image, gint32 drawable, int target, const char *source)
{
  gint n = 0;
  GimpParam *values = gimp_run_procedure ("plug-in-cnncrypt-encrypt", &n, GIMP_PDB_INT32, GIMP_RUN_NONINTERACTIVE, GIMP_PDB_IMAGE, image,
                                          GIMP_PDB_DRAWABLE, drawable, GIMP_PDB_INT32, target, GIMP_PDB_STRING, source, GIMP_PDB_STRING,
                                          method, GIMP_PDB_STRING, "cpu", GIMP_PDB_INT32, 0, GIMP_PDB_INT32, 0, GIMP_PDB_STRING, "",
                                          GIMP_PDB_STRING, "", GIMP_PDB_END);

  return checks_take (values, n);
}

gint32
checks_encrypt (gint32 image, gint32 drawable, int target, const char *source)
{
  return checks_encrypt_by ("hybrid", image, drawable, target, source);
}

gint32
checks_decrypt (gint32 image, gint32 drawable, const char *source)
{
  gint n = 0;
  GimpParam *values = gimp_run_procedure ("plug-in-cnncrypt-decrypt", &n, GIMP_PDB_INT32, GIMP_RUN_NONINTERACTIVE, GIMP_PDB_IMAGE, image,
                                          GIMP_PDB_DRAWABLE, drawable, GIMP_PDB_STRING, source, GIMP_PDB_STRING, "cpu", GIMP_PDB_STRING, "",
                                          GIMP_PDB_END);

  return checks_take (values, n);
}

char *
checks_file (gint32 image)
{
  gint n = 0;
  GimpParam *values = gimp_run_procedure ("plug-in-cnncrypt-check", &n, GIMP_PDB_INT32, GIMP_RUN_NONINTERACTIVE, GIMP_PDB_IMAGE, image,
                                          GIMP_PDB_DRAWABLE, checks_layer (image), GIMP_PDB_END);
  char *text = NULL;

  g_clear_pointer (&checks_error, g_free);
  if (n >= 2 && values[0].data.d_status == GIMP_PDB_SUCCESS)
    text = g_strdup (values[1].data.d_string);
  else
    checks_error = checks_error_text (values, n);
  gimp_destroy_params (values, n);
  return text;
}

gint32
checks_layer (gint32 image)
{
  return image != -1 ? gimp_image_get_active_layer (image) : -1;
}

/* Half smooth, half noise, so that both ways of packing are taken. */
static void
fill (gint32 drawable, guint32 seed)
{
  GeglBuffer *buffer = gimp_drawable_get_buffer (drawable);
  const GeglRectangle *area = gegl_buffer_get_extent (buffer);
  const gsize size = (gsize) area->width * (gsize) area->height * (gsize) babl_format_get_bytes_per_pixel (gegl_buffer_get_format (buffer));
  g_autofree guint8 *bytes = g_malloc (size);
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);

  for (gsize i = 0; i < size; i++)
    bytes[i] = i < size / 2 ? (guint8) (i / 7) : (guint8) g_rand_int (rand);
  if (gimp_drawable_is_indexed (drawable))
    for (gsize i = 0; i < size; i++)
      bytes[i] = (guint8) (bytes[i] % 6);
  gegl_buffer_set (buffer, area, 0, gegl_buffer_get_format (buffer), bytes, GEGL_AUTO_ROWSTRIDE);
  g_object_unref (buffer);
}

gint32
checks_image (int width, int height, GimpImageBaseType base, GimpPrecision precision, gboolean alpha, guint32 seed)
{
  static const guchar map[] = { 0, 0, 0, 255, 255, 255, 200, 10, 30, 1, 2, 3, 1, 2, 3, 90, 90, 255 };
  const gint32 image = gimp_image_new_with_precision (width, height, base, precision);
  const GimpImageType type = (GimpImageType) (base == GIMP_RGB ? GIMP_RGB_IMAGE : base == GIMP_GRAY ? GIMP_GRAY_IMAGE : GIMP_INDEXED_IMAGE);
  gint32 layer;

  if (base == GIMP_INDEXED)
    gimp_image_set_colormap (image, map, sizeof map / 3);
  layer = gimp_layer_new (image, "Schicht „1“", width, height, (GimpImageType) (type + (alpha ? 1 : 0)), 100, GIMP_LAYER_MODE_NORMAL);
  gimp_image_insert_layer (image, layer, -1, 0);
  fill (layer, seed);
  return image;
}

GBytes *
checks_pixels (gint32 drawable)
{
  GeglBuffer *buffer = gimp_drawable_get_buffer (drawable);
  const GeglRectangle *area = gegl_buffer_get_extent (buffer);
  const gsize size = (gsize) area->width * (gsize) area->height * (gsize) babl_format_get_bytes_per_pixel (gegl_buffer_get_format (buffer));
  guint8 *bytes = g_malloc (size);

  gegl_buffer_get (buffer, area, 1.0, gegl_buffer_get_format (buffer), bytes, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  g_object_unref (buffer);
  return g_bytes_new_take (bytes, size);
}

static void
run (const gchar *name, gint n_params, const GimpParam *params, gint *n_values, GimpParam **values)
{
  static GimpParam status;
  static const struct
  {
    const char *name;
    void (*run) (void);
  } parts[] = { { "formats", checks_formats },   { "metadata", checks_metadata }, { "regions", checks_regions },
                { "refusals", checks_refusals }, { "session", checks_session },   { "undo", checks_undo },
                { "hide", checks_hide },         { "carrier", checks_carrier },   { "stages", checks_stages } };
  const char *path = g_getenv ("CNNCRYPT_TAP");
  gint n = 0;

  *n_values = 1;
  *values = &status;
  status.type = GIMP_PDB_STATUS;
  status.data.d_status = GIMP_PDB_EXECUTION_ERROR;
  if (strcmp (name, STATE_PROCEDURE) == 0)
    {
      gegl_init (NULL, NULL);
      if (checks_state (params[1].data.d_image, params[2].data.d_string))
        status.data.d_status = GIMP_PDB_SUCCESS;
      return;
    }
  tap = path != NULL ? fopen (path, "a") : NULL;
  if (tap == NULL)
    return;
  gegl_init (NULL, NULL);
  gimp_plugin_set_pdb_error_handler (GIMP_PDB_ERROR_HANDLER_PLUGIN);
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    if (strcmp (params[1].data.d_string, parts[i].name) == 0)
      parts[i].run ();
  fprintf (tap, "1..%u\n", n_checks);
  fclose (tap);
  status.data.d_status = GIMP_PDB_SUCCESS;
  gimp_destroy_params (gimp_run_procedure ("gimp-quit", &n, GIMP_PDB_INT32, TRUE, GIMP_PDB_END), n);
}

const GimpPlugInInfo PLUG_IN_INFO = { NULL, NULL, query, run };

MAIN ()
