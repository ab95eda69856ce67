#version 450
#extension GL_GOOGLE_include_directive : require
#include "ops.glsl"
#include "winograd.glsl"
/* shaders/winograd_out.comp: from the products of shaders/winograd_product.comp to tiles of 4 x 4 pixels, or to the gradients of 3 x 3 taps.
 *
 * A lane transforms one column, which is a tile or an input channel, in four outputs.
 *
 * set 0 binding 2  RGBA32UI texels [point][quads][columns]
 * set 1 binding 0  bias, one an output
 * set 2 binding 0  y, any strides
 * set 3 binding 0  residual, the strides of y
 * constant 1: SIDE, 4 or 3; 2: see below.
 * Workgroups: (images down across / lanes rounded up, outputs / 4 rounded up).
 */
layout (constant_id = 1) const uint SIDE = 4;
layout (constant_id = 2) const uint FLAGS = 0; /* bits 0-2: activation; 3: add the residual; 4: add what is there; 5: add the bias */

const uint ACTIVATION = FLAGS & 7u;
const bool RESIDUAL = (FLAGS & 8u) != 0u;
const bool THERE = (FLAGS & 16u) != 0u;
const bool BIAS = (FLAGS & 32u) != 0u;

layout (set = 0, binding = 2) uniform usamplerBuffer products;
INPUT (1, bias)
IN_OUT (2, y)
INPUT (3, residual)

layout (push_constant) uniform Push
{
  uint group_x, group_y;
  uint images, down, across;          /* tiles; of channels, as images, one */
  uint point, columns, column;        /* of the products: distance of points, in texels; columns, and that where those at hand begin */
  uint outputs;
  uint begin_y, begin_x;              /* of a tile, the first row and column that there is */
  uint rows, width;                   /* of an image */
  uint first, by_n, by_c, by_y, by_x; /* of y, in floats (modulo 2^32) */
  uint residual_first, bias_first;
  float slope;
};

void
main ()
{
  const uint tile = (group_x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x, four = group_y + gl_WorkGroupID.y;
  const uint line = tile / across, image = line / down, top = 4 * (line - image * down), left = 4 * (tile - line * across);
  vec4 v[36];

  if (image >= images)
    return;
  [[unroll]] for (uint i = 0; i < 6; i++)
    {
      vec4 row[6];

      [[unroll]] for (uint k = 0; k < 6; k++)
        row[k] = uintBitsToFloat (texelFetch (products, int ((6 * i + k) * point + four * columns + column + tile)));
      of_products (row, SIDE);
      [[unroll]] for (uint k = 0; k < SIDE; k++)
        v[6 * i + k] = row[k];
    }

  vec4 more = vec4 (0.0);

  if (BIAS)
    [[unroll]] for (uint o = 0; o < 4; o++)
      more[o] = bias[bias_first + min (4 * four + o, outputs - 1)];
  [[unroll]] for (uint k = 0; k < SIDE; k++)
    {
      vec4 sums[6];

      [[unroll]] for (uint i = 0; i < 6; i++)
        sums[i] = v[6 * i + k];
      of_products (sums, SIDE);
      [[unroll]] for (uint i = 0; i < SIDE; i++)
        if (top + i < rows && left + k < width && i >= begin_y && k >= begin_x)
          [[unroll]] for (uint o = 0; o < 4; o++)
            if (4 * four + o < outputs)
              {
                const uint to = image * by_n + (4 * four + o) * by_c + (top + i) * by_y + (left + k) * by_x;
                float sum = sums[i][o] + more[o];

                if (RESIDUAL)
                  sum += residual[residual_first + to];
                if (THERE)
                  sum += y[first + to];
                y[first + to] = activate (ACTIVATION, slope, sum);
              }
    }
}
