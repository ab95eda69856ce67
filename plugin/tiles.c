/* Raw pixels of a drawable, see tiles.h. */
#include "tiles.h"

#include <string.h>

struct _Tiles
{
  GimpDrawable *drawable;
  gboolean shadow;
  gboolean changed;
};

/* libgimp marks its tiles as deprecated in favour of GEGL buffers; tiles.h says why they are used. */
G_GNUC_BEGIN_IGNORE_DEPRECATIONS

Tiles *
tiles_open (gint32 drawable, guint pixel_bytes, gboolean shadow)
{
  Tiles *tiles;
  GimpDrawable *found;

  /* Else GIMP shows a plug-in eight bits of whatever there is. */
  if (!gimp_plugin_enable_precision ())
    return NULL;
  found = gimp_drawable_get (drawable);
  if (found == NULL)
    return NULL;
  if (found->bpp != pixel_bytes)
    {
      gimp_drawable_detach (found);
      return NULL;
    }
  tiles = g_new0 (Tiles, 1);
  tiles->drawable = found;
  tiles->shadow = shadow;
  return tiles;
}

static void
transfer (Tiles *tiles, guint x, guint y, guint width, guint height, guint8 *out, const guint8 *in)
{
  const guint side_x = gimp_tile_width (), side_y = gimp_tile_height ();
  const gsize bytes = tiles->drawable->bpp, stride = width * bytes;

  for (guint row = y / side_y; row * side_y < y + height; row++)
    for (guint column = x / side_x; column * side_x < x + width; column++)
      {
        GimpTile *tile = gimp_drawable_get_tile (tiles->drawable, tiles->shadow, (gint) row, (gint) column);
        const guint left = MAX (column * side_x, x), right = MIN (column * side_x + tile->ewidth, x + width);
        const guint top = MAX (row * side_y, y), bottom = MIN (row * side_y + tile->eheight, y + height);
        const gsize run = (right - left) * bytes;

        /* A tile that is written as a whole need not be fetched. */
        if (in != NULL && right - left == tile->ewidth && bottom - top == tile->eheight)
          gimp_tile_ref_zero (tile);
        else
          gimp_tile_ref (tile);
        for (guint line = top; line < bottom; line++)
          {
            guint8 *there = tile->data + ((line - row * side_y) * tile->ewidth + left - column * side_x) * bytes;
            const gsize here = (line - y) * stride + (left - x) * bytes;

            if (in != NULL)
              memcpy (there, in + here, run);
            else
              memcpy (out + here, there, run);
          }
        gimp_tile_unref (tile, in != NULL);
      }
}

void
tiles_get (Tiles *tiles, guint x, guint y, guint width, guint height, guint8 *pixels)
{
  transfer (tiles, x, y, width, height, pixels, NULL);
}

void
tiles_put (Tiles *tiles, guint x, guint y, guint width, guint height, const guint8 *pixels)
{
  transfer (tiles, x, y, width, height, NULL, pixels);
  tiles->changed = TRUE;
}

void
tiles_close (Tiles *tiles)
{
  if (tiles->changed)
    gimp_drawable_flush (tiles->drawable);
  gimp_drawable_detach (tiles->drawable);
  g_free (tiles);
}

G_GNUC_END_IGNORE_DEPRECATIONS
