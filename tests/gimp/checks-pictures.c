/* Every pixel format there and back, and what travels with the pixels. */
#include <string.h>

#include "checks.h"

#define PASS "env:CHECKS_PASSPHRASE"

/* An encrypted image: opaque 8-bit RGB in one layer, and nothing beside it. */
static gboolean
is_bare_carrier (gint32 image)
{
  gint n_layers = 0, n_parasites = 0;
  GimpColorProfile *profile = gimp_image_get_color_profile (image);
  GimpMetadata *metadata = gimp_image_get_metadata (image);
  g_autofree char *text = metadata != NULL ? gimp_metadata_serialize (metadata) : NULL;
  gboolean bare;

  g_strfreev (gimp_image_get_parasite_list (image, &n_parasites));
  bare = profile == NULL && n_parasites == 0 && (text == NULL || strstr (text, "Geheim") == NULL);

  g_free (gimp_image_get_layers (image, &n_layers));
  g_clear_object (&profile);
  g_clear_object (&metadata);
  return bare && n_layers == 1 && gimp_image_base_type (image) == GIMP_RGB && gimp_image_get_precision (image) == GIMP_PRECISION_U8_GAMMA
         && !gimp_drawable_has_alpha (checks_layer (image)) && gimp_image_width (image) >= 64;
}

static gboolean
same_colormap (gint32 a, gint32 b)
{
  gint n_a = 0, n_b = 0;
  g_autofree guchar *map_a = gimp_image_get_colormap (a, &n_a);
  g_autofree guchar *map_b = gimp_image_get_colormap (b, &n_b);

  return n_a == n_b && memcmp (map_a, map_b, (gsize) n_a * 3) == 0;
}

static gboolean
same_picture (gint32 a, gint32 b)
{
  g_autoptr (GBytes) pixels_a = checks_pixels (checks_layer (a));
  g_autoptr (GBytes) pixels_b = checks_pixels (checks_layer (b));
  g_autofree char *name_a = gimp_item_get_name (checks_layer (a));
  g_autofree char *name_b = gimp_item_get_name (checks_layer (b));

  return gimp_image_base_type (a) == gimp_image_base_type (b) && gimp_image_get_precision (a) == gimp_image_get_precision (b)
         && gimp_drawable_type (checks_layer (a)) == gimp_drawable_type (checks_layer (b)) && gimp_image_width (a) == gimp_image_width (b)
         && gimp_image_height (a) == gimp_image_height (b) && g_bytes_equal (pixels_a, pixels_b) && strcmp (name_a, name_b) == 0
         && (gimp_image_base_type (a) != GIMP_INDEXED || same_colormap (a, b));
}

static void
round_trip (int width, int height, GimpImageBaseType base, GimpPrecision precision, gboolean alpha, const char *name)
{
  const gint32 image = checks_image (width, height, base, precision, alpha, (guint32) (width * 1000 + height + (int) precision));
  const gint32 encrypted = checks_encrypt (image, checks_layer (image), 0, PASS);
  const gint32 back = encrypted != -1 ? checks_decrypt (encrypted, checks_layer (encrypted), PASS) : -1;

  check (encrypted != -1 && encrypted != image && is_bare_carrier (encrypted) && back != -1 && same_picture (image, back),
         "%s%s, %d×%d, comes back bit for bit", name, alpha ? " with alpha" : "", width, height);
  gimp_image_delete (image);
  if (encrypted != -1)
    gimp_image_delete (encrypted);
  if (back != -1)
    gimp_image_delete (back);
}

void
checks_formats (void)
{
  static const struct
  {
    GimpPrecision precision;
    const char *name;
  } precisions[] = {
    { GIMP_PRECISION_U8_LINEAR, "u8 linear" },         { GIMP_PRECISION_U8_GAMMA, "u8 perceptual" },
    { GIMP_PRECISION_U16_LINEAR, "u16 linear" },       { GIMP_PRECISION_U16_GAMMA, "u16 perceptual" },
    { GIMP_PRECISION_U32_LINEAR, "u32 linear" },       { GIMP_PRECISION_U32_GAMMA, "u32 perceptual" },
    { GIMP_PRECISION_HALF_LINEAR, "half linear" },     { GIMP_PRECISION_HALF_GAMMA, "half perceptual" },
    { GIMP_PRECISION_FLOAT_LINEAR, "float linear" },   { GIMP_PRECISION_FLOAT_GAMMA, "float perceptual" },
    { GIMP_PRECISION_DOUBLE_LINEAR, "double linear" }, { GIMP_PRECISION_DOUBLE_GAMMA, "double perceptual" },
  };
  static const int sizes[][2] = { { 67, 41 }, { 1, 1 }, { 1, 37 }, { 53, 1 }, { 257, 130 } };

  for (guint i = 0; i < G_N_ELEMENTS (precisions); i++)
    for (guint k = 0; k < 4; k++)
      {
        g_autofree char *name = g_strdup_printf ("%s %s", k < 2 ? "RGB" : "grey", precisions[i].name);
        const int *size = sizes[(i + k) % G_N_ELEMENTS (sizes)];

        round_trip (size[0], size[1], k < 2 ? GIMP_RGB : GIMP_GRAY, precisions[i].precision, k % 2 == 1, name);
      }
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    round_trip (sizes[i][0], sizes[i][1], GIMP_INDEXED, GIMP_PRECISION_U8_GAMMA, i % 2 == 1, "palette");
}

