/* The plug-in's procedures, as GIMP sees them. */
#include <string.h>

#include "base/error.h"
#include "check.h"
#include "cnc-config.h"
#include "decrypt.h"
#include "dialog.h"
#include "job.h"
#include "procedures-analyze.h"
#include "procedures-hide.h"
#include "stages.h"

#define MENU "<Image>/Filters/Crypto"

static void query (void);
static void run (const gchar *name, gint n_params, const GimpParam *params, gint *n_values, GimpParam **values);

const GimpPlugInInfo PLUG_IN_INFO = { NULL, NULL, query, run };

static const GimpParamDef encrypt_args[] = {
  { GIMP_PDB_INT32, "run-mode", "RUN-INTERACTIVE (0), RUN-NONINTERACTIVE (1), RUN-WITH-LAST-VALS (2: asks for the passphrase again)" },
  { GIMP_PDB_IMAGE, "image", "The image" },
  { GIMP_PDB_DRAWABLE, "drawable", "The layer, for targets 1 and 2" },
  { GIMP_PDB_INT32, "target",
    "0: what is visible, into a new image; 1: the layer, into a new image; 2: the selection's bounding box, in place (methods \"share\" "
    "and "
    "\"restore\": into a new image)" },
  { GIMP_PDB_STRING, "passphrase-source",
    "\"file:PATH\", \"fd:N\" or \"env:NAME\": the first line is the passphrase; empty: the file that CNNCRYPT_PASSPHRASE_FILE names" },
  { GIMP_PDB_STRING, "method",
    "\"hybrid\" (lossless), \"autoencoder\" (small, lossy), \"sedd\" (smallest, lossy, for the holder of a pair: its encoder file is among "
    "the "
    "recipients), \"share\" (survives JPEG) or \"restore\" (gentle loss); empty: hybrid" },
  { GIMP_PDB_STRING, "device",
    "\"auto\", \"cpu\", \"gpu\", \"software\", a UUID or a part of a name; empty: CNNCRYPT_DEVICE, else automatic" },
  { GIMP_PDB_INT32, "longest-side", "share, restore: longest side of the result in pixels; 0: about as many pixels as the picture has" },
  { GIMP_PDB_INT32, "levels", "share: steps of grey, 3, or 2 for a stronger code with less room; 0: 3" },
  { GIMP_PDB_STRING, "model", "restore: the network, \"restore\" (photographs) or \"restore-mri\" (grey brain pictures); empty: restore" },
  { GIMP_PDB_STRING, "recipients",
    "paths of key files (public keys), one a line: only these people open the result, and no passphrase is asked for; empty: the "
    "passphrase" },
};

static const GimpParamDef decrypt_args[] = {
  { GIMP_PDB_INT32, "run-mode", "RUN-INTERACTIVE (0), RUN-NONINTERACTIVE (1), RUN-WITH-LAST-VALS (2: asks for the passphrase again)" },
  { GIMP_PDB_IMAGE, "image", "The image" },
  { GIMP_PDB_DRAWABLE, "drawable", "The layer that is encrypted, or holds encrypted regions" },
  { GIMP_PDB_STRING, "passphrase-source",
    "\"file:PATH\", \"fd:N\" or \"env:NAME\": the first line is the passphrase; empty: the file that CNNCRYPT_PASSPHRASE_FILE names" },
  { GIMP_PDB_STRING, "device",
    "\"auto\", \"cpu\", \"gpu\", \"software\", a UUID or a part of a name; empty: CNNCRYPT_DEVICE, else automatic" },
  { GIMP_PDB_STRING, "identity",
    "for pictures that are for recipients: path of an identity file; passphrase-source is of its passphrase then, and not needed where it "
    "is not locked; empty: the picture's passphrase" },
};

static const GimpParamDef check_args[] = {
  { GIMP_PDB_INT32, "run-mode", "RUN-INTERACTIVE (0), RUN-NONINTERACTIVE (1)" },
  { GIMP_PDB_IMAGE, "image", "The image" },
  { GIMP_PDB_DRAWABLE, "drawable", "The layer that is encrypted, or holds encrypted regions" },
};

