#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
// y = x W^T + b for a single row, on real GPUs: a workgroup reads four rows of W side by side, each invocation every
// 64th step of them, and adds the partial sums up in a fixed order.
#include "shared.h"
#include "weights.glsl"
#include "product.glsl"
layout(local_size_x_id = 0) in;  // 64

const uint kOutputs = 4;
shared float partial[kOutputs][64];

void main() {
  const uint firstOutput = gl_WorkGroupID.x * kOutputs;
  const Tile tile = tileOf(gl_WorkGroupID.y);
  if (firstOutput >= p.outputs || tile.count == 0) return;  // the same for the whole workgroup

  const uint lane = gl_LocalInvocationIndex;
  const uint base = (tile.expert - p.firstExpert) * p.outputs;
  const uint xAt = inputOf(tile.first);
  float sum[kOutputs] = {0, 0, 0, 0};
  for (uint k = lane; k < p.steps; k += 64) {
    const vec4 a = x[xAt + k];
    [[unroll]] for (uint o = 0; o < kOutputs; ++o) {
      sum[o] += dot(a, weightStep((base + min(firstOutput + o, p.outputs - 1)) * p.steps + k));
    }
  }
  [[unroll]] for (uint o = 0; o < kOutputs; ++o) partial[o][lane] = sum[o];
  for (uint span = 32; span > 0; span /= 2) {
    barrier();
    if (lane < span) {
      [[unroll]] for (uint o = 0; o < kOutputs; ++o) partial[o][lane] += partial[o][lane + span];
    }
  }
  barrier();
  if (lane < kOutputs && firstOutput + lane < p.outputs) {
    store(tile.first, tile.expert, firstOutput + lane, partial[lane][0]);
  }
}
