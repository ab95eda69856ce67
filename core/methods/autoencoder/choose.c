/* Which whole numbers a latent is rounded to, see latent.h. */
#include "methods/autoencoder/latent.h"

#include <math.h>

/* Bits that a square of a step is worth.  An encoder is trained so that a step of 1 just pays: at high rates rounding costs 1/12 and finer steps
 * lower that by a factor of 4 for each bit, so that dR/dD = 6 / ln 2 = 8.7.  Somewhat more puts photographs of the shipped model just below one
 * bit a pixel.  Before its decoder had settled, Kodak came to 34.16 dB at 0.93 bits with 8.7, to 34.49 dB at 0.975 with 12, to 34.74 dB at 1.02
 * with 16, and to 35.32 dB at 1.21 with plain rounding. */
#define BITS_OF_A_SQUARE 11.0f

/* TRUE if the second number, nearer to the prediction, saves more bits than the farther way to it is worth. */
static gboolean
pays (const guint32 *starts, float value, gint32 first, gint32 second, gint32 mean)
{
  const gint32 a = first - mean + CNC_LATENT_SMALL, b = second - mean + CNC_LATENT_SMALL;
  const float away = value - (float) first, farther = value - (float) second;

  if (a < 0 || a > 2 * CNC_LATENT_SMALL)
    return FALSE;
  return log2f ((float) (starts[b + 1] - starts[b]) / (float) (starts[a + 1] - starts[a]))
         > BITS_OF_A_SQUARE * (farther * farther - away * away);
}

gboolean
cnc_latent_choose (const CncLatentTables *tables, const float *from, guint32 width, guint32 height, gint16 *values, CncTask *task,
                   GError **error)
{
  g_auto (CncLatentWalk) walk = { 0 };

  if (!cnc_latent_walk_init (&walk, tables, width, height, values, error))
    return FALSE;
  for (guint c = 0; c < tables->channels; c++)
    for (guint32 y = 0; y < height; y++)
      {
        if (y % 16 == 0 && !cnc_task_go_on (task, error))
          return FALSE;
        cnc_latent_walk_row (&walk, c, y);
        for (guint32 x = 0; x < width; x++)
          {
            const gsize at = ((gsize) c * height + y) * width + x;
            const gint32 nearest = cnc_latent_round (from[at]);
            gint32 mean, spread, chosen = nearest;

            cnc_latent_walk_look (&walk, x, &mean, &spread);
            if (nearest != mean)
              {
                const gint32 other = nearest > mean ? nearest - 1 : nearest + 1;

                if (pays (cnc_latent_starts (tables, c, spread), from[at], nearest, other, mean))
                  chosen = other;
              }
            values[at] = (gint16) chosen;
            cnc_latent_walk_put (&walk, x, mean);
          }
      }
  return TRUE;
}
