// A run as a table that a person can read: a line for each token at one layer.
#pragma once

#include <string>

#include "app/cli/console.h"
#include "core/text/tokenizer.h"
#include "core/trace/trace.h"

namespace app {

struct TableOptions {
  int layer = 0;
  Styles styles;
  int columns = 0;  // of the terminal, 0: as wide as it needs
};

// The first layer with experts, -1 if there is none.
int firstExpertLayer(const core::ModelConfig& config);

// `tokenizer` may be null; it names predicted tokens.
std::string traceTable(const core::Trace& trace, const core::Tokenizer* tokenizer, const TableOptions& options);

}  // namespace app
