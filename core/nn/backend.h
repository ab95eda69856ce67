/* core/nn/backend.h: the one table of operations that every device implements.
 *
 * An operation is found in four places: declared here, in readable C in core/nn/reference.c, its host side in core/vulkan,
 * its shader in shaders/.  The reference is the oracle of the tests and, threaded, the "cpu" device.
 *
 * Work is recorded in order and may run at any time up to cnc_backend_finish; an operation sees the results of those before
 * it.  Buffers may be freed at any time (a device keeps them until the work that uses them is done) and are cleared before
 * their memory is given back.  A backend never lets one submission run longer than about 50 ms of estimated work.
 * Errors of every operation: BAD_ARGUMENT (sizes that do not fit), GPU_MEMORY, GPU_LOST, NO_MEMORY.
 * Thread-safety: one backend, one thread at a time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _CncBackend CncBackend;
typedef struct _CncBuffer CncBuffer; /* device memory, whole 4-byte words */

struct _CncOp;
struct _CncTensor;

typedef enum
{
  CNC_DEVICE_CPU,
  CNC_DEVICE_VULKAN_SOFTWARE,
  CNC_DEVICE_VULKAN_GPU,
} CncDeviceKind;

typedef struct
{
  char id[40];    /* "cpu" or the Vulkan device UUID as 32 hex digits; stable over restarts */
  char name[256]; /* for people, UTF-8 */
  CncDeviceKind kind;
} CncDeviceInfo;

/* One coupling round of the integer cipher (System 1's CNN, made exactly invertible; the coupling is i-RevNet's, Jacobsen et al. 2018).
 *
 * source, target, result: three different buffers of width * height words (u32; an image with four bytes a pixel, row-major).
 * All arithmetic is modulo 2^32 unless said otherwise; neighbours wrap around at the borders in both directions.  With
 * S = source, T = target, R = result, row y, column x:
 *
 *   acc[c] = row_bias[4 y + c] + column_bias[4 x + c]
 *          + sum over dy, dx in -1..1 of kernel[9 c + 3 (dy + 1) + dx + 1] * S[y + dy][x + dx]            c = 0..3
 *   hid[c] = acc[c] read as a signed number, if it is negative shifted right (arithmetic) by 5: an integer leaky ReLU
 *   out    = sum over c of mix[c] * hid[c]                    a 1x1 convolution
 *   out   ^= out >> 16                                        high bits carried down
 *   x1 = (x + row_shift[y]) mod width,  y1 = (y + column_shift[x1]) mod height      the global shuffle
 *   forward: R[y1][x1] = T[y][x] + out, each of the four bytes modulo 256 (a scatter)
 *   inverse: R[y][x] = T[y1][x1] - out, likewise (a gather)
 *
 * The shuffle stands behind the sum, so that the 3x3 cluster which one changed word becomes is scattered before the next round reads it:
 * shuffled before the sum, a change spreads by two rows a round instead of nine-fold.
 */
#define CNC_CIPHER_HIDDEN 4u
#define CNC_CIPHER_MAX_SIDE 256u /* 65,536 words: the texel buffer size that every Vulkan device has */

typedef struct
{
  guint32 width;  /* words: a power of two, 4..256 */
  guint32 height; /* 4..256 */
} CncCipherShape;

/* The keyed tables of one round, in this order, all u32: kernel[36], mix[4] (odd numbers), row_bias[4 * height], column_bias[4 * width],
 * row_shift[height] (each < width), column_shift[width] (each < height).  Number of words: */
gsize cnc_cipher_table_words (const CncCipherShape *shape);

typedef struct
{
  void (*free) (CncBackend *backend);

  /* bytes: a multiple of 4, > 0.  Contents undefined. */
  CncBuffer *(*buffer_new) (CncBackend *backend, gsize bytes, GError **error);
  void (*buffer_free) (CncBackend *backend, CncBuffer *buffer);

  /* data is read before upload returns; download waits for all work recorded before it. */
  gboolean (*upload) (CncBackend *backend, CncBuffer *buffer, gsize offset, gconstpointer data, gsize bytes, GError **error);
  gboolean (*download) (CncBackend *backend, CncBuffer *buffer, gsize offset, gpointer data, gsize bytes, GError **error);
  gboolean (*finish) (CncBackend *backend, GError **error);

  /* Offsets and lengths in words.  Source and destination must not overlap. */
  gboolean (*copy) (CncBackend *backend, CncBuffer *to, gsize to_word, CncBuffer *from, gsize from_word, gsize words, GError **error);

  /* to[i] += from[i], or -= if subtract, each of the four bytes modulo 256. */
  gboolean (*add_bytes) (CncBackend *backend, CncBuffer *to, gsize to_word, CncBuffer *from, gsize from_word, gsize words, gboolean subtract, GError **error);

  /* tables: one round's tables begin at word table_word; they must end within the first 65,536 words of their buffer. */
  gboolean (*cipher_round) (CncBackend *backend, const CncCipherShape *shape, CncBuffer *tables, gsize table_word,
                            CncBuffer *source, CncBuffer *target, CncBuffer *result, gboolean inverse, GError **error);

  /* The floating-point operations, see ops.h; tensors were checked by cnc_op_run. */
  gboolean (*op) (CncBackend *backend, const struct _CncOp *op, const struct _CncTensor *in, guint n_in, const struct _CncTensor *out,
                  guint n_out, GError **error);
} CncBackendTable;

struct _CncBackend
{
  const CncBackendTable *table;
  CncDeviceInfo info;
  gboolean half; /* set by whoever opened it: convolutions of networks may multiply in half precision where the device has it; FALSE at first */
};

/* Calls through the table; arguments as above.  backend and buffer of the free functions: (nullable). */
void cnc_backend_free (CncBackend *backend);
CncBuffer *cnc_buffer_new (CncBackend *backend, gsize bytes, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cnc_buffer_free (CncBackend *backend, CncBuffer *buffer);
gboolean cnc_buffer_upload (CncBackend *backend, CncBuffer *buffer, gsize offset, gconstpointer data, gsize bytes, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean cnc_buffer_download (CncBackend *backend, CncBuffer *buffer, gsize offset, gpointer data, gsize bytes, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean cnc_backend_finish (CncBackend *backend, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CncBackend, cnc_backend_free)

/* The reference operations over all cores.  Returns: (transfer full), never NULL. */
CncBackend *cnc_reference_backend_new (void);

/* The "cpu" device: the same, with convolutions and matrix products through oneDNN where built with it.  Returns: (transfer full), never NULL. */
CncBackend *cnc_cpu_backend_new (void);

G_END_DECLS
