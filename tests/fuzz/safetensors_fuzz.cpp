// Any bytes as a safetensors file: what the reader accepts must lie inside the data, in order and without gaps.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "core/model/safetensors.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 8) return 0;
  uint64_t length = 0;
  std::memcpy(&length, data, 8);
  length = std::min<uint64_t>(length, size - 8);
  const std::string_view header(reinterpret_cast<const char*>(data) + 8, length);
  const uint64_t dataBytes = size - 8 - length;
  const auto entries = core::parseSafetensorsHeader(header, dataBytes, "fuzz");
  if (!entries) {
    require(!entries.error().message.empty() && entries.error().message.size() < 1000);
    return 0;
  }
  uint64_t total = 0;
  for (size_t i = 0; i < entries->size(); ++i) {
    const core::SafetensorsEntry& entry = (*entries)[i];
    require(entry.begin <= entry.end && entry.end <= dataBytes);
    require(i == 0 || (*entries)[i - 1].name < entry.name);
    for (int64_t dimension : entry.shape) require(dimension >= 0);
    require(!core::typeName(entry).empty() && !core::shapeText(entry.shape).empty());
    total += entry.end - entry.begin;
  }
  require(total == dataBytes);
  return 0;
}
