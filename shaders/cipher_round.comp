#version 450
/* shaders/cipher_round.comp: one coupling round of the integer cipher; defined in core/nn/backend.h, readable C in core/nn/reference.c.
 *
 * Every lane works on four neighbouring columns (one RGBA fetch) of ROWS rows, so that fetches and weights serve many words.
 * Addresses of weights and row tables depend on the workgroup alone: one load for all lanes.
 *
 * set 0 binding 1   tables   R32UI texels: kernel[36], mix[4], row_bias[4 height], column_bias[4 width], row_shift[height],
 *                            column_shift[width], from word table_word on
 * set 1 binding 2   source   RGBA32UI texels [height][width / 4]
 * set 2 binding 1   target   R32UI texels    [height][width]      inverse
 * set 2 binding 2   the same RGBA32UI texels [height][width / 4]  forward
 * set 3 binding 0   result   u32             [height][width]
 * constant 0: lanes in a workgroup; 1: rows a lane; 2: 1 for the inverse.  Workgroups: (width / 4 / lanes, height / rows), rounded up.
 */
layout (local_size_x_id = 0) in;
layout (constant_id = 1) const uint ROWS = 4;
layout (constant_id = 2) const uint INVERSE = 0;

layout (set = 0, binding = 1) uniform usamplerBuffer tables;
layout (set = 1, binding = 2) uniform usamplerBuffer source;
layout (set = 2, binding = 1) uniform usamplerBuffer target;
layout (set = 2, binding = 2) uniform usamplerBuffer target_quads;
layout (set = 3, binding = 0, std430) writeonly buffer Result { uint result[]; };
layout (set = 3, binding = 0, std430) writeonly buffer ResultQuads { uvec4 result_quads[]; };

layout (push_constant) uniform Push { uint width, height, table_word; };

const uint HIGH_BITS = 0x80808080u;

uint table (uint index) { return texelFetch (tables, int (index)).x; }

/* Each of the four bytes of each word modulo 256. */
uvec4 bytes_add (uvec4 a, uvec4 b) { return ((a & ~HIGH_BITS) + (b & ~HIGH_BITS)) ^ ((a ^ b) & HIGH_BITS); }
uvec4 bytes_subtract (uvec4 a, uvec4 b) { return ((a | HIGH_BITS) - (b & ~HIGH_BITS)) ^ ((a ^ ~b) & HIGH_BITS); }

/* The words before, at and behind this lane's four columns in one row. */
struct Row { uvec4 before, here, behind; };

void
main ()
{
  const uint quads = width >> 2;
  const uint quad = gl_WorkGroupID.x * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
  const uint y0 = gl_WorkGroupID.y * ROWS;
  const uint row_bias = table_word + 40, column_bias = row_bias + 4 * height, row_shift = column_bias + 4 * width;
  const uint column_shift = row_shift + height;
  Row row[3];
  uint kernel[36];
  uvec4 bias[4];

  if (quad >= quads)
    return;
  const uint left = (quad - 1) & (quads - 1), right = (quad + 1) & (quads - 1);

  for (uint c = 0; c < 4; c++)
    {
      for (uint i = 0; i < 9; i++)
        kernel[9 * c + i] = table (table_word + 9 * c + i);
      for (uint x = 0; x < 4; x++)
        bias[c][x] = table (column_bias + 16 * quad + 4 * x + c);
    }

  for (uint i = 0; i < ROWS + 2; i++)
    {
      const uint ys = y0 + height - 1 + i, base = ys % height * quads;
      const uvec4 l = texelFetch (source, int (base + left)), m = texelFetch (source, int (base + quad)), r = texelFetch (source, int (base + right));

      row[0] = row[1];
      row[1] = row[2];
      row[2] = Row (uvec4 (l.w, m.xyz), m, uvec4 (m.yzw, r.x));
      if (i < 2)
        continue;

      const uint y = y0 + i - 2;
      uvec4 out_word = uvec4 (0);

      if (y >= height)
        return;
      for (uint c = 0; c < 4; c++)
        {
          uvec4 acc = bias[c] + table (row_bias + 4 * y + c);

          for (uint dy = 0; dy < 3; dy++)
            acc += kernel[9 * c + 3 * dy] * row[dy].before + kernel[9 * c + 3 * dy + 1] * row[dy].here + kernel[9 * c + 3 * dy + 2] * row[dy].behind;
          out_word += table (table_word + 36 + c) * uvec4 (ivec4 (acc) >> (ivec4 (acc) >> 31 & 5));
        }
      out_word ^= out_word >> 16;

      const uvec4 x1 = uvec4 (0, 1, 2, 3) + (4 * quad + table (row_shift + y)) & uvec4 (width - 1);
      uvec4 y1 = y + uvec4 (table (column_shift + x1.x), table (column_shift + x1.y), table (column_shift + x1.z), table (column_shift + x1.w));

      y1 -= mix (uvec4 (0), uvec4 (height), greaterThanEqual (y1, uvec4 (height)));
      const uvec4 there = y1 * width + x1;

      if (INVERSE != 0)
        {
          const uvec4 value = uvec4 (texelFetch (target, int (there.x)).x, texelFetch (target, int (there.y)).x,
                                     texelFetch (target, int (there.z)).x, texelFetch (target, int (there.w)).x);

          result_quads[y * quads + quad] = bytes_subtract (value, out_word);
        }
      else
        {
          const uvec4 value = bytes_add (texelFetch (target_quads, int (y * quads + quad)), out_word);

          result[there.x] = value.x;
          result[there.y] = value.y;
          result[there.z] = value.z;
          result[there.w] = value.w;
        }
    }
}
