#version 450
#extension GL_GOOGLE_include_directive : require
// The whole router for a single token, where a dispatch costs more than its work: scores, ids, weights, and the dispatch.
// A token alone loses no choice: each has slot 0 of its expert, and a tile of its own.
#include "shared.h"
#include "router.glsl"
layout(local_size_x_id = 0) in;
layout(set = 0, binding = 4) writeonly buffer Slot { uint slot[]; };    // (1, K)
layout(set = 0, binding = 5) writeonly buffer Kept { uint kept[]; };    // (1, K)
layout(set = 0, binding = 6) writeonly buffer Tiles { uvec4 tiles[]; };  // (K) expert, place, 1
layout(set = 0, binding = 7) writeonly buffer Rows { uint rows[]; };    // (K)

void main() {
  if (gl_GlobalInvocationID.x > 0) return;
  softmaxRow(0);
  topKRow(0);
  weightsRow(0);
  for (uint j = 0; j < p.chosen; ++j) {
    slot[j] = 0;
    kept[j] = 1;
    tiles[j] = uvec4(ids[j], j, 1, 0);
    rows[j] = j;
  }
}
