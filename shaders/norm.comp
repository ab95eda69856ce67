#version 450
#extension GL_GOOGLE_include_directive : require
#include "ops.glsl"
/* shaders/norm.comp: batch normalisation in steps, and sums of channels; readable C in core/nn/reference-norm.c.
 *
 * set 3 holds vectors of one number a channel: gamma, beta, mean, inverse deviation, sum of dy, sum of dy z; z = (x - mean) inverse deviation.
 * constant 1: 0 sums of x           set 0 x, set 2 sums [channel][chunk]
 *             1 sums of (x - mean)^2 the same
 *             2 sums of dy and dy z  set 0 x, set 1 dy, set 2 sums [2][channel][chunk]
 *             3 y from x             set 0 x, set 2 y
 *             4 dx from dy           set 0 x, set 1 dy, set 2 dx
 *             5 running statistics   set 0 mean, set 1 inverse deviation, set 2 running mean, set 3 running variance
 * constant 2: 1 to add to what is there (4).  Workgroups: (chunks, channels); 5: (channels / lanes rounded up, 1).
 */
layout (constant_id = 1) const uint KIND = 0;
layout (constant_id = 2) const uint ACCUMULATE = 0;

INPUT (0, x)
INPUT (1, dy)
IN_OUT (2, result)
IN_OUT (3, vectors)

layout (push_constant) uniform Push
{
  uint group_x, group_y;
  uint x_first, dy_first, first, vectors_first;
  uint images, channels, plane, each, chunks; /* each: numbers of a channel that a workgroup works on */
  float epsilon, momentum, unbiased;
};

shared float sums[gl_WorkGroupSize.x * 2];

float vector (uint which, uint channel)
{
  return vectors[vectors_first + which * channels + channel];
}

void track (uint c)
{
  if (c >= channels)
    return;

  const float inverse = dy[dy_first + c], variance = max (1.0 / (inverse * inverse) - epsilon, 0.0) * unbiased;

  result[first + c] = (1.0 - momentum) * result[first + c] + momentum * x[x_first + c];
  vectors[vectors_first + c] = (1.0 - momentum) * vectors[vectors_first + c] + momentum * variance;
}

void statistics (uint chunk, uint channel, uint lane)
{
  const float mean = KIND == 0 ? 0.0 : vector (2, channel), inverse = KIND == 2 ? vector (3, channel) : 0.0;
  float total = 0.0, products = 0.0;

  for (uint i = chunk * each + lane; i < min ((chunk + 1) * each, images * plane); i += gl_WorkGroupSize.x)
    {
      const uint image = i / plane, at = (image * channels + channel) * plane + i - image * plane;
      const float away = x[x_first + at] - mean;

      if (KIND == 0)
        total += away;
      if (KIND == 1)
        total += away * away;
      if (KIND == 2)
        {
          total += dy[dy_first + at];
          products += dy[dy_first + at] * away * inverse;
        }
    }
  sums[lane] = total;
  sums[gl_WorkGroupSize.x + lane] = products;
  barrier ();
  if (lane > (KIND == 2 ? 1 : 0))
    return;
  total = 0.0;
  for (uint i = 0; i < gl_WorkGroupSize.x; i++)
    total += sums[lane * gl_WorkGroupSize.x + i];
  result[first + (lane * channels + channel) * chunks + chunk] = total;
}

void apply (uint chunk, uint channel, uint lane)
{
  const float mean = vector (2, channel), inverse = vector (3, channel), gamma = vector (0, channel);
  const float whole = float (images * plane);

  for (uint i = chunk * each + lane; i < min ((chunk + 1) * each, images * plane); i += gl_WorkGroupSize.x)
    {
      const uint image = i / plane, at = (image * channels + channel) * plane + i - image * plane;
      const float z = (x[x_first + at] - mean) * inverse;
      float v;

      if (KIND == 3)
        v = gamma * z + vector (1, channel);
      else
        v = gamma * inverse * (dy[dy_first + at] - vector (4, channel) / whole - z * vector (5, channel) / whole);
      if (ACCUMULATE != 0)
        v += result[first + at];
      result[first + at] = v;
    }
}

void
main ()
{
  const uint chunk = group_x + gl_WorkGroupID.x, channel = group_y + gl_WorkGroupID.y, lane = gl_LocalInvocationID.x;

  if (KIND == 5)
    track (chunk * gl_WorkGroupSize.x + lane);
  else if (KIND >= 3)
    apply (chunk, channel, lane);
  else
    statistics (chunk, channel, lane);
}
