/* Opens every vector of hidden pictures as a receiver would and compares with what their heads expect. */
#include "judge.h"
#include "picture/pixels.h"
#include "stego/stego.h"

#define VECTORS_MIN 60u

static CncSecret *
unlock (const Vector *vector, const CncStegoRecord *record, guint *slot, GError **error)
{
  g_autoptr (CncSecret) secret = vector_kek (vector);

  if (secret != NULL)
    return cnc_stego_unlock_kek (record, secret, slot, error);
  secret = cnc_secret_new_passphrase ("one", 3, error);
  return cnc_stego_unlock (record, secret, slot, error);
}

/* Files whose red, green and blue are the same have one channel. */
static void
widen (CncRaster **image)
{
  CncRaster *out;

  if ((*image)->format.model != CNC_MODEL_GREY)
    return;
  out = cnc_rgb_new ((*image)->width, (*image)->height, NULL);
  for (gsize i = 0; i < cnc_raster_bytes (out); i++)
    out->data[i] = (*image)->data[i / 3];
  cnc_raster_free (*image);
  *image = out;
}

static void
test_vector (gconstpointer user_data)
{
  const CncRevealParams params = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (Vector) vector = vector_load (user_data, &error);
  g_autoptr (CncSecret) key = NULL;
  g_autoptr (CncRaster) secret = NULL;
  CncStegoRecord record;
  guint slot;

  g_assert_no_error (error);
  widen (&vector->image);
  if (cnc_stego_find (vector->image, &record, &error))
    key = unlock (vector, &record, &slot, &error);
  if (key != NULL)
    secret = cnc_reveal (vector->image, &record, key, slot, &params, &error);
  vector_judge (vector, secret, error);
}

int
main (int argc, char **argv)
{
  g_setenv ("CNNCRYPT_MODEL_PATH", "/nonexistent", TRUE);
  return vector_run (argc, argv, "hidden", VECTORS_MIN, test_vector);
}
