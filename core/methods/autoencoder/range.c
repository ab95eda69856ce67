/* The range coder, see range.h and format.md ("The latent"). */
#include "methods/autoencoder/range.h"

#define BOTTOM (1u << 24)

void
cnc_range_encoder_init (CncRangeEncoder *coder, GByteArray *out)
{
  *coder = (CncRangeEncoder){ .out = out, .range = G_MAXUINT32, .waiting = 1 };
}

/* The highest byte of low leaves, unless a carry could still come through it. */
static void
shift (CncRangeEncoder *coder)
{
  if (coder->low < 0xff000000u || coder->low > G_MAXUINT32)
    {
      const guint8 carry = (guint8) (coder->low >> 32);
      guint8 byte = coder->first;

      for (; coder->waiting > 0; coder->waiting--)
        {
          byte = (guint8) (byte + carry);
          g_byte_array_append (coder->out, &byte, 1);
          byte = 0xff;
        }
      coder->first = (guint8) (coder->low >> 24);
    }
  coder->waiting++;
  coder->low = (coder->low & 0x00ffffffu) << 8;
}

void
cnc_range_encode (CncRangeEncoder *coder, guint32 start, guint32 size, guint bits)
{
  coder->range >>= bits;
  coder->low += (guint64) start * coder->range;
  coder->range *= size;
  for (; coder->range < BOTTOM; coder->range <<= 8)
    shift (coder);
}

void
cnc_range_encoder_finish (CncRangeEncoder *coder)
{
  for (guint i = 0; i < 5; i++)
    shift (coder);
}

static void
read_byte (CncRangeDecoder *coder)
{
  guint8 byte = 0;

  if (coder->at < coder->size)
    byte = coder->data[coder->at++];
  else
    coder->wrong = TRUE;
  coder->code = coder->code << 8 | byte;
}

void
cnc_range_decoder_init (CncRangeDecoder *coder, const guint8 *data, gsize size)
{
  *coder = (CncRangeDecoder){ .data = data, .size = size, .range = G_MAXUINT32 };
  coder->wrong = size < 5 || data[0] != 0; /* nothing is carried into the first byte */
  for (guint i = 0; i < 5; i++)
    read_byte (coder);
}

guint32
cnc_range_decode (CncRangeDecoder *coder, guint bits)
{
  guint32 value;

  coder->range >>= bits;
  value = coder->code / coder->range;
  if (value < 1u << bits)
    return value;
  coder->wrong = TRUE;
  return (1u << bits) - 1;
}

void
cnc_range_decode_take (CncRangeDecoder *coder, guint32 start, guint32 size)
{
  coder->code -= start * coder->range;
  coder->range *= size;
  for (; coder->range < BOTTOM; coder->range <<= 8)
    read_byte (coder);
}

gboolean
cnc_range_decoder_good (const CncRangeDecoder *coder)
{
  return !coder->wrong && coder->at == coder->size && coder->code == 0;
}
