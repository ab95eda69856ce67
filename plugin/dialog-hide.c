/* The dialog of Hide…: what, each with its passphrase, and how. */
#include <string.h>

#include "base/error.h"
#include "dialog-parts.h"
#include "dialog-sources.h"

#define PREVIEW_SIDE 112
#define THUMBNAIL_SIDE 34
#define MAX_MODES 8
#define NOTE_WIDTH 820

typedef struct
{
  GtkWidget *thumbnail, *source, *first, *second;
} Row;

typedef struct
{
  gint32 image;
  DialogChoices *choices;
  GtkWidget *dialog;
  GtkListStore *sources;
  Row row[CNC_STEGO_MAX_SECRETS];
  GtkWidget *head[2]; /* of the two columns of passphrases */
  GtkWidget *problem;
  guint n_modes;
  GtkWidget *mode[MAX_MODES];
  GtkWidget *bits;
  GtkWidget *layers;
  GtkWidget *device;
  GtkWidget *expected, *preview;
  HideTrial *trial;
  guint estimating; /* idle source */
} Widgets;

static gboolean
is_chosen (const Row *row)
{
  return dialog_sources_kind (row->source) != HIDE_NOTHING;
}

static guint
n_chosen (const Widgets *w)
{
  guint n = 0;

  for (guint i = 0; i < CNC_STEGO_MAX_SECRETS; i++)
    n += is_chosen (&w->row[i]);
  return n;
}

static const CncStegoMode *
chosen_mode (const Widgets *w)
{
  for (guint i = 0; i < w->n_modes; i++)
    if (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (w->mode[i])))
      return &cnc_stego_modes ()[i];
  return &cnc_stego_modes ()[0];
}

/* What stands in the way of one secret; NULL if nothing does. */
static const char *
row_problem (const Widgets *w, guint i)
{
  const char *first = gtk_entry_get_text (GTK_ENTRY (w->row[i].first)), *second = gtk_entry_get_text (GTK_ENTRY (w->row[i].second));

  if (!is_chosen (&w->row[i]))
    return NULL;
  if (*first == '\0')
    return _ ("Each secret needs a passphrase of its own; five or six unrelated words make a good one.");
  for (guint k = 0; k < i; k++)
    if (is_chosen (&w->row[k]) && strcmp (first, gtk_entry_get_text (GTK_ENTRY (w->row[k].first))) == 0)
      return _ ("Two secrets have the same passphrase; each needs its own.");
  if (strcmp (first, second) != 0)
    return *second == '\0' ? _ ("Now the passphrase once more, to the right.")
                           : _ ("A passphrase and its repetition are not the same yet.");
  return NULL;
}

/* How good the weakest of the passphrases is. */
static char *
strength (const Widgets *w)
{
  double bits = -1;

  for (guint i = 0; i < CNC_STEGO_MAX_SECRETS; i++)
    if (is_chosen (&w->row[i]))
      {
        const double its = cnc_passphrase_bits (gtk_entry_get_text (GTK_ENTRY (w->row[i].first)));

        bits = bits < 0 ? its : MIN (bits, its);
      }
  return g_strdup_printf (_ ("%s: about %.0f bits."), dialog_strength_word (bits), bits);
}

static void
update (Widgets *w)
{
  const guint n = n_chosen (w);
  const char *problem = n == 0 ? _ ("Choose one to three pictures to hide.") : NULL;

  for (guint i = 0; i < CNC_STEGO_MAX_SECRETS; i++)
    {
      gtk_widget_set_sensitive (w->row[i].first, is_chosen (&w->row[i]));
      gtk_widget_set_sensitive (w->row[i].second, is_chosen (&w->row[i]));
      if (problem == NULL)
        problem = row_problem (w, i);
    }
  if (problem == NULL && n > chosen_mode (w)->max_secrets)
    problem = _ ("That way of hiding takes fewer pictures; choose fewer, or another way.");
  gtk_widget_set_sensitive (w->bits, !chosen_mode (w)->network);
  gtk_widget_set_sensitive (w->device, chosen_mode (w)->network);
  gtk_dialog_set_response_sensitive (GTK_DIALOG (w->dialog), GTK_RESPONSE_OK, problem == NULL);
  if (problem != NULL)
    gtk_label_set_text (GTK_LABEL (w->problem), problem);
  else
    {
      g_autofree char *text = strength (w);

      gtk_label_set_text (GTK_LABEL (w->problem), text);
    }
}

