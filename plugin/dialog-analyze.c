/* The dialog of Analyze…: values and plots of the image, anew whenever something else is chosen to compare with. */
#include <string.h>

#include "base/error.h"
#include "dialog-parts.h"
#include "dialog-sources.h"
#include "plots.h"

#define VALUES_HEIGHT 500
#define SCROLLBAR 40
#define SPACE 12.0 /* around the plots */

enum
{
  RESPONSE_REPORT = 1,
  RESPONSE_COPY,
  RESPONSE_JSON,
};

enum
{
  COLUMN_TERM,
  COLUMN_VALUE,
  COLUMN_INTERVAL,
  COLUMN_VERDICT,
  COLUMN_SENTENCE,
  COLUMN_WEIGHT,
  COLUMN_COLOUR,
  N_COLUMNS,
};

typedef struct
{
  gint32 image;
  GtkWidget *dialog, *against, *keys, *bar, *stop, *summary, *values, *sentence, *plots, *message;
  GtkListStore *store;
  DialogChoices choices;
  HostJob job;
  AnalyzeResult *result; /* (nullable) */
  gboolean busy;
  guint idle;
} Widgets;

/* ---- showing ---- */

static void
add_heading (Widgets *w, const char *text)
{
  gtk_list_store_insert_with_values (w->store, NULL, -1, COLUMN_TERM, text, COLUMN_WEIGHT, PANGO_WEIGHT_BOLD, -1);
}

static void
add_terms (Widgets *w, const CncTerm *terms, guint n)
{
  static const char *const colours[] = { NULL, "#1a8a2e", "#a08000", "#d03030" };

  for (guint i = 0; i < n; i++)
    {
      const CncTermInfo *info = cnc_term_info (terms[i].id);
      g_autofree char *value = cnc_term_value_text (&terms[i]), *interval = cnc_term_interval_text (&terms[i]);
      g_autofree char *sentence
          = g_strconcat (_ (info->sentence), terms[i].why != NULL ? " " : NULL, terms[i].why != NULL ? _ (terms[i].why) : NULL, NULL);
      g_autofree char *title = g_strconcat ("    ", _ (info->title), NULL);

      gtk_list_store_insert_with_values (w->store, NULL, -1, COLUMN_TERM, title, COLUMN_VALUE, value, COLUMN_INTERVAL, interval,
                                         COLUMN_VERDICT, cnc_term_verdict_text (&terms[i]), COLUMN_SENTENCE, sentence, COLUMN_WEIGHT,
                                         PANGO_WEIGHT_NORMAL, COLUMN_COLOUR, colours[terms[i].verdict], -1);
    }
}

static void
add_picture (Widgets *w, guint i)
{
  const CncAnalysisPicture *p = &w->result->analysis->picture[i];
  g_autofree char *text
      = g_strdup_printf ("%s, %u × %u, %s", w->result->names[i], p->width, p->height, p->channels == 1 ? _ ("grey") : "RGB");

  add_heading (w, text);
  add_terms (w, p->terms, CNC_TERMS_ALONE);
}

/* Or nothing, without a result. */
static void
show_result (Widgets *w)
{
  const CncAnalysis *a = w->result != NULL ? w->result->analysis : NULL;
  const gint responses[] = { RESPONSE_REPORT, RESPONSE_COPY, RESPONSE_JSON };
  g_autofree char *summary = a != NULL ? cnc_analysis_summary (a) : NULL, *text = NULL;

  gtk_list_store_clear (w->store);
  for (guint i = 0; i < G_N_ELEMENTS (responses); i++)
    gtk_dialog_set_response_sensitive (GTK_DIALOG (w->dialog), responses[i], a != NULL);
  if (a != NULL)
    {
      add_picture (w, 0);
      if (a->pair)
        {
          add_picture (w, 1);
          add_heading (w, _ ("Both"));
          add_terms (w, a->terms, CNC_TERMS_PAIR);
        }
      if (a->layers != NULL)
        {
          g_autofree char *keys = g_strdup_printf (_ ("Keys (%s)"), a->layers);

          add_heading (w, keys);
          add_terms (w, a->keys, CNC_TERMS_KEYS);
        }
      text = g_strconcat (summary, w->result->notes->len > 0 ? " " : NULL, w->result->notes->str, NULL);
    }
  gtk_label_set_text (GTK_LABEL (w->summary), text != NULL ? text : "");
  gtk_label_set_text (GTK_LABEL (w->sentence), a != NULL ? _ ("Beside each value stands where random bytes of that size lie in 95 of 100 "
                                                              "cases; those that fail are so far out that random bytes are "
                                                              "there less than once in 1,000. Choose a line to read what it means.")
                                                         : "");
  gtk_widget_set_size_request (w->plots, (gint) (PLOTS_ROW_WIDTH + 2 * SPACE),
                               (gint) ((a != NULL && a->pair ? 2 : 1) * (PLOTS_ROW_HEIGHT + SPACE) + SPACE));
  gtk_widget_queue_draw (w->plots);
}

