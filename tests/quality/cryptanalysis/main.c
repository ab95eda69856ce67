/* tests/quality/cryptanalysis/main.c: steps of an attack, one a call; cryptanalysis.sh puts them together.
 *
 *   cryptanalysis pictures OUT SIDE N DATA PATTERNS CHANNELS       N grey pictures of a data folder; SIDE: 16, 32 or 64
 *   cryptanalysis draw OUT SIDE N SEED                             drawn ones
 *   cryptanalysis noise OUT SIDE N SEED                            every pixel by chance
 *   cryptanalysis pairs OUT PICTURES CIPHER SETTING FIRST          pairs for the trainer; FIRST: number of the first picture, and of its
 * keys cryptanalysis judge MODEL PAIRS LEARNT                         what a network's guesses are worth; LEARNT: pictures, whose mean is
 * the rival cryptanalysis classical ATTACK CIPHER SETTING PICTURES LEARNT  an attack without a network
 *
 * Files of pictures and pairs have "idx3-ubyte" in their names, for the trainer.  Figures are printed as NAME=VALUE on one line.
 */
#include "cryptanalysis.h"

#include "base/error.h"
#include "base/parallel.h"

#include <gegl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static guint
number (const char *text)
{
  return (guint) g_ascii_strtoull (text, NULL, 10);
}

static gboolean
word_of (const char *const *words, guint n, const char *word, guint *index, GError **error)
{
  for (*index = 0; *index < n; *index += 1)
    if (strcmp (words[*index], word) == 0)
      return TRUE;
  g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "\"%s\" is no word that this program knows here.", word);
  return FALSE;
}

static gboolean
make_pictures (const char *command, char **words, GError **error)
{
  const guint side = number (words[1]), count = number (words[2]);
  g_autoptr (CaPictures) pictures = NULL;

  if (side < CA_MIN_SIDE || side > CA_MAX_SIDE || count < 2)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "SIDE is 16, 32 or 64, N at least 2.");
      return FALSE;
    }
  if (strcmp (command, "draw") == 0)
    pictures = ca_pictures_draw (side, count, number (words[3]));
  else if (strcmp (command, "noise") == 0)
    pictures = ca_pictures_noise (side, count, number (words[3]));
  else
    pictures = ca_pictures_load (words[3], words[4], number (words[5]), side, count, error);
  return pictures != NULL && ca_pictures_save (pictures, words[0], error);
}

static gboolean
make_pairs (char **words, GError **error)
{
  g_autoptr (CaPictures) plain = ca_pictures_read (words[1], CA_MAX_SIDE, error), pairs = NULL;
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  CaCipher cipher = { .backend = backend, .asked = number (words[4]) };
  guint8 out[CA_MAX_SIDE * CA_MAX_SIDE];
  guint kind, setting;
  gsize size;

  if (plain == NULL || !word_of (ca_cipher_names, CA_N_CIPHERS, words[2], &kind, error)
      || !word_of (ca_setting_names, CA_N_SETTINGS, words[3], &setting, error))
    return FALSE;
  cipher.kind = (CaCipherKind) kind;
  cipher.setting = (CaSetting) setting;
  size = (gsize) plain->side * plain->side;
  pairs = ca_pictures_new (3 * plain->side, plain->n);
  for (guint i = 0; i < plain->n; i++)
    {
      if (!ca_encipher (&cipher, plain->side, plain->pixels + i * size, out, error))
        return FALSE;
      ca_pair (plain->pixels + i * size, out, plain->side, pairs->pixels + i * 9 * size);
    }
  return ca_pictures_save (pairs, words[0], error);
}

static gboolean
make_vectors (char **words, GError **error)
{
  g_autoptr (CaPictures) plain = ca_pictures_read (words[1], CA_MAX_SIDE, error), pairs = NULL;
  g_autoptr (CncSeddEncoder) encoder = plain != NULL ? ca_encoder (words[2], error) : NULL;
  gsize size;

  if (encoder == NULL)
    return FALSE;
  size = (gsize) plain->side * plain->side;
  pairs = ca_pictures_new (3 * plain->side, plain->n);
  for (guint i = 0; i < plain->n; i++)
    ca_vector_pair (&encoder->code, number (words[3]), plain->pixels + i * size, plain->side, pairs->pixels + i * 9 * size);
  return ca_pictures_save (pairs, words[0], error);
}

