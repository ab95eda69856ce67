#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_shader_subgroup_shuffle : require
#include "ops.glsl"
/* shaders/winograd_product.comp: one matrix product at each point of Winograd's convolution, of what shaders/winograd_in.comp and
 * shaders/winograd_weights.comp give: sums over channels for pixels, over tiles for the gradient of weights.
 *
 * A lane computes ROWS columns in EACH outputs; every lane fetches a texel of one of eight outputs and hands it to the others, as in
 * shaders/conv.comp.
 *
 * set 0 binding 2  RGBA32UI texels [point][sums][columns], four factors of the sum side by side
 * set 1 binding 2  RGBA32UI texels [point][groups][sums][EACH], from weights_first on, likewise
 * set 2 binding 0  result, [point][groups][EACH / 4][columns][output % 4]
 * constant 1: ROWS; 2: EACH, 8 or 16.
 * Workgroups: (columns / (lanes ROWS) rounded up, 36 groups).
 */
layout (constant_id = 1) const uint ROWS = 8;
layout (constant_id = 2) const uint EACH = 8;

const uint AT_ONCE = 2; /* what goes through a loop is stored and loaded again */

layout (set = 0, binding = 2) uniform usamplerBuffer x;
layout (set = 1, binding = 2) uniform usamplerBuffer weights;
OUTPUT (2, result)

layout (push_constant) uniform Push
{
  uint group_x, group_y;
  uint columns, sums, groups;
  uint weights_first;
  uint x_point, weights_point, point; /* distances of points, in texels */
};

vec4 share_of (uint at)
{
  return uintBitsToFloat (texelFetch (weights, int (at + (gl_SubgroupInvocationID & 7u))));
}

void
main ()
{
  const uint first = (group_x + gl_WorkGroupID.x) * gl_WorkGroupSize.x * ROWS + gl_LocalInvocationID.x;
  const uint k = (group_y + gl_WorkGroupID.y) / groups, group = group_y + gl_WorkGroupID.y - k * groups;
  float acc[ROWS * EACH];
  uint column[ROWS];
  const uint at = k * x_point, tap = weights_first + k * weights_point + group * sums * EACH;

  [[unroll]] for (uint r = 0; r < ROWS; r++)
    column[r] = min (first + r * gl_WorkGroupSize.x, columns - 1);
  [[unroll]] for (uint i = 0; i < ROWS * EACH; i++)
    acc[i] = 0.0;
  for (uint s = 0; s < sums; s += AT_ONCE)
    [[unroll]] for (uint i = 0; i < AT_ONCE; i++)
      {
        const uint here = min (s + i, sums - 1);
        const float there = s + i < sums ? 1.0 : 0.0;
        const vec4 all[2] = { there * share_of (tap + EACH * here), EACH > 8 ? there * share_of (tap + EACH * here + 8) : vec4 (0.0) };
        vec4 v[ROWS];

        [[unroll]] for (uint r = 0; r < ROWS; r++)
          v[r] = uintBitsToFloat (texelFetch (x, int (at + columns * here + column[r])));
        [[unroll]] for (uint o = 0; o < EACH; o++)
          {
            const vec4 w = subgroupShuffle (all[o / 8], o % 8);

            [[unroll]] for (uint r = 0; r < ROWS; r++)
              acc[EACH * r + o] += v[r].x * w.x + v[r].y * w.y + v[r].z * w.z + v[r].w * w.w;
          }
      }
  [[unroll]] for (uint r = 0; r < ROWS; r++)
    if (first + r * gl_WorkGroupSize.x < columns)
      [[unroll]] for (uint o = 0; o < EACH; o++)
        result[4 * (k * point + (group * (EACH / 4) + o / 4) * columns + column[r]) + o % 4] = acc[EACH * r + o];
}
