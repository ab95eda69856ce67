/* Hide and Reveal: what comes back, what is left as it was, and what is refused. */
#include <string.h>

#include "checks.h"

#define ONE "env:CHECKS_PASSPHRASE"
#define TWO "env:CHECKS_OTHER"

static char *report;

/* The image that was made, -1 on an error, whose text is then in checks_error. */
static gint32
hide_as (const char *mode, gint32 image, gint n, const char *const *secrets, gint n_sources, const char *const *sources, gint bits,
         gint layers)
{
  gint n_values = 0;
  GimpParam *values = gimp_run_procedure ("plug-in-cnncrypt-hide", &n_values, GIMP_PDB_INT32, GIMP_RUN_NONINTERACTIVE, GIMP_PDB_IMAGE,
                                          image, GIMP_PDB_DRAWABLE, checks_layer (image), GIMP_PDB_STRING, mode, GIMP_PDB_INT32, n,
                                          GIMP_PDB_STRINGARRAY, secrets, GIMP_PDB_INT32, n_sources, GIMP_PDB_STRINGARRAY, sources,
                                          GIMP_PDB_INT32, bits, GIMP_PDB_INT32, layers, GIMP_PDB_STRING, "cpu", GIMP_PDB_END);
  gint32 made = -1;

  g_clear_pointer (&checks_error, g_free);
  g_clear_pointer (&report, g_free);
  if (n_values >= 3 && values[0].data.d_status == GIMP_PDB_SUCCESS)
    {
      made = values[1].data.d_image;
      report = g_strdup (values[2].data.d_string);
    }
  else
    checks_error = checks_error_text (values, n_values);
  gimp_destroy_params (values, n_values);
  return made;
}

static gint32
hide (gint32 image, gint n, const char *const *secrets, const char *const *sources)
{
  return hide_as ("exact", image, n, secrets, n, sources, 0, 0);
}

/* How many were opened; their images, in the order of their slots. */
static gint
reveal (gint32 image, gint32 drawable, gint n, const char *const *sources, gint32 images[3])
{
  gint n_values = 0, found = 0;
  GimpParam *values = gimp_run_procedure ("plug-in-cnncrypt-reveal", &n_values, GIMP_PDB_INT32, GIMP_RUN_NONINTERACTIVE, GIMP_PDB_IMAGE,
                                          image, GIMP_PDB_DRAWABLE, drawable, GIMP_PDB_INT32, n, GIMP_PDB_STRINGARRAY, sources,
                                          GIMP_PDB_STRING, "cpu", GIMP_PDB_END);

  g_clear_pointer (&checks_error, g_free);
  images[0] = images[1] = images[2] = -1;
  if (n_values == 4 && values[0].data.d_status == GIMP_PDB_SUCCESS)
    for (gint i = 0; i < 3; i++)
      {
        images[i] = values[1 + i].data.d_image;
        found += images[i] != -1;
      }
  else
    checks_error = checks_error_text (values, n_values);
  gimp_destroy_params (values, n_values);
  return found;
}

/* The one image that one passphrase opens. */
static gint32
reveal_one (gint32 image, const char *source)
{
  gint32 images[3];

  return reveal (image, checks_layer (image), 1, &source, images) == 1 ? images[0] : -1;
}

static gboolean
said (const char *words)
{
  return checks_error != NULL && strstr (checks_error, words) != NULL;
}

static char *
spec (const char *kind, gint32 id)
{
  return g_strdup_printf ("%s:%d", kind, id);
}

static gboolean
same_pixels (gint32 drawable, GBytes *want)
{
  g_autoptr (GBytes) got = drawable != -1 ? checks_pixels (drawable) : NULL;

  return got != NULL && g_bytes_equal (got, want);
}

static gboolean
is_rgb8 (gint32 image)
{
  return image != -1 && gimp_image_base_type (image) == GIMP_RGB && gimp_image_get_precision (image) == GIMP_PRECISION_U8_GAMMA
         && !gimp_drawable_has_alpha (checks_layer (image));
}

static gboolean
has_size (gint32 image, gint width, gint height)
{
  return is_rgb8 (image) && gimp_image_width (image) == width && gimp_image_height (image) == height;
}

/* The largest difference of a sample. */
static gint
distance (gint32 a, gint32 b)
{
  g_autoptr (GBytes) pixels_a = checks_pixels (checks_layer (a)), pixels_b = checks_pixels (checks_layer (b));
  gsize size_a, size_b;
  const guint8 *p = g_bytes_get_data (pixels_a, &size_a), *q = g_bytes_get_data (pixels_b, &size_b);
  gint largest = size_a == size_b ? 0 : 256;

  for (gsize i = 0; i < MIN (size_a, size_b); i++)
    largest = MAX (largest, ABS (p[i] - q[i]));
  return largest;
}