/* A raster, made smaller where it is too large. */
static GdkPixbuf *
pixbuf_of (const CncRaster *raster)
{
  g_autoptr (GdkPixbuf) whole = gdk_pixbuf_new_from_data (raster->data, GDK_COLORSPACE_RGB, FALSE, 8, (int) raster->width,
                                                          (int) raster->height, (int) cnc_raster_row_bytes (raster), NULL, NULL);
  const int side = (int) MAX (raster->width, raster->height);

  if (side <= PREVIEW_SIDE)
    return gdk_pixbuf_copy (whole);
  return gdk_pixbuf_scale_simple (whole, MAX ((int) raster->width * PREVIEW_SIDE / side, 1),
                                  MAX ((int) raster->height * PREVIEW_SIDE / side, 1), GDK_INTERP_NEAREST);
}

static GPtrArray *
get_sources (const Widgets *w)
{
  GPtrArray *sources = g_ptr_array_new_with_free_func ((GDestroyNotify) hide_source_free);

  for (guint i = 0; i < CNC_STEGO_MAX_SECRETS; i++)
    {
      HideSource *source = dialog_sources_get (w->row[i].source);

      if (source != NULL)
        g_ptr_array_add (sources, source);
    }
  return sources;
}

static guint
chosen_bits (const Widgets *w)
{
  return gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (w->bits)) ? 2 : 1;
}

static gboolean
estimate (gpointer data)
{
  Widgets *w = data;
  const HideChoices choices = { chosen_mode (w), chosen_bits (w), FALSE };
  g_autoptr (GPtrArray) sources = get_sources (w);
  g_autoptr (GError) error = NULL;
  g_autoptr (CncRaster) difference = NULL;
  g_autofree char *text = NULL;

  w->estimating = 0;
  if (sources->len == 0)
    {
      gtk_label_set_text (GTK_LABEL (w->expected), "");
      gtk_image_clear (GTK_IMAGE (w->preview));
      return G_SOURCE_REMOVE;
    }
  text = hide_trial_run (w->trial, sources, &choices, &difference, &error);
  gtk_label_set_text (GTK_LABEL (w->expected), text != NULL ? text : error->message);
  if (difference != NULL)
    {
      g_autoptr (GdkPixbuf) pixbuf = pixbuf_of (difference);

      gtk_image_set_from_pixbuf (GTK_IMAGE (w->preview), pixbuf);
    }
  else
    gtk_image_clear (GTK_IMAGE (w->preview));
  return G_SOURCE_REMOVE;
}

static void
estimate_soon (Widgets *w)
{
  gtk_label_set_text (GTK_LABEL (w->expected), _ ("Estimating…"));
  if (w->estimating == 0)
    w->estimating = g_idle_add_full (G_PRIORITY_LOW, estimate, w, NULL);
}

static void
on_passphrase (GtkEditable *editable, Widgets *w)
{
  update (w);
}

static void
on_source (gpointer data)
{
  Widgets *w = data;

  for (guint i = 0; i < CNC_STEGO_MAX_SECRETS; i++)
    {
      g_autoptr (GdkPixbuf) pixbuf = dialog_sources_thumbnail (w->row[i].source, THUMBNAIL_SIDE);

      if (pixbuf != NULL)
        gtk_image_set_from_pixbuf (GTK_IMAGE (w->row[i].thumbnail), pixbuf);
      else
        gtk_image_clear (GTK_IMAGE (w->row[i].thumbnail));
    }
  update (w);
  estimate_soon (w);
}

static void
on_mode (GtkToggleButton *button, Widgets *w)
{
  /* One goes off, another goes on: once is enough. */
  if (!GTK_IS_RADIO_BUTTON (button) || gtk_toggle_button_get_active (button))
    {
      update (w);
      estimate_soon (w);
    }
}

/* A letter for each column: from one row to the next that can be typed into. */
static gboolean
on_column_letter (GtkWidget *head, gboolean cycling, Widgets *w)
{
  const gboolean repeated = head == w->head[1];
  guint from = CNC_STEGO_MAX_SECRETS - 1;

  for (guint i = 0; i < CNC_STEGO_MAX_SECRETS; i++)
    if (gtk_widget_has_focus (repeated ? w->row[i].second : w->row[i].first))
      from = i;
  for (guint i = 1; i <= CNC_STEGO_MAX_SECRETS; i++)
    {
      const Row *row = &w->row[(from + i) % CNC_STEGO_MAX_SECRETS];

      if (is_chosen (row))
        {
          gtk_widget_grab_focus (repeated ? row->second : row->first);
          break;
        }
    }
  return TRUE;
}

