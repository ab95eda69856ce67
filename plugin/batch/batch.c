/* cnncrypt-batch: encrypts and decrypts many pictures, hides and reveals, analyses, through one GIMP without display. */
#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gimp.h"
#include "names.h"
#include "options.h"

/* One result. */
typedef struct
{
  const char *path; /* as given; of hide: the cover */
  char *label;
  char *name;       /* of the result; NULL: it is not tried */
  char *alias;      /* what GIMP is told: a link in the job's folder */
  char *part;       /* stem of the unfinished file, relative to the job's folder */
  guint job;        /* its number there */
  guint passphrase; /* of reveal: which of them */
  gint64 began;
  gsize log_from;   /* where GIMP's log stood then */
  gboolean settled; /* reported, either way */
} Picture;

typedef struct
{
  Options options;
  guint n; /* results */
  Picture *picture;
  guint *order; /* job number -> picture */
  guint n_jobs;
  guint failed;
  char *folder;
  char *report;     /* file name of analyze, or NULL */
  gboolean printed; /* what analyze found, of a picture */
} Batch;

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
  static const char *const suffixes[] = { ".png", ".xcf", ".svg" };

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *file = g_strconcat (picture->part, suffixes[i], NULL);
      g_autofree char *path = g_build_filename (batch->folder, file, NULL);

      g_unlink (path);
    }
}

/* Moves the finished file to where it should be; path: (out) (transfer full).  FALSE: it was reported. */
static gboolean
put_in_place (Batch *batch, Picture *picture, const char *suffix, char **path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *part = g_strconcat (batch->folder, "/", picture->part, ".", suffix, NULL);
  g_autofree char *name = g_strconcat (picture->name, ".", suffix, NULL);
  g_autofree char *made = g_build_filename (batch->options.out, name, NULL);
  g_autofree char *label = names_label (made);

  *path = g_strdup (label);
  if (names_move (part, made, &error))
    return TRUE;
  drop_parts (batch, picture);
  if (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_EXIST))
    fail (batch, picture, "%s exists already and was not touched; choose another folder with --out.", label);
  else
    fail (batch, picture, "%s cannot be written: %s.", label, error->message);
  return FALSE;
}

/* What analyze found goes to standard output as it is. */
static void
print_found (Batch *batch, Picture *picture, const char *suffix, const char *note)
{
  g_autofree char *name = g_strdup_printf ("found-%u", picture->job);
  g_autofree char *path = g_build_filename (batch->folder, name, NULL);
  g_autofree char *text = NULL, *label = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_file_get_contents (path, &text, NULL, &error))
    {
      fail (batch, picture, "What was found cannot be read: %s.", error->message);
      return;
    }
  if (batch->options.report && !put_in_place (batch, picture, suffix, &label))
    return;
  picture->settled = TRUE;
  g_print ("%s%s", batch->printed ? "\n" : "", text);
  if (*note != '\0')
    g_printerr ("%s: %s\n", picture->label, note);
  batch->printed = TRUE;
}

static void
finish (Batch *batch, Picture *picture, const char *suffix, const char *device, const char *note)
{
  g_autofree char *label = NULL;

  if (batch->options.action == ACTION_ANALYZE)
    {
      print_found (batch, picture, suffix, note);
      return;
    }
  if (!put_in_place (batch, picture, suffix, &label))
    return;
  picture->settled = TRUE;
  g_print ("%s: %s, %s, %.1f s%s%s\n", picture->label, label, device, (double) (g_get_monotonic_time () - picture->began) / G_USEC_PER_SEC,
           *note != '\0' ? ". " : "", note);
}

/* The name of a link in the job's folder; keeps a suffix that GIMP may know. */
static char *
link_name (const char *kind, guint i, const char *path)
{
  const char *dot = strrchr (path, '.');
  gboolean plain = dot != NULL && strlen (dot) <= 10;

  for (const char *p = dot; plain && *++p != '\0';)
    plain = g_ascii_isalnum (*p);
  return g_strdup_printf ("%s-%u%s", kind, i, plain ? dot : "");
}

