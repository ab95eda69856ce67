/* tests/vectors/judge.h: what the tests of hidden pictures and of carriers, and those who make their files, have in common. */
#pragma once

#include "image.h"
#include "seal/secret.h"

G_BEGIN_DECLS

/* The key of the head; NULL if that names a passphrase. */
CncSecret *vector_kek (const Vector *vector);

/* Number i of those in the head. */
CncSecret *vector_identity (const Vector *vector, guint i);

/* Aborts unless the outcome is the one that the head expects.  opened: (nullable) what came out; error: (nullable) why nothing did. */
void vector_judge (const Vector *vector, const CncRaster *opened, const GError *error);

/* The main of a test: runs test on each file of the folder beside the sources; at least least of them, as a forgotten folder is no success. */
int vector_run (int argc, char **argv, const char *name, guint least, GTestDataFunc test);

/* Writes NAME.cct.  kek: NULL: a passphrase, for costs that are refused before it is used.  message, payload: (nullable) */
void vector_write (const char *folder, const char *name, const char *expect, const char *message, const CncSecret *kek,
                   const CncRaster *payload, const CncRaster *image, const char *comment);
/* The same with n identities, each of which has the outcome; and with any lines in the place of the key. */
void vector_write_for (const char *folder, const char *name, const char *expect, const char *message, CncSecret *const *identities, guint n,
                       const CncRaster *payload, const CncRaster *image, const char *comment);
void vector_write_lines (const char *folder, const char *name, const char *expect, const char *message, const char *key,
                         const CncRaster *payload, const CncRaster *image, const char *comment);

G_END_DECLS
