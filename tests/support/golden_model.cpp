#include "tests/support/golden_model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "core/base/json.h"
#include "core/model/loader.h"
#include "core/model/safetensors.h"
#include "tests/support/support.h"

namespace test {
namespace {

int64_t elements(const std::vector<int64_t>& shape) {
  int64_t product = 1;
  for (int64_t size : shape) product *= size;
  return product;
}

// "layers.3.router.ids" -> 3, "router.ids"
std::pair<int, std::string> splitName(const std::string& name) {
  if (!name.starts_with("layers.")) return {0, name};
  const size_t dot = name.find('.', 7);
  return {std::stoi(name.substr(7, dot - 7)), name.substr(dot + 1)};
}

}  // namespace

std::map<std::string, GoldenTensor> readGoldenTensors(const std::filesystem::path& path) {
  auto file = core::SafetensorsFile::open(path);
  if (!file) throw std::runtime_error(file.error().message);
  std::map<std::string, GoldenTensor> all;
  for (const core::SafetensorsEntry& entry : file->entries()) {
    GoldenTensor& tensor = all[entry.name];
    tensor.shape = entry.shape;
    const auto count = static_cast<size_t>(elements(entry.shape));
    if (core::typeName(entry) == "I64") {
      tensor.ints.resize(count);
      std::memcpy(tensor.ints.data(), file->data(entry), count * 8);
    } else {
      tensor.floats.resize(count);
      std::memcpy(tensor.floats.data(), file->data(entry), count * 4);
    }
  }
  return all;
}

std::vector<int32_t> GoldenModel::ids() const {
  const auto& values = expected.at("ids").ints;
  return {values.begin(), values.end()};
}

int GoldenModel::greedyTokens() const {
  const auto found = expected.find("greedy");
  return found == expected.end() ? 0 : static_cast<int>(found->second.ints.size());
}

std::vector<std::string> goldenModelNames() {
  return {"mistral-sliding",
          "mixtral-sharded",
          "olmoe-raw-topk",
          "openmoe-base",
          "qwen2_moe-gated-shared",
          "seed-7m",
          "qwen3_moe-head-dim",
          "qwen3_moe-v5-config",
          "deepseek-v1",
          "minicpm-moe",
          "granitemoe-multipliers",
          "granitemoeshared-ungated",
          "skywork-base",
          "llama4-nested",
          "llama4-step2",
          "grok1-hpcai",
          "grok1-keyfan",
          "gpt_oss-plain",
          "gpt_oss-mxfp4",
          "deepseek_v2-lite",
          "deepseek_v3-groups",
          "phimoe-longrope",
          "yuan-m32",
          "jetmoe-moa"};
}

std::vector<std::string> goldenOptionNames() {
  return {"options-qwen2_moe",        "options-mixtral",     "options-olmoe",       "options-mistral",
          "options-mistral-longrope", "options-deepseek_v2", "options-deepseek_v3", "options-phimoe"};
}

GoldenModel loadGoldenModel(const std::string& name) {
  GoldenModel golden;
  golden.name = name;
  const auto folder = fixture("models/" + name);
  const bool bundled = !std::filesystem::exists(folder / "config.json");
  auto model = core::loadModel(bundled ? asset("models/" + name) : folder, name);
  if (!model) throw std::runtime_error(model.error().message);
  golden.model = *model;
  golden.expected = readGoldenTensors(folder / "expected.safetensors");
  const auto facts = core::parseJson(readFile(folder / "expected.json"), "expected.json");
  golden.abs = (*facts)["tolerance"]["abs"];
  golden.rel = (*facts)["tolerance"]["rel"];
  return golden;
}

GoldenTensor fromTrace(const core::Trace& trace, const std::string& name) {
  GoldenTensor out;
  const int T = trace.promptTokens();
  if (name == "ids" || name == "greedy") {
    const auto& ids = trace.ids();
    out.ints.assign(name == "ids" ? ids.begin() : ids.begin() + T, name == "ids" ? ids.begin() + T : ids.end());
    out.shape = {static_cast<int64_t>(out.ints.size())};
    return out;
  }
  const auto [layer, hookName] = splitName(name);
  const auto hook = core::hookNamed(hookName);
  if (!hook) throw std::runtime_error("no hook is called " + hookName);
  out.floats = trace.gatherFloats(*hook, layer, 0, T);
  const std::vector<int32_t> ints = trace.gatherInts(*hook, layer, 0, T);
  out.ints.assign(ints.begin(), ints.end());
  const size_t size = out.floats.size() + out.ints.size();
  if (size == 0) throw std::runtime_error(name + " was not recorded");
  out.shape = {T, static_cast<int64_t>(size) / T};
  return out;
}

std::string differences(const std::string& name, const GoldenTensor& got, const GoldenTensor& expected, double abs,
                        double rel, double* worst) {
  if (got.shape != expected.shape || got.floats.size() != expected.floats.size() ||
      got.ints.size() != expected.ints.size()) {
    return name + ": another shape or type\n";
  }
  size_t differing = 0;
  for (size_t i = 0; i < expected.ints.size(); ++i) differing += got.ints[i] != expected.ints[i];
  if (differing > 0)
    return name + ": " + std::to_string(differing) + " of " + std::to_string(expected.ints.size()) + " differ\n";
  double largest = 0;
  for (float value : expected.floats) {
    if (std::isfinite(value)) largest = std::max(largest, static_cast<double>(std::fabs(value)));
  }
  double ratio = 0;
  size_t place = 0;
  for (size_t i = 0; i < expected.floats.size(); ++i) {
    const double a = got.floats[i], b = expected.floats[i];
    if (std::isinf(b) && a == b) continue;  // masked in both
    const double r = std::fabs(a - b) / (abs + rel * std::max(std::fabs(b), 0.05 * largest));
    if (!(r <= ratio)) {
      ratio = r;
      place = i;
    }
  }
  if (worst) *worst = std::max(*worst, ratio);
  if (ratio <= 1) return "";
  return name + "[" + std::to_string(place) + "]: expected " + std::to_string(expected.floats[place]) + ", got " +
         std::to_string(got.floats[place]) + ", " + std::to_string(ratio) + " x tolerance\n";
}

std::string compareWithGolden(const GoldenModel& golden, const core::Trace& trace, double* worst) {
  std::string all;
  for (const auto& [name, expected] : golden.expected) {
    all += differences(name, fromTrace(trace, name), expected, golden.abs, golden.rel, worst);
  }
  return all;
}

core::Result<std::unique_ptr<core::Session>> runGolden(const GoldenModel& golden,
                                                       const std::shared_ptr<core::Engine>& engine, int chunk) {
  core::RunRequest request;
  request.ids = golden.ids();
  request.generate = golden.greedyTokens();
  request.capture = core::Capture::Full;
  request.chunk = chunk;
  return core::Session::start(engine, request);
}

}  // namespace test
