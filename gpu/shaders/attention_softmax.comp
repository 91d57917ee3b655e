#version 450
#extension GL_GOOGLE_include_directive : require
// Softmax of the scores over the positions that a query sees, zeros elsewhere; a workgroup a row, in place.
#include "shared.h"
#include "attention.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint kLanes = 64;  // at most 64
layout(set = 0, binding = 0) buffer Scores { float scores[]; };  // (A, tokens, scoreStride)
layout(set = 0, binding = 1) readonly buffer Step { uint first; };
layout(set = 0, binding = 2) readonly buffer Sinks { float sinks[]; };  // (A)
shared float largest[64];
shared float partial[64];

void main() {
  const uint t = gl_WorkGroupID.x, a = gl_WorkGroupID.y;
  if (t >= p.tokens || a >= p.heads) return;
  const uint lane = gl_LocalInvocationIndex;
  const uint row = (a * p.tokens + t) * p.scoreStride;
  const uint last = positionOf(first, t), begin = beginOf(last);
  float top = p.sinks != 0 ? max(scores[row + last], sinks[a]) : scores[row + last];
  for (uint s = begin + lane; s <= last; s += kLanes) top = max(top, scores[row + s]);
  largest[lane] = top;
  barrier();
  for (uint i = 0; i < kLanes; ++i) top = max(top, largest[i]);
  float sum = 0;
  for (uint s = begin + lane; s <= last; s += kLanes) sum += exp(scores[row + s] - top);
  partial[lane] = sum;
  barrier();
  float total = p.sinks != 0 ? exp(sinks[a] - top) : 0;
  for (uint i = 0; i < kLanes; ++i) total += partial[i];
  for (uint s = lane; s < p.scoreStride; s += kLanes) {
    scores[row + s] = s >= begin && s <= last ? exp(scores[row + s] - top) / total : 0;
  }
}
