/* tests/quality/cryptanalysis/vectors.c: what the shallow encoder of the method "sedd" makes of a picture, before it is sealed, see
 * cryptanalysis.h. */
#include "cryptanalysis.h"

#include "base/error.h"
#include "methods/sedd/sedd.h"

#include <string.h>

#define DRAWN_HIDDEN 48u
#define DRAWN_CHANNELS 48u
#define MOST_WEIGHT 63
#define NO_NUMBER 128u /* the byte of 0 */

/* Weights by chance: no encoder that anybody trained, so no network can have been made for it. */
static CncSeddEncoder *
draw_encoder (GError **error)
{
  static gint16 first[DRAWN_HIDDEN * SEDD_INPUTS], second[DRAWN_CHANNELS * DRAWN_HIDDEN];
  static gint32 first_bias[DRAWN_HIDDEN], second_bias[DRAWN_CHANNELS];
  const SeddEncoder code = { .hidden = DRAWN_HIDDEN,
                             .channels = DRAWN_CHANNELS,
                             .first_shift = 8,
                             .slope = 2,
                             .second_shift = 10,
                             .first = first,
                             .first_bias = first_bias,
                             .second = second,
                             .second_bias = second_bias };

  for (guint i = 0; i < G_N_ELEMENTS (first); i++)
    first[i] = (gint16) ((int) ca_random (11, i, 2 * MOST_WEIGHT + 1) - MOST_WEIGHT);
  for (guint i = 0; i < G_N_ELEMENTS (second); i++)
    second[i] = (gint16) ((int) ca_random (12, i, 2 * MOST_WEIGHT + 1) - MOST_WEIGHT);
  return cnc_sedd_encoder_new (&code, error);
}

CncSeddEncoder *
ca_encoder (const char *path, GError **error)
{
  return strcmp (path, "drawn") == 0 ? draw_encoder (error) : cnc_sedd_encoder_read (path, error);
}

/* Number c of a block stands at its pixel c, as byte: itself + 128. */
void
ca_vector_pair (const SeddEncoder *code, guint step, const guint8 *plain, guint side, guint8 *out)
{
  const guint across = side / SEDD_BLOCK, plane = across * across;
  gint16 fine[SEDD_MAX_CHANNELS * (CA_MAX_SIDE / SEDD_BLOCK) * (CA_MAX_SIDE / SEDD_BLOCK)];
  guint8 colours[SEDD_BLOCK * CA_MAX_SIDE * 3];

  for (guint row = 0; row < across; row++)
    {
      for (guint i = 0; i < SEDD_BLOCK * side * 3; i++)
        colours[i] = plain[row * SEDD_BLOCK * side + i / 3];
      sedd_encode (code, colours, 3 * side, side, SEDD_BLOCK, fine + row * across, plane);
    }
  memset (out, 0, 9 * side * side);
  for (guint y = 0; y < side; y++)
    for (guint x = 0; x < side; x++)
      {
        const guint c = y % SEDD_BLOCK * SEDD_BLOCK + x % SEDD_BLOCK;
        const int number = c < code->channels ? sedd_round (fine[c * plane + y / SEDD_BLOCK * across + x / SEDD_BLOCK], step) : 0;

        out[9 * y * side + 3 * x] = plain[y * side + x];
        out[9 * y * side + 3 * x + 1] = (guint8) (CLAMP (number, -127, 127) + (int) NO_NUMBER);
      }
}

CaPictures *
ca_owner_guess (const char *decoder, guint step, const CaPictures *pairs, GError **error)
{
  const guint side = pairs->side / 3, across = side / SEDD_BLOCK, plane = across * across;
  const gsize size = (gsize) side * side;
  g_autoptr (CncSeddDecoder) own = cnc_sedd_decoder_read (decoder, error);
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncWeights) weights = own != NULL ? cnc_weights_new (backend, own->net, error) : NULL;
  g_autoptr (CaPictures) guess = ca_pictures_new (side, pairs->n);
  g_autofree guint8 *colours = g_malloc (3 * size);
  gint16 values[SEDD_MAX_CHANNELS * (CA_MAX_SIDE / SEDD_BLOCK) * (CA_MAX_SIDE / SEDD_BLOCK)];
  CncRaster raster = { .width = side, .height = side, .data = colours };

  if (weights == NULL)
    return NULL;
  raster.format = (CncFormat){ .model = CNC_MODEL_RGB, .sample = CNC_SAMPLE_U8, .curve = CNC_CURVE_PERCEPTUAL };
  for (guint i = 0; i < pairs->n; i++)
    {
      const guint8 *pair = pairs->pixels + i * 9 * size;

      for (guint y = 0; y < side; y++)
        for (guint x = 0; x < side; x++)
          if (y % SEDD_BLOCK * SEDD_BLOCK + x % SEDD_BLOCK < own->channels)
            values[(y % SEDD_BLOCK * SEDD_BLOCK + x % SEDD_BLOCK) * plane + y / SEDD_BLOCK * across + x / SEDD_BLOCK]
                = (gint16) (pair[9 * y * side + 3 * x + 1] - (int) NO_NUMBER);
      if (!cnc_sedd_decode (own, backend, weights, values, step, &raster, NULL, error))
        return NULL;
      for (gsize at = 0; at < size; at++)
        guess->pixels[i * size + at]
            = (guint8) ((299u * colours[3 * at] + 587u * colours[3 * at + 1] + 114u * colours[3 * at + 2] + 500u) / 1000u);
    }
  return g_steal_pointer (&guess);
}
