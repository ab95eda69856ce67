/* plugin/metadata.h: what travels with the pixels: profile, colormap, resolution, EXIF/XMP/IPTC, parasites.
 *
 * Not thread-safe, as libgimp is not.
 */
#pragma once

#include <libgimp/gimp.h>

#include "picture/picture.h"

G_BEGIN_DECLS

/* Fills every field of picture but the raster, source and name, from an image (and its persistent parasites, the comment among them). */
void metadata_collect_image (gint32 image, CncPicture *picture);
/* The same for one layer: colours and resolution of its image, but the layer's own parasites, and no EXIF. */
void metadata_collect_layer (gint32 image, gint32 layer, CncPicture *picture);

/* For a picture whose linear samples will come back with the curve of sRGB: gives the profile that curve, too, and leaves its primaries, as GIMP does
 * when it changes an image's precision.  A profile that is no matrix is left out: GIMP takes such pixels for sRGB itself. */
void metadata_make_perceptual (CncPicture *picture);

/* Puts all of it on a new image and its one layer.  What GIMP does not take back is named in the sentence that is returned, NULL if there
 * is nothing to say (transfer full). */
char *metadata_restore (gint32 image, gint32 layer, const CncPicture *picture);

/* Leaves no metadata, profile or parasite on an image. */
void metadata_clear (gint32 image);

G_END_DECLS
