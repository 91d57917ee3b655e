// AVX2 with FMA and F16C (x86-64-v3): 16 registers of 8 floats, 6 rows x 2 vectors of sums.
#include <immintrin.h>

#include "core/engine/kernels/kernels.h"

#define ISA_NAME "avx2"
#define ISA_FUNCTION avx2
#define ISA_FEW 25
#define ISA_ROWS 6

namespace {
constexpr int kLanes = 8;
typedef float Wide __attribute__((vector_size(32)));
typedef signed char Bytes16 __attribute__((vector_size(16)));

inline Wide widenHalf(const unsigned char* p) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
inline Wide widenBf16(const unsigned char* p) {
  const __m256i bits = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  return _mm256_castsi256_ps(_mm256_slli_epi32(bits, 16));
}

inline void widenBytes(Bytes16 bytes, Wide* to) {
  const auto all = reinterpret_cast<__m128i>(bytes);
  to[0] = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(all));
  to[1] = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(all, 8)));
}
inline float halfAt(const unsigned char* p) { return _cvtsh_ss(static_cast<unsigned short>(p[0] | p[1] << 8)); }
}  // namespace

#include "core/engine/kernels/kernels.inl"