/* A link's path in the text, replaced by what it stands for. */
static void
unlink_name (Batch *batch, GString *text, const char *link, const char *target)
{
  g_autofree char *path = g_build_filename (batch->folder, link, NULL);
  g_autofree char *label = names_label (target);

  g_string_replace (text, path, label, 0);
}

/* Messages about key files. */
static char *
speak_keys (Batch *batch, const char *message)
{
  g_autoptr (GString) text = g_string_new (message);

  /* From the last: recipient-1 is the start of recipient-10. */
  for (guint i = options_count (batch->options.recipients); i > 0; i--)
    {
      g_autofree char *name = g_strdup_printf ("recipient-%u", i - 1);

      unlink_name (batch, text, name, batch->options.recipients[i - 1]);
    }
  if (batch->options.identity != NULL)
    unlink_name (batch, text, "identity", batch->options.identity);
  for (guint i = options_count (batch->options.passphrases); i > 0; i--)
    {
      g_autofree char *name = g_strdup_printf ("passphrase-%u", i - 1);

      unlink_name (batch, text, name, batch->options.passphrases[i - 1]);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Messages of GIMP name the links in the job's folder; people know the pictures by other names. */
static char *
speak (Batch *batch, const Picture *picture, const char *message)
{
  g_autofree char *alias = g_build_filename (batch->folder, picture->alias, NULL);
  g_autofree char *part = g_build_filename (batch->folder, picture->part, NULL);
  g_autoptr (GString) text = g_string_new (message);

  for (guint i = 0; batch->options.secrets != NULL && batch->options.secrets[i] != NULL; i++)
    {
      g_autofree char *name = link_name ("secret", i, batch->options.secrets[i]);
      g_autofree char *secret = g_build_filename (batch->folder, name, NULL);
      g_autofree char *label = names_label (batch->options.secrets[i]);

      g_string_replace (text, secret, label, 0);
    }
  if (batch->options.against != NULL)
    {
      g_autofree char *name = link_name ("against", 0, batch->options.against);
      g_autofree char *against = g_build_filename (batch->folder, name, NULL), *label = names_label (batch->options.against);

      g_string_replace (text, against, label, 0);
      g_string_replace (text, name, label, 0);
    }
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
      g_autofree char *text = speak_keys (batch, fields[1]);

      for (guint i = 0; i < batch->n_jobs; i++)
        fail (batch, &batch->picture[batch->order[i]], "%s", text);
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

/* Why a file cannot be read as a picture; NULL if nothing speaks against it.  Returns: (transfer full) */
static char *
unreadable (const char *path)
{
  GStatBuf st;

  if (g_stat (path, &st) == 0 && !S_ISREG (st.st_mode))
    return g_strdup ("It is not a file.");
  return access (path, R_OK) != 0 ? g_strdup_printf ("It cannot be read: %s.", g_strerror (errno)) : NULL;
}

/* Pictures that need not be tried are reported here. */
static gboolean
is_worth (Batch *batch, Picture *picture)
{
  g_autofree char *why = unreadable (picture->path);
  g_autofree char *file = NULL;
  g_autofree char *made = NULL;
  GStatBuf st;

  if (why != NULL)
    {
      fail (batch, picture, "%s", why);
      return FALSE;
    }
  for (guint i = 0; batch->options.secrets != NULL && batch->options.secrets[i] != NULL; i++)
    {
      g_autofree char *problem = unreadable (batch->options.secrets[i]);
      g_autofree char *label = names_label (batch->options.secrets[i]);

      if (problem != NULL)
        {
          fail (batch, picture, "The secret %s: %s", label, problem);
          return FALSE;
        }
    }
  if (batch->options.against != NULL && (why = unreadable (batch->options.against)) != NULL)
    {
      g_autofree char *label = names_label (batch->options.against);

      fail (batch, picture, "The other picture, %s: %s", label, why);
      return FALSE;
    }
  if (batch->options.out == NULL)
    return TRUE;
  if (picture->name == NULL)
    {
      fail (batch, picture, "Another picture of this call gets the same name; rename it, or use another call and another folder.");
      return FALSE;
    }
  file = g_strconcat (picture->name, batch->options.report && g_str_has_suffix (batch->report, ".svg") ? ".svg" : ".png", NULL);
  made = g_build_filename (batch->options.out, file, NULL);
  if (g_lstat (made, &st) == 0)
    {
      g_autofree char *label = names_label (made);

      fail (batch, picture, "%s exists already and was not touched; choose another folder with --out.", label);
      return FALSE;
    }
  return TRUE;
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
link_passphrases (Batch *batch, GError **error)
{
  for (guint i = 0; batch->options.passphrases != NULL && batch->options.passphrases[i] != NULL; i++)
    {
      g_autofree char *name = g_strdup_printf ("passphrase-%u", i);

      if (!link_as (batch, batch->options.passphrases[i], name, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
link_keys (Batch *batch, GKeyFile *file, GError **error)
{
  const Options *options = &batch->options;

  g_key_file_set_integer (file, "job", "recipients", (gint) options_count (options->recipients));
  g_key_file_set_boolean (file, "job", "identity", options->identity != NULL);
  for (guint i = 0; i < options_count (options->recipients); i++)
    {
      g_autofree char *name = g_strdup_printf ("recipient-%u", i);

      if (!link_as (batch, options->recipients[i], name, error))
        return FALSE;
    }
  return options->identity == NULL || link_as (batch, options->identity, "identity", error);
}

static gboolean
link_secrets (Batch *batch, GKeyFile *file, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; batch->options.secrets != NULL && batch->options.secrets[i] != NULL; i++)
    {
      g_ptr_array_add (names, link_name ("secret", i, batch->options.secrets[i]));
      if (!link_as (batch, batch->options.secrets[i], names->pdata[i], error))
        return FALSE;
    }
  g_key_file_set_string_list (file, "job", "secrets", (const char *const *) names->pdata, names->len);
  return TRUE;
}

/* What analyze needs beside the pictures.  Names that people chose are for the plug-in to write, not for GIMP to read. */
static gboolean
add_analysis (Batch *batch, GKeyFile *file, GError **error)
{
  const Options *o = &batch->options;
  g_autofree char *name = NULL, *label = NULL;

  if (o->action != ACTION_ANALYZE)
    return TRUE;
  g_key_file_set_boolean (file, "job", "json", o->json);
  g_key_file_set_string (file, "job", "sensitivity", o->sensitivity != NULL ? o->sensitivity : "");
  g_key_file_set_string (file, "job", "report", !o->report ? "" : g_str_has_suffix (batch->report, ".svg") ? "svg" : "png");
  for (guint i = 0; i < batch->n_jobs; i++)
    {
      g_autofree char *group = g_strdup_printf ("%u", i);

      g_key_file_set_string (file, group, "label", batch->picture[batch->order[i]].label);
    }
  if (o->against == NULL)
    return TRUE;
  name = link_name ("against", 0, o->against);
  label = names_label (o->against);
  g_key_file_set_string (file, "job", "against", name);
  g_key_file_set_string (file, "job", "against-label", label);
  return link_as (batch, o->against, name, error);
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
      picture->alias = link_name ("in", picture->job, picture->path);
      picture->part = g_strdup_printf ("out/.cnncrypt-%d-%u", (int) getpid (), picture->job);
      if (!link_as (batch, picture->path, picture->alias, error))
        return FALSE;
      g_key_file_set_string (file, group, "in", picture->alias);
      g_key_file_set_string (file, group, "out", picture->part);
      g_key_file_set_integer (file, group, "passphrase", (gint) picture->passphrase);
    }
  g_key_file_set_string (file, "job", "action", options_action (batch->options.action));
  g_key_file_set_integer (file, "job", "bits", batch->options.bits);
  g_key_file_set_string (file, "job", "mode", batch->options.mode != NULL ? batch->options.mode : "");
  g_key_file_set_integer (file, "job", "passphrases", options_count (batch->options.passphrases));
  g_key_file_set_string (file, "job", "method", batch->options.method != NULL ? batch->options.method : "");
  g_key_file_set_integer (file, "job", "longest-side", batch->options.longest_side);
  g_key_file_set_integer (file, "job", "levels", batch->options.levels);
  if (batch->options.model != NULL)
    g_key_file_set_string (file, "job", "model", batch->options.model);
  g_key_file_set_string (file, "job", "device", batch->options.device != NULL ? batch->options.device : "");
  g_key_file_set_integer (file, "job", "fd", GIMP_RESULT_FD);
  g_key_file_set_integer (file, "job", "pictures", (gint) batch->n_jobs);
  return link_passphrases (batch, error) && link_keys (batch, file, error) && link_secrets (batch, file, error)
         && add_analysis (batch, file, error) && (batch->options.out == NULL || link_as (batch, batch->options.out, "out", error))
         && g_key_file_save_to_file (file, path, error);
}

/* One result for each picture; of reveal, one for each passphrase on top. */
static void
list_results (Batch *batch)
{
  const guint n_pictures = batch->options.n, each = batch->options.action == ACTION_REVEAL ? options_count (batch->options.passphrases) : 1;
  /* Not g_strfreev: there are gaps. */
  char **names = names_new (batch->options.pictures, n_pictures);

  batch->n = n_pictures * each;
  batch->picture = g_new0 (Picture, batch->n);
  for (guint i = 0; i < batch->n; i++)
    {
      Picture *picture = &batch->picture[i];
      const char *name = names[i / each];

      picture->path = batch->options.pictures[i / each];
      picture->passphrase = i % each;
      picture->label = names_label (picture->path);
      if (name != NULL)
        picture->name = each == 1 ? g_strdup (name) : g_strdup_printf ("%s-%u", name, picture->passphrase + 1);
    }
  for (guint i = 0; i < n_pictures; i++)
    g_free (names[i]);
  g_free (names);
}

/* The cover, and the name that was asked for. */
static void
list_hidden (Batch *batch, const char *out)
{
  batch->n = 1;
  batch->picture = g_new0 (Picture, 1);
  batch->picture->path = batch->options.cover;
  batch->picture->label = names_label (batch->options.cover);
  batch->picture->name = g_path_get_basename (out);
  batch->picture->name[strlen (batch->picture->name) - strlen (".png")] = '\0';
}

static gboolean
work (Batch *batch, GError **error)
{
  if (!write_job (batch, error) || (batch->n_jobs > 0 && !gimp_run (batch->folder, (guint) batch->options.timeout, on_line, batch, error)))
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

/* Fills the list of results; afterwards out is the folder that they go to. */
static void
list_work (Batch *batch)
{
  if (batch->options.action == ACTION_HIDE)
    {
      g_autofree char *file = batch->options.out;

      list_hidden (batch, file);
      batch->options.out = g_path_get_dirname (file);
    }
  else
    list_results (batch);
  if (batch->options.report) /* the one picture's */
    {
      char *dot = NULL;

      batch->report = batch->options.out;
      batch->options.out = g_path_get_dirname (batch->report);
      g_free (batch->picture[0].name);
      batch->picture[0].name = g_path_get_basename (batch->report);
      dot = strrchr (batch->picture[0].name, '.');
      *dot = '\0';
    }
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  Batch batch = { 0 };

  setlocale (LC_ALL, "");
  if (!options_read (&batch.options, &argc, &argv, &error))
    {
      fail (&batch, NULL, "%s", error->message);
      return 2;
    }
  list_work (&batch);
  if (batch.options.out != NULL && (g_mkdir_with_parents (batch.options.out, 0777) != 0 || access (batch.options.out, W_OK | X_OK) != 0))
    {
      g_autofree char *label = names_label (batch.options.out);

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
