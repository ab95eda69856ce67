#version 450
/* shaders/add_bytes.comp: to[i] += from[i], or -=, each of the four bytes modulo 256; defined in core/nn/backend.h.
 *
 * Every lane works on EACH words; or, with QUADS, on EACH quads of words, read as texels: software Vulkan is several times as fast at
 * that as at loading from storage.  QUADS needs offsets and a length that are whole quads.
 *
 * set 0 binding 0   to     u32, words to_word to to_word + words - 1
 * set 0 binding 2   the same as RGBA32UI texels
 * set 1 binding 0   from   u32, words from_word to from_word + words - 1
 * set 1 binding 2   the same as RGBA32UI texels
 * constant 0: lanes in a workgroup; 1: EACH; 2: 1 to subtract; 3: QUADS.
 * Workgroups: words (or quads) / (lanes * EACH), rounded up.
 */
layout (local_size_x_id = 0) in;
layout (constant_id = 1) const uint EACH = 4;
layout (constant_id = 2) const uint SUBTRACT = 0;
layout (constant_id = 3) const uint QUADS = 0;

layout (set = 0, binding = 0, std430) buffer To { uint to[]; };
layout (set = 0, binding = 2) uniform usamplerBuffer to_quads;
layout (set = 1, binding = 0, std430) readonly buffer From { uint from[]; };
layout (set = 1, binding = 2) uniform usamplerBuffer from_quads;

layout (push_constant) uniform Push { uint to_word, from_word, words; };

const uint HIGH_BITS = 0x80808080u;

uvec4
sum (uvec4 a, uvec4 b)
{
  return SUBTRACT != 0 ? ((a | HIGH_BITS) - (b & ~HIGH_BITS)) ^ ((a ^ ~b) & HIGH_BITS)
                       : ((a & ~HIGH_BITS) + (b & ~HIGH_BITS)) ^ ((a ^ b) & HIGH_BITS);
}

void
main ()
{
  const uint begin = gl_WorkGroupID.x * gl_WorkGroupSize.x * EACH + gl_LocalInvocationID.x;

  for (uint i = 0; i < EACH; i++)
    {
      const uint index = begin + i * gl_WorkGroupSize.x;

      if (QUADS != 0)
        {
          if (index >= words / 4)
            return;
          const uint here = to_word + 4 * index;
          /* max changes nothing; see cipher_round.comp */
          const uvec4 value = max (sum (texelFetch (to_quads, int (here / 4)), texelFetch (from_quads, int (from_word / 4 + index))), uvec4 (words & 3));

          to[here] = value.x;
          to[here + 1] = value.y;
          to[here + 2] = value.z;
          to[here + 3] = value.w;
        }
      else
        {
          if (index >= words)
            return;
          to[to_word + index] = sum (uvec4 (to[to_word + index]), uvec4 (from[from_word + index])).x;
        }
    }
}
