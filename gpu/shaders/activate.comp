#version 450
#extension GL_GOOGLE_include_directive : require
// y = activation(gate, up); see core::Activation for the four forms.
#include "shared.h"
layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) readonly buffer Gate { float gate[]; };  // (rows, gateStride)
layout(set = 0, binding = 1) readonly buffer Up { float up[]; };      // (rows, upStride)
layout(set = 0, binding = 2) writeonly buffer Y { float y[]; };       // (rows, yStride)
layout(push_constant) uniform Push { ActivateParams p; };

float silu(float v) { return v / (1 + exp(-v)); }

// 0.5 v (1 + tanh u), with tanh u = 1 - 2 / (1 + exp 2u)
float geluTanh(float v) {
  const float u = 0.7978845608028654 * (v + 0.044715 * v * v * v);
  return v * (1 - 1 / (1 + exp(2 * u)));
}

void main() {
  const uint h = gl_GlobalInvocationID.x, row = gl_WorkGroupID.y;
  if (h >= p.yStride || row >= p.rows) return;
  float value = 0;
  if (h < p.width) {
    const float g = gate[row * p.gateStride + h], u = up[row * p.upStride + h];
    switch (p.activation) {
      case 0: value = silu(g) * u; break;
      case 1: value = geluTanh(g) * u; break;
      case 2: value = g * silu(gate[row * p.gateStride + p.width + h]) * u; break;
      case 3: {
        const float low = min(g, 7);
        value = low / (1 + exp(-1.702 * low)) * (clamp(u, -7.0, 7.0) + 1);
        break;
      }
    }
  }
  y[row * p.yStride + h] = value;
}
