#include "core/model/config_reader.h"

#include <algorithm>
#include <cmath>

namespace core {
namespace {

using Json = nlohmann::json;

// The value if it is a whole number that fits, also when it is written with a fraction of zero.
std::optional<int64_t> wholeNumber(const Json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<uint64_t>();
    if (number > static_cast<uint64_t>(INT64_MAX)) return std::nullopt;
    return static_cast<int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<int64_t>();
  if (!value.is_number_float()) return std::nullopt;
  const double number = value.get<double>();
  if (!(std::abs(number) < 0x1p53) || number != std::floor(number)) return std::nullopt;
  return static_cast<int64_t>(number);
}

std::string found(const Json* value) {
  if (!value) return "no such key";
  if (value->is_object()) return "an object";
  if (value->is_array()) return fmt::format("a list of {}", value->size());
  if (value->is_string()) {
    std::string text = value->get_ref<const std::string&>().substr(0, 60);
    for (char& byte : text) byte = static_cast<unsigned char>(byte) < 0x20 ? '?' : byte;
    return fmt::format("\"{}\"", text);
  }
  return value->dump();
}

}  // namespace

ConfigReader::ConfigReader(const Json& object, std::string place)
    : m_object(&object), m_place(std::move(place)), m_found(std::make_shared<Found>()) {
  if (!object.is_object()) m_found->problem = fmt::format("{}: expected an object, found {}", m_place, found(&object));
}

const Json* ConfigReader::value(std::string_view key) const {
  if (!m_object->is_object()) return nullptr;
  const auto entry = m_object->find(key);
  return entry == m_object->end() ? nullptr : &*entry;
}

bool ConfigReader::has(std::string_view key) const {
  const Json* json = value(key);
  return json && !json->is_null();
}

bool ConfigReader::isNull(std::string_view key) const {
  const Json* json = value(key);
  return json && json->is_null();
}

std::string ConfigReader::nameOf(std::string_view key) const {
  for (const auto& [known, name] : m_names) {
    if (known == key) return name;
  }
  return std::string(key);
}

void ConfigReader::problem(std::string_view key, std::string_view message) {
  if (!failed()) m_found->problem = fmt::format("{}: {}: {}", m_place, nameOf(key), message);
}

void ConfigReader::expected(std::string_view key, std::string_view what) {
  if (failed() && m_object->is_object() && !has(key)) {
    std::vector<std::string>& missing = m_found->missing;
    const std::string name = m_inside + nameOf(key);
    const bool isFirst = m_found->problem.starts_with(fmt::format("{}: {}: ", m_place, nameOf(key)));
    if (!isFirst && std::find(missing.begin(), missing.end(), name) == missing.end()) missing.push_back(name);
  }
  problem(key, fmt::format("expected {}, found {}", what, found(value(key))));
}

Status ConfigReader::status() const {
  if (!failed()) return {};
  std::string message = m_found->problem;
  for (const std::string& key : m_found->missing) {
    message += (&key == &m_found->missing.front() ? "; also missing: " : ", ") + key;
  }
  return tl::unexpected<Error>(Error{message});
}

int ConfigReader::integer(std::string_view key, int64_t low, int64_t high) {
  const Json* json = value(key);
  const std::optional<int64_t> number = json ? wholeNumber(*json) : std::nullopt;
  if (number && *number >= low && *number <= high) return static_cast<int>(*number);
  expected(key, fmt::format("a whole number from {} to {}", low, high));
  return static_cast<int>(low);
}

int ConfigReader::integerOr(std::string_view key, int64_t low, int64_t high, int64_t fallback) {
  return has(key) ? integer(key, low, high) : static_cast<int>(fallback);
}

double ConfigReader::real(std::string_view key, bool zeroAllowed, std::optional<double> fallback) {
  if (!has(key) && fallback) return *fallback;
  const Json* json = value(key);
  if (json && json->is_number()) {
    const auto number = json->get<double>();
    if (std::isfinite(number) && (number > 0 || (zeroAllowed && number == 0))) return number;
  }
  expected(key, zeroAllowed ? "a number that is not negative" : "a number above 0");
  return 1.0;
}

double ConfigReader::positive(std::string_view key) { return real(key, false, std::nullopt); }
double ConfigReader::positiveOr(std::string_view key, double fallback) { return real(key, false, fallback); }
double ConfigReader::notNegativeOr(std::string_view key, double fallback) { return real(key, true, fallback); }

bool ConfigReader::booleanOr(std::string_view key, bool fallback) {
  if (!has(key)) return fallback;
  const Json* json = value(key);
  if (json->is_boolean()) return json->get<bool>();
  expected(key, "true or false");
  return fallback;
}

std::string ConfigReader::textOr(std::string_view key, std::string_view fallback) {
  if (!has(key)) return std::string(fallback);
  const Json* json = value(key);
  if (json->is_string()) return json->get<std::string>();
  expected(key, "a text");
  return std::string(fallback);
}

std::vector<std::string> ConfigReader::textsOr(std::string_view key) {
  std::vector<std::string> texts;
  if (!has(key)) return texts;
  const Json* json = value(key);
  if (!json->is_array()) {
    expected(key, "a list of texts");
    return texts;
  }
  for (const Json& element : *json) {
    if (!element.is_string()) {
      problem(key, fmt::format("expected a list of texts, found {} in it", found(&element)));
      return {};
    }
    texts.push_back(element.get<std::string>());
  }
  return texts;
}

std::vector<int> ConfigReader::integers(std::string_view key, int64_t low, int64_t high, size_t most) {
  std::vector<int> numbers;
  if (!has(key)) return numbers;
  const Json* json = value(key);
  if (!json->is_array() || json->size() > most) {
    expected(key, fmt::format("a list of at most {} whole numbers", most));
    return numbers;
  }
  for (const Json& element : *json) {
    const std::optional<int64_t> number = wholeNumber(element);
    if (!number || *number < low || *number > high) {
      problem(key, fmt::format("expected whole numbers from {} to {}, found {}", low, high, found(&element)));
      return {};
    }
    numbers.push_back(static_cast<int>(*number));
  }
  return numbers;
}

std::vector<int32_t> ConfigReader::tokenIds(std::string_view key) {
  if (!has(key)) return {};
  if (value(key)->is_array()) {
    const std::vector<int> ids = integers(key, 0, INT32_MAX, 1024);
    return {ids.begin(), ids.end()};
  }
  const int id = integer(key, -1, INT32_MAX);
  return id < 0 ? std::vector<int32_t>{} : std::vector<int32_t>{id};  // -1 is how some files write "none"
}

std::vector<double> ConfigReader::numbers(std::string_view key, size_t count) {
  const Json* json = value(key);
  std::vector<double> numbers;
  if (json && json->is_array() && json->size() == count) {
    for (const Json& element : *json) {
      if (element.is_number() && std::isfinite(element.get<double>()) && element.get<double>() > 0) {
        numbers.push_back(element.get<double>());
      }
    }
  }
  if (!json || !json->is_array() || json->size() != count || numbers.size() != count) {
    expected(key, fmt::format("a list of {} numbers above 0", count));
    numbers.assign(count, 1.0);
  }
  return numbers;
}

std::optional<ConfigReader> ConfigReader::objectOr(std::string_view key) {
  if (!has(key)) return std::nullopt;
  const Json* json = value(key);
  if (!json->is_object()) {
    expected(key, "an object");
    return std::nullopt;
  }
  ConfigReader inner(*json, fmt::format("{}: {}", m_place, key));
  inner.m_inside = fmt::format("{}{}: ", m_inside, key);
  inner.m_found = m_found;
  return inner;
}

}  // namespace core
