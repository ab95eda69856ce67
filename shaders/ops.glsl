/* shaders/ops.glsl: what the shaders of networks share.
 *
 * Buffers hold floats; a tensor begins at the float that its push constant says.  The first two push constants of every shader are the first
 * workgroup of a dispatch that is a part of a larger one: such parts keep submissions short.
 * constant 0: lanes in a workgroup.
 */
#extension GL_EXT_control_flow_attributes : require

layout (local_size_x_id = 0) in;

#define INPUT(SET, NAME) layout (set = SET, binding = 0, std430) readonly buffer Block##NAME { float NAME[]; };
#define OUTPUT(SET, NAME) layout (set = SET, binding = 0, std430) writeonly buffer Block##NAME { float NAME[]; };
#define IN_OUT(SET, NAME) layout (set = SET, binding = 0, std430) buffer Block##NAME { float NAME[]; };

#define NONE 0u
#define RELU 1u
#define LEAKY_RELU 2u
#define SIGMOID 3u
#define TANH 4u

/* The 32-bit hash of Jarzynski and Olano 2020. */
uint pcg (uint value)
{
  const uint state = value * 747796405u + 2891336453u;
  const uint word = ((state >> ((state >> 28) + 4u)) ^ state) * 277803737u;

  return (word >> 22) ^ word;
}

/* tanh by what does not overflow. */
float safe_tanh (float x)
{
  const float e = exp (-2.0 * abs (x));

  return sign (x) * (1.0 - e) / (1.0 + e);
}

float activate (uint activation, float slope, float x)
{
  if (activation == RELU)
    return max (x, 0.0);
  if (activation == LEAKY_RELU)
    return x > 0.0 ? x : slope * x;
  if (activation == SIGMOID)
    return 1.0 / (1.0 + exp (-x));
  if (activation == TANH)
    return safe_tanh (x);
  return x;
}