static void
add_heads (Widgets *w, GtkTable *table)
{
  GtkWidget *const heads[] = { gtk_label_new (_ ("Picture")), w->head[0] = gtk_label_new_with_mnemonic (_ ("_Passphrase")),
                               w->head[1] = gtk_label_new_with_mnemonic (_ ("_Repeat it")) };

  for (guint i = 0; i < G_N_ELEMENTS (heads); i++)
    {
      gtk_misc_set_alignment (GTK_MISC (heads[i]), 0.0f, 0.5f);
      gtk_table_attach (table, heads[i], 2 + i, 3 + i, 0, 1, GTK_FILL, GTK_FILL, 0, 0);
    }
  for (guint i = 0; i < G_N_ELEMENTS (w->head); i++)
    g_signal_connect (w->head[i], "mnemonic-activate", G_CALLBACK (on_column_letter), w);
}

static void
add_secrets (Widgets *w, GtkWidget *box)
{
  GtkWidget *frame = gimp_frame_new (_ ("What to hide in this picture")), *table = gtk_table_new (CNC_STEGO_MAX_SECRETS + 2, 5, FALSE);

  gtk_table_set_col_spacings (GTK_TABLE (table), 6);
  gtk_table_set_row_spacings (GTK_TABLE (table), 4);
  gtk_container_add (GTK_CONTAINER (frame), table);
  gtk_box_pack_start (GTK_BOX (box), frame, FALSE, FALSE, 0);
  add_heads (w, GTK_TABLE (table));
  w->sources = dialog_sources_new (w->image);
  for (guint i = 0; i < CNC_STEGO_MAX_SECRETS; i++)
    {
      Row *row = &w->row[i];
      g_autofree char *name = g_strdup_printf ("_%u.", i + 1);
      GtkWidget *label = gtk_label_new_with_mnemonic (name);
      GtkWidget *const cells[]
          = { label, row->thumbnail = gtk_image_new (),
              row->source = dialog_sources_combo (w->sources, _ ("Choose a picture to hide"), on_source, w),
              row->first = dialog_passphrase_new (_ ("Whoever knows it can reveal this picture; it is not kept anywhere.")),
              row->second = dialog_passphrase_new (_ ("The same again, so that no slip of the finger locks you out.")) };

      gtk_label_set_mnemonic_widget (GTK_LABEL (label), row->source);
      gtk_widget_add_mnemonic_label (row->first, w->head[0]);
      gtk_widget_add_mnemonic_label (row->second, w->head[1]);
      gimp_help_set_help_data (row->source, _ ("What to hide: another open image, a layer of this one, or a file."), NULL);
      gtk_widget_set_size_request (row->thumbnail, THUMBNAIL_SIDE, THUMBNAIL_SIDE);
      gtk_entry_set_width_chars (GTK_ENTRY (row->first), 24);
      gtk_entry_set_width_chars (GTK_ENTRY (row->second), 24);
      /* All of one height: the Tab key goes by where the middles are. */
      for (guint c = 0; c < G_N_ELEMENTS (cells); c++)
        gtk_table_attach (GTK_TABLE (table), cells[c], c, c + 1, i + 1, i + 2, GTK_FILL, GTK_FILL, 0, 0);
      g_signal_connect (row->first, "changed", G_CALLBACK (on_passphrase), w);
      g_signal_connect (row->second, "changed", G_CALLBACK (on_passphrase), w);
    }
  w->problem = dialog_note_new ("");
  gtk_widget_set_size_request (w->problem, 600, -1);
  gtk_table_attach (GTK_TABLE (table), w->problem, 2, 5, CNC_STEGO_MAX_SECRETS + 1, CNC_STEGO_MAX_SECRETS + 2, GTK_FILL, 0, 0, 0);
}

