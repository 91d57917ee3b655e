// Every case of every golden routing file, through the functions an engine calls: in double at the file's tolerance,
// and in float at its float tolerance.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

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
void relax(std::string_view method, const Json& goldenCase, core::SpecScalar scalar, Json& got, Json& expected) {
  if (method == "sinkhorn" && scalar == core::SpecScalar::Float) {
    EXPECT_LE(std::abs(got["iterations"].get<int>() - expected["iterations"].get<int>()), 1);
    if (got["iterations"] != expected["iterations"])
      expected.erase("plan");  // one round more or less moves it by the tolerance
    expected.erase("iterations");
  }
  if (method == "balanced-assignment") {
    // Any optimal assignment is right: the objective is compared, and every expert has T / E tokens.
    std::map<int, size_t> load;
    for (const Json& expert : got["expert"]) ++load[expert];
    const Json& logits = goldenCase["inputs"]["logits"];
    EXPECT_EQ(load.size(), logits[0].size());
    for (const auto& [expert, tokens] : load) EXPECT_EQ(tokens, logits.size() / logits[0].size()) << expert;
    if (expected["runner_up_gap"] == 0 && load.size() > 1) expected.erase("expert"), expected.erase("weight");
  }
}

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
