// The two sides of a struct in JSON. A struct lists its fields once, in fields(visitor, object), found by its
// argument's namespace; FieldWriter and FieldReader walk the same list, so that what is written is what is read.
//
//   template <class V, Is<Point> T>
//   void fields(V& v, T& p) { v.number("x", p.x); v.number("y", p.y); }
//
// A key that is missing leaves its field as it is. Errors name the place, what was expected and what was found.
#pragma once

#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "core/base/result.h"
#include "core/routing/capacity.h"
#include "core/routing/weights.h"
#include "core/trace/run_info_json.h"

namespace core {

constexpr int kMostOfAField = std::numeric_limits<int32_t>::max();

// T or const T, so that one list serves both directions.
template <class T, class U>
concept Is = std::is_same_v<std::remove_const_t<T>, U>;

class FieldWriter {
 public:
  nlohmann::json json = nlohmann::json::object();

  void integer(const char* key, const int& value, int, int) { json[key] = value; }
  void number(const char* key, const double& value) { json[key] = value; }
  void seed(const char* key, const uint64_t& value) { json[key] = value; }
  void flag(const char* key, const bool& value) { json[key] = value; }
  void text(const char* key, const std::string& value) { json[key] = value; }
  template <class E, size_t N>
  void choice(const char* key, const E& value, const std::array<const char*, N>& names) {
    json[key] = names.at(static_cast<size_t>(value));
  }
  void rule(const char* key, const CapacityRule& value) { json[key] = std::string(capacityRuleName(value)); }
  void form(const char* key, const WeightForm& value) { json[key] = std::string(weightFormName(value)); }
  template <class T>
  void list(const char* key, const std::vector<T>& values, size_t) {
    json[key] = values;
  }
  template <class T>
  void object(const char* key, const T& value) {
    FieldWriter inner;
    fields(inner, value);
    json[key] = std::move(inner.json);
  }
  template <class T>
  void objects(const char* key, const std::vector<T>& values, size_t) {
    nlohmann::json& array = json[key] = nlohmann::json::array();
    for (const T& value : values) {
      FieldWriter inner;
      fields(inner, value);
      array.push_back(std::move(inner.json));
    }
  }
};

// Keeps the first error; after it nothing is read any more.
class FieldReader {
 public:
  FieldReader(const nlohmann::json& json, std::string place, Error& error)
      : m_json(json), m_place(std::move(place)), m_error(error) {
    if (!json.is_object()) refuse("", "an object", json);
  }

  void integer(const char* key, int& value, int least, int most) {
    const nlohmann::json* found = at(key);
    if (!found) return;
    if (!readInteger(*found, value, least, most)) {
      refuse(key, fmt::format("a whole number from {} to {}", least, most), *found);
    }
  }
  void number(const char* key, double& value) {
    const nlohmann::json* found = at(key);
    if (!found) return;
    if (!readNumber(*found, value)) refuse(key, "a finite number", *found);
  }
  void seed(const char* key, uint64_t& value) {
    const nlohmann::json* found = at(key);
    if (!found) return;
    if (!found->is_number_unsigned()) return refuse(key, "a whole number from 0 to 2^64 - 1", *found);
    value = found->get<uint64_t>();
  }
  void flag(const char* key, bool& value) {
    const nlohmann::json* found = at(key);
    if (!found) return;
    if (!found->is_boolean()) return refuse(key, "true or false", *found);
    value = found->get<bool>();
  }
  void text(const char* key, std::string& value) {
    const nlohmann::json* found = at(key);
    if (!found) return;
    if (!found->is_string()) return refuse(key, "a text", *found);
    value = found->get_ref<const std::string&>();
  }
  template <class E, size_t N>
  void choice(const char* key, E& value, const std::array<const char*, N>& names) {
    const std::string* name = word(key);
    if (!name) return;
    for (size_t i = 0; i < N; ++i) {
      if (*name == names[i]) {
        value = static_cast<E>(i);
        return;
      }
    }
    std::string known;
    for (const char* each : names) known += (known.empty() ? "" : ", ") + std::string(each);
    refuse(key, "one of " + known, nlohmann::json(*name));
  }
  void rule(const char* key, CapacityRule& value) {
    const std::string* name = word(key);
    if (!name) return;
    const auto known = capacityRuleFromName(*name);
    if (!known) return refuse(key, "the name of a capacity rule", nlohmann::json(*name));
    value = *known;
  }
  void form(const char* key, WeightForm& value) {
    const std::string* name = word(key);
    if (!name) return;
    const auto known = weightFormFromName(*name);
    if (!known) return refuse(key, "the name of a weight form", nlohmann::json(*name));
    value = *known;
  }
  template <class T>
  void list(const char* key, std::vector<T>& values, size_t most) {
    const nlohmann::json* found = array(key, most);
    if (!found) return;
    values.clear();
    for (const nlohmann::json& each : *found) {
      T value{};
      if (!readElement(each, value)) return refuse(key, "elements of one kind", each);
      values.push_back(std::move(value));
    }
  }
  template <class T>
  void object(const char* key, T& value) {
    const nlohmann::json* found = at(key);
    if (!found) return;
    FieldReader inner(*found, name(key), m_error);
    fields(inner, value);
  }
  template <class T>
  void objects(const char* key, std::vector<T>& values, size_t most) {
    const nlohmann::json* found = array(key, most);
    if (!found) return;
    values.clear();
    for (const nlohmann::json& each : *found) {
      FieldReader inner(each, fmt::format("{}[{}]", name(key), values.size()), m_error);
      fields(inner, values.emplace_back());
      if (failed()) return;
    }
  }