static gint32
cover_new (void)
{
  return checks_image (200, 150, GIMP_RGB, GIMP_PRECISION_U8_GAMMA, FALSE, 71);
}

static gint32
secret_new (gint width, gint height, guint32 seed)
{
  return checks_image (width, height, GIMP_RGB, GIMP_PRECISION_U8_GAMMA, FALSE, seed);
}

static void
attach (gint32 image)
{
  GimpParasite *comment = gimp_parasite_new ("gimp-comment", GIMP_PARASITE_PERSISTENT, sizeof "Geheim", "Geheim");
  GimpColorProfile *profile = gimp_color_profile_new_rgb_srgb ();

  gimp_image_attach_parasite (image, comment);
  gimp_image_set_color_profile (image, profile);
  gimp_parasite_free (comment);
  g_object_unref (profile);
}

/* One layer, no profile, no comment, nothing that a file would tell. */
static gboolean
is_bare (gint32 image)
{
  gint n_layers = 0, n_parasites = 0;
  g_auto (GStrv) parasites = gimp_image_get_parasite_list (image, &n_parasites);
  GimpColorProfile *profile = gimp_image_get_color_profile (image);
  gboolean bare = profile == NULL;

  for (gint i = 0; i < n_parasites; i++)
    {
      GimpParasite *parasite = gimp_image_get_parasite (image, parasites[i]);

      bare = bare && !gimp_parasite_is_persistent (parasite);
      gimp_parasite_free (parasite);
    }
  g_free (gimp_image_get_layers (image, &n_layers));
  g_clear_object (&profile);
  return bare && n_layers == 1;
}

static void
one_secret (void)
{
  const gint32 cover = cover_new (), secret = secret_new (40, 30, 72);
  g_autoptr (GBytes) before = checks_pixels (checks_layer (cover)), want = checks_pixels (checks_layer (secret));
  g_autofree char *name = spec ("image", secret);
  const char *secrets[] = { name }, *sources[] = { ONE };
  gint32 made, back;

  attach (cover);
  attach (secret);
  gimp_image_clean_all (cover);
  made = hide (cover, 1, secrets, sources);
  check (made != -1 && made != cover && has_size (made, 200, 150) && is_bare (made),
         "one picture is hidden; the result is a bare new RGB image");
  check (made != -1 && distance (cover, made) == 1, "exact with one low bit changes no sample by more than one");
  check (report != NULL && strstr (report, "dB (PSNR)") != NULL && strstr (report, "every bit") != NULL,
         "the report tells how good both are");
  check (same_pixels (checks_layer (cover), before) && !gimp_image_is_dirty (cover), "the cover is as it was, and clean");
  back = made != -1 ? reveal_one (made, ONE) : -1;
  check (has_size (back, 40, 30) && is_bare (back) && same_pixels (checks_layer (back), want),
         "it comes back at its own size, bit for bit");
  check (made != -1 && reveal_one (made, TWO) == -1 && said ("passphrase") && !said ("Nothing"), "another passphrase is wrong");
  check (reveal_one (cover, ONE) == -1 && said ("othing is hidden"), "nothing is hidden in the cover");
  made = hide_as ("exact", cover, 1, secrets, 1, sources, 2, 1);
  check (made != -1 && distance (cover, made) <= 3, "two low bits change no sample by more than three");
}

