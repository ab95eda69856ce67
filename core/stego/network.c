/* core/stego/network.c: secrets through the networks into a cover and back, see network.h. */
#include "stego/network.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "nn/tile.h"
#include "stego/carried.h"
#include "stego/draft.h"
#include "picture/pixels.h"
#include "stego/robust-record.h"

#include <math.h>

#define COLOURS 3u
#define TILE_BYTES ((gsize) 192 << 20) /* of the device: the message of a large cover needs memory, too */
#define WORDS 4096u                    /* of a keystream at once; a multiple of 16, of which one block of ChaCha20 has so many */
/* What is read back may be off by so much of a step: rounding to 8 bits takes 0.02, the record's low bits in the smallest cover 0.05, and
 * numbers that have nothing to do with the message are off by 0.29. */
#define MOST_OFF 0.12
/* Where the result is cut off at black and white in more than one of so many samples, it is tried again, so many times. */
#define FEW 100000u
#define TRIES 4u

static inline float
wrap (float x)
{
  return x - floorf (x + 0.5f);
}

/* ---- the keystream ---- */

typedef struct
{
  guint8 seed[CNC_KEY_BYTES];
  float *planes;
  gsize n;
  float scale;
} Lock;

static void
lock_words (guint block, gpointer user_data)
{
  const Lock *lock = user_data;
  const gsize from = (gsize) block * WORDS, count = MIN (lock->n - from, WORDS);
  guint8 bytes[4 * WORDS];

  cnc_keystream (lock->seed, 4 * (guint64) from, bytes, 4 * count);
  for (gsize i = 0; i < count; i++)
    {
      const float uniform = (float) (cnc_get_u32 (bytes + 4 * i) >> 8) / (float) (1 << 24) - 0.5f;

      lock->planes[from + i] = wrap (lock->planes[from + i] + lock->scale * uniform);
    }
  cnc_wipe (bytes, sizeof bytes);
}

static void
add_keystream (float *planes, gsize n, const CncSecret *key, float scale)
{
  Lock lock = { .planes = planes, .n = n, .scale = scale };

  cnc_subkey (key, CNC_SUBKEY_SLOT_FEATURES, lock.seed);
  cnc_parallel_for ((guint) ((n + WORDS - 1) / WORDS), lock_words, &lock);
  cnc_wipe (lock.seed, sizeof lock.seed);
}

void
cnc_network_lock (float *planes, gsize n, const CncSecret *key)
{
  add_keystream (planes, n, key, 1);
}

void
cnc_network_unlock (float *planes, gsize n, const CncSecret *key)
{
  add_keystream (planes, n, key, -1);
}

/* ---- what tiles are read from and written to ---- */

static gboolean
read_picture (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, float *planes, GError **error)
{
  const CncRaster *raster = user_data;

  for (guint c = 0; c < COLOURS; c++)
    for (guint32 row = 0; row < height; row++)
      {
        const guint8 *in = raster->data + ((gsize) (y + row) * raster->width + x) * COLOURS + c;

        for (guint32 i = 0; i < width; i++)
          *planes++ = (float) in[(gsize) i * COLOURS] / 255.0f;
      }
  return TRUE;
}

static gboolean
write_picture (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, const float *planes, GError **error)
{
  CncRaster *raster = user_data;

  for (guint c = 0; c < COLOURS; c++)
    for (guint32 row = 0; row < height; row++)
      {
        guint8 *out = raster->data + ((gsize) (y + row) * raster->width + x) * COLOURS + c;

        for (guint32 i = 0; i < width; i++, planes++)
          out[(gsize) i * COLOURS] = *planes > 0 ? (guint8) (MIN (*planes, 1.0f) * 255.0f + 0.5f) : 0; /* also for what is no number */
      }
  return TRUE;
}

