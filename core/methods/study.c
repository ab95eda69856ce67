/* The layers on raw samples, see study.h. */
#include "methods/study.h"

#include <string.h>

#include "base/error.h"
#include "base/parallel.h"
#include "seal/keys.h"

/* Bytes of keystream at a time; a multiple of 64. */
#define STREAM_BYTES 65536u

static const CncStudyChoice CHOICES[] = {
  { "all", N_ ("All layers together"), CNC_STUDY_ALL },
  { "chaos", N_ ("Chaos alone"), CNC_STUDY_CHAOS },
  { "cnn", N_ ("CNN alone"), CNC_STUDY_CNN },
  { "seal", N_ ("Seal's stream cipher alone"), CNC_STUDY_SEAL },
  { NULL, NULL, CNC_STUDY_NOTHING },
};

const CncStudyChoice *
cnc_study_choices (void)
{
  return CHOICES;
}

const CncStudyChoice *
cnc_study_choice_by_id (const char *id, GError **error)
{
  for (const CncStudyChoice *choice = CHOICES; choice->id != NULL; choice++)
    if (g_strcmp0 (choice->id, id) == 0)
      return choice;
  g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "There are no layers “%s”; choose all, chaos, cnn or seal.", id != NULL ? id : "");
  return NULL;
}

static gboolean
derive (const guint8 file_key[CNC_KEY_BYTES], CncStudyKeys *keys, GError **error)
{
  g_autoptr (CncSecret) secret = cnc_secret_new_key (file_key, error);

  if (secret == NULL)
    return FALSE;
  cnc_subkey (secret, CNC_SUBKEY_CHAOS, keys->hybrid.chaos);
  cnc_subkey (secret, CNC_SUBKEY_CNN, keys->hybrid.cnn);
  cnc_subkey (secret, CNC_SUBKEY_STREAM, keys->stream);
  return TRUE;
}

gboolean
cnc_study_keys (CncStudyLayers layers, const guint8 *file_key, CncStudyKeys *one, CncStudyKeys *other, GError **error)
{
  guint8 key[CNC_KEY_BYTES], chance[32];
  const guint8 *part = key;
  const gsize part_size = sizeof key;
  gboolean done;

  if (file_key != NULL)
    memcpy (key, file_key, sizeof key);
  else
    cnc_random (key, sizeof key);
  /* The IV and which bit follow from the key, so that a test can be repeated. */
  cnc_keyed_hash (key, &part, &part_size, 1, one->hybrid.iv);
  part = one->hybrid.iv;
  cnc_keyed_hash (key, &part, &part_size, 1, chance);
  done = derive (key, one, error);
  *other = *one;
  if (done && layers == CNC_STUDY_ALL)
    {
      key[chance[0] % 32] ^= (guint8) (1u << chance[1] % 8);
      done = derive (key, other, error);
    }
  else if (done)
    {
      guint8 *own = layers & CNC_STUDY_CHAOS ? other->hybrid.chaos : layers & CNC_STUDY_CNN ? other->hybrid.cnn : other->stream;

      own[chance[0] % 32] ^= (guint8) (1u << chance[1] % 8);
    }
  cnc_wipe (key, sizeof key);
  return done;
}

guint64
cnc_study_padded_length (gsize size)
{
  return cnc_hybrid_padded_length (size);
}

typedef struct
{
  const guint8 *seed;
  guint8 *data;
  gsize length;
} Stream;

static void
add_stream (guint index, gpointer user_data)
{
  const Stream *s = user_data;
  const gsize at = (gsize) index * STREAM_BYTES, n = MIN (STREAM_BYTES, s->length - at);
  g_autofree guint8 *stream = g_malloc (STREAM_BYTES);

  cnc_keystream (s->seed, at, stream, n);
  for (gsize i = 0; i < n; i++)
    s->data[at + i] ^= stream[i];
}

static void
apply_stream (const guint8 seed[32], guint8 *data, gsize length)
{
  Stream s = { seed, data, length };

  cnc_parallel_for ((guint) ((length + STREAM_BYTES - 1) / STREAM_BYTES), add_stream, &s);
}

static CncLayers
hybrid_layers (CncStudyLayers layers)
{
  return (layers & CNC_STUDY_CHAOS ? CNC_LAYER_PERMUTE | CNC_LAYER_LOGISTIC : 0) | (layers & CNC_STUDY_CNN ? CNC_LAYER_CNN : 0);
}

gboolean
cnc_study_encipher (CncBackend *backend, const CncStudyKeys *keys, CncStudyLayers layers, guint8 *data, gsize length, CncTask *task,
                    GError **error)
{
  const CncLayers hybrid = hybrid_layers (layers);

  if (hybrid != 0 && !cnc_hybrid_encipher (backend, &keys->hybrid, hybrid, data, length, task, error))
    return FALSE;
  if (layers & CNC_STUDY_SEAL)
    apply_stream (keys->stream, data, length);
  return cnc_task_go_on (task, error);
}

gboolean
cnc_study_decipher (CncBackend *backend, const CncStudyKeys *keys, CncStudyLayers layers, guint8 *data, gsize length, CncTask *task,
                    GError **error)
{
  const CncLayers hybrid = hybrid_layers (layers);

  if (layers & CNC_STUDY_SEAL)
    apply_stream (keys->stream, data, length);
  if (hybrid != 0 && !cnc_hybrid_decipher (backend, &keys->hybrid, hybrid, data, length, task, error))
    return FALSE;
  return cnc_task_go_on (task, error);
}
