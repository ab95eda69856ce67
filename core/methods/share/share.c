/* core/methods/share/share.c: the method "share": a compressed picture, sealed, in a carrier that survives JPEG; see methods/carrier.h and
 * core/channel/format.md. */
#include "methods/carrier.h"

#include <math.h>

#include "base/error.h"
#include "base/memory.h"
#include "channel/band.h"
#include "channel/body.h"
#include "channel/equalise.h"
#include "methods/autoencoder/autoencoder.h"
#include "methods/share/compressed.h"
#include "picture/convert.h"
#include "seal/stream.h"

#define LENGTHS 8u      /* of info and of the compressed picture, u32 each */
#define LEAST_ROOM 512u /* bytes that are worth it */
#define INFO_PART 16u   /* metadata take one part in so many of the room at most */
#define LEAST_PIXELS 4096u
#define DOUBTFUL 0.7 /* of a word's parity, from which on it may have been repaired to another one */

#define CHUNK_BYTES (CNC_STREAM_CHUNK_BYTES + CNC_STREAM_OVERHEAD_BYTES)

/* ---- sizes ---- */

/* The longest plaintext whose stream, with its header, takes room bytes at most. */
static gsize
plain_room (gsize room)
{
  gsize rest, tail;

  if (room <= CNC_HEADER_STREAM_HEADER_BYTES)
    return 0;
  rest = room - CNC_HEADER_STREAM_HEADER_BYTES;
  tail = rest % CHUNK_BYTES;
  return rest / CHUNK_BYTES * CNC_STREAM_CHUNK_BYTES + (tail > CNC_STREAM_OVERHEAD_BYTES ? tail - CNC_STREAM_OVERHEAD_BYTES : 0);
}

static gsize
body_pixels (const CncCarrierLayout *layout)
{
  return (gsize) layout->body_width * layout->body_height;
}

static guint
levels_of (guint levels)
{
  return levels == 0 ? 3 : levels;
}

static gboolean
has_room (guint32 width, guint32 height, guint levels, guint recipients)
{
  CncCarrierLayout layout;

  return cnc_carrier_layout_for (width, height, recipients, &layout) && cnc_body_room (body_pixels (&layout), levels) >= LEAST_ROOM;
}

static void
scaled_to (const CncRaster *picture, guint32 longest_side, guint32 *width, guint32 *height)
{
  const guint64 longest = MAX (picture->width, picture->height);

  *width = MAX ((guint32) ((2 * (guint64) picture->width * longest_side + longest) / (2 * longest)), 1);
  *height = MAX ((guint32) ((2 * (guint64) picture->height * longest_side + longest) / (2 * longest)), 1);
}

static gboolean
too_small (const CncRaster *picture, guint32 width, guint32 height, guint levels, guint recipients, GError **error)
{
  guint32 w = 0, h = 0, least = MAX (width, height);

  do
    scaled_to (picture, ++least, &w, &h);
  while (least < CNC_RASTER_MAX_SIDE && !has_room (w, h, levels, recipients));
  g_set_error (
      error, CNC_ERROR, CNC_ERROR_TOO_SMALL,
      "An encrypted picture of %u × %u pixels is too small to hold its header, its keys and a picture; choose a longest side of %u "
      "pixels or more.",
      width, height, least);
  return FALSE;
}

/* The carrier for a picture. */
static gboolean
carrier_size (const CncRaster *picture, guint32 longest_side, guint levels, guint recipients, guint32 *width, guint32 *height,
              GError **error)
{
  if (levels != 2 && levels != 3)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "Encrypted pictures that survive JPEG have 2 or 3 levels of grey, not %u.",
                   levels);
      return FALSE;
    }
  if (longest_side > CNC_RASTER_MAX_SIDE)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "The longest side is at most %u pixels.", CNC_RASTER_MAX_SIDE);
      return FALSE;
    }
  if (longest_side != 0)
    {
      scaled_to (picture, longest_side, width, height);
      return has_room (*width, *height, levels, recipients) || too_small (picture, *width, *height, levels, recipients, error);
    }
  /* As many pixels as the picture, and those of the keys. */
  *width = picture->width;
  *height = picture->height + cnc_key_band_rows (picture->width, recipients);
  if (has_room (*width, *height, levels, recipients)
      /* A small or very long picture: as few pixels as will do. */
      || cnc_carrier_size_for (CLAMP ((double) picture->width / picture->height, 0.25, 4),
                               MAX ((guint64) picture->width * picture->height, LEAST_PIXELS), recipients, width, height))
    return TRUE;
  return too_small (picture, *width, *height, levels, recipients, error);
}

