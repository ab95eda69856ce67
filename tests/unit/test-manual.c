/* tests/unit/test-manual.c: the manual: every command has a page, every page is well-formed, and every link leads somewhere. */
#include <gio/gio.h>
#include <string.h>

typedef struct
{
  const char *folder, *page;
  GPtrArray *links; /* as they are written */
  GHashTable *ids;
  GString *text;
} Page;

static void
on_start (GMarkupParseContext *context, const char *element, const char **names, const char **values, gpointer user_data, GError **error)
{
  Page *p = user_data;

  (void) context, (void) error;
  for (guint i = 0; names[i] != NULL; i++)
    {
      if (strcmp (names[i], "id") == 0)
        g_hash_table_add (p->ids, g_strdup (values[i]));
      if (strcmp (names[i], "href") == 0 || strcmp (names[i], "src") == 0 || strcmp (names[i], "ref") == 0)
        g_ptr_array_add (p->links, g_strdup (values[i]));
      if (strcmp (element, "img") == 0 && strcmp (names[i], "alt") == 0)
        g_assert_cmpuint (strlen (values[i]), >, 5);
    }
}

static void
on_text (GMarkupParseContext *context, const char *text, gsize length, gpointer user_data, GError **error)
{
  Page *p = user_data;

  (void) context, (void) error;
  g_string_append_len (p->text, text, (gssize) length);
}

static Page *
page_read (const char *folder, const char *name)
{
  static const GMarkupParser parser = { on_start, NULL, on_text, NULL, NULL };
  Page *p = g_new0 (Page, 1);
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, p, NULL);
  g_autofree char *path = g_build_filename (folder, name, NULL), *text = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  p->folder = folder;
  p->page = name;
  p->links = g_ptr_array_new_with_free_func (g_free);
  p->ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  p->text = g_string_new (NULL);
  g_file_get_contents (path, &text, &length, &error);
  g_assert_no_error (error);
  g_assert_true (g_utf8_validate (text, (gssize) length, NULL));
  g_markup_parse_context_parse (context, text, (gssize) length, &error);
  if (error == NULL)
    g_markup_parse_context_end_parse (context, &error);
  g_assert_no_error (error);
  return p;
}

static void
page_free (Page *p)
{
  g_ptr_array_unref (p->links);
  g_hash_table_unref (p->ids);
  g_string_free (p->text, TRUE);
  g_free (p);
}

static void
check_links (const Page *p)
{
  for (guint i = 0; i < p->links->len; i++)
    {
      const char *link = p->links->pdata[i];
      g_autofree char *path = g_build_filename (p->folder, link, NULL);

      g_assert_null (strstr (link, "://")); /* it has to work without a network */
      if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
        g_error ("%s: %s is not there", p->page, link);
    }
}

static void
test_pages (gconstpointer data)
{
  const char *folder = data, *name;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint pages = 0;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".html") || g_str_has_suffix (name, ".xml"))
      {
        Page *p = page_read (folder, name);

        check_links (p);
        if (g_str_has_suffix (name, ".html"))
          g_assert_cmpuint (p->text->len, >, 300);
        pages++;
        page_free (p);
      }
  g_assert_cmpuint (pages, >=, 10);
}

/* What GIMP reads: each command that stands in a menu, and only those. */
static void
test_commands (gconstpointer data)
{
  Page *p = page_read (data, "gimp-help.xml");
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "host.h", NULL), *names = NULL;
  g_autoptr (GRegex) regex = g_regex_new ("\"(plug-in-cnncrypt-[a-z]+)\"", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  g_assert_true (g_file_get_contents (path, &names, NULL, NULL));
  g_assert_true (g_regex_match (regex, names, 0, &match));
  for (; g_match_info_matches (match); g_match_info_next (match, NULL))
    {
      g_autofree char *command = g_match_info_fetch (match, 1);

      if (strcmp (command, "plug-in-cnncrypt-job") != 0 && strcmp (command, "plug-in-cnncrypt-stages") != 0
          && !g_hash_table_remove (p->ids, command)) /* these stand in no menu */
        g_error ("%s has no page", command);
    }
  g_assert_true (g_hash_table_remove (p->ids, "gimp-main"));
  g_assert_cmpuint (g_hash_table_size (p->ids), ==, 0);
  page_free (p);
}

int
main (int argc, char **argv)
{
  g_autofree char *root = NULL;
  g_autoptr (GDir) dir = NULL;
  const char *language;

  g_test_init (&argc, &argv, NULL);
  root = g_test_build_filename (G_TEST_DIST, "help", NULL);
  dir = g_dir_open (root, 0, NULL);
  g_assert_nonnull (dir);
  while ((language = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *pages = g_strdup_printf ("/manual/%s/pages", language),
                      *commands = g_strdup_printf ("/manual/%s/commands", language);
      char *folder = g_build_filename (root, language, NULL);

      g_test_add_data_func (pages, folder, test_pages);
      g_test_add_data_func_full (commands, folder, test_commands, g_free);
    }
  return g_test_run ();
}
