#version 450
#extension GL_GOOGLE_include_directive : require
#include "ops.glsl"
/* shaders/adam.comp: one step of Adam or AdamW; readable C in core/nn/reference-elementwise.c.
 *
 * set 0 parameter, set 1 gradient, set 2 first moment, set 3 second moment
 * constant 1: 1 for AdamW; 2: 1 where a lane works on four neighbours, which it reads as one texel (binding 2): places are multiples of four then
 * Workgroups: (count, or a fourth of it rounded down, / lanes rounded up, 1); the rest is a dispatch of its own.
 */
layout (constant_id = 1) const uint DECOUPLED = 0;
layout (constant_id = 2) const uint QUADS = 0;

IN_OUT (0, parameter)
INPUT (1, gradient)
IN_OUT (2, first)
IN_OUT (3, second)
layout (set = 0, binding = 0, std430) buffer ParameterQuads { vec4 parameter_quads[]; };
layout (set = 2, binding = 0, std430) buffer FirstQuads { vec4 first_quads[]; };
layout (set = 3, binding = 0, std430) buffer SecondQuads { vec4 second_quads[]; };
layout (set = 0, binding = 2) uniform usamplerBuffer parameter_texels;
layout (set = 1, binding = 2) uniform usamplerBuffer gradient_texels;
layout (set = 2, binding = 2) uniform usamplerBuffer first_texels;
layout (set = 3, binding = 2) uniform usamplerBuffer second_texels;

layout (push_constant) uniform Push
{
  uint group_x, group_y;
  uint parameter_at, gradient_at, first_at, second_at, count;
  float beta1, beta2, epsilon, clip, weight_decay;
  float shrink;           /* 1 - learning rate * weight decay */
  float step, correction; /* learning rate / (1 - beta1^t), 1 / sqrt (1 - beta2^t) */
};

void update (inout vec4 p, vec4 g, inout vec4 m, inout vec4 v)
{
  if (DECOUPLED != 0)
    p *= shrink;
  g *= clip;
  if (DECOUPLED == 0)
    g += weight_decay * p;
  m = beta1 * m + (1.0 - beta1) * g;
  v = beta2 * v + (1.0 - beta2) * g * g;
  p -= step * m / (sqrt (v) * correction + epsilon);
}

void
main ()
{
  const uint i = (group_x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
  vec4 p, g, m, v;

  if (i >= count >> 2 * QUADS)
    return;
  if (QUADS != 0)
    {
      p = uintBitsToFloat (texelFetch (parameter_texels, int ((parameter_at >> 2) + i)));
      g = uintBitsToFloat (texelFetch (gradient_texels, int ((gradient_at >> 2) + i)));
      m = uintBitsToFloat (texelFetch (first_texels, int ((first_at >> 2) + i)));
      v = uintBitsToFloat (texelFetch (second_texels, int ((second_at >> 2) + i)));
      update (p, g, m, v);
      parameter_quads[(parameter_at >> 2) + i] = p;
      first_quads[(first_at >> 2) + i] = m;
      second_quads[(second_at >> 2) + i] = v;
    }
  else
    {
      p = vec4 (parameter[parameter_at + i]);
      g = vec4 (gradient[gradient_at + i]);
      m = vec4 (first[first_at + i]);
      v = vec4 (second[second_at + i]);
      update (p, g, m, v);
      parameter[parameter_at + i] = p.x;
      first[first_at + i] = m.x;
      second[second_at + i] = v.x;
    }
}
