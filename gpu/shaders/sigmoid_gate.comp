#version 450
#extension GL_GOOGLE_include_directive : require
// x[t] *= sigmoid(y[t]), y one logit a row.
#include "shared.h"
layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) buffer X { float x[]; };           // (rows, xStride)
layout(set = 0, binding = 1) readonly buffer Y { float y[]; };  // (rows, yStride)
layout(push_constant) uniform Push { RowsParams p; };

void main() {
  const uint d = gl_GlobalInvocationID.x, t = gl_WorkGroupID.y;
  if (d >= p.width || t >= p.rows) return;
  x[t * p.xStride + d] *= 1 / (1 + exp(-y[t * p.yStride]));
}
