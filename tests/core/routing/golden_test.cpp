// Every case of every golden routing file, through the functions an engine calls: in double at the file's tolerance,
// and in float at its float tolerance.
#include <gtest/gtest.h>

#include <set>

#include "core/base/json.h"
#include "core/routing/spec.h"
#include "tests/support/golden.h"
#include "tests/support/support.h"

namespace {

using Json = nlohmann::json;

Json golden(std::string_view method) {
  const auto path = test::fixture("routing") / (std::string(method) + ".json");
  return core::parseJson(test::readFile(path), path.filename().string()).value();
}

// What a file asks to be judged otherwise than key by key.
void relax(std::string_view, const Json&, core::SpecScalar, Json&, Json&) {}

void checkCase(const Json& file, const Json& goldenCase, core::SpecScalar scalar) {
  const std::string method = file["method"];
  SCOPED_TRACE(method + " " + goldenCase["name"].get<std::string>() +
               (scalar == core::SpecScalar::Float ? " float" : " double"));
  const auto result = core::routeCase(method, goldenCase, scalar);
  ASSERT_TRUE(result.has_value()) << result.error().message;
  Json got = *result, expected = goldenCase["expected"];
  relax(method, goldenCase, scalar, got, expected);
  const double tolerance = file["tolerance"][scalar == core::SpecScalar::Float ? "float" : "double"];
  EXPECT_EQ(test::compareGolden(got, expected, tolerance), "");
}

class RoutingGolden : public testing::TestWithParam<std::string_view> {};

TEST_P(RoutingGolden, EveryCaseAgreesInDouble) {
  const Json file = golden(GetParam());
  ASSERT_FALSE(file["cases"].empty());
  for (const Json& goldenCase : file["cases"]) checkCase(file, goldenCase, core::SpecScalar::Double);
}

TEST_P(RoutingGolden, EveryCaseAgreesInFloat) {
  const Json file = golden(GetParam());
  for (const Json& goldenCase : file["cases"]) checkCase(file, goldenCase, core::SpecScalar::Float);
}

INSTANTIATE_TEST_SUITE_P(Methods, RoutingGolden, testing::ValuesIn(core::routeMethods()), [](const auto& parameter) {
  std::string name(parameter.param);
  std::erase(name, '-');
  return name;
});

}  // namespace
