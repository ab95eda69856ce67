/* tests/reference/train-values.h: written by train-values.py. */
#define TRAIN_SIDE 12u
#define TRAIN_COUNT 16u
#define TRAIN_STEPS 20u
static const struct
{
  const char *recipe;
  double losses[TRAIN_STEPS];
  double validation;
} train_values[] = {
  { "[graph]\nx = input channels=1\na = conv2d x channels=6 kernel=3 pad=1 activation=relu\nb = max_pool a kernel=2\nc = conv2d b channels=4 kernel=3 pad=2 dilation=2 activation=leaky_relu slope=0.2\nd = conv_transpose2d c channels=5 kernel=4 stride=2 pad=1 activation=tanh\ne = concat d a\ny = conv2d e channels=1 kernel=3 pad=1 activation=sigmoid\noutputs = y\n[data]\nvalidation = 0.5\n[train]\nseed = 7\nbatch = 8\nsteps = 20\noptimiser = adam\nlearning_rate = 0.01\nschedule = cosine\nclip = 0.05\n[loss]\nmse = 1\n",
    { 0.1056585581, 0.0900640505, 0.07975691203, 0.07147955439, 0.06462818924, 0.05874839635, 0.05361068659, 0.04899477069, 0.0449228316, 0.04145979668, 0.0386105779, 0.03628966429, 0.0344160045, 0.03292854796, 0.03177895504, 0.0309246972, 0.03032136394, 0.02992874565, 0.02970451197, 0.02960360141 },
    0.03358816929 },
  { "[graph]\nx = input channels=1\na = conv2d x channels=8 kernel=4 stride=2 pad=1 bias=0\nb = batch_norm a\nl = activation b activation=leaky_relu slope=0.1\nc = conv2d l l channels=8 kernel=3 pad=1 activation=relu\nd = pixel_shuffle c factor=2\np = average_pool d kernel=2\ne = upsample_bilinear p factor=2\nm = max_pool d kernel=2\nf = upsample_nearest m factor=2\nh = affine e scale=0.5\ni = multiply f d\nj = add h i\ng = subtract j d\ny = conv2d g channels=1 kernel=1\noutputs = y\n[data]\nvalidation = 0.5\n[train]\nseed = 7\nbatch = 8\nsteps = 20\noptimiser = adamw\nlearning_rate = 0.005\nschedule = step\ndecay_every = 7\nweight_decay = 0.1\n[loss]\nl1 = 0.5\nmse = 2\n",
    { 8.229374112, 5.483715734, 3.716122937, 2.598251217, 1.90376038, 1.47251642, 1.207411002, 1.046534246, 0.9921023501, 0.9500287118, 0.9170336182, 0.8907082221, 0.8697145664, 0.8526590583, 0.8384239448, 0.8321484324, 0.8263526834, 0.8209074183, 0.8157328508, 0.8107872163 },
    0.9522980007 },
  { "[graph]\nx = input channels=1 height=12 width=12\na = dense x channels=20 activation=relu\nb = dense a channels=6 activation=sigmoid\ny = dense b channels=1 height=12 width=12 activation=sigmoid\noutputs = y\n[data]\nvalidation = 0.5\n[train]\nseed = 7\nbatch = 8\nsteps = 20\noptimiser = adam\nlearning_rate = 0.02\nschedule = constant\nwarmup = 5\nweight_decay = 0.001\n[loss]\nbce = 1\n",
    { 0.715112503, 0.7091692444, 0.701351905, 0.6945499514, 0.6895668532, 0.6871202171, 0.6862030457, 0.6853698589, 0.6842653053, 0.6828732336, 0.6813049389, 0.6798454905, 0.6784482723, 0.6769384102, 0.6755484958, 0.674402097, 0.6733689071, 0.6723860442, 0.6714683846, 0.6706702643 },
    0.7087973635 },
  { "[graph]\nc = input channels=1\ns = input channels=1\nk = input channels=6 divide=4 key=1\nf = conv2d s channels=6 kernel=4 stride=4 activation=tanh\ng = affine f scale=0.45\na = add g k\nm = wrap a\nu = upsample_nearest m factor=4\nj = concat c u\ne = conv2d j channels=8 kernel=3 pad=1 activation=leaky_relu\nh = conv2d e channels=1 kernel=3 pad=1\nd = affine h scale=0.25\ni = add c d\no = round8 i\nq = conv2d o channels=6 kernel=4 stride=4\nv = subtract q k\nw = wrap v\nl = conv2d w channels=16 kernel=1\nr = pixel_shuffle l factor=4\noutputs = o r\n[data]\nvalidation = 0.5\n[train]\nseed = 7\nbatch = 8\nsteps = 20\noptimiser = adam\nlearning_rate = 0.003\nschedule = cosine\n[loss]\nmse = 1\nl1 = 0.25\ntargets = o c 1 r s 0.75\nramp = 0.25 8\n",
    { 0.4133981748, 0.4332863422, 0.3996039837, 0.4225669033, 0.3945526132, 0.3990262746, 0.3985404212, 0.4070571338, 0.3856398951, 0.4129611787, 0.3926435042, 0.3635621485, 0.3700907356, 0.3883406631, 0.3884265696, 0.3866209603, 0.3895384204, 0.3754309772, 0.3861734821, 0.3892476336 },
    0.3875655211 },
};
