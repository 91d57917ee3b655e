// The table of compute kernels, generated from shaders/*.comp. A kernel is named like the CPU function it does the work
// of: linear (three variants), embed, norm, rope, attention (three steps), softmaxRows, topK, ...
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace gpu {

struct Kernel {
  const char* name;
  const uint32_t* spirv;
  size_t spirvBytes;
  uint32_t paramsBytes;  // of its push constants
};

std::span<const Kernel> kernels();

// The place of a kernel in the table; a name that is not there is a bug.
size_t kernelIndex(std::string_view name);

// Storage buffers the kernel binds, 0 .. n - 1 of set 0, read from its SPIR-V.
uint32_t bindingsOf(const Kernel& kernel);

}  // namespace gpu
