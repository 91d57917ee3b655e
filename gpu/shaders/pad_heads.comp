#version 450
#extension GL_GOOGLE_include_directive : require
// Lays the heads of each row out with padding, into a buffer or, atPosition, into a cache.
#include "shared.h"
layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) readonly buffer X { float x[]; };      // (T, xStride), heads of P
layout(set = 0, binding = 1) writeonly buffer Y { float y[]; };     // (rows, heads, paddedDim)
layout(set = 0, binding = 2) readonly buffer Step { uint first; };  // position of token 0
layout(push_constant) uniform Push { PadParams p; };

void main() {
  const uint feature = gl_GlobalInvocationID.x, t = gl_WorkGroupID.y;
  if (feature >= p.heads * p.paddedDim || t >= p.tokens) return;
  const uint d = feature % p.paddedDim;
  const uint row = (p.atPosition != 0 ? first : 0) + t;
  y[row * p.heads * p.paddedDim + feature] =
      d < p.headDim ? x[t * p.xStride + feature / p.paddedDim * p.headDim + d] : 0;
}
