/* tests/unit/test-rs.c: the codes of carriers beside others that were not made with libfec, and what they repair. */
#include <string.h>

#ifdef HAVE_RSCODE
#include <rscode/ecc.h>
#undef TRUE
#undef FALSE
#define TRUE (!FALSE)
#define FALSE (0)
#endif

#include "base/error.h"
#include "channel/body.h"
#include "channel/rs.h"
#include "rs-values.h"
#include "seal/keys.h"

static CncRs *
code_of (guint bits, guint length, guint parity)
{
  g_autoptr (GError) error = NULL;
  CncRs *code = cnc_rs_new (bits, length, parity, &error);

  g_assert_no_error (error);
  return code;
}

static void
compare (guint bits, const guint16 *expected, guint length, guint parity)
{
  g_autoptr (CncRs) code = code_of (bits, length, parity);
  guint word[2047];

  for (guint i = 0; i < length; i++)
    word[i] = i < length - parity ? expected[i] : 0;
  cnc_rs_encode (code, word);
  for (guint i = 0; i < length; i++)
    g_assert_cmpuint (word[i], ==, expected[i]);
}

static void
test_values (void)
{
  compare (8, rs_bytes, G_N_ELEMENTS (rs_bytes), RS_BYTES_PARITY);
  compare (11, rs_elevens, G_N_ELEMENTS (rs_elevens), RS_ELEVENS_PARITY);
}

/* Another library has the same code over bytes, with as much parity as it was built with. */
static void
test_rscode (void)
{
#ifdef HAVE_RSCODE
  g_autoptr (CncRs) code = code_of (8, 100 + NPAR, NPAR);

  initialize_ecc ();
  for (guint round = 0; round < 100; round++)
    {
      guint8 message[100], coded[100 + NPAR];
      guint word[100 + NPAR];

      for (guint i = 0; i < 100; i++)
        word[i] = message[i] = (guint8) g_test_rand_int_range (0, 256);
      encode_data (message, 100, coded);
      cnc_rs_encode (code, word);
      for (guint i = 0; i < sizeof coded; i++)
        g_assert_cmpuint (word[i], ==, coded[i]);
    }
#else
  g_test_skip ("built without librscode");
#endif
}

static void
test_repair (void)
{
  static const struct
  {
    guint bits, length, parity;
  } shapes[] = { { 8, 96, 40 }, { 11, 2047, 256 }, { 11, 1500, 188 }, { 11, 30, 4 } };

  for (guint s = 0; s < G_N_ELEMENTS (shapes); s++)
    for (guint round = 0; round < 40; round++)
      {
        const guint length = shapes[s].length, parity = shapes[s].parity, limit = 1u << shapes[s].bits;
        const guint erased = (guint) g_test_rand_int_range (0, (gint32) parity + 1), errors = (parity - erased) / 2;
        g_autoptr (CncRs) code = code_of (shapes[s].bits, length, parity);
        guint word[2047], sent[2047], places[2047], order[2047];

        for (guint i = 0; i < length; i++)
          {
            word[i] = (guint) g_test_rand_int_range (0, (gint32) limit);
            order[i] = i;
          }
        cnc_rs_encode (code, word);
        memcpy (sent, word, sizeof sent);
        for (guint i = 0; i < erased + errors; i++) /* all at different places */
          {
            const guint k = (guint) g_test_rand_int_range ((gint32) i, (gint32) length), other = order[k];

            order[k] = order[i];
            order[i] = other;
            if (i < erased)
              places[i] = other;
            word[other] = i < erased ? (guint) g_test_rand_int_range (0, (gint32) limit)
                                     : word[other] ^ (guint) g_test_rand_int_range (1, (gint32) limit);
          }
        g_assert_cmpint (cnc_rs_decode (code, word, places, erased), ==, erased + errors);
        g_assert_cmpmem (word, (int) (length * sizeof *word), sent, (int) (length * sizeof *sent));
        for (guint i = 0; i <= parity / 2; i++) /* one too many */
          word[order[i]] ^= 1;
        memcpy (sent, word, sizeof sent);
        if (cnc_rs_decode (code, word, NULL, 0) < 0)
          g_assert_cmpmem (word, (int) (length * sizeof *word), sent, (int) (length * sizeof *sent));
        else
          g_assert_cmpuint (parity, <, 8); /* little parity: another word may be near */
      }
}

/* Bytes through a body, with as many pixels wrong as it bears, in one place or all over; and with one share more than that. */
static void
test_body (void)
{
  static const gsize sizes[] = { 700, 5000, 14330, 100003, 368640 };

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
    for (guint levels = 2; levels <= 3; levels++)
      {
        const gsize pixels = sizes[s], room = cnc_body_room (pixels, levels), spot = pixels / 18;
        g_autofree guint8 *bytes = g_malloc (room), *body = g_malloc (pixels), *back = g_malloc (room);
        g_autoptr (GError) error = NULL;
        CncBodyReport report;

        g_assert_cmpfloat (8.0 * (double) room / (double) pixels, >, levels == 2 ? 0.8 : 1.25);
        cnc_random (bytes, room);
        g_assert_true (cnc_body_write (bytes, levels, body, pixels, NULL, &error));
        for (gsize i = 0; i < pixels; i++)
          g_assert_true (body[i] == 0 || body[i] == 255 || (levels == 3 && body[i] == 128));
        g_assert_true (cnc_body_read (body, pixels, levels, back, &report, NULL, &error));
        g_assert_cmpuint (report.repaired + report.lost, ==, 0);
        g_assert_true (memcmp (bytes, back, room) == 0);
        memset (body + pixels / 3, 255, spot);
        g_assert_true (cnc_body_read (body, pixels, levels, back, &report, NULL, &error));
        g_assert_cmpuint (report.lost, ==, 0);
        g_assert_cmpuint (report.repaired, ==, report.blocks);
        g_assert_cmpfloat (report.worst, >, 0.5);
        g_assert_true (memcmp (bytes, back, room) == 0);
        memset (body + pixels / 3, 255, 4 * spot);
        g_assert_true (cnc_body_read (body, pixels, levels, back, &report, NULL, &error));
        if (pixels > 10000)
          g_assert_cmpuint (report.lost, ==, report.blocks);
        else /* with little parity another word may be near; the seal notices */
          g_assert_false (memcmp (bytes, back, room) == 0);
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (cnc_seal_init (NULL));
  g_test_add_func ("/rs/values", test_values);
  g_test_add_func ("/rs/rscode", test_rscode);
  g_test_add_func ("/rs/repair", test_repair);
  g_test_add_func ("/rs/body", test_body);
  return g_test_run ();
}
