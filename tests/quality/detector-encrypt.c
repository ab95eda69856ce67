/* tests/quality/detector-encrypt.c: encrypted pictures of every kind, see detector-data.h. */
#include "detector-data.h"

#include "base/error.h"
#include "methods/crypt.h"
#include "methods/holder.h"
#include "nn/files.h"

#include <gio/gio.h>
#include <string.h>

/* ---- scrambled blocks ---- */

typedef struct
{
  guint side;
  gboolean turn, negative, colours;
} Scramble;

/* The planes of Y Cb Cr (JPEG's) or of R G B beside each other, grey. */
static CncRaster *
planes_of (const CncRaster *from, gboolean luma)
{
  static const double rows[3][3] = { { 0.299, 0.587, 0.114 }, { -0.168736, -0.331264, 0.5 }, { 0.5, -0.418688, -0.081312 } };
  CncRaster *to = data_rgb (3 * from->width, from->height);

  for (guint32 y = 0; y < from->height; y++)
    for (guint32 x = 0; x < from->width; x++)
      for (guint c = 0; c < 3; c++)
        {
          const guint8 *p = from->data + 3 * ((gsize) y * from->width + x);
          const double v = luma ? rows[c][0] * p[0] + rows[c][1] * p[1] + rows[c][2] * p[2] + (c > 0 ? 128 : 0) : p[c];

          memset (to->data + 3 * ((gsize) y * to->width + c * from->width + x), data_byte (v), 3);
        }
  return to;
}

static guint *
shuffled (guint count, GRand *rand)
{
  guint *order = g_new (guint, count);

  for (guint i = 0; i < count; i++)
    order[i] = i;
  for (guint i = count; i > 1; i--)
    {
      const guint k = (guint) g_rand_int_range (rand, 0, (gint32) i), other = order[k];

      order[k] = order[i - 1];
      order[i - 1] = other;
    }
  return order;
}

static void
move_block (const CncRaster *from, guint32 fx, guint32 fy, CncRaster *to, guint32 tx, guint32 ty, const Scramble *s, GRand *rand)
{
  const guint turned = s->turn ? (guint) g_rand_int_range (rand, 0, 8) : 0, n = s->side;
  const gboolean negative = s->negative && g_rand_boolean (rand);
  guint order[3] = { 0, 1, 2 };

  if (s->colours)
    {
      g_autofree guint *drawn = shuffled (3, rand);

      memcpy (order, drawn, sizeof order);
    }
  for (guint y = 0; y < n; y++)
    for (guint x = 0; x < n; x++)
      {
        const guint a = (turned & 1) != 0 ? n - 1 - x : x, b = (turned & 2) != 0 ? n - 1 - y : y;
        const guint u = (turned & 4) != 0 ? b : a, v = (turned & 4) != 0 ? a : b;
        const guint8 *p = from->data + 3 * ((gsize) (fy + v) * from->width + fx + u);
        guint8 *q = to->data + 3 * ((gsize) (ty + y) * to->width + tx + x);

        for (guint c = 0; c < 3; c++)
          q[c] = negative ? (guint8) (255 - p[order[c]]) : p[order[c]];
      }
}

CncRaster *
data_scramble (const CncRaster *from, GRand *rand)
{
  static const guint sides[] = { 8, 8, 8, 16, 16, 16, 16, 12, 24, 32 };
  const gboolean grey = data_chance (rand, 0.3), whole = data_chance (rand, 0.6);
  const Scramble s = { grey ? 8 : sides[g_rand_int_range (rand, 0, G_N_ELEMENTS (sides))], whole || data_chance (rand, 0.6),
                       whole || data_chance (rand, 0.5), !grey && (whole || data_chance (rand, 0.5)) };
  g_autoptr (CncRaster) planes = grey ? planes_of (from, g_rand_boolean (rand)) : NULL;
  const CncRaster *source = planes != NULL ? planes : from;
  const guint across = source->width / s.side, down = source->height / s.side;
  g_autofree guint *order = shuffled (across * down, rand);
  CncRaster *to = data_rgb (across * s.side, down * s.side);

  for (guint i = 0; i < across * down; i++)
    move_block (source, order[i] % across * s.side, order[i] / across * s.side, to, i % across * s.side, i / across * s.side, &s, rand);
  return to;
}

/* ---- bytes ---- */

