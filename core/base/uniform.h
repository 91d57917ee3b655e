// Counter-based random numbers: a number is a pure function of (seed, stream, counter), so noise does not depend on the
// order in which it is asked for, on threads, or on what was drawn before.
#pragma once

#include <cstdint>

namespace core {

// In [0, 1), a multiple of 2^-53.
double uniformAt(uint64_t seed, uint64_t stream, uint64_t counter);

// In (0, 1).
double openUniformAt(uint64_t seed, uint64_t stream, uint64_t counter);

// Standard normal (Box-Muller), reads the counters 2 * counter and 2 * counter + 1.
double normalAt(uint64_t seed, uint64_t stream, uint64_t counter);

// The stream of one token in one layer.
constexpr uint64_t tokenStream(int layer, int token) {
  return static_cast<uint64_t>(static_cast<uint32_t>(layer)) << 32 | static_cast<uint32_t>(token);
}

}  // namespace core
