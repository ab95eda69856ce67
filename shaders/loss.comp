#version 450
#extension GL_GOOGLE_include_directive : require
#include "ops.glsl"
/* shaders/loss.comp: losses that are sums over elements, and their gradients; readable C in core/nn/reference-loss.c.
 *
 * set 0 x, set 1 target, set 2 a sum of each workgroup, set 3 dx
 * constant 1: 0 square of the difference, 1 its absolute value, 2 binary cross entropy, 3 square of x; 2: 1 to write dx, 2 to add to it
 * Workgroups: (count / each rounded up, 1).
 */
layout (constant_id = 1) const uint KIND = 0;
layout (constant_id = 2) const uint GRADIENT = 0;

INPUT (0, x)
INPUT (1, target)
OUTPUT (2, sum)
IN_OUT (3, dx)

layout (push_constant) uniform Push
{
  uint group_x, group_y;
  uint x_first, target_first, dx_first;
  uint count, each; /* numbers in all; of a workgroup */
  float factor;     /* of the gradient */
};

shared float sums[gl_WorkGroupSize.x];

void
main ()
{
  const uint group = group_x + gl_WorkGroupID.x, lane = gl_LocalInvocationID.x;
  float total = 0.0;

  for (uint i = group * each + lane; i < min ((group + 1) * each, count); i += gl_WorkGroupSize.x)
    {
      const float value = x[x_first + i], wanted = KIND == 3 ? 0.0 : target[target_first + i], away = value - wanted;
      float slope = 2.0 * away;

      if (KIND == 1)
        {
          slope = sign (away);
          total += abs (away);
        }
      else if (KIND == 2)
        {
          const float p = clamp (value, 1e-7, 0.9999999);

          slope = p == value ? (p - wanted) / (p * (1.0 - p)) : 0.0;
          total -= wanted * log (p) + (1.0 - wanted) * log (1.0 - p);
        }
      else
        total += away * away;
      if (GRADIENT == 1)
        dx[dx_first + i] = factor * slope;
      if (GRADIENT == 2)
        dx[dx_first + i] += factor * slope;
    }
  sums[lane] = total;
  barrier ();
  if (lane > 0)
    return;
  for (uint i = 1; i < gl_WorkGroupSize.x; i++)
    total += sums[i];
  sum[group] = total;
}
