#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
// Attention of a single query, a workgroup a head: scores of the positions it sees, their softmax, and the mix of values.
// The steps are those of attentionScores, attentionSoftmax and attentionMix, in one dispatch.
#include "shared.h"
#include "attention.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint kLanes = 64;  // at most 64
layout(set = 0, binding = 0) readonly buffer Q { vec4 q[]; };           // (1, A, paddedDim)
layout(set = 0, binding = 1) readonly buffer K { vec4 keys[]; };        // (positions, G, paddedDim)
layout(set = 0, binding = 2) buffer Scores { float scores[]; };         // (A, scoreStride)
layout(set = 0, binding = 3) readonly buffer V { vec4 values[]; };      // (positions, G, paddedValue)
layout(set = 0, binding = 4) writeonly buffer Y { float y[]; };         // (1, yStride), heads of R
layout(set = 0, binding = 5) readonly buffer Step { uint first; };
shared float largest[64];
shared float partial[64];

void main() {
  const uint a = gl_WorkGroupID.x;
  if (a >= p.heads) return;
  const uint lane = gl_LocalInvocationIndex;
  const uint last = positionOf(first, 0), begin = beginOf(last);
  const uint row = a * p.scoreStride, steps = p.paddedDim / 4, head = keyHeadOf(a);
  float top = uintBitsToFloat(0xff800000u);
  for (uint s = begin + lane; s <= last; s += kLanes) {
    float sum = 0;
    for (uint k = 0; k < steps; ++k) {
      const vec4 c = q[a * steps + k], b = keys[(s * p.keyHeads + head) * steps + k];
      sum = fma(c.w, b.w, fma(c.z, b.z, fma(c.y, b.y, fma(c.x, b.x, sum))));
    }
    scores[row + s] = sum * p.scale;
    top = max(top, sum * p.scale);
  }
  largest[lane] = top;
  barrier();
  for (uint i = 0; i < kLanes; ++i) top = max(top, largest[i]);
  float sum = 0;
  for (uint s = begin + lane; s <= last; s += kLanes) {
    const float share = exp(scores[row + s] - top);
    scores[row + s] = share;
    sum += share;
  }
  partial[lane] = sum;
  memoryBarrierBuffer();
  barrier();
  float total = 0;
  for (uint i = 0; i < kLanes; ++i) total += partial[i];
  const uint valueSteps = p.paddedValue / 4;
  for (uint k = lane; k < valueSteps; k += kLanes) {
    vec4 mixed = vec4(0);
    for (uint s = begin; s <= last; ++s) mixed = fma(vec4(scores[row + s]), values[(s * p.keyHeads + head) * valueSteps + k], mixed);
    mixed /= total;
    [[unroll]] for (uint d = 0; d < 4; ++d) {
      if (4 * k + d < p.valueDim) y[a * p.valueDim + 4 * k + d] = mixed[d];
    }
  }
}