static const GimpParamDef stages_args[] = {
  { GIMP_PDB_INT32, "run-mode", "RUN-NONINTERACTIVE (1)" },
  { GIMP_PDB_IMAGE, "image", "The image" },
  { GIMP_PDB_DRAWABLE, "drawable", "The layer" },
  { GIMP_PDB_INT32, "target", "0: what is visible, 1: the layer as it is, 2: the selection's bounding box" },
  { GIMP_PDB_STRING, "device",
    "\"auto\", \"cpu\", \"gpu\", \"software\", a UUID or a part of a name; empty: CNNCRYPT_DEVICE, else automatic" },
};

static const GimpParamDef job_args[] = {
  { GIMP_PDB_INT32, "run-mode", "RUN-NONINTERACTIVE (1)" },
  { GIMP_PDB_STRING, "command", "\"run\": the job in the folder that CNNCRYPT_JOB names; \"quit\"" },
};

static const GimpParamDef image_value[] = {
  { GIMP_PDB_IMAGE, "image", "The image that holds the result: a new one, or the same" },
};

static const GimpParamDef report_value[] = {
  { GIMP_PDB_STRING, "report", "What was found, one line for people" },
};

#define ARGS(array) G_N_ELEMENTS (array)

static void
install (const char *name, const char *blurb, const char *help, const char *label, gint n_args, const GimpParamDef *args, gint n_values,
         const GimpParamDef *values)
{
  gimp_install_procedure (name, blurb, help, "The cnncrypt authors", "GPL-3.0-or-later", "2026", label, label != NULL ? "*" : NULL,
                          GIMP_PLUGIN, n_args, n_values, args, values);
  if (label == NULL)
    return;
  gimp_plugin_menu_register (name, MENU);
  gimp_plugin_icon_register (name, GIMP_ICON_TYPE_ICON_NAME, (const guint8 *) "dialog-password");
}

/* Also a tree that is not installed can have its catalogues and its manual. */
static const char *
folder_of (const char *variable, const char *installed)
{
  const char *folder = g_getenv (variable);

  return folder != NULL && *folder != '\0' ? folder : installed;
}

/* The pages that the dialogs' Help buttons open. */
static void
register_help (void)
{
  const char *folder = folder_of ("CNNCRYPT_HELP_DIR", CNC_HELP_DIR);
  g_autofree char *uri = g_file_test (folder, G_FILE_TEST_IS_DIR) ? g_filename_to_uri (folder, NULL, NULL) : NULL;

  if (uri != NULL)
    gimp_plugin_help_register (CNC_TEXT_DOMAIN, uri);
}

static void
query (void)
{
  gimp_plugin_domain_register (CNC_TEXT_DOMAIN, folder_of ("CNNCRYPT_LOCALE_DIR", CNC_LOCALE_DIR));
  register_help ();
  install (HOST_ENCRYPT, N_ ("Encrypt the picture, a layer or the selection"),
           N_ ("Makes an ordinary picture of noise from which Decrypt brings every bit back. Secrecy rests on the passphrase (Argon2id, "
               "XChaCha20-Poly1305); chaotic maps and a convolutional network come on top."),
           N_ ("_Encrypt…"), ARGS (encrypt_args), encrypt_args, ARGS (image_value), image_value);
  install (HOST_DECRYPT, N_ ("Bring an encrypted picture, or encrypted regions of one, back"),
           N_ ("A new image for an encrypted picture; regions are replaced in place in one undo step."), N_ ("_Decrypt…"),
           ARGS (decrypt_args), decrypt_args, ARGS (image_value), image_value);
  install (
      HOST_HIDE, N_ ("Hide one to three pictures in this one, each under its own passphrase"),
      N_ ("The result is a new 8-bit RGB image that looks like this one. Hidden from the eye, not from a steganalyst; what comes back is a "
          "good copy, not bit for bit."),
      N_ ("_Hide…"), PROCEDURES_HIDE_N_ARGS, procedures_hide_args, PROCEDURES_HIDE_N_VALUES, procedures_hide_values);
  install (HOST_REVEAL, N_ ("Bring pictures back that were hidden in this one"),
           N_ ("A new image for each secret whose passphrase is given."), N_ ("_Reveal…"), PROCEDURES_REVEAL_N_ARGS, procedures_reveal_args,
           PROCEDURES_REVEAL_N_VALUES, procedures_reveal_values);
  install (
      HOST_ANALYZE, N_ ("Tell by statistics whether this picture looks like random bytes, alone and beside another one"),
      N_ ("Entropy, histogram, correlation of neighbours, NPCR, UACI, MSE, PSNR, SSIM and key sensitivity, with what random bytes would "
          "give. Nothing is changed. Who passes may still have a broken cipher."),
      N_ ("_Analyze…"), PROCEDURES_ANALYZE_N_ARGS, procedures_analyze_args, PROCEDURES_ANALYZE_N_VALUES, procedures_analyze_values);
  install (HOST_CHECK, N_ ("Read the saved file back and compare it with the encrypted picture that is open"),
           N_ ("Needs no passphrase. Fails, saying why, if the file could not be opened by its receiver."), N_ ("_Check Saved File…"),
           ARGS (check_args), check_args, ARGS (report_value), report_value);
  install (HOST_STAGES, N_ ("Show a picture on its way through Chaos + CNN"),
           N_ ("A new image with a layer for each stage: plain, blocks repositioned, chaos keystream, CNN, sealed. Its keys are drawn for "
               "it alone; "
               "nothing is encrypted by it."),
           NULL, ARGS (stages_args), stages_args, ARGS (image_value), image_value);
  install (HOST_JOB, "Work of cnncrypt-batch", "For cnncrypt-batch alone: it starts GIMP with this procedure as its batch interpreter.",
           NULL, ARGS (job_args), job_args, 0, NULL);
}

