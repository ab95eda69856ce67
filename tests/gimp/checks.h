/* tests/gimp/checks.h: what the parts of the checks share.  They run as a plug-in inside a headless GIMP and speak TAP. */
#pragma once

#include <gegl.h>
#include <libgimp/gimp.h>

/* One line of TAP. */
void check (gboolean passed, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* The procedures; -1 on an error, whose text is then in checks_error. */
gint32 checks_encrypt_by (const char *method, gint32 image, gint32 drawable, int target, const char *source);
/* by "hybrid" */
gint32 checks_encrypt (gint32 image, gint32 drawable, int target, const char *source);
gint32 checks_decrypt (gint32 image, gint32 drawable, const char *source);
extern char *checks_error;
/* The image that a procedure returned, as above; frees values. */
gint32 checks_take (GimpParam *values, gint n);
/* What a procedure that failed said.  Returns: (transfer full) */
char *checks_error_text (const GimpParam *values, gint n);
/* The text of plug-in-cnncrypt-check; NULL on an error, whose text is then in checks_error.  Returns: (transfer full) */
char *checks_file (gint32 image);

/* An image of one layer with pixels from a generator that seed starts; bytes of every value. */
gint32 checks_image (int width, int height, GimpImageBaseType base, GimpPrecision precision, gboolean alpha, guint32 seed);
gint32 checks_layer (gint32 image); /* its active layer */
/* All bytes of a drawable in its own format.  Returns: (transfer full) */
GBytes *checks_pixels (gint32 drawable);
/* A line for each image that GIMP holds, shown or not, and one with the SHA-256 of its pixels for each layer of this one. */
gboolean checks_state (gint32 image, const char *path);

void checks_formats (void);
void checks_metadata (void);
void checks_regions (void);
void checks_refusals (void);
void checks_session (void);
void checks_undo (void);
void checks_hide (void);
void checks_carrier (void);
void checks_stages (void);
