// JSON from untrusted text. The parser works event by event with a depth limit, refuses duplicate keys, invalid UTF-8,
// NaN and infinities, and stops when the document would need more memory than its budget. Nothing throws.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/base/result.h"

namespace core {

struct JsonLimits {
  int depth = 64;                    // nested arrays and objects
  size_t bytes = size_t{32} << 20;   // memory of the parsed document, an estimate from above
};

// `place` names the file in messages. Errors: not JSON, too deep, too large, duplicate key.
Result<nlohmann::json> parseJson(std::string_view text, std::string_view place, const JsonLimits& limits = {});

}  // namespace core
