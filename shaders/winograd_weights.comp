#version 450
#extension GL_GOOGLE_include_directive : require
#include "ops.glsl"
#include "winograd.glsl"
/* shaders/winograd_weights.comp: kernels of at most 3 x 3, transformed for shaders/winograd_product.comp.
 *
 * A lane transforms the kernels of one output and four input channels.
 *
 * set 0 binding 0  weights, any strides (modulo 2^32: kernels may be walked backwards)
 * set 2 binding 0  result, [point][output channel / EACH][sums, from quad on][output channel % EACH][input channel % 4], from result_first on
 * constant 1: EACH.
 * Workgroups: (quads EACH / lanes rounded up, output channels / EACH rounded up).
 */
layout (constant_id = 1) const uint EACH = 8;

INPUT (0, weight)
OUTPUT (2, result)

layout (push_constant) uniform Push
{
  uint group_x, group_y;
  uint first, by_o, by_i, by_y, by_x; /* of the weights, in floats */
  uint outputs, inputs;
  int kernel_h, kernel_w;
  int from_y, from_x, step; /* row and column of the first of the 3 x 3 taps, and the distance of taps; outside of the kernel they are 0 */
  uint quads, quad, sums;
  uint point; /* distance of points, in texels */
  uint result_first;
};

float value (uint o, uint c, int ky, int kx)
{
  return o < outputs && c < inputs && ky >= 0 && ky < kernel_h && kx >= 0 && kx < kernel_w
             ? weight[first + o * by_o + c * by_i + uint (ky) * by_y + uint (kx) * by_x]
             : 0.0;
}

void
main ()
{
  const uint i = (group_x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x, group = group_y + gl_WorkGroupID.y;
  const uint four = i / EACH, o = EACH * group + i % EACH, c = 4 * four;
  vec4 v[36];

  if (four >= quads)
    return;
  [[unroll]] for (int y = 0; y < 3; y++)
    {
      vec4 row[6];

      [[unroll]] for (int k = 0; k < 3; k++)
        {
          const int ky = from_y + step * y, kx = from_x + step * k;

          row[k] = vec4 (value (o, c, ky, kx), value (o, c + 1, ky, kx), value (o, c + 2, ky, kx), value (o, c + 3, ky, kx));
        }
      of_taps (row, 3);
      [[unroll]] for (uint k = 0; k < 6; k++)
        v[6 * y + k] = row[k];
    }
  [[unroll]] for (uint k = 0; k < 6; k++)
    {
      vec4 column[6];

      [[unroll]] for (uint y = 0; y < 3; y++)
        column[y] = v[6 * y + k];
      of_taps (column, 3);
      [[unroll]] for (uint y = 0; y < 6; y++)
        {
          const uint to = result_first + 4 * ((6 * y + k) * point + (group * sums + quad + four) * EACH + i % EACH);

          [[unroll]] for (uint n = 0; n < 4; n++)
            result[to + n] = column[y][n];
        }
    }
}