static void
attach (gint32 image, gint32 layer)
{
  static const char xmp[]
      = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        "<rdf:Description rdf:about='' "
        "xmlns:xmp='http://ns.adobe.com/xap/1.0/'><xmp:Label>Geheim-4711</xmp:Label></rdf:Description></rdf:RDF></x:xmpmeta>";
  static const char data[] = "a\0b\xff\x80 parasite";
  GimpParasite *kept = gimp_parasite_new ("checks-kept", GIMP_PARASITE_PERSISTENT, sizeof data, data);
  GimpParasite *transient = gimp_parasite_new ("checks-transient", 0, sizeof data, data);
  GimpParasite *comment
      = gimp_parasite_new ("gimp-comment", GIMP_PARASITE_PERSISTENT, sizeof "Geheimer Kommentar ü", "Geheimer Kommentar ü");
  GimpColorProfile *profile = gimp_color_profile_new_rgb_adobe ();
  GimpMetadata *metadata = gimp_metadata_new ();

  gimp_image_attach_parasite (image, kept);
  gimp_image_attach_parasite (image, transient);
  gimp_image_attach_parasite (image, comment);
  gimp_item_attach_parasite (layer, kept);
  gimp_metadata_set_from_xmp (metadata, (const guint8 *) xmp, sizeof xmp - 1, NULL);
  gimp_image_set_metadata (image, metadata);
  gimp_image_set_color_profile (image, profile);
  gimp_image_set_resolution (image, 123.5, 77.25);
  gimp_image_set_unit (image, GIMP_UNIT_MM);
  gimp_parasite_free (kept);
  gimp_parasite_free (transient);
  gimp_parasite_free (comment);
  g_object_unref (profile);
  g_object_unref (metadata);
}

static gboolean
same_parasite (GimpParasite *a, GimpParasite *b)
{
  const gboolean same = a != NULL && b != NULL && gimp_parasite_compare (a, b);

  gimp_parasite_free (a);
  gimp_parasite_free (b);
  return same;
}

static gboolean
has_label (gint32 image)
{
  GimpMetadata *metadata = gimp_image_get_metadata (image);
  g_autofree char *text = metadata != NULL ? gimp_metadata_serialize (metadata) : NULL;
  g_auto (GStrv) parts = text != NULL ? g_strsplit (text, "Geheim-4711", 2) : NULL;

  g_clear_object (&metadata);
  return parts != NULL && parts[0] != NULL && parts[1] != NULL;
}

static gboolean
same_profile (gint32 a, gint32 b)
{
  GimpColorProfile *profile_a = gimp_image_get_color_profile (a);
  GimpColorProfile *profile_b = gimp_image_get_color_profile (b);
  const gboolean same = profile_a != NULL && profile_b != NULL && gimp_color_profile_is_equal (profile_a, profile_b);

  g_clear_object (&profile_a);
  g_clear_object (&profile_b);
  return same;
}

static void
check_whole (gint32 image)
{
  const gint32 encrypted = checks_encrypt (image, checks_layer (image), 0, PASS);
  const gint32 back = encrypted != -1 ? checks_decrypt (encrypted, checks_layer (encrypted), PASS) : -1;
  double x = 0, y = 0;

  check (encrypted != -1 && is_bare_carrier (encrypted), "the encrypted image has no profile, metadata, comment or parasite");
  check (back != -1 && same_picture (image, back), "pixels with a foreign profile come back bit for bit");
  check (back != -1 && same_profile (image, back), "the profile comes back");
  check (has_label (image) && back != -1 && has_label (back), "XMP comes back");
  check (back != -1 && same_parasite (gimp_image_get_parasite (image, "checks-kept"), gimp_image_get_parasite (back, "checks-kept")),
         "a persistent parasite comes back");
  check (back != -1 && same_parasite (gimp_image_get_parasite (image, "gimp-comment"), gimp_image_get_parasite (back, "gimp-comment")),
         "the comment comes back");
  check (back != -1 && gimp_image_get_parasite (back, "checks-transient") == NULL, "a parasite that GIMP would not save is left behind");
  if (back != -1)
    gimp_image_get_resolution (back, &x, &y);
  check (x == 123.5 && y == 77.25 && gimp_image_get_unit (back) == GIMP_UNIT_MM, "resolution and unit come back");
}

