#version 450
#extension GL_GOOGLE_include_directive : require
// scores[t] = softmax(logits[t]), an invocation a token; a row of -infinity gives zeros.
#include "shared.h"
layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) readonly buffer Logits { float logits[]; };  // (T, stride)
layout(set = 0, binding = 1) buffer Scores { float scores[]; };           // (T, stride)
layout(push_constant) uniform Push { RouterParams p; };

void main() {
  const uint t = gl_GlobalInvocationID.x;
  if (t >= p.tokens) return;
  const uint row = t * p.stride;
  const float lowest = uintBitsToFloat(0xff800000u);
  float top = lowest;
  for (uint e = 0; e < p.experts; ++e) top = max(top, logits[row + e]);
  float sum = 0;
  for (uint e = 0; e < p.experts; ++e) {
    const float share = top == lowest ? 0 : exp(logits[row + e] - top);
    scores[row + e] = share;
    sum += share;
  }
  if (top == lowest) return;
  for (uint e = 0; e < p.experts; ++e) scores[row + e] /= sum;
}
