/* tests/quality/detector-data.c: pictures of two classes, plain and encrypted, to train and to test what tells them apart.
 *
 *   detector-data [--test] [--kinds PATTERNS] [--side N] [--percent N] [--seed N] --out DIR FOLDER...
 *
 * FOLDERs hold photographs (PNG, JPEG).  Written are DIR/plain/KIND-NNNN.png and DIR/encrypted/KIND-NNNN.png; kinds named hard-... are
 * those that correlation and entropy do not tell apart.  For training pictures are squares of N pixels (256), smaller ones are filled up by
 * mirroring; --test makes other numbers of the kinds, squares of 256 and less, and of ordinary photographs first the whole ones, then parts
 * of them.  --kinds: only these (photograph hard-*).  --percent: of the pictures, for a trial.  All but the methods' own keys follows from
 * the seed (1).  Models are looked for in CNNCRYPT_MODEL_PATH; openssl has to be there.
 */
#include "detector-data.h"

#include <gegl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_WIDTH 640u /* of what a method encrypts */
#define MOST_HEIGHT 480u
#define LEAST_SIDE 96u /* of a photograph */

typedef struct _Kind Kind;

typedef struct
{
  const Kind *kind;   /* that is made now */
  GPtrArray *sources; /* of CncRaster */
  CncBackend *backend;
  guint32 side;
  gboolean test;
  GHashTable *made; /* of a method's name to a GPtrArray of encrypted pictures, to cut from */
} Maker;

/* The i-th picture of a kind; NULL: there is none more. */
typedef CncRaster *(*Make) (Maker *maker, guint i, GRand *rand);

struct _Kind
{
  const char *name;
  Make make;
  guint training, test; /* how many */
  gboolean encrypted;
  double jpeg, low, high; /* the part of them that goes through JPEG, and of what quality */
  const char *method;     /* for make_method */
  guint whole;            /* how many pictures it encrypts, to cut from */
  CncLayers layer;        /* for make_layer */
};

/* ---- parts of photographs ---- */

static void
raster_free (gpointer data)
{
  cnc_raster_free (data);
}

static const CncRaster *
any_source (Maker *m, GRand *rand)
{
  return m->sources->pdata[g_rand_int_range (rand, 0, (gint32) m->sources->len)];
}

/* For training, photographs are varied: without colours, or with another contrast and brightness.  Returns: the raster itself. */
static CncRaster *
varied (Maker *m, CncRaster *raster, GRand *rand)
{
  if (!m->test)
    {
      const gboolean grey = data_chance (rand, 0.35), tone = data_chance (rand, 0.4);
      const double contrast = tone ? data_between (rand, 0.3, 1.3) : 1, shift = tone ? data_between (rand, -50, 60) : 0;

      data_tone (raster, grey, contrast, shift);
    }
  return raster;
}

/* A part of some photograph as it is, or of one made smaller. */
static CncRaster *
any_part (Maker *m, GRand *rand)
{
  const CncRaster *source = any_source (m, rand);
  const double scale = data_chance (rand, 0.3) ? data_between (rand, 0.4, 0.9) : 1;
  const guint32 w = (guint32) (source->width * scale), h = (guint32) (source->height * scale);
  g_autoptr (CncRaster) scaled = scale < 1 && MIN (w, h) >= m->side ? cnc_rgb_scale (source, w, h, NULL, NULL) : NULL;

  return varied (m, data_cut_any (scaled != NULL ? scaled : source, m->side, rand), rand);
}

/* Any photograph, whole. */
static CncRaster *
any_whole (Maker *m, GRand *rand)
{
  const CncRaster *source = any_source (m, rand);

  return varied (m, data_cut (source, 0, 0, source->width, source->height), rand);
}

/* Mean entropy of squares of 32 pixels, of the colours' sum. */
static double
local_entropy (const CncRaster *raster)
{
  double sum = 0;
  guint n = 0;

  for (guint32 y = 0; y + 32 <= raster->height; y += 32)
    for (guint32 x = 0; x + 32 <= raster->width; x += 32)
      {
        guint counts[256] = { 0 };

        for (guint i = 0; i < 1024; i++)
          {
            const guint8 *p = raster->data + 3 * ((gsize) (y + i / 32) * raster->width + x + i % 32);

            counts[(p[0] + p[1] + p[2]) / 3]++;
          }
        for (guint i = 0; i < 256; i++)
          if (counts[i] > 0)
            sum -= counts[i] / 1024.0 * log2 (counts[i] / 1024.0);
        n++;
      }
  return sum / MAX (1, n);
}

