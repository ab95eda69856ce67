#version 450
#extension GL_GOOGLE_include_directive : require
#include "ops.glsl"
/* shaders/ssim.comp: structural similarity of one plane in steps, and its gradient; formulas and readable C in core/nn/reference-ssim.c.
 *
 * constant 1: 0 filter rows         set 0 x, set 1 target, set 2 maps [5][height][valid width]
 *             1 compare             set 0 those maps, set 2 maps to spread back [3][valid height][valid width], set 3 a sum of each workgroup
 *             2 spread columns      set 0 those three, set 2 maps [3][height][valid width]
 *             3 spread rows, add up set 0 those, set 1 x, set 2 dx, set 3 target
 * constant 2: 1 to add to what is there (3).  Workgroups: (numbers of the result, of one map, / lanes rounded up, 1).
 */
layout (constant_id = 1) const uint KIND = 0;
layout (constant_id = 2) const uint ACCUMULATE = 0;

INPUT (0, a)
INPUT (1, b)
IN_OUT (2, result)
IN_OUT (3, d)

layout (push_constant) uniform Push
{
  uint group_x, group_y;
  uint a_first, b_first, first, d_first;
  uint height, width;
  float factor; /* of the gradient */
};

const float GAUSS[11] = { 0.00102838008447911, 0.00759875813523919, 0.03600077212843083, 0.10936068950970002, 0.21300553771125370, 0.26601172486179436,
                          0.21300553771125370, 0.10936068950970002, 0.03600077212843083, 0.00759875813523919, 0.00102838008447911 };
const float C1 = 0.0001, C2 = 0.0009;

shared float sums[gl_WorkGroupSize.x];

void filter_rows (uint i, uint valid_w)
{
  const uint y = i / valid_w, column = i - y * valid_w, at = y * width + column;
  float s[5];

  if (y >= height)
    return;
  [[unroll]] for (uint m = 0; m < 5; m++)
    s[m] = 0.0;
  [[unroll]] for (uint k = 0; k < 11; k++)
    {
      const float x = a[a_first + at + k], t = b[b_first + at + k];

      s[0] += GAUSS[k] * x;
      s[1] += GAUSS[k] * t;
      s[2] += GAUSS[k] * x * x;
      s[3] += GAUSS[k] * t * t;
      s[4] += GAUSS[k] * x * t;
    }
  [[unroll]] for (uint m = 0; m < 5; m++)
    result[first + m * height * valid_w + i] = s[m];
}

float compare (uint i, uint valid_w)
{
  const uint valid = (height - 10) * valid_w;
  float s[5];

  if (i >= valid)
    return 0.0;
  [[unroll]] for (uint m = 0; m < 5; m++)
    {
      s[m] = 0.0;
      [[unroll]] for (uint k = 0; k < 11; k++)
        s[m] += GAUSS[k] * a[a_first + m * height * valid_w + i + k * valid_w];
    }

  const float variances = s[2] - s[0] * s[0] + s[3] - s[1] * s[1], covariance = s[4] - s[0] * s[1];
  const float n1 = 2.0 * s[0] * s[1] + C1, n2 = 2.0 * covariance + C2, d1 = s[0] * s[0] + s[1] * s[1] + C1, d2 = variances + C2;
  const float similarity = n1 * n2 / (d1 * d2), by_p = -similarity / d2, by_r = 2.0 * n1 / (d1 * d2);

  result[first + i] = 2.0 * s[1] * n2 / (d1 * d2) - 2.0 * s[0] * similarity / d1 - 2.0 * s[0] * by_p - s[1] * by_r;
  result[first + valid + i] = by_p;
  result[first + 2 * valid + i] = by_r;
  return similarity;
}

void spread_columns (uint i, uint valid_w)
{
  const uint y = i / valid_w, column = i - y * valid_w, valid_h = height - 10;

  if (y >= height)
    return;
  for (uint m = 0; m < 3; m++)
    {
      float sum = 0.0;

      for (uint k = 0; k < 11; k++)
        if (y >= k && y - k < valid_h)
          sum += GAUSS[k] * a[a_first + (m * valid_h + y - k) * valid_w + column];
      result[first + m * height * valid_w + i] = sum;
    }
}

void spread_rows (uint i, uint valid_w)
{
  const uint y = i / width, column = i - y * width;
  float s[3];

  if (y >= height)
    return;
  [[unroll]] for (uint m = 0; m < 3; m++)
    {
      s[m] = 0.0;
      for (uint k = 0; k < 11; k++)
        if (column >= k && column - k < valid_w)
          s[m] += GAUSS[k] * a[a_first + (m * height + y) * valid_w + column - k];
    }

  const float v = -factor * (s[0] + 2.0 * b[b_first + i] * s[1] + d[d_first + i] * s[2]);

  result[first + i] = ACCUMULATE != 0 ? result[first + i] + v : v;
}

void
main ()
{
  const uint group = group_x + gl_WorkGroupID.x, lane = gl_LocalInvocationID.x, i = group * gl_WorkGroupSize.x + lane, valid_w = width - 10;

  if (KIND == 0)
    filter_rows (i, valid_w);
  if (KIND == 2)
    spread_columns (i, valid_w);
  if (KIND == 3)
    spread_rows (i, valid_w);
  if (KIND != 1)
    return;

  float total = compare (i, valid_w);

  sums[lane] = total;
  barrier ();
  if (lane > 0)
    return;
  for (uint k = 1; k < gl_WorkGroupSize.x; k++)
    total += sums[k];
  d[d_first + group] = total;
}
