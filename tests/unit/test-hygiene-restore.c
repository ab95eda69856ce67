/* What the method "restore" leaves in memory of its keys, and of what the network made of the picture: nothing. */
#include "restore-help.h"

#include "hygiene.h"

#define PARTS 8u /* of the values */
#define SECRETS (6u + PARTS)

static guint
distinct (const guint8 *values)
{
  gboolean seen[256] = { FALSE };
  guint n = 0;

  for (guint i = 0; i < 32; i++)
    {
      n += !seen[values[i]];
      seen[values[i]] = TRUE;
    }
  return n;
}

/* The carrier key, its children, the beginning of what order and keystream are drawn from, and parts of the values. */
static void
secrets_of (const CncSecret *key, const CncPicture *picture, CncBackend *backend, Masked secrets[SECRETS])
{
  static const CncSubkey children[]
      = { CNC_SUBKEY_CARRIER_COMMITMENT, CNC_SUBKEY_CARRIER_SIZE, CNC_SUBKEY_CARRIER_CHAOS, CNC_SUBKEY_CARRIER_KEYSTREAM };
  g_autoptr (CncRestore) model = cnc_restore_find (NULL, NULL);
  g_autoptr (CncRaster) prepared = cnc_restore_prepare (model, picture, NULL, NULL);
  g_autoptr (CncWeights) weights = cnc_weights_new (backend, model->net, NULL);
  const CncRestoreRun run = { model, backend, weights, NULL };
  g_autofree guint8 *values = NULL;
  CncRestorePlan plan;
  guint8 bytes[CNC_KEY_BYTES], drawn[32];
  guint n = 0;

  secrets[n++] = mask (cnc_secret_bytes (key), CNC_KEY_BYTES);
  for (guint i = 0; i < G_N_ELEMENTS (children); i++)
    {
      cnc_subkey (key, children[i], bytes);
      secrets[n++] = mask (bytes, sizeof bytes);
    }
  cnc_keystream (bytes, 0, drawn, sizeof drawn); /* of the last child */
  secrets[n++] = mask (drawn, sizeof drawn);
  g_assert_true (cnc_restore_plan (model, prepared->width, prepared->height, 0, &plan, NULL));
  values = g_malloc (plan.places);
  g_assert_true (cnc_restore_encode (&run, &plan, prepared, values, NULL));
  for (gsize i = 0; n < SECRETS; i += 100)
    {
      g_assert_cmpuint (i + 32, <=, plan.count);
      if (distinct (values + i) >= 12) /* found nowhere by chance */
        secrets[n++] = mask (values + i, 32);
    }
  cnc_wipe (values, plan.places);
  cnc_wipe (bytes, sizeof bytes);
  cnc_wipe (drawn, sizeof drawn);
  g_assert_cmpuint (n, ==, SECRETS);
}

/* But for the key itself: that is still in use, and the search finds it. */
static void
assert_gone (const Masked secrets[SECRETS])
{
  for (guint i = 0; i < SECRETS; i++)
    g_assert_cmpuint (search (&secrets[i]), ==, i == 0);
}

static void
test_memory (void)
{
  g_autoptr (CncBackend) backend = cnc_cpu_backend_new ();
  g_autoptr (CncPicture) picture = colour_picture (150, 100);
  CncSecret *key;
  const CncCarrierParams params = { .backend = backend };
  g_autoptr (GError) error = NULL;
  g_autoptr (CncRaster) carrier = NULL;
  g_autoptr (CncPicture) back = NULL;
  CncRestoreExpected expected;
  Masked secrets[SECRETS];

  if (WITH_ASAN)
    {
      g_test_skip ("the address sanitizer maps more memory than can be searched");
      return;
    }
  key = cnc_secret_new_key (NULL, NULL);
  secrets_of (key, picture, backend, secrets);
  carrier = encrypt (picture, key, &params, &error);
  g_assert_no_error (error);
  assert_gone (secrets);
  back = decrypt (carrier, key, backend, NULL, &error);
  g_assert_no_error (error);
  assert_gone (secrets);
  g_assert_true (cnc_restore_expect (picture, &params, &expected, &error));
  assert_gone (secrets);
  cnc_secret_free (key);
  g_assert_cmpuint (search (&secrets[0]), ==, 0);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_assert_true (cnc_seal_init (NULL));
  models_make ();
  g_test_add_func ("/hygiene/restore", test_memory);
  status = g_test_run ();
  models_remove ();
  return status;
}
