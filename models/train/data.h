/* models/train/data.h: pictures to train on and to evaluate with.
 *
 * A data folder (or one file) may hold: pictures that GEGL opens, alone or in tar files; MNIST's idx files of pictures; CIFAR-10's binary
 * files; all of them also compressed (gz, xz).  Everything is read into memory as 8-bit planes, in the order of the sorted names.
 * Thread-safety: data is read-only once it is loaded.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint32 width, height;
  const guint8 *pixels; /* channels * height * width bytes, perceptual, grey or R'G'B' */
  const char *name;     /* of its file, and its number in there */
  guint label;          /* of the classes: 0 or 1; see train_data_label */
} TrainPicture;

typedef struct
{
  guint32 channels;  /* 1 or 3 */
  GArray *pictures;  /* of TrainPicture */
  GPtrArray *blocks; /* what the pictures point to */
  guint64 bytes;
  guint skipped; /* pictures that could not be read */
} TrainData;

typedef void (*TrainWarning) (const char *sentence, gpointer user_data);

/* patterns: separated by blanks, with * and ?, against the names inside the folder and inside tar files ("train/a.png"); what matches none
 * is not looked at. A picture that cannot be read is named to warn, counted and left out.  resize: sides that every picture file gets (not
 * records, which have theirs), by GEGL's cubic sampler; 0: its own.  minimum: sides of the smallest picture that is of use; smaller ones are
 * left out likewise. Errors: IO (no such folder, nothing in it), BAD_ARGUMENT (files for another number of
 * channels), NO_MEMORY (more than 8 GiB, too). */
TrainData *train_data_load (const char *path, const char *patterns, guint32 channels, guint32 resize, guint32 minimum,
                            TrainWarning warn, gpointer user_data, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void train_data_free (TrainData *data);

/* classes: two patterns as in a recipe; tells every picture its class.  Error: BAD_ARGUMENT (a name that matches none, or both; a class without pictures). */
gboolean train_data_label (TrainData *data, const char *classes, GError **error) G_GNUC_WARN_UNUSED_RESULT;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TrainData, train_data_free)

/* For the readers in data-files.c. */
typedef struct
{
  TrainData *data;
  char **patterns;
  guint32 resize, minimum;
  TrainWarning warn;
  gpointer user_data;
} TrainLoader;

gboolean train_loader_wants (const TrainLoader *loader, const char *name);
/* pixels: (transfer full), planes. */
gboolean train_loader_add (TrainLoader *loader, const char *name, guint32 width, guint32 height, guint8 *pixels,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
void train_loader_skip (TrainLoader *loader, const char *name, const char *why);
/* Reads one file if it is of a kind that is known; name: as the patterns see it. */
gboolean train_loader_file (TrainLoader *loader, const char *path, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- batches ---- */

typedef struct
{
  guint32 width, height; /* of what a sample shows */
  gboolean crop;         /* cut out of the picture, else the whole */
  guint flip;            /* as in the recipe */
  double gain;           /* likewise */
} TrainView;

/* The order in which count things are taken in an epoch: a permutation that depends on seed and epoch alone. */
guint *train_shuffle (guint count, guint64 seed, guint64 epoch);

/* Writes one sample to out (channels * height * width floats in [0, 1]).  seed: of this sample; 0: no chance, the middle of the picture. */
void train_sample (const TrainData *data, guint picture, const TrainView *view, guint64 seed, float *out);

/* A keystream: count numbers spread evenly over [-1/2, 1/2), multiples of 2^-24. */
void train_key (guint64 seed, gsize count, float *out);

/* A number from seed and counter (SplitMix64, Steele et al. 2014). */
guint64 train_random (guint64 seed, guint64 counter);

G_END_DECLS
