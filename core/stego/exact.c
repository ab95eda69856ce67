/* core/stego/exact.c: the mode "exact". */
#include "stego/exact.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "picture/pixels.h"
#include "stego/sealed.h"

#define CHANNELS 3u
#define WORDS 4096u /* of a keystream at once */

guint64
cnc_exact_samples (guint32 width, guint32 height)
{
  const guint64 samples = (guint64) width * height * CHANNELS;

  return samples > CNC_STEGO_RECORD_MAX_BITS ? samples - CNC_STEGO_RECORD_MAX_BITS : 0;
}

/* ---- the order of samples ---- */

/* Words of a seed's keystream, in turn. */
typedef struct
{
  guint8 seed[CNC_STEGO_POSITION_BYTES];
  guint8 bytes[4 * WORDS];
  guint64 block;
  guint next;
} Words;

static guint32
word (Words *words)
{
  if (words->next == WORDS)
    {
      cnc_keystream (words->seed, words->block++ * sizeof words->bytes, words->bytes, sizeof words->bytes);
      words->next = 0;
    }
  return cnc_get_u32 (words->bytes + 4 * words->next++);
}

/* Below bound >= 1, each as likely: the upper half of word * bound, words whose lower half would favour some numbers left out
 * (Lemire, "Fast random integer generation in an interval", 2019). */
static guint32
below (Words *words, guint32 bound)
{
  guint64 product = (guint64) word (words) * bound;

  if ((guint32) product < bound)
    {
      const guint32 least = (guint32) -bound % bound;

      while ((guint32) product < least)
        product = (guint64) word (words) * bound;
    }
  return (guint32) (product >> 32);
}

static int
by_place (const void *a, const void *b)
{
  const guint64 x = *(const guint64 *) a, y = *(const guint64 *) b;

  return (x > y) - (x < y);
}

guint32 *
cnc_exact_order (guint32 width, guint32 height, const guint8 seed[CNC_STEGO_POSITION_BYTES], guint64 n, CncTask *task, GError **error)
{
  const guint64 usable = cnc_exact_samples (width, height), samples = (guint64) width * height * CHANNELS;
  g_autofree guint64 *taken = cnc_alloc (CNC_STEGO_RECORD_MAX_BITS, sizeof *taken, "the order of samples", error);
  g_autofree guint32 *order = taken != NULL ? cnc_alloc (usable, sizeof *order, "the order of samples", error) : NULL;
  g_autofree Words *words = g_new0 (Words, 1);
  gsize t = 0, k = 0;

  if (order == NULL || !cnc_task_go_on (task, error))
    return NULL;
  (void) cnc_stego_record_places (width, height, taken);
  qsort (taken, CNC_STEGO_RECORD_MAX_BITS, sizeof *taken, by_place);
  for (guint64 i = 0; i < samples; i++)
    if (t < CNC_STEGO_RECORD_MAX_BITS && taken[t] == i)
      t++;
    else
      order[k++] = (guint32) i;
  memcpy (words->seed, seed, sizeof words->seed);
  words->next = WORDS;
  for (guint64 i = 0; i < n; i++)
    {
      const guint64 j = i + below (words, (guint32) (usable - i));
      const guint32 at = order[j];

      order[j] = order[i];
      order[i] = at;
      if (i % (1u << 20) == 0 && !cnc_task_go_on (task, error))
        return NULL;
    }
  cnc_wipe (words, sizeof *words);
  return g_steal_pointer (&order);
}

static guint64
samples_for (guint64 bytes, guint bits)
{
  return (8 * bytes + bits - 1) / bits;
}

static void
write_bits (guint8 *pixels, const guint32 *order, guint bits, const guint8 *bytes, gsize size)
{
  guint8 toss[4096];

  for (gsize k = 0; k < samples_for (size, bits); k++)
    {
      const gsize bit = k * bits;
      guint8 *sample = pixels + order[k];

      if (k % (8 * sizeof toss) == 0)
        cnc_random (toss, sizeof toss);
      *sample = cnc_stego_match (*sample, bytes[bit / 8] >> bit % 8, bits, toss[k / 8 % sizeof toss] >> k % 8);
    }
}

static void
read_bits (const guint8 *pixels, const guint32 *order, guint bits, guint8 *bytes, gsize size)
{
  const guint mask = (1u << bits) - 1;

  memset (bytes, 0, size);
  for (gsize k = 0; k < samples_for (size, bits); k++)
    {
      const gsize bit = k * bits;

      bytes[bit / 8] |= (guint8) ((pixels[order[k]] & mask) << bit % 8);
    }
}

/* ---- room ---- */

typedef struct
{
  const CncRaster *secret;
  CncCompressed kept;
  guint64 room; /* bytes of low bits */
  gboolean settled;
  CncTask *task;
  GError *problem;
} Job;

