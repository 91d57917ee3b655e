#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
// scores[a, t, s] = scale * q[t, a] . k[s, g], kRows queries by 8 positions an invocation. Tiles that no query of theirs
// may see are left alone; attentionSoftmax clears what it does not use.
#include "shared.h"
#include "attention.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint kRows = 8;
const uint kColumns = 8;
layout(set = 0, binding = 0) readonly buffer Q { vec4 q[]; };              // (T, A, paddedDim)
layout(set = 0, binding = 1) readonly buffer K { vec4 keys[]; };           // (positions, G, paddedDim)
layout(set = 0, binding = 2) writeonly buffer Scores { vec4 scores[]; };   // (A, tokens, scoreStride)
layout(set = 0, binding = 3) readonly buffer Step { uint first; };

// cap * tanh(score / cap)
vec4 capped(vec4 score) { return p.logitCap > 0 ? p.logitCap * (1 - 2 / (1 + exp(score * (2 / p.logitCap)))) : score; }

void main() {
  const uint s0 = gl_GlobalInvocationID.x * kColumns;
  const uint t0 = gl_WorkGroupID.y * kRows;
  const uint a = gl_WorkGroupID.z;
  if (s0 >= p.scoreStride || t0 >= p.tokens) return;
  const uint last = positionOf(first, min(t0 + kRows, p.tokens) - 1);
  if (s0 > last || s0 + kColumns <= beginOf(positionOf(first, t0))) return;

  const uint steps = p.paddedDim / 4;
  uint query[8], key[8];
  [[unroll]] for (uint i = 0; i < kRows; ++i) {
    query[i] = ((p.firstQuery + min(t0 + i, p.tokens - 1)) * p.heads + a) * steps;
  }
  [[unroll]] for (uint s = 0; s < kColumns; ++s) key[s] = (min(s0 + s, last) * p.keyHeads + keyHeadOf(a)) * steps;
  vec4 sum[8][2];
  [[unroll]] for (uint i = 0; i < kRows; ++i) sum[i][0] = sum[i][1] = vec4(0);
  for (uint k = 0; k < steps; ++k) {
    vec4 b[8];
    [[unroll]] for (uint s = 0; s < kColumns; ++s) b[s] = keys[key[s] + k];
    [[unroll]] for (uint i = 0; i < kRows; ++i) {
      const vec4 c = q[query[i] + k];
      [[unroll]] for (uint s = 0; s < kColumns; ++s) {
        sum[i][s / 4][s % 4] = fma(c.w, b[s].w, fma(c.z, b[s].z, fma(c.y, b[s].y, fma(c.x, b[s].x, sum[i][s / 4][s % 4]))));
      }
    }
  }
  [[unroll]] for (uint i = 0; i < kRows; ++i) {
    if (t0 + i < p.tokens) {
      const uint to = (a * p.tokens + t0 + i) * p.scoreStride + s0;
      scores[to / 4] = capped(sum[i][0] * p.scale);
      scores[to / 4 + 1] = capped(sum[i][1] * p.scale);
    }
  }
}
