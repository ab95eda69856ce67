/* core/stego/carried.c: a secret as coded bits, see carried.h. */
#include "stego/carried.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/spread.h"
#include "seal/keys.h"
#include "stego/convolve.h"
#include "picture/pixels.h"
#include "stego/sealed.h"

#include <math.h>

#define LENGTH_BYTES 4u
#define SURE 0.9999f

/* How a stream lies on the places. */
typedef struct
{
  gsize places, step; /* coded bit k of the stream stands at k * step modulo places */
  gsize bytes;        /* of the stream */
  gsize segments;
} Layout;

static gsize
steps_of (gsize bytes)
{
  return 8 * bytes + CNC_CONVOLVE_MEMORY;
}

static Layout
layout_of (gsize places)
{
  const gsize coded = places / CNC_CARRIED_RATE;
  Layout l = { .places = places, .step = places > 1 ? (gsize) (cnc_spread_step (places) % places) : 0 };

  l.segments = (coded + steps_of (CNC_CARRIED_SEGMENT) - 1) / steps_of (CNC_CARRIED_SEGMENT);
  if (coded > l.segments * CNC_CONVOLVE_MEMORY)
    l.bytes = (coded - l.segments * CNC_CONVOLVE_MEMORY) / 8;
  return l;
}

/* Segments are equal but for one byte. */
static gsize
segment_bytes (const Layout *l, gsize i)
{
  return l->bytes / l->segments + (i < l->bytes % l->segments ? 1 : 0);
}

static gsize
segment_start (const Layout *l, gsize i)
{
  return l->bytes / l->segments * i + MIN (i, l->bytes % l->segments);
}

/* The place of the first coded bit of a segment, in the order of coded bits. */
static gsize
segment_place (const Layout *l, gsize i)
{
  return CNC_CARRIED_RATE * (8 * segment_start (l, i) + CNC_CONVOLVE_MEMORY * i);
}

/* Which of the coded bits of a step is sent as its k-th one: all polynomials take turns. */
static guint
sent_bit (gsize step, guint k)
{
  return (guint) ((CNC_CARRIED_RATE * step + k) % CNC_CONVOLVE_RATE);
}

gsize
cnc_carried_room (gsize places)
{
  return layout_of (places).bytes;
}

/* ---- writing ---- */

static gboolean
spread (const Layout *l, const guint8 *stream, float *sent, GError **error)
{
  g_autofree guint8 *coded = cnc_alloc (CNC_CONVOLVE_BITS (CNC_CARRIED_SEGMENT + 1), 1, "the coded secret", error);

  if (coded == NULL)
    return FALSE;
  for (gsize i = 0; i < l->places; i += 256) /* places that are left over say something, too */
    {
      guint8 bytes[32];

      cnc_random (bytes, sizeof bytes);
      for (gsize k = 0; k < MIN (l->places - i, 256); k++)
        sent[i + k] = bytes[k / 8] >> k % 8 & 1 ? -0.25f : 0.25f;
    }
  for (gsize i = 0; i < l->segments; i++)
    {
      const gsize size = segment_bytes (l, i);
      gsize at = segment_place (l, i) * l->step % l->places;

      cnc_convolve (stream + segment_start (l, i), size, coded);
      for (gsize t = 0; t < steps_of (size); t++)
        for (guint k = 0; k < CNC_CARRIED_RATE; k++, at = (at + l->step) % l->places)
          sent[at] = coded[CNC_CONVOLVE_RATE * t + sent_bit (t, k)] != 0 ? -0.25f : 0.25f;
    }
  return TRUE;
}

static gboolean
too_small (const CncRaster *secret, const CncStegoRecord *record, gsize room, GError **error)
{
  g_set_error (error, CNC_ERROR, CNC_ERROR_TOO_SMALL,
               "The cover of %u × %u pixels is too small: secret 1, of %u × %u pixels, gets %zu bytes in it, which show nothing of it. "
               "Take a larger cover, or a smaller secret.",
               record->width, record->height, secret->width, secret->height, room);
  return FALSE;
}

gboolean
cnc_carried_write (const CncRaster *secret, const CncSecret *key, const CncStegoRecord *record, float *sent, gsize places,
                   CncHiddenSecret *told, CncTask *task, GError **error)
{
  const Layout layout = layout_of (places);
  const gsize plain = (gsize) cnc_sealed_room (layout.bytes), room = plain > LENGTH_BYTES ? plain - LENGTH_BYTES : 0;
  g_autofree guint8 *text = NULL, *stream = NULL;
  g_autoptr (GError) why = NULL;
  CncCompressed kept = { 0 };

  if (layout.bytes < CNC_CARRIED_LEAST)
    return too_small (secret, record, layout.bytes, error);
  cnc_task_progress (task, 0, "Compressing");
  if (!cnc_compress_exact (secret, room, task, &kept, error)
      || (kept.data == NULL && !cnc_compress_to_fit (secret, room, task, &kept, &why)))
    {
      if (g_error_matches (why, CNC_ERROR, CNC_ERROR_TOO_SMALL))
        return too_small (secret, record, room, error);
      if (why != NULL)
        g_propagate_error (error, g_steal_pointer (&why));
      return FALSE;
    }
  told->bytes = kept.size;
  told->quality = kept.quality;
  told->width = kept.width;
  told->height = kept.height;
  text = cnc_alloc0 (plain, 1, "the secret", error);
  stream = text != NULL ? cnc_alloc0 (layout.bytes, 1, "the sealed secret", error) : NULL;
  if (stream != NULL)
    {
      cnc_put_u32 (text, (guint32) kept.size);
      memcpy (text + LENGTH_BYTES, kept.data, kept.size);
    }
  cnc_compressed_clear (&kept);
  return stream != NULL && cnc_sealed_write (text, plain, key, record, stream, task, error) && spread (&layout, stream, sent, error);
}

