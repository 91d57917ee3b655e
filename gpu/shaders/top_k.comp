#version 450
#extension GL_GOOGLE_include_directive : require
// ids[t] = the K largest logits, best first; of two equal ones the lower index wins, a NaN ranks below everything. Each
// round takes the first expert in that order that comes after the one taken before.
#include "shared.h"
layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) readonly buffer Logits { float logits[]; };  // (T, stride)
layout(set = 0, binding = 1) writeonly buffer Ids { uint ids[]; };        // (T, K)
layout(push_constant) uniform Push { RouterParams p; };

// A float as an integer of the same order, NaN as 0. Minus zero equals zero.
uint rank(float value) {
  const uint bits = floatBitsToUint(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return 0;
  if ((bits & 0x7fffffffu) == 0) return 0x80000000u;
  return (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
}

void main() {
  const uint t = gl_GlobalInvocationID.x;
  if (t >= p.tokens) return;
  const uint row = t * p.stride;
  uint lastRank = 0xffffffffu, lastExpert = 0;
  for (uint j = 0; j < p.chosen; ++j) {
    uint bestRank = 0, best = p.experts;
    for (uint e = 0; e < p.experts; ++e) {
      const uint r = rank(logits[row + e]);
      const bool after = r < lastRank || (r == lastRank && e > lastExpert);
      if (after && (best == p.experts || r > bestRank)) {
        bestRank = r;
        best = e;
      }
    }
    ids[t * p.chosen + j] = best;
    lastRank = bestRank;
    lastExpert = best;
  }
}
