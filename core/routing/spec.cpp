#include "core/routing/spec.h"

#include <algorithm>
#include <array>

#include "core/routing/spec_methods.h"

namespace core {
namespace {

using Json = nlohmann::json;

struct SpecMethod {
  std::string_view name;
  SpecHandler inDouble;
  SpecHandler inFloat;
};

#define METHOD(name, handler) \
  SpecMethod { name, handler<double>, handler<float> }
const std::array kMethods = {
    METHOD("metrics-coactivation", specMetricsCoactivation),
    METHOD("metrics-saturation", specMetricsSaturation),
    METHOD("metrics-jensen-shannon", specMetricsJensenShannon),
    METHOD("noisy-topk", specNoisyTopk),
    METHOD("gumbel", specGumbel),
    METHOD("straight-through", specStraightThrough),
    METHOD("reinforce", specReinforce),
    METHOD("differentiable-topk", specDifferentiableTopk),
    METHOD("yuan-attention-router", specYuanAttentionRouter),
    METHOD("cosine-router", specCosineRouter),
    METHOD("soft-moe", specSoftMoe),
    METHOD("dselect-k", specDselectK),
    METHOD("llama4-router", specLlama4Router),
    METHOD("sparsemixer", specSparseMixer),
    METHOD("skywork-norm", specSkyworkNorm),
    METHOD("top-p", specTopP),
    METHOD("relu-router", specReluRouter),
    METHOD("hash-router", specHashRouter),
    METHOD("loss-z", specLossZ),
    METHOD("loss-importance-load", specLossImportanceLoad),
    METHOD("loss-mi-entropy", specLossMiEntropy),
    METHOD("loss-balance", specLossBalance),
    METHOD("loss-balance-layers", specLossBalanceLayers),
    METHOD("loss-balance-groups", specLossBalanceGroups),
    METHOD("loss-deepseek", specLossDeepseek),
    METHOD("expert-choice", specExpertChoice),
    METHOD("global-choice", specGlobalChoice),
    METHOD("balanced-assignment", specBalancedAssignment),
    METHOD("sinkhorn", specSinkhorn),
    METHOD("grouped-topk", specGroupedTopk),
    METHOD("bias-update", specBiasUpdate),
    METHOD("capacity-rules", specCapacityRules),
    METHOD("dispatch", specDispatch),
    METHOD("metrics-drops", specMetricsDrops),
    METHOD("metrics-load", specMetricsLoad),
    METHOD("null-drop-curve", specNullDropCurve),
    METHOD("softmax-router", specSoftmaxRouter),
    METHOD("token-choice", specTokenChoice),
};
#undef METHOD

const SpecMethod* findMethod(std::string_view name) {
  for (const SpecMethod& method : kMethods) {
    if (method.name == name) return &method;
  }
  return nullptr;
}

Result<const SpecMethod*> needMethod(std::string_view name) {
  if (const SpecMethod* method = findMethod(name)) return method;
  std::string known;
  for (std::string_view other : routeMethods()) known += fmt::format("{}{}", known.empty() ? "" : ", ", other);
  return fail("method: expected one of {}, found \"{}\"", known, name);
}

Result<Json> runCase(const SpecMethod& method, const Json& specCase, SpecScalar scalar) {
  if (!specCase.is_object())
    return fail("expected an object with name, inputs and options, found {}", specCase.type_name());
  for (const char* part : {"inputs", "options"}) {
    const auto entry = specCase.find(part);
    if (entry != specCase.end() && !entry->is_object())
      return fail("{}: expected an object, found {}", part, entry->type_name());
  }
  SpecCase in(specCase);
  return scalar == SpecScalar::Double ? method.inDouble(in) : method.inFloat(in);
}

std::string casePlace(const Json& specCase, size_t index) {
  if (specCase.is_object()) {
    const auto name = specCase.find("name");
    if (name != specCase.end() && name->is_string())
      return fmt::format("case \"{}\"", name->get_ref<const std::string&>());
  }
  return fmt::format("case {}", index);
}

}  // namespace

std::vector<std::string_view> routeMethods() {
  std::vector<std::string_view> names;
  for (const SpecMethod& method : kMethods) names.push_back(method.name);
  std::sort(names.begin(), names.end());
  return names;
}

Result<Json> routeCase(std::string_view method, const Json& specCase, SpecScalar scalar) {
  TRY_ASSIGN(const SpecMethod* found, needMethod(method));
  return runCase(*found, specCase, scalar);
}

Result<Json> routeSpec(const Json& spec) {
  if (!spec.is_object())
    return fail("specification: expected an object with method and cases, found {}", spec.type_name());
  const auto name = spec.find("method");
  if (name == spec.end() || !name->is_string())
    return fail("method: expected a name, found {}", name == spec.end() ? "nothing" : name->type_name());
  TRY_ASSIGN(const SpecMethod* method, needMethod(name->get_ref<const std::string&>()));
  const auto cases = spec.find("cases");
  if (cases == spec.end() || !cases->is_array())
    return fail("cases: expected an array, found {}", cases == spec.end() ? "nothing" : cases->type_name());
  Json out = spec;
  out["schema"] = kRouteSchema;
  out["version"] = kRouteVersion;
  for (size_t i = 0; i < cases->size(); ++i) {
    auto result = runCase(*method, (*cases)[i], SpecScalar::Double);
    if (!result) return failAt(casePlace((*cases)[i], i), result.error());
    Json& answered = out["cases"][i];
    answered.erase("expected");
    answered["result"] = std::move(*result);
  }
  return out;
}

}  // namespace core
