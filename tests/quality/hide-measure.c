/* tests/quality/hide-measure.c: pictures hidden in pictures, through PNG files, see hide.h. */
#include "hide.h"

#include "measure/ssim.h"
#include "measure/steganalysis.h"
#include "picture/pixels.h"
#include "common.h"

#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- quality ---- */

double
hide_mean_of_channels (double (*of) (const guint8 *, guint, gsize, gsize), const CncRaster *raster)
{
  double sum = 0;

  for (guint c = 0; c < 3; c++)
    sum += of (raster->data + c, 3, raster->width, raster->height) / 3;
  return sum;
}

static double
ssim (const CncRaster *a, const CncRaster *b)
{
  double sum = 0;

  for (guint c = 0; c < 3; c++)
    sum += cnc_measure_ssim (a->data + c, b->data + c, 3, a->width, a->height) / 3;
  return sum;
}

static double
luma_psnr (const CncRaster *a, const CncRaster *b)
{
  const gsize n = cnc_raster_bytes (a);
  double squares = 0;

  for (gsize i = 0; i < n; i += 3)
    {
      const double d
          = 0.299 * (a->data[i] - b->data[i]) + 0.587 * (a->data[i + 1] - b->data[i + 1]) + 0.114 * (a->data[i + 2] - b->data[i + 2]);

      squares += d * d;
    }
  return 10 * log10 (65025.0 * (double) (n / 3) / squares);
}

double
hide_compare (const CncRaster *should, const CncRaster *is, HideQuality *sum)
{
  const double psnr = cnc_rgb_psnr (should, is);

  if (isinf (psnr))
    {
      sum->exact++;
      return psnr;
    }
  sum->worst = sum->n == 0 ? psnr : MIN (sum->worst, psnr);
  sum->n++;
  sum->psnr += psnr;
  sum->luma += MIN (luma_psnr (should, is), 99);
  sum->ssim += ssim (should, is);
  return psnr;
}

double
hide_psnr (const HideQuality *quality)
{
  return quality->n > 0 ? quality->psnr / quality->n : quality->exact > 0 ? INFINITY : NAN;
}

double
hide_luma (const HideQuality *quality)
{
  return quality->n > 0 ? quality->luma / quality->n : quality->exact > 0 ? INFINITY : NAN;
}

double
hide_ssim (const HideQuality *quality)
{
  return quality->n > 0 ? quality->ssim / quality->n : quality->exact > 0 ? 1 : NAN;
}

HideQuality
hide_all_secrets (const HideResult *result)
{
  HideQuality all = { .worst = INFINITY };

  for (guint i = 0; i < CNC_STEGO_MAX_SECRETS; i++)
    {
      const HideQuality *q = &result->secrets[i];

      all.n += q->n;
      all.exact += q->exact;
      all.psnr += q->psnr;
      all.luma += q->luma;
      all.ssim += q->ssim;
      all.worst = q->n > 0 ? MIN (all.worst, q->worst) : all.worst;
    }
  return all;
}

double
hide_least_slot (const HideRow *row, const HideResult *result)
{
  double least = INFINITY;

  for (guint i = 0; i < row->secrets; i++)
    least = fmin (least, hide_psnr (&result->secrets[i]));
  return least;
}

/* ---- one cover ---- */

typedef struct
{
  const HideRow *row;
  const char *folder, *png; /* files in between; the result */
  const char *saved;
  HideResult *sum;
  CncSecret *keks[CNC_STEGO_MAX_SECRETS];
} Work;

static void
save (const Work *work, const char *what, const CncRaster *raster)
{
  const HideRow *row = work->row;
  g_autofree char *name = NULL;

  if (work->saved == NULL)
    return;
  name = g_strdup_printf ("%s/%s-%u-%u-%s.ppm", work->saved, row->mode->id, row->bits, row->secrets, what);
  hide_write_ppm (name, raster);
}

static void
save_psnr (const Work *work, double cover, double secret)
{
  const HideRow *row = work->row;
  g_autofree char *name = NULL, *text = g_strdup_printf ("%.4f %.4f\n", cover, secret);

  if (work->saved == NULL)
    return;
  name = g_strdup_printf ("%s/%s-%u-%u-psnr.txt", work->saved, row->mode->id, row->bits, row->secrets);
  if (!g_file_set_contents (name, text, -1, NULL))
    exit (2);
}

static CncRaster *
reveal (const Work *work, const CncRaster *picture, const CncStegoRecord *record, guint number, GError **error)
{
  const CncRevealParams params = { .backend = work->row->backend };
  guint slot;
  g_autoptr (CncSecret) key = cnc_stego_unlock_kek (record, work->keks[number], &slot, error);

  return key != NULL ? cnc_reveal (picture, record, key, slot, &params, error) : NULL;
}

static void
add_changes (const Work *work, const CncStegoRecord *record, const CncRaster *secret)
{
  for (guint i = 0; i < HIDE_CHANGES; i++)
    {
      HideSurvival *s = &work->sum->changes[i];
      g_autoptr (CncRaster) changed = hide_change (work->png, work->folder, i), back = NULL, held = NULL;
      CncStegoRecord found;

      if (changed == NULL)
        continue;
      s->tried++;
      if (cnc_stego_find (changed, &found, NULL))
        back = reveal (work, changed, &found, 0, NULL);
      if (back != NULL)
        {
          s->found++;
          s->psnr += MIN (cnc_rgb_psnr (secret, back), 99);
        }
      if (changed->width == record->width && changed->height == record->height)
        held = reveal (work, changed, record, 0, NULL);
      if (held != NULL)
        {
          s->held++;
          s->held_psnr += MIN (cnc_rgb_psnr (secret, held), 99);
        }
    }
}

