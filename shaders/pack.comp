#version 450
#extension GL_GOOGLE_include_directive : require
#include "ops.glsl"
/* shaders/pack.comp: a tensor in the layout that convolutions read fastest: four channels side by side, one texel a pixel, with the border that the
 * kernel needs already in it.
 *
 * set 0 binding 0  source, any strides; binding 1: the same as R32UI texels
 * set 2 binding 0  result, vec4 [image][channel / 4][height][width], in half precision if constant 2 is 1; 0 outside of the source
 * constant 1: 1 to read texels; 2 to read four pixels of a channel as one RGBA32UI texel (binding 2): places, distances and width of the source are
 *             multiples of four then, but for the distance of pixels, which is 1, and spread is 1
 * Workgroups: (height width / lanes rounded up, images times channels / 4); where four pixels are read, height times the fours of pixels that the
 * result sees of a row of the source.
 */
layout (constant_id = 1) const uint TEXELS = 0;
layout (constant_id = 2) const uint HALF = 0;

INPUT (0, source)
layout (set = 0, binding = 1) uniform usamplerBuffer texels;
layout (set = 0, binding = 2) uniform usamplerBuffer quad_texels;
layout (set = 2, binding = 0, std430) writeonly buffer Result { vec4 result[]; };
layout (set = 2, binding = 0, std430) writeonly buffer Halves { uvec2 halves[]; };

layout (push_constant) uniform Push
{
  uint group_x, group_y;
  uint first, by_n, by_c, by_y, by_x; /* of the source, in floats */
  uint channels, height, width;       /* of the source */
  int up, left;                       /* the row and column of the source where the result begins; may lie outside */
  uint spread;                        /* distance of the source's pixels in the result: zeros between them */
  uint quads, to_height, to_width;    /* of the result */
};

float value (uint at)
{
  return TEXELS == 1 ? uintBitsToFloat (texelFetch (texels, int (at)).x) : source[at];
}

/* The nearest of half's numbers, ties to the even one, so that every device packs the same; what is too large becomes the largest. */
float rounded (float v)
{
  const uint bits = floatBitsToUint (v);

  if ((bits & 0x7f800000u) == 0x7f800000u)
    return v;
  return clamp (uintBitsToFloat (bits + 0xfffu + (bits >> 13 & 1u) & 0xffffe000u), -65504.0, 65504.0);
}

void put (uint at, vec4 v)
{
  if (HALF != 0)
    halves[at] = uvec2 (packHalf2x16 (vec2 (rounded (v.x), rounded (v.y))), packHalf2x16 (vec2 (rounded (v.z), rounded (v.w))));
  else
    result[at] = v;
}

/* Four pixels of four channels, turned round. */
void pack_four (uint i, uint plane, uint image, uint channel)
{
  const int begin = left >> 2, fours = (int (to_width) - 1 + left >> 2) - begin + 1;
  const uint row = i / uint (fours);
  const int y = int (row) + up, x = 4 * (begin + int (i) - int (row) * fours), column = x - left;
  vec4 v[4];

  if (row >= to_height)
    return;
  [[unroll]] for (uint c = 0; c < 4; c++)
    {
      v[c] = vec4 (0.0);
      if (y >= 0 && y < int (height) && x >= 0 && x < int (width) && channel + c < channels)
        v[c] = uintBitsToFloat (texelFetch (quad_texels, int (first + image * by_n + (channel + c) * by_c + uint (y) * by_y + uint (x) >> 2)));
    }
  [[unroll]] for (int k = 0; k < 4; k++)
    if (column + k >= 0 && column + k < int (to_width))
      put ((plane * to_height + row) * to_width + uint (column + k), vec4 (v[0][k], v[1][k], v[2][k], v[3][k]));
}

void
main ()
{
  const uint i = (group_x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
  const uint plane = group_y + gl_WorkGroupID.y, image = plane / quads, channel = 4 * (plane - image * quads);

  if (TEXELS == 2)
    {
      pack_four (i, plane, image, channel);
      return;
    }
  if (i >= to_height * to_width)
    return;

  const uint row = i / to_width, column = i - row * to_width;
  int y = int (row) + up, x = int (column) + left;
  bool inside = y >= 0 && x >= 0;
  vec4 v = vec4 (0.0);

  if (spread > 1)
    {
      inside = inside && uint (y) % spread == 0 && uint (x) % spread == 0;
      y /= int (spread);
      x /= int (spread);
    }
  inside = inside && y < int (height) && x < int (width);
  if (inside)
    {
      const uint at = first + image * by_n + channel * by_c + uint (y) * by_y + uint (x) * by_x;

      v.x = value (at);
      if (channel + 1 < channels)
        v.y = value (at + by_c);
      if (channel + 2 < channels)
        v.z = value (at + 2 * by_c);
      if (channel + 3 < channels)
        v.w = value (at + 3 * by_c);
    }
  put (plane * to_height * to_width + i, v);
}
