// JSON from untrusted text. The parser works event by event with a depth limit, refuses duplicate keys, invalid UTF-8,
// NaN and infinities, and stops when the document would need more memory than its budget. Nothing throws.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace core {

struct JsonLimits {
  int depth = 64;                   // nested arrays and objects
  size_t bytes = size_t{32} << 20;  // memory of the parsed document, an estimate from above
};

// Takes large members of a document as parser events, so that no document of them is built. An event that returns false
// ends the parsing with `error`. Events: null, boolean, number_*, string, start_/end_object, key, start_/end_array.
class JsonTap : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::string error;
  // Asked at every member, with the keys that lead to it from the root ("" for an array). True: the events of its value
  // come here, and the document holds null in its place.
  virtual bool wants(const std::vector<std::string>& path) = 0;

  bool binary(binary_t&) final { return false; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) final { return false; }
};

// The parser keeps a token whole, several times over where it goes wrong, and spells out every line break and tab
// before it. Error: a text, number or word of more than 4 MiB, or more than 65,536 line breaks and tabs in a row.
Status checkJsonTokens(std::string_view text, std::string_view place);

// `place` names the file in messages. Errors: not JSON, too deep, too large, duplicate key, the tap's.
Result<nlohmann::json> parseJson(std::string_view text, std::string_view place, const JsonLimits& limits = {},
                                 JsonTap* tap = nullptr);

}  // namespace core
