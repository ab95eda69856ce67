/* "Chaos + CNN" stage by stage: throw-away keys, one buffer that goes through the layers, a copy of its front after each. */
#include "methods/hybrid/stages.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "methods/hybrid/hybrid.h"
#include "picture/pixels.h"
#include "seal/keys.h"
#include "seal/stream.h"

#include <string.h>

const char *
cnc_stage_name (CncStage stage)
{
  static const char *const names[CNC_N_STAGES] = { N_ ("Plain"),
                                                   N_ ("Blocks repositioned"),
                                                   N_ ("Chaos keystream alone"),
                                                   N_ ("Keystream added to the blocks"),
                                                   N_ ("Half of the CNN"),
                                                   N_ ("All of the CNN"),
                                                   N_ ("Sealed") };

  return cnc_text (names[stage]);
}

void
cnc_stages_clear (CncRaster *stages[CNC_N_STAGES])
{
  for (guint i = 0; i < CNC_N_STAGES; i++)
    {
      cnc_raster_free (stages[i]);
      stages[i] = NULL;
    }
}

typedef struct
{
  CncBackend *backend;
  CncTask *task;
  CncHybridKeys keys;
  guint8 *data; /* the padded picture */
  gsize size, shown;
} Stages;

static gboolean
seal (const guint8 *data, gsize size, guint8 *out, gsize out_size, CncTask *task, GError **error)
{
  guint8 key[CNC_KEY_BYTES], stream_header[CNC_HEADER_STREAM_HEADER_BYTES], tag[CNC_HEADER_TAG_BYTES] = { 0 };
  g_autoptr (CncSecret) file_key = NULL;
  g_autoptr (CncSealer) sealer = NULL;
  gsize written;

  cnc_random (key, sizeof key);
  file_key = cnc_secret_new_key (key, error);
  cnc_wipe (key, sizeof key);
  sealer = file_key != NULL ? cnc_sealer_new (file_key, stream_header, error) : NULL;
  if (sealer == NULL)
    return FALSE;
  cnc_sealer_start (sealer, tag, out, out_size);
  return cnc_sealer_push (sealer, data, size, task, error) && cnc_sealer_finish (sealer, &written, error);
}

/* What the buffer is after the stage before becomes what it is after this one; out: its front. */
static gboolean
one_stage (Stages *s, CncStage stage, guint8 *out, GError **error)
{
  const gsize sealed_size = (gsize) cnc_stream_length (s->size);
  g_autofree guint8 *other = NULL; /* what is shown, where the buffer itself goes on from the stage before */
  gboolean good = TRUE;

  if (stage == CNC_STAGE_KEYSTREAM || stage == CNC_STAGE_CNN_HALF || stage == CNC_STAGE_SEALED)
    {
      other = cnc_alloc (stage == CNC_STAGE_SEALED ? sealed_size : s->size, 1, "a stage", error);
      if (other == NULL)
        return FALSE;
    }
  switch (stage)
    {
    case CNC_STAGE_BLOCKS:
      good = cnc_hybrid_encipher (NULL, &s->keys, CNC_LAYER_PERMUTE, s->data, s->size, s->task, error);
      break;
    case CNC_STAGE_KEYSTREAM:
      memset (other, 0, s->size);
      good = cnc_hybrid_encipher (NULL, &s->keys, CNC_LAYER_LOGISTIC, other, s->size, s->task, error);
      break;
    case CNC_STAGE_CHAOS:
      good = cnc_hybrid_encipher (NULL, &s->keys, CNC_LAYER_LOGISTIC, s->data, s->size, s->task, error);
      break;
    case CNC_STAGE_CNN_HALF:
      memcpy (other, s->data, s->size);
      good = cnc_hybrid_half_cnn (s->backend, &s->keys, other, s->size, s->task, error);
      break;
    case CNC_STAGE_CNN:
      good = cnc_hybrid_encipher (s->backend, &s->keys, CNC_LAYER_CNN, s->data, s->size, s->task, error);
      break;
    case CNC_STAGE_SEALED:
      good = seal (s->data, s->size, other, sealed_size, s->task, error);
      break;
    case CNC_STAGE_PLAIN:
    case CNC_N_STAGES:
      break;
    }
  if (good)
    memcpy (out, other != NULL ? other : s->data, s->shown);
  return good;
}

gboolean
cnc_stages_make (const CncRaster *plain, CncBackend *backend, CncRaster *stages[CNC_N_STAGES], CncTask *task, GError **error)
{
  Stages s = { .backend = backend, .task = task, .shown = cnc_raster_bytes (plain) };
  gboolean good;

  memset (stages, 0, CNC_N_STAGES * sizeof *stages);
  if (!cnc_rgb_check (plain, _ ("The picture"), error))
    return FALSE;
  s.size = (gsize) cnc_hybrid_padded_length (s.shown);
  s.data = cnc_alloc (s.size, 1, "the stages", error);
  if (s.data == NULL)
    return FALSE;
  cnc_random (&s.keys, sizeof s.keys);
  memcpy (s.data, plain->data, s.shown);
  memset (s.data + s.shown, 0, s.size - s.shown);
  good = TRUE;
  for (guint i = 0; i < CNC_N_STAGES && good; i++)
    {
      stages[i] = cnc_rgb_new (plain->width, plain->height, error);
      good = stages[i] != NULL && cnc_task_go_on (task, error) && one_stage (&s, (CncStage) i, stages[i]->data, error);
    }
  cnc_wipe (&s.keys, sizeof s.keys);
  g_free (s.data);
  if (!good)
    cnc_stages_clear (stages);
  return good;
}
