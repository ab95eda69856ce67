#version 450
#extension GL_GOOGLE_include_directive : require
#include "ops.glsl"
#include "winograd.glsl"
/* shaders/winograd_in.comp: tiles of what shaders/pack.comp laid out, transformed for shaders/winograd_product.comp: of x, 6 x 6 pixels at every
 * fourth one, or of dy, 4 x 4.
 *
 * A lane transforms one tile in four channels.  Tiles are counted over all images; [point] is one of 36.
 *
 * set 0 binding 2  RGBA32UI texels [image][quads][height][width]
 * set 2 binding 0  result; TURNED 0: [point][sums, from quad on][tile][channel % 4];
 *                  1: [point][channel / each][tile / 4][channel % each][tile % 4], with zeros for the channels and tiles that are not there
 * constant 1: SIDE, 6 or 4; 2: TURNED.
 * Workgroups: (tiles, rounded up to fours where turned, / lanes rounded up; fours of channels).
 */
layout (constant_id = 1) const uint SIDE = 6;
layout (constant_id = 2) const uint TURNED = 0;

layout (set = 0, binding = 2) uniform usamplerBuffer x;
OUTPUT (2, result)

layout (push_constant) uniform Push
{
  uint group_x, group_y;
  uint images, quads, height, width; /* of x */
  uint down, across;                 /* tiles of an image */
  uint quad;                         /* where its channels begin in the result, in fours */
  uint sums;                         /* not turned: fours of channels in the result */
  uint each, groups;                 /* turned */
  uint point;                        /* distance of points, in texels: not a multiple of what a cache repeats itself after */
};

void
main ()
{
  const uint tile = (group_x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x, four = group_y + gl_WorkGroupID.y;
  const uint tiles = images * down * across, stop = TURNED != 0 ? (tiles + 3) / 4 * 4 : tiles;
  vec4 v[36];

  if (tile >= stop)
    return;
  if (tile < tiles && four < quads)
    {
      const uint line = tile / across, image = line / down;
      const uint at = ((image * quads + four) * height + 4 * (line - image * down)) * width + 4 * (tile - line * across);

      [[unroll]] for (uint i = 0; i < SIDE; i++)
        {
          vec4 row[6];

          [[unroll]] for (uint k = 0; k < 6; k++)
            row[k] = k < SIDE ? uintBitsToFloat (texelFetch (x, int (at + i * width + k))) : vec4 (0.0);
          if (SIDE == 6)
            of_x (row);
          else
            of_taps (row, SIDE);
          [[unroll]] for (uint k = 0; k < 6; k++)
            v[6 * i + k] = row[k];
        }
      [[unroll]] for (uint k = 0; k < 6; k++)
        {
          vec4 column[6];

          [[unroll]] for (uint i = 0; i < 6; i++)
            column[i] = i < SIDE ? v[6 * i + k] : vec4 (0.0);
          if (SIDE == 6)
            of_x (column);
          else
            of_taps (column, SIDE);
          [[unroll]] for (uint i = 0; i < 6; i++)
            v[6 * i + k] = column[i];
        }
    }
  else
    [[unroll]] for (uint k = 0; k < 36; k++)
      v[k] = vec4 (0.0);

  [[unroll]] for (uint k = 0; k < 36; k++)
    if (TURNED == 0)
      {
        const uint to = 4 * (k * point + (quad + four) * tiles + tile);

        [[unroll]] for (uint c = 0; c < 4; c++)
          result[to + c] = v[k][c];
      }
    else
      {
        const uint c = 4 * (quad + four), group = c / each;
        const uint to = 4 * (k * point + (group * (stop / 4) + tile / 4) * each + c - group * each) + tile % 4;

        [[unroll]] for (uint n = 0; n < 4; n++)
          result[to + 4 * n] = v[k][n];
      }
}
