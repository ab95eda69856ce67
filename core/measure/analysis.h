/* core/measure/analysis.h: everything that Analyze… says about a picture, or about a picture beside another.
 *
 * Pictures are opaque 8-bit RGB, row-major, without padding.  One whose three channels are equal everywhere is grey and counts as one
 * channel: three equal ones are no more evidence than one.
 * Beside each value stands what independent, uniformly random bytes of that size would give: an interval that they leave once in 20 cases,
 * and one that they leave once in 1,000.  Against a picture that is not random itself, these follow from that picture's histogram.
 * Thread-safety: safe on different objects.
 */
#pragma once

#include "base/task.h"
#include "measure/detector.h"
#include "measure/statistics.h"

G_BEGIN_DECLS

typedef enum
{
  /* of a picture alone */
  CNC_TERM_ENTROPY,
  CNC_TERM_CHI_SQUARE,
  CNC_TERM_HORIZONTAL, /* correlation of neighbours */
  CNC_TERM_VERTICAL,
  CNC_TERM_DIAGONAL,
  /* of two */
  CNC_TERM_NPCR,
  CNC_TERM_UACI,
  CNC_TERM_MSE,
  CNC_TERM_PSNR,
  CNC_TERM_PSNR_Y,
  CNC_TERM_SSIM,
  /* of two keys that differ in one bit */
  CNC_TERM_KEY_NPCR,
  CNC_TERM_KEY_UACI,
  CNC_TERM_KEY_PSNR,
  CNC_N_TERMS,
} CncTermId;

#define CNC_TERMS_ALONE 5u
#define CNC_TERMS_PAIR 6u
#define CNC_TERMS_KEYS 3u

typedef struct
{
  const char *id;    /* stable: "entropy" */
  const char *title; /* for people; marked for translation, as the sentence */
  const char *unit;  /* "" where there is none */
  double scale;      /* a value is shown times this: 100 for per cent */
  gint decimals;
  const char *sentence; /* what it is, for a person who does not know the term */
} CncTermInfo;

const CncTermInfo *cnc_term_info (CncTermId id);

typedef enum
{
  CNC_VERDICT_NONE, /* there is no value, or nothing to judge it by */
  CNC_VERDICT_PASS,
  CNC_VERDICT_EDGE, /* passes; random bytes lie that far out once in 20 cases */
  CNC_VERDICT_FAIL, /* random bytes lie that far out less than once in 1,000 cases */
} CncTermVerdict;

typedef struct
{
  CncTermId id;
  gboolean known;
  const char *why;       /* (nullable) (transfer none) a sentence, marked for translation: why there is no value, or no interval */
  double value;          /* may be infinity for PSNR */
  double channel[3];     /* the same of each channel; NAN where there is none */
  gboolean limited;      /* the four below are set; infinite where they are open */
  double low, high;      /* random bytes leave it once in 20 cases */
  double lowest, highest; /* once in 1,000 */
  CncTermVerdict verdict;
} CncTerm;

typedef struct
{
  guint32 width, height;
  guint channels; /* 1: grey, or 3 */
  guint64 histogram[3][CNC_LEVELS];
  guint32 *pairs[3][3]; /* by channel and CncNeighbour: CNC_PAIRS counts */
  CncTerm terms[CNC_TERMS_ALONE];
} CncAnalysisPicture;

typedef struct
{
  CncAnalysisPicture picture[2]; /* the second only of a pair */
  gboolean pair;
  gboolean equal; /* a pair: in every sample */
  CncTerm terms[CNC_TERMS_PAIR]; /* of a pair */
  char *judgement; /* (nullable) whether the picture looks encrypted, for people; see cnc_analysis_judge */
  CncVerdict verdict; /* with judgement, as the next */
  CncDetectorRates rates; /* of the network that says so; zeros where they were not measured */
  char *layers; /* (nullable) which layers were tried with two keys */
  CncTerm keys[CNC_TERMS_KEYS]; /* with layers */
} CncAnalysis;

/* against: (nullable); its size may be another: what needs equal sizes is then not known, and says why.  Errors: BAD_ARGUMENT (no pixels, or 2^32 of them),
 * NO_MEMORY, CANCELLED.  Returns: (transfer full) */
CncAnalysis *cnc_analysis_new (const guint8 *pixels, guint32 width, guint32 height, const guint8 *against, guint32 against_width,
                               guint32 against_height, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_analysis_free (CncAnalysis *analysis);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncAnalysis, cnc_analysis_free)

/* Adds whether the picture (the one that was analysed) looks encrypted; nothing where it is too small for that.  Errors: those of cnc_detector_judge. */
gboolean cnc_analysis_judge (CncAnalysis *analysis, const guint8 *pixels, const CncDetector *detector, CncBackend *backend,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Adds what became of size bytes under two keys that differ in one bit.  layers: what enciphered them, for people. */
void cnc_analysis_add_keys (CncAnalysis *analysis, const char *layers, const guint8 *one, const guint8 *other, gsize size);
/* And what the first of them became when it was deciphered with the other key, against the plain bytes. */
void cnc_analysis_add_wrong_key (CncAnalysis *analysis, const guint8 *wrong, const guint8 *plain, gsize size);

/* How many terms have the verdict, of all that were worked out; of the first picture and of the pair. */
guint cnc_analysis_count (const CncAnalysis *analysis, CncTermVerdict verdict);

/* ---- for people and programs (analysis-text.c) ---- */

/* All of them return (transfer full). */
char *cnc_term_value_text (const CncTerm *term);    /* "99.6094 %", or "not known" */
char *cnc_term_interval_text (const CncTerm *term); /* "33.3730 … 33.5541 %", "at least …"; "" where there is none */
const char *cnc_term_verdict_text (const CncTerm *term); /* (transfer none) "pass", "pass, at the edge", "fail", or "" */

/* One or two sentences on the whole. */
char *cnc_analysis_summary (const CncAnalysis *analysis);

/* A table in plain text, with what each term is.  names: of the pictures, UTF-8; the second may be NULL.  notes: (nullable): sentences of the caller. */
char *cnc_analysis_table (const CncAnalysis *analysis, const char *const names[2], const char *notes);

/* The same as JSON: an object in several lines, with a line end. */
char *cnc_analysis_json (const CncAnalysis *analysis, const char *const names[2], const char *notes);

G_END_DECLS