static gboolean
display_if (gint32 image, GimpRunMode mode, gint32 shown)
{
  if (mode == GIMP_RUN_NONINTERACTIVE)
    return FALSE;
  if (image != shown)
    gimp_display_new (image);
  gimp_displays_flush ();
  return TRUE;
}

static const char *
text_argument (gint n_params, const GimpParam *params, gint i)
{
  return i < n_params && params[i].data.d_string != NULL ? params[i].data.d_string : "";
}

/* Arguments of a run without dialog.  model: kept by params. */
static gboolean
encrypt_arguments (gint n_params, const GimpParam *params, EncryptHow *how, GError **error)
{
  if (n_params < (gint) G_N_ELEMENTS (encrypt_args))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT,
                   "Arguments are missing: target, passphrase-source, method, device, longest-side, levels, model, recipients.");
      return FALSE;
    }
  how->method = cnc_method_by_id (text_argument (n_params, params, 5), error);
  if (how->method == NULL)
    return FALSE;
  if (params[7].data.d_int32 < 0 || params[8].data.d_int32 < 0)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "longest-side and levels are 0 or more.");
      return FALSE;
    }
  how->longest_side = (guint32) params[7].data.d_int32;
  how->levels = (guint) params[8].data.d_int32;
  how->model = *text_argument (n_params, params, 9) != '\0' ? text_argument (n_params, params, 9) : NULL;
  return TRUE;
}

/* What the user should know about the result. */
static void
tell_encrypted (const EncryptHow *how, const HostJob *job, const char *traces)
{
  g_autofree char *quality = encrypt_quality_text (job->psnr);
  g_autofree char *text
      = g_strconcat (quality != NULL ? quality : "", quality != NULL ? "\n\n" : "", job->left_out != NULL ? job->left_out : "",
                     job->left_out != NULL ? "\n\n" : "", traces != NULL ? traces : "", traces != NULL ? "\n\n" : "",
                     how->method->carrier ? HOST_HOW_TO_SHARE : HOST_HOW_TO_SEND,
                     _ ("\nOnce it is saved, Filters → Crypto → Check Saved File… reads it back."), NULL);

  gimp_message (text);
}

/* plain: (nullable): nothing is to be shown.  What fails here is told, and no more: the picture is encrypted. */
static void
show_stages (const CncRaster *plain, HostJob *job)
{
  g_autoptr (GError) error = NULL;
  gint32 image;

  if (plain == NULL)
    return;
  progress_start (&job->progress, _ ("Making the stages"));
  image = stages_new_image (plain, job, &error);
  progress_end (&job->progress);
  if (image != -1)
    gimp_display_new (image);
  else
    gimp_message (error->message);
}

