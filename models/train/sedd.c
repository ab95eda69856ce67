/* models/train/sedd.c: cnncrypt-train sedd, see sedd.h. */
#include "sedd.h"

#include "base/error.h"
#include "base/memory.h"
#include "cnc-config.h"
#include "engine/engine.h"
#include "methods/sedd/vector.h"
#include "nn/files.h"
#include "seal/keyfile.h"
#include "seal/primitives.h"
#include "session.h"
#include "train.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define JITTER 3 /* steps that a vector may be finer or coarser */

/* ---- vectors to learn from ---- */

static guint
choose_step (const CncSeddEncoder *encoder, const gint16 *fine, guint32 across, guint32 down, gsize budget, guint64 seed, gint16 *values)
{
  const guint64 draw = train_random (seed, 1);
  guint step = SEDD_STEPS - 1;
  GByteArray *coded = cnc_sedd_fit (encoder->tables, fine, across, down, budget, values, &step, NULL, NULL);

  if (coded != NULL)
    g_byte_array_unref (coded); /* only the step counts */
  if (seed != 0 && draw % 2 == 1)
    step = (guint) CLAMP ((gint) step + (gint) (draw / 2 % (2 * JITTER + 1)) - JITTER, 0, (gint) SEDD_STEPS - 1);
  return step;
}

void
train_sedd_fill (gpointer user_data, const float *picture, guint32 width, guint32 height, guint64 seed, float *out)
{
  const CncSeddEncoder *encoder = user_data;
  const CncFormat format = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncRaster) raster = cnc_raster_new (width, height, &format, NULL);
  g_autofree gint16 *fine = NULL, *values = NULL;
  const gsize plane = (gsize) width * height;
  guint32 across, down;
  gsize count;
  guint step;
  float unit;

  cnc_sedd_blocks (width, height, &across, &down);
  count = (gsize) across * down * encoder->code.channels;
  for (gsize i = 0; raster != NULL && i < 3 * plane; i++)
    raster->data[i] = (guint8) (picture[i % 3 * plane + i / 3] * 255.0f + 0.5f);
  fine = raster != NULL ? cnc_sedd_see (&encoder->code, raster, NULL, NULL) : NULL;
  values = fine != NULL ? cnc_alloc (count, sizeof *values, "a vector", NULL) : NULL;
  if (values == NULL) /* a crop's memory: the loss tells */
    {
      memset (out, 0, (count + across * down) * sizeof *out);
      return;
    }
  step = choose_step (encoder, fine, across, down, cnc_sedd_budget (width, height), seed, values);
  unit = cnc_sedd_step (step);
  cnc_sedd_round (fine, count, step, values);
  for (gsize i = 0; i < count; i++)
    out[i] = unit * values[i];
  for (gsize i = 0; i < (gsize) across * down; i++)
    out[count + i] = (float) step;
}

CncGraph *
train_sedd_graph (const CncGraph *graph, GError **error)
{
  g_autoptr (CncGraph) stored = cnc_graph_copy (graph);

  for (guint n = 0; n < stored->n_nodes; n++)
    for (guint i = 0; i < stored->nodes[n].n_inputs; i++)
      if (stored->nodes[n].inputs[i]-- == 0)
        {
          cnc_net_unfit (error, "A layer of the decoder reads the picture; it may read the vector alone");
          return NULL;
        }
  stored->inputs[0] = stored->inputs[1];
  stored->inputs[0].divide = 1;
  stored->n_inputs = 1;
  for (guint i = 0; i < stored->n_outputs; i++)
    stored->outputs[i]--;
  return g_steal_pointer (&stored);
}

/* ---- both trainings ---- */

typedef struct
{
  const TrainOptions *options;
  char *name; /* of the pair */
  CncSecret *passphrase;
  TrainRecipe *recipes[2]; /* of the encoder, of the decoder */
  char *checkpoints[2];
  TrainData *data;
  CncBackend *backend;
  CncSeddEncoder *encoder;
  gboolean demonstration;
} Pair;