static void
three_secrets (void)
{
  const gint32 cover = cover_new (), first = secret_new (40, 30, 73), second = secret_new (33, 50, 74), third = secret_new (25, 25, 75);
  const gint32 copy = gimp_layer_new_from_drawable (checks_layer (second), cover);
  g_autofree char *file = g_build_filename (g_getenv ("CHECKS_FOLDER"), "third.png", NULL);
  g_autofree char *pass = g_build_filename (g_getenv ("CHECKS_FOLDER"), "third.pass", NULL);
  g_autofree char *name_1 = spec ("image", first), *name_2 = spec ("layer", copy), *name_3 = g_strconcat ("file:", file, NULL);
  g_autofree char *source_3 = g_strconcat ("file:", pass, NULL);
  const char *secrets[] = { name_1, name_2, name_3 }, *sources[] = { ONE, TWO, source_3 }, *swapped[] = { source_3, "env:CHECKS_THIRD" };
  g_autoptr (GBytes) want_2 = checks_pixels (checks_layer (second));
  gint32 made, images[3];

  gimp_image_insert_layer (cover, copy, -1, 0);
  gimp_layer_set_offsets (copy, 11, 17);
  gimp_item_set_visible (copy, FALSE);
  gimp_layer_set_opacity (copy, 30);
  gimp_file_save (GIMP_RUN_NONINTERACTIVE, third, checks_layer (third), file, file);
  g_file_set_contents (pass, "the third one\nsecond line\n", -1, NULL);
  made = hide (cover, 3, secrets, sources);
  check (is_rgb8 (made), "an image, a layer and a file are hidden together");
  if (made == -1)
    return;
  check (has_size (reveal_one (made, ONE), 40, 30), "the first passphrase opens the first");
  check (same_pixels (checks_layer (reveal_one (made, TWO)), want_2), "the second the layer, whatever its place, opacity and visibility");
  check (has_size (reveal_one (made, source_3), 25, 25), "the third the file");
  check (reveal (made, checks_layer (made), 3, sources, images) == 3 && has_size (images[0], 40, 30) && has_size (images[1], 33, 50)
             && has_size (images[2], 25, 25),
         "all three together open all three");
  check (reveal (made, checks_layer (made), 2, swapped, images) == 1 && has_size (images[0], 25, 25),
         "of two, the one that fits opens its secret");
}

