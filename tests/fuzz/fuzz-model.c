/* A model file, as anybody may send it: read, written again, folded, planned, and, where it asks for little work, run; one of the lossy
 * method decodes some numbers, one of the method "restore" takes a picture there and back. */
#include "fuzz.h"

#include "methods/autoencoder/model.h"
#include "methods/restore/restore.h"

#include <math.h>

static void
write_again (const CncNet *model)
{
  g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (CncNet) again = NULL;
  CncSafetensors *file;
  g_autofree char *text = cnc_graph_to_json (model->graph), *second = NULL;

  /* Names that the file may have and the writer refuses do not exist: a parameter's name is plain. */
  if (!cnc_net_store (model, CNC_DTYPE_F32, writer, NULL))
    g_assert_not_reached ();
  bytes = cnc_safetensors_writer_finish (writer, NULL);
  g_assert (bytes != NULL);
  file = cnc_safetensors_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL);
  g_assert (file != NULL);
  again = cnc_net_from_file (file, NULL);
  g_assert (again != NULL);
  second = cnc_graph_to_json (again->graph);
  g_assert_cmpstr (text, ==, second);
}

static void
run (const CncNet *model)
{
  const CncGraph *graph = model->graph;
  CncPlanParams params
      = { .n_feeds = graph->n_inputs, .n_fetches = graph->n_outputs, .max_flops = 1e6, .max_bytes = 1 << 22, .mode = CNC_MODE_NOISY };
  g_autoptr (CncWeights) weights = NULL;
  g_autoptr (CncPlan) plan = NULL;
  CncTileFeed feeds[CNC_GRAPH_MAX_ENDS] = { 0 };
  CncReach reach;

  for (guint i = 0; i < graph->n_inputs; i++)
    {
      params.feeds[i] = i;
      feeds[i] = (CncTileFeed){ .value = i, .divide = graph->inputs[i].divide };
    }
  if (cnc_reach_find (graph, feeds, 1, graph->outputs[0], &reach, NULL))
    g_assert (reach.align > 0 && reach.numerator > 0 && reach.denominator > 0);
  if (cnc_reach_find (graph, feeds, graph->n_inputs, graph->outputs[0], &reach, NULL))
    g_assert (reach.align > 0 && reach.numerator > 0 && reach.denominator > 0);
  if (!cnc_graph_input_shapes (graph, 1, 8, 8, params.shapes, NULL))
    return;
  for (guint i = 0; i < graph->n_outputs; i++)
    params.fetches[i] = graph->outputs[i];
  plan = cnc_plan_new (fuzz_backend (), graph, &params, NULL);
  if (plan == NULL)
    return;
  weights = cnc_weights_new (fuzz_backend (), model, NULL);
  for (guint i = 0; i < graph->n_inputs && weights != NULL; i++)
    {
      const CncTensor *feed = cnc_plan_tensor (plan, i);
      g_autofree float *zeros = g_malloc0 (cnc_tensor_bytes (feed));

      if (!cnc_buffer_upload (fuzz_backend (), feed->buffer, 0, zeros, cnc_tensor_bytes (feed), NULL))
        return;
    }
  /* Weights may be so large that the result is infinite, but not that a device fails. */
  if (weights != NULL && !cnc_plan_run (plan, weights, 1, NULL))
    g_assert_not_reached ();
}

/* The file's own bytes as a coded latent: seldom one, but the tables are used. */
static void
decode (CncNet *net, const uint8_t *data, size_t size)
{
  CncAutoencoder model = { .net = net };
  g_autoptr (CncLatentTables) tables = NULL;
  g_autofree gint16 *values = NULL;
  g_autoptr (GByteArray) again = NULL;
  guint32 width, height;

  if (!cnc_autoencoder_check (&model, NULL))
    return;
  g_assert (model.channels >= 1 && model.channels <= CNC_LATENT_MAX_CHANNELS);
  cnc_autoencoder_latent_size (&model, 5, 4, &width, &height);
  tables = cnc_latent_tables_read (net->file, model.channels, NULL);
  if (tables == NULL || (gsize) width * height * model.channels > 1u << 20)
    return;
  values = g_new (gint16, (gsize) width * height * model.channels);
  /* the first byte of a coded latent is 0, and so is the last of the header's length */
  if (!cnc_latent_decode (tables, data + 7, size - 7, width, height, values, NULL, NULL))
    return;
  again = cnc_latent_encode (tables, values, width, height, NULL, NULL);
  if (again == NULL || again->len != size - 7 || memcmp (again->data, data + 7, again->len) != 0)
    g_assert_not_reached ();
}

