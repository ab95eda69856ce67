/* core/nn/backend.c: calls through the table of operations. */
#include "nn/backend.h"

gsize
cnc_cipher_table_words (const CncCipherShape *shape)
{
  return 9 * CNC_CIPHER_HIDDEN + CNC_CIPHER_HIDDEN + (CNC_CIPHER_HIDDEN + 1) * ((gsize) shape->width + shape->height);
}

void
cnc_backend_free (CncBackend *backend)
{
  if (backend != NULL)
    backend->table->free (backend);
}

CncBuffer *
cnc_buffer_new (CncBackend *backend, gsize bytes, GError **error)
{
  return backend->table->buffer_new (backend, bytes, error);
}

void
cnc_buffer_free (CncBackend *backend, CncBuffer *buffer)
{
  if (buffer != NULL)
    backend->table->buffer_free (backend, buffer);
}

gboolean
cnc_buffer_upload (CncBackend *backend, CncBuffer *buffer, gsize offset, gconstpointer data, gsize bytes, GError **error)
{
  return backend->table->upload (backend, buffer, offset, data, bytes, error);
}

gboolean
cnc_buffer_download (CncBackend *backend, CncBuffer *buffer, gsize offset, gpointer data, gsize bytes, GError **error)
{
  return backend->table->download (backend, buffer, offset, data, bytes, error);
}

gboolean
cnc_backend_finish (CncBackend *backend, GError **error)
{
  return backend->table->finish (backend, error);
}
