/* core/channel/rs.c: Reed-Solomon codes by libfec, see rs.h. */
#include "channel/rs.h"

#include <dlfcn.h>
#include <fec.h>
#include <string.h>

#include "base/error.h"

#define LIBRARY "libfec.so.0"
#define MOST_SYMBOLS 2047u

typedef struct
{
  __typeof__ (init_rs_int) *init;
  __typeof__ (free_rs_int) *free;
  __typeof__ (encode_rs_int) *encode;
  __typeof__ (decode_rs_int) *decode;
} Fec;

struct _CncRs
{
  const Fec *fec;
  void *code;
  guint length, parity, pad;
};

static gpointer
load (gpointer unused)
{
  static Fec fec;
  void *library = dlopen (LIBRARY, RTLD_NOW | RTLD_LOCAL);

  if (library == NULL)
    return NULL;
  /* POSIX lets a symbol's address be stored through a pointer to a data pointer. */
  *(void **) &fec.init = dlsym (library, "init_rs_int");
  *(void **) &fec.free = dlsym (library, "free_rs_int");
  *(void **) &fec.encode = dlsym (library, "encode_rs_int");
  *(void **) &fec.decode = dlsym (library, "decode_rs_int");
  return fec.init != NULL && fec.free != NULL && fec.encode != NULL && fec.decode != NULL ? &fec : NULL;
}

CncRs *
cnc_rs_new (guint bits, guint length, guint parity, GError **error)
{
  static GOnce once = G_ONCE_INIT;
  const Fec *fec = g_once (&once, load, NULL);
  CncRs *rs;

  if (fec == NULL)
    {
      g_set_error (error, CNC_ERROR, CNC_ERROR_NO_DEVICE,
                   "The library %s is missing, without which encrypted pictures that survive JPEG are neither made nor read; install "
                   "it (on Debian: the package libfec0).",
                   LIBRARY);
      return NULL;
    }
  rs = g_new0 (CncRs, 1);
  rs->fec = fec;
  rs->length = length;
  rs->parity = parity;
  /* Not shortened by libfec, whose versions count places in such words in different ways. */
  rs->pad = (1u << bits) - 1 - length;
  rs->code = fec->init ((int) bits, bits == 8 ? 0x11d : 0x805, 1, 1, (int) parity, 0);
  if (rs->code != NULL)
    return rs;
  g_free (rs);
  g_set_error_literal (error, CNC_ERROR, CNC_ERROR_NO_MEMORY,
                       "Not enough memory for the code against errors; close other programs and try again.");
  return NULL;
}

void
cnc_rs_free (CncRs *rs)
{
  if (rs == NULL)
    return;
  rs->fec->free (rs->code);
  g_free (rs);
}

void
cnc_rs_encode (const CncRs *rs, guint *word)
{
  guint whole[MOST_SYMBOLS] = { 0 };

  memcpy (whole + rs->pad, word, (rs->length - rs->parity) * sizeof *word);
  rs->fec->encode (rs->code, whole, word + rs->length - rs->parity);
}

gint
cnc_rs_decode (const CncRs *rs, guint *word, const guint *erased, guint n_erased)
{
  guint whole[MOST_SYMBOLS] = { 0 };
  int places[MOST_SYMBOLS];
  gint errors = 0;

  for (guint i = 0; i < n_erased; i++)
    places[i] = (int) (erased[i] + rs->pad);
  memcpy (whole + rs->pad, word, rs->length * sizeof *word);
  if (rs->fec->decode (rs->code, whole, places, (int) n_erased) < 0)
    return -1;
  for (guint i = 0; i < rs->pad; i++)
    if (whole[i] != 0)
      return -1;
  for (guint i = 0; i < n_erased; i++)
    word[erased[i]] = whole[erased[i] + rs->pad];
  for (guint i = 0; i < rs->length; i++) /* libfec's own count leaves some of the erased ones out */
    {
      errors += word[i] != whole[i + rs->pad];
      word[i] = whole[i + rs->pad];
    }
  return errors + (gint) n_erased;
}
