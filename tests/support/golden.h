// Compares a result with golden numbers, key by key, by the rule |a - b| <= tolerance * max(1, |b|). null equals null
// alone.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace test {

// One line per difference, `place: got 1, expected 2`; empty if there is none. Keys of `got` that `expected` lacks are
// not looked at. At most ten lines.
std::string compareGolden(const nlohmann::json& got, const nlohmann::json& expected, double tolerance,
                          const std::string& place = "");

}  // namespace test
