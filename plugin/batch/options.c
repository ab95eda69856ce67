/* The command line of cnncrypt-batch. */
#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "cnc-config.h"

static const char *const actions[OPTIONS_N_ACTIONS] = { "encrypt", "decrypt", "hide", "reveal", "analyze" };

static const char usage[]
    = "encrypt [--method ID] [--device ID] --passphrase-file FILE --out DIR PICTURE…\n"
      "  cnncrypt-batch encrypt --method share [--longest-side P] [--levels 2|3] --passphrase-file FILE --out DIR PICTURE…\n"
      "  cnncrypt-batch encrypt --method restore [--longest-side P] [--model NAME] --passphrase-file FILE --out DIR PICTURE…\n"
      "  cnncrypt-batch encrypt … --recipient KEYS… --out DIR PICTURE…\n"
      "  cnncrypt-batch encrypt --method sedd --recipient NAME.encoder.safetensors… --out DIR PICTURE…\n"
      "  cnncrypt-batch decrypt [--device ID] --passphrase-file FILE --out DIR PICTURE…\n"
      "  cnncrypt-batch decrypt [--device ID] --identity KEYS [--passphrase-file FILE] --out DIR PICTURE…\n"
      "  cnncrypt-batch hide [--mode ID] [--bits N] [--device ID] --cover PICTURE --secret PICTURE… "
      "--passphrase-file FILE… --out FILE.png\n"
      "  cnncrypt-batch reveal [--device ID] --passphrase-file FILE… --out DIR PICTURE…\n"
      "  cnncrypt-batch analyze [--against PICTURE] [--key-sensitivity ID] [--json] [--report FILE.png|FILE.svg] PICTURE…";

static const char description[]
    = "The first line of FILE is the passphrase; without --passphrase-file, the environment variable CNNCRYPT_PASSPHRASE_FILE names it.\n"
      "FILE may be a pipe: /dev/stdin.\n"
      "In the place of a passphrase, encrypt takes the public keys of recipients: --recipient repeats, and a key file may hold several.  "
      "Only they\n"
      "open the result, with decrypt --identity; FILE is the identity's passphrase then, where it has one.  cnncrypt-train keygen makes "
      "keys.\n"
      "encrypt writes DIR/NAME.png; decrypt writes DIR/NAME.png, or DIR/NAME.xcf for pictures that PNG cannot hold.  Nothing is\n"
      "overwritten: where two pictures of one call have the same name, a.png and a.jpg, the results are a.png and a.jpg.png; a result\n"
      "that already exists is an error.  Every written file is read back from disk and compared.  The exit status is 0 only if all "
      "pictures\n"
      "were done; each failure is one line on standard error, and the rest is still done.\n"
      "sedd encrypts with the encoder file of a pair, which is a recipient; its decoder file is the identity of decrypt.  cnncrypt-train "
      "sedd makes pairs.\n"
      "share and restore make grey pictures that may be sent as JPEG; decrypt finds out by itself which method made a picture, and whether "
      "it was\n"
      "turned, mirrored or scaled, or stands in a screenshot.  --longest-side: of the result, for channels that make larger pictures "
      "smaller.\n"
      "hide takes one to three secrets: --secret and --passphrase-file repeat, one for each, in the same order.  reveal writes "
      "DIR/NAME.png; of\n"
      "several passphrases, the n-th gives DIR/NAME-n.png.\n"
      "analyze prints how much a picture looks like random bytes, also beside another one (its plain version, say), and draws a report.\n"
      "Devices: auto (the default), cpu, gpu, software, a UUID or a part of a name; CNNCRYPT_DEVICE sets another default.\n"
      "CNNCRYPT_PLUGIN_DIR names the folder of the plug-in, if it is not where GIMP looks for it.";

const char *
options_action (Action action)
{
  return actions[action];
}

guint
options_count (char **strings)
{
  return strings != NULL ? g_strv_length (strings) : 0;
}

