// SSE2, what every x86-64 processor has: 16 registers of 4 floats, 6 rows x 2 vectors of sums. Halves are widened by
// moving the exponent with a multiplication, exact for subnormal halves too.
#include <emmintrin.h>

#include "core/engine/kernels/kernels.h"

#define ISA_NAME "sse2"
#define ISA_FUNCTION sse2
#define ISA_FEW 1000
#define ISA_ROWS 6

namespace {
constexpr int kLanes = 4;
typedef float Wide __attribute__((vector_size(16)));
typedef signed char Bytes16 __attribute__((vector_size(16)));

inline __m128i loadWords(const unsigned char* p) {
  return _mm_unpacklo_epi16(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)), _mm_setzero_si128());
}

inline Wide widenHalf(const unsigned char* p) {
  const __m128i bits = loadWords(p);
  const __m128i rest = _mm_and_si128(bits, _mm_set1_epi32(0x7fff));
  const __m128i sign = _mm_slli_epi32(_mm_and_si128(bits, _mm_set1_epi32(0x8000)), 16);
  const __m128i moved = _mm_slli_epi32(rest, 13);
  const __m128 finite = _mm_mul_ps(_mm_castsi128_ps(moved), _mm_set1_ps(0x1p112f));
  const __m128i special = _mm_cmpgt_epi32(rest, _mm_set1_epi32(0x7bff));
  const __m128i infinite = _mm_or_si128(moved, _mm_set1_epi32(0x7f800000));
  const __m128i magnitude =
      _mm_or_si128(_mm_and_si128(special, infinite), _mm_andnot_si128(special, _mm_castps_si128(finite)));
  return _mm_castsi128_ps(_mm_or_si128(magnitude, sign));
}
inline Wide widenBf16(const unsigned char* p) { return _mm_castsi128_ps(_mm_slli_epi32(loadWords(p), 16)); }

inline void widenBytes(Bytes16 bytes, Wide* to) {
  const auto all = reinterpret_cast<__m128i>(bytes);
  const __m128i words[] = {_mm_srai_epi16(_mm_unpacklo_epi8(all, all), 8), _mm_srai_epi16(_mm_unpackhi_epi8(all, all), 8)};
  for (int i = 0; i < 2; ++i) {
    to[2 * i] = _mm_cvtepi32_ps(_mm_srai_epi32(_mm_unpacklo_epi16(words[i], words[i]), 16));
    to[2 * i + 1] = _mm_cvtepi32_ps(_mm_srai_epi32(_mm_unpackhi_epi16(words[i], words[i]), 16));
  }
}
inline float halfAt(const unsigned char* p) {
  const unsigned char padded[8] = {p[0], p[1]};
  return widenHalf(padded)[0];
}
}  // namespace

#include "core/engine/kernels/kernels.inl"