static gboolean
on_expose (GtkWidget *area, GdkEventExpose *event, Widgets *w)
{
  cairo_t *cr = gdk_cairo_create (gtk_widget_get_window (area));

  gdk_cairo_region (cr, event->region);
  cairo_clip (cr);
  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_paint (cr);
  for (guint i = 0; w->result != NULL && i < (w->result->analysis->pair ? 2 : 1); i++)
    plots_row (cr, SPACE, SPACE + i * (PLOTS_ROW_HEIGHT + SPACE), &w->result->analysis->picture[i], w->result->names[i],
               w->result->preview[i]);
  cairo_destroy (cr);
  return TRUE;
}

static void
on_selected (GtkTreeSelection *selection, Widgets *w)
{
  GtkTreeIter iter;
  g_autofree char *sentence = NULL;

  if (!gtk_tree_selection_get_selected (selection, NULL, &iter))
    return;
  gtk_tree_model_get (GTK_TREE_MODEL (w->store), &iter, COLUMN_SENTENCE, &sentence, -1);
  gtk_label_set_text (GTK_LABEL (w->sentence), sentence != NULL ? sentence : "");
}

/* ---- working ---- */

static void
on_progress (double done, const char *text, gpointer data)
{
  Widgets *w = data;

  gtk_progress_bar_set_text (GTK_PROGRESS_BAR (w->bar), _ (text));
  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (w->bar), CLAMP (done, 0, 1));
  while (gtk_events_pending ())
    gtk_main_iteration ();
}

static void
set_busy (Widgets *w, gboolean busy)
{
  w->busy = busy;
  gtk_widget_set_sensitive (w->against, !busy);
  gtk_widget_set_sensitive (w->keys, !busy);
  gtk_widget_set_sensitive (w->stop, busy);
  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (w->bar), 0);
  gtk_progress_bar_set_text (GTK_PROGRESS_BAR (w->bar), busy ? "" : _ ("Done"));
}

static const CncStudyChoice *
chosen_keys (Widgets *w)
{
  const gint active = gtk_combo_box_get_active (GTK_COMBO_BOX (w->keys));

  return active > 0 ? &cnc_study_choices ()[active - 1] : NULL;
}

static gboolean
work (gpointer data)
{
  Widgets *w = data;
  g_autoptr (HideSource) against = dialog_sources_get (w->against);
  g_autoptr (GError) error = NULL;

  w->idle = 0;
  analyze_result_free (g_steal_pointer (&w->result));
  show_result (w);
  gtk_widget_hide (w->message);
  set_busy (w, TRUE);
  w->job.progress.task.cancelled = 0;
  w->result = analyze_run (w->image, against, chosen_keys (w), &w->job, &error);
  set_busy (w, FALSE);
  show_result (w);
  if (error != NULL)
    {
      gtk_progress_bar_set_text (GTK_PROGRESS_BAR (w->bar), "");
      dialog_message_say (w->message, g_error_matches (error, CNC_ERROR, CNC_ERROR_CANCELLED) ? _ ("Stopped; choose what to compare with.")
                                                                                              : error->message);
    }
  return G_SOURCE_REMOVE;
}

static void
on_changed (gpointer data)
{
  Widgets *w = data;

  if (!w->busy && w->idle == 0)
    w->idle = g_idle_add (work, w);
}

static void
on_keys (GtkComboBox *combo, Widgets *w)
{
  const CncStudyChoice *choice = chosen_keys (w);

  g_strlcpy (w->choices.mode, choice != NULL ? choice->id : "", sizeof w->choices.mode);
  on_changed (w);
}

static void
on_stop (GtkButton *button, Widgets *w)
{
  cnc_task_cancel (&w->job.progress.task);
}

