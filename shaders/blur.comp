#version 450
#extension GL_GOOGLE_include_directive : require
#include "ops.glsl"
/* shaders/blur.comp: Gaussian blur, a deviation for each image, and its gradient; readable C in core/nn/reference-attacks.c.
 *
 * set 0 source, set 2 result
 * constant 1: 0 blur, 1 its gradient; 2: 1 to add to what is there
 * Workgroups: (pixels / lanes rounded up, planes).
 */
layout (constant_id = 1) const uint KIND = 0;
layout (constant_id = 2) const uint ACCUMULATE = 0;

INPUT (0, source)
IN_OUT (2, result)

layout (push_constant) uniform Push
{
  uint group_x, group_y;
  uint source_first, first;
  uint height, width, channels;
  uint reach;      /* at most 9 */
  float low, high; /* deviations */
  uint seed_low, seed_high;
};

float weights[19];

/* Of the weights around a place, those that fall inside. */
float inside (float all, uint size, uint place)
{
  float sum = 0.0;

  if (place >= reach && place + reach < size)
    return all;
  for (uint t = 0; t <= 2 * reach; t++)
    sum += place + t >= reach && place + t - reach < size ? weights[t] : 0.0;
  return sum;
}

void
main ()
{
  const uint i = (group_x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x, plane = group_y + gl_WorkGroupID.y;
  const uint area = height * width, y = i / width, x = i - y * width, to = first + plane * area + i;
  const uint word = pcg (pcg (seed_low + plane / channels * 0x9E3779B9u) + seed_high);
  const float sigma = low + (high - low) * (float (word >> 8) * 5.9604644775390625e-8);
  float all = 0.0, sum = 0.0;

  if (i >= area)
    return;
  for (uint t = 0; t <= 2 * reach; t++)
    {
      const float d = float (t) - float (reach);

      weights[t] = exp (-d * d / (2.0 * sigma * sigma));
      all += weights[t];
    }
  for (uint v = max (y, reach) - reach; v <= min (y + reach, height - 1); v++)
    {
      float row = 0.0;

      for (uint u = max (x, reach) - reach; u <= min (x + reach, width - 1); u++)
        row += weights[u + reach - x] * source[source_first + plane * area + v * width + u] / (KIND == 1 ? inside (all, width, u) : 1.0);
      sum += weights[v + reach - y] * row / (KIND == 1 ? inside (all, height, v) : 1.0);
    }
  if (KIND == 0)
    sum /= inside (all, width, x) * inside (all, height, y);
  result[to] = ACCUMULATE != 0 ? result[to] + sum : sum;
}