/* Returns the image, -1 on an error; *cancelled if it is none. */
static gint32
run_encrypt (GimpRunMode mode, gint n_params, const GimpParam *params, gboolean *cancelled, GError **error)
{
  const gint32 image = params[1].data.d_image, drawable = params[2].data.d_drawable;
  g_auto (HostJob) job = { 0 };
  g_auto (KeysLock) keys = { 0 };
  EncryptHow how = { 0 };
  EncryptTarget target;
  DialogChoices choices;
  g_autofree char *traces = NULL;
  g_autoptr (CncRaster) plain = NULL;
  gboolean shown;
  gint32 result = -1;

  dialog_choices_load (HOST_ENCRYPT, &choices);
  if (mode == GIMP_RUN_NONINTERACTIVE)
    {
      if (!encrypt_arguments (n_params, params, &how, error))
        return -1;
      target = (EncryptTarget) params[3].data.d_int32;
      job.device = g_strdup (text_argument (n_params, params, 6));
      if (!encrypt_possible (image, drawable, target, how.method, error))
        return -1;
      if (!keys_lock_read (&keys, text_argument (n_params, params, 4), text_argument (n_params, params, 10), error))
        return -1;
    }
  else
    {
      if (!dialog_start (error))
        return -1;
      *cancelled = !dialog_encrypt (image, drawable, &choices, &keys);
      if (*cancelled)
        return -1;
      dialog_choices_save (HOST_ENCRYPT, &choices);
      dialog_choices_how (&choices, &how);
      target = (EncryptTarget) choices.target;
      job.device = g_strdup (choices.device);
    }
  progress_start (&job.progress, _ ("Encrypting"));
  if (mode != GIMP_RUN_NONINTERACTIVE && choices.stages != 0 && encrypt_has_stages (how.method))
    plain = stages_read (image, drawable, target, &job.progress.task, error);
  if (*error == NULL)
    result = encrypt_run (image, drawable, target, &how, &keys, &job, error);
  progress_end (&job.progress);
  if (result == -1)
    return -1;
  /* At once: until then nobody knows it but this process, which Cancel kills. */
  shown = display_if (result, mode, image);
  show_stages (plain, &job);
  if (job.note != NULL)
    gimp_message (job.note);
  if (encrypt_in_place (target, how.method))
    traces = encrypt_traces (image, drawable);
  if (shown)
    tell_encrypted (&how, &job, traces);
  else if (traces != NULL || job.left_out != NULL)
    {
      g_autofree char *text = g_strconcat (traces != NULL ? traces : "", traces != NULL && job.left_out != NULL ? "\n" : "",
                                           job.left_out != NULL ? job.left_out : "", NULL);

      gimp_message (text);
    }
  return result;
}

static gint32
run_stages (gint n_params, const GimpParam *params, GError **error)
{
  g_auto (HostJob) job = { 0 };
  g_autoptr (CncRaster) plain = NULL;
  gint32 result;

  if (n_params < (gint) G_N_ELEMENTS (stages_args))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "Arguments are missing: target, device.");
      return -1;
    }
  job.device = g_strdup (text_argument (n_params, params, 4));
  progress_start (&job.progress, _ ("Making the stages"));
  plain
      = stages_read (params[1].data.d_image, params[2].data.d_drawable, (EncryptTarget) params[3].data.d_int32, &job.progress.task, error);
  result = plain != NULL ? stages_new_image (plain, &job, error) : -1;
  progress_end (&job.progress);
  return result;
}

static gint32
run_decrypt (GimpRunMode mode, gint n_params, const GimpParam *params, gboolean *cancelled, GError **error)
{
  const gint32 image = params[1].data.d_image, drawable = params[2].data.d_drawable;
  g_auto (HostJob) job = { 0 };
  g_autoptr (GPtrArray) regions = NULL;
  g_autoptr (GArray) images = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autofree char *note = NULL;
  DialogChoices choices;
  gboolean done;

  if (mode == GIMP_RUN_NONINTERACTIVE && n_params < (gint) G_N_ELEMENTS (decrypt_args))
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "Arguments are missing: passphrase-source, device, identity.");
      return -1;
    }
  progress_start (&job.progress, _ ("Decrypting"));
  regions = decrypt_find (image, drawable, &job.progress.task, error);
  if (regions == NULL)
    return -1;
  if (mode == GIMP_RUN_NONINTERACTIVE)
    {
      g_auto (KeysOpener) keys = { 0 };

      job.device = g_strdup (text_argument (n_params, params, 4));
      if (!keys_opener_read (&keys, text_argument (n_params, params, 3), text_argument (n_params, params, 5), error)
          || !decrypt_unlock (regions, &keys.opener, &job.progress.task, error))
        return -1;
    }
  else
    {
      if (!dialog_start (error))
        return -1;
      dialog_choices_load (HOST_DECRYPT, &choices);
      *cancelled = !dialog_decrypt (regions, &choices);
      if (*cancelled)
        return -1;
      dialog_choices_save (HOST_DECRYPT, &choices);
      job.device = g_strdup (choices.device);
    }
  done = decrypt_run (image, drawable, regions, &job, images, NULL, &note, error);
  progress_end (&job.progress);
  if (!done)
    return -1;
  if (job.note != NULL)
    gimp_message (job.note);
  if (note != NULL)
    gimp_message (note);
  for (guint i = 0; i < images->len; i++)
    display_if (g_array_index (images, gint32, i), mode, image);
  return g_array_index (images, gint32, 0);
}