static void
add_note (GtkWidget *box, const char *text, gboolean sensitive)
{
  GtkWidget *note = dialog_note_new (text), *inset = gtk_alignment_new (0.0f, 0.0f, 1.0f, 1.0f);

  /* Not padding of the label: it would wrap as if it had none, and lose the ends of its lines. */
  gtk_alignment_set_padding (GTK_ALIGNMENT (inset), 0, 0, 22, 0);
  gtk_widget_set_size_request (note, NOTE_WIDTH, -1);
  gtk_widget_set_sensitive (note, sensitive);
  gtk_container_add (GTK_CONTAINER (inset), note);
  gtk_box_pack_start (GTK_BOX (box), inset, FALSE, FALSE, 0);
}

static GtkWidget *
mode_new (const CncStegoMode *mode, GtkWidget *previous)
{
  static const struct
  {
    const char *id, *label, *tooltip;
  } ways[] = {
    { "cnn", N_ ("Convolutional _network"), N_ ("For photographs about as large as the cover, when the result goes its way as a file.") },
    { "robust", N_ ("Convolutional network, ro_bust"), N_ ("When the result will be sent as a photo, or put where it becomes JPEG.") },
    { "exact", N_ ("E_xact"), N_ ("For small pictures that have to come back bit for bit, or when no change may go unnoticed.") },
  };
  const char *label = _ (mode->title), *tooltip = _ (mode->summary);
  GtkWidget *radio;

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    if (strcmp (mode->id, ways[i].id) == 0)
      {
        label = _ (ways[i].label);
        tooltip = _ (ways[i].tooltip);
      }
  radio = gtk_radio_button_new_with_mnemonic_from_widget (previous != NULL ? GTK_RADIO_BUTTON (previous) : NULL, label);
  gimp_help_set_help_data (radio, tooltip, NULL);
  return radio;
}

/* The ways to hide; what cannot be chosen says why. */
static void
add_modes (Widgets *w, GtkWidget *box)
{
  const CncStegoMode *modes = cnc_stego_modes ();
  GtkWidget *frame = gimp_frame_new (_ ("How")), *ways = gtk_vbox_new (FALSE, 1), *previous = NULL;
  gint active = (gint) (hide_mode (NULL, NULL) - modes);

  gtk_container_add (GTK_CONTAINER (frame), ways);
  gtk_box_pack_start (GTK_BOX (box), frame, FALSE, FALSE, 0);
  for (w->n_modes = 0; modes[w->n_modes].id != NULL && w->n_modes < MAX_MODES; w->n_modes++)
    {
      const guint i = w->n_modes;
      g_autoptr (GError) why = NULL;
      const gboolean ready = cnc_stego_mode_ready (&modes[i], &why);
      GtkWidget *radio = mode_new (&modes[i], previous);

      w->mode[i] = previous = radio;
      gtk_box_pack_start (GTK_BOX (ways), radio, FALSE, FALSE, 0);
      gtk_widget_set_sensitive (radio, ready);
      add_note (ways, _ (modes[i].summary), ready);
      if (!ready)
        {
          add_note (ways, why->message, FALSE);
          continue;
        }
      if (strcmp (modes[i].id, w->choices->mode) == 0)
        active = (gint) i;
    }
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (w->mode[active]), TRUE);
  w->bits
      = gtk_check_button_new_with_mnemonic (_ ("Exact: take _two low bits instead of one (a better secret, a cover that is further off)"));
  gimp_help_set_help_data (w->bits, _ ("Twice the room, so that what comes back is closer to the secret."), NULL);
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (w->bits), w->choices->bits == 2);
  gtk_box_pack_start (GTK_BOX (ways), w->bits, FALSE, FALSE, 0);
  for (guint i = 0; i < w->n_modes; i++)
    g_signal_connect (w->mode[i], "toggled", G_CALLBACK (on_mode), w);
  g_signal_connect (w->bits, "toggled", G_CALLBACK (on_mode), w);
}

