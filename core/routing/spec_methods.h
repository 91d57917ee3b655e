// The handlers behind routeSpec, one per golden routing file; spec.cpp has the table. Each reads a case, calls the
// functions an engine calls, and writes the result keys of its file. Instantiated for float and double.
#pragma once

#include <nlohmann/json.hpp>

#include "core/base/result.h"
#include "core/routing/spec_case.h"

namespace core {

using SpecHandler = Result<nlohmann::json> (*)(SpecCase&);

// spec_choice.cpp
template <class S>
Result<nlohmann::json> specSoftmaxRouter(SpecCase& in);
template <class S>
Result<nlohmann::json> specTokenChoice(SpecCase& in);
// spec_dispatch.cpp
template <class S>
Result<nlohmann::json> specDispatch(SpecCase& in);
template <class S>
Result<nlohmann::json> specCapacityRules(SpecCase& in);
// spec_metrics.cpp
template <class S>
Result<nlohmann::json> specMetricsLoad(SpecCase& in);
template <class S>
Result<nlohmann::json> specMetricsDrops(SpecCase& in);
template <class S>
Result<nlohmann::json> specNullDropCurve(SpecCase& in);

// spec_assignment.cpp
template <class S>
Result<nlohmann::json> specExpertChoice(SpecCase& in);
template <class S>
Result<nlohmann::json> specGlobalChoice(SpecCase& in);
template <class S>
Result<nlohmann::json> specBalancedAssignment(SpecCase& in);
template <class S>
Result<nlohmann::json> specSinkhorn(SpecCase& in);
// spec_grouped.cpp
template <class S>
Result<nlohmann::json> specGroupedTopk(SpecCase& in);
template <class S>
Result<nlohmann::json> specBiasUpdate(SpecCase& in);
// spec_balance.cpp
template <class S>
Result<nlohmann::json> specLossBalance(SpecCase& in);
template <class S>
Result<nlohmann::json> specLossBalanceLayers(SpecCase& in);
template <class S>
Result<nlohmann::json> specLossBalanceGroups(SpecCase& in);
template <class S>
Result<nlohmann::json> specLossDeepseek(SpecCase& in);
// spec_loss.cpp
template <class S>
Result<nlohmann::json> specLossZ(SpecCase& in);
template <class S>
Result<nlohmann::json> specLossImportanceLoad(SpecCase& in);
template <class S>
Result<nlohmann::json> specLossMiEntropy(SpecCase& in);
// spec_routers.cpp
template <class S>
Result<nlohmann::json> specLlama4Router(SpecCase& in);
template <class S>
Result<nlohmann::json> specSparseMixer(SpecCase& in);
template <class S>
Result<nlohmann::json> specSkyworkNorm(SpecCase& in);
template <class S>
Result<nlohmann::json> specTopP(SpecCase& in);
template <class S>
Result<nlohmann::json> specReluRouter(SpecCase& in);
template <class S>
Result<nlohmann::json> specHashRouter(SpecCase& in);
// spec_learned.cpp
template <class S>
Result<nlohmann::json> specYuanAttentionRouter(SpecCase& in);
template <class S>
Result<nlohmann::json> specCosineRouter(SpecCase& in);
template <class S>
Result<nlohmann::json> specSoftMoe(SpecCase& in);
template <class S>
Result<nlohmann::json> specDselectK(SpecCase& in);
// spec_estimators.cpp
template <class S>
Result<nlohmann::json> specNoisyTopk(SpecCase& in);
template <class S>
Result<nlohmann::json> specGumbel(SpecCase& in);
template <class S>
Result<nlohmann::json> specStraightThrough(SpecCase& in);
template <class S>
Result<nlohmann::json> specReinforce(SpecCase& in);
template <class S>
Result<nlohmann::json> specDifferentiableTopk(SpecCase& in);
// spec_comparisons.cpp
template <class S>
Result<nlohmann::json> specMetricsCoactivation(SpecCase& in);
template <class S>
Result<nlohmann::json> specMetricsSaturation(SpecCase& in);
template <class S>
Result<nlohmann::json> specMetricsJensenShannon(SpecCase& in);

}  // namespace core

#define INSTANTIATE_SPEC(handler)                            \
  template Result<nlohmann::json> handler<float>(SpecCase&); \
  template Result<nlohmann::json> handler<double>(SpecCase&);