/* Closing in the middle of the work ends that first. */
static void
on_response (GtkDialog *dialog, gint response, Widgets *w)
{
  if (w->busy && response != RESPONSE_REPORT && response != RESPONSE_COPY && response != RESPONSE_JSON)
    cnc_task_cancel (&w->job.progress.task);
}

/* ---- saving ---- */

/* Returns: (transfer full) (nullable) */
static char *
ask_name (Widgets *w, const char *title, const char *name)
{
  GtkWidget *dialog = gtk_file_chooser_dialog_new (title, GTK_WINDOW (w->dialog), GTK_FILE_CHOOSER_ACTION_SAVE, GTK_STOCK_CANCEL,
                                                   GTK_RESPONSE_CANCEL, GTK_STOCK_SAVE, GTK_RESPONSE_OK, NULL);
  char *path = NULL;

  gtk_file_chooser_set_do_overwrite_confirmation (GTK_FILE_CHOOSER (dialog), TRUE);
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (dialog), name);
  gtk_dialog_set_default_response (GTK_DIALOG (dialog), GTK_RESPONSE_OK);
  if (gtk_dialog_run (GTK_DIALOG (dialog)) == GTK_RESPONSE_OK)
    path = gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (dialog));
  gtk_widget_destroy (dialog);
  return path;
}

static void
tell_saved (Widgets *w, const char *path, const GError *error)
{
  g_autofree char *name = g_filename_display_name (path);
  g_autofree char *text = g_strdup_printf (_ ("Saved as %s."), name);

  dialog_message_say (w->message, error != NULL ? error->message : text);
}

static void
save_report (Widgets *w)
{
  g_autofree char *path = ask_name (w, _ ("Save the report as PNG or SVG"), "analysis.png");
  g_autoptr (GError) error = NULL;

  if (path == NULL)
    return;
  if (analyze_save_report (w->result, path, TRUE, &error))
    g_clear_error (&error);
  tell_saved (w, path, error);
}

static void
save_json (Widgets *w)
{
  g_autofree char *path = ask_name (w, _ ("Save the values as JSON"), "analysis.json"), *json = NULL;
  g_autoptr (GError) error = NULL;

  if (path == NULL)
    return;
  json = analyze_json (w->result);
  if (!g_file_set_contents_full (path, json, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0666, &error))
    g_prefix_error (&error, "%s ", _ ("The file cannot be written:"));
  tell_saved (w, path, error);
}

static void
copy_json (Widgets *w)
{
  GtkClipboard *clipboard = gtk_widget_get_clipboard (w->dialog, GDK_SELECTION_CLIPBOARD);
  g_autofree char *json = analyze_json (w->result);

  gtk_clipboard_set_can_store (clipboard, NULL, 0);
  gtk_clipboard_set_text (clipboard, json, -1);
  dialog_message_say (w->message, _ ("The values were copied as JSON."));
}

/* ---- building ---- */

static GtkWidget *
wrapped_label (void)
{
  GtkWidget *label = gtk_label_new ("");

  gtk_misc_set_alignment (GTK_MISC (label), 0.0f, 0.0f);
  gtk_label_set_line_wrap (GTK_LABEL (label), TRUE);
  gtk_widget_set_size_request (label, (gint) PLOTS_ROW_WIDTH, -1);
  return label;
}

static GtkWidget *
build_values (Widgets *w)
{
  static const char *const titles[] = { N_ ("Term"), N_ ("Value"), N_ ("Random bytes (95 %)"), N_ ("Verdict") };
  GtkWidget *box = gtk_vbox_new (FALSE, 6), *scrolled = gtk_scrolled_window_new (NULL, NULL);

  w->store = gtk_list_store_new (N_COLUMNS, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_INT,
                                 G_TYPE_STRING);
  w->values = gtk_tree_view_new_with_model (GTK_TREE_MODEL (w->store));
  g_object_unref (w->store);
  for (gint i = COLUMN_TERM; i <= COLUMN_VERDICT; i++)
    {
      GtkCellRenderer *cell = gtk_cell_renderer_text_new ();
      GtkTreeViewColumn *column = gtk_tree_view_column_new_with_attributes (_ (titles[i]), cell, "text", i, "weight", COLUMN_WEIGHT, NULL);

      if (i == COLUMN_VERDICT)
        gtk_tree_view_column_add_attribute (column, cell, "foreground", COLUMN_COLOUR);
      gtk_tree_view_column_set_min_width (column, i == COLUMN_TERM ? 330 : 200);
      gtk_tree_view_append_column (GTK_TREE_VIEW (w->values), column);
    }
  gimp_help_set_help_data (w->values, _ ("Choose a line to read below what it means."), NULL);
  g_signal_connect (gtk_tree_view_get_selection (GTK_TREE_VIEW (w->values)), "changed", G_CALLBACK (on_selected), w);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_AUTOMATIC, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_shadow_type (GTK_SCROLLED_WINDOW (scrolled), GTK_SHADOW_IN);
  gtk_container_add (GTK_CONTAINER (scrolled), w->values);
  gtk_box_pack_start (GTK_BOX (box), scrolled, TRUE, TRUE, 0);
  w->sentence = wrapped_label ();
  gtk_widget_set_size_request (w->sentence, (gint) PLOTS_ROW_WIDTH, 36);
  gtk_box_pack_start (GTK_BOX (box), w->sentence, FALSE, FALSE, 0);
  gtk_container_set_border_width (GTK_CONTAINER (box), 6);
  return box;
}

