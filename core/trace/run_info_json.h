// RunInfo and ModelConfig as JSON: what the session database and the snapshot files keep beside the numbers. Reading
// takes the document for untrusted: every type, enum name and size is checked, nothing is allocated from a claimed
// size, and the error names the place, what was expected and what was found. A missing key keeps its default, so that
// older documents still open; unknown keys are ignored, so that newer ones do.
//
//   {"program_version": "0.1.0", "model": {"name": ..., "path": ..., "hash": ...}, "engine": {"engine": "cpu", ...},
//    "prompt": "text" or null, "chat": "chatml" where it was wrapped as one, "prompt_tokens": 5, "special_tokens": 1, "sampling": {...}, "capture": "ledger",
//    "capacity": {...}, "config": {"family": ..., "width": 256, "router": {...}, "layer": [{...}, ...], ...}}
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/trace/trace.h"

namespace core {

nlohmann::json toJson(const ModelConfig& config);
nlohmann::json toJson(const RunInfo& info);  // without "config" if info has none

// Single parts, for documents of another layout.
nlohmann::json toJson(const Sampling& sampling);
nlohmann::json toJson(const CapacityOptions& capacity);
nlohmann::json toJson(const EngineInfo& engine);
std::string_view captureName(Capture capture);  // none, routing, ledger, full

// `place` names the file and the part of it in messages. The config is always there and within the limits of config.h,
// with as many layer rows as layers, K <= E; promptTokens and specialTokens are not negative.
Result<ModelConfig> modelConfigFromJson(const nlohmann::json& json, std::string_view place);
Result<RunInfo> runInfoFromJson(const nlohmann::json& json, std::string_view place);

// The document as compact UTF-8 text; bytes that are not UTF-8 become U+FFFD. Never throws.
std::string jsonText(const nlohmann::json& json);

}  // namespace core
