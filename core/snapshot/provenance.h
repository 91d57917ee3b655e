// Where the numbers of a snapshot come from: program, model, engine, prompt, sampling, capture and capacity, the same
// keys in every format.
#pragma once

#include <nlohmann/json.hpp>

#include "core/snapshot/tensors.h"

namespace core {

inline constexpr std::string_view kTraceSchema = "expertscope.trace";
inline constexpr int kTraceVersion = 1;

// The keys of core/trace/run_info_json.h, and `schema`, `version`, `ids` and `texts` of the prompt, `generated_ids` and
// `generated_texts`, model.family, and capacity.kind: "none", "exact" (the model itself drops) or "simulated".
// Without the prompt, `prompt`, `ids` and `texts` are null; what was generated is a result and stays.
nlohmann::json provenance(const Trace& trace, const SnapshotOptions& options = {});

}  // namespace core
