/* Vector files, read and written.  The picture needs no library: PGM and PPM, and PAM where there is alpha. */
#include "image.h"

#include "picture/pack.h"

#include <stdio.h>
#include <string.h>

static const char *const type_names[] = { "P5", "P6", "P7" };

char *
vector_hash (const CncRaster *raster)
{
  g_autoptr (GByteArray) samples = cnc_pack (raster, TRUE, NULL, NULL);

  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, samples->data, samples->len);
}

/* 16-bit samples are big-endian in these formats. */
static void
swap_samples (CncRaster *raster)
{
  if (G_BYTE_ORDER == G_BIG_ENDIAN || cnc_format_sample_bytes (&raster->format) != 2)
    return;
  for (gsize i = 0; i + 1 < cnc_raster_bytes (raster); i += 2)
    {
      const guint8 low = raster->data[i];

      raster->data[i] = raster->data[i + 1];
      raster->data[i + 1] = low;
    }
}

gboolean
vector_save (const char *path, const char *head, const CncRaster *image, GError **error)
{
  g_autoptr (GByteArray) file = g_byte_array_new ();
  g_autofree char *lines = NULL;
  const guint max = cnc_format_sample_bytes (&image->format) == 2 ? 65535 : 255;
  CncRaster copy = *image;

  if (cnc_format_channels (&image->format) == 4)
    lines = g_strdup_printf ("%s\nP7\nWIDTH %u\nHEIGHT %u\nDEPTH 4\nMAXVAL %u\nTUPLTYPE RGB_ALPHA\nENDHDR\n", head, image->width,
                             image->height, max);
  else
    lines
        = g_strdup_printf ("%s\n%s\n%u %u\n%u\n", head, type_names[image->format.model == CNC_MODEL_RGB], image->width, image->height, max);
  copy.data = g_memdup2 (image->data, cnc_raster_bytes (image));
  swap_samples (&copy);
  g_byte_array_append (file, (const guint8 *) lines, (guint) strlen (lines));
  g_byte_array_append (file, copy.data, (guint) cnc_raster_bytes (&copy));
  g_free (copy.data);
  return g_file_set_contents (path, (const char *) file->data, file->len, error);
}

/* Takes the next line out of the text; NULL at its end. */
static char *
next_line (const char **p, const char *end)
{
  const char *stop = memchr (*p, '\n', (gsize) (end - *p));
  char *line;

  if (stop == NULL)
    return NULL;
  line = g_strndup (*p, (gsize) (stop - *p));
  *p = stop + 1;
  return line;
}

static CncRaster *
read_image (const char **p, const char *end, GError **error)
{
  g_autofree char *type = next_line (p, end);
  CncFormat format = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  guint width = 0, height = 0, max = 0;
  CncRaster *raster;

  g_assert_nonnull (type);
  if (strcmp (type, "P7") == 0)
    {
      format.alpha = TRUE;
      for (;;)
        {
          g_autofree char *line = next_line (p, end);

          g_assert_nonnull (line);
          if (strcmp (line, "ENDHDR") == 0)
            break;
          if (sscanf (line, "WIDTH %u", &width) + sscanf (line, "HEIGHT %u", &height) + sscanf (line, "MAXVAL %u", &max) == 1)
            continue;
          g_assert_true (g_strcmp0 (line, "DEPTH 4") == 0 || g_strcmp0 (line, "TUPLTYPE RGB_ALPHA") == 0);
        }
    }
  else
    {
      g_autofree char *size = next_line (p, end);
      g_autofree char *maximum = next_line (p, end);

      g_assert_true (strcmp (type, "P5") == 0 || strcmp (type, "P6") == 0);
      format.model = strcmp (type, "P5") == 0 ? CNC_MODEL_GREY : CNC_MODEL_RGB;
      g_assert_cmpint (sscanf (size, "%u %u", &width, &height), ==, 2);
      g_assert_cmpint (sscanf (maximum, "%u", &max), ==, 1);
    }
  g_assert_true (max == 255 || max == 65535);
  format.sample = max == 255 ? CNC_SAMPLE_U8 : CNC_SAMPLE_U16;
  raster = cnc_raster_new (width, height, &format, error);
  if (raster == NULL)
    return NULL;
  g_assert_cmpuint (cnc_raster_bytes (raster), ==, (gsize) (end - *p));
  memcpy (raster->data, *p, cnc_raster_bytes (raster));
  swap_samples (raster);
  return raster;
}

Vector *
vector_load (const char *path, GError **error)
{
  g_autoptr (Vector) vector = g_new0 (Vector, 1);
  g_autofree char *text = NULL;
  const char *p, *end;
  gsize size;

  vector->payloads = g_ptr_array_new_with_free_func (g_free);
  vector->identities = g_ptr_array_new_with_free_func (g_free);
  if (!g_file_get_contents (path, &text, &size, error))
    return NULL;
  p = text;
  end = text + size;
  for (;;)
    {
      g_autofree char *line = next_line (&p, end);
      const struct
      {
        const char *key;
        char **field;
      } fields[] = { { "expect: ", &vector->expect },   { "kek: ", &vector->kek },       { "passphrase: ", &vector->passphrase },
                     { "message: ", &vector->message }, { "latent: ", &vector->latent }, { "about: ", &vector->about },
                     { "comment: ", &vector->comment } };
      gboolean known = FALSE;

      g_assert_nonnull (line);
      if (*line == '\0')
        break;
      for (guint i = 0; i < G_N_ELEMENTS (fields) && !known; i++)
        if (g_str_has_prefix (line, fields[i].key))
          {
            *fields[i].field = g_strdup (line + strlen (fields[i].key));
            known = TRUE;
          }
      if (g_str_has_prefix (line, "payload: "))
        g_ptr_array_add (vector->payloads, g_strdup (line + strlen ("payload: ")));
      else if (g_str_has_prefix (line, "identity: "))
        g_ptr_array_add (vector->identities, g_strdup (line + strlen ("identity: ")));
      else
        g_assert_true (known);
    }
  vector->image = read_image (&p, end, error);
  return vector->image != NULL ? g_steal_pointer (&vector) : NULL;
}

void
vector_free (Vector *vector)
{
  if (vector == NULL)
    return;
  g_free (vector->expect);
  g_free (vector->kek);
  g_free (vector->passphrase);
  g_free (vector->message);
  g_free (vector->comment);
  g_free (vector->latent);
  g_free (vector->about);
  g_ptr_array_unref (vector->payloads);
  g_ptr_array_unref (vector->identities);
  cnc_raster_free (vector->image);
  g_free (vector);
}