static void
add_rest (Widgets *w, GtkWidget *box)
{
  g_autofree char *problem = NULL;
  GtkWidget *columns = gtk_hbox_new (FALSE, 12), *table = gtk_table_new (3, 2, FALSE),
            *frame = gimp_frame_new (_ ("Difference to the cover × 10")), *top = gtk_alignment_new (0.0f, 0.0f, 1.0f, 0.0f);

  gtk_box_pack_start (GTK_BOX (box), columns, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (columns), top, TRUE, TRUE, 0);
  gtk_container_add (GTK_CONTAINER (top), table);
  gtk_box_pack_start (GTK_BOX (columns), frame, FALSE, FALSE, 0);
  gtk_table_set_col_spacings (GTK_TABLE (table), 6);
  gtk_table_set_row_spacings (GTK_TABLE (table), 6);
  w->expected = dialog_note_new ("");
  gtk_widget_set_size_request (w->expected, 520, -1);
  gimp_table_attach_aligned (GTK_TABLE (table), 0, 0, _ ("Expected:"), 0.0f, 0.0f, w->expected, 1, FALSE);
  w->device = dialog_device_new (w->choices->device, &problem);
  gimp_table_attach_aligned (GTK_TABLE (table), 0, 1, _ ("De_vice:"), 0.0f, 0.5f, w->device, 1, FALSE);
  w->layers = gtk_check_button_new_with_mnemonic (_ ("_Show what was done, in hidden layers of the result"));
  gimp_help_set_help_data (
      w->layers, _ ("What was changed in the cover, and what the network made of each secret. Exported files do not hold them."), NULL);
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (w->layers), w->choices->layers);
  gimp_table_attach_aligned (GTK_TABLE (table), 0, 2, NULL, 0.0f, 0.5f, w->layers, 1, FALSE);
  w->preview = gtk_image_new ();
  gtk_widget_set_size_request (w->preview, PREVIEW_SIDE, PREVIEW_SIDE);
  gtk_container_add (GTK_CONTAINER (frame), w->preview);
}

static void
build (Widgets *w)
{
  GtkWidget *box, *promise;

  w->dialog = dialog_frame (_ ("Hide"), HOST_HIDE, _ ("H_ide"), &box);
  gtk_box_set_spacing (GTK_BOX (box), 8);
  add_secrets (w, box);
  add_modes (w, box);
  add_rest (w, box);
  promise = dialog_note_new (HIDE_PROMISE);
  gimp_label_set_attributes (GTK_LABEL (promise), PANGO_ATTR_STYLE, PANGO_STYLE_NORMAL, -1);
  gtk_widget_set_size_request (promise, NOTE_WIDTH + 22, -1);
  gtk_box_pack_start (GTK_BOX (box), promise, FALSE, FALSE, 0);
  gtk_widget_show_all (w->dialog);
  for (guint i = 0; i < w->n_modes; i++)
    dialog_radio_ungrey (w->mode[i]);
  gtk_widget_grab_focus (w->row[0].source);
  on_source (w);
}

/* TRUE if every passphrase could be taken. */
static gboolean
take_passphrases (Widgets *w, GPtrArray *sources)
{
  for (guint i = 0, k = 0; i < CNC_STEGO_MAX_SECRETS; i++)
    if (is_chosen (&w->row[i]))
      {
        g_autoptr (GError) error = NULL;
        HideSource *source = sources->pdata[k++];

        source->passphrase = dialog_passphrase_take (w->row[i].first, &error);
        if (source->passphrase == NULL)
          {
            gtk_label_set_text (GTK_LABEL (w->problem), error->message);
            return FALSE;
          }
      }
  return TRUE;
}

GPtrArray *
dialog_parts_hide (gint32 image, DialogChoices *choices)
{
  Widgets w = { .image = image, .choices = choices, .trial = hide_trial_new (image) };
  GPtrArray *sources = NULL;

  build (&w);
  while (sources == NULL && gimp_dialog_run (GIMP_DIALOG (w.dialog)) == GTK_RESPONSE_OK)
    {
      sources = get_sources (&w);
      if (!take_passphrases (&w, sources))
        g_clear_pointer (&sources, g_ptr_array_unref);
    }
  if (w.estimating != 0)
    g_source_remove (w.estimating);
  dialog_device_get (w.device, choices->device, sizeof choices->device);
  g_strlcpy (choices->mode, chosen_mode (&w)->id, sizeof choices->mode);
  choices->bits = (gint32) chosen_bits (&w);
  choices->layers = gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (w.layers));
  for (guint i = 0; i < CNC_STEGO_MAX_SECRETS; i++)
    {
      dialog_passphrase_clear (w.row[i].first);
      dialog_passphrase_clear (w.row[i].second);
    }
  gtk_widget_destroy (w.dialog);
  g_object_unref (w.sources);
  hide_trial_free (w.trial);
  return sources;
}
