/* tests/quality/detector-data.h: what the parts of detector-data share.  Rasters are opaque RGB8; those returned are (transfer full). */
#pragma once

#include "common.h"

#include "picture/pixels.h"

/* Random numbers: everything follows from the seed of one picture. */
double data_gaussian (GRand *rand);
/* Between both, evenly. */
double data_between (GRand *rand, double low, double high);
gboolean data_chance (GRand *rand, double p);
guint8 data_byte (double value);

CncRaster *data_rgb (guint32 width, guint32 height);
CncRaster *data_cut (const CncRaster *from, guint32 x, guint32 y, guint32 width, guint32 height);
/* A square anywhere in it, or all of it where it is smaller. */
CncRaster *data_cut_any (const CncRaster *from, guint32 side, GRand *rand);

/* A side below that one is filled up by mirroring. */
CncRaster *data_mirror (const CncRaster *from, guint32 side);
/* Changes it in place: without colours, of less or more contrast, darker or lighter. */
void data_tone (CncRaster *raster, gboolean grey, double contrast, double shift);

/* Through a JPEG file and back. */
CncRaster *data_jpeg (const CncRaster *from, guint quality);

/* ---- drawn (detector-draw.c) ---- */

CncRaster *data_drawing (guint32 side, GRand *rand);    /* shapes, lines, gradients */
CncRaster *data_screenshot (guint32 side, GRand *rand); /* text, charts, dialogs */
CncRaster *data_texture (guint32 side, GRand *rand);    /* clouds, weave, bricks, grains, leaves, boards */

/* ---- noise-like (detector-noise.c) ---- */

CncRaster *data_static (guint32 side, GRand *rand); /* of an empty television channel: never independent pixels, the signal has a bandwidth */
CncRaster *data_codes (guint32 side, GRand *rand);  /* black and white modules, as printed codes have, of 3 pixels or more */
/* These change it in place. */
void data_grain (CncRaster *raster, GRand *rand);    /* of a film, or made by a program */
void data_sensor (CncRaster *raster, GRand *rand);   /* of a sensor at high gain, behind a mosaic of colour filters */
void data_dither (CncRaster *raster, GRand *rand);   /* few levels: error diffusion, ordered, or by random thresholds */
void data_pixelate (CncRaster *raster, GRand *rand); /* squares of one colour */

/* ---- encrypted (detector-encrypt.c) ---- */

/* Blocks scrambled as encryption-then-compression does: permuted; turned and mirrored; each negative or not; colours exchanged (all of these or
 * some, the first always); or the grey way: the planes of Y Cb Cr or RGB side by side as one grey picture.  Cut to whole blocks. */
CncRaster *data_scramble (const CncRaster *from, GRand *rand);
/* One layer of the hybrid method over the pixels as they are. */
CncRaster *data_layer (const CncRaster *from, CncLayers layer, CncBackend *backend, GRand *rand);
/* AES-128 in counter mode over the pixels, by the program openssl; grey: over their luma. */
CncRaster *data_aes (const CncRaster *from, gboolean grey, GRand *rand);
/* By a method of cnncrypt; levels: of the method share; NULL, with words on stderr, where it cannot be had. */
CncRaster *data_method (const CncRaster *from, const char *method, guint levels, CncBackend *backend);