static void
check_layers (gint32 image)
{
  const gint32 second = gimp_layer_new (image, "oben", 31, 90, GIMP_RGBA_IMAGE, 60, GIMP_LAYER_MODE_MULTIPLY);
  g_autoptr (GBytes) want = NULL;
  g_autoptr (GBytes) got = NULL;
  gint32 encrypted, back, visible;

  gimp_image_insert_layer (image, second, -1, 0);
  gimp_layer_set_offsets (second, -5, 7);
  gimp_drawable_fill (second, GIMP_FILL_FOREGROUND);
  encrypted = checks_encrypt (image, second, 1, PASS);
  back = encrypted != -1 ? checks_decrypt (encrypted, checks_layer (encrypted), PASS) : -1;
  want = checks_pixels (second);
  got = back != -1 ? checks_pixels (checks_layer (back)) : NULL;
  check (got != NULL && g_bytes_equal (want, got) && gimp_image_width (back) == 31 && gimp_image_height (back) == 90,
         "a layer larger than its image comes back alone");

  g_clear_pointer (&want, g_bytes_unref);
  g_clear_pointer (&got, g_bytes_unref);
  encrypted = checks_encrypt (image, second, 0, PASS);
  back = encrypted != -1 ? checks_decrypt (encrypted, checks_layer (encrypted), PASS) : -1;
  visible = gimp_layer_new_from_visible (image, image, "visible");
  want = checks_pixels (visible);
  got = back != -1 ? checks_pixels (checks_layer (back)) : NULL;
  check (got != NULL && g_bytes_equal (want, got), "of several layers, what is visible comes back");
}

/* Do both look the same: by the profile that is attached, or GIMP's own where none is. */
static gboolean
same_look (gint32 a, gint32 b)
{
  GimpColorProfile *profile_a = gimp_image_get_effective_color_profile (a);
  GimpColorProfile *profile_b = gimp_image_get_effective_color_profile (b);
  const gboolean same = gimp_color_profile_is_equal (profile_a, profile_b);

  g_object_unref (profile_a);
  g_object_unref (profile_b);
  return same;
}

static GimpColorProfile *
linear_adobe (void)
{
  GimpColorProfile *adobe = gimp_color_profile_new_rgb_adobe ();
  GimpColorProfile *linear = gimp_color_profile_new_linear_from_color_profile (adobe);

  g_object_unref (adobe);
  return linear;
}

/* The lossy method gives linear pixels the curve of sRGB: their profile has to follow, as it does when GIMP changes the precision. */
static void
check_linear (GimpImageBaseType base, GimpColorProfile *profile)
{
  const gint32 image = checks_image (70, 40, base, GIMP_PRECISION_U16_LINEAR, FALSE, 5);
  gint32 encrypted, back, want;

  gimp_image_set_color_profile (image, profile);
  want = gimp_image_duplicate (image);
  gimp_image_convert_precision (want, GIMP_PRECISION_U8_GAMMA);
  encrypted = checks_encrypt_by ("autoencoder", image, checks_layer (image), 0, PASS);
  back = encrypted != -1 ? checks_decrypt (encrypted, checks_layer (encrypted), PASS) : -1;
  check (back != -1 && gimp_image_get_precision (back) == GIMP_PRECISION_U8_GAMMA && !same_look (image, want) && same_look (back, want),
         "a linear profile becomes perceptual with its pixels: %s", gimp_color_profile_get_label (profile));
  g_object_unref (profile);
}

void
checks_metadata (void)
{
  const gint32 image = checks_image (60, 50, GIMP_RGB, GIMP_PRECISION_U8_GAMMA, FALSE, 11);
  const gint32 layer = checks_layer (image);
  gint32 encrypted, back;

  attach (image, layer);
  check_whole (image);
  encrypted = checks_encrypt (image, layer, 1, PASS);
  back = encrypted != -1 ? checks_decrypt (encrypted, checks_layer (encrypted), PASS) : -1;
  check (back != -1
             && same_parasite (gimp_item_get_parasite (layer, "checks-kept"), gimp_item_get_parasite (checks_layer (back), "checks-kept")),
         "a layer's own parasite comes back with the layer");
  check_layers (image);
  check_linear (GIMP_RGB, gimp_color_profile_new_rgb_srgb_linear ());
  check_linear (GIMP_RGB, linear_adobe ());
  check_linear (GIMP_GRAY, gimp_color_profile_new_d65_gray_linear ());
}
