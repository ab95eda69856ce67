/* models/train/train.h: the commands of cnncrypt-train.  Each returns FALSE with an error; printing goes to stdout, progress and warnings
 * to stderr. */
#pragma once

#include "data.h"
#include "nn/net.h"
#include "seal/secret.h"
#include "session.h"

G_BEGIN_DECLS

typedef struct
{
  char *recipe, *data, *out;
  char *device, *resume, *log; /* (nullable) */
  gint64 steps, seed;          /* -1: as the recipe says */
} TrainOptions;

gboolean train_command (const TrainOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Runs the session to its last step, with progress, log and checkpoints.  CANCELLED: stopped by SIGINT, and the checkpoint is written. */
gboolean train_run (TrainSession *session, const TrainOptions *options, const char *checkpoint, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Trains a pair and writes NAME.encoder.safetensors and NAME.safetensors, NAME being options->out.  The passphrase that locks the secret key is the first line of
 * passphrase_file, or is asked for (NULL), before the work; open: there is none.  A decoder file that is there already is not touched: IO. */
gboolean train_sedd_command (const TrainOptions *options, const char *passphrase_file, gboolean open, GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct
{
  char *model, *data;
  char *device, *files; /* (nullable) */
  char *subset;         /* (nullable): classes: patterns of the pictures of the hard subset */
  char *out;            /* (nullable): classes: the model with the rates that were found */
  guint32 resize;       /* sides that every picture is brought to; 0: its own */
  gboolean json;
  gboolean half;  /* convolutions in half precision where the device has it */
  gboolean noise; /* with the noise that is there "always" */
  gint64 seed;    /* of that noise */
} TrainEvaluateOptions;

gboolean train_evaluate_command (const TrainEvaluateOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* For a network with several inputs, or with targets in its file; net is folded. */
gboolean train_evaluate_targets (CncBackend *backend, const CncNet *net, const CncWeights *weights, const TrainData *data,
                                 const TrainEvaluateOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* For a network that tells classes apart (model: its file). */
gboolean train_evaluate_classes (const char *model, const TrainEvaluateOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Adds to a model file what its classes are called, and what thresholds tell them apart best in data. */
void train_classes_describe (CncSafetensorsWriter *writer, const char *classes, const TrainData *data);

/* "name": value, and what follows it: a comma or, behind the last one, nothing. */
void train_print_json_number (const char *name, double value, gboolean last);

typedef struct
{
  char *model, *data, *out;
  char *device, *files; /* (nullable) */
} TrainTablesOptions;

/* Measures the static tables of the range coder on pictures and writes the model with them. */
gboolean train_tables_command (const TrainTablesOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct
{
  char *name;            /* of the files, without .pub and .identity */
  char *passphrase_file; /* (nullable) else the terminal is asked */
  gboolean open;         /* no passphrase */
} TrainKeygenOptions;

/* Makes a pair of keys (seal/keyfile.h). */
gboolean train_keygen_command (const TrainKeygenOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The first line of the file; where path is NULL, the terminal is asked, twice.  what: what the passphrase is for, "the new identity".  Returns: (transfer full) */
CncSecret *train_new_passphrase (const char *path, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean train_info_command (const char *model, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean train_devices_command (GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A sentence to stderr. */
void train_warn (const char *sentence, gpointer user_data);

/* PNGs beside the model.  csv: the log. */
gboolean train_plot_losses (const char *path, const char *csv, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* pictures: sets times count of them, each of channels planes of 8 bits; a set stands below the other.  */
gboolean train_plot_samples (const char *path, const guint8 *pictures, guint sets, guint count, guint32 channels, guint32 width, guint32 height,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
