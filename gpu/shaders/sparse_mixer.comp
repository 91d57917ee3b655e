#version 450
#extension GL_GOOGLE_include_directive : require
// SparseMixer (core/routing/sparse_mixer.h): two experts in two rounds, an invocation a token. A round takes the best
// logit m, and weighs it by the softmax over those that are not far behind: (m - l) / max(|l|, m) within the limit. The
// expert of the first round takes no part in the second.
#include "shared.h"
#include "rank.glsl"
layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) readonly buffer Logits { float logits[]; };     // (T, E)
layout(set = 0, binding = 1) writeonly buffer Ids { uint ids[]; };           // (T, 2)
layout(set = 0, binding = 2) writeonly buffer Applied { float applied[]; };  // (T, 2)
layout(push_constant) uniform Push { SparseMixerParams p; };

void main() {
  const uint t = gl_GlobalInvocationID.x;
  if (t >= p.tokens) return;
  const uint row = t * p.experts;
  uint removed = p.experts;
  for (uint round = 0; round < 2; ++round) {
    uint best = p.experts, bestRank = 0;
    for (uint e = 0; e < p.experts; ++e) {
      const uint rank = rankOf(logits[row + e]);
      if (e != removed && (best == p.experts || rank > bestRank)) {
        bestRank = rank;
        best = e;
      }
    }
    const float m = logits[row + best];
    float sum = 0;
    for (uint e = 0; e < p.experts; ++e) {
      const float l = logits[row + e], gap = m - l;
      const bool masked = e == removed || (gap > 0 && gap / max(abs(l), m) > p.limit);
      if (!masked) sum += exp(-gap);
    }
    ids[2 * t + round] = best;
    applied[2 * t + round] = 1 / sum;
    removed = best;
  }
}
