/* tests/unit/detector-case.h: a small network in the place of the detector's. */
#pragma once

#include "measure/detector.h"

#include "base/error.h"

#include <glib/gstdio.h>
#include <string.h>

/* The probability follows from the mean of the square's first colour alone: the pools and the convolution add up. */
#define GRAPH                                                                                                                              \
  "{\"version\":1,\"inputs\":[{\"name\":\"x\",\"channels\":3,\"height\":%u,\"width\":%u}],\"nodes\":["                                     \
  "{\"name\":\"a\",\"op\":\"average_pool\",\"inputs\":[\"x\"],\"attributes\":{\"kernel\":%u}},"                                            \
  "{\"name\":\"b\",\"op\":\"average_pool\",\"inputs\":[\"a\"],\"attributes\":{\"kernel\":%u}},"                                            \
  "{\"name\":\"v\",\"op\":\"conv2d\",\"inputs\":[\"b\"],\"attributes\":{\"channels\":1,\"kernel\":1,\"activation\":\"%s\"}}],"             \
  "\"outputs\":[\"v\"]}"
#define STEEP 20.0f
#define MIDDLE 0.5f

/* A model file; side, pool, activation as in GRAPH; key, text: of its metadata.  Returns: (transfer full) its path */
static inline char *
model_file (guint side, guint pool, const char *activation, const char *key, const char *text)
{
  g_autofree char *json = g_strdup_printf (GRAPH, side, side, pool, pool, activation), *path = NULL;
  g_autoptr (CncSafetensorsWriter) writer = cnc_safetensors_writer_new ();
  g_autoptr (GError) error = NULL;
  CncGraph *graph = cnc_graph_from_json (json, strlen (json), &error);
  g_autoptr (CncNet) net = NULL;
  g_autoptr (GBytes) bytes = NULL;
  const int fd = g_file_open_tmp ("detector-XXXXXX.safetensors", &path, NULL);

  g_assert_no_error (error);
  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  net = cnc_net_new (graph, &error);
  g_assert_no_error (error);
  net->values[0][0] = STEEP;
  net->values[1][0] = -STEEP * MIDDLE;
  g_assert_true (cnc_net_store (net, CNC_DTYPE_F32, writer, &error));
  if (key != NULL)
    cnc_safetensors_writer_text (writer, key, text);
  bytes = cnc_safetensors_writer_finish (writer, &error);
  g_assert_true (cnc_file_replace (path, bytes, &error));
  return g_steal_pointer (&path);
}

static inline CncDetector *
detector_of (guint side, guint pool, const char *activation, const char *key, const char *text, GError **error)
{
  g_autofree char *path = model_file (side, pool, activation, key, text);
  CncDetector *detector = cnc_detector_read (path, error);

  g_unlink (path);
  return detector;
}
