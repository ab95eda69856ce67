/* The dialog of Analyze…. */
#include "dialog-parts.h"

AnalyzeResult *
dialog_parts_analyze (gint32 image)
{
  return NULL;
}
