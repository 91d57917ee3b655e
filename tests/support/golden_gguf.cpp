#include "tests/support/golden_gguf.h"

#include <stdexcept>

#include "core/base/json.h"
#include "core/model/loader.h"
#include "tests/support/support.h"

namespace test {

std::vector<std::string> goldenGgufNames() {
  return {"llama/model",
          "llama/model-split-experts",
          "olmoe/model",
          "qwen2moe/model",
          "qwen3moe/model",
          "granitemoe/model",
          "gpt-oss/model",
          "llama/model-q8_0",
          "qwen2moe/model-q8_0",
          "gpt-oss/model-mxfp4",
          "deepseek2/model",
          "deepseek2/model-unsplit-kv-b",
          "deepseek2/model-fused-gate-up"};
}

GoldenModel loadGoldenGguf(const std::string& name) {
  GoldenModel golden;
  golden.name = name;
  const std::filesystem::path file = fixture("gguf/models/" + name + ".gguf");
  auto model = core::loadModel(file);
  if (!model) throw std::runtime_error(model.error().message);
  golden.model = *model;
  // A quantised file has expectations of its own.
  std::string stem = "expected";
  for (const char* type : {"q8_0", "mxfp4"}) {
    if (name.ends_with(type)) stem += std::string("-") + type;
  }
  golden.expected = readGoldenTensors(file.parent_path() / (stem + ".safetensors"));
  const auto facts = core::parseJson(readFile(file.parent_path() / (stem + ".json")), "expected.json");
  golden.abs = (*facts)["tolerance"]["abs"];
  golden.rel = (*facts)["tolerance"]["rel"];
  return golden;
}

}  // namespace test
