// The last step of encoding: special tokens put before and behind. Kinds: TemplateProcessing (its `single` form),
// BertProcessing, RobertaProcessing, ByteLevel (which only trims offsets and so does nothing here), Sequence.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace core {

struct PostProcessor {
  std::vector<int32_t> before, behind;
  bool empty() const { return before.empty() && behind.empty(); }
};

// Null gives an empty one. Errors: an unknown kind, a wrong member, a template that names a special token which is not
// listed, or that does not hold the text exactly once.
Result<PostProcessor> makePostProcessor(const nlohmann::json& spec, const std::string& place);

}  // namespace core
