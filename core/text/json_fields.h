// Reading the members of a parsed JSON object with checked kinds. `place` is where the object stands in the file, as in
// `normalizer.normalizers[1]`.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace core {

// The member, or nullptr where it is absent or null. `object` must be an object.
const nlohmann::json* jsonMember(const nlohmann::json& object, const char* name);

Result<std::string> requireText(const nlohmann::json& object, const char* name, std::string_view place);
Result<std::optional<std::string>> optionalText(const nlohmann::json& object, const char* name, std::string_view place);
Result<bool> optionalBool(const nlohmann::json& object, const char* name, bool otherwise, std::string_view place);
// A whole number from `least` to 2^31 - 1.
Result<int32_t> requireInt(const nlohmann::json& object, const char* name, int32_t least, std::string_view place);
// The elements of an array of objects. Errors: absent, not an array, an element that is not an object.
Result<const nlohmann::json::array_t*> requireObjects(const nlohmann::json& object, const char* name,
                                                      std::string_view place);

}  // namespace core
