#include "core/routing/spec_case.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <type_traits>

#include "core/base/check.h"

namespace core {
namespace {

using Json = nlohmann::json;

std::string shapeText(std::span<const int> shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size(); ++i) {
    const std::string size = shape[i] >= 0 ? std::to_string(shape[i]) : "any";
    text += (i ? ", " : "") + size;
  }
  return text + ")";
}

std::string valueText(const Json& value) {
  if (value.is_array()) return fmt::format("an array of {}", value.size());
  if (value.is_object()) return "an object";
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

// A whole number that a double holds exactly.
std::optional<int64_t> whole(const Json& value) {
  if (!value.is_number()) return std::nullopt;
  const double number = value.get<double>();
  if (!(std::abs(number) <= 0x1p53) || number != std::floor(number)) return std::nullopt;
  return static_cast<int64_t>(number);
}

// Fills `out` from nested arrays of the wanted shape; returns what was found instead, empty if all is well.
template <class V>
std::string readNested(const Json& value, std::span<int> shape, size_t depth, std::vector<V>& out) {
  if (depth == shape.size()) {
    if (!value.is_number()) return valueText(value);
    if constexpr (std::is_integral_v<V>) {
      const auto number = whole(value);
      if (!number || *number < std::numeric_limits<V>::min() || *number > std::numeric_limits<V>::max())
        return valueText(value);
      out.push_back(static_cast<V>(*number));
    } else {
      const V number = static_cast<V>(value.get<double>());
      if (!std::isfinite(number)) return valueText(value);
      out.push_back(number);
    }
    return {};
  }
  if (!value.is_array()) return valueText(value);
  const bool fits = shape[depth] >= 0            ? value.size() == static_cast<size_t>(shape[depth])
                    : shape[depth] == kAnyOrNone ? true
                                                 : !value.empty();
  if (!fits || value.size() > static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
    return fmt::format("{} entries in dimension {}", value.size(), depth);
  }
  shape[depth] = static_cast<int>(value.size());
  for (const Json& entry : value) {
    if (std::string found = readNested(entry, shape, depth + 1, out); !found.empty()) return found;
  }
  return {};
}

}  // namespace

const Json* SpecCase::find(std::string_view key) const {
  for (const char* part : {"options", "inputs"}) {
    const auto object = m_case.find(part);
    if (object == m_case.end() || !object->is_object()) continue;
    const auto entry = object->find(key);
    if (entry == object->end() || entry->is_null()) continue;
    if (entry->is_string() && entry->get_ref<const std::string&>() == "none") continue;
    return &*entry;
  }
  return nullptr;
}

const Json* SpecCase::need(std::string_view key, std::string_view expected) {
  const Json* value = find(key);
  if (!value) complain(key, expected, "nothing");
  return value;
}

bool SpecCase::has(std::string_view key) const { return find(key) != nullptr; }

const Json& SpecCase::raw(std::string_view key) const {
  static const Json kNull;
  const Json* value = find(key);
  return value ? *value : kNull;
}

void SpecCase::complain(std::string_view key, std::string_view expected, std::string_view found) {
  if (!m_error) m_error = Error{fmt::format("{}: expected {}, found {}", key, expected, found)};
}

template <class V>
SpecArray<V> SpecCase::array(std::string_view key, std::initializer_list<int> shape) {
  SpecArray<V> out;
  out.shape.assign(shape);
  const std::string expected =
      fmt::format("{} of shape {}", std::is_integral_v<V> ? "whole numbers" : "finite numbers", shapeText(out.shape));
  if (const Json* value = failed() ? nullptr : need(key, expected)) {
    const std::string found = readNested<V>(*value, out.shape, 0, out.values);
    if (!found.empty()) complain(key, expected, found);
  }
  if (failed()) return {std::vector<int>(shape.size(), 0), {}};
  // An empty outer dimension leaves the inner ones unknown.
  for (int& size : out.shape) size = size < 0 ? 0 : size;
  return out;
}
template SpecArray<float> SpecCase::array<float>(std::string_view, std::initializer_list<int>);
template SpecArray<double> SpecCase::array<double>(std::string_view, std::initializer_list<int>);
template SpecArray<int32_t> SpecCase::array<int32_t>(std::string_view, std::initializer_list<int>);

template <class V>
SpecArray<V> SpecCase::upstream(std::initializer_list<int> shape) {
  constexpr double kMostValues = 1 << 18;
  double size = 1;
  for (const int n : shape) size *= n;
  if (failed() || has("U") || size > kMostValues) return array<V>("U", shape);
  m_lacksUpstream = true;
  return {shape, std::vector<V>(static_cast<size_t>(size))};
}
template SpecArray<float> SpecCase::upstream<float>(std::initializer_list<int>);
template SpecArray<double> SpecCase::upstream<double>(std::initializer_list<int>);

SpecArray<int32_t> SpecCase::ids(std::string_view key, std::initializer_list<int> shape, int low, int high) {
  SpecArray<int32_t> out = array<int32_t>(key, shape);
  for (int32_t id : out.values) {
    if (id < low || id > high) complain(key, fmt::format("whole numbers from {} to {}", low, high), std::to_string(id));
  }
  if (failed()) return {std::vector<int>(shape.size(), 0), {}};
  return out;
}

SpecArray<int32_t> SpecCase::choices(std::string_view key, int E) {
  SpecArray<int32_t> out = ids(key, {kAnyOrNone, kAny}, 0, E - 1);
  const size_t K = static_cast<size_t>(out.dim(1));
  for (size_t at = 0; at < out.values.size(); at += K) {
    for (size_t a = at; a < at + K; ++a) {
      for (size_t b = at; b < a; ++b) {
        if (out.values[a] == out.values[b])
          complain(key, "different experts within a token", fmt::format("expert {} twice", out.values[a]));
      }
    }
  }
  return out;
}

int SpecCase::integer(std::string_view key, int low, int high) {
  const std::string expected = fmt::format("a whole number from {} to {}", low, high);
  const Json* value = failed() ? nullptr : need(key, expected);
  if (!value) return low;
  const auto number = whole(*value);
  if (number && *number >= low && *number <= high) return static_cast<int>(*number);
  complain(key, expected, valueText(*value));
  return low;
}

double SpecCase::number(std::string_view key, double low, double high) {
  const std::string expected = fmt::format("a number from {} to {}", low, high);
  const Json* value = failed() ? nullptr : need(key, expected);
  if (!value) return low;
  const double number = value->is_number() ? value->get<double>() : std::nan("");
  if (number >= low && number <= high) return number;
  complain(key, expected, valueText(*value));
  return low;
}

bool SpecCase::flag(std::string_view key) {
  const Json* value = failed() ? nullptr : need(key, "0 or 1");
  if (!value) return false;
  if (value->is_boolean()) return value->get<bool>();
  const auto number = whole(*value);
  if (!number || *number < 0 || *number > 1) complain(key, "0 or 1", valueText(*value));
  return number == 1;
}

std::string SpecCase::word(std::string_view key) {
  const Json* value = failed() ? nullptr : need(key, "a word");
  if (value && value->is_string()) return value->get<std::string>();
  if (value) complain(key, "a word", valueText(*value));
  return {};
}

std::optional<uint64_t> SpecCase::parseBits64(const Json& value) {
  if (value.is_number_unsigned()) return value.get<uint64_t>();
  if (!value.is_string()) {
    const auto number = whole(value);
    return number && *number >= 0 ? std::optional<uint64_t>(*number) : std::nullopt;
  }
  const std::string& text = value.get_ref<const std::string&>();
  uint64_t bits = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return bits;
}

uint64_t SpecCase::bits64(std::string_view key) {
  constexpr std::string_view kExpected = "a whole number below 2^64, as a number or in quotes";
  const Json* value = failed() ? nullptr : need(key, kExpected);
  if (!value) return 0;
  const auto bits = parseBits64(*value);
  if (!bits) complain(key, kExpected, valueText(*value));
  return bits.value_or(0);
}

Json toJson(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

namespace {

template <class V>
Json nest(std::span<const V> values, std::span<const int> shape) {
  if (shape.empty()) {
    if constexpr (std::is_integral_v<V>) return Json(values[0]);
    return toJson(static_cast<double>(values[0]));
  }
  Json out = Json::array();
  const size_t step = shape[0] == 0 ? 0 : values.size() / static_cast<size_t>(shape[0]);
  for (int i = 0; i < shape[0]; ++i)
    out.push_back(nest<V>(values.subspan(static_cast<size_t>(i) * step, step), shape.subspan(1)));
  return out;
}

}  // namespace

template <class V>
Json toJson(std::span<const V> values, std::initializer_list<int> shape) {
  size_t size = 1;
  for (int n : shape) size *= static_cast<size_t>(n);
  CHECK(size == values.size(), "{} values for a shape of {}", values.size(), size);
  return nest<V>(values, std::span<const int>(shape.begin(), shape.size()));
}
template Json toJson<float>(std::span<const float>, std::initializer_list<int>);
template Json toJson<double>(std::span<const double>, std::initializer_list<int>);
template Json toJson<int32_t>(std::span<const int32_t>, std::initializer_list<int>);
template Json toJson<uint8_t>(std::span<const uint8_t>, std::initializer_list<int>);

}  // namespace core
