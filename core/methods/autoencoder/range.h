/* core/methods/autoencoder/range.h: a range coder with a carry (Martin 1979, in the form that LZMA has), in integers of 32 and 64 bits.
 *
 * What was coded with a slice [start, start + size) of 2^bits comes back from the same slices in the same order, on every machine.  The
 * decoder trusts nothing: it never reads outside of its bytes, and tells in the end whether they were exactly what an encoder writes.
 * Thread-safety: one thread a coder.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CNC_RANGE_MAX_BITS 16u

typedef struct
{
  GByteArray *out; /* (transfer none) */
  guint64 low;
  guint64 waiting; /* bytes that a carry may still change */
  guint32 range;
  guint8 first; /* of those bytes; the others are 0xff */
} CncRangeEncoder;

void cnc_range_encoder_init (CncRangeEncoder *coder, GByteArray *out);
/* size >= 1, start + size <= 2^bits, bits <= CNC_RANGE_MAX_BITS */
void cnc_range_encode (CncRangeEncoder *coder, guint32 start, guint32 size, guint bits);
void cnc_range_encoder_finish (CncRangeEncoder *coder);

typedef struct
{
  const guint8 *data;
  gsize size;
  gsize at;
  guint32 range, code;
  gboolean wrong; /* the bytes are not what an encoder writes; what comes out has no meaning */
} CncRangeDecoder;

void cnc_range_decoder_init (CncRangeDecoder *coder, const guint8 *data, gsize size);
/* Where in [0, 2^bits) the next slice lies; then take it away with its start and size. */
guint32 cnc_range_decode (CncRangeDecoder *coder, guint bits);
void cnc_range_decode_take (CncRangeDecoder *coder, guint32 start, guint32 size);
/* TRUE if all bytes were used and none was wrong. */
gboolean cnc_range_decoder_good (const CncRangeDecoder *coder);

G_END_DECLS
