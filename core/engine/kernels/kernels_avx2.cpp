// AVX2 with FMA and F16C (x86-64-v3): 16 registers of 8 floats, 6 rows x 2 vectors of sums.
#include <immintrin.h>

#include "core/engine/kernels/kernels.h"

#define ISA_NAME "avx2"
#define ISA_FUNCTION avx2
#define ISA_ROWS 6

namespace {
constexpr int kLanes = 8;
typedef float Wide __attribute__((vector_size(32)));

inline Wide widenHalf(const unsigned char* p) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
inline Wide widenBf16(const unsigned char* p) {
  const __m256i bits = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  return _mm256_castsi256_ps(_mm256_slli_epi32(bits, 16));
}
}  // namespace

#include "core/engine/kernels/kernels.inl"
