/* The tables of a latent, as a stranger's model file may hold them, and a latent coded with them: two bytes of geometry, one of flags, the
 * tensors one after the other, then the coded latent.  What is accepted is what the encoder writes for those numbers; and any numbers come
 * back that the encoder is given. */
#include "fuzz.h"

#include "methods/autoencoder/latent.h"

#define CHANNELS 2u
#define ROW (CNC_LATENT_OWN + CHANNELS)
#define LIMITS (CNC_LATENT_CONTEXTS - 1)

static guint8
next (const uint8_t **data, size_t *size)
{
  if (*size == 0)
    return 0;
  (*size)--;
  return *(*data)++;
}

static guint32
next_word (const uint8_t **data, size_t *size, guint bytes)
{
  guint32 word = 0;

  for (guint i = 0; i < bytes; i++)
    word = word << 8 | next (data, size);
  return word;
}

/* narrow: of 15 bits and a sign, so that most are allowed. */
static void
add_numbers (CncSafetensorsWriter *writer, const char *name, guint sides1, gboolean narrow, gboolean sorted, const uint8_t **data,
             size_t *size)
{
  const guint32 sides[2] = { CHANNELS, sides1 };
  gint32 values[CHANNELS * MAX (ROW, LIMITS)];

  for (guint i = 0; i < CHANNELS * sides1; i++)
    {
      values[i] = narrow ? (gint16) next_word (data, size, 2) / 2 : (gint32) next_word (data, size, 4);
      if (sorted && i % sides1 > 0)
        values[i] = MAX (values[i], values[i - 1]);
    }
  if (!cnc_safetensors_writer_add (writer, name, CNC_DTYPE_I32, 2, sides, values, NULL))
    g_assert_not_reached ();
}

/* even: the last one of a row is what is missing to 2^16. */
static void
add_frequencies (CncSafetensorsWriter *writer, gboolean even, const uint8_t **data, size_t *size)
{
  const guint32 sides[3] = { CHANNELS, CNC_LATENT_CONTEXTS, CNC_LATENT_SYMBOLS };
  guint16 values[CHANNELS * CNC_LATENT_CONTEXTS * CNC_LATENT_SYMBOLS];
  guint32 sum = 0;

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      const guint symbol = i % CNC_LATENT_SYMBOLS;

      if (symbol == 0)
        sum = 0;
      if (!even)
        values[i] = (guint16) next_word (data, size, 2);
      else if (symbol == CNC_LATENT_SYMBOLS - 1)
        values[i] = (guint16) (65536 - sum);
      else
        values[i] = (guint16) (1 + (next (data, size) << (i % 3)));
      sum += values[i];
    }
  if (!cnc_safetensors_writer_add (writer, "latent.frequencies", CNC_DTYPE_U16, 3, sides, values, NULL))
    g_assert_not_reached ();
}

static CncLatentTables *
read_tables (const uint8_t **data, size_t *size)
{
  const guint8 flags = next (data, size);
  g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new ();
  g_autoptr (CncSafetensors) file = NULL;
  g_autoptr (GBytes) bytes = NULL;

  add_numbers (writer, "latent.mean", ROW, (flags & 1) == 0, FALSE, data, size);
  add_numbers (writer, "latent.spread", ROW, (flags & 2) == 0, FALSE, data, size);
  add_numbers (writer, "latent.limits", LIMITS, (flags & 4) != 0, (flags & 8) == 0, data, size);
  add_frequencies (writer, (flags & 16) == 0, data, size);
  bytes = cnc_safetensors_writer_finish (writer, NULL);
  file = cnc_safetensors_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL);
  g_assert (file != NULL);
  return cnc_latent_tables_read (file, CHANNELS, NULL);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const guint32 width = next (&data, &size) % 20 + 1u, height = next (&data, &size) % 20 + 1u;
  const gsize n = (gsize) CHANNELS * width * height;
  g_autoptr (CncLatentTables) tables = read_tables (&data, &size);
  g_autoptr (GByteArray) again = NULL;
  g_autofree gint16 *values = g_new0 (gint16, n), *decoded = g_new0 (gint16, n);

  if (tables == NULL)
    return 0;
  if (cnc_latent_decode (tables, data, size, width, height, decoded, NULL, NULL))
    {
      g_autoptr (GByteArray) same = cnc_latent_encode (tables, decoded, width, height, NULL, NULL);

      if (same == NULL || same->len != size || memcmp (same->data, data, size) != 0)
        g_assert_not_reached ();
    }
  for (gsize i = 0; i < n; i++)
    values[i] = (gint16) next_word (&data, &size, i % 8 == 0 ? 2 : 1);
  again = cnc_latent_encode (tables, values, width, height, NULL, NULL);
  if (again == NULL || !cnc_latent_decode (tables, again->data, again->len, width, height, decoded, NULL, NULL)
      || memcmp (values, decoded, n * sizeof *values) != 0)
    g_assert_not_reached ();
  return 0;
}