/* That of the highest local entropy among some. */
static CncRaster *
noisy_part (Maker *m, GRand *rand)
{
  CncRaster *best = NULL;
  double most = -1;

  for (guint i = 0; i < 16; i++)
    {
      g_autoptr (CncRaster) part = varied (m, data_cut_any (any_source (m, rand), m->side, rand), rand);
      const double entropy = local_entropy (part);

      if (entropy > most)
        {
          most = entropy;
          if (best != NULL)
            cnc_raster_free (best);
          best = g_steal_pointer (&part);
        }
    }
  return best;
}

static CncRaster *
through_jpeg (CncRaster *raster, double low, double high, GRand *rand)
{
  CncRaster *back = data_jpeg (raster, (guint) data_between (rand, low, high + 1));

  cnc_raster_free (raster);
  return back;
}

/* ---- plain ---- */

static CncRaster *
make_photograph (Maker *m, guint i, GRand *rand)
{
  const CncRaster *source = m->sources->pdata[i % m->sources->len];
  CncRaster *part;

  if (m->test)
    return i < m->sources->len ? data_cut (source, 0, 0, source->width, source->height) : data_cut_any (source, m->side, rand);
  part = any_part (m, rand);
  return data_chance (rand, 0.4) ? through_jpeg (part, 30, 95, rand) : part;
}

static CncRaster *
make_drawing (Maker *m, guint i, GRand *rand)
{
  return data_drawing (m->side, rand);
}

static CncRaster *
make_screenshot (Maker *m, guint i, GRand *rand)
{
  return data_screenshot (m->side, rand);
}

static CncRaster *
make_texture (Maker *m, guint i, GRand *rand)
{
  return data_texture (m->side, rand);
}

static CncRaster *
make_noisy (Maker *m, guint i, GRand *rand)
{
  return noisy_part (m, rand);
}

static CncRaster *
grained (Maker *m, gboolean sensor, GRand *rand)
{
  CncRaster *part = data_chance (rand, 0.5) ? noisy_part (m, rand) : any_part (m, rand);

  if (sensor)
    data_sensor (part, rand);
  else
    data_grain (part, rand);
  return part;
}

static CncRaster *
make_grain (Maker *m, guint i, GRand *rand)
{
  return grained (m, FALSE, rand);
}

static CncRaster *
make_sensor (Maker *m, guint i, GRand *rand)
{
  return grained (m, TRUE, rand);
}

static CncRaster *
make_static (Maker *m, guint i, GRand *rand)
{
  return data_static (m->side, rand);
}

static CncRaster *
make_codes (Maker *m, guint i, GRand *rand)
{
  return data_codes (m->side, rand);
}

static CncRaster *
make_dithered (Maker *m, guint i, GRand *rand)
{
  CncRaster *part = data_chance (rand, 0.3) ? noisy_part (m, rand) : any_part (m, rand);

  data_dither (part, rand);
  return part;
}

static CncRaster *
make_either (Maker *m, guint i, GRand *rand)
{
  return data_chance (rand, 0.5) ? noisy_part (m, rand) : any_part (m, rand);
}

static CncRaster *
make_pixelated (Maker *m, guint i, GRand *rand)
{
  CncRaster *part = any_part (m, rand);

  data_pixelate (part, rand);
  return part;
}

/* ---- encrypted ---- */

/* Parts of the largest photographs, encrypted: of so many, each made once, from its first MOST_WIDTH x MOST_HEIGHT pixels. */
static CncRaster *
make_method (Maker *m, guint i, GRand *rand)
{
  const char *method = m->kind->method;
  GPtrArray *made = g_hash_table_lookup (m->made, method);

  if (made == NULL)
    {
      made = g_ptr_array_new_with_free_func (raster_free);
      g_hash_table_insert (m->made, g_strdup (method), made);
    }
  if (made->len < m->kind->whole)
    {
      const CncRaster *source = m->sources->pdata[made->len % m->sources->len];
      g_autoptr (CncRaster) part = data_cut (source, 0, 0, MIN (source->width, MOST_WIDTH), MIN (source->height, MOST_HEIGHT));
      CncRaster *raster = data_method (part, method, 2 + made->len % 2, m->backend);

      if (raster == NULL)
        return NULL;
      g_ptr_array_add (made, raster);
    }
  return data_cut_any (made->pdata[i % made->len], m->side, rand);
}

