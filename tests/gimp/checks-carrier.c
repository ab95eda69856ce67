/* Methods with a grey carrier, from inside of GIMP: what comes of images, layers and selections, and what of their files. */
#include <stdlib.h>
#include <string.h>

#include "checks.h"

#define PASS "env:CHECKS_PASSPHRASE"
#define OTHER "env:CHECKS_OTHER"

static gint32
encrypt_with (const char *method, gint32 image, gint32 drawable, int target, int longest_side, int levels, const char *model)
{
  gint n = 0;
  GimpParam *values = gimp_run_procedure ("plug-in-cnncrypt-encrypt", &n, GIMP_PDB_INT32, GIMP_RUN_NONINTERACTIVE, GIMP_PDB_IMAGE, image,
                                          GIMP_PDB_DRAWABLE, drawable, GIMP_PDB_INT32, target, GIMP_PDB_STRING, PASS, GIMP_PDB_STRING,
                                          method, GIMP_PDB_STRING, "cpu", GIMP_PDB_INT32, longest_side, GIMP_PDB_INT32, levels,
                                          GIMP_PDB_STRING, model, GIMP_PDB_STRING, "", GIMP_PDB_END);

  return checks_take (values, n);
}

static gint32
share (gint32 image, int target)
{
  return encrypt_with ("share", image, checks_layer (image), target, 0, 0, "");
}

static gboolean
said (const char *words)
{
  return checks_error != NULL && strstr (checks_error, words) != NULL;
}

/* A picture that compresses: waves of colour; with alpha, the right half is half transparent. */
static gint32
photo (int width, int height, GimpImageBaseType base, GimpPrecision precision, gboolean alpha)
{
  const gint32 image = gimp_image_new_with_precision (width, height, base == GIMP_INDEXED ? GIMP_RGB : base, precision);
  const GimpImageType type = base == GIMP_GRAY ? (alpha ? GIMP_GRAYA_IMAGE : GIMP_GRAY_IMAGE) : alpha ? GIMP_RGBA_IMAGE : GIMP_RGB_IMAGE;
  const gint32 layer = gimp_layer_new (image, "Schicht „1“", width, height, type, 100, GIMP_LAYER_MODE_NORMAL);
  GeglBuffer *buffer;
  g_autofree guint8 *bytes = g_malloc ((gsize) width * (gsize) height * 4);

  gimp_image_insert_layer (image, layer, -1, 0);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      {
        guint8 *p = bytes + 4 * ((gsize) y * (gsize) width + (gsize) x);

        p[0] = (guint8) (128 + 100 * ((x / 40 + y / 30) % 2 ? 1 : -1) + x % 13);
        p[1] = (guint8) (x * 200 / width + y % 7);
        p[2] = (guint8) (y * 230 / height);
        p[3] = x > width / 2 && alpha ? 128 : 255;
      }
  buffer = gimp_drawable_get_buffer (layer);
  gegl_buffer_set (buffer, NULL, 0, babl_format ("R'G'B'A u8"), bytes, GEGL_AUTO_ROWSTRIDE);
  g_object_unref (buffer);
  if (base == GIMP_INDEXED)
    gimp_image_convert_indexed (image, GIMP_CONVERT_DITHER_NONE, GIMP_CONVERT_PALETTE_GENERATE, 40, FALSE, FALSE, "");
  return image;
}

