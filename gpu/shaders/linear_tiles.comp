#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
// y = x W^T + b in tiles of kRows rows by 64 outputs that a workgroup keeps in shared memory: for real GPUs. Every
// invocation computes 4 x 4 of them, so a workgroup has kRows * 4 invocations (kRows 16 or 64).
#include "shared.h"
#include "weights.glsl"
#include "product.glsl"
layout(local_size_x_id = 0) in;

const uint kOutputs = 64;  // of a tile
const uint kSteps = 4;     // groups of four inputs in shared memory at a time
shared float xTile[kSteps * 4][64];  // (input, row)
shared float wTile[kSteps * 4][64];  // (input, output)

void main() {
  const uint firstOutput = gl_WorkGroupID.x * kOutputs;
  const Tile tile = tileOf(gl_WorkGroupID.y);
  if (firstOutput >= p.outputs || tile.count == 0) return;  // the same for the whole workgroup

  const uint lane = gl_LocalInvocationIndex;
  const uint lanes = kRows * 4;
  const uint column = (lane % 16) * 4;
  const uint row = (lane / 16) * 4;
  const uint base = (tile.expert - p.firstExpert) * p.outputs;
  float sum[4][4] = {{0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}};
  for (uint k = 0; k < p.steps; k += kSteps) {
    for (uint i = lane; i < kRows * kSteps; i += lanes) {
      const uint r = i / kSteps, step = i % kSteps;
      const bool inside = k + step < p.steps && r < tile.count;
      const vec4 a = inside ? x[inputOf(tile.first + r) + k + step] : vec4(0);
      [[unroll]] for (uint c = 0; c < 4; ++c) xTile[step * 4 + c][r] = a[c];
    }
    for (uint i = lane; i < kOutputs * kSteps; i += lanes) {
      const uint o = i / kSteps, step = i % kSteps;
      const bool inside = k + step < p.steps && firstOutput + o < p.outputs;
      const vec4 w = inside ? weightStep((base + firstOutput + o) * p.steps + k + step) : vec4(0);
      [[unroll]] for (uint c = 0; c < 4; ++c) wTile[step * 4 + c][o] = w[c];
    }
    barrier();
    [[unroll]] for (uint c = 0; c < kSteps * 4; ++c) {
      [[unroll]] for (uint i = 0; i < 4; ++i) {
        [[unroll]] for (uint o = 0; o < 4; ++o) sum[i][o] = fma(xTile[c][row + i], wTile[c][column + o], sum[i][o]);
      }
    }
    barrier();
  }
  for (uint i = 0; i < 4; ++i) {
    for (uint o = 0; o < 4; ++o) {
      if (row + i < tile.count && firstOutput + column + o < p.outputs) {
        store(tile.first + row + i, tile.expert, firstOutput + column + o, sum[i][o]);
      }
    }
  }
}
