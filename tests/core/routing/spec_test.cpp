#include "core/routing/spec.h"

#include <gtest/gtest.h>

#include "core/base/json.h"

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
