#include "app/cli/push_text.h"

#include <fmt/format.h>

#include <cmath>

namespace app {
namespace {

using Json = nlohmann::json;

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

}  // namespace

core::Result<nlohmann::json> pushDocument(const core::Trace& trace, const core::Policy& policy, int layer, int token) {
  TRY_ASSIGN(const std::vector<core::LayerPush> all, core::pushesOf(trace, layer));
  const auto E = static_cast<size_t>(trace.config().router.experts), at = static_cast<size_t>(token) * E;
  Json document = {{"layer", layer}, {"token", token}, {"losses", Json::array()}, {"weights", Json::array()}};
  for (const core::LayerPush& push : all) {
    const core::PushInfo& info = core::pushInfo(push.push);
    Json values = Json::array();
    for (size_t e = 0; e < E; ++e) values.push_back(finite(push.value.at(at + e)));
    document["losses"].push_back({{"name", info.name},
                                  {"unit", info.unit},
                                  {"formula", info.formula},
                                  {"loss", finite(push.loss)},
                                  {"reference", finite(push.reference)},
                                  {"values", std::move(values)}});
  }
  const auto ids = trace.ints(core::Hook::RouterIds, layer, token);
  for (size_t rank = 0; rank < ids.size() && ids[rank] >= 0; ++rank) {
    const auto push = core::weightPush(trace, policy, layer, token, static_cast<int>(rank));
    document["weights"].push_back({{"name", core::kWeightPushName},
                                   {"unit", core::kWeightPushUnit},
                                   {"expert", ids[rank]},
                                   {"rank", rank},
                                   {"values", push ? Json(*push) : Json(nullptr)},
                                   {"why_not", push ? Json(nullptr) : Json(push.error().message)}});
  }
  return document;
}

std::string pushTable(const nlohmann::json& push) {
  std::string text = fmt::format("\npush at L{}, token {}: minus the derivative by each expert's logit\n",
                                 push["layer"].get<int>(), push["token"].get<int>());
  const auto row = [&](const std::string& name, const Json& values) {
    text += fmt::format("{:<26}", name);
    for (const Json& value : values)
      text += value.is_null() ? "         -" : fmt::format(" {:+9.2e}", value.get<double>());
    text += "\n";
  };
  for (const Json& one : push["losses"]) row(one["name"].get<std::string>(), one["values"]);
  for (const Json& one : push["weights"]) {
    const std::string name = fmt::format("{} of {}", one["name"].get<std::string>(), one["expert"].get<int>());
    if (one["values"].is_null()) {
      text += fmt::format("{:<26} {}\n", name, one["why_not"].get<std::string>());
    } else {
      row(name, one["values"]);
    }
  }
  return text;
}

}  // namespace app
