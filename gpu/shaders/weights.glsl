// A weight matrix at binding 1: f32, two 16-bit values a word, or one of the packed block formats (weight_format.h).
layout(constant_id = 1) const uint kType = 0;
layout(set = 0, binding = 1) readonly buffer Weights32 { uvec4 weights32[]; };
layout(set = 0, binding = 1) readonly buffer Weights16 { uvec2 weights16[]; };
layout(set = 0, binding = 1) readonly buffer WeightWords { uint weightWords[]; };

vec4 bytesOf(uint word) { return vec4(word & 255u, word >> 8 & 255u, word >> 16 & 255u, word >> 24); }
vec4 signedBytesOf(uint word) {
  const int w = int(word);
  return vec4(w << 24 >> 24, w << 16 >> 24, w << 8 >> 24, w >> 24);
}
uint byteOf(uint word, uint at) { return word >> 8 * at & 255u; }

// The values 0 .5 1 1.5 2 3 4 6 doubled, of four codes: sign, two bits of exponent, one of mantissa. Read as the upper
// bits of a float whose exponent is moved, all but the two smallest are themselves; those lack their hidden one.
vec4 e2m1Doubled(uint codes) {
  const uvec4 code = uvec4(codes, codes >> 8, codes >> 16, codes >> 24);
  const uvec4 m = code & 7u;
  const vec4 v = uintBitsToFloat((m << 22) + 0x3f800000u);
  return uintBitsToFloat(floatBitsToUint(mix(v, 2 * v - 2, lessThan(m, uvec4(2)))) | (code & 8u) << 28);
}

// Blocks of 32 with one scale: elements 4 s .. 4 s + 3 of the block that begins at word `at`.
vec4 stepOf32(uint at, uint s) {
  const float scale = uintBitsToFloat(weightWords[at]);
  if (kType == kTypeQ80) return scale * signedBytesOf(weightWords[at + 1 + s]);
  const uint nibbles = weightWords[at + 1 + s % 4] >> 4 * (s / 4) & 0x0f0f0f0fu;
  if (kType == kTypeQ40) return scale * (bytesOf(nibbles) - 8);
  return scale * e2m1Doubled(nibbles);
}

// Q4_K and Q5_K; group g of 32 elements.
vec4 stepWithMinimum(uint at, uint s) {
  const uint g = s / 8;
  const vec2 d = unpackHalf2x16(weightWords[at]);
  const float scale = d.x * float(byteOf(weightWords[at + 1 + g / 4], g % 4));
  const float minimum = d.y * float(byteOf(weightWords[at + 3 + g / 4], g % 4));
  uint q = weightWords[at + 5 + 8 * (g / 2) + s % 8] >> 4 * (g % 2) & 0x0f0f0f0fu;
  if (kType == kTypeQ5K) q |= (weightWords[at + 37 + s % 8] >> g & 0x01010101u) << 4;
  return scale * bytesOf(q) - minimum;
}

vec4 stepOfQ6K(uint at, uint s) {
  const uint g = s / 8;
  const uint scales = weightWords[at + 1 + s / 16];
  const float scale = uintBitsToFloat(weightWords[at]) * float(int(scales << 24 - 8 * (s / 4 % 4)) >> 24);
  const uint low = weightWords[at + 5 + 16 * (g / 4) + 8 * (g % 2) + s % 8] >> 4 * (g % 4 / 2) & 0x0f0f0f0fu;
  const uint high = weightWords[at + 37 + 8 * (g / 4) + s % 8] >> 2 * (g % 4) & 0x03030303u;
  return scale * (bytesOf(low | high << 4) - 32);
}

// Elements 4 i .. 4 i + 3, counted over all rows.
vec4 weightStep(uint i) {
  if (kType == kTypeF32) return uintBitsToFloat(weights32[i]);
  if (kType == kTypeQ80) return stepOf32(i / 8 * 9, i % 8);
  if (kType == kTypeQ40 || kType == kTypeMxfp4) return stepOf32(i / 8 * 5, i % 8);
  if (kType == kTypeQ4K) return stepWithMinimum(i / 64 * 37, i % 64);
  if (kType == kTypeQ5K) return stepWithMinimum(i / 64 * 45, i % 64);
  if (kType == kTypeQ6K) return stepOfQ6K(i / 64 * 53, i % 64);
  const uvec2 packed = weights16[i];
  if (kType == kTypeF16) return vec4(unpackHalf2x16(packed.x), unpackHalf2x16(packed.y));
  return uintBitsToFloat(uvec4(packed.x << 16, packed.x & 0xffff0000u, packed.y << 16, packed.y & 0xffff0000u));
}
