/* One GIMP process for a job.  GIMP's start takes seconds with all its plug-ins and less than one with the few that load and save pictures,
 * remembered from call to call; so it gets a profile with those alone. */
#include "gimp.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLUG_IN "cnncrypt"
#define LOG_LINES 6
/* The plug-in speaks as soon as it runs; GIMP waits for ever if it cannot start it. */
#define START_S 90

static gboolean
is_program (const char *path)
{
  return g_file_test (path, G_FILE_TEST_IS_EXECUTABLE) && !g_file_test (path, G_FILE_TEST_IS_DIR);
}

/* The plug-in to use: the one that was named, the one of the same build, the user's, the installed one. */
static char *
find_plug_in (GError **error)
{
  const char *named = g_getenv ("CNNCRYPT_PLUGIN_DIR");
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *here = self != NULL ? g_path_get_dirname (self) : g_strdup (".");
  g_autofree char *above = g_path_get_dirname (here);
  const char *config = g_getenv ("GIMP2_DIRECTORY");
  char *tries[] = {
    g_build_filename (named != NULL ? named : "/nonexistent", PLUG_IN, NULL),
    g_build_filename (above, PLUG_IN, NULL),
    config != NULL ? g_build_filename (config, "plug-ins", PLUG_IN, PLUG_IN, NULL)
                   : g_build_filename (g_get_user_config_dir (), "GIMP", "2.10", "plug-ins", PLUG_IN, PLUG_IN, NULL),
    g_build_filename (CNNCRYPT_PLUG_IN_DIR, PLUG_IN, PLUG_IN, NULL),
    g_build_filename (GIMP_PLUG_IN_DIR, PLUG_IN, PLUG_IN, NULL),
  };
  char *found = NULL;

  for (guint i = named != NULL ? 0 : 1; i < (named != NULL ? 1 : G_N_ELEMENTS (tries)) && found == NULL; i++)
    if (is_program (tries[i]))
      found = g_strdup (tries[i]);
  for (guint i = 0; i < G_N_ELEMENTS (tries); i++)
    g_free (tries[i]);
  if (found == NULL)
    g_set_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT,
                 "The plug-in “%s” is not there; install it, or name its folder in CNNCRYPT_PLUGIN_DIR.", PLUG_IN);
  return found;
}

/* A link that points to target, replaced if it points elsewhere; atomically, because other calls may be running. */
static gboolean
point (const char *link_path, const char *target)
{
  g_autofree char *now = g_file_read_link (link_path, NULL);
  g_autofree char *fresh = g_strdup_printf ("%s.%d", link_path, (int) getpid ());

  if (g_strcmp0 (now, target) == 0)
    return TRUE;
  return symlink (target, fresh) == 0 && g_rename (fresh, link_path) == 0;
}

/* The folder of plug-ins: ours, and GIMP's own for files. */
static gboolean
fill_plug_ins (const char *folder, const char *plug_in)
{
  g_autofree char *ours = g_build_filename (folder, PLUG_IN, NULL);
  g_autofree char *program = g_build_filename (ours, PLUG_IN, NULL);
  g_autoptr (GDir) dir = g_dir_open (GIMP_PLUG_IN_DIR, 0, NULL);
  const char *name;

  if (g_mkdir_with_parents (ours, 0700) != 0 || !point (program, plug_in))
    return FALSE;
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_prefix (name, "file-"))
      {
        g_autofree char *from = g_build_filename (folder, name, NULL);
        g_autofree char *to = g_build_filename (GIMP_PLUG_IN_DIR, name, NULL);

        if (!point (from, to))
          return FALSE;
      }
  return TRUE;
}

static gboolean
write_gimprc (const char *folder, const char *cache, GError **error)
{
  g_autofree char *name = g_build_filename (folder, "gimprc", NULL);
  g_autofree char *plug_ins = g_build_filename (cache, "plug-ins", NULL);
  g_autofree char *pluginrc = g_build_filename (cache, "pluginrc", NULL);
  g_autofree char *escaped_plug_ins = g_strescape (plug_ins, NULL);
  g_autofree char *escaped_pluginrc = g_strescape (pluginrc, NULL);
  g_autofree char *escaped_folder = g_strescape (folder, NULL);
  g_autofree char *text = g_strdup_printf ("(plug-in-path \"%s\")\n(pluginrc-path \"%s\")\n(swap-path \"%s\")\n(temp-path \"%s\")\n"
                                           "(save-document-history no)\n(thumbnail-size none)\n(script-fu-path \"\")\n"
                                           "(module-path \"\")\n(environ-path \"\")\n(interpreter-path \"\")\n"
                                           "(undo-levels 0)\n",
                                           escaped_plug_ins, escaped_pluginrc, escaped_folder, escaped_folder);

  return g_file_set_contents (name, text, -1, error);
}

