/* core/measure/steganalysis.h: public statistics that look for something hidden in low bits.
 *
 * They judge how well hidden a thing is, from outside; a low figure proves nothing, and detectors trained for one way of hiding see more.
 * A plane is bytes, row-major, step bytes from one pixel to the next (1: alone, 3: one channel of RGB).  Thread-safety: safe.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* RS analysis (Fridrich, Goljan, Du, "Detecting LSB steganography in color and gray-scale images", 2001): the share of pixels whose lowest
 * bit was replaced by a message, 0 for a picture as it came from a camera, 1 for all; estimated, so it may lie a few hundredths outside.
 * All groups of 2 x 2 pixels, mask 1 0 0 1.  0 where the picture gives no groups. */
double cnc_steganalysis_rs (const guint8 *plane, guint step, gsize width, gsize height);

/* The same by weighted stego-image (Fridrich and Goljan 2004), with predictor, weights and bias correction of Ker and Boehme, "Revisiting
 * weighted stego-image steganalysis", 2008: more precise than RS.  Also blind for changes that go both ways. */
double cnc_steganalysis_ws (const guint8 *plane, guint step, gsize width, gsize height);

/* For changes of +-1 that go both ways, which the two above do not see: the centre of mass of the characteristic function of the histogram of
 * pairs of neighbours, divided by that of the picture averaged down to half its sides (Ker, "Steganalysis of LSB matching in grayscale images",
 * 2005).  About 1 for a picture as it came from a camera, smaller with something hidden; it varies from picture to picture. */
double cnc_steganalysis_hcf (const guint8 *plane, guint step, gsize width, gsize height);

G_END_DECLS
