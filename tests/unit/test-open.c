/* core/tools/cnncrypt-open: the built program on picture files of every kind.  $CNNCRYPT_OPEN: the program. */
#include <gexiv2/gexiv2.h>
#include <string.h>

#include "base/error.h"
#include "codec-model.h"
#include "open-help.h"
#include "seal/keyfile.h"

/* The palette of make_picture put in. */
static CncRaster *
expand (const CncRaster *indexed)
{
  const guint alpha = indexed->format.alpha ? 1 : 0;
  const CncFormat rgb = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, indexed->format.alpha };
  CncRaster *expanded = cnc_raster_new (indexed->width, indexed->height, &rgb, NULL);

  for (guint i = 0; i < indexed->width * indexed->height; i++)
    {
      const guint8 *in = indexed->data + i * (1 + alpha);

      for (guint c = 0; c < 3; c++)
        expanded->data[i * (3 + alpha) + c] = (guint8) ((in[0] * 3u + c) * 5u);
      if (alpha)
        expanded->data[i * 4 + 3] = in[1];
    }
  return expanded;
}

static void
test_formats (void)
{
  g_autofree char *out = new_out ();
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) results = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) rasters = g_ptr_array_new_with_free_func ((GDestroyNotify) cnc_raster_free);

  for (guint model = 0; model < 3; model++)
    for (guint sample = 0; sample < 6; sample++)
      for (guint curve = 0; curve < 2; curve++)
        for (guint alpha = 0; alpha < 2; alpha++)
          {
            const CncFormat format = { (CncModel) model, (CncSample) sample, (CncCurve) curve, (gboolean) alpha };
            g_autofree char *name = g_strdup_printf ("f%u%u%u%u.png", model, sample, curve, alpha);
            g_autoptr (CncPicture) picture = NULL;

            if (!cnc_format_valid (&format))
              continue;
            picture = make_picture (71, 43, &format);
            g_ptr_array_add (paths, write_carrier (picture, name));
            if (sample >= 2 || curve == 0)
              memcpy (strrchr (name, '.'), ".tif", 4);
            g_ptr_array_add (results, g_build_filename (out, name, NULL));
            g_ptr_array_add (rasters, model == CNC_MODEL_INDEXED ? expand (picture->raster) : g_steal_pointer (&picture->raster));
          }
  g_assert_cmpuint (paths->len, ==, 50);
  g_assert_cmpint (run_all (out, paths), ==, 0);
  g_assert_cmpuint (files_in (out), ==, 50);
  for (guint i = 0; i < results->len; i++)
    assert_file (results->pdata[i], rasters->pdata[i]);
}

static void
test_check (void)
{
  const CncFormat format = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncPicture) picture = make_picture (90, 60, &format);
  g_autofree char *out = new_out ();
  g_autofree char *path = write_carrier (picture, "check.png");
  g_autofree char *wrong = in_folder ("wrong");
  g_autofree char *empty = in_folder ("empty");
  g_autofree char *missing = in_folder ("missing");
  g_autofree char *text = in_folder ("text.png");
  g_autofree char *err = NULL;

  g_assert_true (g_file_set_contents (wrong, "wrong\n", -1, NULL));
  g_assert_true (g_file_set_contents (empty, "\n", -1, NULL));
  g_assert_true (g_file_set_contents (text, "This is not a picture at all.\n", -1, NULL));
  g_assert_cmpint (run (&err, "--check", "--passphrase-file", passphrase_path, "--out", out, path, NULL), ==, 0);
  g_assert_cmpstr (err, ==, "");
  g_clear_pointer (&err, g_free);
  g_assert_cmpint (run (&err, "--passphrase-file", wrong, "--out", out, path, NULL), ==, 1);
  g_assert_nonnull (strstr (err, "passphrase"));
  g_clear_pointer (&err, g_free);
  g_assert_cmpint (run (NULL, "--passphrase-file", empty, "--out", out, path, NULL), ==, 2);
  g_assert_cmpint (run (NULL, "--out", out, path, NULL), ==, 2);
  g_assert_cmpint (run (NULL, "--passphrase-file", passphrase_path, "--out", path, path, NULL), ==, 2);
  g_assert_cmpint (run (NULL, "--passphrase-file", passphrase_path, "--out", out, NULL), ==, 2);
  g_assert_cmpuint (files_in (out), ==, 0);
  /* One line for each of the two that fail, and the one between them is done. */
  g_assert_cmpint (run (&err, "--passphrase-file", passphrase_path, "--out", out, missing, path, text, NULL), ==, 1);
  g_assert_cmpuint (files_in (out), ==, 1);
  {
    g_auto (GStrv) lines = g_strsplit (err, "\n", -1);

    g_assert_cmpuint (g_strv_length (lines), ==, 3);
    g_assert_true (g_str_has_prefix (lines[0], missing));
    g_assert_true (g_str_has_prefix (lines[1], text));
    g_assert_cmpstr (lines[2], ==, "");
  }
}

