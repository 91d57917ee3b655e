#include "core/base/uniform.h"

#include <cmath>
#include <numbers>

namespace core {
namespace {

uint64_t mixed(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace

double uniformAt(uint64_t seed, uint64_t stream, uint64_t counter) {
  return static_cast<double>(mixed(mixed(mixed(seed) ^ stream) ^ counter) >> 11) * 0x1p-53;
}

double openUniformAt(uint64_t seed, uint64_t stream, uint64_t counter) {
  return uniformAt(seed, stream, counter) + 0x1p-54;
}

double normalAt(uint64_t seed, uint64_t stream, uint64_t counter) {
  const double radius = std::sqrt(-2 * std::log(openUniformAt(seed, stream, 2 * counter)));
  return radius * std::cos(2 * std::numbers::pi * uniformAt(seed, stream, 2 * counter + 1));
}

}  // namespace core