  // The value of a key that is there, unless something went wrong before.
  const nlohmann::json* at(const char* key) const {
    if (failed()) return nullptr;
    const auto found = m_json.find(key);
    return found == m_json.end() ? nullptr : &*found;
  }
  void refuse(const char* key, std::string_view expected, const nlohmann::json& found) {
    if (failed()) return;
    std::string shown = jsonText(found);
    if (shown.size() > 60) shown = shown.substr(0, 57) + "...";
    m_error.message = fmt::format("{}: expected {}, found {}", name(key), expected, shown);
  }

 private:
  static bool readInteger(const nlohmann::json& json, int& value, int least, int most) {
    if (!json.is_number_integer()) return false;
    if (json.is_number_unsigned() && json.get<uint64_t>() > static_cast<uint64_t>(kMostOfAField)) return false;
    const auto wide = json.get<int64_t>();
    if (wide < least || wide > most) return false;
    value = static_cast<int>(wide);
    return true;
  }
  static bool readNumber(const nlohmann::json& json, double& value) {
    if (!json.is_number()) return false;
    value = json.get<double>();
    return std::isfinite(value);
  }
  static bool readElement(const nlohmann::json& json, double& value) { return readNumber(json, value); }
  static bool readElement(const nlohmann::json& json, int32_t& value) {
    return readInteger(json, value, 0, kMostOfAField);
  }
  static bool readElement(const nlohmann::json& json, std::string& value) {
    if (!json.is_string()) return false;
    value = json.get_ref<const std::string&>();
    return true;
  }

  bool failed() const { return !m_error.message.empty(); }
  std::string name(std::string_view key) const { return key.empty() ? m_place : fmt::format("{}.{}", m_place, key); }
  const std::string* word(const char* key) {
    const nlohmann::json* found = at(key);
    if (!found) return nullptr;
    if (!found->is_string()) {
      refuse(key, "a name", *found);
      return nullptr;
    }
    return &found->get_ref<const std::string&>();
  }
  const nlohmann::json* array(const char* key, size_t most) {
    const nlohmann::json* found = at(key);
    if (!found) return nullptr;
    if (!found->is_array()) {
      refuse(key, "a list", *found);
      return nullptr;
    }
    if (found->size() > most) {
      refuse(key, fmt::format("at most {} elements", most), nlohmann::json(found->size()));
      return nullptr;
    }
    return found;
  }

  const nlohmann::json& m_json;
  std::string m_place;
  Error& m_error;
};

}  // namespace core
