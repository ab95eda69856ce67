/* A carrier of the method "restore" whose header somebody who has the passphrase made: its sizes and those of the picture inside, the
 * model, a body. u16 width, u16 height, u8 model, u24 width inside, u24 height inside, then the body, repeated as often as it takes. */
#include "fuzz.h"

#include "../unit/restore-case.h"

#define HEAD 11u

static char *folder;

static void
clean (void)
{
  static const char *const names[] = { "restore.safetensors", "restore-mri.safetensors", "restore-mnist.safetensors" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (folder, names[i], NULL);

      g_unlink (path);
    }
  g_rmdir (folder);
  g_free (folder);
}

/* The model that a byte means; the last one is none that is here. */
static void
mark_of (guint8 which, guint8 mark[CNC_RESTORE_MARK_BYTES])
{
  static const char *const names[] = { "restore", "restore-mri", "restore-mnist" };
  static guint8 marks[4][CNC_RESTORE_MARK_BYTES];

  if (folder == NULL)
    {
      folder = g_dir_make_tmp ("fuzz-restore-XXXXXX", NULL);
      restore_write_all (folder);
      g_setenv ("CNNCRYPT_MODEL_PATH", folder, TRUE);
      for (guint i = 0; i < G_N_ELEMENTS (names); i++)
        {
          g_autoptr (CncRestore) model = cnc_restore_find (names[i], NULL);

          cnc_restore_mark (model, marks[i]);
        }
      atexit (clean);
    }
  memcpy (mark, marks[which % 4], CNC_RESTORE_MARK_BYTES);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  CncCarrier carrier = { 0 };
  CncRestoreChannel channel = { -1 };
  g_autofree guint8 *body = NULL;
  g_autoptr (CncPicture) picture = NULL;
  g_autoptr (GError) error = NULL;
  guint32 width, height;
  gsize places;

  if (size <= HEAD)
    return 0;
  carrier.header = (CncCarrierHeader){
    .method = CNC_CARRIER_RESTORE, .ops = 3, .memory_kib = 65536, .width = cnc_get_u16 (data) % 300, .height = cnc_get_u16 (data + 2) % 800
  };
  if (!cnc_carrier_layout (carrier.header.width, carrier.header.height, &carrier.layout))
    return 0;
  /* 19 bits, the header's are 20: more is refused before.  What comes back may be much larger than the carrier, and is not made that large
   * here. */
  width = ((guint32) cnc_get_u16 (data + 5) | (guint32) data[7] << 16) % CNC_RASTER_MAX_SIDE + 1;
  height = ((guint32) cnc_get_u16 (data + 8) | (guint32) data[10] << 16) % CNC_RASTER_MAX_SIDE + 1;
  if ((guint64) width * height > 1u << 22)
    return 0;
  mark_of (data[4], carrier.header.model);
  cnc_carrier_header_finish (&carrier.header, fuzz_file_key (), width, height);
  places = (gsize) carrier.layout.body_width * carrier.layout.body_height;
  carrier.body = body = g_malloc (places);
  for (gsize i = 0; i < places; i++)
    body[i] = data[HEAD + i % (size - HEAD)];
  if ((data[4] & 4) != 0)
    {
      CncRestoreSeeds seeds;

      cnc_restore_seeds (fuzz_file_key (), &seeds);
      if (!cnc_restore_lock (&seeds, body, places, NULL, NULL))
        g_assert_not_reached ();
    }
  picture = cnc_restore_decrypt (&carrier, fuzz_file_key (), fuzz_backend (), &channel, NULL, &error);
  if (picture != NULL)
    {
      g_assert (picture->raster->width == width && picture->raster->height == height);
      g_assert (channel.strength >= 0 && channel.strength < CNC_RESTORE_WORST);
    }
  else
    g_assert (error->code == CNC_ERROR_DAMAGED || error->code == CNC_ERROR_BAD_FORMAT || error->code == CNC_ERROR_MODEL);
  return 0;
}