static void
exact_job (guint i, gpointer user_data)
{
  Job *job = (Job *) user_data + i;

  if (!cnc_compress_exact (job->secret, cnc_sealed_room (job->room), job->task, &job->kept, &job->problem))
    cnc_compressed_clear (&job->kept);
}

static void
fit_job (guint i, gpointer user_data)
{
  Job *job = (Job *) user_data + i;

  if (job->settled)
    return;
  cnc_compressed_clear (&job->kept);
  if (!cnc_compress_to_fit (job->secret, cnc_sealed_room (job->room), job->task, &job->kept, &job->problem))
    cnc_compressed_clear (&job->kept);
}

/* The first problem of the jobs, if there is one. */
static gboolean
jobs_done (Job *jobs, guint count, const CncRaster *cover, GError **error)
{
  for (guint i = 0; i < count; i++)
    {
      if (jobs[i].problem == NULL)
        continue;
      if (g_error_matches (jobs[i].problem, CNC_ERROR, CNC_ERROR_TOO_SMALL))
        g_set_error (error, CNC_ERROR, CNC_ERROR_TOO_SMALL,
                     "The cover of %u × %u pixels is too small: secret %u, of %u × %u pixels, gets %llu bytes in it, which show nothing of "
                     "it. Take a larger cover, or fewer or smaller secrets.",
                     cover->width, cover->height, i + 1, jobs[i].secret->width, jobs[i].secret->height, (unsigned long long) jobs[i].room);
      else
        g_propagate_error (error, g_steal_pointer (&jobs[i].problem));
      return FALSE;
    }
  return TRUE;
}

/* Secrets that need less than an equal share of the room get what they need, without loss; the others share the rest. */
static void
share_room (Job *jobs, guint count, guint64 room)
{
  guint left = count;
  gboolean again = TRUE;

  while (again)
    {
      again = FALSE;
      for (guint i = 0; i < count; i++)
        if (!jobs[i].settled && jobs[i].kept.data != NULL && cnc_sealed_bytes (jobs[i].kept.size) <= room / left)
          {
            jobs[i].settled = again = TRUE;
            jobs[i].room = cnc_sealed_bytes (jobs[i].kept.size);
            room -= jobs[i].room;
            left--;
          }
    }
  for (guint i = 0; i < count; i++)
    if (!jobs[i].settled)
      jobs[i].room = room / left;
}

/* Compresses the secrets into what `most` low bits hold; *bits: how many that takes. */
static gboolean
compress (Job *jobs, guint count, const CncRaster *cover, guint most, guint *bits, CncTask *task, GError **error)
{
  const guint64 samples = cnc_exact_samples (cover->width, cover->height);
  guint64 all = 0;
  gboolean lossless = TRUE;

  for (guint i = 0; i < count; i++)
    jobs[i].room = samples * most / 8;
  cnc_task_progress (task, 0, "Compressing");
  cnc_parallel_for (count, exact_job, jobs);
  if (!jobs_done (jobs, count, cover, error))
    return FALSE;
  for (guint i = 0; i < count; i++)
    {
      lossless = lossless && jobs[i].kept.data != NULL;
      all += cnc_sealed_bytes (jobs[i].kept.size);
    }
  *bits = lossless && all <= samples / 8 ? 1 : most;
  if (lossless && all <= samples * *bits / 8)
    {
      for (guint i = 0; i < count; i++)
        jobs[i].settled = TRUE;
      return TRUE;
    }
  share_room (jobs, count, samples * *bits / 8);
  cnc_task_progress (task, 0.2, "Compressing");
  cnc_parallel_for (count, fit_job, jobs);
  return jobs_done (jobs, count, cover, error);
}

static gboolean
embed (CncRaster *pixels, const Job *jobs, const CncSecret *const *keys, CncStegoRecord *record, CncHideReport *report, CncTask *task,
       GError **error)
{
  CncStegoInfo infos[CNC_STEGO_MAX_SECRETS] = { 0 };
  g_autofree guint32 *order = NULL;
  guint64 end = 0;

  cnc_random (infos[0].positions, CNC_STEGO_POSITION_BYTES);
  for (guint i = 0; i < record->count; i++)
    {
      memcpy (infos[i].positions, infos[0].positions, CNC_STEGO_POSITION_BYTES);
      infos[i].width = jobs[i].secret->width;
      infos[i].height = jobs[i].secret->height;
      infos[i].start = end;
      infos[i].length = cnc_sealed_bytes (jobs[i].kept.size);
      end += samples_for (infos[i].length, record->bits);
    }
  report->filled = (double) end / (double) cnc_exact_samples (pixels->width, pixels->height);
  cnc_stego_record_finish (record, keys, infos);
  cnc_task_progress (task, 0.8, "Hiding");
  order = cnc_exact_order (pixels->width, pixels->height, infos[0].positions, end, task, error);
  if (order == NULL)
    return FALSE;
  for (guint i = 0; i < record->count; i++)
    {
      const gsize size = (gsize) infos[i].length;
      g_autofree guint8 *sealed = cnc_alloc (size, 1, "the sealed secret", error);

      if (sealed == NULL || !cnc_sealed_write (jobs[i].kept.data, jobs[i].kept.size, keys[i], record, sealed, task, error))
        return FALSE;
      write_bits (pixels->data, order + infos[i].start, record->bits, sealed, size);
    }
  cnc_wipe (infos, sizeof infos);
  return cnc_stego_record_embed (record, pixels->data, error);
}

