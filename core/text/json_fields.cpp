#include "core/text/json_fields.h"

#include <cstdint>
#include <limits>

namespace core {

using Json = nlohmann::json;

const Json* jsonMember(const Json& object, const char* name) {
  const auto at = object.find(name);
  return at == object.end() || at->is_null() ? nullptr : &*at;
}

Result<std::string> requireText(const Json& object, const char* name, std::string_view place) {
  const Json* member = jsonMember(object, name);
  if (member == nullptr) return fail("{}.{}: expected a string, found nothing", place, name);
  if (!member->is_string()) return fail("{}.{}: expected a string, found {}", place, name, member->type_name());
  return member->get_ref<const std::string&>();
}

Result<std::optional<std::string>> optionalText(const Json& object, const char* name, std::string_view place) {
  if (jsonMember(object, name) == nullptr) return std::optional<std::string>();
  TRY_ASSIGN(std::string text, requireText(object, name, place));
  return std::optional(std::move(text));
}

Result<bool> optionalBool(const Json& object, const char* name, bool otherwise, std::string_view place) {
  const Json* member = jsonMember(object, name);
  if (member == nullptr) return otherwise;
  if (!member->is_boolean()) return fail("{}.{}: expected true or false, found {}", place, name, member->type_name());
  return member->get<bool>();
}

Result<int32_t> requireInt(const Json& object, const char* name, int32_t least, std::string_view place) {
  const Json* member = jsonMember(object, name);
  if (member == nullptr) return fail("{}.{}: expected a whole number, found nothing", place, name);
  if (!member->is_number_integer()) {
    return fail("{}.{}: expected a whole number, found {}", place, name, member->type_name());
  }
  const bool tooLarge = member->is_number_unsigned() &&
                        member->get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int32_t>::max());
  if (tooLarge || (!member->is_number_unsigned() && member->get<int64_t>() < least) ||
      (member->is_number_unsigned() && least > 0 && member->get<uint64_t>() < static_cast<uint64_t>(least))) {
    return fail("{}.{}: expected a number from {} to {}, found {}", place, name, least,
                std::numeric_limits<int32_t>::max(), member->dump());
  }
  return static_cast<int32_t>(member->get<int64_t>());
}

Result<const Json::array_t*> requireObjects(const Json& object, const char* name, std::string_view place) {
  const Json* member = jsonMember(object, name);
  if (member == nullptr || !member->is_array()) {
    return fail("{}.{}: expected an array, found {}", place, name, member == nullptr ? "nothing" : member->type_name());
  }
  const auto& elements = member->get_ref<const Json::array_t&>();
  for (size_t i = 0; i < elements.size(); ++i) {
    if (!elements[i].is_object()) {
      return fail("{}.{}[{}]: expected an object, found {}", place, name, i, elements[i].type_name());
    }
  }
  return &elements;
}

}  // namespace core
