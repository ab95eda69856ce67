/* Vectors that other programs made of an encrypted picture: what they may do, and what they may not. */
#include "make.h"

#include "methods/crypt.h"

/* Another canvas: as large as stated, the old picture at x, y (which may be negative), grey around it. */
static CncRaster *
canvas (const CncRaster *from, guint32 width, guint32 height, gint x, gint y)
{
  CncRaster *to = cnc_raster_new (width, height, &from->format, NULL);

  memset (to->data, 0x77, cnc_raster_bytes (to));
  for (gint row = 0; row < (gint) from->height; row++)
    for (gint column = 0; column < (gint) from->width; column++)
      if (row + y >= 0 && row + y < (gint) height && column + x >= 0 && column + x < (gint) width)
        memcpy (to->data + 3 * ((gsize) (row + y) * width + (gsize) (column + x)),
                from->data + 3 * ((gsize) row * from->width + (gsize) column), 3);
  return to;
}

/* The picture in another format; value (sample) in 8 bits is repeated in 16. */
static CncRaster *
convert (const CncRaster *from, CncSample sample, gboolean alpha)
{
  const CncFormat format = { CNC_MODEL_RGB, sample, CNC_CURVE_PERCEPTUAL, alpha };
  CncRaster *to = cnc_raster_new (from->width, from->height, &format, NULL);
  const guint bytes = cnc_format_sample_bytes (&format), channels = 3 + alpha;

  for (gsize pixel = 0; pixel < (gsize) from->width * from->height; pixel++)
    for (guint c = 0; c < channels; c++)
      memset (to->data + (pixel * channels + c) * bytes, c < 3 ? from->data[3 * pixel + c] : 255, bytes);
  return to;
}