/* ---- what goes in ---- */

/* All but the pixels, without what would take too much of the room. */
static GByteArray *
write_info (const CncPicture *picture, const CncRaster *eight, guint64 packed, gsize most, GString *notes, GError **error)
{
  CncPicture described = *picture;
  CncRaster geometry = *eight;
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  GByteArray *info;
  const char *left_out[4];
  guint n = 0;

  geometry.data = NULL;
  described.raster = &geometry;
  described.colormap = NULL;
  for (guint step = 0;; step++)
    {
      info = cnc_picture_write_info (&described, packed, FALSE, error);
      if (info == NULL || info->len <= most || step == 4)
        break;
      g_byte_array_unref (info);
      if (step == 0 && described.parasites->len > 0)
        {
          described.parasites = none;
          left_out[n++] = _ ("data that other plug-ins attached");
        }
      else if (step == 1 && described.metadata != NULL)
        {
          described.metadata = NULL;
          left_out[n++] = _ ("EXIF, XMP and IPTC");
        }
      else if (step == 2 && described.profile != NULL)
        {
          described.profile = NULL;
          left_out[n++] = _ ("the colour profile");
        }
      else if (step == 3 && described.name != NULL)
        {
          described.name = NULL;
          left_out[n++] = _ ("the layer's name");
        }
    }
  if (n > 0 && notes != NULL)
    {
      g_string_append (notes, _ ("Left out, because it would take too much of the room: "));
      for (guint i = 0; i < n; i++)
        g_string_append_printf (notes, "%s%s", i > 0 ? ", " : "", left_out[i]);
      g_string_append_c (notes, '.');
    }
  return info;
}

/* The plaintext of the stream: length of info, length of the compressed picture, both, zeros. */
static guint8 *
write_plain (const CncPicture *picture, const CncRaster *eight, gsize size, const CncCarrierParams *params, CncShareCompressed *compressed,
             GString *notes, GError **error)
{
  const gsize most = size / INFO_PART;
  g_autoptr (GByteArray) draft = write_info (picture, eight, 1, most, NULL, error), info = NULL;
  guint8 *plain;

  if (draft == NULL)
    return NULL;
  if (draft->len + LENGTHS >= size)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_TOO_SMALL, "There is no room for the picture; choose a longer side.");
      return NULL;
    }
  if (!cnc_share_compress (picture, eight, size - LENGTHS - draft->len, params->backend, compressed, params->task, error))
    return NULL;
  info = write_info (picture, eight, compressed->size, most, notes, error);
  plain = info != NULL ? cnc_alloc0 (size, 1, "the picture", error) : NULL;
  if (plain == NULL)
    return NULL;
  g_return_val_if_fail (info->len == draft->len, NULL);
  cnc_put_u32 (plain, info->len);
  cnc_put_u32 (plain + 4, (guint32) compressed->size);
  memcpy (plain + LENGTHS, info->data, info->len);
  memcpy (plain + LENGTHS + info->len, compressed->data, compressed->size);
  return plain;
}

