/* Selections in place, and everything that must be refused. */
#include <string.h>

#include "checks.h"

#define PASS "env:CHECKS_PASSPHRASE"
#define OTHER "env:CHECKS_OTHER"

#define SIDE 160

/* Whether two pictures of SIDE × SIDE pixels differ inside and outside of a box. */
static void
differ (GBytes *a, GBytes *b, int bpp, int x, int y, int w, int h, gboolean *inside, gboolean *outside)
{
  const guint8 *pa = g_bytes_get_data (a, NULL), *pb = g_bytes_get_data (b, NULL);

  *inside = *outside = FALSE;
  for (int row = 0; row < SIDE; row++)
    for (int column = 0; column < SIDE; column++)
      if (memcmp (pa + (row * SIDE + column) * bpp, pb + (row * SIDE + column) * bpp, (gsize) bpp) != 0)
        *(row >= y && row < y + h && column >= x && column < x + w ? inside : outside) = TRUE;
}

/* Smooth, so that it fits into its own place. */
static void
smooth (gint32 layer, int bpp)
{
  GeglBuffer *buffer = gimp_drawable_get_buffer (layer);
  g_autofree guint8 *bytes = g_malloc ((gsize) SIDE * SIDE * (gsize) bpp);

  for (int i = 0; i < SIDE * SIDE * bpp; i++)
    bytes[i] = (guint8) (bpp == 4 && i % 4 == 3 ? 255 : i / bpp / SIDE);
  gegl_buffer_set (buffer, NULL, 0, gegl_buffer_get_format (buffer), bytes, GEGL_AUTO_ROWSTRIDE);
  g_object_unref (buffer);
}

static void
in_place (gboolean alpha)
{
  const int bpp = alpha ? 4 : 3;
  const gint32 image = checks_image (SIDE, SIDE, GIMP_RGB, GIMP_PRECISION_U8_GAMMA, alpha, 5);
  const gint32 layer = checks_layer (image);
  g_autoptr (GBytes) before = NULL, after = NULL, back = NULL, mask = NULL, mask_after = NULL;
  gboolean inside, outside;
  gint32 result;

  smooth (layer, bpp);
  before = checks_pixels (layer);
  gimp_context_set_antialias (TRUE);
  gimp_image_select_ellipse (image, GIMP_CHANNEL_OP_REPLACE, 20, 30, 80, 70);
  mask = checks_pixels (gimp_image_get_selection (image));
  /* All that GIMP filters a plug-in's pixels through. */
  gimp_image_set_component_active (image, GIMP_CHANNEL_GREEN, FALSE);
  gimp_layer_set_lock_alpha (layer, TRUE);
  result = checks_encrypt (image, layer, 2, PASS);
  after = checks_pixels (layer);
  mask_after = checks_pixels (gimp_image_get_selection (image));
  differ (before, after, bpp, 20, 30, 80, 70, &inside, &outside);
  check (result == image && inside && !outside, "a selection is encrypted in place%s; the rest of the layer stays",
         alpha ? ", with alpha" : "");
  check (g_bytes_equal (mask, mask_after) && !gimp_image_get_component_active (image, GIMP_CHANNEL_GREEN)
             && gimp_layer_get_lock_alpha (layer) && gimp_image_get_active_layer (image) == layer,
         "selection, active components, locks and active layer are as before");

  gimp_image_select_rectangle (image, GIMP_CHANNEL_OP_REPLACE, 110, 2, 50, 90);
  check (checks_encrypt (image, layer, 2, OTHER) == image, "a second region under another passphrase");
  result = checks_decrypt (image, layer, PASS);
  g_clear_pointer (&back, g_bytes_unref);
  back = checks_pixels (layer);
  differ (before, back, bpp, 110, 2, 50, 90, &inside, &outside);
  check (result == image && inside && !outside, "each passphrase opens its own region alone");
  result = checks_decrypt (image, layer, OTHER);
  g_clear_pointer (&back, g_bytes_unref);
  back = checks_pixels (layer);
  check (result == image && g_bytes_equal (before, back), "both regions come back bit for bit");
  gimp_image_delete (image);
}