/* ---- reading ---- */

typedef struct
{
  const Layout *layout;
  const float *soft;
  guint8 *stream;
  CncTask *task;
  gint failed; /* atomic */
} Decoding;

static gboolean
decode (const Decoding *d, gsize i, float *soft)
{
  const Layout *l = d->layout;
  const gsize size = segment_bytes (l, i);
  gsize at = segment_place (l, i) * l->step % l->places;

  memset (soft, 0, CNC_CONVOLVE_BITS (size) * sizeof *soft);
  for (gsize t = 0; t < steps_of (size); t++)
    for (guint k = 0; k < CNC_CARRIED_RATE; k++, at = (at + l->step) % l->places)
      soft[CNC_CONVOLVE_RATE * t + sent_bit (t, k)] = d->soft[at];
  return cnc_convolve_decode (soft, size, d->stream + segment_start (l, i), NULL);
}

static void
decode_segment (guint i, gpointer user_data)
{
  Decoding *d = user_data;
  g_autofree float *soft = NULL;

  if (g_atomic_int_get (&d->failed) != 0 || !cnc_task_go_on (d->task, NULL))
    return;
  soft = cnc_alloc (CNC_CONVOLVE_BITS (CNC_CARRIED_SEGMENT + 1), sizeof *soft, "the coded secret", NULL);
  if (soft == NULL || !decode (d, i, soft))
    g_atomic_int_set (&d->failed, 1);
}

static gboolean
lost (GError **error)
{
  g_set_error_literal (
      error, CNC_ERROR, CNC_ERROR_DAMAGED,
      "The passphrase is right, but this picture was changed too much after hiding (by strong JPEG, noise, blur, scaling or "
      "painting), so nothing of the secret is shown; ask for the picture again, in better quality.");
  return FALSE;
}

static gboolean
read_stream (float *soft, const Layout *layout, guint8 *stream, CncTask *task, GError **error)
{
  Decoding d = { layout, soft, stream, task, 0 };

  for (gsize i = 0; i < layout->places; i++) /* to logarithms of how much likelier 0 is */
    {
      const float s = soft[i] > -SURE ? MIN (soft[i], SURE) : -SURE;

      soft[i] = isfinite (soft[i]) ? logf ((1 + s) / (1 - s)) : 0;
    }
  cnc_task_progress (task, 0.5, "Decoding");
  cnc_parallel_for ((guint) layout->segments, decode_segment, &d);
  if (!cnc_task_go_on (task, error))
    return FALSE;
  if (g_atomic_int_get (&d.failed) != 0)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_NO_MEMORY, "There is not enough memory to decode the secret; close other programs.");
      return FALSE;
    }
  return TRUE;
}

CncRaster *
cnc_carried_read (float *soft, gsize places, const CncStegoInfo *info, const CncSecret *key, const CncStegoRecord *record, CncTask *task,
                  GError **error)
{
  const Layout layout = layout_of (places);
  const gsize plain = (gsize) cnc_sealed_room (layout.bytes);
  g_autofree guint8 *stream = NULL, *text = NULL;
  guint32 size;

  if (layout.bytes < CNC_CARRIED_LEAST)
    {
      (void) lost (error);
      return NULL;
    }
  stream = cnc_alloc (layout.bytes, 1, "the sealed secret", error);
  text = stream != NULL ? cnc_alloc (plain, 1, "the secret", error) : NULL;
  if (text == NULL || !read_stream (soft, &layout, stream, task, error))
    return NULL;
  if (!cnc_sealed_open (stream, (gsize) cnc_sealed_bytes (plain), key, record, text, task, error))
    {
      if (error != NULL && g_error_matches (*error, CNC_ERROR, CNC_ERROR_DAMAGED))
        {
          g_clear_error (error);
          (void) lost (error);
        }
      return NULL;
    }
  size = cnc_get_u32 (text);
  if (size == 0 || size > plain - LENGTH_BYTES)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT,
                           "The secret in this picture is not one that cnncrypt writes (its length); ask for the picture again.");
      return NULL;
    }
  return cnc_decompress (text + LENGTH_BYTES, size, info->width, info->height, task, error);
}
