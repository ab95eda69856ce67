#version 450
/* shaders/add_bytes.comp: to[i] += from[i], or -=, each of the four bytes modulo 256; defined in core/nn/backend.h.
 *
 * set 0 binding 0   to     u32, words to_word to to_word + words - 1
 * set 1 binding 0   from   u32, words from_word to from_word + words - 1
 * constant 0: lanes in a workgroup; 1: words a lane; 2: 1 to subtract.  Workgroups: words / (lanes * words a lane), rounded up.
 */
layout (local_size_x_id = 0) in;
layout (constant_id = 1) const uint WORDS = 4;
layout (constant_id = 2) const uint SUBTRACT = 0;

layout (set = 0, binding = 0, std430) buffer To { uint to[]; };
layout (set = 1, binding = 0, std430) readonly buffer From { uint from[]; };

layout (push_constant) uniform Push { uint to_word, from_word, words; };

const uint HIGH_BITS = 0x80808080u;

void
main ()
{
  const uint begin = gl_WorkGroupID.x * gl_WorkGroupSize.x * WORDS + gl_LocalInvocationID.x;

  for (uint i = 0; i < WORDS; i++)
    {
      const uint index = begin + i * gl_WorkGroupSize.x;

      if (index >= words)
        return;
      const uint a = to[to_word + index], b = from[from_word + index];

      to[to_word + index] = SUBTRACT != 0 ? ((a | HIGH_BITS) - (b & ~HIGH_BITS)) ^ ((a ^ ~b) & HIGH_BITS)
                                          : ((a & ~HIGH_BITS) + (b & ~HIGH_BITS)) ^ ((a ^ b) & HIGH_BITS);
    }
}
