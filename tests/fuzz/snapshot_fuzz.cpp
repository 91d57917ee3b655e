// Snapshots as JSON, and the headers of NPY arrays.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/check.h"
#include "core/snapshot/read_snapshot.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto header = core::parseNpyHeader(bytes, "fuzz")) CHECK(header->dataBegin <= size, "data past the end");
  if (const auto trace = core::parseTraceJson(bytes, "fuzz")) {
    // What was read can be written.
    const auto written = core::writeTraceJson(*trace, {}, [](std::string_view) { return core::Status(); });
    CHECK(written.has_value(), "a trace that was read cannot be written");
  }
  return 0;
}
