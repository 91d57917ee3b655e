#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
// y[t, a] = sum_s scores[a, t, s] v[s, g], kRows queries by 8 features an invocation, four positions at a time.
#include "shared.h"
#include "attention.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint kRows = 8;
layout(set = 0, binding = 0) readonly buffer Scores { vec4 scores[]; };  // (A, tokens, scoreStride)
layout(set = 0, binding = 1) readonly buffer V { vec4 values[]; };       // (positions, G, paddedValue)
layout(set = 0, binding = 2) writeonly buffer Y { float y[]; };          // (T, yStride), heads of R
layout(set = 0, binding = 3) readonly buffer Step { uint first; };

void main() {
  const uint features = p.paddedValue / 8;  // groups of 8 features a head
  const uint a = gl_GlobalInvocationID.x / features;
  const uint d0 = gl_GlobalInvocationID.x % features * 8;
  const uint t0 = gl_WorkGroupID.y * kRows;
  if (a >= p.heads || t0 >= p.tokens) return;
  const uint last = positionOf(first, min(t0 + kRows, p.tokens) - 1);
  const uint begin = beginOf(positionOf(first, t0)) & ~3u;

  uint row[8];
  vec4 sum[8][2];
  [[unroll]] for (uint i = 0; i < kRows; ++i) {
    row[i] = (a * p.tokens + min(t0 + i, p.tokens - 1)) * (p.scoreStride / 4);
    sum[i][0] = sum[i][1] = vec4(0);
  }
  for (uint s = begin; s <= last; s += 4) {
    vec4 v[4][2];
    [[unroll]] for (uint j = 0; j < 4; ++j) {
      const uint from = ((min(s + j, last) * p.keyHeads + keyHeadOf(a)) * p.paddedValue + d0) / 4;
      v[j][0] = values[from];
      v[j][1] = values[from + 1];
    }
    [[unroll]] for (uint i = 0; i < kRows; ++i) {
      const vec4 w = scores[row[i] + s / 4];
      [[unroll]] for (uint j = 0; j < 4; ++j) {
        sum[i][0] = fma(vec4(w[j]), v[j][0], sum[i][0]);
        sum[i][1] = fma(vec4(w[j]), v[j][1], sum[i][1]);
      }
    }
  }
  [[unroll]] for (uint i = 0; i < kRows; ++i) {
    if (t0 + i < p.tokens) {
      const uint to = (p.firstQuery + t0 + i) * p.yStride + a * p.valueDim + d0;
      [[unroll]] for (uint d = 0; d < 8; ++d) {
        if (d0 + d < p.valueDim) y[to + d] = sum[i][d / 4][d % 4];
      }
    }
  }
}