/* Numbers, one a channel and block: `count` channels of a value from its channel `first` on. */
typedef struct
{
  float *data;
  guint32 columns, rows;
  guint first, count;
  const CncNetworkRun *run;
  double off[CNC_STEGO_MAX_SECRETS]; /* of compare: squares of what each slot's numbers are off by, in sum */
} Numbers;

static gsize
plane_of (const Numbers *n)
{
  return (gsize) n->columns * n->rows;
}

static gboolean
read_numbers (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, float *planes, GError **error)
{
  const Numbers *n = user_data;

  for (guint c = 0; c < n->count; c++)
    for (guint32 row = 0; row < height; row++, planes += width)
      memcpy (planes, n->data + c * plane_of (n) + (gsize) (y + row) * n->columns + x, width * sizeof *planes);
  return TRUE;
}

gboolean
cnc_network_check_finite (const float *values, gsize n, GError **error)
{
  for (gsize i = 0; i < n; i++)
    if (!isfinite (values[i]))
      {
        g_set_error_literal (error, CNC_ERROR, CNC_ERROR_GPU_LOST,
                             "The device gave numbers that are none; choose another device (cpu always works) and try again.");
        return FALSE;
      }
  return TRUE;
}

static gboolean
write_numbers (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, const float *planes, GError **error)
{
  Numbers *n = user_data;
  const gsize part = (gsize) width * height;

  if (!cnc_network_check_finite (planes + n->first * part, n->count * part, error))
    return FALSE;
  planes += n->first * part;
  for (guint c = 0; c < n->count; c++)
    for (guint32 row = 0; row < height; row++, planes += width)
      memcpy (n->data + c * plane_of (n) + (gsize) (y + row) * n->columns + x, planes, width * sizeof *planes);
  return TRUE;
}

/* Writes nothing: how far are what the picture says and what it shall say apart? */
static gboolean
compare_numbers (gpointer user_data, guint32 x, guint32 y, guint32 width, guint32 height, const float *planes, GError **error)
{
  Numbers *n = user_data;

  for (guint c = 0; c < n->count; c++)
    {
      double *sum = &n->off[c / n->run->network->channels];

      for (guint32 row = 0; row < height; row++, planes += width)
        for (guint32 i = 0; i < width; i++)
          {
            const float off = wrap (planes[i] - n->data[c * plane_of (n) + (gsize) (y + row) * n->columns + x + i]);

            *sum += isfinite (off) ? (double) off * off : 1;
          }
    }
  return TRUE;
}

/* ---- parts of the network ---- */

static gboolean
run_part (const CncNetworkRun *run, const CncWeights *weights, CncTileJob *job, guint32 width, guint32 height, GError **error)
{
  job->width = width;
  job->height = height;
  job->max_tile = run->max_tile;
  job->max_bytes = TILE_BYTES;
  return cnc_tile_run (run->backend, run->network->net->graph, weights, job, run->task, error);
}

/* What the blocks of the picture say. */
static gboolean
read_spectrum (const CncNetworkRun *run, const CncWeights *weights, CncRaster *picture, Numbers *numbers, CncTileWrite write,
               const char *text, GError **error)
{
  CncTileJob job = { .feeds = { { .value = run->network->carrier, .read = read_picture, .user_data = picture } },
                     .n_feeds = 1,
                     .fetch = run->network->spectrum,
                     .write = write,
                     .user_data = numbers,
                     .text = text };

  return run_part (run, weights, &job, numbers->columns * CNC_NETWORK_BLOCK, numbers->rows * CNC_NETWORK_BLOCK, error);
}

static gboolean
prepare (const CncNetworkRun *run, const CncWeights *weights, const CncRaster *secret, Numbers *features, GError **error)
{
  const guint32 width = features->columns * CNC_NETWORK_BLOCK, height = features->rows * CNC_NETWORK_BLOCK;
  g_autoptr (CncRaster) scaled = cnc_rgb_scale (secret, width, height, run->task, error);
  CncTileJob job = { .feeds = { { .value = run->network->secret, .read = read_picture, .user_data = scaled } },
                     .n_feeds = 1,
                     .fetch = run->network->features,
                     .write = write_numbers,
                     .user_data = features,
                     .text = N_ ("Preparing what is hidden") };

  return scaled != NULL && run_part (run, weights, &job, width, height, error);
}

