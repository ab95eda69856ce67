/* core/picture/predict-rows.h: the row kernels for one sample type; predict.c includes it once for each of u8, u16, u32, u64.
 *
 * T: the sample as an unsigned integer; BITS: its bits; WIDE: a signed integer that holds sums of two (below 64 bits); N(name): name with
 * the type's suffix. Rows have one sample in front (index 0, the one "left of" the row); pointers below point at index 1, so that x - 1 is
 * always there.
 */

/* The median of left, up and left + up - upleft, in the form that becomes vector instructions. */
static inline T
N (med) (T left, T up, T upleft)
{
  const T low = left < up ? left : up;
  const T high = left < up ? up : left;
  const T plane = (T) (left + up - upleft);

  return upleft >= high ? low : upleft <= low ? high : plane;
}

/* The same in the form that has no jumps where it cannot be a vector: the third one kept between the other two. */
static inline T
N (med_in_turn) (T left, T up, T upleft)
{
#if BITS < 64
  const WIDE low = left < up ? left : up;
  const WIDE high = left < up ? up : left;
  const WIDE plane = (WIDE) left + (WIDE) up - (WIDE) upleft;
  const WIDE above = plane > low ? plane : low;

  return (T) (above < high ? above : high);
#else
  return N (med) (left, up, upleft);
#endif
}

/* Small differences of either sign become small numbers: 0 -1 1 -2 2 -> 0 1 2 3 4. */
static inline T
N (fold) (T v)
{
  return (T) ((T) (v << 1) ^ (T) (0 - (T) (v >> (BITS - 1))));
}

static inline T
N (unfold) (T v)
{
  return (T) ((T) (v >> 1) ^ (T) (0 - (T) (v & 1)));
}

#if BITS > 8
/* IEEE 754 bit patterns, sign and magnitude, to integers in the order of the numbers. */
static inline T
N (order) (T v)
{
  return (T) (v >> (BITS - 1) ? (T) ~v : (T) (v | (T) ((T) 1 << (BITS - 1))));
}

static inline T
N (unorder) (T v)
{
  return (T) (v >> (BITS - 1) ? (T) (v ^ (T) ((T) 1 << (BITS - 1))) : (T) ~v);
}
#endif

/* Half of a + b, rounded down, without leaving the type. */
static inline T
N (mean) (T a, T b)
{
  return (T) ((a & b) + (T) ((T) (a ^ b) >> 1));
}

#define HALF ((T) ((T) 1 << (BITS - 1)))

/* Red as its difference to green, blue as its difference to the mean of both; no difference is the middle of the range, so that small
 * ones of either sign do not wrap around. */
static inline void
N (decorrelate) (T *restrict r, const T *restrict g, T *restrict b, guint width)
{
  for (guint x = 0; x < width; x++)
    {
      b[x] = (T) (b[x] - N (mean) (r[x], g[x]) + HALF);
      r[x] = (T) (r[x] - g[x] + HALF);
    }
}

static inline void
N (correlate) (const T *restrict r, const T *restrict g, const T *restrict b, T *restrict red, T *restrict blue, guint width)
{
  for (guint x = 0; x < width; x++)
    {
      red[x] = (T) (r[x] + g[x] - HALF);
      blue[x] = (T) (b[x] + N (mean) (red[x], g[x]) - HALF);
    }
}

/* Interleaved samples to lanes. */
static inline void
N (load) (const CncPredict *p, const guint8 *row, T *const *lane, guint lanes)
{
  for (guint x = 0; x < p->width; x++)
    for (guint c = 0; c < lanes; c++)
      memcpy (&lane[c][x], row + ((gsize) x * lanes + c) * sizeof (T), sizeof (T));
#if BITS > 8
  if (p->floats)
    for (guint c = 0; c < lanes; c++)
      for (guint x = 0; x < p->width; x++)
        lane[c][x] = N (order) (lane[c][x]);
#endif
}

/* The reverse; other: rows to work in. */
static inline void
N (store) (const CncPredict *p, guint8 *row, T *const *lane, T *const *other, guint lanes)
{
  const T *from[4];

  for (guint c = 0; c < lanes; c++)
    from[c] = lane[c];
  if (lanes >= 3)
    {
      N (correlate) (lane[0], lane[1], lane[2], other[0], other[2], p->width);
      from[0] = other[0];
      from[2] = other[2];
    }
#if BITS > 8
  if (p->floats)
    {
      for (guint x = 0; x < p->width; x++)
        for (guint c = 0; c < lanes; c++)
          {
            const T v = N (unorder) (from[c][x]);

            memcpy (row + ((gsize) x * lanes + c) * sizeof (T), &v, sizeof (T));
          }
      return;
    }
#endif
  for (guint x = 0; x < p->width; x++)
    for (guint c = 0; c < lanes; c++)
      memcpy (row + ((gsize) x * lanes + c) * sizeof (T), &from[c][x], sizeof (T));
}

static inline void
N (residual_row) (const T *restrict now, const T *restrict before, T *restrict out, guint width, guint y)
{
  if (y == 0)
    for (guint x = 0; x < width; x++)
      out[x] = (T) (now[x] - now[(gssize) x - 1]);
  else
    for (guint x = 0; x < width; x++)
      out[x] = (T) (now[x] - N (med) (now[(gssize) x - 1], before[x], before[(gssize) x - 1]));
}

