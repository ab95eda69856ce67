/* core/methods/restore/model.c: opening the networks of the method "restore" and checking that they are such, see model.h. */
#include "methods/restore/model.h"

#include "base/error.h"
#include "cnc-config.h"
#include "nn/files.h"
#include "nn/tile.h"

#include <string.h>

void
cnc_restore_free (CncRestore *model)
{
  if (model == NULL)
    return;
  cnc_net_free (model->net);
  g_free (model->name);
  g_free (model);
}

static gboolean
find (const CncGraph *graph, const char *name, guint *value, GError **error)
{
  *value = cnc_graph_value (graph, name);
  return *value != CNC_NO_VALUE || cnc_net_unfit (error, "It has no value “%s”", name);
}

static gboolean
check_channels (const CncGraph *graph, guint value, guint channels, GError **error)
{
  const guint found = cnc_graph_channels (graph, value);

  return found == channels
         || cnc_net_unfit (error, "Its value “%s” has %u channels, not %u", cnc_graph_value_name (graph, value), found, channels);
}

static gboolean
check_picture (CncRestore *m, GError **error)
{
  const CncGraph *graph = m->net->graph;
  const CncGraphInput *in = m->x < graph->n_inputs ? &graph->inputs[m->x] : NULL;

  if (in == NULL || in->low != 0 || in->high != 1 || in->key || in->divide > 1 || (in->channels != 1 && in->channels != 3))
    return cnc_net_unfit (error, "Its value “x” is no input for a picture of 1 or 3 channels from 0 to 1");
  m->colours = in->channels;
  m->width = in->width;
  m->height = in->height;
  return TRUE;
}

/* The same of a network for one size, which may have layers for which there are no tiles: by the shapes that values have there. */
static gboolean
check_whole (CncRestore *m, GError **error)
{
  const CncGraph *graph = m->net->graph;
  CncPlanParams encode = { .feeds = { m->x },
                           .shapes = { { 1, m->colours, m->height, m->width } },
                           .n_feeds = 1,
                           .fetches = { m->features },
                           .n_fetches = 1 },
                decode = { .feeds = { m->plain, m->level }, .n_feeds = 2, .fetches = { m->restored }, .n_fetches = 1 };
  g_autoptr (CncPlan) encoder = cnc_plan_new (NULL, graph, &encode, error);
  g_autoptr (CncPlan) decoder = NULL;
  CncShape features, restored;

  if (encoder == NULL)
    return FALSE;
  features = cnc_plan_tensor (encoder, m->features)->shape;
  m->divide = m->width / features.w;
  if (m->divide == 0 || m->divide > CNC_RESTORE_MAX_DIVIDE || m->divide * features.w != m->width || m->divide * features.h != m->height)
    return cnc_net_unfit (error, "Its value “features” has sides of %u and %u, which do not divide those of “x”", features.w, features.h);
  decode.shapes[0] = features;
  decode.shapes[1] = (CncShape){ 1, 1, features.h, features.w };
  decoder = cnc_plan_new (NULL, graph, &decode, error);
  if (decoder == NULL)
    return FALSE;
  restored = cnc_plan_tensor (decoder, m->restored)->shape;
  return (restored.w == m->width && restored.h == m->height)
         || cnc_net_unfit (error, "Its value “restored” has %u × %u pixels, not %u × %u", restored.w, restored.h, m->width, m->height);
}

/* The encoder makes features of x alone, at 1/d of the sides. */
static gboolean
check_encoder (CncRestore *m, GError **error)
{
  const CncGraph *graph = m->net->graph;
  const CncTileFeed picture = { .value = m->x };
  CncReach reach;

  if (!cnc_reach_find (graph, &picture, 1, m->features, &reach, error))
    return FALSE;
  m->divide = reach.denominator;
  return (reach.numerator == 1 && m->divide <= CNC_RESTORE_MAX_DIVIDE)
         || cnc_net_unfit (error, "Its value “features” has %u/%u of the sides of “x”, not 1/1 to 1/%u", reach.numerator, reach.denominator,
                           CNC_RESTORE_MAX_DIVIDE);
}

/* The decoder makes the picture of plain and level alone. */
static gboolean
check_decoder (const CncRestore *m, GError **error)
{
  const CncGraph *graph = m->net->graph;
  const CncTileFeed feeds[] = { { .value = m->plain }, { .value = m->level } };
  CncReach reach;

  if (!cnc_reach_find (graph, feeds, G_N_ELEMENTS (feeds), m->restored, &reach, error))
    return FALSE;
  return (reach.denominator == 1 && reach.numerator == m->divide)
         || cnc_net_unfit (error, "Its value “restored” has %u/%u of the sides of “plain”, not %u", reach.numerator, reach.denominator,
                           m->divide);
}

