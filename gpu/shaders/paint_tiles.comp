#version 450
#extension GL_GOOGLE_include_directive : require
// A picture from a list of rectangles, glyphs and triangles: a workgroup paints a tile of 32 x 16 pixels, each invocation
// one column of it, and goes through the items that touch the tile in their order. The arithmetic is that of the painter
// on the processor, so the pixels are too; only slanted edges may differ by a rounding.
#include "shared.h"
layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) readonly buffer Items { uint items[]; };    // kPaintItemWords each
layout(set = 0, binding = 1) readonly buffer Begins { uint begins[]; };  // (tiles + 1) into `which`
layout(set = 0, binding = 2) readonly buffer Which { uint which[]; };    // numbers of items, tile by tile
layout(set = 0, binding = 3) readonly buffer Atlas { uint atlas[]; };    // (atlasRows, atlasWidth) RGBA, red lowest
layout(set = 0, binding = 4) buffer Image { uint image[]; };             // (height, width) 0xAARRGGBB
layout(push_constant) uniform Push { PaintParams p; };

uint div255(uint v) { return (v + 128 + ((v + 128) >> 8)) >> 8; }

uint blend(uint dst, uint src, uint a) {
  const uint inverse = 255 - a;
  uint rb = (dst & 0xFF00FFu) * inverse + (src & 0xFF00FFu) * a + 0x800080u;
  rb = ((rb + ((rb >> 8) & 0xFF00FFu)) >> 8) & 0xFF00FFu;
  uint g = ((dst >> 8) & 0xFFu) * inverse + ((src >> 8) & 0xFFu) * a + 0x80u;
  g = (g + (g >> 8)) >> 8;
  return 0xFF000000u | rb | (g << 8);
}

vec2 corner(uint at, uint i) { return vec2(uintBitsToFloat(items[at + 6 + 2 * i]), uintBitsToFloat(items[at + 7 + 2 * i])); }

// Coverage of a pixel's centre by a triangle as alpha; negative: outside.
float triangleAlpha(uint at, vec2 centre) {
  const vec2 v[3] = vec2[3](corner(at, 0), corner(at, 1), corner(at, 2));
  const uint alphas = items[at + 1];
  float sum = 0;
  for (uint i = 0; i < 3; ++i) {
    const vec2 a = v[(i + 1) % 3], d = v[(i + 2) % 3] - a;
    const float w = d.x * (centre.y - a.y) - d.y * (centre.x - a.x);
    const bool owns = d.y > 0 || (d.y == 0 && d.x < 0);
    if (w < 0 || (w == 0 && !owns)) return -1;
    sum += w * float((alphas >> (8 * i)) & 0xFFu);
  }
  const float area = (v[1].x - v[0].x) * (v[2].y - v[0].y) - (v[2].x - v[0].x) * (v[1].y - v[0].y);
  return sum / area;
}

uint painted(uint pixel, uint at, uint x, uint y) {
  const uint colour = items[at];
  const uint low = items[at + 2], high = items[at + 3];
  const uint x0 = low & 0xFFFFu, y0 = low >> 16;
  if (x < x0 || y < y0 || x >= (high & 0xFFFFu) || y >= (high >> 16)) return pixel;
  const uint kind = items[at + 1] >> 24, alpha = items[at + 1] & 0xFFu;
  if (kind == kPaintSolid) return alpha == 255 ? colour : blend(pixel, colour, alpha);
  if (kind == kPaintPicture) {
    const uint u = items[at + 4] + x - x0, v = items[at + 5] + y - y0;
    if (v >= p.atlasRows) return pixel;
    const uint texel = atlas[v * p.atlasWidth + u];
    const uint own = texel >> 24;
    if (own == 0) return pixel;
    const bool white = (colour & 0xFFFFFFu) == 0xFFFFFFu;
    const uint source = white ? ((texel & 0xFFu) << 16) | (texel & 0xFF00u) | ((texel >> 16) & 0xFFu) : colour;
    return blend(pixel, source, alpha == 255 ? own : div255(own * alpha));
  }
  const float a = triangleAlpha(at, vec2(float(x) + 0.5, float(y) + 0.5));
  return a < 0 ? pixel : blend(pixel, colour, uint(clamp(a + 0.5, 0.0, 255.0)));
}

void main() {
  const uint tile = gl_WorkGroupID.y * p.tilesAcross + gl_WorkGroupID.x;
  const uint x = gl_WorkGroupID.x * kPaintTileWidth + gl_LocalInvocationID.x;
  if (gl_LocalInvocationID.x >= kPaintTileWidth || x >= p.width) return;
  for (uint row = 0; row < kPaintTileHeight; ++row) {
    const uint y = gl_WorkGroupID.y * kPaintTileHeight + row;
    if (y >= p.height) return;
    uint pixel = p.background;
    for (uint i = begins[tile]; i < begins[tile + 1]; ++i) pixel = painted(pixel, which[i] * kPaintItemWords, x, y);
    image[y * p.width + x] = pixel;
  }
}
