/* core/methods/autoencoder/tables.c: the static tables of a latent in memory and in model files, see latent.h. */
#include "methods/autoencoder/latent.h"

#include "base/error.h"
#include "base/memory.h"

#define TOTAL (1u << CNC_LATENT_BITS)

static gsize
row_of (const CncLatentTables *tables)
{
  return CNC_LATENT_OWN + (gsize) tables->channels;
}

CncLatentTables *
cnc_latent_tables_new (guint channels, GError **error)
{
  g_autoptr (CncLatentTables) tables = g_new0 (CncLatentTables, 1);

  if (channels < 1 || channels > CNC_LATENT_MAX_CHANNELS)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "A latent has 1 to %u channels, not %u.", CNC_LATENT_MAX_CHANNELS, channels);
      return NULL;
    }
  tables->channels = channels;
  tables->mean = cnc_alloc0 (channels * row_of (tables), sizeof (gint32), "the tables", error);
  tables->spread = tables->mean != NULL ? cnc_alloc0 (channels * row_of (tables), sizeof (gint32), "the tables", error) : NULL;
  tables->limits = tables->spread != NULL ? cnc_alloc0 (channels * (CNC_LATENT_CONTEXTS - 1), sizeof (gint32), "the tables", error) : NULL;
  tables->starts = tables->limits != NULL
                       ? cnc_alloc0 (channels * CNC_LATENT_CONTEXTS * (CNC_LATENT_SYMBOLS + 1), sizeof (guint32), "the tables", error)
                       : NULL;
  return tables->starts != NULL ? g_steal_pointer (&tables) : NULL;
}

void
cnc_latent_tables_free (CncLatentTables *tables)
{
  if (tables == NULL)
    return;
  g_free (tables->mean);
  g_free (tables->spread);
  g_free (tables->limits);
  g_free (tables->starts);
  g_free (tables);
}

static gboolean
bad (GError **error, const char *name)
{
  g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL,
               "The model file's “%s” is missing or wrong; install the model again, or make its tables with cnncrypt-train tables.", name);
  return FALSE;
}

static const CncStoredTensor *
find (const CncSafetensors *file, const char *name, CncDtype dtype, guint rank, const guint32 *sides, GError **error)
{
  const CncStoredTensor *t = cnc_safetensors_find (file, name);

  if (t != NULL && t->dtype == dtype && t->rank == rank && memcmp (t->sides, sides, rank * sizeof *sides) == 0)
    return t;
  bad (error, name);
  return NULL;
}

/* Weights within their bounds: sums of them then fit into 32 bits. */
static gboolean
read_weights (const CncSafetensors *file, const char *name, guint channels, gboolean constant, gint32 *out, GError **error)
{
  const guint32 sides[2] = { channels, CNC_LATENT_OWN + channels };
  const CncStoredTensor *t = find (file, name, CNC_DTYPE_I32, 2, sides, error);

  for (gsize i = 0; t != NULL && i < t->count; i++)
    {
      const gint32 most = constant && i % sides[1] == CNC_LATENT_NEAR ? CNC_LATENT_MAX_CONSTANT : CNC_LATENT_MAX_WEIGHT;

      out[i] = (gint32) cnc_get_u32 (t->data + 4 * i);
      if (out[i] < -most || out[i] > most)
        return bad (error, name);
    }
  return t != NULL;
}

static gboolean
read_limits (const CncSafetensors *file, guint channels, gint32 *out, GError **error)
{
  const guint32 sides[2] = { channels, CNC_LATENT_CONTEXTS - 1 };
  const CncStoredTensor *t = find (file, "latent.limits", CNC_DTYPE_I32, 2, sides, error);

  for (gsize i = 0; t != NULL && i < t->count; i++)
    {
      out[i] = (gint32) cnc_get_u32 (t->data + 4 * i);
      if (i % sides[1] > 0 && out[i] < out[i - 1])
        return bad (error, t->name);
    }
  return t != NULL;
}

static gboolean
read_frequencies (const CncSafetensors *file, guint channels, guint32 *starts, GError **error)
{
  const guint32 sides[3] = { channels, CNC_LATENT_CONTEXTS, CNC_LATENT_SYMBOLS };
  const CncStoredTensor *t = find (file, "latent.frequencies", CNC_DTYPE_U16, 3, sides, error);

  for (gsize i = 0; t != NULL && i < t->count; i++)
    {
      const guint32 frequency = cnc_get_u16 (t->data + 2 * i);

      starts[1] = starts[0] + frequency;
      if (frequency == 0)
        return bad (error, t->name);
      starts++;
      if (i % CNC_LATENT_SYMBOLS != CNC_LATENT_SYMBOLS - 1)
        continue;
      if (*starts != TOTAL)
        return bad (error, t->name);
      starts++;
    }
  return t != NULL;
}

CncLatentTables *
cnc_latent_tables_read (const CncSafetensors *file, guint channels, GError **error)
{
  g_autoptr (CncLatentTables) tables = cnc_latent_tables_new (channels, error);

  if (tables == NULL || !read_weights (file, "latent.mean", channels, TRUE, tables->mean, error)
      || !read_weights (file, "latent.spread", channels, FALSE, tables->spread, error)
      || !read_limits (file, channels, tables->limits, error) || !read_frequencies (file, channels, tables->starts, error))
    return NULL;
  return g_steal_pointer (&tables);
}

gboolean
cnc_latent_tables_store (const CncLatentTables *tables, CncSafetensorsWriter *writer, GError **error)
{
  const guint32 weights[2] = { tables->channels, (guint32) row_of (tables) }, limits[2] = { tables->channels, CNC_LATENT_CONTEXTS - 1 };
  const guint32 frequencies[3] = { tables->channels, CNC_LATENT_CONTEXTS, CNC_LATENT_SYMBOLS };
  const gsize rows = (gsize) tables->channels * CNC_LATENT_CONTEXTS;
  g_autofree guint16 *counts = cnc_alloc (rows * CNC_LATENT_SYMBOLS, sizeof (guint16), "the tables", error);

  if (counts == NULL)
    return FALSE;
  for (gsize r = 0; r < rows; r++)
    for (guint s = 0; s < CNC_LATENT_SYMBOLS; s++)
      {
        const guint32 *starts = tables->starts + r * (CNC_LATENT_SYMBOLS + 1) + s;

        counts[r * CNC_LATENT_SYMBOLS + s] = (guint16) (starts[1] - starts[0]);
      }
  return cnc_safetensors_writer_add (writer, "latent.mean", CNC_DTYPE_I32, 2, weights, tables->mean, error)
         && cnc_safetensors_writer_add (writer, "latent.spread", CNC_DTYPE_I32, 2, weights, tables->spread, error)
         && cnc_safetensors_writer_add (writer, "latent.limits", CNC_DTYPE_I32, 2, limits, tables->limits, error)
         && cnc_safetensors_writer_add (writer, "latent.frequencies", CNC_DTYPE_U16, 3, frequencies, counts, error);
}