static GtkWidget *
build_plots (Widgets *w)
{
  GtkWidget *box = gtk_vbox_new (FALSE, 6), *scrolled = gtk_scrolled_window_new (NULL, NULL), *note = wrapped_label ();

  w->plots = gtk_drawing_area_new ();
  g_signal_connect (w->plots, "expose-event", G_CALLBACK (on_expose), w);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_AUTOMATIC, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_add_with_viewport (GTK_SCROLLED_WINDOW (scrolled), w->plots);
  gtk_label_set_text (GTK_LABEL (note),
                      _ ("The histogram counts how often each value occurs. The plots beside it show how often each value has each "
                         "neighbour: near the diagonal in a photograph, everywhere alike in noise."));
  gtk_box_pack_start (GTK_BOX (box), scrolled, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (box), note, FALSE, FALSE, 0);
  gtk_container_set_border_width (GTK_CONTAINER (box), 6);
  return box;
}

static GtkWidget *
build_keys (Widgets *w)
{
  GtkWidget *combo = gtk_combo_box_text_new ();
  gint active = 0;

  gtk_combo_box_text_append_text (GTK_COMBO_BOX_TEXT (combo), _ ("Not tried"));
  for (guint i = 0; cnc_study_choices ()[i].id != NULL; i++)
    {
      gtk_combo_box_text_append_text (GTK_COMBO_BOX_TEXT (combo), _ (cnc_study_choices ()[i].title));
      if (strcmp (cnc_study_choices ()[i].id, w->choices.mode) == 0)
        active = (gint) i + 1;
    }
  gtk_combo_box_set_active (GTK_COMBO_BOX (combo), active);
  gimp_help_set_help_data (combo,
                           _ ("Encrypts the picture in memory twice, under random keys that differ in one bit, and compares the results. "
                              "Nothing is kept."),
                           NULL);
  g_signal_connect (combo, "changed", G_CALLBACK (on_keys), w);
  return combo;
}

static void
add_button (Widgets *w, const char *text, gint response, const char *tooltip)
{
  gimp_help_set_help_data (gimp_dialog_add_button (GIMP_DIALOG (w->dialog), text, response), tooltip, NULL);
}

/* Enter closes, whatever was pressed last. */
static void
focus_close (Widgets *w)
{
  gtk_widget_grab_focus (gtk_dialog_get_widget_for_response (GTK_DIALOG (w->dialog), GTK_RESPONSE_CLOSE));
}

