// engine_bench MODEL... [--threads 1,2,4] [--capture none,routing,ledger] [--prompt 512] [--generate 128] [--rounds 5]
//              [--device cpu|gpu] [--compare FILE] [--rates 0]
//
// Tokens a second of a prompt and of generation, medians over interleaved rounds after one warm-up: a round runs every
// model with every number of threads and every capture level once. Beside them the machine's own rates, measured in the
// same run (unless --rates 0): a matrix product of the engine's core, and a read of memory that no cache holds.
// `prompt_gflops` counts the matrix products and the attention of the prompt with logits for all tokens, `generate_gbs`
// the weights that a token reads. One JSON document on stdout; --compare adds the ratio to an earlier one. It asserts
// nothing.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/engine/cpu_engine.h"
#include "core/engine/ops_fast.h"
#include "core/engine/run.h"
#include "core/model/loader.h"
#ifdef EXPERTSCOPE_HAS_GPU
#include "gpu/gpu.h"
#endif

namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;

double seconds(Clock::time_point from) { return std::chrono::duration<double>(Clock::now() - from).count(); }

// Of all threads of this process: on a loaded machine, with one thread, it says more than the clock on the wall.
double processorSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double largest(const std::vector<double>& values) {
  return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
}

// Seconds of y (T, out) = x (T, in) W^T in f32, median of five
double productSeconds(int threads, int T, int64_t in, int64_t out) {
  core::fast::Machine machine(threads, 64);
  const std::vector<float> w(static_cast<size_t>(in * out), 0.5f), x(static_cast<size_t>(T * in), 0.25f);
  std::vector<float> y(static_cast<size_t>(T * out));
  core::Linear linear;
  linear.weight = {reinterpret_cast<const std::byte*>(w.data()), core::DType::F32, {out, in}};
  const core::fast::Matrix matrix = core::fast::matrixOf(linear);
  const core::fast::Product jobs[] = {{&matrix, x.data(), y.data(), T}};
  std::vector<double> times;
  for (int round = 0; round < 6; ++round) {
    const auto start = Clock::now();
    core::fast::products(machine, jobs);
    if (round > 0) times.push_back(seconds(start));
  }
  return median(times);
}

struct Options {
  std::vector<std::string> models;
  std::vector<int> threads = {2};
  std::vector<std::string> captures = {"routing"};
  int prompt = 512, generate = 128, rounds = 5, rates = 1;
  std::string device = "cpu", compare;
};

std::vector<std::string> listOf(const std::string& text) {
  std::vector<std::string> all;
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    all.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return all;
}

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if (!arg.starts_with("--")) {
      options.models.push_back(arg);
      continue;
    }
    if (i + 1 >= argc) return false;
    const std::string value = argv[++i];
    if (arg == "--threads") {
      options.threads.clear();
      for (const std::string& part : listOf(value)) options.threads.push_back(std::atoi(part.c_str()));
    } else if (arg == "--capture") {
      options.captures = listOf(value);
    } else if (arg == "--prompt") {
      options.prompt = std::atoi(value.c_str());
    } else if (arg == "--generate") {
      options.generate = std::atoi(value.c_str());
    } else if (arg == "--rounds") {
      options.rounds = std::atoi(value.c_str());
    } else if (arg == "--rates") {
      options.rates = std::atoi(value.c_str());
    } else if (arg == "--device") {
      options.device = value;
    } else if (arg == "--compare") {
      options.compare = value;
    } else {
      return false;
    }
  }
  return !options.models.empty() && options.prompt > 0;
}

core::Capture captureNamed(const std::string& name) {
  return name == "none"     ? core::Capture::None
         : name == "ledger" ? core::Capture::Ledger
         : name == "full"   ? core::Capture::Full
                            : core::Capture::Routing;
}

core::Result<std::shared_ptr<core::Engine>> engineFor(const Options& options, std::shared_ptr<const core::Model> model,
                                                      int threads) {
  if (options.device == "cpu") return core::makeCpuEngine(std::move(model), threads);
#ifdef EXPERTSCOPE_HAS_GPU
  return gpu::makeGpuEngine(std::move(model));
#else
  return core::fail("built without the GPU engine");
#endif
}

// Weights that one token meets, in matrices.
struct Active {
  double elements = 0, bytes = 0;
  void add(const core::Linear& linear, double share = 1) {
    if (!linear.weight) return;
    elements += share * static_cast<double>(linear.weight.elements());
    bytes += share * static_cast<double>(linear.weight.bytes());
  }
  void add(const core::Mlp& mlp, double share = 1) {
    add(mlp.gate, share);
    add(mlp.up, share);
    add(mlp.down, share);
  }
};

Active activeOf(const core::Model& model) {
  Active active;
  for (const core::LayerWeights& layer : model.weights.layer) {
    for (const core::Linear* linear :
         {&layer.query, &layer.key, &layer.value, &layer.output, &layer.router, &layer.sharedGate})
      active.add(*linear);
    active.add(layer.shared);
    active.add(layer.dense);
    const double share = layer.experts.empty() ? 0
                                               : static_cast<double>(model.config.router.chosen) /
                                                     static_cast<double>(layer.experts.size());
    for (const core::Mlp& expert : layer.experts) active.add(expert, share);
  }
  active.add(model.weights.output);
  return active;
}