static CncRaster *
grey (const CncRaster *from)
{
  const CncFormat format = { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  CncRaster *to = cnc_raster_new (from->width, from->height, &format, NULL);

  for (gsize i = 0; i < (gsize) from->width * from->height; i++)
    to->data[i] = (guint8) ((from->data[3 * i] + from->data[3 * i + 1] + from->data[3 * i + 2]) / 3);
  return to;
}

/* Nearest neighbour by a factor of two. */
static CncRaster *
resize (const CncRaster *from, gboolean up)
{
  const guint32 width = up ? from->width * 2 : from->width / 2, height = up ? from->height * 2 : from->height / 2;
  CncRaster *to = cnc_raster_new (width, height, &from->format, NULL);

  for (guint32 y = 0; y < height; y++)
    for (guint32 x = 0; x < width; x++)
      memcpy (to->data + 3 * ((gsize) y * width + x), from->data + 3 * ((gsize) (up ? y / 2 : y * 2) * from->width + (up ? x / 2 : x * 2)),
              3);
  return to;
}

/* What another profile makes of the samples: red scaled, green and blue bent. */
static CncRaster *
recolour (const CncRaster *from)
{
  CncRaster *to = copy_raster (from);

  for (gsize i = 0; i < cnc_raster_bytes (to); i++)
    {
      const guint v = to->data[i];

      to->data[i] = (guint8) (i % 3 == 0 ? v * 250 / 255 : v * (v + 255) / 510);
    }
  return to;
}

static CncRaster *
turn (const CncRaster *from)
{
  CncRaster *to = copy_raster (from);
  const gsize pixels = (gsize) from->width * from->height;

  for (gsize i = 0; i < pixels; i++)
    memcpy (to->data + 3 * i, from->data + 3 * (pixels - 1 - i), 3);
  return to;
}

/* red and blue change places */
static CncRaster *
swap_channels (const CncRaster *from)
{
  CncRaster *to = copy_raster (from);

  for (gsize i = 0; i < cnc_raster_bytes (to); i += 3)
    {
      to->data[i] = from->data[i + 2];
      to->data[i + 2] = from->data[i];
    }
  return to;
}

/* One bit a sample goes up or down, as in JPEG at its best. */
static CncRaster *
lossy (const CncRaster *from)
{
  CncRaster *to = copy_raster (from);

  for (gsize i = 0; i < cnc_raster_bytes (to); i += 7)
    to->data[i] ^= 1;
  return to;
}

static void
make_harmless (const Maker *maker, const Sample *sample)
{
  const CncRaster *carrier = sample->carrier;
  const guint32 w = carrier->width, h = carrier->height;

  save (maker, "success-alpha-added", "success", NULL, sample, convert (carrier, CNC_SAMPLE_U8, TRUE),
        "an alpha channel, opaque everywhere");
  save (maker, "success-16-bit", "success", NULL, sample, convert (carrier, CNC_SAMPLE_U16, FALSE), "16 bits, each sample times 257");
  save (maker, "success-16-bit-alpha", "success", NULL, sample, convert (carrier, CNC_SAMPLE_U16, TRUE),
        "16 bits, each sample times 257, and opaque alpha");
  save (maker, "success-canvas-larger", "success", NULL, sample, canvas (carrier, w + 9, h + 5, 0, 0),
        "a larger canvas, the picture in its corner");
  save (maker, "success-canvas-around", "success", NULL, sample, canvas (carrier, w + 9, h + 5, 4, 3), "a frame around the picture");
}

void
make_picture_vectors (const Maker *maker, const Sample *sample)
{
  static const CncFormat rgb8 = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  const CncRaster *carrier = sample->carrier;
  const guint32 w = carrier->width, h = carrier->height;
  g_autofree char *sizes = g_strdup_printf ("%u × %u pixels large and now is %u × %u", w, h, w, h - 1);
  g_autoptr (CncPicture) photo = make_picture (70, 40, &rgb8), dot = make_picture (1, 1, &rgb8);
  CncRaster *image;

  make_harmless (maker, sample);
  save (maker, "plain-picture", "not-encrypted", "not an encrypted picture", sample, copy_raster (photo->raster),
        "a picture that nobody encrypted");
  save (maker, "plain-pixel", "not-encrypted", NULL, sample, copy_raster (dot->raster), "a picture smaller than any header");
  save (maker, "cropped-bottom", "damaged", sizes, sample, canvas (carrier, w, h - 1, 0, 0), "the last row is missing");
  save (maker, "cropped-right", "damaged", "cropped", sample, canvas (carrier, w - 1, h, 0, 0), "the last column is missing");
  save (maker, "cropped-top", "not-encrypted", NULL, sample, canvas (carrier, w, h - 1, 0, -1), "the first row is missing");
  save (maker, "cropped-left", "not-encrypted", NULL, sample, canvas (carrier, w - 1, h, -1, 0), "the first column is missing");
  save (maker, "cropped-to-header", "damaged", "cropped", sample, canvas (carrier, w, 1, 0, 0), "only one row is left");
  save (maker, "cropped-to-start", "damaged", "cropped", sample, canvas (carrier, 8, 1, 0, 0), "only the fixed start is left");
  save (maker, "resized-half", "not-encrypted", NULL, sample, resize (carrier, FALSE), "half the size");
  save (maker, "resized-double", "not-encrypted", NULL, sample, resize (carrier, TRUE), "double the size");
  save (maker, "colour-converted", "not-encrypted", "colours", sample, recolour (carrier), "converted to another profile");
  save (maker, "channels-swapped", "not-encrypted", NULL, sample, swap_channels (carrier), "blue, green, red");
  save (maker, "turned", "not-encrypted", NULL, sample, turn (carrier), "turned upside down");
  save (maker, "grey", "not-encrypted", "grey", sample, grey (carrier), "turned to grey");
  image = lossy (carrier);
  memcpy (image->data, carrier->data, 35);
  save (maker, "lossy", "damaged", NULL, sample, image, "small errors all over, the start by luck intact");
  image = copy_raster (carrier);
  memset (image->data + cnc_raster_bytes (image) / 2, 0, cnc_raster_bytes (image) - cnc_raster_bytes (image) / 2);
  save (maker, "truncated", "damaged", NULL, sample, image, "the lower half is black, as when a file ends early");
  image = convert (carrier, CNC_SAMPLE_U8, TRUE);
  image->data[cnc_raster_bytes (image) - 1] = 254;
  save (maker, "alpha-not-opaque", "not-encrypted", "transparent", sample, image, "one pixel is slightly transparent");
  image = convert (carrier, CNC_SAMPLE_U16, FALSE);
  image->data[0] ^= 1;
  save (maker, "16-bit-true", "not-encrypted", "8 bits", sample, image, "16 bits, one sample no multiple of 257");
}
