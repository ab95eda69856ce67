/* core/tools/open-metadata.c: EXIF, XMP and IPTC, as GIMP serialises them, into a picture file, by gexiv2.
 *
 * GIMP's text: <metadata><tag name="Exif.Image.Make">...</tag>...</metadata>, with encoding="base64" where a value is no UTF-8; the values
 * of an XMP list are tags of the same name, one after another.
 */
#include "tools/open.h"

#include <gexiv2/gexiv2.h>
#include <string.h>

#include "base/error.h"

typedef struct
{
  GExiv2Metadata *metadata;
  char *name; /* of the tag that is open, NULL if none */
  gboolean base64;
  GString *value;    /* of that tag so far */
  GHashTable *lists; /* of structures, that exist */
  GHashTable *taken; /* names of tags that must stand in the file afterwards */
  guint lost;        /* tags that gexiv2 did not take */
} Parser;

/* What describes the file itself, not the picture: the file's own stands, and a thumbnail would be of the time before the last change. */
static gboolean
is_of_the_file (const char *name)
{
  static const char *const names[] = {
    "ImageWidth",
    "ImageLength",
    "BitsPerSample",
    "Compression",
    "PhotometricInterpretation",
    "StripOffsets",
    "SamplesPerPixel",
    "RowsPerStrip",
    "StripByteCounts",
    "XResolution",
    "YResolution",
    "ResolutionUnit",
    "PlanarConfiguration",
    "TransferFunction",
    "Predictor",
    "TileWidth",
    "TileLength",
    "TileOffsets",
    "TileByteCounts",
    "ExtraSamples",
    "SampleFormat",
    "InterColorProfile",
    "NewSubfileType",
    "SubfileType",
    "SubIFDs",
    "JPEGTables",
    "XMLPacket",
    "IPTCNAA",
    "ImageResources",
    "FillOrder",
    "PageNumber",
    "WhitePoint",
    "PrimaryChromaticities",
    "MinSampleValue",
    "MaxSampleValue",
    "SMinSampleValue",
    "SMaxSampleValue",
    "ReferenceBlackWhite",
    "YCbCrCoefficients",
    "YCbCrSubSampling",
    "YCbCrPositioning",
    "ColorMap",
    "Threshholding",
  };

  if (g_str_has_prefix (name, "Exif.Thumbnail.") || g_str_has_prefix (name, "Exif.SubImage"))
    return TRUE;
  for (guint i = 0; g_str_has_prefix (name, "Exif.Image.") && i < G_N_ELEMENTS (names); i++)
    if (strcmp (name + strlen ("Exif.Image."), names[i]) == 0)
      return TRUE;
  return g_str_has_prefix (name, "Exif.Image.JPEGInterchangeFormat");
}

static gboolean
is_list (const char *name)
{
  const char *type = g_str_has_prefix (name, "Xmp.") ? gexiv2_metadata_try_get_tag_type (name, NULL) : NULL;

  return g_strcmp0 (type, "XmpBag") == 0 || g_strcmp0 (type, "XmpSeq") == 0 || g_strcmp0 (type, "XmpAlt") == 0;
}

static gboolean
add_to_list (GExiv2Metadata *metadata, const char *name, const char *value)
{
  g_auto (GStrv) before = gexiv2_metadata_try_get_tag_multiple (metadata, name, NULL);
  const guint n = before != NULL ? g_strv_length (before) : 0;
  g_autofree const char **values = g_new0 (const char *, n + 2);

  for (guint i = 0; i < n; i++)
    values[i] = before[i];
  values[n] = value;
  return gexiv2_metadata_try_set_tag_multiple (metadata, name, values, NULL);
}

/* Xmp.xmpMM.History[1]/stEvt:action is in a list of structures, which has to be there first. */
static void
make_list_of (const Parser *parser, const char *name)
{
  const char *bracket = g_str_has_prefix (name, "Xmp.") ? strchr (name, '[') : NULL;
  g_autofree char *list = bracket != NULL ? g_strndup (name, (gsize) (bracket - name)) : NULL;
  const gboolean bag = list != NULL && g_str_has_prefix (list, "Xmp.iptcExt.");

  /* Once: a second time would empty it, and gexiv2 does not say whether it is there. */
  if (list != NULL && g_hash_table_add (parser->lists, g_strdup (list)))
    gexiv2_metadata_try_set_xmp_tag_struct (parser->metadata, list, bag ? GEXIV2_STRUCTURE_XA_BAG : GEXIV2_STRUCTURE_XA_SEQ, NULL);
}

