#version 450
#extension GL_GOOGLE_include_directive : require
#include "ops.glsl"
/* shaders/pool.comp: maximum and average pools, and their gradients; readable C in core/nn/reference-layout.c.
 *
 * set 0 x (large), set 1 dy (small), set 2 result: y (small) or dx (large); a gradient is gathered from all windows that saw a pixel
 * constant 1: 0 maximum, 1 its gradient, 2 average, 3 its gradient; 2: 1 to add to what is there
 * Workgroups: (numbers of the result / lanes rounded up, 1).
 */
layout (constant_id = 1) const uint KIND = 0;
layout (constant_id = 2) const uint ACCUMULATE = 0;

INPUT (0, x)
INPUT (1, dy)
IN_OUT (2, result)

layout (push_constant) uniform Push
{
  uint group_x, group_y;
  uint x_first, dy_first, first, count;
  uint height, width, rows, columns; /* large, small */
  uint kernel_h, kernel_w, stride;
};

/* Where the first maximum of a window of a plane lies. */
uint maximum (uint plane, uint row, uint column)
{
  const uint corner = plane * height * width + row * stride * width + column * stride;
  uint best = corner;

  for (uint ky = 0; ky < kernel_h; ky++)
    for (uint kx = 0; kx < kernel_w; kx++)
      if (x[x_first + corner + ky * width + kx] > x[x_first + best])
        best = corner + ky * width + kx;
  return best;
}

float forward (uint i)
{
  const uint plane = i / (rows * columns), place = i - plane * rows * columns, row = place / columns, column = place - row * columns;
  const uint corner = x_first + plane * height * width + row * stride * width + column * stride;
  float sum = 0.0;

  if (KIND == 0)
    return x[x_first + maximum (plane, row, column)];
  for (uint ky = 0; ky < kernel_h; ky++)
    for (uint kx = 0; kx < kernel_w; kx++)
      sum += x[corner + ky * width + kx];
  return sum / float (kernel_h * kernel_w);
}

float backward (uint i)
{
  const uint plane = i / (height * width), place = i - plane * height * width, y0 = place / width, x0 = place - y0 * width;
  const uint first_row = y0 >= kernel_h ? (y0 - kernel_h) / stride + 1 : 0, first_column = x0 >= kernel_w ? (x0 - kernel_w) / stride + 1 : 0;
  float sum = 0.0;

  for (uint row = first_row; row < rows && row * stride <= y0; row++)
    for (uint column = first_column; column < columns && column * stride <= x0; column++)
      if (KIND == 3 || maximum (plane, row, column) == i)
        sum += dy[dy_first + plane * rows * columns + row * columns + column];
  return KIND == 3 ? sum / float (kernel_h * kernel_w) : sum;
}

void
main ()
{
  const uint i = (group_x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;

  if (i >= count)
    return;

  float v = (KIND & 1u) == 0u ? forward (i) : backward (i);

  if (ACCUMULATE != 0)
    v += result[first + i];
  result[first + i] = v;
}