/* Small enough that a network that anybody may have made takes little of it. */
static gboolean
asks_for_little (const CncRestore *model, const CncRestorePlan *sizes)
{
  const CncShape picture = { 1, model->colours, sizes->height, sizes->width }, plain = { 1, model->channels, sizes->rows, sizes->columns };
  const CncPlanParams encode = { .feeds = { model->x },
                                 .shapes = { picture },
                                 .n_feeds = 1,
                                 .fetches = { model->features },
                                 .n_fetches = 1,
                                 .max_flops = 1e6,
                                 .max_bytes = 1 << 22 };
  CncPlanParams decode = { .feeds = { model->plain, model->level },
                           .n_feeds = 2,
                           .fetches = { model->restored },
                           .n_fetches = 1,
                           .max_flops = 1e6,
                           .max_bytes = 1 << 22 };
  g_autoptr (CncPlan) encoder = NULL, decoder = NULL;

  if (sizes->width > 64 || sizes->height > 64)
    return FALSE;
  decode.shapes[0] = plain;
  decode.shapes[1] = (CncShape){ 1, 1, sizes->rows, sizes->columns };
  encoder = cnc_plan_new (NULL, model->net->graph, &encode, NULL);
  decoder = cnc_plan_new (NULL, model->net->graph, &decode, NULL);
  return encoder != NULL && decoder != NULL;
}

static void
there_and_back (CncNet *net)
{
  CncRestore model = { .net = net, .name = (char *) "fuzz" };
  g_autoptr (CncPicture) picture = cnc_picture_new ();
  const CncFormat grey = { CNC_MODEL_GREY, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, FALSE };
  g_autoptr (CncRaster) prepared = NULL, restored = NULL;
  g_autoptr (CncWeights) weights = NULL;
  g_autofree guint8 *values = NULL;
  CncRestorePlan sizes;
  CncRestoreRun run;

  if (!cnc_restore_check (&model, NULL))
    return;
  g_assert (model.channels >= 2 && model.channels <= CNC_RESTORE_MAX_CHANNELS && model.divide >= 1
            && model.divide <= CNC_RESTORE_MAX_DIVIDE);
  g_assert (model.colours == 1 || model.colours == 3);
  /* a whole number of blocks, so that there is nothing to be extended */
  if (!cnc_restore_plan (&model, 2 * model.divide, model.divide, 0, &sizes, NULL) || !asks_for_little (&model, &sizes))
    return;
  picture->raster = cnc_raster_new (2 * model.divide, model.divide, &grey, NULL);
  memset (picture->raster->data, 77, cnc_raster_bytes (picture->raster));
  prepared = cnc_restore_prepare (&model, picture, NULL, NULL);
  weights = cnc_weights_new (fuzz_backend (), net, NULL);
  values = g_malloc (sizes.places);
  run = (CncRestoreRun){ &model, fuzz_backend (), weights, NULL };
  /* Weights may be so large that the result is infinite; then it is an error, and so are pilots that are not 0. */
  if (!cnc_restore_encode (&run, &sizes, prepared, values, NULL))
    return;
  restored = cnc_restore_decode (&run, &sizes, values, cnc_restore_strength (&model, &sizes, values), 5, 7, NULL);
  g_assert (restored == NULL || (restored->width == 5 && restored->height == 7));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (CncNet) model = NULL;
  CncSafetensors *file = cnc_safetensors_parse (data, size, NULL);

  if (file == NULL)
    return 0;
  for (guint i = 0; i < cnc_safetensors_count (file); i++)
    {
      const CncStoredTensor *t = cnc_safetensors_get (file, i);

      g_assert (t->data >= cnc_safetensors_get (file, 0)->data);
      g_assert (cnc_safetensors_find (file, t->name) == t);
      if (t->dtype == CNC_DTYPE_F32 || t->dtype == CNC_DTYPE_F16)
        {
          g_autofree float *values = g_new (float, t->count);

          g_assert (cnc_stored_tensor_floats (t, values, NULL));
          for (gsize k = 0; k < t->count; k++)
            g_assert (isfinite (values[k]));
        }
    }
  model = cnc_net_from_file (file, NULL);
  if (model == NULL)
    return 0;
  write_again (model);
  if (!cnc_net_fold (model, NULL))
    return 0;
  run (model);
  decode (model, data, size);
  there_and_back (model);
  return 0;
}
