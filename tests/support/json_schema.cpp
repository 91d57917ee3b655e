#include "tests/support/json_schema.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "tests/support/support.h"

namespace test {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 14> kKeywords = {
    "$schema", "title",      "description",          "$defs", "$ref",    "type",    "const",
    "enum",    "properties", "additionalProperties", "items", "minimum", "maximum", "required"};

class Checker {
 public:
  explicit Checker(const Json& root) : m_root(root) {}

  void check(const Json& value, const Json& schema, const std::string& place) {
    for (const auto& [key, unused] : schema.items()) {
      if (std::find(kKeywords.begin(), kKeywords.end(), key) == kKeywords.end()) say(place, "unknown keyword " + key);
    }
    if (schema.contains("$ref"))
      return check(value, m_root.at(Json::json_pointer(schema["$ref"].get<std::string>().substr(1))), place);
    if (schema.contains("const") && value != schema["const"]) say(place, "expected " + schema["const"].dump(), value);
    if (schema.contains("enum") &&
        std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end()) {
      say(place, "expected one of " + schema["enum"].dump(), value);
    }
    if (schema.contains("type") && !hasType(value, schema["type"]))
      return say(place, "expected " + schema["type"].dump(), value);
    if (schema.contains("minimum") && value.is_number() && value < schema["minimum"]) {
      say(place, "expected at least " + schema["minimum"].dump(), value);
    }
    if (schema.contains("maximum") && value.is_number() && value > schema["maximum"]) {
      say(place, "expected at most " + schema["maximum"].dump(), value);
    }
    if (value.is_object()) checkObject(value, schema, place);
    if (value.is_array() && schema.contains("items")) {
      for (size_t i = 0; i < value.size(); ++i) check(value[i], schema["items"], place + "/" + std::to_string(i));
    }
  }

  std::string report;

 private:
  void checkObject(const Json& value, const Json& schema, const std::string& place) {
    for (const Json& key : schema.value("required", Json::array())) {
      if (!value.contains(key.get<std::string>())) say(place, "lacks " + key.dump());
    }
    const Json properties = schema.value("properties", Json::object());
    for (const auto& [key, member] : value.items()) {
      if (properties.contains(key)) {
        check(member, properties[key], place + "/" + key);
      } else if (schema.contains("additionalProperties")) {
        check(member, schema["additionalProperties"], place + "/" + key);
      }
    }
  }

  static bool hasType(const Json& value, const Json& type) {
    if (type.is_array()) {
      return std::any_of(type.begin(), type.end(), [&](const Json& each) { return hasType(value, each); });
    }
    const auto name = type.get<std::string>();
    return (name == "object" && value.is_object()) || (name == "array" && value.is_array()) ||
           (name == "string" && value.is_string()) || (name == "boolean" && value.is_boolean()) ||
           (name == "null" && value.is_null()) || (name == "number" && value.is_number()) ||
           (name == "integer" && value.is_number_integer());
  }

  void say(const std::string& place, const std::string& what) {
    if (std::count(report.begin(), report.end(), '\n') < 10)
      report += (place.empty() ? "/" : place) + ": " + what + "\n";
  }
  void say(const std::string& place, const std::string& what, const Json& found) {
    say(place, what + ", found " + found.dump(-1, ' ', true, Json::error_handler_t::replace).substr(0, 60));
  }

  const Json& m_root;
};

}  // namespace

std::string schemaViolations(const Json& document, const Json& schema) {
  Checker checker(schema);
  checker.check(document, schema, "");
  return checker.report;
}

std::string documentViolations(const Json& document, const std::string& name) {
  return schemaViolations(document, Json::parse(readFile(asset("schemas/" + name + ".json"))));
}

}  // namespace test
