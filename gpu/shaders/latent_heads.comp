#version 450
#extension GL_GOOGLE_include_directive : require
// Keys and values of latent attention, before rotation: k[t, a] = (made[t, a, :N], sharedPart[t]), v[t, a] = made[t, a, N:].
#include "shared.h"
layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) readonly buffer Made { float made[]; };      // (T, A, N + R)
layout(set = 0, binding = 1) readonly buffer SharedPart { float sharedPart[]; };  // (T, P - N), what all heads share
layout(set = 0, binding = 2) writeonly buffer K { float k[]; };           // (T, A, P)
layout(set = 0, binding = 3) writeonly buffer V { float v[]; };           // (T, A, R)
layout(push_constant) uniform Push { LatentParams p; };

void main() {
  const uint i = gl_GlobalInvocationID.x, t = gl_WorkGroupID.y;
  const uint width = p.headDim + p.valueDim;
  if (i >= p.heads * width || t >= p.tokens) return;
  const uint a = i / width, d = i % width, head = t * p.heads + a;
  const uint from = head * (p.nopeDim + p.valueDim);
  if (d >= p.headDim) {
    v[head * p.valueDim + d - p.headDim] = made[from + p.nopeDim + d - p.headDim];
  } else {
    k[head * p.headDim + d] = d < p.nopeDim ? made[from + d] : sharedPart[t * (p.headDim - p.nopeDim) + d - p.nopeDim];
  }
}
