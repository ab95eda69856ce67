#version 450
#extension GL_GOOGLE_include_directive : require
#include "ops.glsl"
/* shaders/rate.comp: bits of a factorised latent under a mixture of two logistics a channel, and their gradients; readable C in
 * core/nn/reference-loss.c.
 *
 * set 0 x [image][channel][plane], set 1 parameters [channel][6]
 * set 2 sums of each workgroup: bits [channel][chunk], then gradients [channel][6][chunk]
 * set 3 dx
 * constant 1: 1 to write dx, 2 to add to it.  Workgroups: (chunks, channels).
 */
layout (constant_id = 1) const uint GRADIENT = 0;

INPUT (0, x)
INPUT (1, parameter)
OUTPUT (2, sum)
IN_OUT (3, dx)

layout (push_constant) uniform Push
{
  uint group_x, group_y;
  uint x_first, parameter_first, dx_first;
  uint images, channels, plane, each, chunks; /* each: numbers of a channel that a workgroup works on */
  float factor;                               /* of the gradient of x */
};

shared float sums[gl_WorkGroupSize.x * 7];

/* A logistic distribution's mass in the bin of width 1 around a place, and its derivatives by place and log scale; computed where the
 * distribution function is small. */
vec3 bin_mass (float place, float mean, float log_scale)
{
  const float side = place > mean ? -1.0 : 1.0, inverse = exp (-log_scale);
  const float high = (side * (place - mean) + 0.5) * inverse, low = (side * (place - mean) - 0.5) * inverse;
  const float upper = 1.0 / (1.0 + exp (-high)), lower = 1.0 / (1.0 + exp (-low));
  const float upper_slope = upper * (1.0 - upper), lower_slope = lower * (1.0 - lower);

  return vec3 (upper - lower, side * (upper_slope - lower_slope) * inverse, -(upper_slope * high - lower_slope * low));
}

void
main ()
{
  const uint chunk = group_x + gl_WorkGroupID.x, channel = group_y + gl_WorkGroupID.y, lane = gl_LocalInvocationID.x;
  const uint q = parameter_first + 6 * channel;
  const float weight = 1.0 / (1.0 + exp (parameter[q + 1] - parameter[q])); /* of the first; of the second the rest */
  float total[7];

  [[unroll]] for (uint k = 0; k < 7; k++)
    total[k] = 0.0;
  for (uint i = chunk * each + lane; i < min ((chunk + 1) * each, images * plane); i += gl_WorkGroupSize.x)
    {
      const uint image = i / plane, at = (image * channels + channel) * plane + i - image * plane;
      const vec3 one = bin_mass (x[x_first + at], parameter[q + 2], parameter[q + 4]);
      const vec3 two = bin_mass (x[x_first + at], parameter[q + 3], parameter[q + 5]);
      const float mass = weight * one.x + (1.0 - weight) * two.x, least = 9.313225746154785e-10;
      const float slope = mass > least ? -1.4426950408889634 / mass : 0.0;
      const float by_x = slope * (weight * one.y + (1.0 - weight) * two.y);

      total[0] -= log2 (max (mass, least));
      total[1] += slope * weight * (one.x - mass);
      total[2] += slope * (1.0 - weight) * (two.x - mass);
      total[3] -= slope * weight * one.y;
      total[4] -= slope * (1.0 - weight) * two.y;
      total[5] += slope * weight * one.z;
      total[6] += slope * (1.0 - weight) * two.z;
      if (GRADIENT == 1)
        dx[dx_first + at] = factor * by_x;
      if (GRADIENT == 2)
        dx[dx_first + at] += factor * by_x;
    }
  [[unroll]] for (uint k = 0; k < 7; k++)
    sums[k * gl_WorkGroupSize.x + lane] = total[k];
  barrier ();
  if (lane >= 7)
    return;

  float all = 0.0;

  for (uint i = 0; i < gl_WorkGroupSize.x; i++)
    all += sums[lane * gl_WorkGroupSize.x + i];
  sum[lane == 0 ? channel * chunks + chunk : channels * chunks + (channel * 6 + lane - 1) * chunks + chunk] = all;
}