/* The channels as grey pictures side by side, in rows of as many as there are columns, at the cover's size. */
static CncRaster *
show_features (const Numbers *features, const CncRaster *cover, CncTask *task, GError **error)
{
  const guint side = (guint) ceil (sqrt (features->count));
  g_autoptr (CncRaster) mosaic = cnc_rgb_new (side * features->columns, side * features->rows, error);

  if (mosaic == NULL)
    return NULL;
  memset (mosaic->data, 0, cnc_raster_bytes (mosaic));
  for (guint c = 0; c < features->count; c++)
    for (guint32 y = 0; y < features->rows; y++)
      {
        const float *in = features->data + c * plane_of (features) + (gsize) y * features->columns;
        guint8 *out
            = mosaic->data + (((gsize) (c / side) * features->rows + y) * mosaic->width + (gsize) (c % side) * features->columns) * COLOURS;

        for (guint32 x = 0; x < features->columns; x++, out += COLOURS)
          memset (out, (guint8) (CLAMP (in[x] + 0.5f, 0.0f, 1.0f) * 255.0f + 0.5f), COLOURS);
      }
  return cnc_rgb_scale (mosaic, cover->width, cover->height, task, error);
}

/* ---- hiding ---- */

static gboolean
check_sizes (const CncRaster *cover, const CncRaster *const *secrets, guint count, GError **error)
{
  const guint32 width = cover->width / CNC_NETWORK_BLOCK * CNC_NETWORK_BLOCK,
                height = cover->height / CNC_NETWORK_BLOCK * CNC_NETWORK_BLOCK;

  if (cover->width < CNC_NETWORK_LEAST || cover->height < CNC_NETWORK_LEAST)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_TOO_SMALL,
                   "The cover has %u × %u pixels, which is too small for the networks; take one of at least %u × %u.", cover->width,
                   cover->height, CNC_NETWORK_LEAST, CNC_NETWORK_LEAST);
      return FALSE;
    }
  for (guint i = 0; i < count; i++)
    if (secrets[i]->width > CNC_NETWORK_SCALE * width || secrets[i]->height > CNC_NETWORK_SCALE * height)
      {
        const guint32 least_width
            = MAX (CNC_NETWORK_LEAST, (secrets[i]->width / CNC_NETWORK_SCALE / CNC_NETWORK_BLOCK + 1) * CNC_NETWORK_BLOCK),
            least_height = MAX (CNC_NETWORK_LEAST, (secrets[i]->height / CNC_NETWORK_SCALE / CNC_NETWORK_BLOCK + 1) * CNC_NETWORK_BLOCK);

        g_set_error (
            error, CNC_ERROR, CNC_ERROR_TOO_SMALL,
            "The cover of %u × %u pixels is too small: of secret %u, with %u × %u pixels, it would show next to nothing. Take a cover "
            "of at least %u × %u, or scale the secret down.",
            cover->width, cover->height, i + 1, secrets[i]->width, secrets[i]->height, least_width, least_height);
        return FALSE;
      }
  return TRUE;
}

/* Features under the keys of the slots that are used. */
static gboolean
fill_message (const CncNetworkRun *run, const CncWeights *weights, const CncRaster *cover, const CncRaster *const *secrets,
              const CncSecret *const *keys, guint count, Numbers *message, CncHideReport *report, GError **error)
{
  const guint channels = run->network->channels;
  const gsize slot = channels * plane_of (message);
  Numbers part = *message;

  part.count = channels;
  for (guint i = 0; i < count; i++)
    {
      CncHiddenSecret *told = &report->secrets[i];

      part.data = message->data + i * slot;
      if (!prepare (run, weights, secrets[i], &part, error))
        return FALSE;
      told->width = MIN (secrets[i]->width, message->columns * CNC_NETWORK_BLOCK);
      told->height = MIN (secrets[i]->height, message->rows * CNC_NETWORK_BLOCK);
      if (run->insight && (told->features = show_features (&part, cover, run->task, error)) == NULL)
        return FALSE;
      cnc_network_lock (part.data, slot, keys[i]);
    }
  return TRUE;
}

