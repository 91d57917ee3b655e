#version 450
#extension GL_GOOGLE_include_directive : require
// weights[t, j]: the score of the chosen expert, or (renorm) the softmax of the chosen logits, times scale.
#include "shared.h"
layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) readonly buffer Logits { float logits[]; };  // (T, stride)
layout(set = 0, binding = 1) readonly buffer Scores { float scores[]; };  // (T, stride)
layout(set = 0, binding = 2) readonly buffer Ids { uint ids[]; };         // (T, K)
layout(set = 0, binding = 3) buffer Applied { float applied[]; };         // (T, K)
layout(push_constant) uniform Push { RouterParams p; };

void main() {
  const uint t = gl_GlobalInvocationID.x;
  if (t >= p.tokens) return;
  const uint row = t * p.stride, to = t * p.chosen;
  if (p.renorm == 0) {
    for (uint j = 0; j < p.chosen; ++j) applied[to + j] = scores[row + ids[to + j]] * p.scale;
    return;
  }
  const float top = logits[row + ids[to]];  // best first
  float sum = 0;
  for (uint j = 0; j < p.chosen; ++j) sum += exp(logits[row + ids[to + j]] - top);
  for (uint j = 0; j < p.chosen; ++j) applied[to + j] = exp(logits[row + ids[to + j]] - top) / sum * p.scale;
}
