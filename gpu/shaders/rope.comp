#version 450
#extension GL_GOOGLE_include_directive : require
// Rotates the 2 * pairs features of each head behind `offset` and lays the heads out with padding, into the cache or a
// buffer of queries. pairs 0 copies (values, and layers without rotation, whose queries may grow with the position).
#include "shared.h"
layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) readonly buffer X { float x[]; };         // (T, xStride), heads of P
layout(set = 0, binding = 1) readonly buffer Cos { float cosines[]; };  // (T, pairs)
layout(set = 0, binding = 2) readonly buffer Sin { float sines[]; };    // (T, pairs)
layout(set = 0, binding = 3) writeonly buffer Y { float y[]; };        // (rows, heads, paddedDim)
layout(set = 0, binding = 4) readonly buffer Step { uint first; };     // position of token 0
layout(push_constant) uniform Push { RopeParams p; };

void main() {
  const uint feature = gl_GlobalInvocationID.x, t = gl_WorkGroupID.y;
  if (feature >= p.heads * p.paddedDim || t >= p.tokens) return;
  const uint d = feature % p.paddedDim;
  const uint from = t * p.xStride + feature / p.paddedDim * p.headDim;
  float value = 0;
  if (d >= p.offset && d < p.offset + 2 * p.pairs) {
    const uint r = d - p.offset;  // within what rotates
    const uint i = p.interleaved != 0 ? r / 2 : r % p.pairs;
    const bool second = p.interleaved != 0 ? r % 2 == 1 : r >= p.pairs;
    const uint pair = from + p.offset + (p.interleaved != 0 ? 2 * i : i);
    const float a = x[pair];
    const float b = x[pair + (p.interleaved != 0 ? 1 : p.pairs)];
    const float c = cosines[t * p.pairs + i], s = sines[t * p.pairs + i];
    value = second ? b * c + a * s : a * c - b * s;
  } else if (d < p.headDim) {
    value = x[from + d];
  }
  if (p.temperature > 0) value *= 1 + p.temperature * log(float((first + t + 1) / p.temperatureFloor + 1));
  const uint row = (p.atPosition != 0 ? first : 0) + t;
  y[row * p.heads * p.paddedDim + feature] = value;
}