/* Residuals to byte planes. */
static inline void
N (split) (T *restrict r, guint width, guint8 *restrict planes, gsize plane_bytes)
{
#if BITS == 8
  (void) plane_bytes;
  memcpy (planes, r, width);
#else
  for (guint x = 0; x < width; x++)
    r[x] = N (fold) (r[x]);
  for (guint b = 0; b < BITS / 8; b++)
    {
      guint8 *restrict plane = planes + b * plane_bytes;
      const guint shift = BITS - 8 - 8 * b;

      for (guint x = 0; x < width; x++)
        plane[x] = (guint8) (r[x] >> shift);
    }
#endif
}

static inline void
N (join) (T *restrict r, guint width, const guint8 *restrict planes, gsize plane_bytes)
{
#if BITS == 8
  (void) plane_bytes;
  memcpy (r, planes, width);
#else
  for (guint x = 0; x < width; x++)
    r[x] = planes[x];
  for (guint b = 1; b < BITS / 8; b++)
    {
      const guint8 *restrict plane = planes + b * plane_bytes;

      for (guint x = 0; x < width; x++)
        r[x] = (T) ((T) (r[x] << 8) | plane[x]);
    }
  for (guint x = 0; x < width; x++)
    r[x] = N (unfold) (r[x]);
#endif
}

/* The sample left of a row: the one above its first sample, and 0 in the first row. */
static inline void
N (start) (T *now, const T *before, guint y)
{
  now[-1] = y == 0 ? 0 : before[0];
}

static inline void
N (encode_row) (const CncPredict *p, const guint8 *row, guint y, guint8 *planes, gsize plane_bytes, guint lanes)
{
  T *now[4], *before[4];
  T *out[4];
  const gsize at = (gsize) y * p->width;

  for (guint c = 0; c < lanes; c++)
    {
      now[c] = (T *) (void *) p->rows[y & 1][c] + 1;
      before[c] = (T *) (void *) p->rows[(y & 1) ^ 1][c] + 1;
    }
  N (load) (p, row, now, lanes);
  if (lanes >= 3)
    N (decorrelate) (now[0], now[1], now[2], p->width);
  for (guint c = 0; c < lanes; c++)
    {
      out[c] = (T *) (void *) p->residuals[c];
      N (start) (now[c], before[c], y);
      N (residual_row) (now[c], before[c], out[c], p->width, y);
    }
  for (guint c = 0; c < lanes; c++)
    N (split) (out[c], p->width, planes + c * sizeof (T) * plane_bytes + at, plane_bytes);
}

static inline void
N (decode_row) (const CncPredict *p, guint8 *row, guint y, const guint8 *planes, gsize plane_bytes, guint lanes)
{
  T *now[4], *before[4];
  T *in[4];
  T left[4];
  const gsize at = (gsize) y * p->width;

  for (guint c = 0; c < lanes; c++)
    {
      now[c] = (T *) (void *) p->rows[y & 1][c] + 1;
      before[c] = (T *) (void *) p->rows[(y & 1) ^ 1][c] + 1;
      in[c] = (T *) (void *) p->residuals[c];
      N (start) (now[c], before[c], y);
      left[c] = now[c][-1];
      N (join) (in[c], p->width, planes + c * sizeof (T) * plane_bytes + at, plane_bytes);
    }
  /* The lanes side by side: each is a chain of dependent operations, so that three take hardly longer than one. */
  for (guint x = 0; x < p->width; x++)
    {
      for (guint c = 0; c < lanes; c++)
        {
          const T prediction = y == 0 ? left[c] : N (med_in_turn) (left[c], before[c][x], before[c][(gssize) x - 1]);

          left[c] = (T) (prediction + in[c][x]);
          now[c][x] = left[c];
        }
    }
  N (store) (p, row, now, in, lanes);
}
/* One copy of each kernel for every number of lanes, so that the inner loops over lanes vanish. */
static void
N (encode) (const CncPredict *p, const guint8 *row, guint y, guint8 *planes, gsize plane_bytes)
{
  switch (p->lanes)
    {
    case 1:
      N (encode_row) (p, row, y, planes, plane_bytes, 1);
      break;
    case 2:
      N (encode_row) (p, row, y, planes, plane_bytes, 2);
      break;
    case 3:
      N (encode_row) (p, row, y, planes, plane_bytes, 3);
      break;
    default:
      N (encode_row) (p, row, y, planes, plane_bytes, 4);
      break;
    }
}

static void
N (decode) (const CncPredict *p, guint8 *row, guint y, const guint8 *planes, gsize plane_bytes)
{
  switch (p->lanes)
    {
    case 1:
      N (decode_row) (p, row, y, planes, plane_bytes, 1);
      break;
    case 2:
      N (decode_row) (p, row, y, planes, plane_bytes, 2);
      break;
    case 3:
      N (decode_row) (p, row, y, planes, plane_bytes, 3);
      break;
    default:
      N (decode_row) (p, row, y, planes, plane_bytes, 4);
      break;
    }
}

#undef HALF
#undef T
#undef BITS
#undef WIDE
#undef N
