#version 450
#extension GL_GOOGLE_include_directive : require
// Where each expert's kept choices begin in `rows`, and the tiles of the grouped products: every expert's rows cut into
// tiles of tileRows. One workgroup; each invocation takes a share of consecutive experts, after a prefix sum.
#include "shared.h"
layout(local_size_x_id = 0) in;
layout(constant_id = 0) const uint kLanes = 64;  // at most 64
layout(set = 0, binding = 0) readonly buffer Asked { uint asked[]; };     // (E)
layout(set = 0, binding = 1) writeonly buffer Begin { uint begins[]; };   // (E)
layout(set = 0, binding = 2) writeonly buffer Tiles { uvec4 tiles[]; };   // (tiles) expert, first place, places
layout(push_constant) uniform Push { DispatchParams p; };
shared uint rowCounts[64];
shared uint tileCounts[64];

uint rowsOf(uint expert) { return min(asked[expert], p.capacity); }
uint tilesOf(uint expert) { return (rowsOf(expert) + p.tileRows - 1) / p.tileRows; }

void main() {
  if (gl_WorkGroupID.x > 0) return;
  const uint lane = gl_LocalInvocationIndex;
  const uint share = (p.experts + kLanes - 1) / kLanes;
  const uint from = min(lane * share, p.experts), to = min(from + share, p.experts);
  uint rows = 0, count = 0;
  for (uint e = from; e < to; ++e) {
    rows += rowsOf(e);
    count += tilesOf(e);
  }
  rowCounts[lane] = rows;
  tileCounts[lane] = count;
  barrier();
  uint row = 0, tile = 0, allTiles = 0;
  for (uint i = 0; i < kLanes; ++i) {
    if (i < lane) {
      row += rowCounts[i];
      tile += tileCounts[i];
    }
    allTiles += tileCounts[i];
  }
  for (uint e = from; e < to; ++e) {
    begins[e] = row;
    for (uint done = 0; done < rowsOf(e); done += p.tileRows) {
      tiles[tile] = uvec4(e, row + done, min(p.tileRows, rowsOf(e) - done), 0);
      ++tile;
    }
    row += rowsOf(e);
  }
  for (uint i = allTiles + lane; i < p.tiles; i += kLanes) tiles[i] = uvec4(0);
}
