/* core/engine/speed.c: short measurements and where they are kept, see speed.h. */
#include "engine/speed.h"

#include <glib/gstdio.h>
#include <math.h>

#include "base/cache.h"
#include "base/parallel.h"
#include "cnc-config.h"
#include "nn/ops.h"

#define RUNS 3u
#define ENOUGH_US 40000 /* after which no further run begins */

/* What one run is made of. */
#define SIDE CNC_CIPHER_MAX_SIDE /* of a half segment, as most of a picture has it */
#define ROUNDS 8u
#define CHANNELS 32u
#define PICTURE 96u /* side */

/* ---- measuring ---- */

typedef struct
{
  CncBackend *backend;
  CncBuffer *buffers[4];
  CncWork work;
} Trial;

static gboolean
run (const Trial *t, GError **error)
{
  const CncCipherShape shape = { SIDE, SIDE };
  const CncOp op = { .kind = CNC_OP_CONV2D, .pad = 1, .activation = CNC_ACTIVATION_RELU };
  const CncShape vector = { 1, CHANNELS, 1, 1 }, weight = { CHANNELS, CHANNELS, 3, 3 }, picture = { 1, CHANNELS, PICTURE, PICTURE };
  const CncTensor in[] = { { t->buffers[0], 0, picture }, { t->buffers[1], 0, weight }, { t->buffers[2], 0, vector } };
  const CncTensor out = { t->buffers[3], 0, picture };
  guint source = 1, target = 2, result = 3;

  if (t->work == CNC_WORK_NETWORK)
    return cnc_op_run (t->backend, &op, in, G_N_ELEMENTS (in), &out, 1, error) && cnc_backend_finish (t->backend, error);
  for (guint r = 0; r < ROUNDS; r++)
    {
      const guint next = source;

      if (!t->backend->table->cipher_round (t->backend, &shape, t->buffers[0], 0, t->buffers[source], t->buffers[target],
                                            t->buffers[result], FALSE, error))
        return FALSE;
      source = target;
      target = result;
      result = next;
    }
  return cnc_backend_finish (t->backend, error);
}

/* Buffers of zeros: as tables those keep to what backend.h asks for, and no arithmetic here is faster or slower for them. */
static gboolean
prepare (Trial *t, GError **error)
{
  const CncCipherShape shape = { SIDE, SIDE };
  const gsize words = (gsize) SIDE * SIDE, plane = (gsize) CHANNELS * PICTURE * PICTURE;
  const gsize cipher[] = { cnc_cipher_table_words (&shape), words, words, words };
  const gsize network[] = { plane, (gsize) CHANNELS * CHANNELS * 9, CHANNELS, plane };
  const gsize *const sizes = t->work == CNC_WORK_NETWORK ? network : cipher;

  for (guint i = 0; i < G_N_ELEMENTS (t->buffers); i++)
    {
      g_autofree guint32 *zeros = g_new0 (guint32, sizes[i]);

      t->buffers[i] = cnc_buffer_new (t->backend, sizes[i] * 4, error);
      if (t->buffers[i] == NULL || !cnc_buffer_upload (t->backend, t->buffers[i], 0, zeros, sizes[i] * 4, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
cnc_speed_measure (CncBackend *backend, CncWork work, double *seconds, GError **error)
{
  Trial t = { .backend = backend, .work = work };
  gint64 least = G_MAXINT64, begun = 0;
  gboolean good = prepare (&t, error) && run (&t, error); /* translates shaders, opens libraries */

  for (guint i = 0; i < RUNS && good; i++)
    {
      const gint64 from = g_get_monotonic_time ();

      begun = i == 0 ? from : begun;
      if (from - begun > ENOUGH_US)
        break;
      good = run (&t, error);
      least = MIN (least, g_get_monotonic_time () - from);
    }
  for (guint i = 0; i < G_N_ELEMENTS (t.buffers); i++)
    cnc_buffer_free (backend, t.buffers[i]);
  *seconds = (double) MAX (least, 1) * 1e-6;
  return good;
}

/* ---- remembering ---- */

#define GROUP "seconds"
#define MAX_FILE_BYTES 4096

static char *
file_name (void)
{
  return g_build_filename (g_get_user_cache_dir (), "cnncrypt", "speeds", NULL);
}

/* What the figures hold for. */
static char *
key_of (const CncDeviceInfo *software)
{
  return g_strdup_printf ("cnncrypt %s, %s, %s, %u threads", CNC_VERSION, software->id, software->name, cnc_parallel_width ());
}

/* NULL if there is none, or it is for something else. */
static GKeyFile *
load (const CncDeviceInfo *software)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *name = file_name (), *key = key_of (software), *there = NULL;
  GStatBuf status;

  if (g_stat (name, &status) != 0 || status.st_size > MAX_FILE_BYTES || !g_key_file_load_from_file (file, name, G_KEY_FILE_NONE, NULL))
    return NULL;
  there = g_key_file_get_string (file, GROUP, "for", NULL);
  return g_strcmp0 (there, key) == 0 ? g_steal_pointer (&file) : NULL;
}

static const char *
name_of (CncWork work)
{
  return work == CNC_WORK_NETWORK ? "network" : "cipher";
}

gboolean
cnc_speed_recall (const CncDeviceInfo *software, CncWork work, CncSpeeds *speeds)
{
  g_autoptr (GKeyFile) file = load (software);
  g_autofree double *pair = NULL;
  gsize n = 0;

  pair = file != NULL ? g_key_file_get_double_list (file, GROUP, name_of (work), &n, NULL) : NULL;
  if (pair == NULL || n != 2 || !isfinite (pair[0]) || !isfinite (pair[1]) || pair[0] <= 0 || pair[1] <= 0)
    return FALSE;
  *speeds = (CncSpeeds){ pair[0], pair[1] };
  return TRUE;
}

void
cnc_speed_remember (const CncDeviceInfo *software, CncWork work, const CncSpeeds *speeds)
{
  g_autoptr (GKeyFile) file = load (software);
  g_autofree char *name = file_name (), *key = key_of (software), *text = NULL;
  double pair[] = { speeds->cpu, speeds->software };
  gsize size;

  if (file == NULL)
    file = g_key_file_new ();
  g_key_file_set_string (file, GROUP, "for", key);
  g_key_file_set_double_list (file, GROUP, name_of (work), pair, G_N_ELEMENTS (pair));
  text = g_key_file_to_data (file, &size, NULL);
  cnc_cache_keep (name, (const guint8 *) text, size);
}