/* The same where bits are carried. */
static gboolean
fill_bits (const CncNetworkRun *run, const CncRaster *cover, const CncRaster *secret, const CncSecret *key, const CncStegoRecord *record,
           Numbers *message, CncHideReport *report, GError **error)
{
  const gsize places = message->count * plane_of (message);
  CncHiddenSecret *told = &report->secrets[0];

  if (!cnc_carried_write (secret, key, record, message->data, places, told, run->task, error))
    return FALSE;
  if (run->insight && (told->features = show_features (message, cover, run->task, error)) == NULL)
    return FALSE;
  cnc_network_lock (message->data, places, key);
  return TRUE;
}

/* The slots that are not used get what the cover says already, but for noise of one step of a sample: if nothing at all happened to those
 * coefficients, the three colours would be rounded alike, and the errors would add up in the others. */
static gboolean
fill_unused (const CncNetworkRun *run, const CncWeights *weights, CncRaster *cover, guint count, const Numbers *message, GError **error)
{
  const guint channels = run->network->channels;
  Numbers unused = *message;
  g_autoptr (CncSecret) noise = NULL;

  if (count == run->network->slots)
    return TRUE;
  unused.data = message->data + count * channels * plane_of (message);
  unused.first = count * channels;
  unused.count = message->count - count * channels;
  noise = cnc_secret_new_key (NULL, error);
  if (noise == NULL || !read_spectrum (run, weights, cover, &unused, write_numbers, "Reading the cover", error))
    return FALSE;
  add_keystream (unused.data, unused.count * plane_of (message), noise, (float) (1 / run->network->step));
  return TRUE;
}

static gboolean
write_message (const CncNetworkRun *run, const CncWeights *weights, const CncRaster *cover, Numbers *message, guint count,
               CncRaster *pixels, GError **error)
{
  const gint margin = (gint) cnc_network_margin (run->network, count);
  g_autoptr (CncRaster) fed = cnc_rgb_scale (cover, cover->width, cover->height, run->task, error); /* a copy */
  g_autofree CncRounding *rounding = NULL;
  CncDraft draft = { .cover = fed, .result = pixels };
  CncTileJob job
      = { .feeds = { { .value = run->network->carrier, .read = read_picture, .user_data = fed },
                     { .value = run->network->message, .divide = CNC_NETWORK_BLOCK, .read = read_numbers, .user_data = message } },
          .n_feeds = 2,
          .fetch = run->network->exact,
          .write = cnc_draft_write,
          .user_data = &draft,
          .text = N_ ("Hiding") };

  if (fed == NULL)
    return FALSE;
  if (!run->network->bits && count < run->network->slots) /* bits bear rounding, and where all is read nothing can be spared */
    {
      rounding = cnc_rounding_new (run->network->rows, count * run->network->channels, error);
      if (rounding == NULL)
        return FALSE;
      draft.rounding = rounding;
    }
  for (gsize i = 0; i < cnc_raster_bytes (fed); i++)
    fed->data[i] = (guint8) CLAMP (fed->data[i], margin, 255 - margin);
  for (guint try = 0; try < TRIES && (try == 0 || (gsize) draft.cut > cnc_raster_bytes (fed) / FEW); try++)
    {
      draft.cut = 0;
      if (!fill_unused (run, weights, fed, count, message, error)
          || !run_part (run, weights, &job, message->columns * CNC_NETWORK_BLOCK, message->rows * CNC_NETWORK_BLOCK, error))
        return FALSE;
    }
  return TRUE;
}

