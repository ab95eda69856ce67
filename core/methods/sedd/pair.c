/* Reading and checking the files of a pair, see pair.h. */
#include "methods/sedd/pair.h"

#include "base/error.h"
#include "base/memory.h"
#include "cnc-config.h"
#include "nn/files.h"
#include "nn/tile.h"

#include <string.h>

static gboolean
unfit (GError **error, const char *path, const char *why)
{
  g_autofree char *shown = g_filename_display_name (path);

  g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL, "%s cannot be used by the method “sedd”: %s.", shown, why);
  return FALSE;
}

static gboolean
is_kind (const CncSafetensors *file, const char *kind)
{
  const char *found = cnc_safetensors_metadata (file, "kind");

  return found != NULL && strcmp (found, kind) == 0;
}

static gboolean
is_demonstration (const CncSafetensors *file)
{
  const char *text = cnc_safetensors_metadata (file, "demonstration");

  return text != NULL && strcmp (text, "yes") == 0;
}

/* ---- the encoder file ---- */

gboolean
cnc_sedd_is_encoder (const char *path)
{
  g_autoptr (CncSafetensors) file = cnc_safetensors_read (path, NULL);

  return file != NULL && is_kind (file, "sedd-encoder");
}

gboolean
cnc_sedd_is_demonstration (const char *path)
{
  g_autoptr (CncSafetensors) file = cnc_safetensors_read (path, NULL);

  return file != NULL && is_demonstration (file);
}

void
cnc_sedd_encoder_free (CncSeddEncoder *encoder)
{
  if (encoder == NULL)
    return;
  g_free (encoder->name);
  g_free ((gpointer) encoder->code.first);
  g_free ((gpointer) encoder->code.first_bias);
  g_free ((gpointer) encoder->code.second);
  g_free ((gpointer) encoder->code.second_bias);
  cnc_latent_tables_free (encoder->tables);
  g_free (encoder);
}

static const CncStoredTensor *
find (const CncSafetensors *file, const char *name, guint rank)
{
  const CncStoredTensor *t = cnc_safetensors_find (file, name);

  return t != NULL && t->dtype == CNC_DTYPE_I32 && t->rank == rank ? t : NULL;
}

static gint32
number (const CncStoredTensor *t, gsize i)
{
  return (gint32) cnc_get_u32 (t->data + 4 * i);
}

/* NULL: one of them does not fit into 16 bits. */
static gint16 *
take_weights (const CncStoredTensor *t)
{
  g_autofree gint16 *out = g_new (gint16, t->count); /* at most 64 * 192, as was checked */

  for (gsize i = 0; i < t->count; i++)
    {
      if (number (t, i) < G_MININT16 || number (t, i) > G_MAXINT16)
        return NULL;
      out[i] = (gint16) number (t, i);
    }
  return g_steal_pointer (&out);
}

static gint32 *
take_bias (const CncStoredTensor *t)
{
  gint32 *out = g_new (gint32, t->count);

  for (gsize i = 0; i < t->count; i++)
    out[i] = number (t, i);
  return out;
}

static gboolean
take_code (CncSeddEncoder *e, const CncSafetensors *file)
{
  const CncStoredTensor *first = find (file, "encoder.first", 2), *first_bias = find (file, "encoder.first_bias", 1);
  const CncStoredTensor *second = find (file, "encoder.second", 2), *second_bias = find (file, "encoder.second_bias", 1);
  const CncStoredTensor *shifts = find (file, "encoder.shifts", 1);
  SeddEncoder *c = &e->code;

  if (first == NULL || first_bias == NULL || second == NULL || second_bias == NULL || shifts == NULL || shifts->sides[0] != 3
      || first->sides[1] != SEDD_INPUTS || first->sides[0] > SEDD_MAX_HIDDEN || second->sides[0] > SEDD_MAX_CHANNELS
      || second->sides[1] != first->sides[0] || first_bias->sides[0] != first->sides[0] || second_bias->sides[0] != second->sides[0])
    return FALSE;
  for (guint i = 0; i < 3; i++)
    if (number (shifts, i) < 0 || number (shifts, i) > (gint32) SEDD_MAX_SHIFT)
      return FALSE;
  c->hidden = first->sides[0];
  c->channels = second->sides[0];
  c->first_shift = (guint) number (shifts, 0);
  c->slope = (guint) number (shifts, 1);
  c->second_shift = (guint) number (shifts, 2);
  c->first = take_weights (first);
  c->second = take_weights (second);
  c->first_bias = take_bias (first_bias);
  c->second_bias = take_bias (second_bias);
  return c->first != NULL && c->second != NULL && sedd_encoder_good (c);
}

static gboolean
take_hash (const char *text, guint8 *out)
{
  if (text == NULL || strlen (text) != 2 * CNC_SHA256_BYTES)
    return FALSE;
  for (guint i = 0; i < CNC_SHA256_BYTES; i++)
    {
      const gint high = g_ascii_xdigit_value (text[2 * i]), low = g_ascii_xdigit_value (text[2 * i + 1]);

      if (high < 0 || low < 0)
        return FALSE;
      out[i] = (guint8) (high << 4 | low);
    }
  return TRUE;
}

