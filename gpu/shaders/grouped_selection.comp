#version 450
#extension GL_GOOGLE_include_directive : require
// What top-k sees where the choice is limited to groups of neighbours (core/routing/grouped.h): scores + bias inside the
// chosen groups, -infinity elsewhere; an invocation a token. A group counts as its best expert or as the sum of its two
// best; of two equal groups the lower one is chosen.
#include "shared.h"
#include "rank.glsl"
layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) readonly buffer Scores { float scores[]; };  // (T, E)
layout(set = 0, binding = 1) readonly buffer Bias { float bias[]; };      // (E)
layout(set = 0, binding = 2) buffer Selection { float selection[]; };     // (T, E)
layout(push_constant) uniform Push { GroupParams p; };

float groupScore(uint row, uint group, uint size) {
  float best = uintBitsToFloat(0xff800000u), second = best;
  for (uint e = group * size; e < (group + 1) * size; ++e) {
    const float value = selection[row + e];
    if (value > best) {
      second = best;
      best = value;
    } else if (value > second) {
      second = value;
    }
  }
  return p.pairScore == 0 || size == 1 ? best : best + second;
}

void main() {
  const uint t = gl_GlobalInvocationID.x;
  if (t >= p.tokens) return;
  const uint row = t * p.experts, size = p.experts / p.groups;
  for (uint e = 0; e < p.experts; ++e) selection[row + e] = scores[row + e] + (p.biased != 0 ? bias[e] : 0);
  if (p.groupsChosen == p.groups) return;
  // The worst group that is chosen: each round takes the first group that comes after the one taken before.
  uint lastRank = 0xffffffffu, lastGroup = 0;
  for (uint j = 0; j < p.groupsChosen; ++j) {
    uint bestRank = 0, best = p.groups;
    for (uint g = 0; g < p.groups; ++g) {
      const uint rank = rankOf(groupScore(row, g, size));
      const bool after = rank < lastRank || (rank == lastRank && g > lastGroup);
      if (after && (best == p.groups || rank > bestRank)) {
        bestRank = rank;
        best = g;
      }
    }
    lastRank = bestRank;
    lastGroup = best;
  }
  for (uint g = 0; g < p.groups; ++g) {
    const uint rank = rankOf(groupScore(row, g, size));
    if (rank > lastRank || (rank == lastRank && g <= lastGroup)) continue;
    for (uint e = g * size; e < (g + 1) * size; ++e) selection[row + e] = uintBitsToFloat(0xff800000u);
  }
}