static CncRaster *
make_permuted (Maker *m, guint i, GRand *rand)
{
  g_autoptr (CncRaster) source = any_whole (m, rand);
  g_autoptr (CncRaster) whole = data_layer (source, CNC_LAYER_PERMUTE, m->backend, rand);

  return data_cut_any (whole, m->side, rand);
}

static CncRaster *
make_layer (Maker *m, guint i, GRand *rand)
{
  g_autoptr (CncRaster) part = any_part (m, rand);

  return data_layer (part, m->kind->layer, m->backend, rand);
}

static CncRaster *
make_aes (Maker *m, guint i, GRand *rand)
{
  g_autoptr (CncRaster) part = any_part (m, rand);

  return data_aes (part, i % 3 == 0, rand);
}

static CncRaster *
make_blocks (Maker *m, guint i, GRand *rand)
{
  g_autoptr (CncRaster) part = data_chance (rand, 0.3) ? noisy_part (m, rand) : any_whole (m, rand);
  g_autoptr (CncRaster) whole = data_scramble (part, rand);

  return data_cut_any (whole, m->side, rand);
}

/* ---- all kinds ---- */

static const Kind kinds[] = {
  { "photograph", make_photograph, 1200, 1000, FALSE },
  { "drawing", make_drawing, 180, 50, FALSE },
  { "screenshot", make_screenshot, 240, 50, FALSE, 0.3, 30, 95 },
  { "texture", make_texture, 300, 50, FALSE, 0.3, 30, 95 },
  { "hard-noisy", make_noisy, 400, 200, FALSE },
  { "hard-grain", make_grain, 700, 150, FALSE, 0.4, 30, 95 },
  { "hard-sensor", make_sensor, 300, 150, FALSE, 0.4, 30, 95 },
  { "hard-static", make_static, 450, 100, FALSE, 0.4, 30, 95 },
  { "hard-dithered", make_dithered, 450, 100, FALSE },
  { "hard-jpeg", make_either, 350, 100, FALSE, 1, 2, 25 },
  { "hard-pixelated", make_pixelated, 400, 50, FALSE, 0.3, 40, 95 },
  { "hard-codes", make_codes, 250, 20, FALSE, 0.4, 30, 95 },
  { "hybrid", make_method, 80, 40, TRUE, .method = "hybrid", .whole = 8 },
  { "hybrid-through-jpeg", make_method, 60, 20, TRUE, 1, 20, 95, .method = "hybrid", .whole = 8 },
  { "autoencoder", make_method, 20, 10, TRUE, .method = "autoencoder", .whole = 5 },
  { "layer-permutation", make_permuted, 400, 50, TRUE },
  { "layer-logistic", make_layer, 30, 20, TRUE, .layer = CNC_LAYER_LOGISTIC },
  { "layer-cnn", make_layer, 30, 20, TRUE, .layer = CNC_LAYER_CNN },
  { "aes", make_aes, 70, 40, TRUE },
  { "hard-blocks", make_blocks, 2400, 400, TRUE },
  { "hard-blocks-through-jpeg", make_blocks, 700, 100, TRUE, 1, 50, 95 },
  { "hard-share", make_method, 150, 100, TRUE, .method = "share", .whole = 10 },
  { "hard-restore", make_method, 150, 100, TRUE, .method = "restore", .whole = 8 },
  { "hard-share-through-jpeg", make_method, 250, 100, TRUE, 1, 20, 95, .method = "share", .whole = 10 },
  { "hard-restore-through-jpeg", make_method, 250, 100, TRUE, 1, 20, 95, .method = "restore", .whole = 8 },
  { "sedd", make_method, 20, 10, TRUE, .method = "sedd", .whole = 5 },
};

