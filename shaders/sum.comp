#version 450
#extension GL_GOOGLE_include_directive : require
#include "ops.glsl"
/* shaders/sum.comp: the sums of rows of numbers, the last step of losses and statistics.  One workgroup a row.
 *
 * set 0 source [row][count], set 2 result [row] = f (scale * sum + offset)
 * constant 1: 1 to add to what is there; 2: f: 0 itself, 1 one by its square root
 * Workgroups: (rows, 1).
 */
layout (constant_id = 1) const uint ACCUMULATE = 0;
layout (constant_id = 2) const uint FUNCTION = 0;

INPUT (0, source)
IN_OUT (2, result)

layout (push_constant) uniform Push
{
  uint group_x, group_y;
  uint source_first, first, count;
  float scale, offset;
};

shared float sums[gl_WorkGroupSize.x];

void
main ()
{
  const uint row = group_x + gl_WorkGroupID.x, lane = gl_LocalInvocationID.x;
  float sum = 0.0;

  for (uint i = lane; i < count; i += gl_WorkGroupSize.x)
    sum += source[source_first + row * count + i];
  sums[lane] = sum;
  barrier ();
  if (lane > 0)
    return;
  for (uint i = 1; i < gl_WorkGroupSize.x; i++)
    sum += sums[i];
  sum = scale * sum + offset;
  if (FUNCTION == 1)
    sum = inversesqrt (sum);
  if (ACCUMULATE != 0)
    sum += result[first + row];
  result[first + row] = sum;
}