/* A picture for a recipient: with the identity file, locked and not; with that of somebody else, and without. */
static void
test_identity (void)
{
  const CncFormat format = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  const CncKdfParams quick = { CNC_KDF_OPS_MIN, CNC_KDF_MEMORY_KIB_MIN };
  g_autoptr (CncPicture) picture = make_picture (90, 60, &format);
  g_autoptr (CncSecret) secret = cnc_secret_new_passphrase ("correct horse", 13, NULL);
  g_autofree char *out = new_out (), *mine = in_folder ("mine"), *other = in_folder ("other"), *locked = in_folder ("mine.identity");
  g_autofree char *open = in_folder ("other.identity"), *pub = in_folder ("mine.pub"), *wrong = in_folder ("wrong"), *made = NULL;
  g_autofree char *with_passphrase = NULL, *path = NULL, *for_other = NULL, *err = NULL;
  guint8 my_key[CNC_PUBLIC_KEY_BYTES], other_key[CNC_PUBLIC_KEY_BYTES];

  g_assert_true (g_file_set_contents (wrong, "wrong\n", -1, NULL));
  g_assert_true (cnc_keys_make (mine, secret, &quick, my_key, NULL));
  g_assert_true (cnc_keys_make (other, NULL, NULL, other_key, NULL));
  with_passphrase = write_carrier (picture, "with-passphrase.png");
  encrypt_for = my_key;
  path = write_carrier (picture, "for-me.png");
  encrypt_for = other_key;
  for_other = write_carrier (picture, "for-other.png");
  encrypt_for = NULL;

  g_assert_cmpint (run (&err, "--identity", locked, "--passphrase-file", passphrase_path, "--out", out, path, NULL), ==, 0);
  g_assert_cmpstr (err, ==, "");
  g_clear_pointer (&err, g_free);
  made = g_build_filename (out, "for-me.png", NULL);
  assert_file (made, picture->raster);
  g_assert_cmpint (run (NULL, "--identity", open, "--check", for_other, NULL), ==, 0);
  g_assert_nonnull (strstr (run_out, "opens with this identity"));

  g_assert_cmpint (run (&err, "--identity", open, "--out", out, path, NULL), ==, 1);
  g_assert_nonnull (strstr (err, "somebody else"));
  g_clear_pointer (&err, g_free);
  g_assert_cmpint (run (&err, "--identity", open, "--out", out, with_passphrase, NULL), ==, 1);
  g_assert_nonnull (strstr (err, "with its passphrase"));
  g_clear_pointer (&err, g_free);
  g_assert_cmpint (run (&err, "--passphrase-file", passphrase_path, "--out", out, for_other, NULL), ==, 1);
  g_assert_nonnull (strstr (err, "identity file"));
  g_clear_pointer (&err, g_free);
  g_assert_cmpint (run (&err, "--identity", locked, "--passphrase-file", wrong, "--out", out, path, NULL), ==, 2);
  g_assert_nonnull (strstr (err, "passphrase of the identity is wrong"));
  g_clear_pointer (&err, g_free);
  g_assert_cmpint (run (&err, "--identity", pub, "--out", out, path, NULL), ==, 2);
  g_assert_nonnull (strstr (err, "this is a public key"));
  g_assert_cmpuint (files_in (out), ==, 1);
}

