/* plugin/hide.h: pictures hidden in an image.
 *
 * Not thread-safe, as libgimp is not.
 */
#pragma once

#include "host.h"
#include "stego/stego.h"

G_BEGIN_DECLS

/* How much larger than it is the difference to the cover is shown; layers and dialog say "× 10". */
#define HIDE_DIFFERENCE_TIMES 10u

/* What is promised, and what not; for people. */
#define HIDE_PROMISE                                                                                                                       \
  _ ("Hidden from the eye, not from a steganalyst: statistics can tell that something is there, but not what it is without the passphrase. "\
     "With the networks, what comes back is a good copy, not bit for bit. A lost passphrase cannot be recovered.")

/* How a picture with secrets in it arrives whole; one line for people. */
const char *hide_how_to_send (const CncStegoMode *mode);

/* Where a secret comes from. */
typedef enum
{
  HIDE_NOTHING,
  HIDE_IMAGE, /* what is visible of an open image */
  HIDE_LAYER, /* one layer alone */
  HIDE_FILE,
} HideFrom;

typedef struct
{
  HideFrom from;
  gint32 id;             /* of the image or layer */
  char *path;            /* of the file */
  CncSecret *passphrase; /* (nullable) until it is known */
} HideSource;

HideSource *hide_source_new (HideFrom from, gint32 id, const char *path);
/* spec: "image:ID", "layer:ID" or "file:PATH".  Error: BAD_ARGUMENT. */
HideSource *hide_source_parse (const char *spec, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void hide_source_free (HideSource *source);
/* Its pixels, see flat.h; number: from 1, for what is said. */
CncRaster *hide_read_source (const HideSource *source, guint number, GString *notes, CncTask *task,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HideSource, hide_source_free)

typedef struct
{
  const CncStegoMode *mode;
  guint bits;      /* exact mode: see CncHideParams; 0: the default */
  gboolean layers; /* show what was done */
} HideChoices;

typedef struct
{
  HideChoices choices;
  CncRaster *cover; /* as opaque 8-bit RGB */
  CncRaster *made;
  CncHideReport report;
  GString *notes; /* what was converted, for people; may be empty */
} HideResult;

/* The mode by its id; empty: the first of the list that is ready, which exact always is.  Errors: BAD_ARGUMENT, MODEL. */
const CncStegoMode *hide_mode (const char *id, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Argon2id for every secret, then pixels, then hiding, and revealing from the result to compare.  Nothing in GIMP changes.
 * sources: (element-type HideSource), each with its passphrase.  Errors: BAD_ARGUMENT, IO, and all of cnc_hide. */
HideResult *hide_make (gint32 image, GPtrArray *sources, const HideChoices *choices, HostJob *job,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
void hide_result_free (HideResult *result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HideResult, hide_result_free)

/* A new image without display: the result in its lowest layer, which is the active one; above it, if that was chosen, invisible layers that
 * show what was done.  -1 on an error. */
gint32 hide_show (const HideResult *result, CncTask *task, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What became of cover and secrets, in one line.  Returns: (transfer full) */
char *hide_report_text (const CncHideReport *report);

/* The mode that the image was made in, while it stays open: NULL if Hide did not make it. */
const CncStegoMode *hide_mode_of_image (gint32 image);

/* Tries things out on a part of the picture, under a key that nobody has; remembers what it read. */
typedef struct _HideTrial HideTrial;

HideTrial *hide_trial_new (gint32 image);
void hide_trial_free (HideTrial *trial);
/* What is to be expected, in two lines; difference: (out) (transfer full): to the cover, times 10, of the part. */
char *hide_trial_run (HideTrial *trial, GPtrArray *sources, const HideChoices *choices, CncRaster **difference,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
