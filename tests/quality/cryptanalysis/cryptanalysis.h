/* tests/quality/cryptanalysis/cryptanalysis.h: ciphers to attack, pictures, attacks without a network, and what a guess is worth.
 *
 * A picture here is grey, side * side bytes; a cipher maps it to as many bytes.  Keys follow from numbers, so that every run gives the
 * same figures.  Thread-safety: one thread.
 */
#pragma once

#include "methods/sedd/pair.h"
#include "nn/backend.h"

G_BEGIN_DECLS

#define CA_MIN_SIDE 16u
#define CA_MAX_SIDE 64u

typedef struct
{
  guint side;
  guint n;
  guint8 *pixels; /* n pictures, one behind the other */
} CaPictures;

typedef enum
{
  CA_LOGISTIC, /* control: XOR with a logistic map in double precision, x' = 3.99 x (1 - x), a byte a step; the start is the key, and all of it */
  CA_SHUFFLE,  /* control: tiles of 4x4 pixels in a keyed order */
  CA_CHAOS,    /* the chaos layer of hybrid: block permutation and logistic keystream */
  CA_CNN,      /* the CNN layer of hybrid */
  CA_LAYERS,   /* both */
  CA_ROUND1,   /* so many rounds of the CNN layer, of which it has CNC_CNN_ROUNDS */
  CA_ROUND2,
  CA_ROUND3,
  CA_ROUND4,
  CA_N_CIPHERS,
} CaCipherKind;

typedef enum
{
  CA_FIXED,     /* one key and one IV for all pictures */
  CA_FRESH_IV,  /* one key, a new IV for each picture; a control has no IV */
  CA_FRESH_KEY, /* new key and IV for each picture: the way cnncrypt uses its layers */
  CA_N_SETTINGS,
} CaSetting;

extern const char *const ca_cipher_names[CA_N_CIPHERS];
extern const char *const ca_setting_names[CA_N_SETTINGS];

typedef struct
{
  CncBackend *backend;
  CaCipherKind kind;
  CaSetting setting;
  guint64 asked; /* number of the next picture, and so of its keys */
} CaCipher;

/* Enciphers one picture; plain may be out. */
gboolean ca_encipher (CaCipher *cipher, guint side, const guint8 *plain, guint8 *out, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A number below a bound > 0, which follows from the other two. */
guint32 ca_random (guint64 seed, guint64 i, guint32 below);

/* ---- pictures.c ---- */

CaPictures *ca_pictures_new (guint side, guint n);
void ca_pictures_free (CaPictures *pictures);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CaPictures, ca_pictures_free)

/* n pictures of a data folder, as the trainer reads them (data.h), cut to a centred square and averaged down, or put on black where they are smaller; colours
 * become luma.  channels: of what is there. */
CaPictures *ca_pictures_load (const char *path, const char *patterns, guint channels, guint side, guint n, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Drawn ones, for where there is no data: a slope with three discs or boxes. */
CaPictures *ca_pictures_draw (guint side, guint n, guint64 seed);

/* Every pixel by itself, all values alike likely: what somebody would choose who may. */
CaPictures *ca_pictures_noise (guint side, guint n, guint64 seed);

/* idx files of pictures of side * side. */
gboolean ca_pictures_save (const CaPictures *pictures, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
CaPictures *ca_pictures_read (const char *path, guint max_side, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A pair of pictures as one of three times the side: of each 3x3 pixels the first is the plain one, the others the bits of the enciphered one, the highest
 * first, 0 or 255.  The layer pixel_unshuffle takes it apart. */
void ca_pair (const guint8 *plain, const guint8 *cipher, guint side, guint8 *out);
void ca_unpair (const guint8 *pair, guint side, guint8 *plain, guint8 *cipher);

/* ---- vectors.c ---- */

/* The encoder of a file, or, where path is "drawn", one with weights by chance.  Returns: (transfer full) */
CncSeddEncoder *ca_encoder (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A pair whose second pixels are the bytes of the picture's vector; step: as in sedd_round. */
void ca_vector_pair (const SeddEncoder *code, guint step, const guint8 *plain, guint side, guint8 *out);

/* What the decoder file of the pair makes of the vectors: the picture that only its holder should see. */
CaPictures *ca_owner_guess (const char *decoder, guint step, const CaPictures *pairs, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- judge.c ---- */

typedef struct
{
  double psnr, ssim, correlation; /* of the guesses: means over the pictures */
  double mean, flat;              /* PSNR of the mean of the pictures learnt from; of the one grey that is best */
  double mean_ssim, mean_correlation;
  double wrong; /* PSNR of the guess for another picture */
  double exact; /* share of the guesses that are right in every pixel */
  double z;     /* how surely a guess fits its own picture better than another: in standard deviations */
} CaFigures;

/* learnt: whose mean is the rival. */
void ca_judge (const CaPictures *learnt, const CaPictures *plain, const CaPictures *guess, CaFigures *figures);

/* The guesses of a network (outputs "guess"; input a pair, of which it has to look at the bits alone) for pairs. */
CaPictures *ca_network_guess (const char *model, const CaPictures *pairs, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- classical.c ---- */

typedef enum
{
  CA_KNOWN_PAIR,  /* one known pair: plain XOR cipher is a keystream */
  CA_KEYSTREAM,   /* a black picture returns a keystream; then ceil (log256 of the pixels) pictures return an order of the pixels */
  CA_AFFINE,      /* a black picture and all those of one bit return every map that is affine over bits */
  CA_HALVES,      /* four pictures, and two for each one to be opened: two rounds of the CNN layer */
  CA_N_ATTACKS,
} CaAttack;

extern const char *const ca_attack_names[CA_N_ATTACKS];

/* Asks the cipher for what it needs (chosen pictures, or the pair of known), then enciphers plain and guesses.  queries: how many pictures
 * it needed. */
CaPictures *ca_attack (CaAttack attack, CaCipher *cipher, const guint8 *known, const CaPictures *plain, guint *queries, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