static void
test_exists (void)
{
  const CncFormat format = { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncPicture) picture = make_picture (50, 50, &format);
  g_autofree char *out = new_out ();
  g_autofree char *path = write_carrier (picture, "exists.png");
  g_autofree char *there = g_build_filename (out, "exists.png", NULL);
  g_autofree char *err = NULL;
  g_autofree char *content = NULL;

  g_assert_true (g_file_set_contents (there, "mine", -1, NULL));
  g_assert_cmpint (run (&err, "--passphrase-file", passphrase_path, "--out", out, path, NULL), ==, 1);
  g_assert_nonnull (strstr (err, "exists already"));
  g_assert_true (g_file_get_contents (there, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, "mine");
  g_assert_cmpuint (files_in (out), ==, 1);
}

static void
test_no_space (void)
{
  const CncFormat format = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  const CncFormat floats = { CNC_MODEL_RGB, CNC_SAMPLE_FLOAT, CNC_CURVE_LINEAR, FALSE };
  g_autoptr (CncPicture) picture = make_picture (90, 90, &format);
  g_autoptr (CncPicture) other = make_picture (90, 90, &floats);
  g_autofree char *out = new_out ();
  g_autofree char *path = write_carrier (picture, "space.png");
  g_autofree char *path2 = write_carrier (other, "space2.png");
  gint status;

  limit_size = TRUE;
  status = run (NULL, "--passphrase-file", passphrase_path, "--out", out, path, path2, NULL);
  limit_size = FALSE;
  g_assert_cmpint (status, ==, 1);
  g_assert_cmpuint (files_in (out), ==, 0);
}

static void
test_names (void)
{
  static const char *const names[]
      = { "with space.png", "it's \"quoted\".png", "new\nline.png", "größe-写真.png", "-dash.png", "no-extension", ".hidden" };
  const CncFormat format = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, TRUE };
  g_autoptr (CncPicture) picture = make_picture (40, 20, &format);
  g_autoptr (CncRaster) carrier = encrypt (picture, 0, 0);
  g_autofree char *out = new_out ();
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *a_png = in_folder ("a.png");
  g_autofree char *a_other = in_folder ("a.other");

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_ptr_array_add (paths, in_folder (names[i]));
      write_png (carrier, paths->pdata[i]);
    }
  g_assert_cmpint (run_all (out, paths), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *with = g_strconcat (names[i], strchr (names[i], '.') > names[i] ? "" : ".png", NULL);
      g_autofree char *result = g_build_filename (out, with, NULL);

      assert_file (result, picture->raster);
    }
  write_png (carrier, a_png);
  write_png (carrier, a_other);
  g_assert_cmpint (run (NULL, "--passphrase-file", passphrase_path, "--out", out, a_png, a_other, NULL), ==, 0);
  g_assert_cmpuint (files_in (out), ==, G_N_ELEMENTS (names) + 2);
  {
    g_autofree char *first = g_build_filename (out, "a.png", NULL);
    g_autofree char *second = g_build_filename (out, "a.other.png", NULL);

    assert_file (first, picture->raster);
    assert_file (second, picture->raster);
  }
}

/* Re-saved by other programs: an alpha channel, 16 bits, both, a PPM. */
static void
test_resaved (void)
{
  const CncFormat rgb = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncPicture) picture = make_picture (97, 31, &rgb);
  g_autoptr (CncRaster) carrier = encrypt (picture, 0, 0);
  const gsize pixels = (gsize) carrier->width * carrier->height;
  g_autofree char *out = new_out ();
  g_autoptr (GString) ppm = g_string_new (NULL);
  g_autofree char *ppm_path = in_folder ("r4.ppm");
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

  for (guint variant = 0; variant < 4; variant++)
    {
      const guint alpha = variant & 1, bytes = variant & 2 ? 2 : 1;
      const CncFormat format = { CNC_MODEL_RGB, variant & 2 ? CNC_SAMPLE_U16 : CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, (gboolean) alpha };
      g_autoptr (CncRaster) other = cnc_raster_new (carrier->width, carrier->height, &format, NULL);
      g_autofree char *name = g_strdup_printf ("r%u.png", variant);

      memset (other->data, 0xff, cnc_raster_bytes (other));
      for (gsize i = 0; i < pixels; i++)
        for (guint c = 0; c < 3; c++)
          memset (other->data + (i * (3 + alpha) + c) * bytes, carrier->data[i * 3 + c], bytes);
      g_ptr_array_add (paths, in_folder (name));
      write_png (other, paths->pdata[variant]);
    }
  g_string_printf (ppm, "P6\n%u %u\n255\n", carrier->width, carrier->height);
  g_string_append_len (ppm, (const char *) carrier->data, (gssize) cnc_raster_bytes (carrier));
  g_assert_true (g_file_set_contents (ppm_path, ppm->str, (gssize) ppm->len, NULL));
  g_ptr_array_add (paths, g_strdup (ppm_path));
  g_assert_cmpint (run_all (out, paths), ==, 0);
  for (guint variant = 0; variant <= 4; variant++)
    {
      g_autofree char *name = g_strdup_printf ("r%u.png", variant);
      g_autofree char *result = g_build_filename (out, name, NULL);

      assert_file (result, picture->raster);
    }
}

