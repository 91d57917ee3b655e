// Routing by specification: a JSON document with one method and its cases in, the same document with results out. The
// methods, their inputs, options and result keys are those of the golden routing files:
//
//   {"method": "token-choice", "cases": [{"name": "a", "inputs": {"logits": [[2, 1, 0]], "U": [[1, 0]]},
//                                         "options": {"k": 2, "weights": "renorm", "scale": 1}}]}
//
// comes back with "schema": "expertscope.route", "version": 1, and in every case "result" (in place of "expected", if
// that was there). Computed in double. null stands for -infinity (a masked score) and for what is undefined (a margin
// for k = E). U is the gradient that arrives at a method's output: without it the gradients that it would lead to are
// null.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace core {

inline constexpr std::string_view kRouteSchema = "expertscope.route";
inline constexpr int kRouteVersion = 1;

// Errors name the case and the key, what was expected and what was found: unknown method, missing key, wrong shape, an
// id or a number out of range, an unknown word.
Result<nlohmann::json> routeSpec(const nlohmann::json& spec);

// The method names routeSpec knows, sorted.
std::vector<std::string_view> routeMethods();

// One case in the scalar of an engine: what the float and double forms of a method say about the same inputs.
enum class SpecScalar { Double, Float };
Result<nlohmann::json> routeCase(std::string_view method, const nlohmann::json& specCase, SpecScalar scalar);

}  // namespace core
