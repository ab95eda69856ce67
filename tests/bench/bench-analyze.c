/* tests/bench/bench-analyze.c: how long Analyze takes for 1, 12 and 24 megapixels, alone and beside another picture, how much memory, and
 * how soon it stops when it is cancelled; and the network that judges pictures, where it is installed.  Status 1 if it needs more memory
 * beside the pictures than it may. */
#include "base/parallel.h"
#include "engine/engine.h"
#include "measure/analysis.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define MOST_BYTES (96u << 20) /* beside the pictures */

static gint64 cancelled_at;

/* Cancels at the first word of structures. */
static void
cancel (double done, const char *text, gpointer data)
{
  if (cancelled_at == 0 && done > 0.2)
    {
      cancelled_at = g_get_monotonic_time ();
      cnc_task_cancel (data);
    }
}

static double
peak (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (double) usage.ru_maxrss * 1024;
}

static void
fill (guint8 *pixels, gsize n, gboolean noise)
{
  guint64 x = 88172645463325252u;

  for (gsize i = 0; i < n; i++)
    {
      x ^= x << 13;
      x ^= x >> 7;
      x ^= x << 17;
      pixels[i] = (guint8) (noise ? x >> 16 : i / 3 % 4000 / 20 + (x >> 16) % 12);
    }
}

static double
processor (void)
{
  return (double) clock () / CLOCKS_PER_SEC;
}

/* The judgement alone, on the processor. */
static void
print_judgement (CncAnalysis *analysis, const guint8 *pixels, double megapixels)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CncDetector) detector = cnc_detector_find (&error);
  g_autoptr (CncBackend) backend = detector != NULL ? cnc_engine_open ("cpu", CNC_WORK_LITTLE, NULL, &error) : NULL;
  const double before = peak (), used = processor ();
  const gint64 began = g_get_monotonic_time ();

  if (backend == NULL || !cnc_analysis_judge (analysis, pixels, detector, backend, &error))
    {
      printf ("network: %s\n", error->message);
      return;
    }
  printf ("%4.1f megapixels, network %4.2f s, %6.2f s; %5.1f MiB beside the pictures\n", megapixels,
          (double) (g_get_monotonic_time () - began) / G_USEC_PER_SEC, processor () - used, (peak () - before) / (1 << 20));
}

int
main (void)
{
  static const struct
  {
    guint width, height;
  } sizes[] = { { 1200, 834 }, { 4000, 3000 }, { 6000, 4000 } };
  gboolean within = TRUE;

  printf ("%u cores; seconds on the clock, and of processor\n", cnc_parallel_width ());
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (guint pair = 0; pair < 2; pair++)
      {
        const gsize n = 3 * (gsize) sizes[i].width * sizes[i].height;
        g_autofree guint8 *a = g_malloc (n), *b = g_malloc (n);
        g_autoptr (CncAnalysis) analysis = NULL;
        g_autoptr (GError) error = NULL;
        CncTask task = { .progress = cancel, .user_data = &task };
        gint64 began, ended;
        double used, before, more;

        fill (a, n, TRUE);
        fill (b, n, FALSE);
        before = peak ();
        began = g_get_monotonic_time ();
        used = processor ();
        analysis = cnc_analysis_new (a, sizes[i].width, sizes[i].height, pair ? b : NULL, pair ? sizes[i].width : 0,
                                     pair ? sizes[i].height : 0, NULL, &error);
        ended = g_get_monotonic_time ();
        used = processor () - used;
        more = peak () - before;
        within = within && analysis != NULL && more < MOST_BYTES;
        if (analysis != NULL && !pair)
          print_judgement (analysis, a, (double) n / 3e6);
        cancelled_at = 0;
        if (cnc_analysis_new (a, sizes[i].width, sizes[i].height, b, sizes[i].width, sizes[i].height, &task, NULL) != NULL)
          within = FALSE;
        printf ("%4.1f megapixels, %-6s %6.2f s, %6.2f s; %5.1f MiB beside the pictures; cancelled within %.2f s\n", (double) n / 3e6,
                pair ? "pair" : "alone", (double) (ended - began) / G_USEC_PER_SEC, used, more / (1 << 20),
                (double) (g_get_monotonic_time () - cancelled_at) / G_USEC_PER_SEC);
      }
  return within ? EXIT_SUCCESS : EXIT_FAILURE;
}