struct Variant {
  std::shared_ptr<core::Engine> engine;
  int threads;
  std::string capture;
  std::vector<double> prompt, generate, promptProcessor, generateProcessor;

  core::Status measure(const Options& options, bool count) {
    core::RunRequest request;
    request.capture = captureNamed(capture);
    for (int i = 0; i < options.prompt; ++i)
      request.ids.push_back(static_cast<int32_t>((i * int64_t{7919} + 13) % engine->model().config.vocabulary));
    const double processor = processorSeconds();
    const auto start = Clock::now();
    TRY_ASSIGN(const auto session, core::Session::start(engine, request));
    const double promptSeconds = seconds(start), promptProcessorSeconds = processorSeconds() - processor;
    const auto middle = Clock::now();
    if (options.generate > 0) TRY_STATUS(session->generate(options.generate));
    if (!count) return {};
    const double generateSeconds = seconds(middle);
    prompt.push_back(options.prompt / promptSeconds);
    promptProcessor.push_back(options.prompt / promptProcessorSeconds);
    if (options.generate == 0) return {};
    generate.push_back(options.generate / generateSeconds);
    generateProcessor.push_back(options.generate / (processorSeconds() - processor - promptProcessorSeconds));
    return {};
  }

  Json report(const Options& options) const {
    const core::ModelConfig& config = engine->model().config;
    const Active active = activeOf(engine->model());
    const double attention =
        4.0 * config.layers * config.attention.heads * config.attention.headDim * (options.prompt + 1) / 2;
    return {{"model", engine->model().name},
            {"kernels", engine->info().kernels},
            {"threads", threads},
            {"capture", capture},
            {"prompt", median(prompt)},
            {"prompt_best", largest(prompt)},
            {"prompt_a_processor_second", median(promptProcessor)},
            {"prompt_gflops", median(prompt) * (2 * active.elements + attention) * 1e-9},
            {"generate", median(generate)},
            {"generate_best", largest(generate)},
            {"generate_a_processor_second", median(generateProcessor)},
            {"generate_gbs", median(generate) * active.bytes * 1e-9}};
  }
};

// Ratios of this run's figures to those of the same model, threads and capture in an earlier document.
Json compared(const Json& now, const Json& before) {
  Json all = Json::array();
  for (const Json& row : now) {
    for (const Json& old : before) {
      if (old.value("model", "") != row["model"] || old.value("threads", 0) != row["threads"] ||
          old.value("capture", "") != row["capture"])
        continue;
      Json ratios = {{"model", row["model"]}, {"threads", row["threads"]}, {"capture", row["capture"]}};
      for (const char* key : {"prompt", "generate"}) {
        if (old.value(key, 0.0) > 0) ratios[key] = row[key].get<double>() / old[key].get<double>();
      }
      all.push_back(std::move(ratios));
    }
  }
  return all;
}

core::Status run(const Options& options, std::vector<Variant>& all) {
  for (const std::string& path : options.models) {
    TRY_ASSIGN(const auto model, core::loadModel(path));
    for (const int threads : options.threads) {
      TRY_ASSIGN(const auto engine, engineFor(options, model, threads));
      for (const std::string& capture : options.captures) all.push_back({engine, threads, capture, {}, {}, {}, {}});
    }
  }
  for (int round = 0; round <= options.rounds; ++round) {
    for (Variant& variant : all) TRY_STATUS(variant.measure(options, round > 0));
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    fmt::print(stderr,
               "usage: engine_bench MODEL... [--threads N,N] [--capture none,routing,ledger,full] [--prompt N] "
               "[--generate N]\n"
               "                    [--rounds N] [--device cpu|gpu] [--compare FILE] [--rates 0|1]\n");
    return 2;
  }
  Json before;
  if (!options.compare.empty()) {
    std::ifstream file(options.compare);
    before = Json::parse(file, nullptr, false);
    if (!before.is_object() || !before.contains("models")) {
      fmt::print(stderr, "{}: expected the JSON of an earlier engine_bench\n", options.compare);
      return 1;
    }
  }
  std::vector<Variant> all;
  if (const core::Status status = run(options, all); !status) {
    fmt::print(stderr, "{}\n", status.error().message);
    return 1;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const int most = *std::max_element(options.threads.begin(), options.threads.end());
  Json document = {{"device", options.device},
                   {"prompt_tokens", options.prompt},
                   {"generated_tokens", options.generate},
                   {"rounds", options.rounds},
                   {"peak_mib", static_cast<double>(usage.ru_maxrss) / 1024},
                   {"models", Json::array()}};
  if (options.rates) {
    document["product_gflops"] = 2.0 * 512 * 2048 * 2048 / productSeconds(most, 512, 2048, 2048) * 1e-9;
    document["read_gbs"] = 32768.0 * 2048 * 4 / productSeconds(most, 1, 2048, 32768) * 1e-9;
  }
  for (const Variant& variant : all) document["models"].push_back(variant.report(options));
  if (!before.is_null()) document["compared"] = compared(document["models"], before["models"]);
  fmt::print("{}\n", document.dump(1));
  return 0;
}
