/* models/train/main.c: cnncrypt-train, the trainer of the networks that cnncrypt ships with. */
#include "train.h"

#include "base/error.h"
#include "cnc-config.h"
#include "ranks.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#define USAGE                                                                                                                              \
  "RECIPE.ini --data DIR --out FILE.safetensors\n"                                                                                         \
  "  cnncrypt-train evaluate MODEL --data DIR\n"                                                                                           \
  "  cnncrypt-train info MODEL\n"                                                                                                          \
  "  cnncrypt-train devices\n"                                                                                                             \
  "  cnncrypt-train sedd RECIPE.ini --data DIR [--passphrase-file FILE | --no-passphrase] --out NAME\n"                                    \
  "  cnncrypt-train keygen [--passphrase-file FILE | --no-passphrase] --out NAME"

typedef struct
{
  char **rest;
  char *data, *out, *device, *resume, *log, *files, *passphrase_file, *subset;
  gint64 steps, seed;
  int resize;
  gboolean json, noise, half, version, no_passphrase;
} Arguments;

static gboolean
misused (GError **error, const char *what)
{
  g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "%s  See cnncrypt-train --help.", what);
  return FALSE;
}

static TrainOptions
training (const Arguments *a, char *recipe)
{
  return (TrainOptions){ .recipe = recipe,
                         .data = a->data,
                         .out = a->out,
                         .device = a->device,
                         .resume = a->resume,
                         .log = a->log,
                         .steps = a->steps,
                         .seed = a->seed };
}

static gboolean
evaluate (const Arguments *a, GError **error)
{
  const TrainEvaluateOptions options = { .model = a->rest[1],
                                         .data = a->data,
                                         .device = a->device,
                                         .files = a->files,
                                         .subset = a->subset,
                                         .out = a->out,
                                         .resize = (guint32) MAX (0, a->resize),
                                         .json = a->json,
                                         .noise = a->noise,
                                         .half = a->half,
                                         .seed = MAX (0, a->seed) };

  if (g_strv_length (a->rest) != 2 || a->data == NULL)
    return misused (error, "evaluate needs one model and --data.");
  return train_evaluate_command (&options, error);
}

static gboolean
tables (const Arguments *a, GError **error)
{
  const TrainTablesOptions options = { .model = a->rest[1], .data = a->data, .out = a->out, .device = a->device, .files = a->files };

  if (g_strv_length (a->rest) != 2 || a->data == NULL || a->out == NULL)
    return misused (error, "tables needs one model, --data and --out.");
  return train_tables_command (&options, error);
}

static gboolean
keygen (const Arguments *a, GError **error)
{
  const TrainKeygenOptions options = { .name = a->out, .passphrase_file = a->passphrase_file, .open = a->no_passphrase };

  if (g_strv_length (a->rest) != 1 || a->out == NULL || *a->out == '\0')
    return misused (error, "keygen needs --out NAME, and makes NAME.pub and NAME.identity.");
  if (a->no_passphrase && a->passphrase_file != NULL)
    return misused (error, "--no-passphrase and --passphrase-file exclude each other.");
  return train_keygen_command (&options, error);
}

static gboolean
sedd (const Arguments *a, GError **error)
{
  const TrainOptions options = training (a, a->rest[1]);

  if (g_strv_length (a->rest) != 2 || a->data == NULL || a->out == NULL)
    return misused (error, "sedd needs one recipe, --data and --out NAME, and makes NAME.encoder.safetensors and NAME.safetensors.");
  if (a->no_passphrase && a->passphrase_file != NULL)
    return misused (error, "--no-passphrase and --passphrase-file exclude each other.");
  return train_sedd_command (&options, a->passphrase_file, a->no_passphrase, error);
}