gboolean
cnc_exact_hide (CncRaster *pixels, const CncRaster *const *secrets, const CncSecret *const *keys, guint bits, CncStegoRecord *record,
                CncHideReport *report, CncTask *task, GError **error)
{
  Job jobs[CNC_STEGO_MAX_SECRETS] = { 0 };
  const guint64 samples = cnc_exact_samples (pixels->width, pixels->height);
  guint taken = 1;
  gboolean ok;

  if (samples > G_MAXUINT32 - CNC_STEGO_RECORD_MAX_BITS)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                   "The cover of %u × %u pixels is too large for the exact mode; take one of less than 1,400 megapixels.", pixels->width,
                   pixels->height);
      return FALSE;
    }
  if (samples == 0)
    return cnc_stego_record_embed (record, pixels->data, error); /* says how large it has to be */
  for (guint i = 0; i < record->count; i++)
    jobs[i] = (Job){ .secret = secrets[i], .task = task };
  ok = compress (jobs, record->count, pixels, bits == 2 ? 2 : 1, &taken, task, error);
  record->bits = (guint8) taken;
  report->bits = taken;
  for (guint i = 0; i < record->count && ok; i++)
    report->secrets[i] = (CncHiddenSecret){ .psnr = jobs[i].kept.psnr,
                                            .bytes = jobs[i].kept.size,
                                            .quality = jobs[i].kept.quality,
                                            .width = jobs[i].kept.width,
                                            .height = jobs[i].kept.height };
  ok = ok && embed (pixels, jobs, keys, record, report, task, error);
  for (guint i = 0; i < record->count; i++)
    {
      cnc_compressed_clear (&jobs[i].kept);
      g_clear_error (&jobs[i].problem);
    }
  return ok;
}

CncRaster *
cnc_exact_reveal (const CncRaster *picture, const CncStegoRecord *record, const CncStegoInfo *info, const CncSecret *key, CncTask *task,
                  GError **error)
{
  const guint64 samples = cnc_exact_samples (picture->width, picture->height), plain = cnc_sealed_room (info->length);
  g_autofree guint32 *order = NULL;
  g_autofree guint8 *sealed = NULL, *webp = NULL;

  /* The commitment was right, so whoever made this had the passphrase; the lengths are believed no more for that. */
  if (plain == 0 || cnc_sealed_bytes (plain) != info->length || samples > G_MAXUINT32 || info->length > samples || info->start > samples
      || samples_for (info->length, record->bits) > samples - info->start || info->width < 1 || info->width > CNC_RASTER_MAX_SIDE
      || info->height < 1 || info->height > CNC_RASTER_MAX_SIDE)
    {
      g_set_error_literal (
          error, CNC_ERROR, CNC_ERROR_BAD_FORMAT,
          "The record in this picture is not one that cnncrypt writes (a length); the file was altered, ask for it again.");
      return NULL;
    }
  cnc_task_progress (task, 0, "Revealing");
  sealed = cnc_alloc ((gsize) info->length, 1, "the sealed secret", error);
  webp = sealed != NULL ? cnc_alloc ((gsize) plain, 1, "the secret", error) : NULL;
  if (webp == NULL)
    return NULL;
  order = cnc_exact_order (picture->width, picture->height, info->positions, info->start + samples_for (info->length, record->bits), task,
                           error);
  if (order == NULL)
    return NULL;
  read_bits (picture->data, order + info->start, record->bits, sealed, (gsize) info->length);
  g_clear_pointer (&order, g_free);
  if (!cnc_sealed_open (sealed, (gsize) info->length, key, record, webp, task, error))
    {
      if (error != NULL && g_error_matches (*error, CNC_ERROR, CNC_ERROR_DAMAGED))
        {
          g_clear_error (error);
          g_set_error_literal (
              error, CNC_ERROR, CNC_ERROR_DAMAGED,
              "The passphrase is right, but the pixels of this picture were changed after hiding, so nothing of the secret is "
              "shown; ask for the file again, sent as a file and not as a photo.");
        }
      return NULL;
    }
  cnc_task_progress (task, 0.7, "Revealing");
  return cnc_decompress (webp, (gsize) plain, info->width, info->height, task, error);
}
