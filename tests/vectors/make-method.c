/* Vectors of methods that need a model file: sealed with one that exists nowhere else. */
#include "make.h"

#include "../unit/codec-model.h"

void
make_method_vectors (const Maker *maker)
{
  static const CncFormat format = { CNC_MODEL_RGB, CNC_SAMPLE_U8, CNC_CURVE_PERCEPTUAL, TRUE };
  g_autofree char *folder = codec_model_install ("vectors-only", 2026);
  g_autoptr (CncPicture) picture = make_picture (50, 30, &format);
  g_autoptr (Sample) sample = make_sample_of (maker, picture, "autoencoder");

  codec_model_remove (folder, "vectors-only");
  save (maker, "model-missing", "model-missing", "vectors-only", sample, copy_raster (sample->carrier),
        "method 2, sealed correctly, with a model that nobody has");
}
