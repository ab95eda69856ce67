#version 450
#extension GL_GOOGLE_include_directive : require
#include "ops.glsl"
/* shaders/elementwise.comp: operations whose value at an element follows from the inputs at that element, and its place; readable C in
 * core/nn/reference-elementwise.c.  Rows of a matrix with a distance between them, so that parts of channels can be copied.
 *
 * set 0 a, set 1 b, set 2 y; y may be a or b
 * constant 1: the operation, as below; 2: activation; 3: 1 to add to y; 4: 1 where a lane works on four neighbours, which it reads as one texel
 *             (binding 2): places, rows and count are multiples of four then
 * Workgroups: (count / lanes, or a fourth of it, rounded up, 1).
 */
layout (constant_id = 1) const uint KIND = 0;
layout (constant_id = 2) const uint ACTIVATION = 0;
layout (constant_id = 3) const uint ACCUMULATE = 0;
layout (constant_id = 4) const uint QUADS = 0;

/* in the order of core/vulkan/vk-ops-elementwise.c */
#define COPY 0u
#define ADD 1u
#define SUBTRACT 2u
#define MULTIPLY 3u
#define AFFINE 4u
#define FILL 5u
#define ACTIVATION_BACKWARD 6u
#define DROPOUT 7u
#define NOISE_UNIFORM 8u
#define NOISE_GAUSSIAN 9u
#define ROUND8 10u
#define ROUND 11u
#define CLAMP 12u
#define CLAMP_BACKWARD 13u
#define WRAP 14u

INPUT (0, a)
INPUT (1, b)
IN_OUT (2, y)
layout (set = 0, binding = 2) uniform usamplerBuffer a_quads;
layout (set = 1, binding = 2) uniform usamplerBuffer b_quads;
layout (set = 2, binding = 0, std430) buffer Quads { vec4 y_quads[]; };

layout (push_constant) uniform Push
{
  uint group_x, group_y;
  uint a_first, b_first, y_first; /* floats */
  uint count, row;                /* floats in all; in a row */
  uint a_row, y_row;              /* floats between rows of a, and of y; b has the rows of a */
  float scale, shift, slope;
  uint seed_low, seed_high;
};

float draw (uint i, uint k)
{
  return float (pcg (pcg (seed_low + i * 0x9E3779B9u) + seed_high + k * 0x85EBCA6Bu) >> 8) * 5.9604644775390625e-8;
}

/* The derivative of an activation from its value. */
float slope_at (float value)
{
  if (ACTIVATION == RELU)
    return value > 0.0 ? 1.0 : 0.0;
  if (ACTIVATION == LEAKY_RELU)
    return value > 0.0 ? 1.0 : slope;
  if (ACTIVATION == SIGMOID)
    return value * (1.0 - value);
  if (ACTIVATION == TANH)
    return 1.0 - value * value;
  return 1.0;
}

/* i: the element's number. */
float value_of (float v, float other, uint i)
{
  if (KIND == FILL)
    v = shift;
  if (KIND == ADD)
    v += other;
  if (KIND == SUBTRACT)
    v -= other;
  if (KIND == MULTIPLY)
    v *= other;
  if (KIND == AFFINE)
    v = scale * v + shift;
  if (KIND == ACTIVATION_BACKWARD)
    v = other * slope_at (v);
  if (KIND == DROPOUT)
    v = draw (i, 0u) < scale ? 0.0 : v / (1.0 - scale);
  if (KIND == NOISE_UNIFORM)
    v += scale * (draw (i, 0u) - 0.5);
  if (KIND == NOISE_GAUSSIAN)
    v += scale * sqrt (-2.0 * log (draw (i, 0u) + 5.9604644775390625e-8)) * cos (6.283185307179586 * draw (i, 1u));
  if (KIND == ROUND8)
    v = floor (255.0 * clamp (v, 0.0, 1.0) + 0.5) / 255.0;
  if (KIND == ROUND)
    v = roundEven (v);
  if (KIND == WRAP)
    v -= floor (v + 0.5);
  if (KIND == CLAMP)
    v = clamp (v, shift, scale);
  if (KIND == CLAMP_BACKWARD)
    v = v >= shift && v <= scale ? other : 0.0;
  if (KIND == COPY || KIND == ADD)
    v = activate (ACTIVATION, slope, v);
  return v;
}

bool takes_two ()
{
  return KIND == ADD || KIND == SUBTRACT || KIND == MULTIPLY || KIND == ACTIVATION_BACKWARD || KIND == CLAMP_BACKWARD;
}

void
main ()
{
  const uint i = ((group_x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x) << 2 * QUADS;

  if (i >= count)
    return;

  const uint line = i / row, column = i - line * row;
  const uint at = a_first + line * a_row + column, at_b = b_first + line * a_row + column, to = y_first + line * y_row + column;

  if (QUADS != 0)
    {
      const vec4 one = KIND == FILL ? vec4 (0.0) : uintBitsToFloat (texelFetch (a_quads, int (at >> 2)));
      const vec4 two = takes_two () ? uintBitsToFloat (texelFetch (b_quads, int (at_b >> 2))) : vec4 (0.0);
      vec4 v;

      [[unroll]] for (uint k = 0; k < 4; k++)
        v[k] = value_of (one[k], two[k], i + k);
      if (ACCUMULATE != 0)
        v += y_quads[to >> 2];
      y_quads[to >> 2] = v;
    }
  else
    {
      const float v = value_of (KIND == FILL ? 0.0 : a[at], takes_two () ? b[at_b] : 0.0, i);

      y[to] = ACCUMULATE != 0 ? y[to] + v : v;
    }
}
