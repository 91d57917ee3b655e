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
    METHOD("balanced-assignment", specBalancedAssignment),
    METHOD("bias-update", specBiasUpdate),
    METHOD("capacity-rules", specCapacityRules),
    METHOD("cosine-router", specCosineRouter),
    METHOD("differentiable-topk", specDifferentiableTopk),
    METHOD("dispatch", specDispatch),
    METHOD("dselect-k", specDselectK),
    METHOD("expert-choice", specExpertChoice),
    METHOD("global-choice", specGlobalChoice),
    METHOD("grouped-topk", specGroupedTopk),
    METHOD("gumbel", specGumbel),
    METHOD("hash-router", specHashRouter),
    METHOD("llama4-router", specLlama4Router),
    METHOD("loss-balance", specLossBalance),
    METHOD("loss-balance-groups", specLossBalanceGroups),
    METHOD("loss-balance-layers", specLossBalanceLayers),
    METHOD("loss-deepseek", specLossDeepseek),
    METHOD("loss-importance-load", specLossImportanceLoad),
    METHOD("loss-mi-entropy", specLossMiEntropy),
    METHOD("loss-z", specLossZ),
    METHOD("metrics-coactivation", specMetricsCoactivation),
    METHOD("metrics-drops", specMetricsDrops),
    METHOD("metrics-jensen-shannon", specMetricsJensenShannon),
    METHOD("metrics-load", specMetricsLoad),
    METHOD("metrics-saturation", specMetricsSaturation),
    METHOD("noisy-topk", specNoisyTopk),
    METHOD("null-drop-curve", specNullDropCurve),
    METHOD("reinforce", specReinforce),
    METHOD("relu-router", specReluRouter),
    METHOD("sinkhorn", specSinkhorn),
    METHOD("skywork-norm", specSkyworkNorm),
    METHOD("soft-moe", specSoftMoe),
    METHOD("softmax-router", specSoftmaxRouter),
    METHOD("sparsemixer", specSparseMixer),
    METHOD("straight-through", specStraightThrough),
    METHOD("token-choice", specTokenChoice),
    METHOD("top-p", specTopP),
    METHOD("yuan-attention-router", specYuanAttentionRouter),
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

// Without the gradient that arrives there is none that leaves, but for those of a method's own losses.
void leaveGradientsOpen(Json& result) {
  constexpr std::array kOfLosses = {"grad_importance", "grad_load", "grad_loss", "grad_entropy", "grad_unreachable"};
  for (auto& [key, value] : result.items()) {
    const std::string& name = key;
    const bool ofLoss =
        std::any_of(kOfLosses.begin(), kOfLosses.end(), [&](const char* s) { return name.starts_with(s); });
    if (name.starts_with("grad_") && !ofLoss) value = nullptr;
  }
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
  Result<Json> result = scalar == SpecScalar::Double ? method.inDouble(in) : method.inFloat(in);
  if (result && in.lacksUpstream()) leaveGradientsOpen(*result);
  return result;
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
  names.reserve(kMethods.size());
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
