// The norm of rows, a workgroup a row: norm.comp and addAndNorm.comp, which defines ADDS.
layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint kLanes = 64;  // at most 64
layout(set = 0, binding = 0) buffer X { float x[]; };            // (T, xStride)
layout(set = 0, binding = 1) readonly buffer W { float w[]; };   // (D)
layout(set = 0, binding = 2) buffer Y { float y[]; };            // (T, yStride)
layout(set = 0, binding = 3) readonly buffer B { float bias[]; };  // (D)
#ifdef ADDS
layout(set = 0, binding = 4) readonly buffer A { float added[]; };  // (T, addedStride)
#endif
layout(push_constant) uniform Push { NormParams p; };
shared float partial[64];
shared float means[64];

void main() {
  const uint row = gl_WorkGroupID.x;
  if (row >= p.rows) return;
  const uint lane = gl_LocalInvocationIndex;
  const uint token = row / p.groups, group = row % p.groups;
  const uint from = (p.firstToken + token) * p.xStride + group * p.width;
  const uint to = token * p.yStride + group * p.width;
#ifdef ADDS
  // Each invocation adds to what it alone reads below.
  for (uint d = lane; d < p.width; d += kLanes) x[from + d] += p.addedScale * added[token * p.addedStride + d];
#endif
  float mean = 0;
  if (p.centred != 0) {
    float sum = 0;
    for (uint d = lane; d < p.width; d += kLanes) sum += x[from + d];
    means[lane] = sum;
    barrier();
    for (uint i = 0; i < kLanes; ++i) mean += means[i];
    mean /= float(p.width);
  }
  float square = 0;
  for (uint d = lane; d < p.width; d += kLanes) square += (x[from + d] - mean) * (x[from + d] - mean);
  partial[lane] = square;
  barrier();
  float sum = 0;
  for (uint i = 0; i < kLanes; ++i) sum += partial[i];
  const float scale = 1 / sqrt(sum / float(p.width) + p.eps);
  for (uint d = lane; d < p.width; d += kLanes) {
    y[to + d] = (x[from + d] - mean) * scale * w[d] + (p.biased != 0 ? bias[d] : 0);
  }
}