/* The bytes of the body: stream header, stream, and a keystream in what no stream's length comes to. */
static guint8 *
seal (const guint8 *plain, gsize size, gsize room, const CncCarrierHeader *header, const CncSecret *key, CncTask *task, GError **error)
{
  g_autofree guint8 *bytes = cnc_alloc (room, 1, "the sealed picture", error);
  g_autoptr (CncSealer) sealer = bytes != NULL ? cnc_sealer_new (key, bytes, error) : NULL;
  guint8 tag[CNC_HEADER_TAG_BYTES], seed[CNC_KEY_BYTES];
  gsize written;

  if (sealer == NULL)
    return NULL;
  cnc_carrier_header_hash (header, tag);
  cnc_sealer_start (sealer, tag, bytes + CNC_HEADER_STREAM_HEADER_BYTES, room - CNC_HEADER_STREAM_HEADER_BYTES);
  if (!cnc_sealer_push (sealer, plain, size, task, error) || !cnc_sealer_finish (sealer, &written, error))
    return NULL;
  written += CNC_HEADER_STREAM_HEADER_BYTES;
  cnc_subkey (key, CNC_SUBKEY_CARRIER_FILL, seed);
  cnc_keystream (seed, 0, bytes + written, room - written);
  cnc_wipe (seed, sizeof seed);
  return g_steal_pointer (&bytes);
}

/* ---- what comes out ---- */

typedef struct
{
  guint8 *data; /* (owned); wiped */
  gsize size;
} Plain;

static void
plain_clear (Plain *plain)
{
  if (plain->data != NULL)
    cnc_wipe (plain->data, plain->size);
  g_clear_pointer (&plain->data, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Plain, plain_clear)

static gboolean
beyond_repair (const CncCarrier *carrier, const CncBodyReport *report, GError **error)
{
  g_autofree char *history = cnc_carrier_history (carrier);

  g_set_error (error, CNC_ERROR, CNC_ERROR_DAMAGED,
               "The key is right, but %u of the %u blocks of this picture cannot be repaired.%s It was %s more than it bears; ask "
               "for it again, in "
               "better quality and not scaled, or sent as a file.",
               report->lost, report->blocks, history, *history != '\0' ? _ ("changed") : _ ("compressed, scaled or painted on"));
  return FALSE;
}

/* A word with little parity that is beyond repair can come out as another one, and only the seal notices. */
static gboolean
altered (const CncBodyReport *report, GError **error)
{
  g_set_error (error, CNC_ERROR, CNC_ERROR_DAMAGED,
               "The key is right, but what is inside was %s, so nothing of it is shown; ask for the picture again.",
               report->worst > DOUBTFUL ? _ ("altered after it was encrypted, or the picture was changed more than it bears")
                                        : _ ("altered after it was encrypted"));
  return FALSE;
}

/* The bytes of the body; where that fails once more, with what blur and scaling up did to it undone. */
static gboolean
read_body (const CncCarrier *carrier, guint8 *bytes, CncBodyReport *report, CncTask *task, GError **error)
{
  const CncCarrierLayout *l = &carrier->layout;
  const gsize pixels = body_pixels (l);
  const guint levels = carrier->header.levels;
  g_autofree guint8 *sharp = NULL;
  CncBodyReport first;

  if (!cnc_body_read (carrier->body, pixels, levels, bytes, report, task, error))
    return FALSE;
  if (report->lost == 0)
    return TRUE;
  first = *report;
  sharp = cnc_alloc (pixels, 1, "the encrypted picture", error);
  if (sharp == NULL || !cnc_equalise (carrier->body, l->body_width, l->body_height, levels, sharp, task, error)
      || !cnc_body_read (sharp, pixels, levels, bytes, report, task, error))
    return FALSE;
  if (report->lost > 0)
    *report = first.lost < report->lost ? first : *report;
  return TRUE;
}

static gboolean
open_body (const CncCarrier *carrier, const CncSecret *key, Plain *plain, CncBodyReport *report, CncTask *task, GError **error)
{
  const gsize pixels = body_pixels (&carrier->layout), room = cnc_body_room (pixels, carrier->header.levels), size = plain_room (room);
  const gsize sealed = (gsize) cnc_stream_length (size) + CNC_HEADER_STREAM_HEADER_BYTES;
  guint8 tag[CNC_HEADER_TAG_BYTES], seed[CNC_KEY_BYTES], fill[CNC_STREAM_OVERHEAD_BYTES + 1];
  g_autofree guint8 *bytes = NULL;
  g_autoptr (GError) problem = NULL;

  if (size <= LENGTHS)
    {
      g_set_error_literal (
          error, CNC_ERROR, CNC_ERROR_BAD_FORMAT,
          "This encrypted picture is too small to hold anything, so it is not one that cnncrypt writes; ask for it again.");
      return FALSE;
    }
  bytes = cnc_alloc (room, 1, "the sealed picture", error);
  plain->data = bytes != NULL ? cnc_alloc (size, 1, "the picture", error) : NULL;
  plain->size = size;
  if (plain->data == NULL || !read_body (carrier, bytes, report, task, error))
    return FALSE;
  if (report->lost > 0)
    return beyond_repair (carrier, report, error);
  cnc_subkey (key, CNC_SUBKEY_CARRIER_FILL, seed);
  cnc_keystream (seed, 0, fill, room - sealed);
  cnc_wipe (seed, sizeof seed);
  cnc_carrier_header_hash (&carrier->header, tag);
  if (!cnc_equal (fill, bytes + sealed, room - sealed))
    return altered (report, error);
  if (cnc_stream_open (key, bytes, tag, bytes + CNC_HEADER_STREAM_HEADER_BYTES, sealed - CNC_HEADER_STREAM_HEADER_BYTES, plain->data, task,
                       &problem))
    return TRUE;
  if (g_error_matches (problem, CNC_ERROR, CNC_ERROR_DAMAGED))
    return altered (report, error);
  g_propagate_error (error, g_steal_pointer (&problem));
  return FALSE;
}

static gboolean
not_ours (const char *what, GError **error)
{
  g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_FORMAT,
               "What is in this encrypted picture is not what cnncrypt writes (%s); ask for it again.", what);
  return FALSE;
}

