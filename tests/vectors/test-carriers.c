/* Opens every vector of carriers as a receiver would and compares with what their heads expect. */
#include "judge.h"
#include "methods/carrier.h"

#define VECTORS_MIN 20u

static CncSecret *
unlock (const Vector *vector, const CncCarrierHeader *header, GError **error)
{
  g_autoptr (CncSecret) secret = vector_kek (vector);

  if (secret != NULL)
    return cnc_carrier_unlock_kek (header, secret, error);
  secret = cnc_secret_new_passphrase ("one", 3, error);
  return cnc_carrier_unlock (header, secret, error);
}

static void
test_vector (gconstpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Vector) vector = vector_load (user_data, &error);
  g_autoptr (CncCarrier) carrier = NULL;
  g_autoptr (CncSecret) key = NULL;
  g_autoptr (CncPicture) picture = NULL;

  g_assert_no_error (error);
  if (cnc_carrier_find (vector->image, NULL, &carrier, NULL, &error))
    key = unlock (vector, &carrier->header, &error);
  if (key != NULL)
    picture = cnc_share_decrypt (carrier, key, NULL, NULL, NULL, &error);
  vector_judge (vector, picture != NULL ? picture->raster : NULL, error);
}

int
main (int argc, char **argv)
{
  return vector_run (argc, argv, "carriers", VECTORS_MIN, test_vector);
}
