/* core/nn/files.c: where model files lie, see files.h. */
#include "nn/files.h"

#include "cnc-config.h"

#include <string.h>

static gint
by_name (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

GPtrArray *
cnc_model_files (const char *usual)
{
  const char *path = g_getenv ("CNNCRYPT_MODEL_PATH");
  g_autofree char *folders = g_strconcat (path != NULL ? path : "", ":", CNC_MODEL_DIR, NULL);
  g_autofree char *first = g_strconcat (usual, CNC_MODEL_ENDING, NULL);
  g_auto (GStrv) parts = g_strsplit (folders, ":", -1);
  GPtrArray *files = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      g_autoptr (GDir) dir = *parts[i] != '\0' ? g_dir_open (parts[i], 0, NULL) : NULL;
      g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
      const char *name;

      while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
        if (g_str_has_suffix (name, CNC_MODEL_ENDING))
          g_ptr_array_add (names, g_strdup (name));
      g_ptr_array_sort (names, by_name);
      for (guint pass = 0; pass < 2; pass++)
        for (guint k = 0; k < names->len; k++)
          if ((strcmp (names->pdata[k], first) == 0) == (pass == 0))
            g_ptr_array_add (files, g_build_filename (parts[i], names->pdata[k], NULL));
    }
  return files;
}