/* Reads what the result says of the slots that are used. */
static gboolean
check_written (const CncNetworkRun *run, const CncWeights *weights, CncRaster *pixels, guint count, Numbers *message, GError **error)
{
  const gsize slot = run->network->channels * plane_of (message);

  message->count = count * run->network->channels;
  if (!read_spectrum (run, weights, pixels, message, compare_numbers, "Checking", error))
    return FALSE;
  for (guint i = 0; i < count; i++)
    if (!(sqrt (message->off[i] / (double) slot) < MOST_OFF))
      {
        g_set_error (
            error, CNC_ERROR, CNC_ERROR_GPU_LOST,
            "What was hidden cannot be read (secret %u, off by %.2f), so the result was thrown away; try again, on another device if "
            "there is one.",
            i + 1, sqrt (message->off[i] / (double) slot));
        return FALSE;
      }
  return TRUE;
}

static void
finish_record (const CncNetworkRun *run, CncStegoRecord *record, const CncRaster *const *secrets, const CncSecret *const *keys)
{
  CncStegoInfo infos[CNC_STEGO_MAX_SECRETS] = { 0 };

  for (guint i = 0; i < record->count; i++)
    {
      infos[i].width = secrets[i]->width;
      infos[i].height = secrets[i]->height;
    }
  memcpy (record->model, cnc_safetensors_sha256 (run->network->net->file), sizeof record->model);
  cnc_stego_record_finish (record, keys, infos);
  cnc_wipe (infos, sizeof infos);
}

static gboolean
embed_record (const CncStegoRecord *record, CncRaster *pixels, GError **error)
{
  return record->mode == CNC_STEGO_ROBUST ? cnc_robust_record_embed (record, pixels->data, error)
                                          : cnc_stego_record_embed (record, pixels->data, error);
}

gboolean
cnc_network_hide (const CncNetworkRun *run, const CncRaster *cover, CncRaster *pixels, const CncRaster *const *secrets,
                  const CncSecret *const *keys, CncStegoRecord *record, CncHideReport *report, GError **error)
{
  const guint count = record->count, all = run->network->slots * run->network->channels;
  Numbers message = { .columns = cover->width / CNC_NETWORK_BLOCK, .rows = cover->height / CNC_NETWORK_BLOCK, .count = all, .run = run };
  g_autoptr (CncWeights) weights = NULL;
  g_autofree float *numbers = NULL;

  g_return_val_if_fail (count <= run->network->slots, FALSE);
  if ((record->mode == CNC_STEGO_ROBUST && !cnc_robust_record_fits (cover->width, cover->height, error))
      || !check_sizes (cover, secrets, count, error))
    return FALSE;
  finish_record (run, record, secrets, keys);
  numbers = cnc_alloc (plane_of (&message), all * sizeof *numbers, "what is hidden", error);
  weights = numbers != NULL ? cnc_weights_new (run->backend, run->network->net, error) : NULL;
  message.data = numbers;
  return weights != NULL
         && (run->network->bits ? fill_bits (run, cover, secrets[0], keys[0], record, &message, report, error)
                                : fill_message (run, weights, cover, secrets, keys, count, &message, report, error))
         && write_message (run, weights, cover, &message, count, pixels, error) && embed_record (record, pixels, error)
         && (run->network->bits || check_written (run, weights, pixels, count, &message, error));
}

/* ---- revealing ---- */

static CncRaster *
restore (const CncNetworkRun *run, const CncWeights *weights, Numbers *plain, GError **error)
{
  g_autoptr (CncRaster) revealed = cnc_rgb_new (plain->columns * CNC_NETWORK_BLOCK, plain->rows * CNC_NETWORK_BLOCK, error);
  CncTileJob job = { .feeds = { { .value = run->network->plain, .read = read_numbers, .user_data = plain } },
                     .n_feeds = 1,
                     .fetch = run->network->revealed,
                     .write = write_picture,
                     .user_data = revealed,
                     .text = N_ ("Restoring what was hidden") };

  return revealed != NULL && run_part (run, weights, &job, plain->columns, plain->rows, error) ? g_steal_pointer (&revealed) : NULL;
}

