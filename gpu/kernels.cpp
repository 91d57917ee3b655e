#include "gpu/kernels.h"

#include <algorithm>

#include "core/base/check.h"
#include "gpu/shaders/shared.h"

namespace gpu {
namespace {

#include "kernels.inc"

constexpr uint32_t kOpDecorate = 71;
constexpr uint32_t kDecorationBinding = 33;
constexpr size_t kHeaderWords = 5;
constexpr uint32_t kPushConstantBytes = 128;  // what every device has

}  // namespace

std::span<const Kernel> kernels() {
  static_assert(std::all_of(std::begin(kKernelTable), std::end(kKernelTable),
                            [](const Kernel& k) { return k.paramsBytes <= kPushConstantBytes; }));
  return kKernelTable;
}

size_t kernelIndex(std::string_view name) {
  const auto found = std::find_if(std::begin(kKernelTable), std::end(kKernelTable),
                                  [&](const Kernel& kernel) { return kernel.name == name; });
  CHECK(found != std::end(kKernelTable), "no kernel {}", name);
  return static_cast<size_t>(found - std::begin(kKernelTable));
}

uint32_t bindingsOf(const Kernel& kernel) {
  uint32_t bindings = 0;
  const size_t words = kernel.spirvBytes / 4;
  for (size_t at = kHeaderWords; at < words;) {
    const uint32_t length = kernel.spirv[at] >> 16;
    CHECK(length > 0 && at + length <= words, "{}: instruction at word {} of {}", kernel.name, at, words);
    if ((kernel.spirv[at] & 0xffffu) == kOpDecorate && length == 4 && kernel.spirv[at + 2] == kDecorationBinding) {
      bindings = std::max(bindings, kernel.spirv[at + 3] + 1);
    }
    at += length;
  }
  return bindings;
}

}  // namespace gpu
