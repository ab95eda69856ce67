/* tests/bench/bench-peak.c: runs a command and watches the memory of the processes of one name that it starts, the plug-in above all.
 *
 *   bench-peak NAME COMMAND [ARGUMENT...]
 *
 * Prints on the last line of standard output: seconds; peak resident memory in KiB over the whole run; and the same without what is taken
 * and given back before a pixel is loaded: of up to TRANSIENTS times that resident memory falls by 200 MiB within a third of a second,
 * what came before the fall is left out.  Those are Argon2id's 256 MiB, and 340 MiB with which babl measures the machine whenever a process
 * starts GEGL (babl 0.1.98, in GIMP and each of its plug-ins alike).  Status: the command's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>

#define PERIOD_US 4000
#define FALL_KIB (200u * 1024u)
#define FALL_LOOKS 80u /* a third of a second */
#define TRANSIENTS 2u

typedef struct
{
  guint64 peak;               /* VmHWM, from the start on */
  guint64 recent[FALL_LOOKS]; /* VmRSS, a ring */
  guint looks;
  guint falls;
  guint64 settled; /* VmHWM since the last fall */
} Process;

/* A "Name:  123 kB" line of /proc/PID/status; 0 if there is none. */
static guint64
status_field (const char *status, const char *name)
{
  const char *line = strstr (status, name);

  return line != NULL ? g_ascii_strtoull (line + strlen (name), NULL, 10) : 0;
}

static void
watch (guint64 pid, Process *process)
{
  g_autofree char *path = g_strdup_printf ("/proc/%" G_GUINT64_FORMAT "/status", pid);
  g_autofree char *status = NULL;
  guint64 resident, peak, highest = 0;

  if (!g_file_get_contents (path, &status, NULL, NULL))
    return;
  resident = status_field (status, "VmRSS:");
  peak = status_field (status, "VmHWM:");
  process->peak = MAX (process->peak, peak);
  process->settled = MAX (process->settled, peak);
  for (guint i = 0; i < FALL_LOOKS; i++)
    highest = MAX (highest, process->recent[i]);
  process->recent[process->looks++ % FALL_LOOKS] = resident;
  if (resident > 0 && resident + FALL_KIB < highest && process->falls < TRANSIENTS)
    {
      /* Writing 5 sets the kernel's peak back to what is resident now (proc(5)). */
      g_autofree char *clear = g_strdup_printf ("/proc/%" G_GUINT64_FORMAT "/clear_refs", pid);
      FILE *file = fopen (clear, "w");

      if (file != NULL)
        {
          fputs ("5\n", file);
          fclose (file);
        }
      memset (process->recent, 0, sizeof process->recent);
      process->settled = resident;
      process->falls++;
    }
}

/* Did the command start it, through whatever processes? */
static gboolean
descends (guint64 pid, guint64 from)
{
  while (pid > 1 && pid != from)
    {
      g_autofree char *path = g_strdup_printf ("/proc/%" G_GUINT64_FORMAT "/status", pid);
      g_autofree char *status = NULL;

      if (!g_file_get_contents (path, &status, NULL, NULL))
        return FALSE;
      pid = status_field (status, "PPid:");
    }
  return pid == from;
}

/* The command's processes whose program's file has that name. */
static void
look (GHashTable *processes, const char *name, guint64 command)
{
  g_autoptr (GDir) proc = g_dir_open ("/proc", 0, NULL);
  const char *entry;

  while (proc != NULL && (entry = g_dir_read_name (proc)) != NULL)
    if (g_ascii_isdigit (*entry))
      {
        const guint64 pid = g_ascii_strtoull (entry, NULL, 10);
        g_autofree char *link = g_build_filename ("/proc", entry, "exe", NULL);
        g_autofree char *target = g_file_read_link (link, NULL);
        g_autofree char *base = target != NULL ? g_path_get_basename (target) : NULL;
        Process *process;

        process = g_hash_table_lookup (processes, GSIZE_TO_POINTER (pid));
        if (g_strcmp0 (base, name) != 0 || (process == NULL && !descends (pid, command)))
          continue;
        if (process == NULL)
          {
            process = g_new0 (Process, 1);
            g_hash_table_insert (processes, GSIZE_TO_POINTER (pid), process);
          }
        watch (pid, process);
      }
}

int
main (int argc, char **argv)
{
  g_autoptr (GHashTable) processes = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  const gint64 start = g_get_monotonic_time ();
  GHashTableIter iter;
  gpointer value;
  guint64 peak = 0, settled = 0;
  double seconds;
  int status = 0;
  pid_t child;

  if (argc < 3)
    {
      fputs ("bench-peak NAME COMMAND [ARGUMENT...]\n", stderr);
      return 2;
    }
  child = fork ();
  if (child < 0)
    return 2;
  if (child == 0)
    {
      execvp (argv[2], argv + 2);
      perror (argv[2]);
      _exit (127);
    }
  while (waitpid (child, &status, WNOHANG) == 0)
    {
      look (processes, argv[1], (guint64) child);
      g_usleep (PERIOD_US);
    }
  seconds = (double) (g_get_monotonic_time () - start) * 1e-6;
  g_hash_table_iter_init (&iter, processes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Process *process = value;

      peak = MAX (peak, process->peak);
      settled = MAX (settled, process->settled);
    }
  printf ("\n%.3f %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n", seconds, peak, settled);
  return WIFEXITED (status) ? WEXITSTATUS (status) : 1;
}
