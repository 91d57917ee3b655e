#include "tests/support/golden.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace test {
namespace {

using Json = nlohmann::json;

void compare(const Json& got, const Json& expected, double tolerance, const std::string& place, std::string& report,
             int& lines) {
  const auto differ = [&](const std::string& a, const std::string& b) {
    if (lines++ < 10) report += fmt::format("{}: got {}, expected {}\n", place, a.substr(0, 100), b.substr(0, 100));
  };
  if (expected.is_object() && got.is_object()) {
    for (const auto& [key, value] : expected.items()) {
      const auto found = got.find(key);
      if (found == got.end()) {
        differ("no key " + key, value.dump());
      } else {
        compare(*found, value, tolerance, place.empty() ? key : place + "." + key, report, lines);
      }
    }
  } else if (expected.is_array() && got.is_array() && expected.size() == got.size()) {
    for (size_t i = 0; i < expected.size(); ++i) {
      compare(got[i], expected[i], tolerance, fmt::format("{}[{}]", place, i), report, lines);
    }
  } else if (expected.is_number() && got.is_number()) {
    const double a = got.get<double>(), b = expected.get<double>();
    if (!(std::abs(a - b) <= tolerance * std::max(1.0, std::abs(b)))) differ(got.dump(), expected.dump());
  } else if (got != expected) {
    differ(got.dump(), expected.dump());
  }
}

}  // namespace

std::string compareGolden(const Json& got, const Json& expected, double tolerance, const std::string& place) {
  std::string report;
  int lines = 0;
  compare(got, expected, tolerance, place, report, lines);
  return report;
}

}  // namespace test