/* Mean difference of what both look like, in steps of 255. */
static double
distance (gint32 a, gint32 b)
{
  GeglBuffer *first = gimp_drawable_get_buffer (a), *second = gimp_drawable_get_buffer (b);
  const gsize pixels = (gsize) gimp_drawable_width (a) * (gsize) gimp_drawable_height (a);
  g_autofree guint8 *p = g_malloc (4 * pixels), *q = g_malloc (4 * pixels);
  double sum = 0;

  gegl_buffer_get (first, NULL, 1.0, babl_format ("R'G'B'A u8"), p, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  gegl_buffer_get (second, gegl_buffer_get_extent (first), 1.0, babl_format ("R'G'B'A u8"), q, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  for (gsize i = 0; i < 4 * pixels; i++)
    sum += abs (p[i] - q[i]);
  g_object_unref (first);
  g_object_unref (second);
  return sum / (4.0 * (double) pixels);
}

static gboolean
is_near (gint32 image, gint32 back)
{
  return back != -1 && gimp_image_width (back) == gimp_image_width (image) && gimp_image_height (back) == gimp_image_height (image)
         && gimp_image_get_precision (back) == GIMP_PRECISION_U8_GAMMA && distance (checks_layer (image), checks_layer (back)) < 6;
}

/* Grey, 8 bits, one layer without alpha, and nothing else. */
static gboolean
is_bare_grey (gint32 image)
{
  gint n_layers = 0, n_parasites = 0;
  GimpColorProfile *profile = gimp_image_get_color_profile (image);
  gboolean bare = profile == NULL;
  g_auto (GStrv) parasites = gimp_image_get_parasite_list (image, &n_parasites);

  for (gint i = 0; i < n_parasites; i++)
    {
      GimpParasite *parasite = gimp_image_get_parasite (image, parasites[i]);

      bare = bare && !gimp_parasite_is_persistent (parasite);
      gimp_parasite_free (parasite);
    }
  g_clear_object (&profile);
  g_free (gimp_image_get_layers (image, &n_layers));
  return bare && n_layers == 1 && gimp_image_base_type (image) == GIMP_GRAY && gimp_image_get_precision (image) == GIMP_PRECISION_U8_GAMMA
         && !gimp_drawable_has_alpha (checks_layer (image));
}

static void
kinds (void)
{
  static const struct
  {
    GimpImageBaseType base;
    GimpPrecision precision;
    gboolean alpha;
    const char *name;
  } kind[] = {
    { GIMP_RGB, GIMP_PRECISION_U8_GAMMA, FALSE, "RGB" },
    { GIMP_GRAY, GIMP_PRECISION_U8_GAMMA, FALSE, "grey" },
    { GIMP_INDEXED, GIMP_PRECISION_U8_GAMMA, FALSE, "a palette" },
    { GIMP_RGB, GIMP_PRECISION_U16_GAMMA, TRUE, "16 bits with alpha" },
    { GIMP_RGB, GIMP_PRECISION_FLOAT_LINEAR, FALSE, "floating point, linear" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (kind); i++)
    {
      const gint32 image = photo (420, 300, kind[i].base, kind[i].precision, kind[i].alpha);
      g_autoptr (GBytes) before = checks_pixels (checks_layer (image));
      g_autoptr (GBytes) after = NULL;
      gint32 made, back;

      gimp_image_clean_all (image);
      made = share (image, 0);
      after = checks_pixels (checks_layer (image));
      check (made != -1 && made != image && is_bare_grey (made) && g_bytes_equal (before, after) && !gimp_image_is_dirty (image),
             "%s becomes a bare grey image, and stays as it was", kind[i].name);
      back = made != -1 ? checks_decrypt (made, checks_layer (made), PASS) : -1;
      check (is_near (image, back) && gimp_drawable_has_alpha (checks_layer (back)) == kind[i].alpha, "%s comes back as a good copy",
             kind[i].name);
    }
}

static void
parts (void)
{
  const gint32 image = photo (500, 400, GIMP_RGB, GIMP_PRECISION_U8_GAMMA, FALSE);
  const gint32 layer = photo (300, 260, GIMP_RGB, GIMP_PRECISION_U8_GAMMA, FALSE);
  const gint32 second = gimp_layer_new_from_drawable (checks_layer (layer), image);
  g_autoptr (GBytes) before = NULL, after = NULL;
  gint32 made, back;

  gimp_image_insert_layer (image, second, -1, 0);
  gimp_layer_set_offsets (second, 50, 60);
  gimp_layer_set_opacity (second, 30);
  made = share (image, 1);
  back = made != -1 ? checks_decrypt (made, checks_layer (made), PASS) : -1;
  check (is_near (layer, back), "a layer alone");
  check (share (image, 2) == -1 && said ("selected"), "nothing is selected");
  gimp_image_select_rectangle (image, GIMP_CHANNEL_OP_REPLACE, 70, 90, 240, 200);
  before = checks_pixels (second);
  made = share (image, 2);
  after = checks_pixels (second);
  check (made != -1 && made != image && is_bare_grey (made) && g_bytes_equal (before, after),
         "a selection becomes an image of its own; nothing is changed in place");
  back = made != -1 ? checks_decrypt (made, checks_layer (made), PASS) : -1;
  check (back != -1 && gimp_image_width (back) == 240 && gimp_image_height (back) == 200, "and comes back as one");
  gimp_selection_none (image);
}

static gboolean
comes_back (gint32 image)
{
  const gint32 made = share (image, 0), back = made != -1 ? checks_decrypt (made, checks_layer (made), PASS) : -1;

  return back != -1 && gimp_image_width (back) == gimp_image_width (image) && gimp_image_height (back) == gimp_image_height (image);
}

static void
refusals (void)
{
  const gint32 image = photo (300, 260, GIMP_RGB, GIMP_PRECISION_U8_GAMMA, FALSE),
               tiny = photo (24, 20, GIMP_RGB, GIMP_PRECISION_U8_GAMMA, FALSE);
  const gint32 made = share (image, 0), layer = checks_layer (image);

  check (made != -1 && checks_decrypt (made, checks_layer (made), OTHER) == -1 && said ("passphrase is wrong"),
         "another passphrase is wrong");
  check (comes_back (tiny), "a tiny picture gets the carrier that it needs");
  check (encrypt_with ("share", image, layer, 0, 0, 5, "") == -1, "five steps of grey are refused");
  check (encrypt_with ("share", image, layer, 0, -1, 0, "") == -1 && said ("longest-side"), "a negative size is refused");
  check (encrypt_with ("share", image, layer, 0, 40, 0, "") == -1, "a size that holds nothing is refused");
  check (encrypt_with ("restore", image, layer, 0, 0, 0, "nowhere") == -1 && said ("nowhere"), "a network that is missing is named");
  check (checks_decrypt (image, layer, PASS) == -1 && said ("ncrypted"), "a picture that is not encrypted");
}

/* Save, check, decrypt what was saved. */
static void
files (void)
{
  const gint32 image = photo (500, 400, GIMP_RGB, GIMP_PRECISION_U8_GAMMA, FALSE),
               made = encrypt_with ("share", image, checks_layer (image), 0, 640, 3, "");
  g_autofree char *png = g_build_filename (g_getenv ("CHECKS_FOLDER"), "shared.png", NULL);
  g_autofree char *jpeg = g_build_filename (g_getenv ("CHECKS_FOLDER"), "shared.jpg", NULL);
  g_autofree char *whole = NULL, *worn = NULL, *lost = NULL;
  gint32 opened, copy;

  check (made != -1 && MAX (gimp_image_width (made), gimp_image_height (made)) == 640, "the longest side is as it was asked for");
  if (made == -1)
    return;
  gimp_file_save (GIMP_RUN_NONINTERACTIVE, made, checks_layer (made), png, png);
  opened = gimp_file_load (GIMP_RUN_NONINTERACTIVE, png, png);
  whole = checks_file (opened);
  check (whole != NULL && strstr (whole, "exactly") != NULL && strstr (whole, "as a photo") != NULL, "a PNG holds it exactly");
  gimp_file_save (GIMP_RUN_NONINTERACTIVE, made, checks_layer (made), jpeg, jpeg);
  opened = gimp_file_load (GIMP_RUN_NONINTERACTIVE, jpeg, jpeg);
  check (is_near (image, checks_decrypt (opened, checks_layer (opened), PASS)), "a JPEG that GIMP saved opens");
  /* The file of what is still exact here. */
  copy = gimp_file_load (GIMP_RUN_NONINTERACTIVE, png, png);
  gimp_file_save (GIMP_RUN_NONINTERACTIVE, copy, checks_layer (copy), png, png);
  {
    g_autofree char *bytes = NULL;
    gsize size = 0;

    if (g_file_get_contents (jpeg, &bytes, &size, NULL))
      g_file_set_contents (png, bytes, (gssize) size, NULL);
  }
  worn = checks_file (copy);
  check (worn != NULL && strstr (worn, "repaired") != NULL, "a file that became a JPEG will be repaired");
  gimp_image_scale (opened, 160, 128);
  gimp_file_save (GIMP_RUN_NONINTERACTIVE, opened, checks_layer (opened), png, png);
  lost = checks_file (copy);
  check (lost == NULL && checks_error != NULL, "one that was made much smaller is lost");
}

static void
networks (void)
{
  const gint32 image = photo (320, 240, GIMP_RGB, GIMP_PRECISION_U8_GAMMA, FALSE),
               made = encrypt_with ("restore", image, checks_layer (image), 0, 0, 0, "");
  gint32 back;

  check (made != -1 && is_bare_grey (made), "a network makes a bare grey image, too");
  back = made != -1 ? checks_decrypt (made, checks_layer (made), PASS) : -1;
  check (back != -1 && gimp_image_width (back) == 320 && gimp_image_height (back) == 240, "it comes back at its size");
  check (made != -1 && checks_decrypt (made, checks_layer (made), OTHER) == -1 && said ("passphrase is wrong"),
         "another passphrase is wrong there, too");
}

void
checks_carrier (void)
{
  kinds ();
  parts ();
  refusals ();
  files ();
  networks ();
}
