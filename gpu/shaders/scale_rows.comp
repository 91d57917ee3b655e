#version 450
#extension GL_GOOGLE_include_directive : require
// x[t] *= factors[parts + t]: a list of factors that begins at the element `parts`.
#include "shared.h"
layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) buffer X { float x[]; };                       // (rows, xStride)
layout(set = 0, binding = 1) readonly buffer Factors { float factors[]; };
layout(push_constant) uniform Push { RowsParams p; };

void main() {
  const uint d = gl_GlobalInvocationID.x, t = gl_WorkGroupID.y;
  if (d >= p.width || t >= p.rows) return;
  x[t * p.xStride + d] *= factors[p.parts + t];
}
