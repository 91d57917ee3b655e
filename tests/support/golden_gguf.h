// Whole models in GGUF among the golden fixtures.
#pragma once

#include "tests/support/golden_model.h"

namespace test {

// Files under tests/fixtures/gguf/models, without their ending: "llama/model-q8_0".
std::vector<std::string> goldenGgufNames();
GoldenModel loadGoldenGguf(const std::string& name);

}  // namespace test