static gboolean
parse (Options *options, int *argc, char ***argv, GError **error)
{
  gboolean version = FALSE;
  g_autofree char *report = NULL;
  const GOptionEntry entries[] = {
    { "method", 0, 0, G_OPTION_ARG_STRING, &options->method,
      "How to encrypt: hybrid (lossless, the default), autoencoder (small, lossy), sedd (smallest, for the holder of a pair), share "
      "(survives JPEG) or "
      "restore (gentle loss)",
      "ID" },
    { "longest-side", 0, 0, G_OPTION_ARG_INT, &options->longest_side,
      "share, restore: longest side of the result in pixels (as many pixels as the picture has)", "P" },
    { "levels", 0, 0, G_OPTION_ARG_INT, &options->levels, "share: steps of grey, 3 (the default), or 2: less room, and more is borne",
      "N" },
    { "model", 0, 0, G_OPTION_ARG_STRING, &options->model,
      "restore: the network, restore (the default) or restore-mri (grey brain pictures)", "NAME" },
    { "device", 0, 0, G_OPTION_ARG_STRING, &options->device, "What the convolutions run on", "ID" },
    { "passphrase-file", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->passphrases, "File whose first line is the passphrase", "FILE" },
    { "recipient", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->recipients,
      "encrypt: for the people whose public keys KEYS holds, 1 to 32 in all; no passphrase then", "KEYS" },
    { "identity", 0, 0, G_OPTION_ARG_FILENAME, &options->identity, "decrypt: pictures for recipients, with this identity file", "KEYS" },
    { "out", 0, 0, G_OPTION_ARG_FILENAME, &options->out, "Folder for the results, made if it is not there; of hide: the file", "DIR" },
    { "mode", 0, 0, G_OPTION_ARG_STRING, &options->mode,
      "How to hide: cnn (not to be seen), robust (survives JPEG) or exact (best quality, lossless files only)", "ID" },
    { "bits", 0, 0, G_OPTION_ARG_INT, &options->bits, "exact: low bits of a sample that may be taken, 1 (the default) or 2", "N" },
    { "cover", 0, 0, G_OPTION_ARG_FILENAME, &options->cover, "The picture that the secrets are hidden in", "PICTURE" },
    { "secret", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->secrets, "A picture to hide; one to three", "PICTURE" },
    { "against", 0, 0, G_OPTION_ARG_FILENAME, &options->against, "analyze: the picture to compare with", "PICTURE" },
    { "key-sensitivity", 0, 0, G_OPTION_ARG_STRING, &options->sensitivity,
      "analyze: encrypt it in memory under two keys that differ in one bit, with these layers: all, chaos, cnn or seal", "ID" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options->json, "analyze: print JSON", NULL },
    { "report", 0, 0, G_OPTION_ARG_FILENAME, &report, "analyze: a file for plots and values, a PNG or SVG", "FILE" },
    { "timeout", 0, 0, G_OPTION_ARG_INT, &options->timeout, "Seconds without progress after which GIMP counts as hung (600)", "SECONDS" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->pictures, NULL, NULL },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (usage);

  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (version)
    {
      g_print ("cnncrypt-batch %s\n", CNC_VERSION);
      exit (EXIT_SUCCESS);
    }
  options->n = options->pictures != NULL ? g_strv_length (options->pictures) : 0;
  if (options->out != NULL && report != NULL)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--out and --report do not go together.");
      return FALSE;
    }
  options->report = report != NULL;
  if (report != NULL)
    options->out = g_steal_pointer (&report);
  return TRUE;
}

/* What is wrong with the options of hide, of all others; NULL if nothing is. */
static const char *
complain_hide (const Options *options)
{
  if (options->n > 1)
    return "hide takes its pictures as --cover PICTURE and --secret PICTURE.";
  if (options->cover == NULL)
    return "Name the picture to hide in with --cover PICTURE.";
  if (options->secrets == NULL)
    return "Name the pictures to hide with --secret PICTURE, one to three times.";
  if (options->bits < 0 || options->bits > 2)
    return "--bits takes 1 or 2.";
  if (options_count (options->secrets) > 3)
    return "Three secrets at most can be hidden in one picture; name fewer.";
  if (options_count (options->passphrases) != options_count (options->secrets))
    return "Name one --passphrase-file FILE for each --secret, in the same order.";
  if (options->out == NULL)
    return "Name the file to make with --out FILE.png.";
  if (strlen (options->out) <= strlen (".png") || !g_str_has_suffix (options->out, ".png") || g_str_has_suffix (options->out, "/.png"))
    return "hide makes a PNG file; name it with --out FILE.png.";
  return NULL;
}