char *
gimp_folder_new (GError **error)
{
  g_autofree char *plug_in = find_plug_in (error);
  g_autofree char *folder = plug_in != NULL ? g_dir_make_tmp ("cnncrypt-XXXXXX", error) : NULL;
  g_autofree char *sum = NULL, *sub = NULL, *cache = NULL, *plug_ins = NULL, *profile = NULL, *backups = NULL, *link_path = NULL;

  if (folder == NULL)
    return NULL;
  /* One memory of plug-ins for each build of ours. */
  sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, plug_in, -1);
  sub = g_strndup (sum, 12);
  cache = g_build_filename (g_get_user_cache_dir (), "cnncrypt", sub, NULL);
  plug_ins = g_build_filename (cache, "plug-ins", NULL);
  if (!fill_plug_ins (plug_ins, plug_in))
    {
      g_free (cache);
      g_free (plug_ins);
      cache = g_strdup (folder);
      plug_ins = g_build_filename (cache, "plug-ins", NULL);
      if (!fill_plug_ins (plug_ins, plug_in))
        {
          g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "No folder for GIMP's plug-ins can be made in %s.", folder);
          gimp_folder_remove (folder);
          return NULL;
        }
    }
  link_path = g_build_filename (folder, "cache", NULL);
  profile = g_build_filename (folder, "profile", NULL);
  backups = g_build_filename (profile, "backups", NULL);
  /* A file where GIMP would save unsaved pictures when it is killed: they are plaintext. */
  if (g_mkdir (profile, 0700) != 0 || symlink (cache, link_path) != 0 || !g_file_set_contents (backups, "", 0, error)
      || !write_gimprc (folder, cache, error))
    {
      if (error != NULL && *error == NULL)
        g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "No profile can be made in %s: %s.", folder, g_strerror (errno));
      gimp_folder_remove (folder);
      return NULL;
    }
  return g_steal_pointer (&folder);
}

void
gimp_folder_remove (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (!g_file_test (path, G_FILE_TEST_IS_SYMLINK) && g_file_test (path, G_FILE_TEST_IS_DIR))
        gimp_folder_remove (path);
      else
        g_unlink (path);
    }
  g_rmdir (folder);
}

typedef struct
{
  GMainLoop *loop;
  GPid pid;
  guint timeout_s;
  gint64 heard; /* when the last line came */
  gboolean spoke;
  gboolean hung;
  gboolean ended;
  GString *pending;
  GimpLine line;
  gpointer user_data;
} Run;

static gboolean
on_result (gint fd, GIOCondition condition, gpointer data)
{
  Run *run = data;
  char block[4096];
  const gssize n = read (fd, block, sizeof block);
  char *end;

  if (n <= 0)
    return n < 0 && (errno == EAGAIN || errno == EINTR);
  run->heard = g_get_monotonic_time ();
  run->spoke = TRUE;
  g_string_append_len (run->pending, block, n);
  while ((end = strchr (run->pending->str, '\n')) != NULL)
    {
      g_auto (GStrv) fields = NULL;

      *end = '\0';
      fields = g_strsplit (run->pending->str, "\t", -1);
      if (g_strcmp0 (fields[0], "end") == 0)
        run->ended = TRUE;
      else
        run->line (fields, run->user_data);
      g_string_erase (run->pending, 0, end - run->pending->str + 1);
    }
  return G_SOURCE_CONTINUE;
}

static void
on_gimp_exit (GPid pid, gint status, gpointer data)
{
  Run *run = data;

  g_main_loop_quit (run->loop);
}

static gboolean
on_second (gpointer data)
{
  Run *run = data;

  if (g_get_monotonic_time () - run->heard > (gint64) (run->spoke ? run->timeout_s : MIN (run->timeout_s, START_S)) * G_USEC_PER_SEC)
    {
      run->hung = TRUE;
      kill (-run->pid, SIGKILL);
    }
  return G_SOURCE_CONTINUE;
}

static gboolean
on_signal (gpointer data)
{
  Run *run = data;

  /* Never TERM: GIMP would save what is open. */
  kill (-run->pid, SIGKILL);
  return G_SOURCE_CONTINUE;
}

/* In the child: a process group of its own, that does not outlive us, and the pipe where the job file says. */
static void
in_child (gpointer data)
{
  const int *fd = data;

  setpgid (0, 0);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (*fd == GIMP_RESULT_FD)
    fcntl (*fd, F_SETFD, 0);
  else
    dup2 (*fd, GIMP_RESULT_FD);
}

