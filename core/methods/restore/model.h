/* core/methods/restore/model.h: the networks of the method "restore", found and checked.
 *
 * A model file holds one network with these values: x, the picture (an input of 1 or 3 channels, 0 to 1) -> features, C channels at 1/d of
 * the sides, from -1/2 to 1/2, of which the last is always 0 (pilots: what a reader finds there are the channel's errors); and plain, what
 * arrived of features, with level, 1 channel of the same size that says how strong the errors are -> restored, the picture.  What is
 * restored depends on nothing else of the picture than on plain: an encoder from which layers lead past it is refused. An x of a fixed size
 * takes pictures of that size alone; others are brought to it. Thread-safety: a model is read-only and may be shared.
 */
#pragma once

#include "nn/net.h"

G_BEGIN_DECLS

#define CNC_RESTORE_NAME "restore" /* of the usual model */
#define CNC_RESTORE_MARK_BYTES 4u  /* of the SHA-256 of a file, in headers */
#define CNC_RESTORE_MAX_CHANNELS 4096u
#define CNC_RESTORE_MAX_DIVIDE 64u

typedef struct
{
  CncNet *net;                               /* folded */
  char *name;                                /* of the file, without its ending; UTF-8 */
  guint x, features, plain, level, restored; /* values of the graph */
  guint colours;                             /* 1 or 3 */
  guint channels;                            /* C >= 2 */
  guint divide;                              /* d */
  guint32 width, height;                     /* of x; 0: any */
  guint32 max_tile;                          /* of cnc_tile_run; 0 but in tests */
} CncRestore;

/* Errors: MODEL, naming the file and what is wrong; IO, NO_MEMORY. */
CncRestore *cnc_restore_read (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* name: (nullable): of the file, without its ending; NULL: CNC_RESTORE_NAME.  Errors: also MODEL: it is not there. */
CncRestore *cnc_restore_find (const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The one whose file has a SHA-256 that begins so. */
CncRestore *cnc_restore_find_mark (const guint8 mark[CNC_RESTORE_MARK_BYTES], GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_restore_free (CncRestore *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncRestore, cnc_restore_free)

/* Finds and checks the values of model->net, which is folded; fills all of *model but net, name and max_tile.  Error: MODEL. */
gboolean cnc_restore_check (CncRestore *model, GError **error) G_GNUC_WARN_UNUSED_RESULT;

void cnc_restore_mark (const CncRestore *model, guint8 mark[CNC_RESTORE_MARK_BYTES]);

G_END_DECLS
