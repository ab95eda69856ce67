/* plugin/tiles.h: raw pixels of a drawable, tile by tile, as GIMP holds them.
 *
 * libgimp's GEGL buffers would do the same, but whoever starts GEGL first pays 340 MiB and a third of a second, with which babl
 * measures the machine (babl 0.1.98), and every tile is copied once more.  Here GEGL is never started.
 * Not thread-safe, as libgimp is not.
 */
#pragma once

#include <libgimp/gimp.h>

G_BEGIN_DECLS

typedef struct _Tiles Tiles;

/* pixel_bytes: what the caller thinks a pixel has.  NULL if the drawable is gone or has another number.
 * shadow: what is put goes into the drawable's shadow, for gimp_drawable_merge_shadow. */
Tiles *tiles_open (gint32 drawable, guint pixel_bytes, gboolean shadow);

/* The rectangle must lie inside.  pixels: width * height of them, row-major, no padding. */
void tiles_get (Tiles *tiles, guint x, guint y, guint width, guint height, guint8 *pixels);
void tiles_put (Tiles *tiles, guint x, guint y, guint width, guint height, const guint8 *pixels);

/* Hands what was put to GIMP. */
void tiles_close (Tiles *tiles);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Tiles, tiles_close)

G_END_DECLS
