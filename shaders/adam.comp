#version 450
#extension GL_GOOGLE_include_directive : require
#include "ops.glsl"
/* shaders/adam.comp: one step of Adam or AdamW; readable C in core/nn/reference-elementwise.c.
 *
 * set 0 parameter, set 1 gradient, set 2 first moment, set 3 second moment
 * constant 1: 1 for AdamW.  Workgroups: (count / lanes, 1), rounded up.
 */
layout (constant_id = 1) const uint DECOUPLED = 0;

IN_OUT (0, parameter)
INPUT (1, gradient)
IN_OUT (2, first)
IN_OUT (3, second)

layout (push_constant) uniform Push
{
  uint group_x, group_y;
  uint parameter_at, gradient_at, first_at, second_at, count;
  float beta1, beta2, epsilon, clip, weight_decay;
  float shrink;           /* 1 - learning rate * weight decay */
  float step, correction; /* learning rate / (1 - beta1^t), 1 / sqrt (1 - beta2^t) */
};

void
main ()
{
  const uint i = (group_x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;

  if (i >= count)
    return;

  const float p = DECOUPLED != 0 ? parameter[parameter_at + i] * shrink : parameter[parameter_at + i];
  const float g = clip * gradient[gradient_at + i] + (DECOUPLED != 0 ? 0.0 : weight_decay * p);
  const float m = beta1 * first[first_at + i] + (1.0 - beta1) * g;
  const float v = beta2 * second[second_at + i] + (1.0 - beta2) * g * g;

  first[first_at + i] = m;
  second[second_at + i] = v;
  parameter[parameter_at + i] = p - step * m / (sqrt (v) * correction + epsilon);
}