CncSeddEncoder *
cnc_sedd_encoder_read (const char *path, GError **error)
{
  g_autoptr (CncSafetensors) file = cnc_safetensors_read (path, error);
  g_autoptr (CncSeddEncoder) encoder = g_new0 (CncSeddEncoder, 1);
  const char *name;

  if (file == NULL)
    return NULL;
  name = cnc_safetensors_metadata (file, "name");
  if (is_kind (file, "sedd-decoder"))
    unfit (error, path, "it is the decoder of a pair; give the encoder file, which ends in “" CNC_SEDD_ENCODER_ENDING "”");
  else if (!is_kind (file, "sedd-encoder"))
    unfit (error, path, "it is no encoder file; cnncrypt-train sedd makes one");
  else if (name == NULL || *name == '\0' || strlen (name) > CNC_SEDD_MAX_NAME || !g_utf8_validate (name, -1, NULL))
    unfit (error, path, "it does not say the name of its pair");
  else if (!take_hash (cnc_safetensors_metadata (file, "decoder"), encoder->decoder))
    unfit (error, path, "it does not say which decoder it belongs to");
  else if (!take_code (encoder, file))
    unfit (error, path, "its weights are missing or beyond what the encoder computes with; get the file again");
  else
    {
      encoder->name = g_strdup (name);
      encoder->demonstration = is_demonstration (file);
      encoder->tables = cnc_latent_tables_read (file, encoder->code.channels, error);
      if (encoder->tables != NULL)
        return g_steal_pointer (&encoder);
    }
  return NULL;
}

char *
cnc_sedd_encoder_path (const char *model, GError **error)
{
  const char *name = model != NULL && *model != '\0' ? model : CNC_SEDD_DEMONSTRATION;
  g_autofree char *wanted = g_strconcat (name, CNC_SEDD_ENCODER_ENDING, NULL);
  g_autoptr (GPtrArray) files = NULL;

  if (strchr (name, G_DIR_SEPARATOR) != NULL || g_str_has_suffix (name, CNC_MODEL_ENDING))
    return g_strdup (name);
  files = cnc_model_files (name);
  for (guint i = 0; i < files->len; i++)
    {
      g_autofree char *base = g_path_get_basename (files->pdata[i]);

      if (strcmp (base, wanted) == 0)
        return g_strdup (files->pdata[i]);
    }
  g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL,
               "There is no pair “%s” (%s in %s or CNNCRYPT_MODEL_PATH); give the path of its encoder file, or choose another method.",
               name, wanted, CNC_MODEL_DIR);
  return NULL;
}

CncSeddEncoder *
cnc_sedd_encoder_new (const SeddEncoder *code, GError **error)
{
  CncSeddEncoder *encoder;

  if (!sedd_encoder_good (code))
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                           "The sums of the encoder do not fit into 32 bits; lower learning_rate or set clip, and train it again.");
      return NULL;
    }
  encoder = g_new0 (CncSeddEncoder, 1);
  encoder->code = *code;
  encoder->code.first = g_memdup2 (code->first, code->hidden * SEDD_INPUTS * sizeof *code->first);
  encoder->code.first_bias = g_memdup2 (code->first_bias, code->hidden * sizeof *code->first_bias);
  encoder->code.second = g_memdup2 (code->second, code->channels * code->hidden * sizeof *code->second);
  encoder->code.second_bias = g_memdup2 (code->second_bias, code->channels * sizeof *code->second_bias);
  return encoder;
}

static gboolean
store_weights (CncSafetensorsWriter *writer, const char *name, const gint16 *weights, guint32 rows, guint32 columns, GError **error)
{
  const guint32 sides[2] = { rows, columns };
  g_autofree gint32 *wide = g_new (gint32, (gsize) rows * columns);

  for (gsize i = 0; i < (gsize) rows * columns; i++)
    wide[i] = weights[i];
  return cnc_safetensors_writer_add (writer, name, CNC_DTYPE_I32, 2, sides, wide, error);
}

gboolean
cnc_sedd_encoder_store (const CncSeddEncoder *encoder, CncSafetensorsWriter *writer, GError **error)
{
  const SeddEncoder *c = &encoder->code;
  const guint32 three = 3, hidden = c->hidden, channels = c->channels;
  const gint32 shifts[3] = { (gint32) c->first_shift, (gint32) c->slope, (gint32) c->second_shift };
  char hash[2 * CNC_SHA256_BYTES + 1];

  for (guint i = 0; i < CNC_SHA256_BYTES; i++)
    g_snprintf (hash + 2 * i, 3, "%02x", encoder->decoder[i]);
  cnc_safetensors_writer_text (writer, "kind", "sedd-encoder");
  cnc_safetensors_writer_text (writer, "name", encoder->name);
  cnc_safetensors_writer_text (writer, "decoder", hash);
  if (encoder->demonstration)
    cnc_safetensors_writer_text (writer, "demonstration", "yes");
  return store_weights (writer, "encoder.first", c->first, hidden, SEDD_INPUTS, error)
         && store_weights (writer, "encoder.second", c->second, channels, hidden, error)
         && cnc_safetensors_writer_add (writer, "encoder.first_bias", CNC_DTYPE_I32, 1, &hidden, c->first_bias, error)
         && cnc_safetensors_writer_add (writer, "encoder.second_bias", CNC_DTYPE_I32, 1, &channels, c->second_bias, error)
         && cnc_safetensors_writer_add (writer, "encoder.shifts", CNC_DTYPE_I32, 1, &three, shifts, error)
         && cnc_latent_tables_store (encoder->tables, writer, error);
}

