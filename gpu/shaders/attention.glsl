// What the attention kernels share. Query i of the block stands at position `first + firstQuery + i` and sees itself and
// the window - 1 positions before it, or all of them, but none of an earlier chunk.
layout(push_constant) uniform Push { AttentionParams p; };

uint positionOf(uint first, uint i) { return first + p.firstQuery + i; }
uint keyHeadOf(uint a) { return p.tiled != 0 ? a % p.keyHeads : a / p.group; }
uint beginOf(uint position) {
  const uint window = p.window > 0 && position + 1 > p.window ? position + 1 - p.window : 0;
  return p.chunk > 0 ? max(window, position / p.chunk * p.chunk) : window;
}