/* Transparent pixels are sealed, their place made opaque. */
static void
transparent (void)
{
  const gint32 image = checks_image (SIDE, SIDE, GIMP_RGB, GIMP_PRECISION_U8_GAMMA, TRUE, 6);
  const gint32 layer = checks_layer (image);
  g_autoptr (GBytes) before = NULL, back = NULL;
  gint32 result;

  gimp_drawable_fill (layer, GIMP_FILL_TRANSPARENT);
  before = checks_pixels (layer);
  gimp_image_select_rectangle (image, GIMP_CHANNEL_OP_REPLACE, 7, 9, 100, 100);
  result = checks_encrypt (image, layer, 2, PASS);
  gimp_selection_none (image);
  check (result == image && checks_decrypt (image, layer, PASS) == image, "a transparent selection is encrypted and decrypted in place");
  back = checks_pixels (layer);
  check (g_bytes_equal (before, back), "its transparency comes back");
  result = checks_encrypt (image, layer, 0, PASS);
  gimp_image_delete (image);
  check (result != -1, "a transparent image is encrypted");
}

void
checks_regions (void)
{
  in_place (FALSE);
  in_place (TRUE);
  transparent ();
}

static gboolean
says (const char *part)
{
  return checks_error != NULL && strstr (checks_error, part) != NULL && strchr (checks_error, '(') != checks_error;
}

