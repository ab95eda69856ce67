/* core/picture/values.c: bands whose samples take few values. */
#include "picture/values.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define SLOT_BITS 10
#define SLOTS (1u << SLOT_BITS) /* four times CNC_VALUES_MAX: few collisions */
#define EMPTY 0xffffu

/* Sample value -> number in the order of appearance, by open addressing. */
typedef struct
{
  guint16 number[SLOTS];
  guint64 key[SLOTS];
  guint64 values[CNC_VALUES_MAX];
  guint count;
} Finder;

static guint
lists_of (const CncPredict *predict)
{
  return predict->lanes == 2 || predict->lanes == 4 ? 2 : 1;
}

static guint
list_of_lane (const CncPredict *predict, guint lane)
{
  return lists_of (predict) == 2 && lane == predict->lanes - 1 ? 1 : 0;
}

static inline guint64
get_native (const guint8 *p, guint bytes)
{
  guint16 s;
  guint32 i;
  guint64 l;

  switch (bytes)
    {
    case 2:
      memcpy (&s, p, sizeof s);
      return s;
    case 4:
      memcpy (&i, p, sizeof i);
      return i;
    default:
      memcpy (&l, p, sizeof l);
      return l;
    }
}

static inline void
put_native (guint8 *p, guint64 v, guint bytes)
{
  const guint16 s = (guint16) v;
  const guint32 i = (guint32) v;

  switch (bytes)
    {
    case 2:
      memcpy (p, &s, sizeof s);
      break;
    case 4:
      memcpy (p, &i, sizeof i);
      break;
    default:
      memcpy (p, &v, sizeof v);
      break;
    }
}

/* The value's number; EMPTY if there are too many already. */
static inline guint
find (Finder *finder, guint64 value)
{
  guint slot = (guint) ((value * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)) >> (64 - SLOT_BITS));

  while (finder->number[slot] != EMPTY)
    {
      if (finder->key[slot] == value)
        return finder->number[slot];
      slot = (slot + 1) % SLOTS;
    }
  if (finder->count == CNC_VALUES_MAX)
    return EMPTY;
  finder->number[slot] = (guint16) finder->count;
  finder->key[slot] = value;
  finder->values[finder->count] = value;
  return finder->count++;
}

/* The order of the numbers that the patterns mean (predict-rows.h does the same). */
static guint64
order (const CncPredict *predict, guint64 v)
{
  const guint64 top = G_GUINT64_CONSTANT (1) << (8 * predict->sample_bytes - 1);

  if (!predict->floats)
    return v;
  return v & top ? ~v & (top | (top - 1)) : v | top;
}

typedef struct
{
  guint64 order;
  guint64 value;
  guint number;
} Entry;

static int
compare (gconstpointer a, gconstpointer b)
{
  const Entry *x = a, *y = b;

  return x->order < y->order ? -1 : x->order > y->order;
}

/* Sorts the values into the list; rank: number of appearance -> rank. */
static void
sort_list (const CncPredict *predict, const Finder *finder, CncValues *list, guint8 rank[CNC_VALUES_MAX])
{
  Entry entries[CNC_VALUES_MAX];

  for (guint i = 0; i < finder->count; i++)
    entries[i] = (Entry){ order (predict, finder->values[i]), finder->values[i], i };
  qsort (entries, finder->count, sizeof *entries, compare);
  list->count = finder->count;
  for (guint i = 0; i < finder->count; i++)
    {
      list->values[i] = entries[i].value;
      rank[entries[i].number] = (guint8) i;
    }
}

gboolean
cnc_values_collect (const CncPredict *predict, const guint8 *samples, gsize pixels, guint8 *ranks, CncValuesTable *table)
{
  const guint lanes = predict->lanes, bytes = predict->sample_bytes, lists = lists_of (predict);
  Finder finder[2];
  guint8 rank[2][CNC_VALUES_MAX] = { { 0 } };

  for (guint l = 0; l < lists; l++)
    {
      finder[l].count = 0;
      memset (finder[l].number, 0xff, sizeof finder[l].number);
    }
  for (gsize i = 0; i < pixels; i++)
    for (guint c = 0; c < lanes; c++)
      {
        const guint number = find (&finder[list_of_lane (predict, c)], get_native (samples + (i * lanes + c) * bytes, bytes));

        if (number == EMPTY)
          return FALSE;
        ranks[i * lanes + c] = (guint8) number;
      }
  for (guint l = 0; l < lists; l++)
    sort_list (predict, &finder[l], &table->list[l], rank[l]);
  for (gsize i = 0; i < pixels; i++)
    for (guint c = 0; c < lanes; c++)
      ranks[i * lanes + c] = rank[list_of_lane (predict, c)][ranks[i * lanes + c]];
  return TRUE;
}

gboolean
cnc_values_expand_row (const CncPredict *predict, const CncValuesTable *table, const guint8 *ranks, guint8 *samples)
{
  const guint lanes = predict->lanes, bytes = predict->sample_bytes;

  for (guint x = 0; x < predict->width; x++)
    for (guint c = 0; c < lanes; c++)
      {
        const CncValues *list = &table->list[list_of_lane (predict, c)];
        const guint rank = ranks[(gsize) x * lanes + c];

        if (rank >= list->count)
          return FALSE;
        put_native (samples + ((gsize) x * lanes + c) * bytes, list->values[rank], bytes);
      }
  return TRUE;
}

gsize
cnc_values_write (const CncPredict *predict, const CncValuesTable *table, guint8 *out)
{
  const guint bytes = predict->sample_bytes;
  guint8 *p = out;

  for (guint l = 0; l < lists_of (predict); l++)
    {
      *p++ = (guint8) (table->list[l].count - 1);
      for (guint i = 0; i < table->list[l].count; i++)
        for (guint b = 0; b < bytes; b++)
          *p++ = (guint8) (table->list[l].values[i] >> (8 * b));
    }
  return (gsize) (p - out);
}

gsize
cnc_values_read (const CncPredict *predict, CncValuesTable *table, const guint8 *in, gsize size)
{
  const guint bytes = predict->sample_bytes;
  gsize used = 0;

  for (guint l = 0; l < lists_of (predict); l++)
    {
      CncValues *list = &table->list[l];

      if (used >= size)
        return 0;
      list->count = in[used++] + 1u;
      if ((gsize) list->count * bytes > size - used)
        return 0;
      for (guint i = 0; i < list->count; i++)
        {
          list->values[i] = 0;
          for (guint b = 0; b < bytes; b++)
            list->values[i] |= (guint64) in[used++] << (8 * b);
        }
    }
  return used;
}
