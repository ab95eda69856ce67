/* The shallow encoder, see encoder.h.  It includes nothing else and is meant to be copied. */
#include "encoder.h"

#define MOST 2147483647u
#define TOWARDS_0 27525 /* of 65536, what is added before rounding down: 0.42 of a step */

/* 65536 / (2 * 2^(step / 4)), rounded: 16 units are 1 step at step 12. */
static const uint16_t inverses[SEDD_STEPS]
    = { 32768, 27554, 23170, 19484, 16384, 13777, 11585, 9742, 8192, 6889, 5793, 4871, 4096, 3444, 2896, 2435,
        2048,  1722,  1448,  1218,  1024,  861,   724,   609,  512,  431,  362,  304,  256,  215,  181,  152 };

static int32_t
dot (const int16_t *a, const int16_t *b, unsigned n)
{
  int32_t sum = 0;

  for (unsigned i = 0; i < n; i++)
    sum += (int32_t) a[i] * b[i];
  return sum;
}

/* Divided by 2^shift, rounded down: >> of a negative number is the compiler's affair. */
static int32_t
shift_down (int32_t value, unsigned shift)
{
  return value >= 0 ? value >> shift : -1 - ((-1 - value) >> shift);
}

/* To the nearest, halves up, and into 16 bits. */
static int16_t
scale_down (int32_t sum, unsigned shift)
{
  const int32_t value = shift_down (shift_down (sum, shift - 1) + 1, 1);

  return (int16_t) (value > 32767 ? 32767 : value < -32767 ? -32767 : value);
}

static uint32_t
size_of (int32_t value)
{
  return value < 0 ? (uint32_t) 0 - (uint32_t) value : (uint32_t) value;
}

/* |bias| + sum of |weight| * most[i] (constant if most is NULL), or MOST if that is not less; MOST is too much. */
static uint32_t
largest_sum (const int16_t *weights, int32_t bias, const uint16_t *most, unsigned n)
{
  uint32_t sum = size_of (bias);

  for (unsigned i = 0; i < n && sum < MOST; i++)
    {
      const uint32_t part = size_of (weights[i]) * (most != NULL ? most[i] : 255u);

      sum = part < MOST - sum ? sum + part : MOST;
    }
  return sum < MOST ? sum : MOST;
}

int
sedd_encoder_good (const SeddEncoder *e)
{
  uint16_t most[SEDD_MAX_HIDDEN];

  if (e->hidden < 1 || e->hidden > SEDD_MAX_HIDDEN || e->channels < 1 || e->channels > SEDD_MAX_CHANNELS || e->first_shift < 1
      || e->first_shift > SEDD_MAX_SHIFT || e->second_shift < 1 || e->second_shift > SEDD_MAX_SHIFT || e->slope > 15)
    return 0;
  for (unsigned k = 0; k < e->hidden; k++)
    {
      const uint32_t sum = largest_sum (e->first + k * SEDD_INPUTS, e->first_bias[k], NULL, SEDD_INPUTS);
      const uint32_t scaled = (sum >> e->first_shift) + 1;

      if (sum == MOST)
        return 0;
      most[k] = (uint16_t) (scaled > 32767 ? 32767 : scaled);
    }
  for (unsigned c = 0; c < e->channels; c++)
    if (largest_sum (e->second + c * e->hidden, e->second_bias[c], most, e->hidden) == MOST)
      return 0;
  return 1;
}

unsigned
sedd_multiplications (const SeddEncoder *e)
{
  return e->hidden * SEDD_INPUTS + e->channels * e->hidden + e->channels;
}

/* The samples of a block as odd numbers from -255 to 255. */
static void
gather (const uint8_t *pixels, size_t stride, size_t left, unsigned rows, int16_t *in)
{
  for (unsigned y = 0; y < SEDD_BLOCK; y++)
    {
      const uint8_t *row = pixels + (y < rows ? y : rows - 1) * stride;

      for (unsigned x = 0; x < SEDD_BLOCK; x++)
        {
          const uint8_t *pixel = row + 3 * (x < left ? x : left - 1);

          for (unsigned c = 0; c < 3; c++)
            *in++ = (int16_t) (2 * pixel[c] - 255);
        }
    }
}

void
sedd_encode (const SeddEncoder *e, const uint8_t *pixels, size_t stride, size_t width, unsigned rows, int16_t *fine, size_t plane)
{
  int16_t in[SEDD_INPUTS], hidden[SEDD_MAX_HIDDEN];

  for (size_t x = 0, block = 0; x < width; x += SEDD_BLOCK, block++)
    {
      gather (pixels + 3 * x, stride, width - x, rows, in);
      for (unsigned k = 0; k < e->hidden; k++)
        {
          const int16_t value = scale_down (e->first_bias[k] + dot (e->first + k * SEDD_INPUTS, in, SEDD_INPUTS), e->first_shift);

          hidden[k] = value < 0 ? (int16_t) shift_down (value, e->slope) : value;
        }
      for (unsigned c = 0; c < e->channels; c++)
        fine[c * plane + block] = scale_down (e->second_bias[c] + dot (e->second + c * e->hidden, hidden, e->hidden), e->second_shift);
    }
}

unsigned
sedd_step_inverse (unsigned step)
{
  return inverses[step < SEDD_STEPS ? step : SEDD_STEPS - 1];
}

int16_t
sedd_round (int16_t fine, unsigned step)
{
  const uint32_t size = (size_of (fine) * sedd_step_inverse (step) + TOWARDS_0) >> 16;

  return (int16_t) (fine < 0 ? -(int32_t) size : (int32_t) size);
}
