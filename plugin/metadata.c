/* Everything of a picture but its pixels: out of GIMP, and back. */
#include "metadata.h"

#include "base/text.h"

/* GIMP keeps the profile as a parasite, too; it is sealed as what it is. */
static gboolean
is_ours (const char *name)
{
  return g_strcmp0 (name, "icc-profile") != 0 && g_strcmp0 (name, "gimp-metadata") != 0;
}

static void
collect_parasite (CncPicture *picture, GimpParasite *parasite)
{
  if (parasite == NULL)
    return;
  if (gimp_parasite_is_persistent (parasite))
    cnc_picture_add_parasite (picture, gimp_parasite_name (parasite), (guint32) gimp_parasite_flags (parasite),
                              gimp_parasite_data (parasite), (gsize) gimp_parasite_data_size (parasite));
  gimp_parasite_free (parasite);
}

void
metadata_make_perceptual (CncPicture *picture)
{
  gsize size = 0;
  const guint8 *data = picture->profile != NULL ? g_bytes_get_data (picture->profile, &size) : NULL;
  GimpColorProfile *linear = data != NULL ? gimp_color_profile_new_from_icc_profile (data, size, NULL) : NULL;
  GimpColorProfile *curved = linear != NULL ? gimp_color_profile_new_srgb_trc_from_color_profile (linear) : NULL;

  g_clear_pointer (&picture->profile, g_bytes_unref);
  if (curved != NULL)
    {
      data = gimp_color_profile_get_icc_profile (curved, &size);
      picture->profile = g_bytes_new (data, size);
    }
  g_clear_object (&curved);
  g_clear_object (&linear);
}

static void
collect_colours (gint32 image, CncPicture *picture)
{
  GimpColorProfile *profile = gimp_image_get_color_profile (image);

  if (profile != NULL)
    {
      gsize size;
      const guint8 *data = gimp_color_profile_get_icc_profile (profile, &size);

      picture->profile = g_bytes_new (data, size);
      g_object_unref (profile);
    }
  if (gimp_image_base_type (image) == GIMP_INDEXED)
    {
      static const guint8 black[3];
      gint colours = 0;
      g_autofree guchar *map = gimp_image_get_colormap (image, &colours);

      picture->colormap = colours > 0 ? g_bytes_new (map, (gsize) colours * 3) : g_bytes_new_static (black, sizeof black);
    }
  gimp_image_get_resolution (image, &picture->x_resolution, &picture->y_resolution);
  picture->unit = (guint32) gimp_image_get_unit (image);
  /* Units that the user defined mean nothing elsewhere. */
  if (picture->unit >= (guint32) gimp_unit_get_number_of_built_in_units ())
    picture->unit = GIMP_UNIT_INCH;
}

void
metadata_collect_image (gint32 image, CncPicture *picture)
{
  GimpMetadata *metadata = gimp_image_get_metadata (image);
  gint n_names = 0;
  g_auto (GStrv) names = NULL;

  collect_colours (image, picture);
  if (metadata != NULL)
    {
      picture->metadata = gimp_metadata_serialize (metadata);
      g_object_unref (metadata);
    }
  names = gimp_image_get_parasite_list (image, &n_names);
  for (gint i = 0; i < n_names; i++)
    if (is_ours (names[i]))
      collect_parasite (picture, gimp_image_get_parasite (image, names[i]));
}

void
metadata_collect_layer (gint32 image, gint32 layer, CncPicture *picture)
{
  gint n_names = 0;
  g_auto (GStrv) names = NULL;

  collect_colours (image, picture);
  names = gimp_item_get_parasite_list (layer, &n_names);
  for (gint i = 0; i < n_names; i++)
    collect_parasite (picture, gimp_item_get_parasite (layer, names[i]));
}

char *
metadata_restore (gint32 image, gint32 layer, const CncPicture *picture)
{
  g_autoptr (GString) lost = g_string_new (NULL);

  if (picture->x_resolution > 0 && picture->y_resolution > 0)
    gimp_image_set_resolution (image, picture->x_resolution, picture->y_resolution);
  if (picture->unit < (guint32) gimp_unit_get_number_of_built_in_units ())
    gimp_image_set_unit (image, (GimpUnit) picture->unit);
  if (picture->metadata != NULL)
    {
      GimpMetadata *metadata = gimp_metadata_deserialize (picture->metadata);

      if (metadata == NULL || !gimp_image_set_metadata (image, metadata))
        g_string_append (lost, _ (" the EXIF, XMP and IPTC data,"));
      g_clear_object (&metadata);
    }
  /* After the metadata: GIMP takes a profile's name from there otherwise. */
  if (picture->profile != NULL)
    {
      gsize size;
      const guint8 *data = g_bytes_get_data (picture->profile, &size);
      GimpColorProfile *profile = gimp_color_profile_new_from_icc_profile (data, size, NULL);

      if (profile == NULL || !gimp_image_set_color_profile (image, profile))
        g_string_append (lost, _ (" the colour profile,"));
      g_clear_object (&profile);
    }
  for (guint i = 0; i < picture->parasites->len; i++)
    {
      const CncParasite *kept = picture->parasites->pdata[i];
      gsize size;
      const void *data = g_bytes_get_data (kept->data, &size);
      GimpParasite *parasite = gimp_parasite_new (kept->name, kept->flags, (guint32) size, data);
      gboolean taken = FALSE;

      if (parasite != NULL)
        taken = picture->source == CNC_SOURCE_LAYER ? gimp_item_attach_parasite (layer, parasite)
                                                    : gimp_image_attach_parasite (image, parasite);
      if (!taken)
        g_string_append_printf (lost, _ (" the parasite “%s”,"), kept->name);
      if (parasite != NULL)
        gimp_parasite_free (parasite);
    }
  if (lost->len == 0)
    return NULL;
  g_string_truncate (lost, lost->len - 1);
  return g_strdup_printf (_ ("The pixels are back; GIMP did not take back%s."), lost->str);
}

void
metadata_clear (gint32 image)
{
  gint n_names = 0;
  g_auto (GStrv) names = gimp_image_get_parasite_list (image, &n_names);
  GimpMetadata *metadata = gimp_metadata_new ();

  for (gint i = 0; i < n_names; i++)
    gimp_image_detach_parasite (image, names[i]);
  gimp_image_set_color_profile (image, NULL);
  gimp_image_set_metadata (image, metadata);
  g_object_unref (metadata);
}
