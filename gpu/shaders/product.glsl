// What the product kernels share: bindings, and which rows a workgroup works on.
//
// Without groups (kGrouped 0) a tile is kRows consecutive rows of x. With groups the tile table, made on the device from
// the router's choices, gives each tile an expert and a range of places in `rows`; a place holds the choice t * K + j.
layout(constant_id = 2) const uint kRows = 8;
layout(constant_id = 3) const uint kGrouped = 0;
layout(set = 0, binding = 0) readonly buffer X { vec4 x[]; };               // (rows, xSteps)
layout(set = 0, binding = 2) writeonly buffer Y { float y[]; };             // (rows, yStride)
layout(set = 0, binding = 3) readonly buffer Bias { float bias[]; };        // (experts, allOutputs)
layout(set = 0, binding = 4) readonly buffer Tiles { uvec4 tiles[]; };      // (tiles) expert, first place, places
layout(set = 0, binding = 5) readonly buffer Rows { uint rows[]; };         // (T * K)
layout(set = 0, binding = 6) readonly buffer Applied { float applied[]; };  // (T, K)
layout(push_constant) uniform Push { ProductParams p; };

struct Tile {
  uint expert;
  uint first;
  uint count;  // 0: nothing to do
};

Tile tileOf(uint index) {
  if (kGrouped == 0) {
    const uint first = index * kRows;
    return Tile(p.firstExpert, first, first < p.rows ? min(kRows, p.rows - first) : 0);
  }
  const uvec4 entry = tiles[index];
  const bool mine = entry.x >= p.firstExpert && entry.x < p.firstExpert + p.experts;
  return Tile(entry.x, entry.y, mine ? entry.z : 0);
}

// Where row `place` of x begins, in steps.
uint inputOf(uint place) { return ((p.flags & kProductGather) != 0 ? rows[place] / p.chosen : place) * p.xSteps; }

void store(uint place, uint expert, uint o, float sum) {
  if ((p.flags & kProductWeighIn) != 0) sum *= applied[rows[place]];
  if ((p.flags & kProductBias) != 0) sum += bias[expert * p.allOutputs + p.firstOutput + o];
  sum *= p.scale;
  if ((p.flags & kProductWeighOut) != 0) sum *= applied[rows[place]];
  const uint row = (p.flags & kProductScatter) != 0 ? rows[place] : place;
  y[row * p.yStride + p.firstOutput + o] = sum;
}
