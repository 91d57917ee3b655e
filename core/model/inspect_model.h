// The part of `expertscope inspect` that is about a model, whatever kind of file it came from.
#pragma once

#include "core/model/inspect.h"
#include "core/model/model.h"

namespace core {

// Family, sizes, what would be run, layer by layer, where implementations differ.
void addConfig(const ModelConfig& config, Inspection& result);

// Name, hash, parameters, the config, what it costs, the tokenizer, the chat template of a folder.
void addModel(const Model& model, Inspection& result);

}  // namespace core
