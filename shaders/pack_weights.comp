#version 450
#extension GL_GOOGLE_include_directive : require
#include "ops.glsl"
/* shaders/pack_weights.comp: weights in the order in which shaders/conv.comp reads them: for every EACH output channels their biases, then for
 * each four input channels, kernel column, kernel row and output channel one vec4.
 *
 * set 0 binding 0  weights, any strides (modulo 2^32: kernels may be walked backwards)
 * set 1 binding 0  bias, one a channel
 * set 2 binding 0  result, vec4 [output channel / EACH][step]
 * constant 1: 1 if there is a bias, else 0; 2: EACH, a multiple of four.  Workgroups: (step / lanes rounded up, output channels / EACH rounded up).
 */
layout (constant_id = 1) const uint BIAS = 0;
layout (constant_id = 2) const uint EACH = 8;

INPUT (0, weight)
INPUT (1, bias)
layout (set = 2, binding = 0, std430) writeonly buffer Result { vec4 result[]; };

layout (push_constant) uniform Push
{
  uint group_x, group_y;
  uint first, by_o, by_i, by_y, by_x; /* of the weights, in floats */
  uint outputs, inputs, kernel_h, kernel_w;
  uint bias_first;
  uint step; /* vec4 of EACH output channels */
};

float value (uint o, uint c, uint ky, uint kx)
{
  return o < outputs && c < inputs ? weight[first + o * by_o + c * by_i + ky * by_y + kx * by_x] : 0.0;
}

float bias_of (uint o)
{
  return o < outputs && BIAS != 0 ? bias[bias_first + o] : 0.0;
}

void
main ()
{
  const uint i = (group_x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
  const uint group = group_y + gl_WorkGroupID.y;
  const uint taps = kernel_h * kernel_w;
  vec4 v = vec4 (0.0);

  if (i >= step)
    return;
  if (i < EACH / 4)
    {
      const uint o = EACH * group + 4 * i;

      v = vec4 (bias_of (o), bias_of (o + 1), bias_of (o + 2), bias_of (o + 3));
    }
  else
    {
      const uint k = i - EACH / 4, o = EACH * group + k % EACH, tap = k / EACH % taps, c = 4 * (k / EACH / taps);
      const uint kx = tap / kernel_h, ky = tap - kx * kernel_h;

      v = vec4 (value (o, c, ky, kx), value (o, c + 1, ky, kx), value (o, c + 2, ky, kx), value (o, c + 3, ky, kx));
    }
  result[group * step + i] = v;
}
