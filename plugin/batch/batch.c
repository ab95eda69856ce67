/* cnncrypt-batch: encrypts and decrypts many pictures through one GIMP without display. */
#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cnc-config.h"
#include "gimp.h"
#include "names.h"

typedef struct
{
  const char *path; /* as given */
  char *label;
  char *name;  /* of the result; NULL: it is not tried */
  char *alias; /* what GIMP is told: a link in the job's folder */
  char *part;  /* stem of the unfinished file, relative to the job's folder */
  guint job;   /* its number there */
  gint64 began;
  gsize log_from;   /* where GIMP's log stood then */
  gboolean settled; /* reported, either way */
} Picture;

typedef struct
{
  gboolean encrypts;
  char *method, *device, *passphrase, *out;
  gint timeout;
  char **pictures;
  guint n;
  Picture *picture;
  guint *order; /* job number -> picture */
  guint n_jobs;
  guint failed;
  char *folder;
} Batch;

static const char usage[] = "encrypt [--method ID] [--device ID] --passphrase-file FILE --out DIR PICTURE…\n"
                            "  cnncrypt-batch decrypt [--device ID] --passphrase-file FILE --out DIR PICTURE…";

static const char description[]
    = "The first line of FILE is the passphrase; without --passphrase-file, the environment variable CNNCRYPT_PASSPHRASE_FILE names it.\n"
      "FILE may be a pipe: /dev/stdin.\n"
      "encrypt writes DIR/NAME.png; decrypt writes DIR/NAME.png, or DIR/NAME.xcf for pictures that PNG cannot hold.  Nothing is\n"
      "overwritten: where two pictures of one call have the same name, a.png and a.jpg, the results are a.png and a.jpg.png; a result\n"
      "that already exists is an error.  Every written file is read back from disk and compared.  The exit status is 0 only if all "
      "pictures\n"
      "were done; each failure is one line on standard error, and the rest is still done.\n"
      "Devices: auto (the default), cpu, gpu, software, a UUID or a part of a name; CNNCRYPT_DEVICE sets another default.\n"
      "CNNCRYPT_PLUGIN_DIR names the folder of the plug-in, if it is not where GIMP looks for it.";

static void fail (Batch *batch, Picture *picture, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* One line on standard error; picture: (nullable). */
static void
fail (Batch *batch, Picture *picture, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  if (picture != NULL)
    {
      picture->settled = TRUE;
      batch->failed++;
    }
  g_strdelimit (text, "\n\r", ' ');
  g_printerr ("%s%s%s\n", picture != NULL ? picture->label : "cnncrypt-batch", ": ", text);
}

static void
drop_parts (Batch *batch, const Picture *picture)
{
  static const char *const suffixes[] = { ".png", ".xcf" };

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *file = g_strconcat (picture->part, suffixes[i], NULL);
      g_autofree char *path = g_build_filename (batch->folder, file, NULL);

      g_unlink (path);
    }
}

static void
finish (Batch *batch, Picture *picture, const char *suffix, const char *device, const char *note)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *part = g_strconcat (batch->folder, "/", picture->part, ".", suffix, NULL);
  g_autofree char *name = g_strconcat (picture->name, ".", suffix, NULL);
  g_autofree char *made = g_build_filename (batch->out, name, NULL);
  g_autofree char *label = names_label (made);

  if (!names_move (part, made, &error))
    {
      drop_parts (batch, picture);
      if (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_EXIST))
        fail (batch, picture, "%s exists already and was not touched; choose another folder with --out.", label);
      else
        fail (batch, picture, "%s cannot be written: %s.", label, error->message);
      return;
    }
  picture->settled = TRUE;
  g_print ("%s: %s, %s, %.1f s%s%s\n", picture->label, label, device, (double) (g_get_monotonic_time () - picture->began) / G_USEC_PER_SEC,
           *note != '\0' ? ". " : "", note);
}

