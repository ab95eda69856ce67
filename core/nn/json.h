/* core/nn/json.h: JSON out of files that nobody vouches for.
 *
 * json-glib reads names twice, nests without end and takes more than JSON; so a text is first held against the grammar of RFC 8259 here,
 * with a limit on depth, and only what passes is given to it.  Errors: MODEL, with the byte at fault.  Thread-safety: safe.
 */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define CNC_JSON_MAX_DEPTH 4u         /* objects and arrays inside each other, the outermost counted */
#define CNC_JSON_MAX_BYTES (1u << 20) /* 1 MiB */
#define CNC_JSON_MAX_DIGITS 15u       /* of an integer: what a double holds exactly */

/* One JSON object and nothing behind it but blanks: valid UTF-8, no name twice in one object (compared after unescaping), no zero
 * character, no integer of more than 15 digits.  length: bytes; text needs no final zero. */
gboolean cnc_json_check (const char *text, gsize length, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same, then read.  Returns: (transfer full), an object node. */
JsonNode *cnc_json_parse (const char *text, gsize length, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A member with its type checked; what: who is asked, for the message.  Returned pointers belong to object. */
gboolean cnc_json_get_integer (JsonObject *object, const char *name, gint64 minimum, gint64 maximum, gint64 *value, const char *what,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean cnc_json_get_number (JsonObject *object, const char *name, double *value, const char *what,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
const char *cnc_json_get_string (JsonObject *object, const char *name, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;
JsonArray *cnc_json_get_array (JsonObject *object, const char *name, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *cnc_json_get_object (JsonObject *object, const char *name, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* FALSE if object has a member that is not in known (ended by NULL). */
gboolean cnc_json_only (JsonObject *object, const char *const *known, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Appends text as a JSON string with its quotes.  text: valid UTF-8. */
void cnc_json_append_string (GString *out, const char *text);

G_END_DECLS
