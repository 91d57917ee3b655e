#version 450
#extension GL_GOOGLE_include_directive : require
// Who gets a slot: the choices ask in rank-major order (all first choices, then all second ones), the n-th to ask an
// expert gets slot n - 1 and is kept below the capacity. A workgroup an expert: each invocation counts its share of
// consecutive choices, the counts before it are where its slots begin. No atomics, so the order is exact. Choices that a
// token has not, ids past the last expert, are marked by the first expert's workgroup: slot -1, not kept.
#include "shared.h"
layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint kLanes = 64;  // at most 64
layout(set = 0, binding = 0) readonly buffer Ids { uint ids[]; };      // (T, K)
layout(set = 0, binding = 1) writeonly buffer Slot { uint slot[]; };   // (T, K)
layout(set = 0, binding = 2) writeonly buffer Kept { uint kept[]; };   // (T, K)
layout(set = 0, binding = 3) writeonly buffer Asked { uint asked[]; }; // (E)
layout(push_constant) uniform Push { DispatchParams p; };
shared uint counts[64];

// The n-th choice to ask, as a place in (T, K).
uint placeOf(uint n) { return n % p.tokens * p.chosen + n / p.tokens; }

void main() {
  const uint expert = gl_WorkGroupID.x;
  if (expert >= p.experts) return;
  const uint lane = gl_LocalInvocationIndex;
  const uint choices = p.tokens * p.chosen;
  const uint share = (choices + kLanes - 1) / kLanes;
  const uint begin = min(lane * share, choices), end = min(begin + share, choices);
  uint mine = 0;
  for (uint n = begin; n < end; ++n) {
    if (ids[placeOf(n)] == expert) ++mine;
  }
  counts[lane] = mine;
  barrier();
  uint next = 0, total = 0;
  for (uint i = 0; i < kLanes; ++i) {
    if (i < lane) next += counts[i];
    total += counts[i];
  }
  for (uint n = begin; n < end; ++n) {
    const uint place = placeOf(n);
    if (expert == 0 && ids[place] >= p.experts) {
      slot[place] = 0xffffffffu;
      kept[place] = 0;
    }
    if (ids[place] != expert) continue;
    slot[place] = next;
    kept[place] = next < p.capacity ? 1 : 0;
    ++next;
  }
  if (lane == 0) asked[expert] = total;
}
