#version 450
#extension GL_GOOGLE_include_directive : require
// y[r] = (x of the token before, x of the token) interleaved: what a causal convolution of kernel 2 sees. Row r stands for
// position first + r - (back - 1); before position 0 there are zeros. x is a cache by position, or rows of this call whose
// first one stands one position before y's.
#include "shared.h"
layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) readonly buffer X { float x[]; };      // (rows, xStride)
layout(set = 0, binding = 1) writeonly buffer Y { float y[]; };     // (rows, yStride)
layout(set = 0, binding = 2) readonly buffer Step { uint first; };  // position of token 0
layout(push_constant) uniform Push { PairParams p; };

void main() {
  const uint column = gl_GlobalInvocationID.x, r = gl_WorkGroupID.y;
  if (column >= p.yStride || r >= p.rows) return;
  const uint tap = column % 2;  // 0: the token before
  float value = 0;
  if (column < 2 * p.width && first + r + tap >= p.back) {
    const uint row = p.byPosition != 0 ? first + r + tap - p.back : r + tap;
    value = x[row * p.xStride + column / 2];
  }
  y[r * p.yStride + column] = value;
}