static void
build (Widgets *w)
{
  GtkListStore *sources = dialog_sources_new (w->image);
  GtkWidget *box = gtk_vbox_new (FALSE, 8), *table = gtk_table_new (2, 4, FALSE), *notebook = gtk_notebook_new ();

  w->dialog = gimp_dialog_new (_ ("Analyze"), HOST_ANALYZE, NULL, 0, gimp_standard_help_func, HOST_ANALYZE, NULL);
  add_button (w, _ ("_Save Report…"), RESPONSE_REPORT, _ ("Plots and values on one page, as a PNG or SVG file."));
  add_button (w, _ ("Copy _JSON"), RESPONSE_COPY, _ ("The values for programs, into the clipboard."));
  add_button (w, _ ("Save JS_ON…"), RESPONSE_JSON, _ ("The values for programs, into a file."));
  add_button (w, _ ("_Close"), GTK_RESPONSE_CLOSE, _ ("Nothing was changed in the image."));
  gtk_dialog_set_default_response (GTK_DIALOG (w->dialog), GTK_RESPONSE_CLOSE);
  gimp_window_set_transient (GTK_WINDOW (w->dialog));
  gtk_container_set_border_width (GTK_CONTAINER (box), 12);
  gtk_box_pack_start (GTK_BOX (gtk_dialog_get_content_area (GTK_DIALOG (w->dialog))), box, TRUE, TRUE, 0);

  w->against = dialog_sources_combo (sources, _ ("Choose a picture to compare with"), on_changed, w);
  g_object_unref (sources);
  gimp_help_set_help_data (w->against,
                           _ ("Another open image, a layer or a file: the plain picture, the decrypted one, or the same encrypted "
                              "with another key. Both must have the same size for most terms."),
                           NULL);
  w->keys = build_keys (w);
  w->bar = gtk_progress_bar_new ();
  w->stop = gtk_button_new_with_mnemonic (_ ("Sto_p"));
  gimp_help_set_help_data (w->stop, _ ("Ends the work at once."), NULL);
  g_signal_connect (w->stop, "clicked", G_CALLBACK (on_stop), w);
  gtk_table_set_col_spacings (GTK_TABLE (table), 8);
  gtk_table_set_row_spacings (GTK_TABLE (table), 6);
  gimp_table_attach_aligned (GTK_TABLE (table), 0, 0, _ ("Compare _with:"), 0.0f, 0.5f, w->against, 1, FALSE);
  gimp_table_attach_aligned (GTK_TABLE (table), 0, 1, _ ("_Key sensitivity:"), 0.0f, 0.5f, w->keys, 1, FALSE);
  gtk_table_attach (GTK_TABLE (table), w->bar, 2, 3, 0, 1, GTK_FILL | GTK_EXPAND, GTK_SHRINK, 0, 0);
  gtk_table_attach (GTK_TABLE (table), w->stop, 2, 3, 1, 2, GTK_SHRINK, GTK_SHRINK, 0, 0);
  gtk_box_pack_start (GTK_BOX (box), table, FALSE, FALSE, 0);
  w->summary = wrapped_label ();
  gimp_label_set_attributes (GTK_LABEL (w->summary), PANGO_ATTR_WEIGHT, PANGO_WEIGHT_BOLD, -1);
  gtk_box_pack_start (GTK_BOX (box), w->summary, FALSE, FALSE, 0);
  gtk_notebook_append_page (GTK_NOTEBOOK (notebook), build_values (w), gtk_label_new_with_mnemonic (_ ("_Values")));
  gtk_notebook_append_page (GTK_NOTEBOOK (notebook), build_plots (w), gtk_label_new_with_mnemonic (_ ("P_lots")));
  gtk_widget_set_size_request (notebook, (gint) (PLOTS_ROW_WIDTH + 3 * SPACE) + SCROLLBAR, VALUES_HEIGHT);
  gtk_box_pack_start (GTK_BOX (box), notebook, TRUE, TRUE, 0);
  w->message = dialog_message_new (box);
  w->job.progress.task.progress = on_progress;
  w->job.progress.task.user_data = w;
  g_signal_connect (w->dialog, "response", G_CALLBACK (on_response), w);
  show_result (w);
  gtk_widget_show_all (w->dialog);
  focus_close (w);
}

AnalyzeResult *
dialog_parts_analyze (gint32 image)
{
  Widgets w = { .image = image };
  gint response;

  dialog_choices_load (HOST_ANALYZE, &w.choices);
  build (&w);
  w.idle = g_idle_add (work, &w);
  while ((response = gimp_dialog_run (GIMP_DIALOG (w.dialog))) == RESPONSE_REPORT || response == RESPONSE_COPY || response == RESPONSE_JSON)
    {
      if (w.result == NULL)
        continue;
      if (response == RESPONSE_REPORT)
        save_report (&w);
      else if (response == RESPONSE_COPY)
        copy_json (&w);
      else
        save_json (&w);
      focus_close (&w);
    }
  if (w.idle != 0)
    g_source_remove (w.idle);
  dialog_choices_save (HOST_ANALYZE, &w.choices);
  gtk_clipboard_store (gtk_widget_get_clipboard (w.dialog, GDK_SELECTION_CLIPBOARD));
  gtk_widget_destroy (w.dialog);
  host_job_clear (&w.job);
  return w.result;
}