static char *
run_check (GimpRunMode mode, const GimpParam *params, GError **error)
{
  Progress progress = { 0 };
  char *report;

  progress_start (&progress, _ ("Checking the saved file"));
  report = check_run (params[1].data.d_image, params[2].data.d_drawable, &progress.task, error);
  progress_end (&progress);
  if (report != NULL && mode != GIMP_RUN_NONINTERACTIVE)
    gimp_message (report);
  return report;
}

static void
run (const gchar *name, gint n_params, const GimpParam *params, gint *n_values, GimpParam **values)
{
  static GimpParam result[1 + PROCEDURES_MAX_VALUES];
  const GimpRunMode mode = (GimpRunMode) params[0].data.d_int32;
  gboolean cancelled = FALSE;
  GError *error = NULL;

  *n_values = 2;
  *values = result;
  result[0].type = GIMP_PDB_STATUS;
  result[0].data.d_status = GIMP_PDB_SUCCESS;
  result[1].type = GIMP_PDB_IMAGE;
  gimp_plugin_set_pdb_error_handler (GIMP_PDB_ERROR_HANDLER_PLUGIN);
  /* What cnncrypt-batch prints is English, like the program itself. */
  if (strcmp (name, HOST_JOB) != 0)
    cnc_text_bind (folder_of ("CNNCRYPT_LOCALE_DIR", CNC_LOCALE_DIR));

  if (!cnc_seal_init (&error))
    ;
  else if (strcmp (name, HOST_ENCRYPT) == 0)
    result[1].data.d_image = run_encrypt (mode, n_params, params, &cancelled, &error);
  else if (strcmp (name, HOST_DECRYPT) == 0)
    result[1].data.d_image = run_decrypt (mode, n_params, params, &cancelled, &error);
  else if (strcmp (name, HOST_STAGES) == 0)
    result[1].data.d_image = run_stages (n_params, params, &error);
  else if (strcmp (name, HOST_CHECK) == 0)
    {
      result[1].type = GIMP_PDB_STRING;
      result[1].data.d_string = run_check (mode, params, &error);
    }
  else if (strcmp (name, HOST_HIDE) == 0)
    {
      *n_values = 1 + PROCEDURES_HIDE_N_VALUES;
      cancelled = !procedures_hide (mode, n_params, params, result + 1, &error);
    }
  else if (strcmp (name, HOST_REVEAL) == 0)
    {
      *n_values = 1 + PROCEDURES_REVEAL_N_VALUES;
      cancelled = !procedures_reveal (mode, n_params, params, result + 1, &error);
    }
  else if (strcmp (name, HOST_ANALYZE) == 0)
    {
      *n_values = 1 + PROCEDURES_ANALYZE_N_VALUES;
      cancelled = !procedures_analyze (mode, n_params, params, result + 1, &error);
    }
  else
    {
      *n_values = 1;
      job_run (text_argument (n_params, params, 1), &error);
    }

  if (mode != GIMP_RUN_NONINTERACTIVE && g_error_matches (error, CNC_ERROR, CNC_ERROR_CANCELLED))
    {
      cancelled = TRUE;
      g_clear_error (&error);
    }
  if (error != NULL)
    {
      *n_values = 2;
      result[0].data.d_status = GIMP_PDB_EXECUTION_ERROR;
      result[1].type = GIMP_PDB_STRING;
      result[1].data.d_string = g_strdup (error->message);
      g_clear_error (&error);
    }
  else if (cancelled)
    {
      *n_values = 1;
      result[0].data.d_status = GIMP_PDB_CANCEL;
    }
}

MAIN ()
