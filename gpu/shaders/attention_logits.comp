#version 450
#extension GL_GOOGLE_include_directive : require
// logits[t, i] = sum_j softmax_j(q[t, i] k[t, j]) v[t, j]: the experts of a token attend to each other; an invocation an
// expert of a token.
#include "shared.h"
layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) readonly buffer Q { float q[]; };             // (T, stride)
layout(set = 0, binding = 1) readonly buffer K { float k[]; };             // (T, stride)
layout(set = 0, binding = 2) readonly buffer V { float v[]; };             // (T, stride)
layout(set = 0, binding = 3) writeonly buffer Logits { float logits[]; };  // (T, stride)
layout(push_constant) uniform Push { RouterParams p; };

void main() {
  const uint i = gl_GlobalInvocationID.x, t = gl_WorkGroupID.y;
  if (i >= p.experts || t >= p.tokens) return;
  const uint row = t * p.stride;
  const float query = q[row + i];
  float top = query * k[row];
  for (uint j = 1; j < p.experts; ++j) top = max(top, query * k[row + j]);
  float total = 0, sum = 0;
  for (uint j = 0; j < p.experts; ++j) {
    const float share = exp(query * k[row + j] - top);
    total += share;
    sum += share * v[row + j];
  }
  logits[row + i] = sum / total;
}
