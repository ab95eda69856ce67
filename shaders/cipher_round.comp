#version 450
#extension GL_EXT_control_flow_attributes : require
/* shaders/cipher_round.comp: one coupling round of the integer cipher; defined in core/nn/backend.h, readable C in core/nn/reference.c.
 *
 * Every lane works on four neighbouring columns (one RGBA fetch) of ROWS rows, so that fetches and weights serve many words.
 * Addresses of weights and row tables depend on the workgroup alone: one load for all lanes.  Only the stores are masked, because
 * software Vulkan pays dearly for more: where a row is shorter than a workgroup, or rows are fewer than a lane works on, columns and
 * rows wrap around and are calculated in vain.  That takes ROWS <= 2 height.
 *
 * set 0 binding 0   tables   u32: kernel[36], mix[4], row_bias[4 height], column_bias[4 width], row_shift[height],
 *                            column_shift[width], from word table_word on
 * set 0 binding 1   the same R32UI texels
 * set 1 binding 2   source   RGBA32UI texels [height][width / 4]
 * set 2 binding 1   target   R32UI texels    [height][width]      inverse
 * set 2 binding 2   the same RGBA32UI texels [height][width / 4]  forward
 * set 3 binding 0   result   u32             [height][width]
 * constant 0: lanes in a workgroup; 1: rows a lane; 2: 1 for the inverse.  Workgroups: (width / 4 / lanes, height / rows), rounded up.
 */
layout (local_size_x_id = 0) in;
layout (constant_id = 1) const uint ROWS = 4;
layout (constant_id = 2) const uint INVERSE = 0;

layout (set = 0, binding = 0, std430) readonly buffer Tables { uint table[]; };
layout (set = 0, binding = 1) uniform usamplerBuffer table_texels;
layout (set = 1, binding = 2) uniform usamplerBuffer source;
layout (set = 2, binding = 1) uniform usamplerBuffer target;
layout (set = 2, binding = 2) uniform usamplerBuffer target_quads;
layout (set = 3, binding = 0, std430) writeonly buffer Result { uint result[]; };
layout (set = 3, binding = 0, std430) writeonly buffer ResultQuads { uvec4 result_quads[]; };

layout (push_constant) uniform Push { uint width, height, table_word; };

const uint HIGH_BITS = 0x80808080u;

/* Where the address is not the same for all lanes. */
uint table_at (uint index) { return texelFetch (table_texels, int (index)).x; }
uint fetch (uint index) { return texelFetch (target, int (index)).x; }

/* Each of the four bytes of each word modulo 256. */
uvec4 bytes_add (uvec4 a, uvec4 b) { return ((a & ~HIGH_BITS) + (b & ~HIGH_BITS)) ^ ((a ^ b) & HIGH_BITS); }
uvec4 bytes_subtract (uvec4 a, uvec4 b) { return ((a | HIGH_BITS) - (b & ~HIGH_BITS)) ^ ((a ^ ~b) & HIGH_BITS); }

/* The words before, at and behind this lane's four columns in one row. */
struct Row { uvec4 before, here, behind; };

/* y modulo height, for y < 3 height: the difference is the smaller one unless it wraps around. */
uint wrap (uint y) { y = min (y, y - height); return min (y, y - height); }

/* A row's four words of this lane with the word before and the word behind. */
Row row_at (uint y, uint left, uint quad, uint right, uint quads)
{
  const uint base = wrap (y) * quads;
  const uvec4 l = texelFetch (source, int (base + left)), m = texelFetch (source, int (base + quad)), r = texelFetch (source, int (base + right));

  return Row (uvec4 (l.w, m.xyz), m, uvec4 (m.yzw, r.x));
}

void
main ()
{
  const uint quads = width >> 2;
  const uint lane = gl_WorkGroupID.x * gl_WorkGroupSize.x + gl_LocalInvocationID.x, quad = lane & quads - 1;
  const uint left = quad - 1 & quads - 1, right = quad + 1 & quads - 1;
  const uint y0 = gl_WorkGroupID.y * ROWS;
  const uint row_bias = table_word + 40, column_bias = row_bias + 4 * height, row_shift = column_bias + 4 * width;
  const uint column_shift = row_shift + height;
  Row row[3];
  uint kernel[36], mix_by[4];
  uvec4 bias[4];

  [[unroll]] for (uint c = 0; c < 4; c++)
    {
      [[unroll]] for (uint i = 0; i < 9; i++)
        kernel[9 * c + i] = table[table_word + 9 * c + i];
      [[unroll]] for (uint x = 0; x < 4; x++)
        bias[c][x] = table_at (column_bias + 16 * quad + 4 * x + c);
      mix_by[c] = table[table_word + 36 + c];
    }
  row[1] = row_at (y0 + height - 1, left, quad, right, quads);
  row[2] = row_at (y0, left, quad, right, quads);

  [[unroll]] for (uint i = 0; i < ROWS; i++)
    {
      const uint y = wrap (y0 + i);
      uvec4 out_word = uvec4 (0);

      row[0] = row[1];
      row[1] = row[2];
      row[2] = row_at (y0 + i + 1, left, quad, right, quads);
      [[unroll]] for (uint c = 0; c < 4; c++)
        {
          uvec4 acc = bias[c] + table[row_bias + 4 * y + c];

          [[unroll]] for (uint dy = 0; dy < 3; dy++)
            acc += kernel[9 * c + 3 * dy] * row[dy].before + kernel[9 * c + 3 * dy + 1] * row[dy].here + kernel[9 * c + 3 * dy + 2] * row[dy].behind;
          out_word += mix_by[c] * uvec4 (ivec4 (acc) >> (ivec4 (acc) >> 31 & 5));
        }
      out_word ^= out_word >> 16;

      const uvec4 x1 = uvec4 (0, 1, 2, 3) + (4 * quad + table[row_shift + y]) & uvec4 (width - 1);
      uvec4 y1 = y + uvec4 (table_at (column_shift + x1.x), table_at (column_shift + x1.y), table_at (column_shift + x1.z), table_at (column_shift + x1.w));

      y1 = min (y1, y1 - height);
      const uvec4 there = y1 * width + x1;
      const int here = int (y * quads + quad);
      uvec4 value;

      if (INVERSE != 0)
        value = bytes_subtract (uvec4 (fetch (there.x), fetch (there.y), fetch (there.z), fetch (there.w)), out_word);
      else
        value = bytes_add (texelFetch (target_quads, here), out_word);
      /* Changes nothing (width & 3 is 0); it keeps Mesa's compiler from moving the sum into the loop over lanes that a store becomes. */
      value = max (value, uvec4 (width & 3u));
      if (lane < quads && y0 + i < height)
        {
          if (INVERSE != 0)
            result_quads[here] = value;
          else
            {
              result[there.x] = value.x;
              result[there.y] = value.y;
              result[there.z] = value.z;
              result[there.w] = value.w;
            }
        }
    }
}