static gboolean
check_values (CncRestore *m, GError **error)
{
  const CncGraph *graph = m->net->graph;

  m->channels = cnc_graph_channels (graph, m->features);
  if (m->channels < 2 || m->channels > CNC_RESTORE_MAX_CHANNELS)
    return cnc_net_unfit (error, "Its value “features” has %u channels, not 2 to %u", m->channels, CNC_RESTORE_MAX_CHANNELS);
  return check_channels (graph, m->plain, m->channels, error) && check_channels (graph, m->level, 1, error)
         && check_channels (graph, m->restored, m->colours, error);
}

gboolean
cnc_restore_check (CncRestore *m, GError **error)
{
  const CncGraph *graph = m->net->graph;

  return find (graph, "x", &m->x, error) && find (graph, "features", &m->features, error) && find (graph, "plain", &m->plain, error)
         && find (graph, "level", &m->level, error) && find (graph, "restored", &m->restored, error) && check_picture (m, error)
         && check_values (m, error) && (m->width > 0 ? check_whole (m, error) : check_encoder (m, error) && check_decoder (m, error));
}

CncRestore *
cnc_restore_read (const char *path, GError **error)
{
  g_autoptr (CncRestore) model = g_new0 (CncRestore, 1);
  g_autofree char *base = g_path_get_basename (path);
  g_autoptr (GError) why = NULL;

  if (g_str_has_suffix (base, CNC_MODEL_ENDING))
    base[strlen (base) - strlen (CNC_MODEL_ENDING)] = '\0';
  model->name = g_filename_display_name (base);
  model->net = cnc_net_read (path, &why);
  if (model->net != NULL && cnc_net_fold (model->net, &why) && cnc_restore_check (model, &why))
    return g_steal_pointer (&model);
  if (g_error_matches (why, CNC_ERROR, CNC_ERROR_MODEL))
    {
      g_autofree char *shown = g_filename_display_name (path);
      const char *told = g_str_has_prefix (why->message, shown) ? why->message + strlen (shown) + strlen (": ") : why->message;

      g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL, "%s cannot be used by the method “restore”. %s", shown, told);
    }
  else
    g_propagate_error (error, g_steal_pointer (&why));
  return NULL;
}

CncRestore *
cnc_restore_find (const char *name, GError **error)
{
  const char *usual = name != NULL ? name : CNC_RESTORE_NAME;
  g_autoptr (GPtrArray) files = cnc_model_files (usual);
  g_autofree char *wanted = g_strconcat (usual, CNC_MODEL_ENDING, NULL);

  for (guint i = 0; i < files->len; i++)
    {
      g_autofree char *base = g_path_get_basename (files->pdata[i]);

      if (strcmp (base, wanted) == 0)
        return cnc_restore_read (files->pdata[i], error);
    }
  g_set_error (
      error, CNC_ERROR, CNC_ERROR_MODEL,
      "The model “%s” of the method “restore” is not here (%s in %s or CNNCRYPT_MODEL_PATH); install it, or choose another method.", usual,
      wanted, CNC_MODEL_DIR);
  return NULL;
}

CncRestore *
cnc_restore_find_mark (const guint8 mark[CNC_RESTORE_MARK_BYTES], GError **error)
{
  g_autoptr (GPtrArray) files = cnc_model_files (CNC_RESTORE_NAME);

  for (guint i = 0; i < files->len; i++)
    {
      g_autoptr (GError) problem = NULL;
      g_autoptr (CncSafetensors) file = cnc_safetensors_read (files->pdata[i], &problem);

      if (file != NULL && memcmp (cnc_safetensors_sha256 (file), mark, CNC_RESTORE_MARK_BYTES) == 0)
        return cnc_restore_read (files->pdata[i], error);
      if (g_error_matches (problem, CNC_ERROR, CNC_ERROR_NO_MEMORY))
        {
          g_propagate_error (error, g_steal_pointer (&problem));
          return NULL;
        }
    }
  g_set_error (
      error, CNC_ERROR, CNC_ERROR_MODEL,
      "This picture was encrypted with a model (SHA-256 %02x%02x%02x%02x…) that is not here; put its file into %s or into a folder of "
      "CNNCRYPT_MODEL_PATH.",
      mark[0], mark[1], mark[2], mark[3], CNC_MODEL_DIR);
  return NULL;
}

void
cnc_restore_mark (const CncRestore *model, guint8 mark[CNC_RESTORE_MARK_BYTES])
{
  memcpy (mark, cnc_safetensors_sha256 (model->net->file), CNC_RESTORE_MARK_BYTES);
}