static void
make_kind (Maker *m, guint kind, guint count, const char *out, guint seed)
{
  g_autofree char *folder = g_build_filename (out, kinds[kind].encrypted ? "encrypted" : "plain", NULL);
  guint made = 0;

  m->kind = &kinds[kind];
  g_mkdir_with_parents (folder, 0777);
  for (guint i = 0; i < count; i++)
    {
      const guint32 seeds[] = { seed, kind, i, m->test };
      g_autoptr (GRand) rand = g_rand_new_with_seed_array (seeds, G_N_ELEMENTS (seeds));
      g_autofree char *name = g_strdup_printf ("%s-%04u.png", kinds[kind].name, i), *path = g_build_filename (folder, name, NULL);
      g_autoptr (CncRaster) raster = kinds[kind].make (m, i, rand);

      if (raster == NULL)
        break;
      if (kinds[kind].jpeg >= 1 || (kinds[kind].jpeg > 0 && data_chance (rand, kinds[kind].jpeg)))
        raster = through_jpeg (raster, kinds[kind].low, kinds[kind].high, rand);
      if (!m->test && MIN (raster->width, raster->height) < m->side)
        {
          g_autoptr (CncRaster) small = g_steal_pointer (&raster);

          raster = data_mirror (small, m->side);
        }
      if (!quality_save_png (path, raster))
        g_error ("%s cannot be written", path);
      made++;
    }
  g_printerr ("%s: %u\n", kinds[kind].name, made);
}

static gboolean
wanted (const char *patterns, const char *name)
{
  g_auto (GStrv) list = g_strsplit (patterns != NULL ? patterns : "*", " ", -1);

  for (guint i = 0; list[i] != NULL; i++)
    if (list[i][0] != '\0' && g_pattern_match_simple (list[i], name))
      return TRUE;
  return FALSE;
}

/* The largest first; else as their names are. */
static int
by_size (gconstpointer a, gconstpointer b)
{
  const CncRaster *x = *(CncRaster *const *) a, *y = *(CncRaster *const *) b;
  const guint64 m = (guint64) x->width * x->height, n = (guint64) y->width * y->height;

  return m > n ? -1 : m < n ? 1 : 0;
}

static void
load_sources (Maker *m, char **folders)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; folders != NULL && folders[i] != NULL; i++)
    quality_files (files, folders[i]);
  for (guint i = 0; i < files->len; i++)
    {
      CncRaster *raster = quality_rgb (files->pdata[i]);

      if (raster != NULL && MIN (raster->width, raster->height) >= LEAST_SIDE)
        g_ptr_array_add (m->sources, raster);
      else if (raster != NULL)
        cnc_raster_free (raster);
    }
  g_ptr_array_sort (m->sources, by_size);
}

int
main (int argc, char **argv)
{
  gboolean test = FALSE;
  int side = 0, percent = 100, seed = 1;
  g_autofree char *out = NULL, *only = NULL;
  g_auto (GStrv) folders = NULL;
  const GOptionEntry entries[] = {
    { "test", 0, 0, G_OPTION_ARG_NONE, &test, "pictures to test with", NULL },
    { "kinds", 0, 0, G_OPTION_ARG_STRING, &only, "only those", "PATTERNS" },
    { "side", 0, 0, G_OPTION_ARG_INT, &side, "of the pictures", "N" },
    { "percent", 0, 0, G_OPTION_ARG_INT, &percent, "of the usual numbers", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT, &seed, "another one gives other pictures", "N" },
    { "out", 0, 0, G_OPTION_ARG_FILENAME, &out, "the folder to write to", "DIR" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &folders, NULL, NULL },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("FOLDER...");
  g_autoptr (GError) error = NULL;
  Maker m = { .test = FALSE };

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || out == NULL)
    {
      g_printerr ("%s\n", error != NULL ? error->message : "detector-data needs --out and folders with photographs.");
      return 2;
    }
  gegl_init (NULL, NULL);
  m.sources = g_ptr_array_new_with_free_func (raster_free);
  m.made = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  m.backend = quality_open (NULL);
  m.test = test;
  m.side = side > 0 ? (guint32) side : 256;
  load_sources (&m, folders);
  if (m.sources->len == 0)
    {
      g_printerr ("There are no photographs.\n");
      return 2;
    }
  for (guint k = 0; k < G_N_ELEMENTS (kinds); k++)
    if (wanted (only, kinds[k].name))
      make_kind (&m, k, ((test ? kinds[k].test : kinds[k].training) * (guint) percent + 99) / 100, out, (guint) seed);
  g_hash_table_unref (m.made);
  g_ptr_array_unref (m.sources);
  cnc_backend_free (m.backend);
  gegl_exit ();
  return 0;
}