static char *
last_lines (const char *path)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GString) last = g_string_new (NULL);
  guint n;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return g_strdup ("");
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  n = g_strv_length (lines);
  for (guint i = n > LOG_LINES ? n - LOG_LINES : 0; i < n; i++)
    /* GIMP says that much in every fresh profile. */
    if (*lines[i] != '\0' && !g_str_has_prefix (lines[i], "Failed to parse tag cache"))
      g_string_append_printf (last, "%s%s", last->len > 0 ? " | " : "", lines[i]);
  return g_string_free (g_steal_pointer (&last), FALSE);
}

static gboolean
spawn (const char *folder, int *write_end, int log, GPid *pid, GError **error)
{
  static const char *const programs[] = { "gimp-console-2.10", "gimp-console", "gimp-2.10", "gimp" };
  g_autofree char *gimprc = g_build_filename (folder, "gimprc", NULL);
  g_autofree char *profile = g_build_filename (folder, "profile", NULL);
  g_auto (GStrv) env = g_get_environ ();
  g_autofree char *program = NULL;
  char *argv[] = { NULL, "-i", "-d", "-f", "-g", gimprc, "--batch-interpreter", "plug-in-cnncrypt-job", "-b", "run", "-b", "quit", NULL };
  const int null = open ("/dev/null", O_WRONLY | O_CLOEXEC);
  gboolean started;

  for (guint i = 0; i < G_N_ELEMENTS (programs) && program == NULL; i++)
    program = g_find_program_in_path (programs[i]);
  if (program == NULL)
    {
      close (null);
      g_set_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT,
                   "GIMP 2.10 is not there: neither gimp-console nor gimp is in PATH. Install gimp.");
      return FALSE;
    }
  argv[0] = program;
  env = g_environ_setenv (env, "GIMP2_DIRECTORY", profile, TRUE);
  env = g_environ_setenv (env, "CNNCRYPT_JOB", folder, TRUE);
  env = g_environ_unsetenv (env, "DISPLAY");
  started
      = g_spawn_async_with_fds (NULL, argv, env, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_LEAVE_DESCRIPTORS_OPEN | G_SPAWN_CHILD_INHERITS_STDIN,
                                in_child, write_end, pid, -1, null, log, error);
  close (null);
  return started;
}

gboolean
gimp_run (const char *folder, guint timeout_s, GimpLine line, gpointer user_data, GError **error)
{
  g_autofree char *log_path = g_build_filename (folder, "log", NULL);
  Run run = { .timeout_s = timeout_s, .line = line, .user_data = user_data };
  const int log = g_open (log_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  int ends[2];
  guint sources[5];
  gboolean started;

  if (log < 0 || !g_unix_open_pipe (ends, FD_CLOEXEC, error))
    {
      if (log < 0)
        g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "%s cannot be written: %s.", log_path, g_strerror (errno));
      else
        close (log);
      return FALSE;
    }
  g_unix_set_fd_nonblocking (ends[0], TRUE, NULL);
  started = spawn (folder, &ends[1], log, &run.pid, error);
  close (ends[1]);
  close (log);
  if (!started)
    {
      close (ends[0]);
      return FALSE;
    }
  run.loop = g_main_loop_new (NULL, FALSE);
  run.pending = g_string_new (NULL);
  run.heard = g_get_monotonic_time ();
  sources[0] = g_unix_fd_add (ends[0], G_IO_IN, on_result, &run);
  sources[1] = g_timeout_add_seconds (1, on_second, &run);
  sources[2] = g_unix_signal_add (SIGINT, on_signal, &run);
  sources[3] = g_unix_signal_add (SIGTERM, on_signal, &run);
  sources[4] = g_unix_signal_add (SIGHUP, on_signal, &run);
  g_child_watch_add (run.pid, on_gimp_exit, &run);
  g_main_loop_run (run.loop);
  /* Plug-ins that are still there, and what they had already written. */
  kill (-run.pid, SIGKILL);
  do
    errno = 0;
  while (on_result (ends[0], G_IO_IN, &run) && errno != EAGAIN);
  for (guint i = 1; i < G_N_ELEMENTS (sources); i++)
    g_source_remove (sources[i]);
  if (g_main_context_find_source_by_id (NULL, sources[0]) != NULL)
    g_source_remove (sources[0]);
  close (ends[0]);
  g_string_free (run.pending, TRUE);
  g_main_loop_unref (run.loop);
  if (!run.ended)
    {
      g_autofree char *said = last_lines (log_path);

      g_autofree char *pluginrc = g_build_filename (folder, "cache", "pluginrc", NULL);
      const char *what = !run.hung   ? "GIMP ended before the job was done."
                         : run.spoke ? "GIMP made no progress for too long and was ended."
                                     : "GIMP did not start the plug-in and was ended.";

      /* What GIMP remembers of its plug-ins may be the reason. */
      g_unlink (pluginrc);
      g_set_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED, "%s%s%s", what, *said != '\0' ? " It said: " : "", said);
    }
  return run.ended;
}
