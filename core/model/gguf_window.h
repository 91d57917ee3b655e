// How far the layers of a model in GGUF see: attention.sliding_window (a number, 0: everything) and, where layers
// differ, attention.sliding_window_pattern: a truth value a layer, or a number n, by which every n-th layer sees
// everything (0: none does). Source: llama.cpp, set_swa_pattern in src/llama-hparams.cpp. In Llama 4 the number is the
// length of its chunks, and the layers of the pattern are those that rotate.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "core/model/families/gguf_arch.h"
#include "core/model/gguf.h"

namespace core {

// The n by which the pattern can be said, in llama.cpp the only form these architectures know; none: no n does.
std::optional<int> periodOf(const std::vector<bool>& pattern);
int silentPeriod(GgufWindow kind);  // where the file has no pattern

// Which layers the number holds for.
std::vector<bool> windowPattern(GgufWindow kind, const ModelConfig& model);

// Turns both keys into what the family's config.json would say. Nothing where the file has no number: the
// architecture's fixed words hold then. `place` begins a message. Errors: no such number; a pattern that is not one of
// `layers` layers; layers that differ where the family's do not.
Status putGgufWindow(const GgufHeader& header, const GgufArch& arch, int layers, const std::string& place,
                     nlohmann::json& document);

// Adds where llama.cpp runs such a file otherwise.
void nameGgufWindow(const GgufArch& arch, ModelConfig& model);

}  // namespace core