/* Covers and secrets of every kind. */
static void
kinds (void)
{
  static const struct
  {
    GimpImageBaseType base;
    GimpPrecision precision;
    gboolean alpha;
    const char *words;
    const char *name;
  } kind[] = {
    { GIMP_GRAY, GIMP_PRECISION_U8_GAMMA, FALSE, "grey", "grey" },
    { GIMP_INDEXED, GIMP_PRECISION_U8_GAMMA, FALSE, "palette", "a palette" },
    { GIMP_RGB, GIMP_PRECISION_U16_GAMMA, FALSE, "8 bits", "16 bits" },
    { GIMP_RGB, GIMP_PRECISION_FLOAT_LINEAR, FALSE, "8 bits", "floating point, linear" },
    { GIMP_RGB, GIMP_PRECISION_U8_GAMMA, TRUE, "on white", "alpha" },
    { GIMP_GRAY, GIMP_PRECISION_U16_LINEAR, TRUE, "on white", "16-bit linear grey with alpha" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (kind); i++)
    {
      const gint32 cover = checks_image (160, 120, kind[i].base, kind[i].precision, kind[i].alpha, 80 + i), small = secret_new (30, 20, 90);
      const gint32 odd = checks_image (31, 21, kind[i].base, kind[i].precision, kind[i].alpha, 95 + i), plain = cover_new ();
      g_autofree char *name = spec ("image", small), *odd_name = spec ("image", odd);
      const char *secrets[] = { name }, *odds[] = { odd_name }, *sources[] = { ONE };
      g_autoptr (GBytes) before = checks_pixels (checks_layer (cover));
      gint32 made = hide (cover, 1, secrets, sources);

      check (made != -1 && has_size (made, 160, 120) && strstr (report, kind[i].words) != NULL && strstr (report, "The cover") != NULL
                 && same_pixels (checks_layer (cover), before) && has_size (reveal_one (made, ONE), 30, 20),
             "a cover with %s is converted, says so, and stays as it was itself", kind[i].name);
      made = hide (plain, 1, odds, sources);
      check (made != -1 && strstr (report, kind[i].words) != NULL && has_size (reveal_one (made, ONE), 31, 21),
             "a secret with %s is converted, and says so", kind[i].name);
    }
}

/* What a flattened secret looks like is no matter of luck. */
static void
white (void)
{
  const gint32 cover = cover_new (), clear = checks_image (20, 20, GIMP_RGB, GIMP_PRECISION_U8_GAMMA, TRUE, 99);
  g_autofree char *name = spec ("image", clear);
  const char *secrets[] = { name }, *sources[] = { ONE };
  g_autoptr (GBytes) pixels = NULL;
  gboolean all = TRUE;
  gint32 back;

  gimp_drawable_fill (checks_layer (clear), GIMP_FILL_TRANSPARENT);
  back = reveal_one (hide (cover, 1, secrets, sources), ONE);
  pixels = checks_pixels (checks_layer (back));
  for (gsize i = 0; i < g_bytes_get_size (pixels); i++)
    all = all && ((const guint8 *) g_bytes_get_data (pixels, NULL))[i] == 255;
  check (all, "what is transparent is white when it comes back");
}

static void
refusals (void)
{
  const gint32 cover = cover_new (), tiny = checks_image (8, 8, GIMP_RGB, GIMP_PRECISION_U8_GAMMA, FALSE, 5),
               secret = secret_new (30, 20, 91);
  g_autofree char *name = spec ("image", secret), *gone = spec ("image", 4711), *channel = spec ("layer", gimp_image_get_selection (cover));
  const char *four[] = { name, name, name, name }, *sources[] = { ONE, TWO, "env:CHECKS_THIRD", ONE }, *same[] = { ONE, ONE };
  const char *lost[] = { gone }, *odd[] = { "picture" }, *no_layer[] = { channel }, *none[] = { "file:/nonexistent/x.png" };
  const char *empty[] = { "env:CHECKS_EMPTY" };
  gint n = 0;
  GimpParam *values;

  check (hide (cover, 4, four, sources) == -1 && said ("three"), "four secrets are refused");
  check (hide (cover, 0, four, sources) == -1 && said ("One to three"), "none are");
  check (hide (cover, 2, four, same) == -1 && said ("same passphrase"), "the same passphrase twice is refused");
  check (hide_as ("exact", cover, 2, four, 1, sources, 0, 0) == -1 && said ("own"), "fewer passphrases than secrets are refused");
  check (hide (cover, 1, four, empty) == -1 && said ("empty"), "an empty passphrase is refused");
  check (hide (tiny, 1, four, sources) == -1 && said ("too small"), "a cover that is too small is refused");
  check (hide (cover, 1, lost, sources) == -1 && said ("no image that is open"), "a secret that is not open is refused");
  check (hide (cover, 1, no_layer, sources) == -1 && said ("no layer"), "a channel is no secret");
  check (hide (cover, 1, odd, sources) == -1 && said ("image:ID"), "a secret that is named otherwise is refused");
  check (hide (cover, 1, none, sources) == -1 && said ("cannot open"), "a file that is not there is refused");
  check (hide_as ("secret", cover, 1, four, 1, sources, 0, 0) == -1 && said ("exact"), "an unknown mode lists the modes");
  check (hide_as ("exact", cover, 1, four, 1, sources, 3, 0) == -1, "three low bits are refused");
  check (hide_as ("robust", cover, 1, four, 1, sources, 0, 0) == -1 && said ("cannot be used to hide"),
         "without its model, the network says so");
  values
      = gimp_run_procedure ("plug-in-cnncrypt-hide", &n, GIMP_PDB_INT32, GIMP_RUN_WITH_LAST_VALS, GIMP_PDB_IMAGE, cover, GIMP_PDB_DRAWABLE,
                            checks_layer (cover), GIMP_PDB_STRING, "", GIMP_PDB_INT32, 0, GIMP_PDB_STRINGARRAY, none, GIMP_PDB_INT32, 0,
                            GIMP_PDB_STRINGARRAY, none, GIMP_PDB_INT32, 0, GIMP_PDB_INT32, 0, GIMP_PDB_STRING, "", GIMP_PDB_END);
  g_free (checks_error);
  checks_error = checks_error_text (values, n);
  check (n >= 2 && values[0].data.d_status == GIMP_PDB_EXECUTION_ERROR && said ("display"),
         "with the last values and no display, it is an error: no passphrase is remembered");
  gimp_destroy_params (values, n);
}

/* Through a network, with what it does shown. */
static void
by_network (void)
{
  const gint32 cover = cover_new (), first = secret_new (40, 30, 73), second = secret_new (333, 50, 74);
  g_autofree char *name_1 = spec ("image", first), *name_2 = spec ("image", second);
  const char *secrets[] = { name_1, name_2 }, *sources[] = { ONE, TWO };
  const gint32 made = hide_as ("cnn", cover, 2, secrets, 2, sources, 0, 1), plain = hide_as ("", cover, 1, secrets, 1, sources, 0, 0);
  gint n_layers = 0, n_plain = 0;
  gint32 images[3];
  g_autofree gint *layers = NULL;

  if (made == -1)
    {
      check (FALSE, "pictures are hidden by a network");
      return;
    }
  layers = gimp_image_get_layers (made, &n_layers);
  check (is_rgb8 (made) && n_layers == 4 && checks_layer (made) == layers[3] && gimp_item_get_visible (layers[3])
             && !gimp_item_get_visible (layers[0]),
         "the result of a network has the difference and the features of each secret above it, invisible");
  check (gimp_drawable_width (layers[0]) == 200 && gimp_drawable_height (layers[0]) == 150, "the features have the size of the cover");
  check (report != NULL && strstr (report, "dB (PSNR)") != NULL, "the report tells how good they are");
  check (reveal (made, checks_layer (made), 2, sources, images) == 2 && has_size (images[0], 40, 30) && has_size (images[1], 333, 50),
         "both come back at their own sizes");
  check (reveal_one (made, "env:CHECKS_THIRD") == -1 && said ("passphrase"), "another passphrase is wrong");
  g_free (gimp_image_get_layers (plain, &n_plain));
  check (n_plain == 1 && distance (cover, plain) > 1, "without a mode, the network is taken where it is there");
}

/* Saved, and what people do to pictures. */
static void
afterwards (void)
{
  const gint32 cover = cover_new (), secret = secret_new (30, 20, 92);
  g_autofree char *name = spec ("image", secret);
  const char *secrets[] = { name }, *sources[] = { ONE };
  const gint32 made = hide_as ("exact", cover, 1, secrets, 1, sources, 0, 1);
  g_autofree char *png = g_build_filename (g_getenv ("CHECKS_FOLDER"), "hidden.png", NULL);
  g_autofree char *jpeg = g_build_filename (g_getenv ("CHECKS_FOLDER"), "hidden.jpg", NULL);
  g_autofree char *good = NULL, *bad = NULL, *changed = NULL, *bytes = NULL;
  g_autofree gint *layers = NULL;
  gint n_layers = 0;
  gsize size = 0;
  gint32 opened, other;
  guint8 pixel[3];

  if (made == -1)
    {
      check (FALSE, "something is hidden, with layers that show it");
      return;
    }
  layers = gimp_image_get_layers (made, &n_layers);
  check (n_layers == 2 && checks_layer (made) == layers[1] && !gimp_item_get_visible (layers[0]) && gimp_item_get_visible (layers[1]),
         "what was done is shown in an invisible layer above the result, which is active");
  check (has_size (reveal_one (made, ONE), 30, 20), "it does not hinder Reveal");
  gimp_file_save (GIMP_RUN_NONINTERACTIVE, made, layers[1], png, png);
  opened = gimp_file_load (GIMP_RUN_NONINTERACTIVE, png, png);
  good = checks_file (opened);
  check (good != NULL && has_size (reveal_one (opened, ONE), 30, 20), "saved as PNG and opened again, it is whole, and opens");
  gimp_file_save (GIMP_RUN_NONINTERACTIVE, opened, checks_layer (opened), jpeg, jpeg);
  if (g_file_get_contents (jpeg, &bytes, &size, NULL))
    g_file_set_contents (png, bytes, (gssize) size, NULL);
  bad = checks_file (opened);
  check (bad == NULL && said ("lost"), "Check Saved File tells when it became a JPEG");
  other = gimp_image_duplicate (made);
  gimp_drawable_invert (checks_layer (other), FALSE);
  changed = checks_file (other);
  check (changed == NULL && said ("changed since"), "and when the image itself was changed after hiding");
  other = gimp_file_load (GIMP_RUN_NONINTERACTIVE, jpeg, jpeg);
  check (reveal_one (other, ONE) == -1 && !said ("passphrase"), "after JPEG nothing is found, and no passphrase is blamed");
  other = gimp_image_duplicate (opened);
  gimp_image_scale (other, 160, 120);
  check (reveal_one (other, ONE) == -1 && !said ("passphrase"), "nor after scaling");
  other = gimp_image_duplicate (opened);
  gimp_image_crop (other, 180, 150, 0, 0);
  check (reveal_one (other, ONE) == -1 && said ("200"), "cropped, the size that it had is told");
  other = gimp_image_duplicate (opened);
  gimp_image_convert_grayscale (other);
  check (reveal_one (other, ONE) == -1 && said ("grey"), "made grey, it says so");
  other = gimp_image_duplicate (opened);
  for (gint y = 0; y < 150; y++)
    {
      gint channels;
      guint8 *there = gimp_drawable_get_pixel (checks_layer (other), 100, y, &channels);

      for (guint c = 0; c < 3; c++)
        pixel[c] = there[c] ^ 1;
      g_free (there);
      gimp_drawable_set_pixel (checks_layer (other), 100, y, 3, pixel);
    }
  check (reveal_one (other, ONE) == -1 && !said ("passphrase is wrong"), "a column of low bits changed is noticed");
}

void
checks_hide (void)
{
  one_secret ();
  three_secrets ();
  kinds ();
  white ();
  refusals ();
  by_network ();
  afterwards ();
}