/* Messages of GIMP name the links in the job's folder; people know the pictures by other names. */
static char *
speak (Batch *batch, const Picture *picture, const char *message)
{
  g_autofree char *alias = g_build_filename (batch->folder, picture->alias, NULL);
  g_autofree char *part = g_build_filename (batch->folder, picture->part, NULL);
  g_autoptr (GString) text = g_string_new (message);

  g_string_replace (text, alias, picture->label, 0);
  g_string_replace (text, part, "the result", 0);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gsize
log_size (Batch *batch)
{
  g_autofree char *path = g_build_filename (batch->folder, "log", NULL);
  GStatBuf st;

  return g_stat (path, &st) == 0 ? (gsize) st.st_size : 0;
}

/* What GIMP wrote while the picture was loaded or saved: a file that is cut off, for one, is loaded as far as it goes, with a message that
 * nobody would see. */
static char *
remarks (Batch *batch, const Picture *picture)
{
  g_autofree char *path = g_build_filename (batch->folder, "log", NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GString) found = g_string_new (NULL);
  gsize size;

  if (!g_file_get_contents (path, &text, &size, NULL) || size <= picture->log_from)
    return g_strdup ("");
  lines = g_strsplit (text + picture->log_from, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    /* Lines of GLib's and GEGL's own kind speak to programmers. */
    if (*g_strstrip (lines[i]) != '\0' && strstr (lines[i], "** ") == NULL && strstr (lines[i], "GEGL") == NULL)
      {
        g_autofree char *line = speak (batch, picture, lines[i]);

        g_string_append_printf (found, "%sGIMP said: %s", found->len > 0 ? " " : "", line);
      }
  return g_string_free (g_steal_pointer (&found), FALSE);
}

static void
on_line (char **fields, gpointer user_data)
{
  Batch *batch = user_data;
  const guint n = g_strv_length (fields);
  const guint64 job = n >= 2 ? g_ascii_strtoull (fields[1], NULL, 10) : 0;
  Picture *picture = job < batch->n_jobs ? &batch->picture[batch->order[job]] : NULL;

  if (n >= 2 && strcmp (fields[0], "fatal") == 0)
    {
      for (guint i = 0; i < batch->n_jobs; i++)
        fail (batch, &batch->picture[batch->order[i]], "%s", fields[1]);
      return;
    }
  if (picture == NULL || picture->settled)
    return;
  if (picture->began == 0)
    {
      picture->began = g_get_monotonic_time ();
      picture->log_from = log_size (batch);
    }
  if (strcmp (fields[0], "fail") == 0 && n >= 3)
    {
      g_autofree char *text = speak (batch, picture, fields[2]);

      drop_parts (batch, picture);
      fail (batch, picture, "%s", text);
    }
  else if (strcmp (fields[0], "done") == 0 && n >= 5)
    {
      g_autofree char *said = remarks (batch, picture);
      g_autofree char *note = g_strjoin (*said != '\0' && *fields[4] != '\0' ? " " : "", fields[4], said, NULL);

      finish (batch, picture, fields[2], fields[3], note);
    }
}

/* Pictures that need not be tried are reported here. */
static gboolean
is_worth (Batch *batch, Picture *picture)
{
  g_autofree char *file = NULL;
  g_autofree char *made = NULL;
  GStatBuf st;

  if (g_stat (picture->path, &st) != 0)
    {
      fail (batch, picture, "It cannot be read: %s.", g_strerror (errno));
      return FALSE;
    }
  if (!S_ISREG (st.st_mode))
    {
      fail (batch, picture, "It is not a file.");
      return FALSE;
    }
  if (access (picture->path, R_OK) != 0)
    {
      fail (batch, picture, "It cannot be read: %s.", g_strerror (errno));
      return FALSE;
    }
  if (picture->name == NULL)
    {
      fail (batch, picture, "Another picture of this call gets the same name; rename it, or use another call and another folder.");
      return FALSE;
    }
  file = g_strconcat (picture->name, ".png", NULL);
  made = g_build_filename (batch->out, file, NULL);
  if (g_lstat (made, &st) == 0)
    {
      g_autofree char *label = names_label (made);

      fail (batch, picture, "%s exists already and was not touched; choose another folder with --out.", label);
      return FALSE;
    }
  return TRUE;
}

/* A link in the job's folder; keeps a suffix that GIMP may know. */
static gboolean
link_picture (Batch *batch, Picture *picture, GError **error)
{
  const char *dot = strrchr (picture->path, '.');
  g_autofree char *target = g_canonicalize_filename (picture->path, NULL);
  g_autofree char *path = NULL;
  gboolean plain = dot != NULL && strlen (dot) <= 10;

  for (const char *p = dot; plain && *++p != '\0';)
    plain = g_ascii_isalnum (*p);
  picture->alias = g_strdup_printf ("in-%u%s", picture->job, plain ? dot : "");
  picture->part = g_strdup_printf ("out/.cnncrypt-%d-%u", (int) getpid (), picture->job);
  path = g_build_filename (batch->folder, picture->alias, NULL);
  if (symlink (target, path) == 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "%s", g_strerror (errno));
  return FALSE;
}

static gboolean
link_as (Batch *batch, const char *target, const char *name, GError **error)
{
  g_autofree char *absolute = g_canonicalize_filename (target, NULL);
  g_autofree char *path = g_build_filename (batch->folder, name, NULL);

  if (symlink (absolute, path) == 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "%s cannot be written: %s", path, g_strerror (errno));
  return FALSE;
}

static gboolean
write_job (Batch *batch, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *path = g_build_filename (batch->folder, "job", NULL);

  batch->order = g_new0 (guint, batch->n + 1);
  for (guint i = 0; i < batch->n; i++)
    {
      Picture *picture = &batch->picture[i];
      g_autofree char *group = NULL;

      if (!is_worth (batch, picture))
        continue;
      picture->job = batch->n_jobs;
      batch->order[batch->n_jobs++] = i;
      group = g_strdup_printf ("%u", picture->job);
      if (!link_picture (batch, picture, error))
        return FALSE;
      g_key_file_set_string (file, group, "in", picture->alias);
      g_key_file_set_string (file, group, "out", picture->part);
    }
  g_key_file_set_string (file, "job", "action", batch->encrypts ? "encrypt" : "decrypt");
  g_key_file_set_string (file, "job", "method", batch->method != NULL ? batch->method : "");
  g_key_file_set_string (file, "job", "device", batch->device != NULL ? batch->device : "");
  g_key_file_set_integer (file, "job", "fd", GIMP_RESULT_FD);
  g_key_file_set_integer (file, "job", "pictures", (gint) batch->n_jobs);
  return link_as (batch, batch->passphrase, "passphrase", error) && link_as (batch, batch->out, "out", error)
         && g_key_file_save_to_file (file, path, error);
}

static gboolean
work (Batch *batch, GError **error)
{
  g_auto (GStrv) names = NULL;

  batch->picture = g_new0 (Picture, batch->n);
  names = names_new (batch->pictures, batch->n);
  for (guint i = 0; i < batch->n; i++)
    {
      batch->picture[i].path = batch->pictures[i];
      batch->picture[i].label = names_label (batch->pictures[i]);
      batch->picture[i].name = names[i];
    }
  if (!write_job (batch, error) || (batch->n_jobs > 0 && !gimp_run (batch->folder, (guint) batch->timeout, on_line, batch, error)))
    return FALSE;
  for (guint i = 0; i < batch->n; i++)
    if (!batch->picture[i].settled)
      fail (batch, &batch->picture[i], "GIMP did not get to it; try again.");
  return TRUE;
}

/* All pictures that were not reported share what went wrong. */
static void
fail_rest (Batch *batch, const char *message)
{
  for (guint i = 0; batch->picture != NULL && i < batch->n; i++)
    if (!batch->picture[i].settled)
      {
        if (batch->picture[i].part != NULL)
          drop_parts (batch, &batch->picture[i]);
        fail (batch, &batch->picture[i], "%s", message);
      }
}

static gboolean
parse (Batch *batch, int *argc, char ***argv, GError **error)
{
  gboolean version = FALSE;
  const GOptionEntry entries[] = {
    { "method", 0, 0, G_OPTION_ARG_STRING, &batch->method, "How to encrypt: hybrid (lossless, the default) or autoencoder (small, lossy)",
      "ID" },
    { "device", 0, 0, G_OPTION_ARG_STRING, &batch->device, "What the convolutions run on", "ID" },
    { "passphrase-file", 0, 0, G_OPTION_ARG_FILENAME, &batch->passphrase, "File whose first line is the passphrase", "FILE" },
    { "out", 0, 0, G_OPTION_ARG_FILENAME, &batch->out, "Folder for the results; made if it is not there", "DIR" },
    { "timeout", 0, 0, G_OPTION_ARG_INT, &batch->timeout, "Seconds without progress after which GIMP counts as hung (600)", "SECONDS" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &batch->pictures, NULL, NULL },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (usage);

  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (version)
    {
      g_print ("cnncrypt-batch %s\n", CNC_VERSION);
      exit (EXIT_SUCCESS);
    }
  batch->n = batch->pictures != NULL ? g_strv_length (batch->pictures) : 0;
  return TRUE;
}

static const char *
complain (const Batch *batch)
{
  const char *action = batch->n > 0 ? batch->pictures[0] : "";

  if (strcmp (action, "encrypt") != 0 && strcmp (action, "decrypt") != 0)
    return "Say what to do: encrypt or decrypt; --help tells more.";
  if (strcmp (action, "decrypt") == 0 && batch->method != NULL)
    return "--method is for encrypt; an encrypted picture knows its own.";
  if (batch->n < 2)
    return "No picture was named.";
  if (batch->out == NULL)
    return "Name the folder for the results with --out DIR.";
  if (batch->passphrase == NULL || *batch->passphrase == '\0')
    return "Name a file with the passphrase: --passphrase-file FILE.";
  if (batch->timeout < 1)
    return "--timeout takes a number of seconds, at least 1.";
  return NULL;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  Batch batch = { .timeout = 600 };
  const char *complaint;

  setlocale (LC_ALL, "");
  if (!parse (&batch, &argc, &argv, &error))
    {
      fail (&batch, NULL, "%s", error->message);
      return 2;
    }
  if (batch.passphrase == NULL)
    batch.passphrase = g_strdup (g_getenv ("CNNCRYPT_PASSPHRASE_FILE"));
  complaint = complain (&batch);
  if (complaint != NULL)
    {
      fail (&batch, NULL, "%s", complaint);
      return 2;
    }
  batch.encrypts = strcmp (batch.pictures[0], "encrypt") == 0;
  batch.pictures++;
  batch.n--;
  if (g_mkdir_with_parents (batch.out, 0777) != 0 || access (batch.out, W_OK | X_OK) != 0)
    {
      g_autofree char *label = names_label (batch.out);

      fail (&batch, NULL, "%s is no folder that can be written to: %s.", label, g_strerror (errno));
      return EXIT_FAILURE;
    }
  batch.folder = gimp_folder_new (&error);
  if (batch.folder == NULL)
    {
      fail (&batch, NULL, "%s", error->message);
      return EXIT_FAILURE;
    }
  if (!work (&batch, &error))
    fail_rest (&batch, error->message);
  gimp_folder_remove (batch.folder);
  return batch.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
