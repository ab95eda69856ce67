/* core/stego/convolve.c: the convolutional code of the robust record, see convolve.h. */
#include "stego/convolve.h"

#include "base/memory.h"

#include <float.h>

#define STATES (1u << CNC_CONVOLVE_MEMORY)
#define PATTERNS (1u << CNC_CONVOLVE_RATE)

/* The newest bit of the register is its lowest. */
static const guint polynomials[CNC_CONVOLVE_RATE] = { 042631, 047245, 056507, 073363, 077267, 064537 };

/* The six coded bits of a register, the first one lowest. */
static guint
code (guint reg)
{
  guint out = 0;

  for (guint i = 0; i < CNC_CONVOLVE_RATE; i++)
    out |= ((guint) __builtin_popcount (reg & polynomials[i]) & 1) << i;
  return out;
}

void
cnc_convolve (const guint8 *bytes, gsize size, guint8 *coded)
{
  guint reg = 0;

  for (gsize t = 0; t < 8 * size + CNC_CONVOLVE_MEMORY; t++)
    {
      const guint bit = t < 8 * size ? bytes[t / 8] >> t % 8 & 1 : 0;
      guint out;

      reg = (reg << 1 | bit) & (2 * STATES - 1);
      out = code (reg);
      for (guint i = 0; i < CNC_CONVOLVE_RATE; i++)
        *coded++ = out >> i & 1;
    }
}

typedef struct
{
  guint8 out[2 * STATES];
  float metric[2][STATES];
  guint8 chosen[]; /* [step][STATES / 8]: whether the bit that left the register was 1 */
} Trellis;

/* One step: what speaks for each state, from what spoke for the two that lead to it. */
static void
step (const Trellis *trellis, const float *soft, const float *old, float *new, guint8 *chosen)
{
  float gain[PATTERNS];

  for (guint p = 0; p < PATTERNS; p++)
    {
      gain[p] = 0;
      for (guint i = 0; i < CNC_CONVOLVE_RATE; i++)
        gain[p] += p >> i & 1 ? -soft[i] : soft[i];
    }
  for (guint s = 0; s < STATES; s += 8)
    {
      guint bits = 0;

      for (guint k = 0; k < 8; k++)
        {
          const float a = old[(s + k) >> 1] + gain[trellis->out[s + k]];
          const float b = old[(s + k) >> 1 | STATES >> 1] + gain[trellis->out[s + k + STATES]];

          bits |= (guint) (b > a) << k;
          new[s + k] = b > a ? b : a;
        }
      chosen[s / 8] = (guint8) bits;
    }
}

gboolean
cnc_convolve_decode (const float *soft, gsize size, guint8 *bytes, GError **error)
{
  const gsize steps = 8 * size + CNC_CONVOLVE_MEMORY;
  g_autofree Trellis *trellis = cnc_alloc (1, sizeof (Trellis) + steps * (STATES / 8), "the record", error);
  guint state = 0;

  if (trellis == NULL)
    return FALSE;
  for (guint reg = 0; reg < 2 * STATES; reg++)
    trellis->out[reg] = (guint8) code (reg);
  for (guint s = 0; s < STATES; s++)
    trellis->metric[0][s] = s == 0 ? 0 : -FLT_MAX / 2;
  for (gsize t = 0; t < steps; t++)
    step (trellis, soft + t * CNC_CONVOLVE_RATE, trellis->metric[t % 2], trellis->metric[1 - t % 2], trellis->chosen + t * (STATES / 8));
  memset (bytes, 0, size);
  for (gsize t = steps; t-- > 0;)
    {
      if (t < 8 * size)
        bytes[t / 8] |= (guint8) ((state & 1) << t % 8);
      state = state >> 1 | (guint) (trellis->chosen[t * (STATES / 8) + state / 8] >> state % 8 & 1) << (CNC_CONVOLVE_MEMORY - 1);
    }
  return TRUE;
}
