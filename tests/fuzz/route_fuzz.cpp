// Routing specifications (core/routing/spec.h): any JSON document comes back answered, or with an error.
#include <cstdint>
#include <string_view>

#include "core/base/json.h"
#include "core/routing/spec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto spec =
      core::parseJson({reinterpret_cast<const char*>(data), size}, "spec", {.depth = 32, .bytes = size_t{8} << 20});
  if (spec) (void)core::routeSpec(*spec);
  return 0;
}
