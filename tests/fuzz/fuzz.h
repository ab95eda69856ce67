/* tests/fuzz/fuzz.h: what a fuzz target is: one function that reads any bytes and never crashes.
 *
 * Built with libFuzzer (meson option fuzz) it is searched; built with replay.c it is a GLib test over the corpus.
 */
#pragma once

#include "base/error.h"
#include "base/memory.h"
#include "methods/crypt.h"
#include "nn/safetensors.h"

#include <stdint.h>

G_BEGIN_DECLS

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* The key-encryption key 00 01 02 .. 1f of tests/vectors, and the file key of all zeros that targets seal with. */
CncSecret *fuzz_kek (void);
CncSecret *fuzz_file_key (void);
CncBackend *fuzz_backend (void);

/* A header of one passphrase stanza that fuzz_kek opens to fuzz_file_key, for a stream of that length in a carrier 64 pixels wide. */
void fuzz_header (CncHeader *header, guint64 stream_length);

/* A carrier whose stream holds plain (1 byte at least), sealed as it should be, and its header. */
CncRaster *fuzz_seal (const guint8 *plain, gsize size, CncHeader *header);

/* What a lossy method seals: a byte of flags (1: grey, 2: alpha, 4: no hash is put in), two of the picture's sides (1..most), then the body.
 * Its beginning is that hash unless the flags say no.  size: 3 at least.  raster: (out).  Returns: (transfer full) (nullable): NULL for no
 * body */
guint8 *fuzz_body (const guint8 *data, gsize size, guint most, const guint8 hash[CNC_SHA256_BYTES], CncRaster **raster);

G_END_DECLS
