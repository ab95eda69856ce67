/* The header, as anybody may send it: read, written again, unlocked; and the search for regions in the same bytes. */
#include "fuzz.h"

static void
read_header (const guint8 *data, gsize size, guint32 width, guint32 height)
{
  g_autoptr (CncSecret) key = NULL;
  g_autofree guint8 *bytes = g_memdup2 (data, MAX (size, 1)); /* so that a read beyond the end is seen */
  guint8 again[CNC_HEADER_MAX_BYTES];
  CncHeader header;
  gsize n;

  if (!cnc_header_read (bytes, size, width, height, &header, NULL))
    return;
  n = cnc_header_bytes (&header);
  g_assert (n <= size && n <= sizeof again);
  cnc_header_write (&header, again);
  g_assert (memcmp (again, bytes, n) == 0);
  if (!cnc_header_check_sum (&header, NULL))
    cnc_header_finish (&header, fuzz_file_key ()); /* what an attacker can do to the checksum */
  key = cnc_header_unlock_kek (&header, fuzz_kek (), NULL);
  if (key != NULL && cnc_header_check_tag (&header, key, NULL))
    g_assert (header.n_stanzas == 1);
}

static void
search (const guint8 *data, gsize size)
{
  static const guint32 widths[] = { 8, 9, 64, 100 };
  CncRegion regions[CNC_MAX_REGIONS];

  for (guint i = 0; i < G_N_ELEMENTS (widths); i++)
    {
      const guint32 width = widths[i], height = (guint32) (size / (3 * width));
      const guint n = height > 0 ? cnc_find_regions (data, width, height, regions) : 0;

      for (guint j = 0; j < n; j++)
        g_assert (regions[j].x + regions[j].width <= width && regions[j].y + regions[j].height <= height
                  && regions[j].width >= CNC_REGION_MIN_WIDTH);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  read_header (data, size, 0, 0);
  if (size >= CNC_HEADER_START_BYTES)
    read_header (data, size, cnc_get_u32 (data + 8), cnc_get_u32 (data + 12));
  read_header (data, size, 64, 20);
  search (data, size);
  return 0;
}
