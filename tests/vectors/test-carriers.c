/* Opens every vector of carriers as a receiver would and compares with what their heads expect. */
#include "judge.h"
#include "methods/carrier.h"
#include "methods/crypt.h"

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

/* identity: (nullable), else by the key of the head. */
static void
judge (const Vector *vector, const CncSecret *identity)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncCarrier) carrier = NULL;
  g_autoptr (CncSecret) key = NULL;
  g_autoptr (CncPicture) picture = NULL;
  const CncOpener opener = { .identity = identity };

  if (cnc_carrier_find (vector->image, NULL, &carrier, NULL, &error))
    key = identity != NULL ? cnc_unlock_carrier (carrier, &opener, &error) : unlock (vector, &carrier->header, &error);
  if (key != NULL)
    picture = cnc_share_decrypt (carrier, key, NULL, NULL, NULL, &error);
  vector_judge (vector, picture != NULL ? picture->raster : NULL, error);
}

static void
test_vector (gconstpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Vector) vector = vector_load (user_data, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < vector->identities->len; i++)
    {
      g_autoptr (CncSecret) identity = vector_identity (vector, i);

      judge (vector, identity);
    }
  if (vector->identities->len == 0)
    judge (vector, NULL);
}

int
main (int argc, char **argv)
{
  return vector_run (argc, argv, "carriers", VECTORS_MIN, test_vector);
}
