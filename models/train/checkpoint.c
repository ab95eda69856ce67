/* models/train/checkpoint.c: the whole state of a run in one safetensors file, see session.h.
 *
 * Weights under their names, moments as "first/NAME" and "second/NAME", the best weights as "best/NAME"; recipe, numbers and log as texts.
 */
#include "session.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

static gboolean
add_all (CncSafetensorsWriter *writer, const CncNet *net, const char *prefix, GError **error)
{
  for (guint i = 0; i < net->n_values; i++)
    {
      const CncParameter *p = &net->graph->parameters[i];
      const guint32 sides[] = { p->shape.n, p->shape.c, p->shape.h, p->shape.w };
      g_autofree char *name = g_strconcat (prefix, p->name, NULL);

      if (!cnc_safetensors_writer_add (writer, name, CNC_DTYPE_F32, 4, sides, net->values[i], error))
        return FALSE;
    }
  return TRUE;
}

/* A buffer that is laid out as the weights, by way of a net that holds its numbers. */
static gboolean
move (TrainSession *s, CncBuffer *buffer, CncNet *net, gboolean to_device, GError **error)
{
  for (guint i = 0; i < net->n_values; i++)
    {
      const CncTensor *t = &s->weights->tensors[i];
      const gsize at = t->offset * sizeof (float), bytes = cnc_tensor_bytes (t);

      if (!(to_device ? cnc_buffer_upload (s->backend, buffer, at, net->values[i], bytes, error)
                      : cnc_buffer_download (s->backend, buffer, at, net->values[i], bytes, error)))
        return FALSE;
    }
  return TRUE;
}

static gboolean
add_moments (TrainSession *s, CncSafetensorsWriter *writer, CncNet *scratch, GError **error)
{
  return move (s, s->first, scratch, FALSE, error) && add_all (writer, scratch, "first/", error)
         && move (s, s->second, scratch, FALSE, error) && add_all (writer, scratch, "second/", error);
}

static void
add_number (CncSafetensorsWriter *writer, const char *key, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  cnc_safetensors_writer_text (writer, key, g_ascii_dtostr (text, sizeof text, value)); /* exact */
}

gboolean
train_session_save (TrainSession *s, const char *path, GError **error)
{
  g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new ();
  g_autoptr (CncNet) scratch = cnc_net_new (cnc_graph_copy (s->net->graph), error);
  g_autofree char *seed = g_strdup_printf ("%" G_GUINT64_FORMAT, s->recipe->seed);
  g_autoptr (GBytes) bytes = NULL;

  if (scratch == NULL || !cnc_weights_download (s->weights, s->net, error) || !cnc_net_store (s->net, CNC_DTYPE_F32, writer, error)
      || !add_moments (s, writer, scratch, error) || (s->best != NULL && !add_all (writer, s->best, "best/", error)))
    return FALSE;
  cnc_safetensors_writer_text (writer, "recipe", s->recipe->text);
  cnc_safetensors_writer_text (writer, "seed", seed);
  cnc_safetensors_writer_text (writer, "log", s->log->str);
  add_number (writer, "pictures", s->data->pictures->len);
  add_number (writer, "step", s->step);
  add_number (writer, "best_loss", s->best != NULL ? s->best_loss : -1);
  add_number (writer, "worse", s->worse);
  add_number (writer, "sum", s->sum);
  add_number (writer, "summed", s->summed);
  bytes = cnc_safetensors_writer_finish (writer, error);
  return bytes != NULL && cnc_file_replace (path, bytes, error);
}

static gboolean
bad (GError **error, const char *what)
{
  g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL, "The run cannot go on from this checkpoint: %s.", what);
  return FALSE;
}

static gboolean
take_all (const CncSafetensors *file, CncNet *net, const char *prefix, GError **error)
{
  for (guint i = 0; i < net->n_values; i++)
    {
      const CncParameter *p = &net->graph->parameters[i];
      g_autofree char *name = g_strconcat (prefix, p->name, NULL);
      const CncStoredTensor *t = cnc_safetensors_find (file, name);

      if (t == NULL || t->count != cnc_shape_count (&p->shape))
        return bad (error, "weights or moments are missing or of another size");
      if (!cnc_stored_tensor_floats (t, net->values[i], error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
take_number (const CncSafetensors *file, const char *key, double low, double high, double *value, GError **error)
{
  const char *text = cnc_safetensors_metadata (file, key);

  *value = text != NULL ? g_ascii_strtod (text, NULL) : low - 1;
  return (*value >= low && *value <= high) || bad (error, "a number is missing or out of its range");
}

static gboolean
same_run (const TrainSession *s, const CncSafetensors *file, GError **error)
{
  const char *recipe = cnc_safetensors_metadata (file, "recipe"), *seed = cnc_safetensors_metadata (file, "seed");
  g_autofree char *own = g_strdup_printf ("%" G_GUINT64_FORMAT, s->recipe->seed);
  double pictures;

  if (recipe == NULL || seed == NULL)
    return bad (error, "it is no checkpoint of cnncrypt-train");
  if (strcmp (recipe, s->recipe->text) != 0)
    return bad (error, "it was made with another recipe");
  if (strcmp (seed, own) != 0)
    return bad (error, "it was made with another seed (option --seed)");
  if (!take_number (file, "pictures", 1, G_MAXUINT32, &pictures, error))
    return FALSE;
  return (guint) pictures == s->data->pictures->len || bad (error, "the data holds another number of pictures");
}

gboolean
train_session_load (TrainSession *s, const char *path, GError **error)
{
  g_autoptr (CncSafetensors) file = cnc_safetensors_read (path, error);
  g_autoptr (CncNet) scratch = file != NULL ? cnc_net_new (cnc_graph_copy (s->net->graph), error) : NULL;
  double step, best, worse, summed;

  if (scratch == NULL || !same_run (s, file, error))
    return FALSE;
  if (!take_number (file, "step", 0, 1e9, &step, error) || !take_number (file, "best_loss", -1e30, 1e30, &best, error)
      || !take_number (file, "worse", 0, 1e9, &worse, error) || !take_number (file, "sum", -1e30, 1e30, &s->sum, error)
      || !take_number (file, "summed", 0, 1e9, &summed, error))
    return FALSE;
  if (!take_all (file, scratch, "first/", error) || !move (s, s->first, scratch, TRUE, error) || !take_all (file, scratch, "second/", error)
      || !move (s, s->second, scratch, TRUE, error) || !take_all (file, s->net, "", error)
      || !cnc_weights_upload (s->weights, s->net, error))
    return FALSE;
  s->step = (guint) step;
  s->worse = (guint) worse;
  s->summed = (guint) summed;
  if (cnc_safetensors_metadata (file, "log") != NULL)
    g_string_assign (s->log, cnc_safetensors_metadata (file, "log"));
  if (best >= 0)
    {
      s->best = g_steal_pointer (&scratch);
      s->best_loss = best;
      return take_all (file, s->best, "best/", error);
    }
  return TRUE;
}