static void
set_pixel (gint32 drawable, int x, int y, int change)
{
  GeglBuffer *buffer = gimp_drawable_get_buffer (drawable);
  guint8 pixel[8];

  gegl_buffer_get (buffer, GEGL_RECTANGLE (x, y, 1, 1), 1.0, gegl_buffer_get_format (buffer), pixel, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  pixel[0] = (guint8) (pixel[0] ^ change);
  gegl_buffer_set (buffer, GEGL_RECTANGLE (x, y, 1, 1), 0, gegl_buffer_get_format (buffer), pixel, GEGL_AUTO_ROWSTRIDE);
  g_object_unref (buffer);
}

static void
refuse_decrypt (gint32 encrypted)
{
  const gint32 layer = checks_layer (encrypted);
  const int last = gimp_image_height (encrypted) - 1;
  const gint32 plain = checks_image (30, 30, GIMP_RGB, GIMP_PRECISION_U8_GAMMA, FALSE, 3);
  gint32 copy;

  check (checks_decrypt (encrypted, layer, OTHER) == -1 && says ("passphrase is wrong"), "a wrong passphrase");
  check (checks_decrypt (encrypted, layer, "env:CHECKS_UNSET") == -1 && checks_error != NULL, "a variable that is not set");
  check (checks_decrypt (encrypted, layer, "secret") == -1 && checks_error != NULL, "a passphrase as text is no source");
  check (checks_decrypt (plain, checks_layer (plain), PASS) == -1 && says ("ncrypted"), "a picture that is not encrypted");
  gimp_image_convert_indexed (plain, GIMP_CONVERT_DITHER_NONE, GIMP_CONVERT_PALETTE_GENERATE, 8, FALSE, FALSE, "");
  check (checks_decrypt (plain, checks_layer (plain), PASS) == -1 && says ("ncrypted"), "a palette picture that is not encrypted");

  set_pixel (layer, 40, last, 1);
  check (checks_decrypt (encrypted, layer, PASS) == -1 && says ("altered"), "one flipped bit");
  set_pixel (layer, 40, last, 1);
  copy = gimp_image_duplicate (encrypted);
  gimp_image_crop (copy, gimp_image_width (copy), last, 0, 0);
  check (checks_decrypt (copy, checks_layer (copy), PASS) == -1 && checks_error != NULL, "a row cropped off");
  gimp_image_delete (copy);
  copy = gimp_image_duplicate (encrypted);
  gimp_image_scale (copy, gimp_image_width (copy) * 2, (last + 1) * 2);
  check (checks_decrypt (copy, checks_layer (copy), PASS) == -1 && checks_error != NULL, "scaled");
  gimp_image_delete (copy);
  check (checks_decrypt (encrypted, layer, PASS) != -1, "and unharmed, it opens");
}

static void
accept_promoted (gint32 encrypted)
{
  static const GimpPrecision precisions[] = { GIMP_PRECISION_U16_GAMMA, GIMP_PRECISION_U32_GAMMA, GIMP_PRECISION_FLOAT_GAMMA,
                                              GIMP_PRECISION_FLOAT_LINEAR, GIMP_PRECISION_HALF_GAMMA };
  gint32 copy = gimp_image_duplicate (encrypted);

  gimp_layer_add_alpha (checks_layer (copy));
  check (checks_decrypt (copy, checks_layer (copy), PASS) != -1, "an opaque alpha channel that was added does no harm");
  gimp_image_delete (copy);
  for (guint i = 0; i < G_N_ELEMENTS (precisions); i++)
    {
      copy = gimp_image_duplicate (encrypted);
      gimp_image_convert_precision (copy, precisions[i]);
      check (checks_decrypt (copy, checks_layer (copy), PASS) != -1, "nor does precision %d", (int) precisions[i]);
      gimp_image_delete (copy);
    }
}

static void
refuse_encrypt (void)
{
  const gint32 image = checks_image (40, 40, GIMP_RGB, GIMP_PRECISION_U8_GAMMA, FALSE, 4);
  const gint32 layer = checks_layer (image);
  g_autoptr (GBytes) before = checks_pixels (layer);
  g_autoptr (GBytes) after = NULL;
  const gint32 mask = gimp_layer_create_mask (layer, GIMP_ADD_MASK_WHITE);
  gint32 deep;

  check (checks_encrypt (image, layer, 0, "") == -1 && says ("passphrase is needed"), "no passphrase source");
  check (checks_encrypt (image, layer, 0, "env:CHECKS_EMPTY") == -1 && says ("empty"), "an empty passphrase");
  check (checks_encrypt (image, layer, 0, "file:/nonexistent/file") == -1 && says ("/nonexistent/file"),
         "a passphrase file that is not there");
  check (checks_encrypt (image, layer, 7, PASS) == -1 && says ("target"), "a target that does not exist");
  check (checks_encrypt (image, layer, 2, PASS) == -1 && says ("selected"), "a selection that is empty");
  gimp_image_select_rectangle (image, GIMP_CHANNEL_OP_REPLACE, 3, 3, 4, 30);
  check (checks_encrypt (image, layer, 2, PASS) == -1 && says ("8 pixels wide"), "a selection that is too narrow");
  gimp_image_select_rectangle (image, GIMP_CHANNEL_OP_REPLACE, 3, 3, 10, 10);
  check (checks_encrypt (image, layer, 2, PASS) == -1 && says ("select more"), "a selection that is too small");
  gimp_item_set_lock_content (layer, TRUE);
  check (checks_encrypt (image, layer, 2, PASS) == -1 && says ("locked"), "a locked layer in place");
  gimp_item_set_lock_content (layer, FALSE);
  gimp_layer_add_mask (layer, mask);
  check (checks_encrypt (image, mask, 1, PASS) == -1 && says ("mask"), "a mask");
  gimp_edit_copy (layer);
  gimp_edit_paste (layer, TRUE);
  check (checks_encrypt (image, layer, 0, PASS) == -1 && says ("floating"), "a floating selection");
  gimp_floating_sel_remove (gimp_image_get_floating_sel (image));
  after = checks_pixels (layer);
  check (g_bytes_equal (before, after), "and after all that the layer is as before");

  deep = checks_image (40, 40, GIMP_RGB, GIMP_PRECISION_U16_GAMMA, FALSE, 4);
  gimp_image_select_rectangle (deep, GIMP_CHANNEL_OP_REPLACE, 0, 0, 40, 40);
  check (checks_encrypt (deep, checks_layer (deep), 2, PASS) == -1 && says ("new image"), "16 bit in place");
}

void
checks_refusals (void)
{
  const gint32 image = checks_image (90, 70, GIMP_RGB, GIMP_PRECISION_U8_GAMMA, FALSE, 8);
  const gint32 encrypted = checks_encrypt (image, checks_layer (image), 0, PASS);

  check (encrypted != -1, "a picture to try faults on");
  if (encrypted == -1)
    return;
  refuse_decrypt (encrypted);
  accept_promoted (encrypted);
  refuse_encrypt ();
}
