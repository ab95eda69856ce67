/* core/stego/sealed.c: secrets as sealed streams, see sealed.h. */
#include "stego/sealed.h"

#include "seal/stream.h"

#define CHUNK_BYTES (CNC_STREAM_CHUNK_BYTES + CNC_STREAM_OVERHEAD_BYTES)

guint64
cnc_sealed_bytes (guint64 plain)
{
  return CNC_HEADER_STREAM_HEADER_BYTES + cnc_stream_length (plain);
}

guint64
cnc_sealed_room (guint64 sealed)
{
  guint64 rest, tail;

  if (sealed <= CNC_HEADER_STREAM_HEADER_BYTES)
    return 0;
  rest = sealed - CNC_HEADER_STREAM_HEADER_BYTES;
  tail = rest % CHUNK_BYTES;
  return rest / CHUNK_BYTES * CNC_STREAM_CHUNK_BYTES + (tail > CNC_STREAM_OVERHEAD_BYTES ? tail - CNC_STREAM_OVERHEAD_BYTES : 0);
}

gboolean
cnc_sealed_write (const guint8 *plain, gsize size, const CncSecret *key, const CncStegoRecord *record, guint8 *out, CncTask *task,
                  GError **error)
{
  g_autoptr (CncSealer) sealer = cnc_sealer_new (key, out, error);
  guint8 tag[CNC_HEADER_TAG_BYTES];
  gsize written;

  if (sealer == NULL)
    return FALSE;
  cnc_stego_record_hash (record, tag);
  cnc_sealer_start (sealer, tag, out + CNC_HEADER_STREAM_HEADER_BYTES, (gsize) cnc_stream_length (size));
  return cnc_sealer_push (sealer, plain, size, task, error) && cnc_sealer_finish (sealer, &written, error);
}

gboolean
cnc_sealed_open (const guint8 *sealed, gsize size, const CncSecret *key, const CncStegoRecord *record, guint8 *plain, CncTask *task,
                 GError **error)
{
  guint8 tag[CNC_HEADER_TAG_BYTES];

  cnc_stego_record_hash (record, tag);
  return cnc_stream_open (key, sealed, tag, sealed + CNC_HEADER_STREAM_HEADER_BYTES, size - CNC_HEADER_STREAM_HEADER_BYTES, plain, task,
                          error);
}