/* *picture: all but the pixels. */
static gboolean
read_plain (const Plain *plain, guint32 width, guint32 height, CncPicture **picture, CncFormat *format, const guint8 **data, gsize *size,
            GError **error)
{
  const guint32 info = cnc_get_u32 (plain->data), compressed = cnc_get_u32 (plain->data + 4);
  g_autoptr (CncPicture) read = NULL;
  guint32 w, h;
  guint64 packed;
  gboolean raw;

  if (info > plain->size - LENGTHS || compressed > plain->size - LENGTHS - info)
    return not_ours ("its lengths", error);
  for (gsize i = LENGTHS + (gsize) info + compressed; i < plain->size; i++)
    if (plain->data[i] != 0)
      return not_ours ("what stands behind it", error);
  read = cnc_picture_read_info (plain->data + LENGTHS, info, &w, &h, format, &packed, &raw, error);
  if (read == NULL)
    return FALSE;
  if (w != width || h != height || packed != compressed || raw)
    return not_ours ("its size", error);
  *data = plain->data + LENGTHS + info;
  *size = compressed;
  *picture = g_steal_pointer (&read);
  return TRUE;
}

CncPicture *
cnc_share_decrypt (const CncCarrier *carrier, const CncSecret *key, CncBackend *backend, CncShareRepair *repair, CncTask *task,
                   GError **error)
{
  g_auto (Plain) plain = { 0 };
  g_autoptr (CncPicture) picture = NULL;
  CncBodyReport report = { 0 };
  guint32 width, height;
  CncFormat format;
  const guint8 *data;
  gsize size;

  if (!cnc_carrier_header_open (&carrier->header, key, &width, &height, error))
    return NULL;
  if (carrier->header.method != CNC_CARRIER_SHARE)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "This picture was encrypted with another method than “share”.");
      return NULL;
    }
  if (!open_body (carrier, key, &plain, &report, task, error)
      || !read_plain (&plain, width, height, &picture, &format, &data, &size, error))
    return NULL;
  picture->raster = cnc_share_expand (data, size, carrier->header.model, width, height, &format, backend, task, error);
  if (picture->raster == NULL)
    return NULL;
  if (repair != NULL)
    *repair = (CncShareRepair){ report.blocks, report.repaired, (double) report.wrong / (double) MAX (report.symbols, 1), report.worst };
  return g_steal_pointer (&picture);
}

/* ---- encrypting ---- */

