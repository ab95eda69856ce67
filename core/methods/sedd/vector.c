/* Vectors of the method "sedd", see vector.h. */
#include "methods/sedd/vector.h"

#include "base/memory.h"

#include <string.h>

#define SAMPLE 6144u /* blocks of a large picture that tell about where its step lies */
#define STRIP 2u     /* rows of blocks that lie together in it */
#define MARGIN 5u    /* hundredths of its bytes by which the sample may mislead */

gsize
cnc_sedd_budget (guint32 width, guint32 height)
{
  return (gsize) MAX (CNC_SEDD_MIN_BYTES, (guint64) width * height / 16);
}

void
cnc_sedd_blocks (guint32 width, guint32 height, guint32 *across, guint32 *down)
{
  *across = (width - 1) / SEDD_BLOCK + 1;
  *down = (height - 1) / SEDD_BLOCK + 1;
}

float
cnc_sedd_step (guint step)
{
  return 65536.0f / (float) sedd_step_inverse (step) / 16.0f;
}

/* Rows of three samples a pixel. */
static void
to_colours (const CncRaster *picture, guint32 y, guint rows, guint8 *out)
{
  const guint step = cnc_format_channels (&picture->format);
  const gboolean grey = picture->format.model == CNC_MODEL_GREY;
  const guint8 *p = picture->data + (gsize) y * picture->width * step;

  for (gsize i = 0; i < (gsize) rows * picture->width; i++, p += step, out += 3)
    {
      out[0] = p[0];
      out[1] = p[grey ? 0 : 1];
      out[2] = p[grey ? 0 : 2];
    }
}

gint16 *
cnc_sedd_see (const SeddEncoder *code, const CncRaster *picture, CncTask *task, GError **error)
{
  const gsize stride = (gsize) picture->width * 3;
  const gboolean direct = cnc_format_channels (&picture->format) == 3;
  g_autofree gint16 *fine = NULL;
  g_autofree guint8 *band = NULL;
  guint32 across, down;

  cnc_sedd_blocks (picture->width, picture->height, &across, &down);
  fine = cnc_alloc ((gsize) across * down, code->channels * sizeof *fine, "the vector", error);
  band = fine != NULL ? cnc_alloc (direct ? 0 : stride, SEDD_BLOCK, "the vector", error) : NULL;
  if (band == NULL)
    return NULL;
  for (guint32 row = 0; row < down; row++)
    {
      const guint32 y = row * SEDD_BLOCK;
      const guint rows = MIN (SEDD_BLOCK, picture->height - y);

      if (!cnc_task_go_on (task, error))
        return NULL;
      if (!direct)
        to_colours (picture, y, rows, band);
      sedd_encode (code, direct ? picture->data + y * stride : band, stride, picture->width, rows, fine + (gsize) row * across,
                   (gsize) across * down);
    }
  return g_steal_pointer (&fine);
}

void
cnc_sedd_round (const gint16 *fine, gsize count, guint step, gint16 *values)
{
  for (gsize i = 0; i < count; i++)
    values[i] = sedd_round (fine[i], step);
}

static GByteArray *
code (const CncLatentTables *tables, const gint16 *fine, guint32 across, guint32 down, guint step, gint16 *values, CncTask *task,
      GError **error)
{
  cnc_sedd_round (fine, (gsize) across * down * tables->channels, step, values);
  return cnc_latent_encode (tables, values, across, down, task, error);
}

/* The finest step with which these numbers keep to their bytes, the coarsest if none does; by halving: a coarser step takes fewer bytes.
 * over: (out) bytes with the next finer step; 0: there is none. */
static gboolean
search (const CncLatentTables *tables, const gint16 *fine, guint32 across, guint32 down, gsize bytes, gint16 *values, guint *step,
        gsize *over, CncTask *task, GError **error)
{
  guint low = 0, high = SEDD_STEPS - 1;

  *over = 0;
  while (low < high)
    {
      const guint middle = (low + high) / 2;
      g_autoptr (GByteArray) coded = code (tables, fine, across, down, middle, values, task, error);

      if (coded == NULL)
        return FALSE;
      if (coded->len <= bytes)
        high = middle;
      else
        {
          low = middle + 1;
          *over = coded->len;
        }
    }
  *step = high;
  return TRUE;
}

/* Every k-th strip of rows.  sample: room for all.  Returns: how many rows */
static guint32
take_sample (const gint16 *fine, guint channels, guint32 across, guint32 down, gint16 *sample)
{
  const guint32 every = (guint32) (((guint64) across * down + SAMPLE - 1) / SAMPLE);
  guint32 rows = 0;

  for (guint32 y = 0; y < down; y++)
    rows += y / STRIP % every == 0 ? 1 : 0;
  for (guint c = 0; c < channels; c++)
    for (guint32 y = 0; y < down; y++)
      if (y / STRIP % every == 0)
        {
          memcpy (sample, fine + ((gsize) c * down + y) * across, across * sizeof *sample);
          sample += across;
        }
  return rows;
}

/* Where to begin for a large picture.  sure: (out) that no finer step will do. */
static gboolean
guess (const CncLatentTables *tables, const gint16 *fine, guint32 across, guint32 down, gsize bytes, gint16 *values, guint *step,
       gboolean *sure, CncTask *task, GError **error)
{
  g_autofree gint16 *sample = cnc_alloc ((gsize) across * down, tables->channels * sizeof *sample, "the vector", error);
  gsize part, over;
  guint32 rows;

  if (sample == NULL)
    return FALSE;
  rows = take_sample (fine, tables->channels, across, down, sample);
  part = (gsize) ((guint64) bytes * rows / down);
  if (!search (tables, sample, across, rows, part, values, step, &over, task, error))
    return FALSE;
  *sure = over > part + part * MARGIN / 100;
  return TRUE;
}

GByteArray *
cnc_sedd_fit (const CncLatentTables *tables, const gint16 *fine, guint32 across, guint32 down, gsize budget, gint16 *values, guint *step,
              CncTask *task, GError **error)
{
  const gsize bytes = budget - 1;
  g_autoptr (GByteArray) best = NULL;
  gboolean sure = TRUE;
  gsize over;
  guint s;

  if ((guint64) across * down > 2 * SAMPLE ? !guess (tables, fine, across, down, bytes, values, &s, &sure, task, error)
                                           : !search (tables, fine, across, down, bytes, values, &s, &over, task, error))
    return NULL;
  best = code (tables, fine, across, down, s, values, task, error);
  /* The guess may be off to either side. */
  while (best != NULL && best->len > bytes && s < SEDD_STEPS - 1)
    {
      g_byte_array_unref (best);
      best = code (tables, fine, across, down, ++s, values, task, error);
      sure = TRUE;
    }
  while (best != NULL && !sure && s > 0)
    {
      g_autoptr (GByteArray) finer = code (tables, fine, across, down, s - 1, values, task, error);

      if (finer == NULL)
        return NULL;
      sure = finer->len > bytes;
      if (sure)
        break;
      g_byte_array_unref (best);
      best = g_steal_pointer (&finer);
      s--;
    }
  if (best == NULL)
    return NULL;
  cnc_sedd_round (fine, (gsize) across * down * tables->channels, s, values);
  *step = s;
  return g_steal_pointer (&best);
}
