#version 450
#extension GL_GOOGLE_include_directive : require
// What top-k sees where the choice is limited to groups of neighbours (core/routing/grouped.h): scores + bias inside the
// chosen groups, -infinity elsewhere; an invocation a token.
#include "shared.h"
#include "rank.glsl"
layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) readonly buffer Scores { float scores[]; };  // (T, E)
layout(set = 0, binding = 1) readonly buffer Bias { float bias[]; };      // (E)
layout(set = 0, binding = 2) buffer Selection { float selection[]; };     // (T, E)
layout(push_constant) uniform Push { GroupParams p; };
#include "groups.glsl"

void main() {
  const uint t = gl_GlobalInvocationID.x;
  if (t >= p.tokens) return;
  const uint row = t * p.experts;
  for (uint e = 0; e < p.experts; ++e) selection[row + e] = scores[row + e] + (p.biased != 0 ? bias[e] : 0);
  limitToGroups(row, p.experts, p.groups, p.groupsChosen, p.pairScore != 0);
}