static const char *
complain_others (const Options *options)
{
  if (options->cover != NULL || options->secrets != NULL || options->mode != NULL || options->bits != 0)
    return "--cover, --secret, --mode and --bits are for hide.";
  if (options->n < 2)
    return "No picture was named.";
  if (options->out == NULL)
    return "Name the folder for the results with --out DIR.";
  if (options->passphrases == NULL && options->recipients == NULL && options->identity == NULL)
    return "Name a file with the passphrase: --passphrase-file FILE.";
  if (options->action != ACTION_REVEAL && options_count (options->passphrases) > 1)
    return "There can be only one --passphrase-file here.";
  return NULL;
}

static const char *
complain_keys (const Options *options)
{
  if (options->recipients != NULL && options->action != ACTION_ENCRYPT)
    return "--recipient is for encrypt.";
  if (options->identity != NULL && options->action != ACTION_DECRYPT)
    return "--identity is for decrypt.";
  if (options->recipients != NULL && options->passphrases != NULL)
    return "A picture is encrypted with a passphrase or for recipients, not both: leave out --passphrase-file or --recipient.";
  for (guint i = 0; i < options_count (options->recipients); i++)
    if (*options->recipients[i] == '\0')
      return "Name a file with public keys: --recipient KEYS.";
  if (options->identity != NULL && *options->identity == '\0')
    return "Name an identity file: --identity KEYS.";
  return NULL;
}

static const char *
complain_analyze (const Options *options)
{
  if (options->n < 2)
    return "No picture was named.";
  if (options->out != NULL && !options->report)
    return "analyze prints what it finds; a report goes into --report FILE.png or FILE.svg.";
  if (options->report && options->n > 2)
    return "A report is of one picture; use one call for each.";
  if (options->report && !g_str_has_suffix (options->out, ".png") && !g_str_has_suffix (options->out, ".svg"))
    return "A report is a picture: end the name after --report in .png or .svg.";
  return NULL;
}

static const char *
complain_method (const Options *options)
{
  const gboolean share = g_strcmp0 (options->method, "share") == 0, restore = g_strcmp0 (options->method, "restore") == 0;

  if (options->action != ACTION_ENCRYPT && options->method != NULL)
    return "--method is for encrypt; an encrypted picture knows its own.";
  if (options->longest_side != 0 && !share && !restore)
    return "--longest-side is for the methods share and restore of encrypt.";
  if (options->levels != 0 && !share)
    return "--levels is for the method share of encrypt.";
  if (options->model != NULL && !restore)
    return "--model is for the method restore of encrypt.";
  if (options->longest_side < 0)
    return "--longest-side takes a number of pixels.";
  if (options->levels != 0 && options->levels != 2 && options->levels != 3)
    return "--levels takes 2 or 3.";
  return NULL;
}

static const char *
complain (Options *options)
{
  const char *action = options->n > 0 ? options->pictures[0] : "";

  while (options->action < OPTIONS_N_ACTIONS && strcmp (action, actions[options->action]) != 0)
    options->action = (Action) (options->action + 1);
  if (options->action == OPTIONS_N_ACTIONS)
    return "Say what to do: encrypt, decrypt, hide, reveal or analyze; --help tells more.";
  if (complain_method (options) != NULL)
    return complain_method (options);
  if (complain_keys (options) != NULL)
    return complain_keys (options);
  if (options->timeout < 1)
    return "--timeout takes a number of seconds, at least 1.";
  for (guint i = 0; i < options_count (options->passphrases); i++)
    if (*options->passphrases[i] == '\0')
      return "Name a file with the passphrase: --passphrase-file FILE.";
  if (options->action == ACTION_ANALYZE)
    return complain_analyze (options);
  if (options->against != NULL || options->sensitivity != NULL || options->json || options->report)
    return "--against, --key-sensitivity, --json and --report are for analyze.";
  return options->action == ACTION_HIDE ? complain_hide (options) : complain_others (options);
}

static void
use_default_passphrase (Options *options)
{
  const char *file = g_getenv ("CNNCRYPT_PASSPHRASE_FILE");

  if (options->passphrases != NULL || options->recipients != NULL || file == NULL || *file == '\0')
    return;
  options->passphrases = g_new0 (char *, 2);
  options->passphrases[0] = g_strdup (file);
}

gboolean
options_read (Options *options, int *argc, char ***argv, GError **error)
{
  const char *complaint;

  options->timeout = 600;
  if (!parse (options, argc, argv, error))
    return FALSE;
  use_default_passphrase (options);
  complaint = complain (options);
  if (complaint != NULL)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, complaint);
      return FALSE;
    }
  options->pictures++;
  options->n--;
  return TRUE;
}
