// The config of a model in GGUF: metadata, turned into what the family's config.json would say and read by the family's
// own reader, and then what the tensors say that no key does.
#pragma once

#include <nlohmann/json.hpp>

#include "core/model/families/gguf_arch.h"
#include "core/model/weight_files.h"

namespace core {

struct GgufConfig {
  const GgufArch* arch = nullptr;
  Family family;  // with the tensor names of the architecture
  FamilyConfig config;
  nlohmann::json document;  // as config.json
};

// `files`: for the tensors that say what no key does. Errors: an architecture that is not run, with the list; a key
// that is missing or wrong.
Result<GgufConfig> readGgufConfig(const GgufHeader& header, const WeightFiles& files);

}  // namespace core
