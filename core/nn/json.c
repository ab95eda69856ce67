/* core/nn/json.c: the grammar of JSON, and typed members, see json.h. */
#include "nn/json.h"

#include "base/error.h"

#include <math.h>
#include <string.h>

typedef struct
{
  const char *text;
  gsize length;
  gsize at;
  GHashTable *names[CNC_JSON_MAX_DEPTH]; /* of the objects that are open */
  guint depth;
  const char *fault;
} Scan;

static gboolean scan_value (Scan *s);

static gboolean
fault (Scan *s, const char *what)
{
  if (s->fault == NULL)
    s->fault = what;
  return FALSE;
}

static int
peek (const Scan *s)
{
  return s->at < s->length ? (guchar) s->text[s->at] : -1;
}

static void
skip_blanks (Scan *s)
{
  while (s->at < s->length && strchr (" \t\n\r", s->text[s->at]) != NULL && s->text[s->at] != '\0')
    s->at++;
}

static gboolean
expect (Scan *s, char c, const char *what)
{
  skip_blanks (s);
  if (peek (s) != c)
    return fault (s, what);
  s->at++;
  return TRUE;
}

/* Four hexadecimal digits behind \u. */
static gboolean
scan_hex (Scan *s, gunichar *value)
{
  *value = 0;
  for (guint i = 0; i < 4; i++)
    {
      const int digit = peek (s) >= 0 ? g_ascii_xdigit_value ((gchar) peek (s)) : -1;

      if (digit < 0)
        return fault (s, "an escape that is not four hexadecimal digits");
      *value = *value * 16 + (gunichar) digit;
      s->at++;
    }
  return TRUE;
}

static gboolean
scan_escape (Scan *s, GString *out)
{
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  const int c = peek (s);
  const char *known = c > 0 ? strchr (from, c) : NULL;
  gunichar u, low;

  s->at++;
  if (known != NULL)
    {
      g_string_append_c (out, to[known - from]);
      return TRUE;
    }
  if (c != 'u')
    return fault (s, "an escape that JSON does not have");
  if (!scan_hex (s, &u))
    return FALSE;
  if (u >= 0xd800 && u < 0xdc00)
    {
      if (s->length - s->at < 2 || s->text[s->at] != '\\' || s->text[s->at + 1] != 'u')
        return fault (s, "half of a surrogate pair");
      s->at += 2;
      if (!scan_hex (s, &low))
        return FALSE;
      if (low < 0xdc00 || low > 0xdfff)
        return fault (s, "half of a surrogate pair");
      u = 0x10000 + ((u - 0xd800) << 10) + (low - 0xdc00);
    }
  else if (u >= 0xdc00 && u <= 0xdfff)
    return fault (s, "half of a surrogate pair");
  if (u == 0)
    return fault (s, "a zero character");
  g_string_append_unichar (out, u);
  return TRUE;
}

/* Behind the opening quote.  out: what it says. */
static gboolean
scan_string (Scan *s, GString *out)
{
  for (;;)
    {
      const int c = peek (s);

      if (c < 0)
        return fault (s, "a string without its end");
      s->at++;
      if (c == '"')
        return TRUE;
      if (c < 0x20)
        return fault (s, "a control character in a string");
      if (c != '\\')
        g_string_append_c (out, (gchar) c);
      else if (!scan_escape (s, out))
        return FALSE;
    }
}

static gsize
scan_digits (Scan *s)
{
  const gsize begin = s->at;

  while (peek (s) >= '0' && peek (s) <= '9')
    s->at++;
  return s->at - begin;
}

static gboolean
scan_number (Scan *s)
{
  gsize digits;

  if (peek (s) == '-')
    s->at++;
  if (peek (s) == '0')
    {
      s->at++;
      digits = 1;
    }
  else
    digits = scan_digits (s);
  if (digits == 0 || digits > CNC_JSON_MAX_DIGITS)
    return fault (s, "a number without digits or with too many");
  if (peek (s) == '.')
    {
      s->at++;
      digits = scan_digits (s);
      if (digits == 0 || digits > 40)
        return fault (s, "a fraction without digits or with too many");
    }
  if (peek (s) == 'e' || peek (s) == 'E')
    {
      s->at++;
      if (peek (s) == '+' || peek (s) == '-')
        s->at++;
      digits = scan_digits (s);
      if (digits == 0 || digits > 3)
        return fault (s, "an exponent without digits or with too many");
    }
  return TRUE;
}

static gboolean
scan_member (Scan *s)
{
  g_autoptr (GString) name = g_string_new (NULL);

  if (!expect (s, '"', "a member without a name") || !scan_string (s, name))
    return FALSE;
  if (!g_hash_table_add (s->names[s->depth - 1], g_strndup (name->str, name->len)))
    return fault (s, "a name that stands twice in one object");
  return expect (s, ':', "a member without a value") && scan_value (s);
}

/* Behind the opening bracket. */
static gboolean
scan_list (Scan *s, char end, gboolean (*item) (Scan *s))
{
  skip_blanks (s);
  if (peek (s) == end)
    {
      s->at++;
      return TRUE;
    }
  for (;;)
    {
      if (!item (s))
        return FALSE;
      skip_blanks (s);
      if (peek (s) == end)
        {
          s->at++;
          return TRUE;
        }
      if (!expect (s, ',', "something where a comma or a closing bracket should be"))
        return FALSE;
    }
}

