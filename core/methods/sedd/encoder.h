/* core/methods/sedd/encoder.h: the shallow encoder of the method "sedd": from pixels to a vector of whole numbers.
 *
 * encoder.c and this header stand alone, to be lifted out into a small device: C11, nothing but standard headers that a compiler without a library
 * has, whole numbers of at most 32 bits, no floating point, no memory but the caller's and SEDD_STACK bytes of stack, no state.  The same pixels
 * and weights give the same numbers on every machine and under every compiler.
 *
 * What it computes (format.md, "Method 3"): each block of 8x8 pixels of three colours becomes 192 whole numbers, these a layer of `hidden` numbers
 * whose negative ones are divided by a power of two, these `channels` numbers; nothing passes from block to block.  That is 3 hidden + hidden *
 * channels / 64 multiplications a pixel (180 with 48 and 48), and one more for each number when it is rounded to its step.
 *
 * Use, for each row of blocks from the top:
 *   int16_t fine[channels * blocks];                              blocks = (width + 7) / 8
 *   sedd_encode (&encoder, pixels, stride, width, rows, fine, blocks);
 *   out[i] = sedd_round (fine[i], step);                          step 0 (finest) to SEDD_STEPS - 1, one for the whole picture
 * Thread-safety: functions of their arguments alone.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SEDD_BLOCK 8u
#define SEDD_INPUTS 192u /* a block: rows from the top, pixels from the left, red, green, blue */
#define SEDD_MAX_HIDDEN 64u
#define SEDD_MAX_CHANNELS 64u
#define SEDD_MAX_SHIFT 24u
#define SEDD_STEPS 32u
#define SEDD_STACK 768u

typedef struct
{
  unsigned hidden;   /* 1 to SEDD_MAX_HIDDEN */
  unsigned channels; /* 1 to SEDD_MAX_CHANNELS */
  unsigned first_shift, slope, second_shift; /* the shifts: 1 to SEDD_MAX_SHIFT; slope: 0 to 15, negative numbers are divided by 2^slope */
  const int16_t *first; /* hidden rows of SEDD_INPUTS */
  const int32_t *first_bias;
  const int16_t *second; /* channels rows of hidden */
  const int32_t *second_bias;
} SeddEncoder;

/* 1 if the encoder is within its limits and no sum of it can leave 32 bits, whatever the pixels; to be asked once before it is used.  0: not. */
int sedd_encoder_good (const SeddEncoder *encoder);

/* Multiplications for 64 pixels, with those of sedd_round. */
unsigned sedd_multiplications (const SeddEncoder *encoder);

/* One row of blocks.  pixels: rows (1 to 8) rows of width pixels of three bytes, stride bytes from one row to the next; what lacks at the right and
 * below is filled with the last column and row.  fine: number c of block b goes to fine[c * plane + b]; its unit is 1/16 of the step that the
 * encoder was trained for. */
void sedd_encode (const SeddEncoder *encoder, const uint8_t *pixels, size_t stride, size_t width, unsigned rows, int16_t *fine, size_t plane);

/* To a whole number of steps: those grow by a factor of 2^(1/4).  Rounded to the nearest, but somewhat towards 0. */
int16_t sedd_round (int16_t fine, unsigned step);

/* 65536 / this is the step in units of sedd_encode. */
unsigned sedd_step_inverse (unsigned step);
