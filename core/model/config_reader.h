// Typed reads from a config.json. The reader keeps the first problem, and every further key that is missing, and goes
// on with a harmless value, so that a family's reader is a plain list of fields and asks once, at the end, whether all
// was well:
//   config.json: num_hidden_layers: expected a whole number from 1 to 1024, found null; also missing: vocab_size
// A key that is null counts as absent where a fallback is given. Whole numbers may be written as 8.0.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace core {

class ConfigReader {
 public:
  // `object` must outlive the reader. `place` begins every message: "config.json".
  ConfigReader(const nlohmann::json& object, std::string place);

  bool has(std::string_view key) const;     // present and not null
  bool isNull(std::string_view key) const;  // present and null

  int integer(std::string_view key, int64_t low, int64_t high);  // required
  int integerOr(std::string_view key, int64_t low, int64_t high, int64_t fallback);
  double positive(std::string_view key);  // required, finite, above 0
  double positiveOr(std::string_view key, double fallback);
  double notNegativeOr(std::string_view key, double fallback);
  bool booleanOr(std::string_view key, bool fallback);
  std::string textOr(std::string_view key, std::string_view fallback);
  std::vector<std::string> textsOr(std::string_view key);                                   // absent: empty
  std::vector<int> integers(std::string_view key, int64_t low, int64_t high, size_t most);  // absent: empty
  std::vector<int32_t> tokenIds(std::string_view key);              // a number, a list of numbers, null or absent
  std::vector<double> numbers(std::string_view key, size_t count);  // required: exactly `count` positive numbers
  std::optional<ConfigReader> objectOr(std::string_view key);       // shares this reader's problem

  // Other names that messages give to keys of this object: a file's own, where the object was made from another file.
  void callKeys(std::vector<std::pair<std::string, std::string>> names) { m_names = std::move(names); }

  // Records a problem of this key, if it is the first; the upper one also that the key is missing, if it is.
  void expected(std::string_view key, std::string_view what);  // "expected WHAT, found ..."
  void problem(std::string_view key, std::string_view message);

  bool failed() const { return !m_found->problem.empty(); }
  Status status() const;

 private:
  struct Found {
    std::string problem;               // the first
    std::vector<std::string> missing;  // keys behind it
  };

  const nlohmann::json* value(std::string_view key) const;  // null when absent
  std::string nameOf(std::string_view key) const;
  double real(std::string_view key, bool zeroAllowed, std::optional<double> fallback);

  const nlohmann::json* m_object;
  std::string m_place;
  std::string m_inside;  // of the whole document, before a key's name: "rope_scaling: "
  std::vector<std::pair<std::string, std::string>> m_names;
  std::shared_ptr<Found> m_found;
};

}  // namespace core