static void
test_damaged (void)
{
  const CncFormat rgb = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncPicture) picture = make_picture (120, 80, &rgb);
  g_autoptr (CncRaster) carrier = encrypt (picture, 0, 0);
  g_autofree char *out = new_out ();
  g_autofree char *flipped = in_folder ("flipped.png");
  g_autofree char *cropped = in_folder ("cropped.png");
  g_autofree char *cut = in_folder ("cut.png");
  g_autofree char *plain = in_folder ("plain.png");
  g_autofree char *err = NULL;
  g_autofree char *content = NULL;
  gsize size;

  write_png (picture->raster, plain);
  write_png (carrier, cut);
  g_assert_true (g_file_get_contents (cut, &content, &size, NULL));
  g_assert_true (g_file_set_contents (cut, content, (gssize) (size / 2), NULL));
  carrier->data[cnc_raster_bytes (carrier) / 2] ^= 4;
  write_png (carrier, flipped);
  carrier->data[cnc_raster_bytes (carrier) / 2] ^= 4;
  carrier->height--;
  write_png (carrier, cropped);
  g_assert_cmpint (run (&err, "--passphrase-file", passphrase_path, "--out", out, flipped, cropped, cut, plain, NULL), ==, 1);
  {
    g_auto (GStrv) lines = g_strsplit (err, "\n", -1);

    g_assert_cmpuint (g_strv_length (lines), ==, 5);
    g_assert_nonnull (strstr (lines[1], "cropped"));
    g_assert_nonnull (strstr (lines[3], "not an encrypted picture"));
  }
  g_assert_cmpuint (files_in (out), ==, 0);
}

static void
paste (CncRaster *whole, guint x, guint y, const CncRaster *part)
{
  for (guint row = 0; row < part->height; row++)
    memcpy (whole->data + ((gsize) (y + row) * whole->width + x) * 3, part->data + (gsize) row * part->width * 3, part->width * 3);
}

static void
test_regions (void)
{
  const CncFormat rgb = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncPicture) whole = make_picture (300, 200, &rgb);
  g_autoptr (CncPicture) part = make_picture (64, 40, &rgb);
  g_autoptr (CncRaster) one = NULL;
  g_autoptr (CncRaster) two = NULL;
  g_autoptr (CncRaster) broken = NULL;
  g_autofree char *out = new_out ();
  g_autofree char *path = in_folder ("regions.png");
  g_autofree char *path2 = in_folder ("regions2.png");
  g_autofree char *result = g_build_filename (out, "regions.png", NULL);
  g_autofree char *result2 = g_build_filename (out, "regions2.png", NULL);
  g_autofree char *err = NULL;

  /* Smooth, so that it fits into its own place. */
  for (gsize i = 0; i < cnc_raster_bytes (part->raster); i++)
    part->raster->data[i] = (guint8) (i / 192);
  part->source = CNC_SOURCE_REGION;
  one = encrypt (part, 64, 40);
  two = encrypt (part, 64, 40);
  paste (whole->raster, 0, 0, one);
  paste (whole->raster, 201, 133, two);
  write_png (whole->raster, path);
  broken = cnc_raster_new (300, 200, &rgb, NULL);
  memcpy (broken->data, whole->raster->data, cnc_raster_bytes (broken));
  broken->data[(133 + 39) * 900 + 205 * 3] ^= 1;
  write_png (broken, path2);

  paste (whole->raster, 0, 0, part->raster);
  paste (broken, 0, 0, part->raster);
  paste (whole->raster, 201, 133, part->raster);
  g_assert_cmpint (run (&err, "--passphrase-file", passphrase_path, "--out", out, path, NULL), ==, 0);
  g_assert_cmpstr (err, ==, "");
  assert_file (result, whole->raster);
  /* One of two is damaged: it stays, the other one opens, and the status tells. */
  g_clear_pointer (&err, g_free);
  g_assert_cmpint (run (&err, "--passphrase-file", passphrase_path, "--out", out, path2, NULL), ==, 1);
  g_assert_nonnull (strstr (err, "201, 133"));
  assert_file (result2, broken);
  g_assert_cmpint (run (NULL, "--check", "--passphrase-file", passphrase_path, path2, NULL), ==, 1);
  g_assert_cmpuint (files_in (out), ==, 2);
}

