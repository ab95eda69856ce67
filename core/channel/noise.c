/* core/channel/noise.c: rectangles of noise, see noise.h. */
#include "channel/noise.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/parallel.h"

#define BLOCK 8u
#define NOISY 40u        /* mean difference of neighbours in a block; photographs rarely reach it, a carrier's body has 70 and more */
#define PAIRS ((BLOCK - 1) * (BLOCK - 1)) /* of neighbours one way in a block */
#define LEAST_BLOCKS 12u /* of a rectangle */
#define EDGE_PART 0.6    /* of the inner differences: below it a row or column lies outside */
#define REACH 24u        /* pixels that an edge is looked for around where the blocks say */

typedef struct
{
  const CncRaster *plane;
  guint32 across, down; /* blocks */
  guint8 *map;          /* 1: noise; 2: noise that belongs to a part already */
  CncTask *task;
} Map;

static void
map_row (guint row, gpointer user_data)
{
  const Map *m = user_data;
  const guint32 stride = m->plane->width;

  for (guint32 i = 0; i < m->across && cnc_task_go_on (m->task, NULL); i++)
    {
      const guint8 *p = m->plane->data + (gsize) row * BLOCK * stride + i * BLOCK;
      guint across = 0, down = 0;

      for (guint y = 0; y + 1 < BLOCK; y++, p += stride)
        for (guint x = 0; x + 1 < BLOCK; x++)
          {
            across += (guint) abs (p[x + 1] - p[x]);
            down += (guint) abs (p[x + stride] - p[x]);
          }
      /* stripes differ one way alone */
      m->map[(gsize) row * m->across + i] = across + down >= 2 * PAIRS * NOISY && MIN (across, down) >= PAIRS * NOISY / 2;
    }
}

/* Of the counts from *first to *last, those that are more than half of the largest; all of them are 0 then. */
static void
narrow (guint32 *counts, guint32 *first, guint32 *last)
{
  const guint32 from = *first, to = *last;
  guint32 most = 0;

  for (guint32 i = from; i <= to; i++)
    most = MAX (most, counts[i]);
  while (counts[*first] <= most / 2)
    ++*first;
  while (counts[*last] <= most / 2)
    --*last;
  memset (counts + from, 0, (to - from + 1) * sizeof *counts);
}

/* The part that a block belongs to: its rows and columns that are mostly noise.  stack: room for all blocks; columns, rows: zeros, and
 * again then. What it does is in proportion to the part, as there may be very many. */
static gboolean
grow (Map *m, guint32 start, guint32 *stack, guint32 *columns, guint32 *rows, CncRectangle *out)
{
  gsize n = 0, size = 0;
  guint32 left = start % m->across, right = left, top = start / m->across, bottom = top;

  stack[n++] = start;
  m->map[start] = 2;
  while (n > 0)
    {
      const guint32 at = stack[--n], x = at % m->across, y = at / m->across;
      const guint32 next[4] = { at - 1, at + 1, at - m->across, at + m->across };
      const gboolean there[4] = { x > 0, x + 1 < m->across, y > 0, y + 1 < m->down };

      size++;
      columns[x]++;
      rows[y]++;
      left = MIN (left, x);
      right = MAX (right, x);
      top = MIN (top, y);
      bottom = MAX (bottom, y);
      for (guint k = 0; k < 4; k++)
        if (there[k] && m->map[next[k]] == 1)
          {
            m->map[next[k]] = 2;
            stack[n++] = next[k];
          }
    }
  narrow (columns, &left, &right);
  narrow (rows, &top, &bottom);
  *out = (CncRectangle){ left * BLOCK, top * BLOCK, (right - left + 1) * BLOCK, (bottom - top + 1) * BLOCK };
  return size >= LEAST_BLOCKS && size >= (gsize) (right - left + 1) * (bottom - top + 1) * 3 / 4;
}

