#version 450
#extension GL_GOOGLE_include_directive : require
#include "ops.glsl"
/* shaders/jpeg.comp: pictures coded as JPEG with 4:2:0 and back, and the gradient; readable C in core/nn/reference-attacks.c.
 *
 * constant 1: 0 colours, rows to coefficients   set 0 x, set 2 levels
 *             1 columns, rounded, and back      set 2 levels
 *             2 rows back                       set 2 levels
 *             3 pictures                        set 0 levels, set 2 y
 *             4 gradient of the chroma          set 0 dy, set 2 chroma
 *             5 gradient of the pictures        set 0 dy, set 1 chroma, set 2 dx
 * constant 2: 1 to add to what is there (5).
 * levels: of each image luma in whole blocks, then both planes of chroma in whole blocks; chroma: both planes of half the sides.
 * Workgroups: (0 to 2: eights of the luma / lanes; 3, 5: pixels / lanes; 4: chroma / lanes; images, 0 to 2: three times, a plane each).
 */
layout (constant_id = 1) const uint KIND = 0;
layout (constant_id = 2) const uint ACCUMULATE = 0;

INPUT (0, source)
INPUT (1, other)
IN_OUT (2, result)

layout (push_constant) uniform Push
{
  uint group_x, group_y;
  uint source_first, other_first, first;
  uint height, width;
  uint lowest, qualities; /* quality: the lowest, and how many there are */
  uint seed_low, seed_high;
};

const uint STEPS[128] = {
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
  18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
  17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99
};

/* cos (k pi / 16) / 2; of frequency 0, where it is the root of an eighth, k is 4. */
const float COSINES[9] = { 0.5, 0.49039264020161522, 0.46193976625564337, 0.41573480615127262, 0.35355339059327376, 0.27778511650980111,
                           0.19134171618254489, 0.09754516100806413, 0.0 };

float cosine (uint u, uint x)
{
  const uint k = u == 0 ? 4 : (2 * x + 1) * u & 31; /* of 32: the half circle is 16 */
  const uint m = k > 16 ? 32 - k : k;

  return m > 8 ? -COSINES[16 - m] : COSINES[m];
}

void transform (inout float v[8], bool back)
{
  float sums[8];

  [[unroll]] for (uint u = 0; u < 8; u++)
    {
      sums[u] = 0.0;
      [[unroll]] for (uint x = 0; x < 8; x++)
        sums[u] += v[x] * (back ? cosine (x, u) : cosine (u, x));
    }
  v = sums;
}

uvec2 half_size ()
{
  return (uvec2 (width, height) + 1) / 2;
}

/* Sides of a plane of levels, and where it begins. */
uvec2 plane_size (uint plane)
{
  return ((plane == 0 ? uvec2 (width, height) : half_size ()) + 7) / 8 * 8;
}

uint plane_first (uint image, uint plane)
{
  const uvec2 luma = plane_size (0), chroma = plane_size (1);
  const uint whole = luma.x * luma.y, part = chroma.x * chroma.y;

  return image * (whole + 2 * part) + (plane > 0 ? whole : 0) + (plane > 1 ? part : 0);
}

vec3 colour (uint image, uint x, uint y)
{
  const uint at = source_first + (3 * image * height + min (y, height - 1)) * width + min (x, width - 1), area = height * width;

  return vec3 (source[at], source[at + area], source[at + 2 * area]);
}

float level (uint image, uint plane, uint x, uint y)
{
  float sum = 0.0;

  if (plane == 0)
    {
      const vec3 c = colour (image, x, y);

      return floor (255.0 * (0.299 * c.r + 0.587 * c.g + 0.114 * c.b) + 0.5) - 128.0;
    }
  for (uint k = 0; k < 4; k++)
    {
      const vec3 c = colour (image, 2 * x + k % 2, 2 * y + k / 2);

      sum += floor (255.0 * (plane == 1 ? -0.168736 * c.r - 0.331264 * c.g + 0.5 * c.b : 0.5 * c.r - 0.418688 * c.g - 0.081312 * c.b) + 0.4999);
    }
  return floor ((sum + 1.0 + float (x % 2)) / 4.0);
}

float step_of (uint image, uint plane, uint i)
{
  const uint word = pcg (pcg (seed_low + image * 0x9E3779B9u) + seed_high);
  uint quality, rest;

  umulExtended (word, qualities, quality, rest);
  quality += lowest;

  const uint scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;

  return float (clamp ((STEPS[(plane > 0 ? 64 : 0) + i] * scale + 50) / 100, 1u, 255u));
}

void rows (uint i, uint image, uint plane, bool back)
{
  const uvec2 size = plane_size (plane);
  const uint y = i / (size.x / 8), x = 8 * (i - y * (size.x / 8)), at = first + plane_first (image, plane) + y * size.x + x;
  float v[8];

  if (y >= size.y)
    return;
  [[unroll]] for (uint k = 0; k < 8; k++)
    v[k] = back ? result[at + k] : level (image, plane, x + k, y);
  transform (v, back);
  [[unroll]] for (uint k = 0; k < 8; k++)
    result[at + k] = back ? floor (v[k] + 0.5) : v[k];
}

