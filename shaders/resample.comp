#version 450
#extension GL_GOOGLE_include_directive : require
#include "ops.glsl"
/* shaders/resample.comp: up-sampling, its gradients, and pixel shuffles; readable C in core/nn/reference-layout.c.
 *
 * set 0 source, set 2 result
 * constant 1: 0 nearest, 1 its gradient, 2 bilinear, 3 its gradient, 4 shuffle, 5 unshuffle; 2: 1 to add to what is there; 3: the factor
 * Workgroups: (numbers of a plane of the result / lanes rounded up, planes).
 */
layout (constant_id = 1) const uint KIND = 0;
layout (constant_id = 2) const uint ACCUMULATE = 0;
layout (constant_id = 3) const uint r = 2;

INPUT (0, source)
IN_OUT (2, result)

layout (push_constant) uniform Push
{
  uint group_x, group_y;
  uint source_first, first;
  uint height, width; /* of the result */
};

/* Between which two of size samples place at of the enlarged axis lies, and how far it is from the first. */
void between (uint at, uint size, out uint one, out uint two, out float part)
{
  const float place = max ((float (at) + 0.5) / float (r) - 0.5, 0.0);

  one = min (uint (place), size - 1);
  two = min (one + 1, size - 1);
  part = place - float (one);
}

/* How much sample i of size counts at place at of the enlarged axis. */
float share (uint at, uint size, uint i)
{
  uint one, two;
  float part;

  between (at, size, one, two, part);
  return (one == i ? 1.0 - part : 0.0) + (two == i ? part : 0.0);
}

float bilinear (uint plane, uint y, uint x)
{
  const uint h = height / r, w = width / r, base = source_first + plane * h * w;
  uint y0, y1, x0, x1;
  float fy, fx;

  between (y, h, y0, y1, fy);
  between (x, w, x0, x1, fx);
  return (1.0 - fy) * ((1.0 - fx) * source[base + y0 * w + x0] + fx * source[base + y0 * w + x1])
         + fy * ((1.0 - fx) * source[base + y1 * w + x0] + fx * source[base + y1 * w + x1]);
}

float bilinear_backward (uint plane, uint y, uint x)
{
  const uint large_h = height * r, large_w = width * r, base = source_first + plane * large_h * large_w;
  float sum = 0.0;

  for (uint i = y == 0 ? 0 : (y - 1) * r; i < min ((y + 2) * r, large_h); i++)
    for (uint k = x == 0 ? 0 : (x - 1) * r; k < min ((x + 2) * r, large_w); k++)
      sum += share (i, height, y) * share (k, width, x) * source[base + i * large_w + k];
  return sum;
}

float nearest_backward (uint plane, uint y, uint x)
{
  const uint base = source_first + (plane * height * r + y * r) * width * r + x * r;
  float sum = 0.0;

  for (uint i = 0; i < r; i++)
    for (uint k = 0; k < r; k++)
      sum += source[base + i * width * r + k];
  return sum;
}

void
main ()
{
  const uint place = (group_x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;

  if (place >= height * width)
    return;

  const uint plane = group_y + gl_WorkGroupID.y, i = plane * height * width + place, y = place / width, x = place - y * width;
  float v;

  if (KIND == 0)
    v = source[source_first + (plane * (height / r) + y / r) * (width / r) + x / r];
  else if (KIND == 1)
    v = nearest_backward (plane, y, x);
  else if (KIND == 2)
    v = bilinear (plane, y, x);
  else if (KIND == 3)
    v = bilinear_backward (plane, y, x);
  else if (KIND == 4)
    v = source[source_first + (((plane * r + y % r) * r + x % r) * (height / r) + y / r) * (width / r) + x / r];
  else
    v = source[source_first + (plane / (r * r) * height * r + y * r + plane / r % r) * width * r + x * r + plane % r];
  if (ACCUMULATE != 0)
    v += result[first + i];
  result[first + i] = v;
}
