/* shaders/winograd.glsl: the transforms of Winograd's convolution with 6 x 6 products a tile (Winograd 1980; Lavin and Gray 2016).
 *
 * The points are 0, +-1/sqrt 2, +-sqrt 2 and infinity: their powers stay near 1, so that single precision loses hardly more than in a sum of
 * products (of 64 channels, uniform in -1 ... 1, 1.0e-6 of the largest result beside 0.8e-6), and what belongs to a point and to its negative
 * shares its even and its odd part.
 */
const float HALF_ROOT = 0.70710678118654752;
const float ROOT = 1.41421356237309505;

/* Of six neighbours of x. */
void of_x (inout vec4 d[6])
{
  const vec4 zero = d[0] - 2.5 * d[2] + d[4], infinite = d[1] - 2.5 * d[3] + d[5];
  const vec4 even = d[4] - 2.0 * d[2], odd = HALF_ROOT * d[3] - ROOT * d[1];
  const vec4 far_even = d[4] - 0.5 * d[2], far_odd = ROOT * d[3] - HALF_ROOT * d[1];

  d[0] = zero;
  d[1] = even + odd;
  d[2] = even - odd;
  d[3] = far_even + far_odd;
  d[4] = far_even - far_odd;
  d[5] = infinite;
}

/* Of the first COUNT, three taps of a kernel or four neighbours of dy. */
void of_taps (inout vec4 d[6], uint count)
{
  const vec4 last = d[count - 1], third = count > 3 ? d[3] : vec4 (0.0);
  const vec4 even = (-2.0 / 3.0) * (d[0] + 0.5 * d[2]), odd = (-2.0 / 3.0) * (HALF_ROOT * d[1] + 0.5 * HALF_ROOT * third);
  const vec4 far_even = (1.0 / 6.0) * (d[0] + 2.0 * d[2]), far_odd = (1.0 / 6.0) * (ROOT * d[1] + 2.0 * ROOT * third);

  d[1] = even + odd;
  d[2] = even - odd;
  d[3] = far_even + far_odd;
  d[4] = far_even - far_odd;
  d[5] = last;
}

/* From the six products to the first COUNT, four sums of a tile or the gradients of three taps. */
void of_products (inout vec4 d[6], uint count)
{
  const vec4 even = d[1] + d[2], odd = d[1] - d[2], far_even = d[3] + d[4], far_odd = d[3] - d[4], last = d[5];

  d[0] = d[0] + even + far_even;
  d[1] = HALF_ROOT * odd + ROOT * far_odd;
  d[2] = 0.5 * even + 2.0 * far_even;
  d[3] = (0.5 * HALF_ROOT) * odd + (2.0 * ROOT) * far_odd;
  d[count - 1] += last;
}
