#include "core/snapshot/provenance.h"

#include <algorithm>

#include "core/trace/run_info_json.h"

namespace core {

nlohmann::json provenance(const Trace& trace, const SnapshotOptions& options) {
  const RunInfo& info = trace.info();
  nlohmann::json json = toJson(info);
  json["schema"] = kTraceSchema;
  json["version"] = kTraceVersion;
  json["model"]["family"] = info.config->family;
  json["capacity"]["kind"] = !info.capacity.active ? "none" : info.capacity.simulated ? "simulated" : "exact";

  const auto prompt = std::min<ptrdiff_t>(trace.promptTokens(), trace.length());
  const auto& ids = trace.ids();
  const auto& texts = trace.texts();
  if (options.withPrompt) {
    json["ids"] = std::vector<int32_t>(ids.begin(), ids.begin() + prompt);
    json["texts"] = std::vector<std::string>(texts.begin(), texts.begin() + prompt);
  } else {
    for (const char* key : {"prompt", "ids", "texts"}) json[key] = nullptr;
  }
  json["generated_ids"] = std::vector<int32_t>(ids.begin() + prompt, ids.end());
  json["generated_texts"] = std::vector<std::string>(texts.begin() + prompt, texts.end());
  json.update(options.extra);
  return json;
}

}  // namespace core
