/* Finding and checking model files, see model.h. */
#include "methods/autoencoder/model.h"

#include "base/error.h"
#include "cnc-config.h"
#include "methods/lossy.h"
#include "nn/files.h"

#include <string.h>

#define ENDING CNC_MODEL_ENDING

void
cnc_autoencoder_free (CncAutoencoder *model)
{
  if (model == NULL)
    return;
  g_free (model->name);
  cnc_net_free (model->net);
  cnc_latent_tables_free (model->tables);
  g_free (model);
}

static gboolean
unfit (GError **error, const char *why)
{
  g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL, "The model does not compress pictures: %s.", why);
  return FALSE;
}

gboolean
cnc_autoencoder_check (CncAutoencoder *model, GError **error)
{
  const CncGraph *graph = model->net->graph;
  const CncNode *node = graph->latent != CNC_NO_VALUE ? cnc_graph_node (graph, graph->latent) : NULL;
  const CncTileFeed picture = { .value = 0 }, latent = { .value = graph->latent };
  CncPlanParams params = { .n_feeds = 1, .n_fetches = 2 };
  CncReach whole, decode;
  g_autoptr (CncPlan) plan = NULL;

  if (node == NULL || node->kind != CNC_LAYER_QUANTISE)
    return unfit (error, "it stores no whole numbers between its encoder and its decoder");
  if (graph->n_inputs != 1 || graph->inputs[0].channels != 3 || graph->inputs[0].low != 0 || graph->inputs[0].high != 1)
    return unfit (error, "it does not take one picture of three colours from 0 to 1");
  model->latent = graph->latent;
  model->exact = node->inputs[0];
  model->output = graph->outputs[0];
  if (!cnc_reach_find (graph, &picture, 1, model->latent, &model->encode, error)
      || !cnc_reach_find (graph, &picture, 1, model->output, &whole, error)
      || !cnc_reach_find (graph, &latent, 1, model->output, &decode, error))
    return FALSE;
  if (whole.numerator != whole.denominator)
    return unfit (error, "its result has another size than the picture");
  params.shapes[0] = (CncShape){ 1, 3, 16 * whole.align, 16 * whole.align };
  params.fetches[0] = model->latent;
  params.fetches[1] = model->output;
  plan = cnc_plan_new (NULL, graph, &params, error); /* computes nothing, tells the shapes */
  if (plan == NULL)
    return FALSE;
  if (cnc_plan_tensor (plan, model->output)->shape.c != 3)
    return unfit (error, "its result has not three colours");
  model->channels = cnc_plan_tensor (plan, model->latent)->shape.c;
  return model->channels <= CNC_LATENT_MAX_CHANNELS || unfit (error, "its latent has too many channels");
}

CncAutoencoder *
cnc_autoencoder_read (const char *path, GError **error)
{
  g_autoptr (CncAutoencoder) model = g_new0 (CncAutoencoder, 1);
  g_autofree char *base = g_path_get_basename (path);

  model->net = cnc_net_read (path, error);
  if (model->net == NULL)
    return NULL;
  model->name = g_utf8_make_valid (base, -1);
  if (g_str_has_suffix (model->name, ENDING))
    model->name[strlen (model->name) - strlen (ENDING)] = '\0';
  if (strlen (model->name) > CNC_LOSSY_MAX_NAME)
    {
      unfit (error, "its file has too long a name");
      return NULL;
    }
  memcpy (model->sha256, cnc_safetensors_sha256 (model->net->file), CNC_SHA256_BYTES);
  if (!cnc_net_fold (model->net, error) || !cnc_autoencoder_check (model, error))
    return NULL;
  model->tables = cnc_latent_tables_read (model->net->file, model->channels, error);
  return model->tables != NULL ? g_steal_pointer (&model) : NULL;
}

/* Hands on that memory was short; what else is wrong with a file only means that it is another one that is looked for. */
static gboolean
no_memory (GError **problem, GError **error)
{
  if (!g_error_matches (*problem, CNC_ERROR, CNC_ERROR_NO_MEMORY))
    return FALSE;
  g_propagate_error (error, g_steal_pointer (problem));
  return TRUE;
}

static CncAutoencoder *
find_any (const GPtrArray *files, GError **error)
{
  g_autoptr (GString) refused = g_string_new (NULL);

  for (guint i = 0; i < files->len; i++)
    {
      g_autoptr (GError) problem = NULL;
      g_autofree char *base = g_path_get_basename (files->pdata[i]), *shown = g_filename_display_name (files->pdata[i]);
      CncAutoencoder *model = cnc_autoencoder_read (files->pdata[i], &problem);

      if (model != NULL)
        return model;
      if (no_memory (&problem, error))
        return NULL;
      if (refused->len == 0 && strcmp (base, CNC_AUTOENCODER_NAME ENDING) == 0)
        {
          const char *why = problem->message;

          if (g_str_has_prefix (why, shown)) /* it names the file itself */
            why += strlen (shown) + strlen (": ");
          g_string_append_printf (refused, " (%s cannot be used: %s)", shown, why);
        }
    }
  g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL,
               "No model that compresses photographs is installed (%s" ENDING
               " in %s or CNNCRYPT_MODEL_PATH); install it, or choose another method.%s",
               CNC_AUTOENCODER_NAME, CNC_MODEL_DIR, refused->str);
  return NULL;
}

CncAutoencoder *
cnc_autoencoder_find (const guint8 *sha256, const char *name, GError **error)
{
  g_autoptr (GPtrArray) files = cnc_model_files (CNC_AUTOENCODER_NAME);
  char hash[2 * CNC_SHA256_BYTES + 1];

  if (sha256 == NULL)
    return find_any (files, error);
  for (guint i = 0; i < files->len; i++)
    {
      g_autoptr (GError) problem = NULL;
      g_autoptr (CncSafetensors) file = cnc_safetensors_read (files->pdata[i], &problem);

      if (no_memory (&problem, error))
        return NULL;
      if (file != NULL && memcmp (cnc_safetensors_sha256 (file), sha256, CNC_SHA256_BYTES) == 0)
        return cnc_autoencoder_read (files->pdata[i], error);
    }
  for (guint i = 0; i < CNC_SHA256_BYTES; i++)
    g_snprintf (hash + 2 * i, 3, "%02x", sha256[i]);
  g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL,
               "This picture was compressed with the model “%s” (SHA-256 %s), which is not here; put its file into %s or into a folder of "
               "CNNCRYPT_MODEL_PATH.",
               name, hash, CNC_MODEL_DIR);
  return NULL;
}

void
cnc_autoencoder_latent_size (const CncAutoencoder *model, guint32 width, guint32 height, guint32 *latent_width, guint32 *latent_height)
{
  const guint64 n = model->encode.numerator, d = model->encode.denominator;

  *latent_width = (guint32) ((width * n + d - 1) / d);
  *latent_height = (guint32) ((height * n + d - 1) / d);
}
