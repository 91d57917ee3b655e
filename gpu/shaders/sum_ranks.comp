#version 450
#extension GL_GOOGLE_include_directive : require
// y[t] = sum_j x[t, j], in rank order; stream[t] += value * y[t].
#include "shared.h"
layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) readonly buffer X { float x[]; };   // (T, K, xStride)
layout(set = 0, binding = 1) writeonly buffer Y { float y[]; };  // (T, yStride)
layout(set = 0, binding = 2) buffer S { float stream[]; };       // (T, yStride)
layout(push_constant) uniform Push { RowsParams p; };

void main() {
  const uint d = gl_GlobalInvocationID.x, t = gl_WorkGroupID.y;
  if (d >= p.width || t >= p.rows) return;
  float sum = 0;
  for (uint j = 0; j < p.parts; ++j) sum += x[(t * p.parts + j) * p.xStride + d];
  y[t * p.yStride + d] = sum;
  if (p.value != 0) stream[t * p.yStride + d] += p.value * sum;
}
