#version 450
#extension GL_GOOGLE_include_directive : require
// rows[begin of its expert + slot] = t * K + j, for every kept choice.
#include "shared.h"
layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) readonly buffer Ids { uint ids[]; };        // (T, K)
layout(set = 0, binding = 1) readonly buffer Slot { uint slot[]; };      // (T, K)
layout(set = 0, binding = 2) readonly buffer Begin { uint begins[]; };   // (E)
layout(set = 0, binding = 3) writeonly buffer Rows { uint rows[]; };     // (T * K)
layout(push_constant) uniform Push { DispatchParams p; };

void main() {
  const uint place = gl_GlobalInvocationID.x;
  if (place >= p.tokens * p.chosen || slot[place] >= p.capacity || ids[place] >= p.experts) return;
  rows[begins[ids[place]] + slot[place]] = place;
}
