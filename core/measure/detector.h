/* core/measure/detector.h: whether a picture looks encrypted, by a small network, and how often that answer is wrong.
 *
 * The network (models/detector.ini) looks at squares of the picture at its own resolution, spread evenly over it; the mean of their log odds is the
 * answer, less log 3: of the pictures that somebody asks about, one in four is taken to be encrypted, where it learnt from about as many of each.
 * "Encrypted" are: random bytes in the place of pixels, grey carriers of noise, also after JPEG, and pictures whose blocks were scrambled.
 * Pictures of independent random pixels are the same thing to it, whoever made them; a picture that hides another one is not encrypted.
 *
 * A model file says the rates of wrong answers that were measured with pictures which it was not trained on, and the best pair of thresholds, of
 * correlation and entropy, for its training pictures: what a detector without a network can do.
 * Pictures are bytes, row-major, width a row; channels: 1 (grey) or 3 (R'G'B').  Thread-safety: a detector is read-only and may
 * be shared; a backend belongs to one thread.
 */
#pragma once

#include "nn/net.h"

G_BEGIN_DECLS

#define CNC_DETECTOR_NAME "detector"  /* of the model file */
#define CNC_DETECTOR_MIN_SIDE 32u     /* of a picture that can be judged */
#define CNC_DETECTOR_MAX_SQUARES 36u  /* that are looked at: 6 x 6 */

/* How many test pictures there were, and how many of them were called what they are not. */
typedef struct
{
  guint plain, called_encrypted;
  guint encrypted, called_plain;
} CncDetectorRates;

typedef struct
{
  CncNet *net;       /* folded */
  guint x, verdict;  /* values of the graph */
  guint32 side;      /* of a square */
  gboolean measured; /* the rates are there */
  CncDetectorRates rates;      /* of all test pictures */
  CncDetectorRates hard_rates; /* of those among them that a threshold cannot tell apart: noise-like photographs, scrambled blocks, carriers */
  double correlation, entropy; /* the thresholds, see cnc_detector_threshold; NAN: the file says none */
} CncDetector;

/* Errors: MODEL, naming the file and what is wrong (find: or that it is not there); IO, NO_MEMORY. */
CncDetector *cnc_detector_read (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
CncDetector *cnc_detector_find (GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_detector_free (CncDetector *detector);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncDetector, cnc_detector_free)

typedef struct
{
  gboolean encrypted;
  double probability; /* that it is encrypted, 0..1; above 1/2 where encrypted */
  guint squares;      /* looked at */
  guint alike;        /* of them, those which alone would have given the same answer */
} CncVerdict;

/* interleaved: the colours of a pixel stand beside each other, else planes after each other.  Sides smaller than a square are filled up by mirroring.  Errors: TOO_SMALL (a side below CNC_DETECTOR_MIN_SIDE), BAD_ARGUMENT (channels), GPU_*,
 * NO_MEMORY. */
gboolean cnc_detector_judge (const CncDetector *detector, CncBackend *backend, const guint8 *data, guint channels, gboolean interleaved,
                             guint32 width, guint32 height, CncVerdict *verdict, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* For people: the verdict, its probability, and how often it is wrong.  Returns: (transfer full) */
char *cnc_detector_text (const CncDetector *detector, const CncVerdict *verdict);

/* What thresholds go by: the largest correlation of neighbours (of three directions, each the mean of its absolute value over the channels, 0..1)
 * and the mean entropy of the channels (0..8). */
void cnc_detector_figures (const guint8 *planes, guint channels, guint32 width, guint32 height, double *correlation, double *entropy);

/* The answer of the thresholds: encrypted where the correlation is at most the one and the entropy at least the other. */
gboolean cnc_detector_threshold (double correlation, double entropy, double most_correlation, double least_entropy);

/* For the trainer: the texts in a model file.  Eight numbers, as the structures have them: all, then hard. */
char *cnc_detector_rates_text (const CncDetectorRates *rates, const CncDetectorRates *hard_rates); /* (transfer full) */
#define CNC_DETECTOR_RATES "rates"
#define CNC_DETECTOR_THRESHOLDS "thresholds" /* correlation and entropy */
#define CNC_DETECTOR_CLASSES "classes"       /* patterns of the names of its training pictures, plain then encrypted */

G_END_DECLS