void columns (uint i, uint image, uint plane)
{
  const uvec2 size = plane_size (plane);
  const uint y = i / size.x, x = i - y * size.x, at = first + plane_first (image, plane) + 8 * y * size.x + x;
  float v[8];

  if (8 * y >= size.y)
    return;
  [[unroll]] for (uint k = 0; k < 8; k++)
    v[k] = result[at + k * size.x];
  transform (v, false);
  [[unroll]] for (uint k = 0; k < 8; k++)
    {
      const float to = step_of (image, plane, 8 * k + x % 8), eighths = roundEven (8.0 * abs (v[k]));
      const float size_of = floor (eighths / (8.0 * to) + 0.5) * to;

      v[k] = v[k] < 0.0 ? -size_of : size_of;
    }
  transform (v, true);
  [[unroll]] for (uint k = 0; k < 8; k++)
    result[at + k * size.x] = v[k];
}

/* Which two samples of size the triangle filter takes at place at of twice as many. */
uvec2 neighbours (uint at, uint size)
{
  return uvec2 (at / 2, at % 2 != 0 ? min (at / 2 + 1, size - 1) : max (at / 2, 1) - 1);
}

float share (uint at, uint size, uint s)
{
  const uvec2 n = neighbours (at, size);

  return (n.x == s ? 0.75 : 0.0) + (n.y == s ? 0.25 : 0.0);
}

void picture (uint i, uint image)
{
  const uint y = i / width, x = i - y * width, area = height * width, to = first + 3 * image * area + i, across = plane_size (1).x;
  const uvec2 size = half_size (), rows = neighbours (y, size.y), columns = neighbours (x, size.x);
  const float luma = source[source_first + plane_first (image, 0) + y * plane_size (0).x + x] + 128.0;
  float c[2];

  [[unroll]] for (uint k = 0; k < 2; k++)
    {
      const uint at = source_first + plane_first (image, 1 + k);

      c[k] = floor ((9.0 * source[at + rows.x * across + columns.x] + 3.0 * source[at + rows.x * across + columns.y]
                     + 3.0 * source[at + rows.y * across + columns.x] + source[at + rows.y * across + columns.y] + (x % 2 != 0 ? 7.0 : 8.0))
                    / 16.0);
    }
  result[to] = (luma + floor (1.402 * c[1] + 0.5)) / 255.0;
  result[to + area] = (luma + floor (-0.344136 * c[0] - 0.714136 * c[1] + 0.5)) / 255.0;
  result[to + 2 * area] = (luma + floor (1.772 * c[0] + 0.5)) / 255.0;
}

void gather (uint i, uint image)
{
  const uvec2 size = half_size ();
  const uint sy = i / size.x, sx = i - sy * size.x, half_area = size.x * size.y, to = first + 2 * image * half_area + i;
  float cb = 0.0, cr = 0.0;

  for (uint y = max (2 * sy, 1) - 1; y < min (2 * sy + 3, height); y++)
    for (uint x = max (2 * sx, 1) - 1; x < min (2 * sx + 3, width); x++)
      {
        const vec3 c = colour (image, x, y);
        const float part = share (y, size.y, sy) * share (x, size.x, sx);

        cb += part * (-0.344136 * c.g + 1.772 * c.b);
        cr += part * (1.402 * c.r - 0.714136 * c.g);
      }
  result[to] = cb;
  result[to + half_area] = cr;
}

void add (uint at, float value)
{
  result[at] = ACCUMULATE != 0 ? result[at] + value : value;
}

void spread (uint i, uint image)
{
  const uvec2 size = half_size ();
  const uint y = i / width, x = i - y * width, area = height * width, to = first + 3 * image * area + i, half_area = size.x * size.y;
  const uint at = other_first + 2 * image * half_area + y / 2 * size.x + x / 2;
  const vec3 c = colour (image, x, y);
  const float part = (height % 2 != 0 && y == height - 1 ? 1.0 : 0.5) * (width % 2 != 0 && x == width - 1 ? 1.0 : 0.5);
  const float dy = c.r + c.g + c.b, cb = part * other[at], cr = part * other[at + half_area];

  add (to, 0.299 * dy - 0.168736 * cb + 0.5 * cr);
  add (to + area, 0.587 * dy - 0.331264 * cb - 0.418688 * cr);
  add (to + 2 * area, 0.114 * dy + 0.5 * cb - 0.081312 * cr);
}

void
main ()
{
  const uint i = (group_x + gl_WorkGroupID.x) * gl_WorkGroupSize.x + gl_LocalInvocationID.x, group = group_y + gl_WorkGroupID.y;

  if (KIND == 0 || KIND == 2)
    rows (i, group / 3, group % 3, KIND == 2);
  else if (KIND == 1)
    columns (i, group / 3, group % 3);
  else if (KIND == 3 && i < height * width)
    picture (i, group);
  else if (KIND == 4 && i < half_size ().x * half_size ().y)
    gather (i, group);
  else if (KIND == 5 && i < height * width)
    spread (i, group);
}
