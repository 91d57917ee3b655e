#version 450
#extension GL_GOOGLE_include_directive : require
// Queries, keys and values of a call on their way to attention: rotates the 2 * pairs features of each query and key head
// behind `offset`, and lays the heads out with padding: queries in a buffer of their own, keys and values in the cache,
// from the position of token 0 on. pairs 0 rotates nothing; the queries of such layers may grow with the position.
#include "shared.h"
layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) readonly buffer Q { float q[]; };                // (T, queryStride), A heads of P
layout(set = 0, binding = 1) readonly buffer K { float k[]; };                // (T, keyStride), G heads of P
layout(set = 0, binding = 2) readonly buffer V { float v[]; };                // (T, valueStride), G heads of R
layout(set = 0, binding = 3) readonly buffer Turns { float turns[]; };        // cosines (T, pairs), sines from sinesAt on
layout(set = 0, binding = 4) readonly buffer Step { uint first; };            // position of token 0
layout(set = 0, binding = 5) writeonly buffer Queries { float queries[]; };   // (T, A, padded P)
layout(set = 0, binding = 6) writeonly buffer Keys { float keys[]; };         // (positions, G, padded P)
layout(set = 0, binding = 7) writeonly buffer Values { float values[]; };     // (positions, G, padded R)
layout(push_constant) uniform Push { RopeParams p; };

float given(bool query, uint at) { return query ? q[at] : k[at]; }

// Feature d of the head that begins at `from`.
float turned(bool query, uint t, uint from, uint d) {
  if (d < p.offset || d >= p.offset + 2 * p.pairs) return d < p.headDim ? given(query, from + d) : 0;
  const uint r = d - p.offset;  // within what rotates
  const uint i = p.interleaved != 0 ? r / 2 : r % p.pairs;
  const bool second = p.interleaved != 0 ? r % 2 == 1 : r >= p.pairs;
  const uint pair = from + p.offset + (p.interleaved != 0 ? 2 * i : i);
  const float a = given(query, pair), b = given(query, pair + (p.interleaved != 0 ? 1 : p.pairs));
  const float c = turns[t * p.pairs + i], s = turns[p.sinesAt + t * p.pairs + i];
  return second ? b * c + a * s : a * c - b * s;
}

void main() {
  const uint feature = gl_GlobalInvocationID.x, t = gl_WorkGroupID.y, part = gl_WorkGroupID.z;
  if (t >= p.tokens) return;
  const uint padded = part == 2 ? p.paddedValue : p.paddedDim;
  const uint width = (part == 0 ? p.heads : p.keyHeads) * padded;
  if (feature >= width) return;
  const uint head = feature / padded, d = feature % padded;
  if (part == 0) {
    float value = turned(true, t, t * p.queryStride + head * p.headDim, d);
    if (p.temperature > 0) value *= 1 + p.temperature * log(float((first + t + 1) / p.temperatureFloor + 1));
    queries[t * width + feature] = value;
  } else if (part == 1) {
    keys[(first + t) * width + feature] = turned(false, t, t * p.keyStride + head * p.headDim, d);
  } else {
    values[(first + t) * width + feature] = d < p.valueDim ? v[t * p.valueStride + head * p.valueDim + d] : 0;
  }
}
