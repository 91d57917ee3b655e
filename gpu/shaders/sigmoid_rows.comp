#version 450
#extension GL_GOOGLE_include_directive : require
// sigmoidRow for every token, an invocation a token.
#include "shared.h"
#include "router.glsl"
layout(local_size_x_id = 0) in;

void main() {
  const uint t = gl_GlobalInvocationID.x;
  if (t >= p.tokens) return;
  sigmoidRow(t);
}
