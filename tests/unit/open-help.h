/* tests/unit/open-help.h: picture files for test-open, and running cnncrypt-open on them. */
#pragma once

#include "methods/crypt.h"
#include "tools/open.h"

G_BEGIN_DECLS

/* Made by help_start, which takes a passphrase file, a key and a backend into its folder; help_end takes all of it away. */
extern char *passphrase_path;
void help_start (void);
void help_end (void);

/* The path of a file in the test's folder. */
char *in_folder (const char *name);
/* A fresh folder for results; how many files one holds. */
char *new_out (void);
guint files_in (const char *path);

/* Noise, colours under alpha 0, a palette where the format has one. */
CncPicture *make_picture (guint32 width, guint32 height, const CncFormat *format);
/* region: 0, 0 for a new picture. */
CncRaster *encrypt (const CncPicture *picture, guint32 region_width, guint32 region_height);
/* The method that encrypt takes; NULL: the default. */
extern const char *encrypt_method;
/* For that public key; NULL: with the passphrase. */
extern const guint8 *encrypt_for;
void write_png (const CncRaster *raster, const char *path);
/* Encrypted, in a file of that name in the folder; returns its path. */
char *write_carrier (const CncPicture *picture, const char *name);

/* While set, the program can write no file beyond 2,000 bytes. */
extern gboolean limit_size;
/* Runs the program on the CPU device; returns its exit status.  Arguments end with NULL.  err: (out) (optional) what it said on stderr. */
gint run (char **err, ...) G_GNUC_NULL_TERMINATED;
/* What the program said on stdout in the last run. */
extern char *run_out;
/* The same with the passphrase file, for pictures (char *) into a folder. */
gint run_all (const char *out, GPtrArray *paths);

/* The file holds exactly the samples of the raster; read by GEGL, which is not what wrote it. */
void assert_file (const char *path, const CncRaster *expected);

G_END_DECLS