static void
add_statistics (HideResult *sum, const CncRaster *result, const CncRaster *cover)
{
  const CncRaster *both[] = { result, cover };

  for (guint i = 0; i < 2; i++)
    {
      sum->rs[i] += hide_mean_of_channels (cnc_steganalysis_rs, both[i]);
      sum->ws[i] += hide_mean_of_channels (cnc_steganalysis_ws, both[i]);
      sum->hcf[i] += hide_mean_of_channels (cnc_steganalysis_hcf, both[i]);
    }
}

static gboolean
add_secrets (const Work *work, const CncRaster *result, const CncStegoRecord *record, const CncRaster *cover,
             const CncRaster *const *secrets, double cover_psnr, GError **error)
{
  const gint64 start = g_get_monotonic_time ();
  CncRaster *backs[CNC_STEGO_MAX_SECRETS] = { NULL };
  gboolean good = TRUE;

  for (guint i = 0; good && i < work->row->secrets; i++)
    good = (backs[i] = reveal (work, result, record, i, error)) != NULL;
  work->sum->reveal_seconds += (double) (g_get_monotonic_time () - start) * 1e-6;
  for (guint i = 0; good && i < work->row->secrets; i++)
    {
      const double psnr = hide_compare (secrets[i], backs[i], &work->sum->secrets[i]);

      if (secrets[i]->width == cover->width && secrets[i]->height == cover->height)
        (void) hide_compare (secrets[i], backs[i], &work->sum->same);
      if (i == 0)
        {
          save (work, "secret", secrets[0]);
          save (work, "back", backs[0]);
          save_psnr (work, cover_psnr, psnr);
        }
    }
  for (guint i = 0; i < work->row->secrets; i++)
    cnc_raster_free (backs[i]);
  return good;
}

static gboolean
add_cover (const Work *work, const CncRaster *cover, const CncRaster *const *secrets, gboolean change, GError **error)
{
  const HideRow *row = work->row;
  const CncHideParams params = { .mode = row->mode, .backend = row->backend, .bits = row->bits };
  static const guint8 salt[CNC_STEGO_SALT_BYTES];
  HideResult *sum = work->sum;
  g_autoptr (CncStegoLock) lock = cnc_stego_lock_new_keks ((const CncSecret *const *) work->keks, row->secrets, salt, error);
  const gint64 start = g_get_monotonic_time ();
  g_autoptr (CncRaster) made = NULL, result = NULL;
  CncHideReport report;
  CncStegoRecord record;
  double psnr;

  made = lock != NULL ? cnc_hide (cover, secrets, row->secrets, lock, &params, &report, error) : NULL;
  if (made == NULL)
    return FALSE;
  sum->hide_seconds += (double) (g_get_monotonic_time () - start) * 1e-6;
  sum->filled += report.filled;
  cnc_hide_report_clear (&report);
  if (!quality_save_png (work->png, made) || (result = quality_rgb (work->png)) == NULL)
    {
      fprintf (stderr, "%s cannot be written and read\n", work->png);
      exit (2);
    }
  if (!cnc_stego_find (result, &record, error))
    return FALSE;
  psnr = hide_compare (cover, result, &sum->cover);
  add_statistics (sum, result, cover);
  save (work, "cover", cover);
  save (work, "result", result);
  if (!add_secrets (work, result, &record, cover, secrets, psnr, error))
    return FALSE;
  if (change)
    add_changes (work, &record, secrets[0]);
  sum->covers++;
  return TRUE;
}

static CncSecret *
key_of (guint i)
{
  guint8 bytes[CNC_KEY_BYTES] = "key of a secret";

  bytes[31] = (guint8) i;
  return cnc_secret_new_key (bytes, NULL);
}

HideResult
hide_measure (const HideRow *row, const GPtrArray *pictures, guint covers, guint changed, const char *saved)
{
  HideResult sum = { .ok = TRUE };
  g_autofree char *folder = g_dir_make_tmp ("quality-hide-XXXXXX", NULL),
                  *png = folder != NULL ? g_build_filename (folder, "result.png", NULL) : NULL;
  Work work = { .row = row, .folder = folder, .png = png, .sum = &sum };

  if (folder == NULL)
    exit (2);
  for (guint i = 0; i < row->secrets; i++)
    work.keks[i] = key_of (i);
  for (guint i = 0; i < covers && i < pictures->len; i++)
    {
      const CncRaster *secrets[CNC_STEGO_MAX_SECRETS];
      g_autoptr (GError) error = NULL;

      for (guint k = 0; k < row->secrets; k++)
        secrets[k] = pictures->pdata[(i + 1 + k) % pictures->len];
      work.saved = i == 0 ? saved : NULL;
      if (!add_cover (&work, pictures->pdata[i], secrets, i < changed, &error))
        {
          printf ("# %s\n", error->message);
          sum.ok = FALSE;
        }
    }
  for (guint i = 0; i < row->secrets; i++)
    cnc_secret_free (work.keks[i]);
  g_remove (png);
  g_rmdir (folder);
  return sum;
}