static gboolean
scan_nested (Scan *s, gboolean object)
{
  gboolean good;

  if (s->depth == CNC_JSON_MAX_DEPTH)
    return fault (s, "deeper nesting than four levels");
  s->at++;
  s->names[s->depth++] = object ? g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL) : NULL;
  good = object ? scan_list (s, '}', scan_member) : scan_list (s, ']', scan_value);
  g_clear_pointer (&s->names[--s->depth], g_hash_table_unref);
  return good;
}

static gboolean
scan_word (Scan *s, const char *word)
{
  const gsize n = strlen (word);

  if (s->length - s->at < n || memcmp (s->text + s->at, word, n) != 0)
    return fault (s, "a word that JSON does not have");
  s->at += n;
  return TRUE;
}

static gboolean
scan_value (Scan *s)
{
  g_autoptr (GString) ignored = NULL;

  skip_blanks (s);
  switch (peek (s))
    {
    case '{':
      return scan_nested (s, TRUE);
    case '[':
      return scan_nested (s, FALSE);
    case '"':
      s->at++;
      ignored = g_string_new (NULL);
      return scan_string (s, ignored);
    case 't':
      return scan_word (s, "true");
    case 'f':
      return scan_word (s, "false");
    case 'n':
      return scan_word (s, "null");
    default:
      return scan_number (s);
    }
}

gboolean
cnc_json_check (const char *text, gsize length, GError **error)
{
  Scan s = { .text = text, .length = length };
  gboolean good;

  if (length > CNC_JSON_MAX_BYTES)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_MODEL, "The model's description is larger than 1 MiB; get the model file again.");
      return FALSE;
    }
  if (!g_utf8_validate_len (text, length, NULL))
    good = fault (&s, "text that is not UTF-8, or a zero character");
  else
    {
      skip_blanks (&s);
      good = peek (&s) == '{' ? scan_value (&s) : fault (&s, "something else than an object");
      skip_blanks (&s);
      if (good && s.at != length)
        good = fault (&s, "something behind the object");
    }
  if (!good)
    g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL,
                 "The model's description holds %s at byte %" G_GSIZE_FORMAT "; get the model file again.", s.fault, s.at);
  return good;
}

JsonNode *
cnc_json_parse (const char *text, gsize length, GError **error)
{
  g_autoptr (JsonParser) parser = NULL;
  g_autoptr (GError) why = NULL;

  if (!cnc_json_check (text, length, error))
    return NULL;
  parser = json_parser_new_immutable ();
  if (!json_parser_load_from_data (parser, text, (gssize) length, &why))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL, "The model's description cannot be read (%s); get the model file again.",
                   why->message);
      return NULL;
    }
  return json_parser_steal_root (parser);
}

static gboolean
wrong (GError **error, const char *what, const char *name, const char *expected)
{
  g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL, "In the model's description, %s has no \"%s\" that is %s; get the model file again.",
               what, name, expected);
  return FALSE;
}

/* The member if it is a value of that type. */
static JsonNode *
value_of (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? node : NULL;
}

gboolean
cnc_json_get_integer (JsonObject *object, const char *name, gint64 minimum, gint64 maximum, gint64 *value, const char *what, GError **error)
{
  JsonNode *node = value_of (object, name);
  g_autofree char *range = NULL;

  if (node != NULL && json_node_get_value_type (node) == G_TYPE_INT64)
    {
      *value = json_node_get_int (node);
      if (*value >= minimum && *value <= maximum)
        return TRUE;
    }
  range = g_strdup_printf ("a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, minimum, maximum);
  return wrong (error, what, name, range);
}

gboolean
cnc_json_get_number (JsonObject *object, const char *name, double *value, const char *what, GError **error)
{
  JsonNode *node = value_of (object, name);

  if (node != NULL && (json_node_get_value_type (node) == G_TYPE_INT64 || json_node_get_value_type (node) == G_TYPE_DOUBLE))
    {
      *value = json_node_get_double (node);
      if (isfinite (*value) && fabs (*value) <= 1e30)
        return TRUE;
    }
  return wrong (error, what, name, "a number");
}

const char *
cnc_json_get_string (JsonObject *object, const char *name, const char *what, GError **error)
{
  JsonNode *node = value_of (object, name);

  if (node != NULL && json_node_get_value_type (node) == G_TYPE_STRING)
    return json_node_get_string (node);
  wrong (error, what, name, "a text");
  return NULL;
}

JsonArray *
cnc_json_get_array (JsonObject *object, const char *name, const char *what, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node != NULL && JSON_NODE_HOLDS_ARRAY (node))
    return json_node_get_array (node);
  wrong (error, what, name, "a list");
  return NULL;
}

JsonObject *
cnc_json_get_object (JsonObject *object, const char *name, const char *what, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    return json_node_get_object (node);
  wrong (error, what, name, "an object");
  return NULL;
}

gboolean
cnc_json_only (JsonObject *object, const char *const *known, const char *what, GError **error)
{
  JsonObjectIter iter;
  const char *name;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, NULL))
    if (!g_strv_contains (known, name))
      {
        g_autofree char *shown = g_strescape (name, NULL);

        g_set_error (error, CNC_ERROR, CNC_ERROR_MODEL,
                     "In the model's description, %s has \"%.64s\", which this version of cnncrypt does not know; update cnncrypt.", what,
                     shown);
        return FALSE;
      }
  return TRUE;
}

void
cnc_json_append_string (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (const char *p = text; *p != '\0'; p++)
    if (*p == '"' || *p == '\\')
      g_string_append_printf (out, "\\%c", *p);
    else if ((guchar) *p < 0x20)
      g_string_append_printf (out, "\\u%04x", (guint) *p);
    else
      g_string_append_c (out, *p);
  g_string_append_c (out, '"');
}
