# tests/unit/safetensors-numpy.py: writes safetensors-numpy.h, a small model file put together with numpy and json after the format's description
# (https://github.com/huggingface/safetensors, "Format").  Not with the safetensors library itself, which Debian 12 does not have.
import hashlib
import json
import struct

import numpy as np

tensors = [
    ('conv.weight', 'F32', (np.arange(6, dtype='<f4').reshape(2, 3) - 2.5) / 3),
    ('table', 'I32', np.array([-7, 2147483647], dtype='<i4')),
    ('half', 'F16', np.array([[1.5], [-0.000123], [65504.0], [6e-8]], dtype='<f2')),
    ('counts', 'U16', np.array([0, 65535, 258], dtype='<u2')),
    ('flag', 'U8', np.array(200, dtype='u1')),
]
header, data = {'__metadata__': {'format': 'pt', 'note': 'gr\u00fc\u00dfe "quoted" \U0001f511'}}, b''
for name, dtype, values in reversed(tensors):  # the order in the header is not the order of the data
    header[name] = None
for name, dtype, values in tensors:
    raw = values.tobytes()
    header[name] = {'dtype': dtype, 'shape': list(values.shape), 'data_offsets': [len(data), len(data) + len(raw)]}
    data += raw
text = json.dumps(header).encode()
text += b' ' * (-len(text) % 8)
blob = struct.pack('<Q', len(text)) + text + data

print('/* tests/unit/safetensors-numpy.h: written by safetensors-numpy.py. */')
print('static const guint8 numpy_file[] = {')
for i in range(0, len(blob), 24):
    print('  ' + ' '.join('%d,' % b for b in blob[i:i + 24]))
print('};')
print('static const float numpy_weight[] = { %s };' % ', '.join('%.9ef' % v for v in tensors[0][2].flat))
print('static const float numpy_half[] = { %s };' % ', '.join('%.9ef' % np.float32(v) for v in tensors[2][2].flat))
print('static const char numpy_sha256[] = "%s";' % hashlib.sha256(blob).hexdigest())
