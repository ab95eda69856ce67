/* tests/bench/bench-peak.c: runs a command and watches the memory of the processes of one name that it starts, the plug-in above all.
 *
 *   bench-peak NAME COMMAND [ARGUMENT...]
 *
 * Prints on the last line of standard output: seconds, peak resident memory in KiB over the whole run, and the peak after the largest
 * fall of 128 MiB or more, so after Argon2id gave its memory back (equal to the first where nothing falls so far).  Status: the command's.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <glib.h>

#define PERIOD_US 4000
#define FALL_KIB (128u * 1024u)

typedef struct
{
  guint64 peak;   /* VmHWM, from the start on */
  guint64 highest; /* VmRSS seen since the last fall */
  guint64 after;  /* VmHWM since the last fall; 0: nothing fell */
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
  guint64 resident, peak;

  if (!g_file_get_contents (path, &status, NULL, NULL))
    return;
  resident = status_field (status, "VmRSS:");
  peak = status_field (status, "VmHWM:");
  process->peak = MAX (process->peak, peak);
  if (resident > 0 && resident + FALL_KIB < process->highest)
    {
      /* Writing 5 sets the kernel's peak back to what is resident now (proc(5)). */
      g_autofree char *clear = g_strdup_printf ("/proc/%" G_GUINT64_FORMAT "/clear_refs", pid);
      FILE *file = fopen (clear, "w");

      if (file != NULL)
        {
          fputs ("5\n", file);
          fclose (file);
        }
      process->after = resident;
      process->highest = resident;
      return;
    }
  process->highest = MAX (process->highest, resident);
  if (process->after > 0)
    process->after = MAX (process->after, MAX (peak, resident));
}

/* The processes whose program's file has that name. */
static void
look (GHashTable *processes, const char *name)
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

        if (g_strcmp0 (base, name) != 0)
          continue;
        process = g_hash_table_lookup (processes, GSIZE_TO_POINTER (pid));
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
  guint64 peak = 0, after = 0;
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
      look (processes, argv[1]);
      g_usleep (PERIOD_US);
    }
  seconds = (double) (g_get_monotonic_time () - start) * 1e-6;
  g_hash_table_iter_init (&iter, processes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Process *process = value;

      peak = MAX (peak, process->peak);
      after = MAX (after, process->after > 0 ? process->after : process->peak);
    }
  printf ("\n%.3f %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n", seconds, peak, after);
  return WIFEXITED (status) ? WEXITSTATUS (status) : 1;
}