static void
pair_clear (Pair *p)
{
  for (guint i = 0; i < 2; i++)
    {
      train_recipe_free (p->recipes[i]);
      g_free (p->checkpoints[i]);
    }
  g_free (p->name);
  cnc_secret_free (p->passphrase);
  train_data_free (p->data);
  cnc_sedd_encoder_free (p->encoder);
  cnc_backend_free (p->backend);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pair, pair_clear)

static void
set (TrainRecipe *recipe, const TrainOptions *options, gboolean decoder)
{
  if (options->seed >= 0)
    recipe->seed = (guint64) options->seed;
  if (options->steps > 0)
    recipe->steps = (guint) options->steps;
  /* The two do not begin alike. */
  if (decoder)
    recipe->seed = train_random (recipe->seed, 1) >> 1;
}

static TrainSession *
run (Pair *p, guint i, GError **error)
{
  g_autoptr (TrainSession) session = NULL;

  p->backend->half = p->recipes[i]->precision == 1;
  session = train_session_new (p->backend, p->recipes[i], p->data, error);
  if (session == NULL
      || (p->options->resume != NULL && g_file_test (p->checkpoints[i], G_FILE_TEST_EXISTS)
          && !train_session_load (session, p->checkpoints[i], error)))
    return NULL;
  fprintf (stderr, "%s, %s: %u pictures to train on, %u to validate, %u left out; device: %s\n", p->recipes[i]->name,
           i == 0 ? "encoder" : "decoder", session->n_train, session->n_validation, p->data->skipped, p->backend->info.name);
  return train_run (session, p->options, p->checkpoints[i], error) ? g_steal_pointer (&session) : NULL;
}

static gboolean
train_encoder (Pair *p, GError **error)
{
  g_autoptr (TrainSession) session = run (p, 0, error);

  if (session == NULL)
    return FALSE;
  p->encoder = train_sedd_whole (session->best != NULL ? session->best : session->net, error);
  if (p->encoder == NULL)
    return FALSE;
  fprintf (stderr, "The encoder takes %.1f multiplications a pixel.  Measuring the tables of the range coder\n",
           sedd_multiplications (&p->encoder->code) / 64.0);
  return train_sedd_tables (p->encoder, p->data, error);
}

/* ---- the files ---- */

static void
add_provenance (const Pair *p, const TrainSession *s, CncSafetensorsWriter *writer)
{
  g_autofree char *text = g_strdup_printf ("{\"program\":\"cnncrypt-train %s\",\"recipe\":\"%s\",\"seed\":%" G_GUINT64_FORMAT
                                           ",\"steps\":%u,\"batch\":%u,\"pictures\":%u,\"device\":\"%s\"}",
                                           CNC_VERSION, p->recipes[0]->name, p->recipes[0]->seed, s->step, s->recipe->batch, s->n_train,
                                           p->backend->info.kind == CNC_DEVICE_CPU ? "cpu" : "vulkan");

  cnc_safetensors_writer_text (writer, "format", "pt");
  cnc_safetensors_writer_text (writer, "provenance", text);
}

/* Fresh keys; the secret one goes into the decoder's texts. */
static gboolean
add_keys (const Pair *p, CncSafetensorsWriter *writer, char **recipient, GError **error)
{
  g_autoptr (CncSecret) secret = cnc_secret_new_key (NULL, error);
  guint8 key[CNC_PUBLIC_KEY_BYTES];
  char *identity;

  if (secret == NULL)
    return FALSE;
  identity = cnc_identity_text (secret, p->passphrase, NULL, error);
  if (identity == NULL)
    return FALSE;
  cnc_safetensors_writer_text (writer, "identity", identity);
  cnc_wipe (identity, strlen (identity));
  g_free (identity);
  cnc_public_key (secret, key);
  *recipient = cnc_recipient_text (key);
  return TRUE;
}