/* Opens the carrier as a receiver would, and compares. */
static gboolean
verify (const CncRaster *raster, const CncSecret *key, const guint8 *plain, gsize size, CncTask *task, GError **error)
{
  g_autoptr (CncCarrier) carrier = NULL;
  g_auto (Plain) again = { 0 };
  g_autoptr (GError) problem = NULL;
  CncBodyReport report = { 0 };
  guint32 width, height;

  if (cnc_carrier_find (raster, NULL, &carrier, task, &problem)
      && cnc_carrier_header_open (&carrier->header, key, &width, &height, &problem)
      && open_body (carrier, key, &again, &report, task, &problem))
    {
      if (again.size == size && memcmp (again.data, plain, size) == 0)
        return TRUE;
    }
  else if (g_error_matches (problem, CNC_ERROR, CNC_ERROR_CANCELLED) || g_error_matches (problem, CNC_ERROR, CNC_ERROR_NO_MEMORY))
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  g_set_error (error, CNC_ERROR, CNC_ERROR_GPU_LOST, "The check of the result failed, nothing was changed; try again. (%s)",
               problem != NULL ? problem->message : "It opens to something else.");
  return FALSE;
}

CncRaster *
cnc_share_encrypt (const CncPicture *picture, const CncCarrierLock *lock, const CncCarrierParams *params, GError **error)
{
  CncCarrierHeader header = { .method = CNC_CARRIER_SHARE, .levels = (guint8) levels_of (params->levels) };
  g_autoptr (CncRaster) eight = cnc_convert_to_8_bit (picture->raster, picture->colormap, error);
  g_autoptr (CncRaster) raster = NULL;
  g_autoptr (GString) notes = g_string_new (NULL);
  g_auto (CncShareCompressed) compressed = { 0 };
  g_auto (Plain) plain = { 0 };
  g_autofree guint8 *bytes = NULL;
  CncCarrierLayout layout;
  gsize room;

  if (eight == NULL
      || !carrier_size (eight, params->longest_side, levels_of (params->levels), lock->recipients, &header.width, &header.height, error))
    return NULL;
  raster = cnc_carrier_new (&header, error);
  if (raster == NULL || !cnc_carrier_layout_for (header.width, header.height, lock->recipients, &layout))
    return NULL;
  room = cnc_body_room (body_pixels (&layout), header.levels);
  plain.size = plain_room (room);
  plain.data = write_plain (picture, eight, plain.size, params, &compressed, notes, error);
  if (plain.data == NULL)
    return NULL;
  cnc_carrier_lock_header (lock, &header);
  memcpy (header.model, compressed.model, sizeof header.model);
  cnc_carrier_header_finish (&header, lock->key, eight->width, eight->height);
  bytes = seal (plain.data, plain.size, room, &header, lock->key, params->task, error);
  if (bytes == NULL
      || !cnc_body_write (bytes, header.levels, raster->data + (gsize) layout.body_y * header.width, body_pixels (&layout), params->task,
                          error)
      || !cnc_carrier_draw (raster, &header, error)
      || !cnc_carrier_draw_keys (raster, &header, (const guint8 (*)[CNC_STANZA_RECIPIENT_BYTES]) lock->keys, error)
      || !verify (raster, lock->key, plain.data, plain.size, params->task, error))
    return NULL;
  if (params->psnr != NULL)
    *params->psnr = compressed.psnr;
  if (params->notes != NULL)
    *params->notes = notes->len > 0 ? g_strdup (notes->str) : NULL;
  return g_steal_pointer (&raster);
}

gboolean
cnc_share_expect (const CncPicture *picture, guint32 longest_side, guint levels, guint recipients, guint32 *width, guint32 *height,
                  double *psnr, GError **error)
{
  const CncRaster *raster = picture->raster;
  CncCarrierLayout layout;
  gsize room;

  if (!carrier_size (raster, longest_side, levels_of (levels), recipients, width, height, error)
      || !cnc_carrier_layout_for (*width, *height, recipients, &layout))
    return FALSE;
  room = plain_room (cnc_body_room (body_pixels (&layout), levels_of (levels)));
  return cnc_share_sample (picture, room - MIN (room / (2 * INFO_PART), room), psnr, error);
}
