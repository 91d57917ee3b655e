// AVX-512 (x86-64-v4): 32 registers of 16 floats, 12 rows x 2 vectors of sums.
#include <immintrin.h>

#include "core/engine/kernels/kernels.h"

#define ISA_NAME "avx512"
#define ISA_FUNCTION avx512
#define ISA_FEW 17
#define ISA_ROWS 12

namespace {
constexpr int kLanes = 16;
typedef float Wide __attribute__((vector_size(64)));
typedef signed char Bytes16 __attribute__((vector_size(16)));

inline Wide widenHalf(const unsigned char* p) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
inline Wide widenBf16(const unsigned char* p) {
  const __m512i bits = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  return _mm512_castsi512_ps(_mm512_slli_epi32(bits, 16));
}

inline void widenBytes(Bytes16 bytes, Wide* to) {
  *to = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(reinterpret_cast<__m128i>(bytes)));
}
inline float halfAt(const unsigned char* p) { return _cvtsh_ss(static_cast<unsigned short>(p[0] | p[1] << 8)); }
}  // namespace

#include "core/engine/kernels/kernels.inl"