static gboolean
judge (const CncNetworkRun *run, const CncWeights *weights, Numbers *plain, Numbers *soft, GError **error)
{
  CncTileJob job = { .feeds = { { .value = run->network->plain, .read = read_numbers, .user_data = plain } },
                     .n_feeds = 1,
                     .fetch = run->network->soft,
                     .write = write_numbers,
                     .user_data = soft,
                     .text = N_ ("Reading") };

  return run_part (run, weights, &job, plain->columns, plain->rows, error);
}

static CncRaster *
read_bits (const CncNetworkRun *run, const CncWeights *weights, Numbers *plain, const CncStegoRecord *record, const CncStegoInfo *info,
           const CncSecret *key, GError **error)
{
  const gsize places = plain->count * plane_of (plain);
  g_autofree float *sure = cnc_alloc (places, sizeof *sure, "what is hidden", error);
  Numbers soft = *plain;

  soft.data = sure;
  soft.first = plain->first = 0;
  return sure != NULL && judge (run, weights, plain, &soft, error) ? cnc_carried_read (sure, places, info, key, record, run->task, error)
                                                                   : NULL;
}

/* The commitment was right, so whoever made this had the passphrase; what it says is believed no more for that. */
static gboolean
check_info (const CncRaster *picture, const CncNetwork *network, const CncStegoInfo *info, guint slot, GError **error)
{
  const guint32 width = picture->width / CNC_NETWORK_BLOCK * CNC_NETWORK_BLOCK,
                height = picture->height / CNC_NETWORK_BLOCK * CNC_NETWORK_BLOCK;

  if (picture->width >= CNC_NETWORK_LEAST && picture->height >= CNC_NETWORK_LEAST && slot < network->slots && info->start == 0
      && info->length == 0 && info->width >= 1 && info->height >= 1 && info->width <= CNC_NETWORK_SCALE * width
      && info->height <= CNC_NETWORK_SCALE * height)
    return TRUE;
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT,
                       "The record in this picture is not one that cnncrypt writes (a size); the file was altered, ask for it again.");
  return FALSE;
}

CncRaster *
cnc_network_reveal (const CncNetworkRun *run, const CncRaster *picture, const CncStegoRecord *record, const CncStegoInfo *info,
                    const CncSecret *key, guint slot, GError **error)
{
  const guint channels = run->network->channels;
  Numbers plain = { .columns = picture->width / CNC_NETWORK_BLOCK,
                    .rows = picture->height / CNC_NETWORK_BLOCK,
                    .first = slot * channels,
                    .count = channels,
                    .run = run };
  CncRaster from = *picture; /* read only */
  g_autofree float *numbers = NULL;
  g_autoptr (CncWeights) weights = NULL;
  g_autoptr (CncRaster) revealed = NULL;

  if (!check_info (picture, run->network, info, slot, error))
    return NULL;
  numbers = cnc_alloc (plane_of (&plain), channels * sizeof *numbers, "what is hidden", error);
  weights = numbers != NULL ? cnc_weights_new (run->backend, run->network->net, error) : NULL;
  plain.data = numbers;
  if (weights == NULL || !read_spectrum (run, weights, &from, &plain, write_numbers, "Reading", error))
    return NULL;
  cnc_network_unlock (numbers, channels * plane_of (&plain), key);
  if (run->network->bits)
    return read_bits (run, weights, &plain, record, info, key, error);
  revealed = restore (run, weights, &plain, error);
  g_clear_pointer (&numbers, g_free);
  return revealed != NULL ? cnc_rgb_scale (revealed, info->width, info->height, run->task, error) : NULL;
}
