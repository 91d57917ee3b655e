#include "core/routing/spec.h"

#include <gtest/gtest.h>

#include "core/base/json.h"
#include "tests/support/support.h"

namespace {

using Json = nlohmann::json;

Json parsed(const char* text) { return core::parseJson(text, "spec").value(); }

std::string message(const char* text) {
  const auto result = core::routeSpec(parsed(text));
  return result ? "no error" : result.error().message;
}

TEST(RouteSpec, TheDocumentComesBackWithResultsInPlaceOfExpectations) {
  const auto out = core::routeSpec(parsed(R"({"method": "token-choice", "note": "kept", "cases": [
      {"name": "a", "inputs": {"logits": [[0, 1]], "U": [[1]]}, "options": {"k": 1, "weights": "renorm"}, "expected": 7}]})"));
  EXPECT_EQ(
      out->dump(),
      R"({"cases":[{"inputs":{"U":[[1]],"logits":[[0,1]]},"name":"a","options":{"k":1,"weights":"renorm"},)"
      R"("result":{"grad_logits":[[0.0,0.0]],"ids":[[1]],"load":[0,1],"margins":[1.0],"weight_sum":[1.0],"weights":[[1.0]]}}],)"
      R"("method":"token-choice","note":"kept","schema":"expertscope.route","version":1})");
}

// A case without the gradient that arrives has every key of the golden form: null where that gradient leads, the same
// numbers everywhere else.
TEST(RouteSpec, WithoutAnArrivingGradientThoseItLeadsToAreNull) {
  int methods = 0, open = 0;
  for (const std::string_view method : core::routeMethods()) {
    const std::filesystem::path path = test::fixture("routing/" + std::string(method) + ".json");
    const Json file = core::parseJson(test::readFile(path), "golden").value();
    Json one = file["cases"][0];
    if (!one.contains("inputs") || !one["inputs"].contains("U")) continue;
    SCOPED_TRACE(method);
    ++methods;
    const auto whole = core::routeCase(method, one, core::SpecScalar::Double);
    one["inputs"].erase("U");
    const auto without = core::routeCase(method, one, core::SpecScalar::Double);
    ASSERT_TRUE(whole.has_value() && without.has_value()) << without.error().message;
    int missing = 0;
    for (const auto& [key, value] : whole->items()) {
      ASSERT_TRUE(without->contains(key)) << key;
      const Json& got = (*without)[key];
      if (got.is_null() && !value.is_null()) {
        EXPECT_TRUE(key.starts_with("grad_")) << key;
        ++missing;
      } else {
        EXPECT_EQ(got, value) << key;
      }
    }
    EXPECT_GT(missing, 0);
    open += missing;
  }
  EXPECT_GE(methods, 15);
  EXPECT_GT(open, methods);
}

TEST(RouteSpec, AnArrivingGradientIsAskedForWhereASmallFileWouldMakeLargeOnes) {
  Json one = {{"name", "a"}, {"inputs", {{"x", Json::array()}, {"W", Json::array()}}}, {"options", {{"k", 1}}}};
  for (int t = 0; t < 600; ++t) one["inputs"]["x"].push_back({0.5});
  for (int e = 0; e < 600; ++e) one["inputs"]["W"].push_back({0.25});
  const auto result = core::routeCase("softmax-router", one, core::SpecScalar::Double);
  ASSERT_FALSE(result.has_value());
  EXPECT_NE(result.error().message.find("U: expected finite numbers of shape (600, 600), found nothing"),
            std::string::npos)
      << result.error().message;
}

TEST(RouteSpec, ErrorsNameTheCaseAndTheKey) {
  EXPECT_EQ(message("[]"), "specification: expected an object with method and cases, found array");
  EXPECT_EQ(message(R"({"method": 3})"), "method: expected a name, found number");
  EXPECT_NE(message(R"({"method": "tokens"})").find("found \"tokens\""), std::string::npos);
  EXPECT_EQ(message(R"({"method": "dispatch"})"), "cases: expected an array, found nothing");
  EXPECT_EQ(message(R"({"method": "dispatch", "cases": [1]})"),
            "case 0: expected an object with name, inputs and options, found number");
  EXPECT_EQ(message(R"({"method": "dispatch", "cases": [{"name": "x", "inputs": []}]})"),
            "case \"x\": inputs: expected an object, found array");
  EXPECT_EQ(message(R"({"method": "dispatch", "cases": [{"name": "x"}]})"),
            "case \"x\": logits: expected finite numbers of shape (any, any), found nothing");
  EXPECT_EQ(message(R"({"method": "dispatch", "cases": [{"inputs": {"logits": [[1, 2], [3]]}}]})"),
            "case 0: logits: expected finite numbers of shape (any, any), found 1 entries in dimension 1");
  EXPECT_EQ(message(R"({"method": "dispatch", "cases": [{"inputs": {"logits": [[1, null]]}}]})"),
            "case 0: logits: expected finite numbers of shape (any, any), found null");
  EXPECT_EQ(message(R"({"method": "dispatch", "cases": [{"inputs": {"logits": [[1, 2]]}, "options": {"k": 3}}]})"),
            "case 0: k: expected a whole number from 1 to 2, found 3");
  EXPECT_EQ(
      message(
          R"({"method": "dispatch", "cases": [{"inputs": {"logits": [[1, 2]], "U": [[1]]}, "options": {"k": 1, "order": "fair"}}]})"),
      "case 0: order: expected rank_major, token_major, batch_priority, by_score or permuted, found fair");
  EXPECT_EQ(
      message(R"({"method": "dispatch", "cases": [{"inputs": {"logits": [[1], [2]], "U": [[1], [1]], "perm": [1, 1]},
                      "options": {"k": 1, "order": "permuted", "weights": "raw"}}]})"),
      "case 0: perm: expected every token once, found token 1 twice");
  EXPECT_EQ(
      message(
          R"({"method": "null-drop-curve", "cases": [{"inputs": {"T": 4, "E": 2, "C": 1, "shares": [0.5, 0.6]}}]})"),
      "case 0: shares: expected shares that sum to 1, found a sum of 1.1");
}

}  // namespace
