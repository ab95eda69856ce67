/* core/tools/doctor.h: the lines that cnncrypt-doctor prints, shared by its parts. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  DOCTOR_OK,      /* works */
  DOCTOR_NOTE,    /* worth knowing, nothing to mend */
  DOCTOR_PROBLEM, /* encrypting or decrypting will not work; the sentence says what to do */
} DoctorGrade;

/* Prints one line and remembers whether there was a problem. */
void doctor_say (DoctorGrade grade, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* GIMP's version and the plug-in's place; built: (nullable) the plug-in of this build, to compare with. */
void doctor_check_gimp (const char *built);

/* The model files in the folders where models are looked for, against the MANIFEST beside them, and which methods can encrypt. */
void doctor_check_models (void);

G_END_DECLS
