/* plugin/job.h: many pictures in one GIMP process, for cnncrypt-batch.
 *
 * The environment variable CNNCRYPT_JOB names a private folder that holds
 *   job          a key file: [job] action ("encrypt", "decrypt", "hide", "reveal" or "analyze"), method, longest-side, levels, model, mode, device,
 *                fd (where results go), and how many there are: pictures, passphrases; secrets (a list);
 *                [0], [1], …: in, out: names in this folder, see below; passphrase: which one (reveal)
 *                of analyze also: json, sensitivity, report ("png", "svg" or empty), against, against-label, and each picture's label; what is found
 *                goes into found-0 …, for people or as JSON
 *   passphrase-0 …   links to the passphrase files; hide: one for each secret
 *   secret-0.png …   links to the pictures to hide
 *   in-0.png …   links to the pictures
 *   out          link to the folder of the results; "out" of a picture is the stem of the file to make there
 * so that no name that a user chose ever passes through GIMP.  Results are lines of fields separated by tabs:
 *   step I TEXT · done I SUFFIX DEVICE NOTE · fail I MESSAGE · fatal MESSAGE · end
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define JOB_VARIABLE "CNNCRYPT_JOB"

/* command: "run" does the job and makes GIMP quit; "quit" only does the latter: it comes second, for the case that the process of the first
 * was lost.  Error: BAD_ARGUMENT if there is no job. */
void job_run (const char *command, GError **error);

G_END_DECLS
