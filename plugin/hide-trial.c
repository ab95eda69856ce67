/* What hiding would give, tried out on a part of the picture. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "engine/engine.h"
#include "flat.h"
#include "hide.h"

/* About the pixels of the part: enough for a figure, and done in the time that a dialog may take. */
#define SAMPLE_PIXELS (320.0 * 320.0)
#define SAMPLE_SIDE 128.0

struct _HideTrial
{
  gint32 image;
  double share_x, share_y; /* of the width, and of the height, that is looked at */
  CncRaster *cover;
  GHashTable *secrets; /* "kind:id:path" -> CncRaster */
  CncBackend *backend;
};

HideTrial *
hide_trial_new (gint32 image)
{
  HideTrial *trial = g_new0 (HideTrial, 1);

  trial->image = image;
  trial->secrets = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) cnc_raster_free);
  return trial;
}

void
hide_trial_free (HideTrial *trial)
{
  cnc_raster_free (trial->cover);
  g_hash_table_unref (trial->secrets);
  cnc_backend_free (trial->backend);
  g_free (trial);
}

/* The middle of a raster: the shares of its sides. */
static CncRaster *
middle (const HideTrial *trial, const CncRaster *whole, GError **error)
{
  const guint32 width = MAX ((guint32) (whole->width * trial->share_x), 1), height = MAX ((guint32) (whole->height * trial->share_y), 1);
  const gsize x = (whole->width - width) / 2, y = (whole->height - height) / 2;
  CncRaster *part = cnc_raster_new (width, height, &whole->format, error);

  for (gsize row = 0; part != NULL && row < height; row++)
    memcpy (part->data + row * cnc_raster_row_bytes (part), whole->data + (y + row) * cnc_raster_row_bytes (whole) + 3 * x,
            cnc_raster_row_bytes (part));
  return part;
}

/* The same of both sides, but no side gets so short that nothing could be hidden. */
static void
set_shares (HideTrial *trial, double width, double height)
{
  const double share = MIN (1.0, sqrt (SAMPLE_PIXELS / (width * height)));

  trial->share_x = MIN (1.0, MAX (share, SAMPLE_SIDE / width));
  trial->share_y = MIN (1.0, MAX (share, SAMPLE_SIDE / height));
}

static gboolean
read_cover (HideTrial *trial, GError **error)
{
  g_autoptr (CncRaster) whole = NULL;

  if (trial->cover != NULL)
    return TRUE;
  whole = flat_read_image (trial->image, _ ("The cover"), NULL, NULL, error);
  if (whole == NULL)
    return FALSE;
  set_shares (trial, whole->width, whole->height);
  trial->cover = middle (trial, whole, error);
  return trial->cover != NULL;
}

/* The same share of a secret: what there is to hide in each pixel is then as in the whole. */
static const CncRaster *
read_secret (HideTrial *trial, const HideSource *source, guint number, GError **error)
{
  g_autofree char *key = g_strdup_printf ("%d:%d:%s", source->from, source->id, source->path != NULL ? source->path : "");
  CncRaster *part = g_hash_table_lookup (trial->secrets, key);

  if (part == NULL)
    {
      g_autoptr (CncRaster) whole = hide_read_source (source, number, NULL, NULL, error);

      part = whole != NULL ? middle (trial, whole, error) : NULL;
      if (part != NULL)
        g_hash_table_insert (trial->secrets, g_steal_pointer (&key), part);
    }
  return part;
}

static const char *
note (const CncStegoMode *mode, const CncHideReport *report)
{
  for (guint i = 0; i < report->n_secrets; i++)
    if (!mode->network && report->secrets[i].psnr < 28)
      return _ ("\nThere is little room for that much: smaller secrets or two low bits would give better copies.");
  return "";
}

char *
hide_trial_run (HideTrial *trial, GPtrArray *sources, const HideChoices *choices, CncRaster **difference, GError **error)
{
  CncHideParams params = { .mode = choices->mode, .bits = choices->mode->network ? 0 : choices->bits };
  const CncRaster *secrets[CNC_STEGO_MAX_SECRETS];
  g_autoptr (CncStegoLock) lock = NULL;
  g_autoptr (CncRaster) made = NULL;
  CncHideReport report = { 0 };
  g_autoptr (GError) why = NULL;
  g_autofree char *figures = NULL, *text = NULL;

  *difference = NULL;
  if (!read_cover (trial, error))
    return NULL;
  for (guint i = 0; i < sources->len; i++)
    {
      secrets[i] = read_secret (trial, sources->pdata[i], i + 1, error);
      if (secrets[i] == NULL)
        return NULL;
    }
  if (choices->mode->network)
    {
      if (trial->backend == NULL)
        trial->backend = cnc_engine_open ("cpu", CNC_WORK_LITTLE, NULL, error); /* so little that no other device would be faster */
      params.backend = trial->backend;
      if (params.backend == NULL)
        return NULL;
    }
  lock = cnc_stego_lock_new_trial (sources->len, error);
  made = lock != NULL ? cnc_hide (trial->cover, secrets, sources->len, lock, &params, &report, &why) : NULL;
  if (made == NULL)
    {
      /* What a part is too small for, the whole may hold. */
      if (g_error_matches (why, CNC_ERROR, CNC_ERROR_TOO_SMALL) && (trial->share_x < 1 || trial->share_y < 1))
        return g_strdup (_ ("What is to be expected cannot be told before."));
      if (why != NULL)
        g_propagate_error (error, g_steal_pointer (&why));
      return NULL;
    }
  *difference = cnc_stego_difference (trial->cover, made, HIDE_DIFFERENCE_TIMES, NULL);
  figures = hide_report_text (&report);
  text = g_strconcat (figures, note (choices->mode, &report), NULL);
  cnc_hide_report_clear (&report);
  return g_steal_pointer (&text);
}
