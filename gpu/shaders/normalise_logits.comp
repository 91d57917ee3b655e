#version 450
#extension GL_GOOGLE_include_directive : require
// normed[t] = scale * (logits[t] - mean) / std, std over the experts with the divisor E - 1; an invocation a token.
// Logits that are all equal give zeros.
#include "shared.h"
layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) readonly buffer Logits { float logits[]; };   // (T, stride)
layout(set = 0, binding = 1) writeonly buffer Normed { float normed[]; };  // (T, stride)
layout(push_constant) uniform Push { RouterParams p; };

void main() {
  const uint t = gl_GlobalInvocationID.x;
  if (t >= p.tokens) return;
  const uint row = t * p.stride;
  // Distances from the first logit: exact zeros where all are equal.
  const float zero = logits[row];
  float mean = 0, squares = 0;
  for (uint e = 0; e < p.experts; ++e) mean += logits[row + e] - zero;
  mean /= float(p.experts);
  for (uint e = 0; e < p.experts; ++e) {
    const float off = logits[row + e] - zero - mean;
    squares += off * off;
  }
  const float spread = p.experts > 1 ? sqrt(squares / float(p.experts - 1)) : 0;
  for (uint e = 0; e < p.experts; ++e) {
    normed[row + e] = spread > 0 ? p.scale * (logits[row + e] - zero - mean) / spread : 0;
  }
}
