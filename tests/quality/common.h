/* tests/quality/common.h: what the quality programs share: pictures, keys from a seed, the device, a binomial tail. */
#pragma once

#include "methods/hybrid/hybrid.h"
#include "picture/raster.h"

typedef struct
{
  char *name;
  gboolean photograph; /* else all of one value */
  guint side;          /* pixels: grey, one byte each, side * side of them */
  guint8 *pixels;
} QualityPicture;

/* All-black, all-white, a rendered landscape, and the photographs that folders hold: the largest centred square that is a multiple of side,
 * reduced by averaging, as grey.  Photographs smaller than that are left out.
 * folders: (nullable) paths between colons, as CNNCRYPT_TEST_PICTURES has them; their PNG and JPEG files are taken, in order of name.
 * limit: at most so many photographs of each folder.
 * Returns: (element-type QualityPicture) (transfer full) */
GPtrArray *quality_pictures (guint side, const char *folders, guint limit);

/* Adds the PNG and JPEG files of a folder, in order of name; files: owns its names. */
void quality_files (GPtrArray *files, const char *folder);

/* A picture file as opaque 8-bit R'G'B' of its own space: values are not converted where they are that already; NULL if it cannot be read.
 * gegl_init first.  Returns: (transfer full) */
CncRaster *quality_rgb (const char *path);

/* An opaque RGB8 raster as a PNG file. */
gboolean quality_save_png (const char *path, const CncRaster *raster);

/* The landscape alone; side * side bytes. */
void quality_landscape (guint side, guint seed, guint8 *pixels);

/* A number in 0..1 at each point of the plane, drawn at whole coordinates and smooth between them. */
double quality_smooth_noise (double x, double y, guint seed);

/* The i-th keys and IV of a run; the same on every machine. */
void quality_keys (guint64 seed, guint64 i, CncHybridKeys *keys);

/* Random numbers from the same source: below a bound > 0. */
guint64 quality_random (guint64 seed, guint64 i, guint64 below);

/* choice: as cnc_engine_open has it; NULL: what CNNCRYPT_DEVICE says, else the cpu device, which is the same everywhere.  Ends the program
 * with a message if there is no such device. */
CncBackend *quality_open (const char *choice);

/* The largest k for which P (X <= k) <= tail, X binomial (n, p); -1 if there is none. */
int quality_binomial_low (guint n, double p, double tail);
