/* core/methods/hybrid/stages: each stage is what its name says of the stage before, with keys that no other call has. */
#include "base/error.h"
#include "methods/hybrid/stages.h"
#include "picture/pixels.h"

#include <string.h>

#define SIDE 256u /* that many pixels need no padding, so that every byte of a stage is shown */
#define BYTES (SIDE * SIDE * 3u)
#define BLOCK 64u

static CncRaster *
picture (guint32 width, guint32 height)
{
  CncRaster *raster = cnc_rgb_new (width, height, NULL);

  for (gsize i = 0; i < cnc_raster_bytes (raster); i++)
    raster->data[i] = (guint8) (i / 768 + i % 7);
  return raster;
}

static int
by_bytes (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, BLOCK);
}

static double
share_changed (const CncRaster *a, const CncRaster *b)
{
  gsize changed = 0;

  for (gsize i = 0; i < cnc_raster_bytes (a); i++)
    changed += a->data[i] != b->data[i];
  return (double) changed / (double) cnc_raster_bytes (a);
}

static void
test_stages (void)
{
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (CncRaster) plain = picture (SIDE, SIDE);
  g_autofree guint8 *sorted = g_memdup2 (plain->data, BYTES), *moved = NULL;
  CncRaster *stages[CNC_N_STAGES], *again[CNC_N_STAGES];
  g_autoptr (GError) error = NULL;

  g_assert_true (cnc_stages_make (plain, backend, stages, NULL, &error));
  g_assert_no_error (error);
  for (guint i = 0; i < CNC_N_STAGES; i++)
    {
      g_assert_cmpuint (stages[i]->width, ==, SIDE);
      g_assert_cmpuint (stages[i]->height, ==, SIDE);
      g_assert_cmpuint (strlen (cnc_stage_name (i)), >, 3);
      for (guint j = 0; j < i; j++)
        {
          g_assert_cmpstr (cnc_stage_name (i), !=, cnc_stage_name (j));
          g_assert_cmpfloat (share_changed (stages[i], stages[j]), >, 0.9);
        }
    }
  g_assert_cmpmem (stages[CNC_STAGE_PLAIN]->data, BYTES, plain->data, BYTES);
  /* the same blocks in another order */
  moved = g_memdup2 (stages[CNC_STAGE_BLOCKS]->data, BYTES);
  qsort (sorted, BYTES / BLOCK, BLOCK, by_bytes);
  qsort (moved, BYTES / BLOCK, BLOCK, by_bytes);
  g_assert_cmpmem (sorted, BYTES, moved, BYTES);
  for (gsize i = 0; i < BYTES; i++)
    g_assert_cmpuint (stages[CNC_STAGE_BLOCKS]->data[i] ^ stages[CNC_STAGE_KEYSTREAM]->data[i], ==, stages[CNC_STAGE_CHAOS]->data[i]);

  g_assert_true (cnc_stages_make (plain, backend, again, NULL, &error));
  for (guint i = CNC_STAGE_KEYSTREAM; i < CNC_N_STAGES; i++)
    g_assert_cmpfloat (share_changed (stages[i], again[i]), >, 0.98);
  cnc_stages_clear (stages);
  cnc_stages_clear (again);
  g_assert_null (stages[0]);
}

static void
test_sizes (void)
{
  static const guint32 sizes[][2] = { { 1, 1 }, { 3, 1 }, { 1, 200 }, { 513, 300 } };
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (CncRaster) plain = picture (sizes[i][0], sizes[i][1]);
      CncRaster *stages[CNC_N_STAGES];
      g_autoptr (GError) error = NULL;

      g_assert_true (cnc_stages_make (plain, backend, stages, NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (cnc_raster_bytes (stages[0]), ==, cnc_raster_bytes (plain));
      g_assert_true (memcmp (stages[0]->data, plain->data, cnc_raster_bytes (plain)) == 0);
      cnc_stages_clear (stages);
    }
}

static void
test_refused (void)
{
  const CncFormat grey = { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  g_autoptr (CncRaster) other = cnc_raster_new (8, 8, &grey, NULL), plain = picture (64, 64);
  CncRaster *stages[CNC_N_STAGES];
  CncTask cancelled = { NULL };
  g_autoptr (GError) error = NULL;

  g_assert_false (cnc_stages_make (other, backend, stages, NULL, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT);
  g_clear_error (&error);
  cnc_task_cancel (&cancelled);
  g_assert_false (cnc_stages_make (plain, backend, stages, &cancelled, &error));
  g_assert_error (error, CNC_ERROR, CNC_ERROR_CANCELLED);
  for (guint i = 0; i < CNC_N_STAGES; i++)
    g_assert_null (stages[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/stages/layers", test_stages);
  g_test_add_func ("/stages/sizes", test_sizes);
  g_test_add_func ("/stages/refused", test_refused);
  return g_test_run ();
}