static void
on_start (GMarkupParseContext *context, const char *element, const char **keys, const char **values, gpointer user_data, GError **error)
{
  Parser *parser = user_data;

  if (strcmp (element, "tag") != 0 || parser->name != NULL)
    return;
  parser->base64 = FALSE;
  for (guint i = 0; keys[i] != NULL; i++)
    if (strcmp (keys[i], "name") == 0)
      {
        g_free (parser->name);
        parser->name = g_strdup (values[i]);
      }
    else if (strcmp (keys[i], "encoding") == 0)
      parser->base64 = strcmp (values[i], "base64") == 0;
  g_string_truncate (parser->value, 0);
}

static void
on_text (GMarkupParseContext *context, const char *text, gsize size, gpointer user_data, GError **error)
{
  Parser *parser = user_data;

  if (parser->name != NULL)
    g_string_append_len (parser->value, text, (gssize) size);
}

static void
on_end (GMarkupParseContext *context, const char *element, gpointer user_data, GError **error)
{
  Parser *parser = user_data;
  g_autofree char *name = NULL;
  gboolean taken = FALSE;

  if (strcmp (element, "tag") != 0 || parser->name == NULL)
    return;
  name = g_steal_pointer (&parser->name);
  if (is_of_the_file (name))
    return;
  if (parser->base64)
    {
      gsize size = 0;
      g_autofree guchar *bytes = g_base64_decode (parser->value->str, &size);

      g_string_truncate (parser->value, 0);
      g_string_append_len (parser->value, (const char *) bytes, (gssize) size);
    }
  /* gexiv2 takes strings only. */
  make_list_of (parser, name);
  if (memchr (parser->value->str, '\0', parser->value->len) == NULL)
    taken = is_list (name) ? add_to_list (parser->metadata, name, parser->value->str)
                           : gexiv2_metadata_try_set_tag_string (parser->metadata, name, parser->value->str, NULL);
  if (taken)
    g_hash_table_add (parser->taken, g_steal_pointer (&name));
  else
    parser->lost++;
}

/* How many of the tags are not in the file after all: XMP that the library cannot put into words is left out without an error. */
static guint
count_missing (const char *path, GHashTable *names)
{
  g_autoptr (GExiv2Metadata) metadata = gexiv2_metadata_new ();
  GHashTableIter iter;
  gpointer name;
  guint missing = 0;

  if (!gexiv2_metadata_open_path (metadata, path, NULL))
    return g_hash_table_size (names);
  g_hash_table_iter_init (&iter, names);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (!gexiv2_metadata_try_has_tag (metadata, name, NULL))
      missing++;
  return missing;
}

gboolean
open_metadata_write (const char *path, const char *text, guint *lost, GError **error)
{
  static const GMarkupParser calls = { on_start, on_end, on_text, NULL, NULL };
  /* ISO 2022 for UTF-8, which is what GIMP's text is in. */
  static const char utf8[] = "\033%G";
  g_autoptr (GError) problem = NULL;
  g_autoptr (GHashTable) lists = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) taken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Parser parser = { gexiv2_metadata_new (), NULL, FALSE, g_string_new (NULL), lists, taken, 0 };
  GMarkupParseContext *context = g_markup_parse_context_new (&calls, G_MARKUP_TREAT_CDATA_AS_TEXT, &parser, NULL);
  gboolean ok;

  gexiv2_initialize ();
  gexiv2_metadata_try_register_xmp_namespace ("http://www.gimp.org/xmp/", "GIMP", NULL);
  gexiv2_log_set_level (GEXIV2_LOG_LEVEL_MUTE);
  ok = gexiv2_metadata_open_path (parser.metadata, path, &problem)
       && g_markup_parse_context_parse (context, text, (gssize) strlen (text), &problem)
       && g_markup_parse_context_end_parse (context, &problem)
       && (!gexiv2_metadata_has_iptc (parser.metadata)
           || gexiv2_metadata_try_set_tag_string (parser.metadata, "Iptc.Envelope.CharacterSet", utf8, &problem))
       && gexiv2_metadata_save_file (parser.metadata, path, &problem);
  *lost = parser.lost + (ok ? count_missing (path, taken) : 0);
  g_markup_parse_context_free (context);
  g_object_unref (parser.metadata);
  g_free (parser.name);
  g_string_free (parser.value, TRUE);
  if (!ok)
    g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "EXIF and XMP cannot be written: %s",
                 problem != NULL ? problem->message : "no reason given");
  return ok;
}
