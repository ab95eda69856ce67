/* core/stego/draft.c: results of hiding networks as whole samples, see draft.h. */
#include "stego/draft.h"

#include "base/parallel.h"
#include "stego/network.h"

#include <math.h>

#define COLOURS 3u
#define SIDE CNC_NETWORK_BLOCK

G_STATIC_ASSERT (COLOURS *SIDE *SIDE == CNC_ROUNDING_SAMPLES);

typedef struct
{
  CncDraft *draft;
  guint32 x, y, width, height;
  const float *planes;
} Part;

static void
write_block (const Part *p, guint32 column, guint32 row, gint *cut)
{
  CncDraft *d = p->draft;
  float wanted[CNC_ROUNDING_SAMPLES];
  gint16 samples[CNC_ROUNDING_SAMPLES];
  guint k = 0;

  for (guint c = 0; c < COLOURS; c++)
    for (guint y = 0; y < SIDE; y++)
      for (guint x = 0; x < SIDE; x++)
        wanted[k++] = CLAMP (p->planes[((gsize) c * p->height + row + y) * p->width + column + x], -1.0f, 2.0f) * 255.0f;
  cnc_rounding_block (d->rounding, wanted, samples);
  k = 0;
  for (guint c = 0; c < COLOURS; c++)
    for (guint y = 0; y < SIDE; y++)
      {
        gsize at = ((gsize) (p->y + row + y) * d->result->width + p->x + column) * COLOURS + c;

        for (guint x = 0; x < SIDE; x++, k++, at += COLOURS)
          {
            const gint nearest = (gint) floorf (wanted[k] + 0.5f), beyond = nearest - CLAMP (nearest, 0, 255);

            d->result->data[at] = (guint8) samples[k];
            d->cover->data[at] = (guint8) CLAMP (d->cover->data[at] - beyond, 0, 255);
            *cut += beyond != 0 ? 1 : 0;
          }
      }
}

static void
write_row (guint row, gpointer user_data)
{
  const Part *p = user_data;
  gint cut = 0;

  for (guint32 column = 0; column < p->width; column += SIDE)
    write_block (p, column, SIDE * row, &cut);
  g_atomic_int_add (&p->draft->cut, cut);
}

gboolean
cnc_draft_write (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, const float *planes, GError **error)
{
  Part part = { user_data, x, y, width, height, planes };

  if (!cnc_network_check_finite (planes, (gsize) COLOURS * width * height, error))
    return FALSE;
  cnc_parallel_for (height / SIDE, write_row, &part);
  return TRUE;
}
