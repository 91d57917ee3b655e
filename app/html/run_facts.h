// Where the numbers of a run come from, in words a person reads: for pages and pictures.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/trace/trace.h"

namespace app {

// ("Program", "Expertscope 0.1.0"), ("Model", "seed-7m (1f3a...)"), ... Texts of models and users come as they are.
std::vector<std::pair<std::string, std::string>> runFacts(const core::Trace& trace);

// The same in one line, without the prompt's own text.
std::string provenanceLine(const core::Trace& trace);

// "seed-7m: The cat sat" - what a picture is called.
std::string runTitle(const core::Trace& trace);

}  // namespace app
