/* The procedure of Analyze…. */
#include "procedures-analyze.h"

#include "analyze.h"
#include "base/error.h"
#include "dialog.h"

const GimpParamDef procedures_analyze_args[PROCEDURES_ANALYZE_N_ARGS] = {
  { GIMP_PDB_INT32, (gchar *) "run-mode", (gchar *) "RUN-INTERACTIVE (0), RUN-NONINTERACTIVE (1), RUN-WITH-LAST-VALS (2: as 0)" },
  { GIMP_PDB_IMAGE, (gchar *) "image", (gchar *) "The image: what is visible of it" },
  { GIMP_PDB_DRAWABLE, (gchar *) "drawable", (gchar *) "Not looked at" },
  { GIMP_PDB_STRING, (gchar *) "against", (gchar *) "What to compare it with: \"image:ID\", \"layer:ID\", \"file:PATH\"; empty: nothing" },
  { GIMP_PDB_STRING, (gchar *) "key-sensitivity",
    (gchar *) "Encrypt it in memory under two keys that differ in one bit, and compare: \"all\", \"chaos\", \"cnn\" or \"seal\"; empty: do "
              "not" },
  { GIMP_PDB_STRING, (gchar *) "report", (gchar *) "A file for the report that is not there yet, ending in .png or .svg; empty: none" },
  { GIMP_PDB_STRING, (gchar *) "device",
    (gchar *) "For key-sensitivity: \"auto\", \"cpu\", \"gpu\", \"software\", a UUID or a part of a name; empty: CNNCRYPT_DEVICE, else "
              "automatic" },
};

const GimpParamDef procedures_analyze_values[PROCEDURES_ANALYZE_N_VALUES] = {
  { GIMP_PDB_STRING, (gchar *) "table", (gchar *) "The values as a table, for people" },
  { GIMP_PDB_STRING, (gchar *) "json", (gchar *) "The same for programs" },
};

static AnalyzeResult *
run_quietly (const GimpParam *params, GError **error)
{
  const char *keys = params[4].data.d_string, *report = params[5].data.d_string;
  g_auto (HostJob) job = { .device = g_strdup (params[6].data.d_string) };
  g_autoptr (HideSource) against = NULL;
  g_autoptr (AnalyzeResult) result = NULL;
  g_autoptr (GError) why = NULL;
  const CncStudyChoice *choice = NULL;

  against = analyze_parse_against (params[3].data.d_string, &why);
  if (why == NULL && keys != NULL && *keys != '\0')
    choice = cnc_study_choice_by_id (keys, &why);
  if (why != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&why));
      return NULL;
    }
  progress_start (&job.progress, _ ("Analysing"));
  result = analyze_run (params[1].data.d_image, against, choice, &job, error);
  progress_end (&job.progress);
  if (result == NULL)
    return NULL;
  if (job.note != NULL)
    gimp_message (job.note);
  if (report != NULL && *report != '\0' && !analyze_save_report (result, report, FALSE, error))
    return NULL;
  return g_steal_pointer (&result);
}

gboolean
procedures_analyze (GimpRunMode mode, gint n_params, const GimpParam *params, GimpParam *values, GError **error)
{
  g_autoptr (AnalyzeResult) result = NULL;

  if (mode == GIMP_RUN_NONINTERACTIVE)
    {
      if (n_params < PROCEDURES_ANALYZE_N_ARGS)
        {
          g_set_error (error, CNC_ERROR, CNC_ERROR_BAD_ARGUMENT, "Arguments are missing: against, key-sensitivity, report, device.");
          return FALSE;
        }
      result = run_quietly (params, error);
    }
  else if (dialog_start (error))
    result = dialog_analyze (params[1].data.d_image);
  if (result == NULL)
    return FALSE;
  values[0].type = GIMP_PDB_STRING;
  values[0].data.d_string = analyze_table (result);
  values[1].type = GIMP_PDB_STRING;
  values[1].data.d_string = analyze_json (result);
  return TRUE;
}
