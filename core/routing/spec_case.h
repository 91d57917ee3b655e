// Reads one case of a routing specification. Everything is checked before it is used. The first thing that is wrong is
// remembered and later reads return harmless values, so a method reads all it needs, asks failed() once, and computes.
//
//   auto logits = in.array<S>("logits", {kAny, kAny});
//   const int K = in.integer("k", 1, logits.dim(1));
//   auto U = in.upstream<S>({logits.dim(0), K});
//   if (in.failed()) return in.error();
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace core {

inline constexpr int kAny = -1;        // a dimension of at least 1
inline constexpr int kAnyOrNone = -2;  // a dimension that may be 0

template <class V>
struct SpecArray {
  std::vector<int> shape;
  std::vector<V> values;  // row-major
  int dim(size_t i) const { return i < shape.size() ? shape[i] : 0; }
};

class SpecCase {
 public:
  explicit SpecCase(const nlohmann::json& specCase) : m_case(specCase) {}

  // "none", null and a missing key are all absent.
  bool has(std::string_view key) const;

  // Numbers with the wanted shape; V is float, double or int32_t (whole numbers).
  template <class V>
  SpecArray<V> array(std::string_view key, std::initializer_list<int> shape);
  // "U", the gradient that arrives at a method's output. Without it there are zeros in its place, up to a size that a
  // small file may ask for, and what would be made of it is to be left open: lacksUpstream().
  template <class V>
  SpecArray<V> upstream(std::initializer_list<int> shape);
  bool lacksUpstream() const { return m_lacksUpstream; }
  // Whole numbers in [low, high].
  SpecArray<int32_t> ids(std::string_view key, std::initializer_list<int> shape, int low, int high);
  // (T, K) experts below E, all different within a row.
  SpecArray<int32_t> choices(std::string_view key, int E);

  int integer(std::string_view key, int low, int high);
  double number(std::string_view key, double low, double high);
  bool flag(std::string_view key);  // 0, 1, true or false
  std::string word(std::string_view key);
  // A number or a decimal string below 2^64.
  uint64_t bits64(std::string_view key);
  static std::optional<uint64_t> parseBits64(const nlohmann::json& value);
  // The value itself, null if absent.
  const nlohmann::json& raw(std::string_view key) const;

  // word() turned into an enumerator; `expected` lists the words for the message.
  template <class Enum, class FromName>
  Enum choose(std::string_view key, FromName fromName, std::string_view expected) {
    const std::string text = word(key);
    const auto value = fromName(text);
    if (!value) complain(key, expected, text);
    return value.value_or(Enum{});
  }

  void complain(std::string_view key, std::string_view expected, std::string_view found);
  bool failed() const { return m_error.has_value(); }
  tl::unexpected<Error> error() const { return tl::unexpected<Error>(*m_error); }

 private:
  const nlohmann::json* find(std::string_view key) const;
  const nlohmann::json* need(std::string_view key, std::string_view expected);

  const nlohmann::json& m_case;
  std::optional<Error> m_error;
  bool m_lacksUpstream = false;
};

// A result: numbers as JSON, null where not finite; arrays nested by shape.
nlohmann::json toJson(double value);
template <class V>
nlohmann::json toJson(std::span<const V> values, std::initializer_list<int> shape);
template <class V>
nlohmann::json toJson(const std::vector<V>& values, std::initializer_list<int> shape) {
  return toJson<V>(std::span<const V>(values), shape);
}

}  // namespace core