/* ---- the decoder file ---- */

void
cnc_sedd_decoder_free (CncSeddDecoder *decoder)
{
  if (decoder == NULL)
    return;
  g_free (decoder->name);
  cnc_net_free (decoder->net);
  cnc_latent_tables_free (decoder->tables);
  g_free (decoder);
}

gboolean
cnc_sedd_decoder_check (CncSeddDecoder *decoder, GError **error)
{
  const CncGraph *graph = decoder->net->graph;
  const CncTileFeed feed = { .value = 0 };
  CncReach reach;

  decoder->output = graph->outputs[0];
  if (graph->n_inputs != 1 || graph->inputs[0].channels < 2 || graph->inputs[0].channels > SEDD_MAX_CHANNELS + 1)
    return cnc_net_unfit (error, "Its decoder does not take one vector of 1 to %u channels, and the step", SEDD_MAX_CHANNELS);
  if (!cnc_reach_find (graph, &feed, 1, decoder->output, &reach, error))
    return FALSE;
  if (reach.denominator != 1 || reach.numerator != SEDD_BLOCK || cnc_graph_channels (graph, decoder->output) != 3)
    return cnc_net_unfit (error, "Its decoder does not make %u pixels of three colours from each side of a block", SEDD_BLOCK);
  decoder->channels = graph->inputs[0].channels - 1;
  return TRUE;
}

CncSeddDecoder *
cnc_sedd_decoder_read (const char *path, GError **error)
{
  g_autoptr (CncSeddDecoder) decoder = g_new0 (CncSeddDecoder, 1);
  g_autofree char *base = g_path_get_basename (path);
  g_autoptr (CncSafetensors) file = cnc_safetensors_read (path, error);

  if (file == NULL)
    return NULL;
  if (!is_kind (file, "sedd-decoder"))
    {
      unfit (error, path,
             is_kind (file, "sedd-encoder") ? "it is the encoder of a pair; its decoder is needed here"
                                            : "it is no decoder file of a pair");
      return NULL;
    }
  if (g_str_has_suffix (base, CNC_MODEL_ENDING))
    base[strlen (base) - strlen (CNC_MODEL_ENDING)] = '\0';
  decoder->name = g_filename_display_name (base);
  decoder->demonstration = is_demonstration (file);
  decoder->net = cnc_net_from_file (g_steal_pointer (&file), error);
  if (decoder->net == NULL || !cnc_net_fold (decoder->net, error) || !cnc_sedd_decoder_check (decoder, error))
    return NULL;
  decoder->tables = cnc_latent_tables_read (decoder->net->file, decoder->channels, error);
  return decoder->tables != NULL ? g_steal_pointer (&decoder) : NULL;
}

/* 1: it is the file of that hash; -1: memory was short. */
static gint
has_hash (const char *path, const guint8 *sha256, GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autoptr (CncSafetensors) file = cnc_safetensors_read (path, &problem);

  if (g_error_matches (problem, CNC_ERROR, CNC_ERROR_NO_MEMORY))
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return -1;
    }
  return file != NULL && memcmp (cnc_safetensors_sha256 (file), sha256, CNC_SHA256_BYTES) == 0;
}

CncSeddDecoder *
cnc_sedd_decoder_find (const guint8 *sha256, const char *name, const char *path, GError **error)
{
  g_autoptr (GPtrArray) files = cnc_model_files (name);
  char hash[2 * CNC_SHA256_BYTES + 1];

  if (path != NULL)
    g_ptr_array_insert (files, 0, g_strdup (path));
  for (guint i = 0; i < files->len; i++)
    {
      const gint found = has_hash (files->pdata[i], sha256, error);

      if (found < 0)
        return NULL;
      if (found > 0)
        return cnc_sedd_decoder_read (files->pdata[i], error);
    }
  for (guint i = 0; i < CNC_SHA256_BYTES; i++)
    g_snprintf (hash + 2 * i, 3, "%02x", sha256[i]);
  g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL,
               "This picture needs the decoder of the pair “%s” (SHA-256 %s), which is not here; give its decoder file as the identity, or "
               "put it into %s or "
               "into a folder of CNNCRYPT_MODEL_PATH.",
               name, hash, CNC_MODEL_DIR);
  return NULL;
}