/* Resolution and profile; a profile that PNG does not take makes a TIFF. */
static void
test_profile (void)
{
  const CncFormat rgb = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncPicture) picture = make_picture (64, 48, &rgb);
  g_autofree char *out = new_out ();
  g_autofree char *good = NULL;
  g_autofree char *odd = NULL;
  g_autofree char *result = g_build_filename (out, "good.png", NULL);
  g_autofree char *odd_result = g_build_filename (out, "odd.tif", NULL);
  g_autoptr (GError) error = NULL;
  OpenFile file = { picture->raster, NULL, 0, 0, NULL };

  picture->x_resolution = picture->y_resolution = 254;
  picture->profile = open_linear_profile ();
  g_assert_nonnull (picture->profile);
  good = write_carrier (picture, "good.png");
  g_assert_cmpint (run (NULL, "--passphrase-file", passphrase_path, "--out", out, good, NULL), ==, 0);
  file.profile = picture->profile;
  g_assert_true (open_png_compare (result, &file, &error));
  {
    g_autofree char *content = NULL;
    gsize size;
    static const guint8 phys[] = { 0, 0, 0, 9, 'p', 'H', 'Y', 's', 0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10, 1 };

    g_assert_true (g_file_get_contents (result, &content, &size, NULL));
    g_assert_nonnull (memmem (content, size, phys, sizeof phys));
  }
  g_clear_pointer (&picture->profile, g_bytes_unref);
  picture->profile = g_bytes_new ("no real profile", 15);
  odd = write_carrier (picture, "odd.png");
  g_assert_cmpint (run (NULL, "--passphrase-file", passphrase_path, "--out", out, odd, NULL), ==, 0);
  file.profile = picture->profile;
  g_assert_true (open_tiff_compare (odd_result, &file, &error));
  picture->raster->data[100] ^= 1;
  g_assert_false (open_tiff_compare (odd_result, &file, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_IO);
  g_clear_error (&error);
  file.profile = NULL;
  g_assert_false (open_png_compare (result, &file, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_IO);
}

static const char metadata_text[] = "<?xml version='1.0' encoding='UTF-8'?>\n<metadata>\n"
                                    "  <tag name=\"Exif.Image.Make\">A &amp; B</tag>\n"
                                    "  <tag name=\"Exif.Image.StripOffsets\">8</tag>\n" /* would break a TIFF file */
                                    "  <tag name=\"Exif.Image.ImageWidth\">9</tag>\n"
                                    "  <tag name=\"Exif.Photo.DateTimeOriginal\">2024:05:06 07:08:09</tag>\n"
                                    "  <tag name=\"Exif.Photo.UserComment\" encoding=\"base64\">aGVsbG8=</tag>\n"
                                    "  <tag name=\"Xmp.dc.subject\">one</tag>\n"
                                    "  <tag name=\"Xmp.dc.subject\">two</tag>\n"
                                    "  <tag name=\"Xmp.xmpMM.History[1]/stEvt:action\">saved</tag>\n"
                                    "  <tag name=\"Xmp.xmpMM.History[1]/stEvt:when\">2024-01-01</tag>\n"
                                    "  <tag name=\"Xmp.xmpMM.History[2]/stEvt:action\">again</tag>\n"
                                    "  <tag name=\"Xmp.GIMP.API\">2.0</tag>\n"
                                    "  <tag name=\"Iptc.Application2.City\">München</tag>\n"
                                    "</metadata>\n";

static void
assert_tag (GExiv2Metadata *metadata, const char *name, const char *expected)
{
  g_autofree char *value = gexiv2_metadata_try_get_tag_string (metadata, name, NULL);

  g_assert_cmpstr (value, ==, expected);
}

static void
test_metadata (void)
{
  g_autofree char *out = new_out ();

  for (guint tiff = 0; tiff < 2; tiff++)
    {
      const CncFormat format = { CNC_MODEL_RGB, tiff ? CNC_SAMPLE_FLOAT : CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
      g_autoptr (CncPicture) picture = make_picture (64, 48, &format);
      g_autofree char *path = NULL;
      g_autofree char *result = g_build_filename (out, tiff ? "m1.tif" : "m0.png", NULL);
      g_autofree char *broken_result = g_build_filename (out, tiff ? "b1.tif" : "b0.png", NULL);
      g_autofree char *content = NULL;
      g_autoptr (GExiv2Metadata) metadata = gexiv2_metadata_new ();
      g_autoptr (GError) error = NULL;
      gsize size;

      picture->metadata = g_strdup (metadata_text);
      cnc_picture_add_parasite (picture, "gimp-comment", 1, "a comment of mine", 18);
      path = write_carrier (picture, tiff ? "m1.png" : "m0.png");
      g_assert_cmpint (run (NULL, "--passphrase-file", passphrase_path, "--out", out, path, NULL), ==, 0);
      assert_file (result, picture->raster);
      g_assert_true (gexiv2_metadata_open_path (metadata, result, &error));
      assert_tag (metadata, "Exif.Image.Make", "A & B");
      assert_tag (metadata, "Exif.Photo.DateTimeOriginal", "2024:05:06 07:08:09");
      assert_tag (metadata, "Exif.Photo.UserComment", "hello");
      assert_tag (metadata, "Xmp.dc.subject", "one, two");
      assert_tag (metadata, "Xmp.xmpMM.History[1]/stEvt:when", "2024-01-01");
      assert_tag (metadata, "Xmp.xmpMM.History[2]/stEvt:action", "again");
      assert_tag (metadata, "Xmp.GIMP.API", "2.0");
      assert_tag (metadata, "Iptc.Application2.City", "München");
      g_assert_true (g_file_get_contents (result, &content, &size, NULL));
      g_assert_nonnull (memmem (content, size, "a comment of mine", 17));
      /* What is no such text costs the metadata, not the picture. */
      g_free (path);
      g_free (picture->metadata);
      picture->metadata = g_strdup ("<metadata><tag name=\"Exif.Image.Make\">");
      path = write_carrier (picture, tiff ? "b1.png" : "b0.png");
      g_assert_cmpint (run (NULL, "--passphrase-file", passphrase_path, "--out", out, path, NULL), ==, 0);
      assert_file (broken_result, picture->raster);
    }
  g_assert_cmpuint (files_in (out), ==, 4);
}

/* A picture of the lossy method: what the program says of it, with its model and without. */
static void
test_lossy (void)
{
  const CncFormat rgb = { CNC_MODEL_RGB, CNC_SAMPLE_U16, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autofree char *models = codec_model_install ("autoencoder", 9), *out = new_out (), *err = NULL, *path = NULL;
  g_autoptr (CncPicture) picture = make_picture (53, 37, &rgb);

  encrypt_method = "autoencoder";
  path = write_carrier (picture, "lossy.png");
  encrypt_method = NULL;
  g_assert_cmpint (run (&err, "--check", "--passphrase-file", passphrase_path, path, NULL), ==, 0);
  g_assert_nonnull (strstr (run_out, "53 × 37"));
  g_assert_nonnull (strstr (run_out, "compressed with loss"));
  g_clear_pointer (&err, g_free);
  g_assert_cmpint (run (&err, "--passphrase-file", passphrase_path, "--out", out, path, NULL), ==, 0);
  g_assert_cmpstr (err, ==, "");
  g_assert_nonnull (strstr (run_out, "lossy.png; 53 × 37, compressed with loss"));
  g_clear_pointer (&err, g_free);
  codec_model_remove (models, "autoencoder");
  g_assert_cmpint (run (&err, "--passphrase-file", passphrase_path, "--out", out, path, NULL), ==, 1);
  g_assert_nonnull (strstr (err, "the model “autoencoder” (SHA-256 "));
  g_assert_cmpstr (run_out, ==, "");
  g_assert_cmpuint (files_in (out), ==, 1);
}

int
main (int argc, char **argv)
{
  gint status;

  g_test_init (&argc, &argv, NULL);
  help_start ();
  gexiv2_initialize ();
  gexiv2_metadata_try_register_xmp_namespace ("http://www.gimp.org/xmp/", "GIMP", NULL);
  g_test_add_func ("/open/formats", test_formats);
  g_test_add_func ("/open/check", test_check);
  g_test_add_func ("/open/identity", test_identity);
  g_test_add_func ("/open/exists", test_exists);
  g_test_add_func ("/open/no-space", test_no_space);
  g_test_add_func ("/open/names", test_names);
  g_test_add_func ("/open/resaved", test_resaved);
  g_test_add_func ("/open/damaged", test_damaged);
  g_test_add_func ("/open/regions", test_regions);
  g_test_add_func ("/open/lossy", test_lossy);
  g_test_add_func ("/open/profile", test_profile);
  g_test_add_func ("/open/metadata", test_metadata);
  status = g_test_run ();
  help_end ();
  return status;
}
