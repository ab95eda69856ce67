/* plugin/batch/options.h: the command line of cnncrypt-batch. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  ACTION_ENCRYPT,
  ACTION_DECRYPT,
  ACTION_HIDE,
  ACTION_REVEAL,
  ACTION_ANALYZE,
} Action;

/* "encrypt", … */
const char *options_action (Action action);

#define OPTIONS_N_ACTIONS 5u

typedef struct
{
  Action action;
  char *method, *device, *mode; /* NULL: not given */
  gint longest_side, levels;    /* encrypt; 0: not given */
  char *model;                  /* encrypt */
  char *cover, **secrets;       /* hide */
  gint bits;                    /* hide; 0: not given */
  char *against, *sensitivity;  /* analyze; NULL: not given */
  gboolean json, report;        /* analyze */
  char *out;                    /* hide: a file; analyze: the report's, or NULL; else a folder */
  char **passphrases;           /* files */
  char **recipients;            /* encrypt: key files */
  char *identity;               /* decrypt: a file */
  gint timeout;                 /* seconds */
  char **pictures;              /* hide: none */
  guint n;                      /* of them */
} Options;

/* Reads and checks everything that can be checked without looking at a file.  Ends the program for --help and --version.
 * Errors: G_OPTION_ERROR. */
gboolean options_read (Options *options, int *argc, char ***argv, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* strings: (nullable). */
guint options_count (char **strings);

G_END_DECLS
