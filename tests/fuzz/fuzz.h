/* tests/fuzz/fuzz.h: what a fuzz target is: one function that reads any bytes and never crashes.
 *
 * Built with libFuzzer (meson option fuzz) it is searched; built with replay.c it is a GLib test over the corpus.
 */
#pragma once

#include "base/error.h"
#include "base/memory.h"
#include "methods/crypt.h"

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

G_END_DECLS
