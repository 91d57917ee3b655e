#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
// y = x W^T + b in register tiles, without shared memory: for devices that run shaders on a CPU, where a barrier costs
// more than a load. An invocation computes kRows rows by kOutputs outputs; neighbours share the rows.
#include "shared.h"
#include "weights.glsl"
#include "product.glsl"
layout(local_size_x_id = 0) in;
layout(constant_id = 4) const uint kOutputs = 8;

void main() {
  const uint firstOutput = gl_GlobalInvocationID.x * kOutputs;
  const Tile tile = tileOf(gl_WorkGroupID.y);
  if (firstOutput >= p.outputs || tile.count == 0) return;

  // Rows and outputs past the end repeat the last one and are not stored.
  uint xAt[8], wAt[8];
  const uint base = (tile.expert - p.firstExpert) * p.outputs;
  [[unroll]] for (uint i = 0; i < kRows; ++i) xAt[i] = inputOf(tile.first + min(i, tile.count - 1));
  [[unroll]] for (uint o = 0; o < kOutputs; ++o) wAt[o] = (base + min(firstOutput + o, p.outputs - 1)) * p.steps;

  float sum[8][8];
  [[unroll]] for (uint i = 0; i < kRows; ++i) {
    [[unroll]] for (uint o = 0; o < kOutputs; ++o) sum[i][o] = 0;
  }
  for (uint k = 0; k < p.steps; ++k) {
    vec4 w[8];
    [[unroll]] for (uint o = 0; o < kOutputs; ++o) w[o] = weightStep(wAt[o] + k);
    [[unroll]] for (uint i = 0; i < kRows; ++i) {
      const vec4 a = x[xAt[i] + k];
      [[unroll]] for (uint o = 0; o < kOutputs; ++o) {
        sum[i][o] = fma(a.w, w[o].w, fma(a.z, w[o].z, fma(a.y, w[o].y, fma(a.x, w[o].x, sum[i][o]))));
      }
    }
  }
  [[unroll]] for (uint i = 0; i < kRows; ++i) {
    if (i < tile.count) {
      [[unroll]] for (uint o = 0; o < kOutputs; ++o) {
        if (firstOutput + o < p.outputs) store(tile.first + i, tile.expert, firstOutput + o, sum[i][o]);
      }
    }
  }
}
