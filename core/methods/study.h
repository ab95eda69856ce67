/* core/methods/study.h: the layers of a lossless picture, each alone or together, on raw samples: for Analyze… and for measurements.
 *
 * No compression, no header, no authentication: what comes out is as large as what goes in, so that it can be compared and looked at.  Never
 * a way to keep a secret: that is cnc_encrypt.  Thread-safety: safe, as far as the backend is.
 */
#pragma once

#include "methods/hybrid/hybrid.h"

G_BEGIN_DECLS

typedef enum
{
  CNC_STUDY_NOTHING = 0,
  CNC_STUDY_CHAOS = 1 << 0, /* blocks repositioned, logistic-map keystream */
  CNC_STUDY_CNN = 1 << 1,   /* the integer CNN cipher */
  CNC_STUDY_SEAL = 1 << 2,  /* the stream cipher under the seal */
  CNC_STUDY_ALL = 7,
} CncStudyLayers;

/* The choices, in the order of menus; terminated by id NULL. */
typedef struct
{
  const char *id;    /* "all", "chaos", "cnn", "seal" */
  const char *title; /* for people; marked for translation */
  CncStudyLayers layers;
} CncStudyChoice;

const CncStudyChoice *cnc_study_choices (void);
/* Error: BAD_ARGUMENT, listing the ids. */
const CncStudyChoice *cnc_study_choice_by_id (const char *id, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Keys of one run; wipe them (cnc_wipe) after use. */
typedef struct
{
  CncHybridKeys hybrid;
  guint8 stream[32];
} CncStudyKeys;

/* Fresh keys of the layers in one and, in other, the same but for one bit: of the file key where all layers work, so that all keys that follow
 * from it differ; else of the key of the first layer itself.  The IV is the same in both.  file_key: (nullable): 32 bytes in place of random
 * ones, for tests.  Error: NO_MEMORY. */
gboolean cnc_study_keys (CncStudyLayers layers, const guint8 *file_key, CncStudyKeys *one, CncStudyKeys *other, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Bytes that a buffer needs for size >= 1 bytes of samples, padded with zeros. */
guint64 cnc_study_padded_length (gsize size);

/* data: cnc_study_padded_length bytes, changed in place; decipher takes all of them.  backend: used with CNC_STUDY_CNN only.
 * Errors: those of cnc_hybrid_encipher. */
gboolean cnc_study_encipher (CncBackend *backend, const CncStudyKeys *keys, CncStudyLayers layers, guint8 *data, gsize length,
                             CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean cnc_study_decipher (CncBackend *backend, const CncStudyKeys *keys, CncStudyLayers layers, guint8 *data, gsize length,
                             CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
