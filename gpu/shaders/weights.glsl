// A weight matrix at binding 1 as it lies in the file: f32, or two 16-bit values a word.
layout(constant_id = 1) const uint kType = 0;
layout(set = 0, binding = 1) readonly buffer Weights32 { uvec4 weights32[]; };
layout(set = 0, binding = 1) readonly buffer Weights16 { uvec2 weights16[]; };

// Elements 4 i .. 4 i + 3.
vec4 weightStep(uint i) {
  if (kType == kTypeF32) return uintBitsToFloat(weights32[i]);
  const uvec2 packed = weights16[i];
  if (kType == kTypeF16) return vec4(unpackHalf2x16(packed.x), unpackHalf2x16(packed.y));
  return uintBitsToFloat(uvec4(packed.x << 16, packed.x & 0xffff0000u, packed.y << 16, packed.y & 0xffff0000u));
}