static gboolean
write_decoder (const Pair *p, const TrainSession *s, char **recipient, GError **error)
{
  g_autofree char *path = g_strconcat (p->options->out, CNC_MODEL_ENDING, NULL);
  g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new ();
  const CncNet *trained = s->best != NULL ? s->best : s->net;
  CncGraph *graph = train_sedd_graph (trained->graph, error);
  g_autoptr (CncNet) net = graph != NULL ? cnc_net_new (graph, error) : NULL;
  g_autoptr (CncSafetensors) file = NULL;
  g_autoptr (GBytes) bytes = NULL;
  gboolean written;
  mode_t before;

  for (guint i = 0; net != NULL && i < net->n_values; i++)
    memcpy (net->values[i], trained->values[i], cnc_shape_count (&net->graph->parameters[i].shape) * sizeof (float));
  if (net == NULL || !cnc_net_store (net, p->recipes[1]->store == 1 ? CNC_DTYPE_F16 : CNC_DTYPE_F32, writer, error)
      || !cnc_latent_tables_store (p->encoder->tables, writer, error) || !add_keys (p, writer, recipient, error))
    return FALSE;
  cnc_safetensors_writer_text (writer, "kind", "sedd-decoder");
  cnc_safetensors_writer_text (writer, "name", p->name);
  if (p->demonstration)
    cnc_safetensors_writer_text (writer, "demonstration", "yes");
  add_provenance (p, s, writer);
  bytes = cnc_safetensors_writer_finish (writer, error);
  if (bytes == NULL)
    return FALSE;
  /* Nobody else reads it at any moment. */
  before = umask (p->demonstration ? 0022 : 0077);
  written = cnc_file_replace (path, bytes, error);
  umask (before);
  if (!written)
    return FALSE;
  if (!p->demonstration && g_chmod (path, 0600) != 0)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_IO, "The decoder file cannot be kept from others: %s.", g_strerror (errno));
      return FALSE;
    }
  file = cnc_safetensors_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), error);
  if (file == NULL)
    return FALSE;
  memcpy (p->encoder->decoder, cnc_safetensors_sha256 (file), CNC_SHA256_BYTES);
  return TRUE;
}

static gboolean
write_pair (const Pair *p, const TrainSession *s, GError **error)
{
  g_autofree char *path = g_strconcat (p->options->out, CNC_SEDD_ENCODER_ENDING, NULL),
                  *losses = g_strconcat (p->options->out, ".loss.png", NULL);
  g_autofree char *recipient = NULL, *shown = g_filename_display_name (p->options->out);
  g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new ();
  g_autoptr (GBytes) bytes = NULL;

  if (!write_decoder (p, s, &recipient, error))
    return FALSE;
  g_free (p->encoder->name);
  p->encoder->name = g_strdup (p->name);
  p->encoder->demonstration = p->demonstration;
  if (!cnc_sedd_encoder_store (p->encoder, writer, error))
    return FALSE;
  cnc_safetensors_writer_text (writer, "recipient", recipient);
  add_provenance (p, s, writer);
  bytes = cnc_safetensors_writer_finish (writer, error);
  if (bytes == NULL || !cnc_file_replace (path, bytes, error) || !train_plot_losses (losses, s->log->str, error))
    return FALSE;
  printf ("%s%s: the encoder, to be sent to whoever encrypts pictures for you\n%s\n", shown, CNC_SEDD_ENCODER_ENDING, recipient);
  printf ("%s%s: the decoder, which opens them%s; keep it to yourself, and keep a copy: without it nobody opens them\n", shown,
          CNC_MODEL_ENDING, p->passphrase != NULL ? ", with its passphrase" : ", and is NOT locked: whoever has the file has the pictures");
  return TRUE;
}

/* ---- the command ---- */