static gboolean
dispatch (const Arguments *a, GError **error)
{
  const guint n = a->rest != NULL ? g_strv_length (a->rest) : 0;
  const TrainOptions options = training (a, n > 0 ? a->rest[0] : NULL);

  if (n == 0)
    return misused (error, "Give a recipe or a command.");
  if (strcmp (a->rest[0], "evaluate") == 0)
    return evaluate (a, error);
  if (strcmp (a->rest[0], "tables") == 0)
    return tables (a, error);
  if (strcmp (a->rest[0], "sedd") == 0)
    return sedd (a, error);
  if (strcmp (a->rest[0], "info") == 0)
    return n == 2 ? train_info_command (a->rest[1], error) : misused (error, "info needs one model.");
  if (strcmp (a->rest[0], "devices") == 0)
    return train_devices_command (error);
  if (strcmp (a->rest[0], "keygen") == 0)
    return keygen (a, error);
  if (n != 1 || a->data == NULL || a->out == NULL)
    return misused (error, "Training needs one recipe, --data and --out.");
  return train_command (&options, error);
}

int
main (int argc, char **argv)
{
  Arguments a = { .steps = -1, .seed = -1 };
  const GOptionEntry entries[] = {
    { "data", 0, 0, G_OPTION_ARG_FILENAME, &a.data,
      "folder (or file) of pictures: picture files, tar files of them, MNIST's idx, CIFAR-10's binary files", "DIR" },
    { "out", 0, 0, G_OPTION_ARG_FILENAME, &a.out,
      "the model file to write; beside it a checkpoint, a loss curve and sample pictures; evaluate, of classes: the model with the rates "
      "that were found",
      "FILE" },
    { "device", 0, 0, G_OPTION_ARG_STRING, &a.device, "which device computes (see devices); without it the fastest one", "ID" },
    { "steps", 0, 0, G_OPTION_ARG_INT64, &a.steps, "instead of the recipe's", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &a.seed, "instead of the recipe's; evaluate: of the noise", "N" },
    { "resume", 0, 0, G_OPTION_ARG_FILENAME, &a.resume, "go on from this checkpoint", "FILE" },
    { "log", 0, 0, G_OPTION_ARG_FILENAME, &a.log, "write the losses as CSV", "FILE" },
    { "files", 0, 0, G_OPTION_ARG_STRING, &a.files, "evaluate: patterns of the files to use", "PATTERNS" },
    { "subset", 0, 0, G_OPTION_ARG_STRING, &a.subset,
      "evaluate, of classes: patterns of the files that are counted once more by themselves (*hard-*)", "PATTERNS" },
    { "resize", 0, 0, G_OPTION_ARG_INT, &a.resize, "evaluate: every picture at N x N pixels", "N" },
    { "noise", 0, 0, G_OPTION_ARG_NONE, &a.noise, "evaluate: with the noise that the network has \"always\"", NULL },
    { "half", 0, 0, G_OPTION_ARG_NONE, &a.half, "evaluate: convolutions in half precision where the device has it", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &a.json, "evaluate: print one JSON object", NULL },
    { "passphrase-file", 0, 0, G_OPTION_ARG_FILENAME, &a.passphrase_file,
      "keygen, sedd: the passphrase of the identity is the first line of FILE; without it the terminal is asked", "FILE" },
    { "no-passphrase", 0, 0, G_OPTION_ARG_NONE, &a.no_passphrase,
      "keygen, sedd: do not lock the identity; whoever has the file has the pictures", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &a.version, "print the version", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &a.rest, NULL, NULL },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (USAGE);
  g_autoptr (GError) error = NULL;
  gboolean good;

  train_ranks_init (&argc, &argv);
  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (context, entries, NULL);
  good = g_option_context_parse (context, &argc, &argv, &error);
  if (good && a.version)
    printf ("cnncrypt-train %s\n", CNC_VERSION);
  else if (good)
    good = dispatch (&a, &error);
  if (!good)
    fprintf (stderr, "cnncrypt-train: %s\n", error->message);
  train_ranks_exit (good);
  g_strfreev (a.rest);
  g_free (a.data);
  g_free (a.out);
  g_free (a.device);
  g_free (a.resume);
  g_free (a.log);
  g_free (a.files);
  g_free (a.passphrase_file);
  g_free (a.subset);
  return good ? 0 : error->domain == CNC_ERROR && error->code == CNC_ERROR_CANCELLED ? 130 : 1;
}