CncRaster *
data_layer (const CncRaster *from, CncLayers layer, CncBackend *backend, GRand *rand)
{
  const gsize bytes = cnc_raster_bytes (from), length = (gsize) cnc_hybrid_padded_length (bytes);
  g_autofree guint8 *data = g_malloc0 (length);
  CncRaster *to = data_rgb (from->width, from->height);
  g_autoptr (GError) error = NULL;
  CncHybridKeys keys;

  quality_keys (g_rand_int (rand), 0, &keys);
  memcpy (data, from->data, bytes);
  if (!cnc_hybrid_encipher (backend, &keys, layer, data, length, NULL, &error))
    g_error ("%s", error->message);
  memcpy (to->data, data, bytes);
  return to;
}

static char *
random_hex (GRand *rand)
{
  return g_strdup_printf ("%08x%08x%08x%08x", g_rand_int (rand), g_rand_int (rand), g_rand_int (rand), g_rand_int (rand));
}

CncRaster *
data_aes (const CncRaster *from, gboolean grey, GRand *rand)
{
  const gsize pixels = (gsize) from->width * from->height;
  g_autofree char *key = random_hex (rand), *iv = random_hex (rand);
  g_autofree guint8 *plain = g_malloc (3 * pixels);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) openssl = NULL;
  g_autoptr (GBytes) in = NULL, out = NULL;
  CncRaster *to = data_rgb (from->width, from->height);

  for (gsize i = 0; i < pixels; i++)
    if (grey)
      plain[i] = data_byte (0.299 * from->data[3 * i] + 0.587 * from->data[3 * i + 1] + 0.114 * from->data[3 * i + 2]);
    else
      memcpy (plain + 3 * i, from->data + 3 * i, 3);
  openssl = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "openssl", "enc", "-aes-128-ctr",
                              "-K", key, "-iv", iv, NULL);
  in = g_bytes_new (plain, grey ? pixels : 3 * pixels);
  if (openssl == NULL || !g_subprocess_communicate (openssl, in, NULL, &out, NULL, &error) || !g_subprocess_get_successful (openssl)
      || g_bytes_get_size (out) != g_bytes_get_size (in))
    g_error ("openssl: %s", error != NULL ? error->message : "failed");
  for (gsize i = 0; i < 3 * pixels; i++)
    to->data[i] = ((const guint8 *) g_bytes_get_data (out, NULL))[grey ? i / 3 : i];
  return to;
}

/* ---- methods ---- */

/* As RGB. */
static CncRaster *
coloured (const CncRaster *raster)
{
  const guint channels = cnc_format_channels (&raster->format);
  CncRaster *rgb = data_rgb (raster->width, raster->height);

  for (gsize i = 0; i < (gsize) raster->width * raster->height; i++)
    for (guint c = 0; c < 3; c++)
      rgb->data[3 * i + c] = raster->data[channels * i + (channels == 3 ? c : 0)];
  return rgb;
}

/* For the recipients of the demonstration pair where it is sedd, which has no passphrases. */
static CncLock *
lock_of (const char *method, GError **error)
{
  const CncKdfParams cheap = { 1, CNC_KDF_MEMORY_KIB_MIN };
  g_autoptr (CncSecret) passphrase = NULL;
  g_autoptr (GPtrArray) files = NULL;
  g_autoptr (GArray) keys = NULL;

  if (strcmp (method, "sedd") != 0)
    {
      passphrase = cnc_secret_new_passphrase ("detector", strlen ("detector"), NULL);
      return cnc_lock_new_passphrase (passphrase, &cheap, error);
    }
  files = cnc_model_files ("sedd-demo.encoder");
  keys = g_array_new (FALSE, FALSE, CNC_PUBLIC_KEY_BYTES);
  if (files->len > 0 && !cnc_holder_recipients (files->pdata[0], keys, error))
    return NULL;
  return cnc_lock_new_recipients ((const guint8 (*)[CNC_PUBLIC_KEY_BYTES]) keys->data, keys->len, error);
}

CncRaster *
data_method (const CncRaster *from, const char *method, guint levels, CncBackend *backend)
{
  g_autoptr (GError) error = NULL;
  const CncEncryptParams params = { .method = cnc_method_by_id (method, &error),
                                    .backend = backend,
                                    .model = strcmp (method, "sedd") == 0 ? "sedd-demo" : NULL,
                                    .levels = strcmp (method, "share") == 0 ? levels : 0 };
  g_autoptr (CncLock) lock = params.method != NULL ? lock_of (method, &error) : NULL;
  g_autoptr (CncPicture) picture = cnc_picture_new ();
  g_autoptr (CncRaster) made = NULL;

  picture->raster = data_cut (from, 0, 0, from->width, from->height);
  if (lock != NULL && cnc_method_ready (params.method, params.model, &error))
    made = cnc_encrypt (picture, lock, &params, &error);
  if (made == NULL)
    g_printerr ("%s is left out: %s\n", method, error->message);
  return made != NULL ? coloured (made) : NULL;
}
