#version 450
#extension GL_GOOGLE_include_directive : require
#include "ops.glsl"
/* shaders/conv_weights.comp: the gradient of a convolution's weights, from x and dy as shaders/pack.comp lays them out; readable C in
 * core/nn/reference-conv.c.
 *
 * A workgroup computes, for four or eight output and four input channels, TAPS neighbouring columns of one kernel row.  Its lanes share the pixels of dy
 * among them, each a part of a row at a time, STEP pixels at once, and add up at the end what they found.
 *
 * set 0 binding 2  x, RGBA32UI texels  [image][x_quads][x_height][x_width]
 * set 1 binding 2  dy, RGBA32UI texels [image][y_quads][rows][columns]
 * set 2 binding 0  dweight, any strides
 * constant 1: columns of the kernel at once; 2: stride; 3: dilation; 4: 1 to add to what is there; 5: PAIRS, fours of
 * output channels at once.
 * Workgroups: (x_quads times kernel height times kernel width / TAPS rounded up, y_quads / PAIRS rounded up).
 */
layout (constant_id = 1) const uint TAPS = 3;
layout (constant_id = 2) const uint STRIDE = 1;
layout (constant_id = 3) const uint DILATION = 1;
layout (constant_id = 4) const uint ACCUMULATE = 0;
layout (constant_id = 5) const uint PAIRS = 1;

const uint STEP = 4;
const uint WINDOW = (STEP - 1) * STRIDE + (TAPS - 1) * DILATION + 1; /* texels of x that STEP pixels see */

layout (set = 0, binding = 2) uniform usamplerBuffer x;
layout (set = 1, binding = 2) uniform usamplerBuffer dy;
IN_OUT (2, dweight)

layout (push_constant) uniform Push
{
  uint group_x, group_y;
  uint images, x_quads, x_height, x_width, y_quads, rows, columns;
  uint parts, part;                    /* how many parts a row is shared out in, and pixels of each */
  uint kernel_h, kernel_w;
  uint inputs, outputs;                /* channels */
  uint first, by_o, by_i, by_y, by_x;  /* of dweight, in floats */
};

shared float sums[gl_WorkGroupSize.x * TAPS * PAIRS * 16];

void
main ()
{
  const uint lane = gl_LocalInvocationID.x;
  const uint tiles = (kernel_w + TAPS - 1) / TAPS;
  const uint id = group_x + gl_WorkGroupID.x, tile = id % tiles, ky = id / tiles % kernel_h, x_quad = id / tiles / kernel_h;
  const uint y_quad = PAIRS * (group_y + gl_WorkGroupID.y);
  vec4 acc[TAPS * PAIRS * 4];

  [[unroll]] for (uint k = 0; k < TAPS * PAIRS * 4; k++)
    acc[k] = vec4 (0.0);
  for (uint unit = lane; unit < images * rows * parts; unit += gl_WorkGroupSize.x)
    {
      const uint line = unit / parts, begin = (unit - line * parts) * part, end = min (begin + part, columns);
      const uint image = line / rows, row = line - image * rows;
      const uint y_at = ((image * y_quads + y_quad) * rows + row) * columns;
      const uint x_at = ((image * x_quads + x_quad) * x_height + row * STRIDE + ky * DILATION) * x_width + tile * TAPS * DILATION;

      for (uint column = begin; column < end; column += STEP)
        {
          vec4 v[WINDOW], d[STEP * PAIRS];

          [[unroll]] for (uint k = 0; k < WINDOW; k++)
            v[k] = uintBitsToFloat (texelFetch (x, int (x_at + column * STRIDE + k)));
          [[unroll]] for (uint p = 0; p < PAIRS; p++)
            [[unroll]] for (uint j = 0; j < STEP; j++)
              d[STEP * p + j] = uintBitsToFloat (texelFetch (dy, int (y_at + min (p, y_quads - 1 - y_quad) * rows * columns + min (column + j, end - 1))))
                                * (column + j < end ? 1.0 : 0.0);
          [[unroll]] for (uint k = 0; k < TAPS; k++)
            [[unroll]] for (uint o = 0; o < PAIRS * 4; o++)
              {
                vec4 sum = d[STEP * (o / 4)][o % 4] * v[k * DILATION];

                [[unroll]] for (uint j = 1; j < STEP; j++)
                  sum += d[STEP * (o / 4) + j][o % 4] * v[j * STRIDE + k * DILATION];
                acc[PAIRS * 4 * k + o] += sum;
              }
        }
    }
  [[unroll]] for (uint k = 0; k < TAPS * PAIRS * 4; k++)
    [[unroll]] for (uint c = 0; c < 4; c++)
      sums[(4 * k + c) * gl_WorkGroupSize.x + lane] = acc[k][c];
  barrier ();
  for (uint k = lane; k < TAPS * PAIRS * 16; k += gl_WorkGroupSize.x)
    {
      const uint kx = tile * TAPS + k / (PAIRS * 16), o = 4 * y_quad + k / 4 % (PAIRS * 4), c = 4 * x_quad + k % 4;
      float sum = 0.0;

      for (uint i = 0; i < gl_WorkGroupSize.x; i++)
        sum += sums[k * gl_WorkGroupSize.x + i];
      if (kx < kernel_w && o < outputs && c < inputs)
        {
          const uint to = first + o * by_o + c * by_i + ky * by_y + kx * by_x;

          dweight[to] = ACCUMULATE != 0 ? dweight[to] + sum : sum;
        }
    }
}