static gboolean
train_decoder (Pair *p, GError **error)
{
  const TrainVectors vectors = { train_sedd_fill, p->encoder };
  TrainRecipe *recipe = p->recipes[1];
  g_autoptr (CncGraph) stored = NULL;
  g_autoptr (TrainSession) session = NULL;

  if (recipe->graph->inputs[1].channels != p->encoder->code.channels + 1 || recipe->graph->inputs[1].divide != SEDD_BLOCK)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                   "%s: the encoder makes %u numbers of each block, so the second input of [decoder graph] needs channels=%u (the step is "
                   "one more) and divide=%u.",
                   recipe->name, p->encoder->code.channels, p->encoder->code.channels + 1, SEDD_BLOCK);
      return FALSE;
    }
  stored = train_sedd_graph (recipe->graph, error); /* better now than after hours */
  if (stored == NULL)
    return FALSE;
  recipe->vectors = &vectors;
  session = run (p, 1, error);
  recipe->vectors = NULL;
  return session != NULL && write_pair (p, session, error);
}

/* Before the work: the secret key of a pair that is there is not written over. */
static gboolean
begin (Pair *p, const char *passphrase_file, gboolean open, GError **error)
{
  const TrainOptions *options = p->options;
  g_autofree char *path = g_strconcat (options->out, CNC_MODEL_ENDING, NULL), *base = g_path_get_basename (options->out);
  g_autofree char *shown = g_filename_display_name (path);

  p->name = g_filename_display_name (base);
  p->checkpoints[0] = g_strconcat (options->out, ".encoder.checkpoint", NULL);
  p->checkpoints[1] = g_strconcat (options->out, ".checkpoint", NULL);
  p->demonstration = strcmp (p->name, CNC_SEDD_DEMONSTRATION) == 0;
  if (p->demonstration && !open)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                   "“%s” is the name of the demonstration pair, which everybody has and no passphrase locks; choose another name.",
                   p->name);
      return FALSE;
    }
  if (strlen (p->name) > CNC_SEDD_MAX_NAME)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "The name of a pair has at most %u bytes; choose a shorter one.",
                   CNC_SEDD_MAX_NAME);
      return FALSE;
    }
  if (g_file_test (path, G_FILE_TEST_EXISTS | G_FILE_TEST_IS_SYMLINK))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_IO,
                   "“%s” is there already, may hold somebody's secret key, and was not touched; choose another name.", shown);
      return FALSE;
    }
  if (options->resume != NULL && strcmp (options->resume, p->checkpoints[0]) != 0 && strcmp (options->resume, p->checkpoints[1]) != 0)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "A pair goes on from %s or %s, not from another checkpoint.",
                   p->checkpoints[0], p->checkpoints[1]);
      return FALSE;
    }
  if (!cnc_seal_init (error))
    return FALSE;
  p->passphrase = open ? NULL : train_new_passphrase (passphrase_file, "the new decoder", error);
  return open || p->passphrase != NULL;
}

gboolean
train_sedd_command (const TrainOptions *options, const char *passphrase_file, gboolean open, GError **error)
{
  g_auto (Pair) p = { .options = options };
  g_autofree char *note = NULL;

  if (!train_recipe_read_pair (options->recipe, &p.recipes[0], &p.recipes[1], error) || !begin (&p, passphrase_file, open, error))
    return FALSE;
  set (p.recipes[0], options, FALSE);
  set (p.recipes[1], options, TRUE);
  p.data = train_data_load (options->data, p.recipes[0]->files, 3, p.recipes[0]->resize, p.recipes[0]->crop, train_warn, NULL, error);
  p.backend = p.data != NULL ? cnc_engine_open (options->device, CNC_WORK_NETWORK, &note, error) : NULL;
  if (p.backend == NULL)
    return FALSE;
  if (note != NULL)
    train_warn (note, NULL);
  return train_encoder (&p, error) && train_decoder (&p, error);
}
