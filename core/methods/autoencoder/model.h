/* core/methods/autoencoder/model.h: the model files of the method "autoencoder": found, checked, ready to run.
 *
 * Places, in this order: the folders of CNNCRYPT_MODEL_PATH (separated by colons), then the folder that cnncrypt was installed with.  A
 * file serves if its network takes one picture of three channels from 0 to 1, gives one of the same size, can work on tiles, and stores a
 * quantised latent whose tables it holds. Thread-safety: a model is read-only and may be shared.
 */
#pragma once

#include "methods/autoencoder/latent.h"
#include "nn/tile.h"

G_BEGIN_DECLS

#define CNC_AUTOENCODER_NAME "autoencoder" /* the model that is taken where there are several */

typedef struct
{
  char *name; /* of the file, without folder and ending */
  guint8 sha256[CNC_SHA256_BYTES];
  CncNet *net;          /* folded */
  guint latent, output; /* values of the graph */
  guint exact;          /* the latent before it is made whole */
  guint channels;       /* of the latent */
  CncReach encode;      /* picture to latent */
  CncLatentTables *tables;
  guint32 max_tile; /* of cnc_tile_run; 0 at first.  It changes no result. */
} CncAutoencoder;

/* Errors: MODEL, IO, NO_MEMORY. */
CncAutoencoder *cnc_autoencoder_read (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_autoencoder_free (CncAutoencoder *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncAutoencoder, cnc_autoencoder_free)

/* The network's part of those checks, for a model that has no tables yet.  net: folded; the fields but name, sha256 and tables are set.
 * MODEL. */
gboolean cnc_autoencoder_check (CncAutoencoder *model, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* sha256 NULL: the one to encrypt with.  Otherwise the file of that hash; MODEL, naming name and hash, if it is nowhere. */
CncAutoencoder *cnc_autoencoder_find (const guint8 *sha256, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Sides of the latent of a picture. */
void cnc_autoencoder_latent_size (const CncAutoencoder *model, guint32 width, guint32 height, guint32 *latent_width,
                                  guint32 *latent_height);

G_END_DECLS
