/* tests/quality/cryptanalysis/judge.c: what guesses are worth, see cryptanalysis.h.
 *
 * A network that finds out nothing answers with the mean of all pictures, and that is nearer to a picture than flat grey: so the mean
 * stands beside, and whether anything at all was found out is decided by an exchange.  Pictures 2 i and 2 i + 1 and their guesses: how much
 * better the guesses fit as they are than exchanged is half the product of their differences.  Where guesses have nothing to do with
 * pictures, both signs are alike likely, whatever the pictures and the guesses are; z is the sum over all pairs in its standard deviations.
 */
#include "cryptanalysis.h"

#include "base/error.h"
#include "metrics.h"
#include "nn/net.h"
#include "nn/plan.h"

#include <math.h>
#include <string.h>

#define BATCH 64u

static void
mean_picture (const CaPictures *pictures, guint8 *mean)
{
  const gsize size = (gsize) pictures->side * pictures->side;

  for (gsize at = 0; at < size; at++)
    {
      guint64 sum = pictures->n / 2;

      for (guint i = 0; i < pictures->n; i++)
        sum += pictures->pixels[i * size + at];
      mean[at] = (guint8) (sum / pictures->n);
    }
}

static double
exchange_z (const CaPictures *plain, const CaPictures *guess)
{
  const gsize size = (gsize) plain->side * plain->side;
  double sum = 0, squares = 0;

  for (guint i = 0; i + 1 < plain->n; i += 2)
    {
      const guint8 *p = plain->pixels + i * size, *g = guess->pixels + i * size;
      double d = 0;

      for (gsize at = 0; at < size; at++)
        d += ((double) g[at] - g[size + at]) * ((double) p[at] - p[size + at]);
      sum += d;
      squares += d * d;
    }
  return squares > 0 ? sum / sqrt (squares) : 0;
}

void
ca_judge (const CaPictures *learnt, const CaPictures *plain, const CaPictures *guess, CaFigures *f)
{
  const guint side = plain->side;
  const gsize size = (gsize) side * side;
  g_autofree guint8 *mean = g_malloc (size);
  g_autoptr (GArray) moments = g_array_new (FALSE, FALSE, sizeof (TrainMoments));

  *f = (CaFigures){ .z = exchange_z (plain, guess) };
  mean_picture (learnt, mean);
  for (guint i = 0; i < plain->n; i++)
    {
      const guint8 *p = plain->pixels + i * size;
      TrainMetrics m;
      TrainMoments of;

      train_metrics (p, guess->pixels + i * size, 1, side, side, &m);
      f->psnr += m.psnr / plain->n;
      f->ssim += m.ssim / plain->n;
      f->correlation += m.correlation / plain->n;
      f->exact += memcmp (p, guess->pixels + i * size, size) == 0 ? 1.0 / plain->n : 0;
      train_metrics (p, guess->pixels + (i + 1) % plain->n * size, 1, side, side, &m);
      f->wrong += m.psnr / plain->n;
      train_metrics (p, mean, 1, side, side, &m);
      f->mean += m.psnr / plain->n;
      f->mean_ssim += m.ssim / plain->n;
      f->mean_correlation += m.correlation / plain->n;
      train_moments (p, 1, size, &of);
      g_array_append_val (moments, of);
    }
  f->flat = train_constant_psnr (moments, 1);
}

CaPictures *
ca_network_guess (const char *model, const CaPictures *pairs, GError **error)
{
  const guint side = pairs->side / 3;
  const gsize size = (gsize) side * side, pair = 9 * size;
  g_autoptr (CncNet) net = cnc_net_read (model, error);
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncWeights) weights = NULL;
  g_autoptr (CncPlan) plan = NULL;
  g_autoptr (CaPictures) guess = ca_pictures_new (side, pairs->n);
  g_autofree float *values = g_new0 (float, BATCH *pair);
  CncPlanParams params = { .n_feeds = 1, .n_fetches = 1, .shapes = { { BATCH, 1, 3 * side, 3 * side } } };
  const CncTensor *in, *out;

  if (net == NULL || !cnc_net_fold (net, error))
    return NULL;
  params.fetches[0] = cnc_graph_value (net->graph, "guess");
  weights = cnc_weights_new (backend, net, error);
  plan = weights != NULL && params.fetches[0] != CNC_NO_VALUE ? cnc_plan_new (backend, net->graph, &params, error) : NULL;
  if (plan == NULL || cnc_shape_count (&cnc_plan_tensor (plan, params.fetches[0])->shape) != BATCH * size)
    {
      if (error != NULL && *error == NULL)
        g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL, "%s has no output \"guess\" of %ux%u pixels.", model, side, side);
      return NULL;
    }
  in = cnc_plan_tensor (plan, 0);
  out = cnc_plan_tensor (plan, params.fetches[0]);
  for (guint first = 0; first < pairs->n; first += BATCH)
    {
      const guint count = MIN (BATCH, pairs->n - first);

      /* The plain picture is not there to be looked at. */
      for (gsize i = 0; i < count * pair; i++)
        values[i] = i / (3 * side) % 3 == 0 && i % 3 == 0 ? 0 : (float) pairs->pixels[first * pair + i] / 255.0f;
      if (!cnc_buffer_upload (backend, in->buffer, 0, values, count * pair * sizeof (float), error)
          || !cnc_plan_run (plan, weights, 0, error)
          || !cnc_buffer_download (backend, out->buffer, 0, values, count * size * sizeof (float), error))
        return NULL;
      for (gsize i = 0; i < count * size; i++)
        guess->pixels[first * size + i] = (guint8) (CLAMP (values[i], 0.0f, 1.0f) * 255.0f + 0.5f);
    }
  return g_steal_pointer (&guess);
}
