/* models/train/batches.c: what the inputs of the network show in each sample, see session.h.
 *
 * The first input shows the pictures in the order of the epoch.  Further pictures are drawn at random, keys are noise; both follow from the
 * sample's number in the whole run, so that ranks together see what one rank with their batches would.
 */
#include "session.h"

#include "base/parallel.h"
#include "ranks.h"

/* Counters of the recipe's seed that give seeds of their own; TRAIN_DRAW_RUN is another. */
#define DRAW_SAMPLE 3u
#define DRAW_INPUT (G_GUINT64_CONSTANT (1) << 32) /* and those behind it: of each input */
#define DRAW_VALIDATION (G_GUINT64_CONSTANT (2) << 32)

/* The picture of another input: one to train on that no input of the sample shows already, while there are any. */
static guint
other_picture (const TrainSession *s, guint64 seed, guint *shown, guint n_shown)
{
  guint picture = 0;

  for (guint attempt = 0; attempt < 64; attempt++)
    {
      gboolean taken = FALSE;

      picture = s->pictures[train_random (seed, 16 + attempt) % s->n_train];
      for (guint i = 0; i < n_shown; i++)
        taken = taken || shown[i] == picture;
      if (!taken)
        break;
    }
  shown[n_shown] = picture;
  return picture;
}

/* Whether that input takes the class of the picture in the first one. */
static gboolean
is_label (const TrainSession *s, guint input)
{
  return s->recipe->classes[0] != '\0' && input + 1 == s->recipe->graph->n_inputs;
}

static float
label_of (const TrainSession *s, guint picture)
{
  return (float) g_array_index (s->data->pictures, TrainPicture, picture).label;
}

/* Sample number n of the whole run, which shows that picture in the first input. */
static void
fill_training (const TrainSession *s, guint64 n, guint picture, float *const *to)
{
  guint shown[CNC_GRAPH_MAX_ENDS] = { picture }, n_shown = 1;
  const CncGraph *graph = s->recipe->graph;

  train_sample (s->data, picture, &s->view, train_random (train_random (s->recipe->seed, DRAW_SAMPLE), n) | 1, to[0]);
  for (guint i = 1; i < graph->n_inputs; i++)
    {
      const guint64 seed = train_random (train_random (s->recipe->seed, DRAW_INPUT + i), n);

      if (is_label (s, i))
        to[i][0] = label_of (s, picture);
      else if (s->recipe->vectors != NULL)
        s->recipe->vectors->fill (s->recipe->vectors->user_data, to[0], s->view.width, s->view.height, seed | 1, to[i]);
      else if (graph->inputs[i].key)
        train_key (seed, cnc_shape_count (&s->inputs[i]), to[i]);
      else
        {
          train_sample (s->data, other_picture (s, seed, shown, n_shown), &s->view, seed | 1, to[i]);
          n_shown++;
        }
    }
}

void
train_session_sample (TrainSession *s, guint index, float *const *to)
{
  const guint first = s->n_validation > 0 ? s->n_train : 0, count = s->n_validation > 0 ? s->n_validation : s->n_train;
  const CncGraph *graph = s->recipe->graph;

  for (guint i = 0, pictures = 0; i < graph->n_inputs; i++)
    {
      const guint64 seed = train_random (train_random (s->recipe->seed, DRAW_VALIDATION + i), index);

      if (to[i] != NULL && is_label (s, i))
        to[i][0] = label_of (s, s->pictures[first + index % count]);
      else if (s->recipe->vectors != NULL && i == 1)
        {
          if (to[0] != NULL && to[1] != NULL)
            s->recipe->vectors->fill (s->recipe->vectors->user_data, to[0], s->view.width, s->view.height, 0, to[1]);
        }
      else if (!graph->inputs[i].key && to[i] != NULL)
        train_sample (s->data, s->pictures[first + (index + pictures) % count], &s->view, 0, to[i]);
      else if (to[i] != NULL)
        train_key (seed, cnc_shape_count (&s->inputs[i]), to[i]);
      pictures += graph->inputs[i].key ? 0 : 1;
    }
}

typedef struct
{
  TrainSession *session;
  guint64 begin; /* the number of the first sample */
  guint at;      /* its place in the batch, which has room for so many: */
  guint batch;
  gboolean validation;
} Filling;

/* The picture that sample number n of the whole run shows. */
static guint
picture_of (const TrainSession *s, guint64 n)
{
  return s->pictures[s->order[n % ((guint64) s->n_train * s->recipe->crops)] % s->n_train];
}

static void
fill_sample (guint index, gpointer user_data)
{
  const Filling *f = user_data;
  TrainSession *s = f->session;
  float *to[CNC_GRAPH_MAX_ENDS], *next = s->batch;

  for (guint i = 0; i < s->recipe->graph->n_inputs; i++)
    {
      const gsize count = cnc_shape_count (&s->inputs[i]);

      to[i] = next + (f->at + index) * count;
      next += f->batch * count;
    }
  if (f->validation)
    train_session_sample (s, (guint) f->begin + index, to);
  else
    fill_training (s, f->begin + index, picture_of (s, f->begin + index), to);
}

void
train_session_fill (TrainSession *s)
{
  const guint64 begin = ((guint64) s->step * train_ranks_count () + train_ranks_rank ()) * s->recipe->batch,
                size = (guint64) s->n_train * s->recipe->crops;

  /* A batch may reach over the end of an epoch: its parts are filled one after the other. */
  for (guint done = 0; done < s->recipe->batch;)
    {
      const guint64 n = begin + done, epoch = n / size;
      const guint count = (guint) MIN (s->recipe->batch - done, size - n % size);
      Filling f = { s, n, done, s->recipe->batch, FALSE };

      if (epoch != s->order_epoch)
        {
          g_free (s->order);
          s->order = train_shuffle ((guint) size, s->recipe->seed, epoch);
          s->order_epoch = epoch;
        }
      cnc_parallel_for (count, fill_sample, &f);
      done += count;
    }
}

gboolean
train_session_upload (const TrainSession *s, const CncPlan *plan, GError **error)
{
  const float *next = s->batch;

  for (guint i = 0; i < s->recipe->graph->n_inputs; i++)
    {
      const CncTensor *feed = cnc_plan_tensor (plan, i);

      if (!cnc_buffer_upload (s->backend, feed->buffer, 0, next, cnc_tensor_bytes (feed), error))
        return FALSE;
      next += cnc_shape_count (&feed->shape);
    }
  return TRUE;
}

void
train_session_fill_validation (TrainSession *s, guint first, guint count)
{
  Filling f = { s, first, 0, count, TRUE };

  cnc_parallel_for (count, fill_sample, &f);
}
