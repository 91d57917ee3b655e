// Every case of every golden routing file, through the functions an engine calls: in double at the file's tolerance,
// and in float at its float tolerance.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>
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

TEST(RoutingGoldenFiles, EveryFileHasItsMethod) {
  std::set<std::string> files, methods{"openmoe-capacity"};  // that file has a form of its own: capacity_test.cpp
  for (const auto& entry : std::filesystem::directory_iterator(test::fixture("routing"))) {
    if (entry.path().extension() == ".json") files.insert(entry.path().stem().string());
  }
  for (std::string_view method : core::routeMethods()) methods.emplace(method);
  EXPECT_EQ(files, methods);
}

// Values that a key of a specification should not have; none of them may do worse than an error that names the key.
const std::vector<Json> kStrange = {nullptr,
                                    "strange",
                                    -1,
                                    0,
                                    3,
                                    0.5,
                                    1e300,
                                    4000000000u,
                                    true,
                                    Json::array(),
                                    Json::object(),
                                    Json::array({Json::array()}),
                                    Json::array({1, 2}),
                                    Json::array({Json::array({1, 2, 3, 4, 5, 6, 7})}),
                                    Json::array({Json::array({Json::array({-5})})}),
                                    Json::array({"x"}),
                                    Json::array({1e300, nullptr})};

TEST_P(RoutingGolden, StrangeInputsGiveAResultOrAnErrorThatNamesAKey) {
  const Json file = golden(GetParam());
  size_t errors = 0;
  for (const Json& goldenCase : file["cases"]) {
    for (const char* part : {"inputs", "options"}) {
      for (const auto& [key, original] : goldenCase[part].items()) {
        for (const Json& value : kStrange) {
          Json changed = goldenCase;
          changed[part][key] = value;
          const auto result = core::routeCase(GetParam(), changed, core::SpecScalar::Double);
          if (result) continue;
          ++errors;
          EXPECT_NE(result.error().message.find(": expected "), std::string::npos)
              << key << " " << value << ": " << result.error().message;
        }
      }
    }
  }
  EXPECT_GT(errors, 0u);
}

TEST_P(RoutingGolden, TheWholeDocumentIsAnsweredCaseByCase) {
  const Json file = golden(GetParam());
  const auto answered = core::routeSpec(file);
  ASSERT_TRUE(answered.has_value()) << answered.error().message;
  EXPECT_EQ((*answered)["schema"], "expertscope.route");
  EXPECT_EQ((*answered)["version"], 1);
  ASSERT_EQ((*answered)["cases"].size(), file["cases"].size());
  for (const Json& one : (*answered)["cases"]) {
    EXPECT_FALSE(one.contains("expected"));
    EXPECT_TRUE(one.at("result").is_object());
    EXPECT_FALSE(one.at("result").empty());
  }
}

INSTANTIATE_TEST_SUITE_P(Methods, RoutingGolden, testing::ValuesIn(core::routeMethods()), [](const auto& parameter) {
  std::string name(parameter.param);
  std::erase(name, '-');
  return name;
});

}  // namespace
