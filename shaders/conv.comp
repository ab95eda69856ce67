#version 450
#extension GL_GOOGLE_include_directive : require
#ifdef SHUFFLE
#extension GL_KHR_shader_subgroup_shuffle : require
#endif
#include "ops.glsl"
/* shaders/conv.comp: a convolution of what shaders/pack.comp and shaders/pack_weights.comp laid out; readable C in core/nn/reference-conv.c.
 *
 * A lane computes ROWS rows of one column in EACH output channels.  All lanes of a workgroup need the same weights; a texel brings four
 * input channels at once, and where the rows of the kernel overlap serves all that see it.  Weights are read from a uniform buffer.
 * With SHUFFLE defined, for devices whose loads are one load a lane even where all lanes want the same: every lane fetches the weights of one of
 * eight channels as a texel, and hands them to the others.  That takes subgroups of at least eight lanes.
 *
 * set 0 binding 2  x, RGBA32UI texels [image][quads][height][width]; with HALF binding 3, RGBA16F texels
 * set 1 binding 0  weights and biases of the output channels at hand: a view of the right place; with SHUFFLE binding 2, RGBA32UI texels of all
 * set 2 binding 0  y, any strides
 * set 3 binding 0  residual, the strides of y
 * constant 1: rows a lane; 2, 3: kernel height and width; 4: stride; 5: dilation; 6: vec4 in the view of the weights; 7: see below;
 * 8: EACH, 8 or 16, or with SHUFFLE 4; 9: HALF, 1 if x is in half precision.
 * Workgroups: (images times rows / ROWS rounded up times columns, / lanes rounded up; output channels / EACH rounded up).
 */
layout (constant_id = 1) const uint ROWS = 8;
layout (constant_id = 2) const uint KERNEL_H = 3;
layout (constant_id = 3) const uint KERNEL_W = 3;
layout (constant_id = 4) const uint STRIDE = 1;
layout (constant_id = 5) const uint DILATION = 1;
layout (constant_id = 6) const uint QUADS = 1024;
layout (constant_id = 8) const uint EACH = 8;
layout (constant_id = 9) const uint HALF = 0;
layout (constant_id = 7) const uint FLAGS = 0; /* bits 0-2: activation; 3: add the residual; 4: add what is there */

const uint ACTIVATION = FLAGS & 7u;
const bool RESIDUAL = (FLAGS & 8u) != 0u;
const bool THERE = (FLAGS & 16u) != 0u;
const uint WINDOW = (ROWS - 1) * STRIDE + (KERNEL_H - 1) * DILATION + 1; /* texels of a column of x that a lane sees */
const bool SLIDING = WINDOW <= 24u && WINDOW < ROWS * KERNEL_H;

layout (set = 0, binding = 2) uniform usamplerBuffer x;
layout (set = 0, binding = 3) uniform samplerBuffer half_x;
#ifdef SHUFFLE
layout (set = 1, binding = 2) uniform usamplerBuffer weights;
#else
layout (set = 1, binding = 0, std140) uniform Weights { vec4 weight[QUADS]; };
#endif
IN_OUT (2, y)
INPUT (3, residual)

layout (push_constant) uniform Push
{
  uint group_x, group_y;
  uint images, quads, height, width; /* of x */
  uint channels, rows, columns;      /* of y */
  uint first, by_n, by_c, by_y, by_x; /* of y, in floats */
  uint residual_first;
  float slope;
  uint step; /* vec4 of the weights of EACH output channels */
};

vec4 fetch (uint at)
{
  return HALF != 0 ? texelFetch (half_x, int (at)) : uintBitsToFloat (texelFetch (x, int (at)));
}

/* The weights of EACH output channels for one place of the kernel, which begin at AT; one vec4 of them. */
#ifdef SHUFFLE
vec4 share_of (uint at)
{
  return uintBitsToFloat (texelFetch (weights, int ((group_y + gl_WorkGroupID.y) * step + at + (gl_SubgroupInvocationID & 7u))));
}

#define WEIGHTS(W, AT) const vec4 W[2] = { share_of (AT), EACH > 8 ? share_of (AT + 8) : vec4 (0.0) }
#define ONE(W, AT, O) subgroupShuffle (W[(O) / 8], (O) % 8)
#else
#define WEIGHTS(W, AT)
#define ONE(W, AT, O) weight[(AT) + (O)]
#endif

void
main ()
{
  const uint i = (group_x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x, group = group_y + gl_WorkGroupID.y;
  const uint bands = (rows + ROWS - 1) / ROWS, line = i / columns, column = i - line * columns;
  const uint image = min (line / bands, images - 1), row = ROWS * (line - line / bands * bands); /* no lane leaves before the others */
  float acc[ROWS * EACH];

  {
    WEIGHTS (w, 0u);

    [[unroll]] for (uint o = 0; o < EACH; o++)
      {
        const float bias = ONE (w, 0u, o / 4)[o % 4];

        [[unroll]] for (uint r = 0; r < ROWS; r++)
          acc[EACH * r + o] = bias;
      }
  }

  uint at = (image * quads * height + row * STRIDE) * width + column * STRIDE, tap = EACH / 4;

  for (uint c = 0; c < quads; c++, at += height * width)
    for (uint kx = 0; kx < KERNEL_W; kx++, tap += EACH * KERNEL_H)
      if (SLIDING)
        {
          vec4 v[WINDOW];

          [[unroll]] for (uint r = 0; r < WINDOW; r++)
            v[r] = fetch (at + kx * DILATION + r * width);
          [[unroll]] for (uint ky = 0; ky < KERNEL_H; ky++)
            {
              WEIGHTS (all, tap + EACH * ky);

              [[unroll]] for (uint o = 0; o < EACH; o++)
                {
                  const vec4 w = ONE (all, tap + EACH * ky, o);

                  [[unroll]] for (uint r = 0; r < ROWS; r++)
                    {
                      const vec4 seen = v[r * STRIDE + ky * DILATION];

                      acc[EACH * r + o] += seen.x * w.x + seen.y * w.y + seen.z * w.z + seen.w * w.w;
                    }
                }
            }
        }
      else
        for (uint ky = 0; ky < KERNEL_H; ky++)
          {
            vec4 v[ROWS];
            WEIGHTS (all, tap + EACH * ky);

            [[unroll]] for (uint r = 0; r < ROWS; r++)
              v[r] = fetch (at + kx * DILATION + (r * STRIDE + ky * DILATION) * width);
            [[unroll]] for (uint o = 0; o < EACH; o++)
              {
                const vec4 w = ONE (all, tap + EACH * ky, o);

                [[unroll]] for (uint r = 0; r < ROWS; r++)
                  acc[EACH * r + o] += v[r].x * w.x + v[r].y * w.y + v[r].z * w.z + v[r].w * w.w;
              }
          }

  if (line >= images * bands)
    return;
  [[unroll]] for (uint o = 0; o < EACH; o++)
    if (EACH * group + o < channels)
      [[unroll]] for (uint r = 0; r < ROWS; r++)
        if (row + r < rows)
          {
            const uint to = image * by_n + (EACH * group + o) * by_c + (row + r) * by_y + column * by_x;
            float v = acc[EACH * r + o];

            if (RESIDUAL)
              v += residual[residual_first + to];
            if (THERE)
              v += y[first + to];
            y[first + to] = activate (ACTIVATION, slope, v);
          }
}
