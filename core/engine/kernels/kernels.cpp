#include "core/engine/kernels/kernels.h"

#include <cpuid.h>

#include <cstdlib>
#include <cstring>

namespace core::kernels {

// Room for the largest instruction set: a packed panel of 1024 x 32 with its edge and the dequantised rows it is made of,
// or one head's attention.
int64_t scratchFloats(int, int valueDim) {
  constexpr int64_t kWidestPanel = 32, kDeepest = 1024, kKeys = 256, kMostRows = 12;
  const int64_t padded = (valueDim + kWidestPanel - 1) / kWidestPanel * kWidestPanel;
  constexpr int64_t kDequantised = 256 * kWidestPanel;
  const int64_t panel = kDeepest * kWidestPanel + kMostRows * kWidestPanel + kDequantised;
  return panel + kAttentionRows * kKeys + kAttentionRows * padded + kKeys * padded;
}

namespace {

bool convertsHalves() {  // F16C: leaf 1, ECX bit 29
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) && (c >> 29 & 1u);
}

}  // namespace

const Table& best() {
  const char* wanted = std::getenv("EXPERTSCOPE_ISA");
  const auto allowed = [&](const char* name) {
    if (!wanted || std::strcmp(wanted, name) == 0) return true;
    return std::strcmp(wanted, "avx512") == 0;  // anything this processor has
  };
  const bool v4 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512cd");
  const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2") &&
                  convertsHalves();
  if (v4 && v3 && allowed("avx512")) return avx512();
  if (v3 && allowed("avx2")) return avx2();
  return sse2();
}

}  // namespace core::kernels