/* Mean difference of neighbours along a column (across FALSE: along a row) of the plane, between from and to. */
static double
along (const CncRaster *plane, gboolean column, guint32 at, guint32 from, guint32 to)
{
  const gsize step = column ? plane->width : 1;
  const guint8 *p = plane->data + (column ? (gsize) from * plane->width + at : (gsize) at * plane->width + from);
  guint64 sum = 0;

  for (guint32 i = from; i + 1 < to; i++, p += step)
    sum += (guint64) abs (p[step] - p[0]);
  return to > from + 1 ? (double) sum / (to - from - 1) : 0;
}

/* Where the noise between first and end really begins and ends, along one axis; from, to: its extent on the other. */
static void
refine (const CncRaster *plane, gboolean column, guint32 limit, guint32 *first, guint32 *end, guint32 from, guint32 to)
{
  const guint32 middle = *first + (*end - *first) / 2, inner = MIN ((*end - *first) / 4, 4 * BLOCK);
  guint32 low = *first + MIN (REACH, (*end - *first) / 4), high = *end - MIN (REACH, (*end - *first) / 4);
  const guint32 lowest = *first > REACH ? *first - REACH : 0, highest = MIN (*end + REACH, limit);
  double level = 0;

  for (guint32 i = middle - inner; i < middle + inner; i++)
    level += along (plane, column, i, from, to);
  level *= EDGE_PART / MAX (2 * inner, 1);
  while (low > lowest && along (plane, column, low - 1, from, to) > level)
    low--;
  while (high < highest && along (plane, column, high, from, to) > level)
    high++;
  *first = low;
  *end = high;
}

static void
refine_rectangle (const CncRaster *plane, CncRectangle *r)
{
  guint32 left = r->x, right = r->x + r->width, top = r->y, bottom = r->y + r->height;

  refine (plane, TRUE, plane->width, &left, &right, top + MIN (REACH, r->height / 4), bottom - MIN (REACH, r->height / 4));
  refine (plane, FALSE, plane->height, &top, &bottom, left + MIN (BLOCK, (right - left) / 4), right - MIN (BLOCK, (right - left) / 4));
  *r = (CncRectangle){ left, top, right - left, bottom - top };
}

static int
by_size (gconstpointer a, gconstpointer b)
{
  const CncRectangle *p = a, *q = b;
  const guint64 pixels = (guint64) p->width * p->height, other = (guint64) q->width * q->height;

  return pixels < other ? 1 : pixels > other ? -1 : 0;
}

gboolean
cnc_noise_find (const CncRaster *plane, CncNoise *noise, CncTask *task, GError **error)
{
  Map m = { .plane = plane, .across = plane->width / BLOCK, .down = plane->height / BLOCK, .task = task };
  const gsize blocks = (gsize) m.across * m.down;
  g_autofree guint8 *map = cnc_alloc (blocks, 1, "looking for a carrier", error);
  g_autofree guint32 *stack = map != NULL ? cnc_alloc (blocks, sizeof *stack, "looking for a carrier", error) : NULL;
  g_autofree guint32 *sums = stack != NULL ? cnc_alloc0 ((gsize) m.across + m.down, sizeof *sums, "looking for a carrier", error) : NULL;
  gsize noisy = 0;

  *noise = (CncNoise){ 0 };
  if (sums == NULL)
    return FALSE;
  m.map = map;
  cnc_parallel_for (m.down, map_row, &m);
  if (!cnc_task_go_on (task, error))
    return FALSE;
  for (gsize i = 0; i < blocks; i++)
    noisy += map[i];
  noise->share = blocks > 0 ? (double) noisy / (double) blocks : 0;
  for (gsize i = 0; i < blocks; i++)
    {
      CncRectangle r;

      if (map[i] != 1 || !grow (&m, (guint32) i, stack, sums, sums + m.across, &r))
        continue;
      if (noise->count == CNC_NOISE_MOST)
        {
          qsort (noise->rectangles, noise->count, sizeof r, by_size);
          noise->count--;
        }
      noise->rectangles[noise->count++] = r;
    }
  qsort (noise->rectangles, noise->count, sizeof *noise->rectangles, by_size);
  for (guint i = 0; i < noise->count && cnc_task_go_on (task, NULL); i++)
    refine_rectangle (plane, &noise->rectangles[i]);
  return cnc_task_go_on (task, error);
}