static void
print (const CaFigures *f, guint queries)
{
  printf ("queries=%u psnr=%.2f ssim=%.4f correlation=%.4f mean=%.2f mean_ssim=%.4f mean_correlation=%.4f flat=%.2f wrong=%.2f exact=%.4f "
          "z=%.2f\n",
          queries, f->psnr, f->ssim, f->correlation, f->mean, f->mean_ssim, f->mean_correlation, f->flat, f->wrong, f->exact, f->z);
}

/* step: NULL for a network, else of the vectors that the decoder file gets. */
static gboolean
judge (char **words, const char *step, GError **error)
{
  g_autoptr (CaPictures) pairs = ca_pictures_read (words[1], 3 * CA_MAX_SIDE, error), learnt = NULL, plain = NULL, guess = NULL;
  guint8 out[CA_MAX_SIDE * CA_MAX_SIDE];
  CaFigures figures;
  gsize size;

  learnt = pairs != NULL ? ca_pictures_read (words[2], CA_MAX_SIDE, error) : NULL;
  if (learnt == NULL)
    return FALSE;
  if (pairs->side != 3 * learnt->side)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "PAIRS and LEARNT differ in size.");
      return FALSE;
    }
  size = (gsize) learnt->side * learnt->side;
  plain = ca_pictures_new (learnt->side, pairs->n);
  for (guint i = 0; i < pairs->n; i++)
    ca_unpair (pairs->pixels + i * 9 * size, learnt->side, plain->pixels + i * size, out);
  guess = step == NULL ? ca_network_guess (words[0], pairs, error) : ca_owner_guess (words[0], number (step), pairs, error);
  if (guess == NULL)
    return FALSE;
  ca_judge (learnt, plain, guess, &figures);
  print (&figures, 0);
  return TRUE;
}

static gboolean
classical (char **words, GError **error)
{
  g_autoptr (CaPictures) plain = ca_pictures_read (words[3], CA_MAX_SIDE, error), learnt = NULL, guess = NULL;
  g_autoptr (CncBackend) backend = cnc_reference_backend_new ();
  CaCipher cipher = { .backend = backend };
  guint attack, kind, setting, queries;
  CaFigures figures;

  learnt = plain != NULL ? ca_pictures_read (words[4], CA_MAX_SIDE, error) : NULL;
  if (learnt == NULL || !word_of (ca_attack_names, CA_N_ATTACKS, words[0], &attack, error)
      || !word_of (ca_cipher_names, CA_N_CIPHERS, words[1], &kind, error)
      || !word_of (ca_setting_names, CA_N_SETTINGS, words[2], &setting, error))
    return FALSE;
  if (plain->side != learnt->side)
    {
      g_set_error_literal (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "PICTURES and LEARNT differ in size.");
      return FALSE;
    }
  cipher.kind = (CaCipherKind) kind;
  cipher.setting = (CaSetting) setting;
  guess = ca_attack ((CaAttack) attack, &cipher, learnt->pixels, plain, &queries, error);
  if (guess == NULL)
    return FALSE;
  ca_judge (learnt, plain, guess, &figures);
  print (&figures, queries);
  return TRUE;
}

int
main (int argc, char **argv)
{
  const char *command = argc > 1 ? argv[1] : "";
  const int n = argc - 2;
  g_autoptr (GError) error = NULL;
  gboolean good;

  cnc_parallel_sleepy_openmp ();
  gegl_init (NULL, NULL);
  if ((strcmp (command, "pictures") == 0 && n == 6) || ((strcmp (command, "draw") == 0 || strcmp (command, "noise") == 0) && n == 4))
    good = make_pictures (command, argv + 2, &error);
  else if (strcmp (command, "pairs") == 0 && n == 5)
    good = make_pairs (argv + 2, &error);
  else if (strcmp (command, "judge") == 0 && n == 3)
    good = judge (argv + 2, NULL, &error);
  else if (strcmp (command, "owner") == 0 && n == 4)
    good = judge (argv + 2, argv[5], &error);
  else if (strcmp (command, "vectors") == 0 && n == 4)
    good = make_vectors (argv + 2, &error);
  else if (strcmp (command, "classical") == 0 && n == 5)
    good = classical (argv + 2, &error);
  else
    {
      g_printerr ("The head of tests/quality/cryptanalysis/main.c tells how to call this program.\n");
      return 2;
    }
  if (!good)
    g_printerr ("%s\n", error != NULL ? error->message : "It did not work.");
  return good ? 0 : 1;
}
