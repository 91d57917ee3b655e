#version 450
#extension GL_GOOGLE_include_directive : require
// y[t] = table[ids[t]] * scale, for the ids whose rows lie in this slice of the table.
#include "shared.h"
#include "weights.glsl"
layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) readonly buffer Ids { uint ids[]; };  // (T)
layout(set = 0, binding = 2) writeonly buffer Y { vec4 y[]; };     // (T, steps)
layout(push_constant) uniform Push { EmbedParams p; };

void main() {
  const uint step = gl_GlobalInvocationID.x, t = gl_WorkGroupID.y;
  if (step >= p.steps || t >= p.tokens) return;
  const uint id = ids[t];
  if (id < p.firstRow || id >= p.firstRow + p.rows) return;
  y[t * p.steps + step] = weightStep((id - p.firstRow) * p.steps + step) * p.scale;
}
