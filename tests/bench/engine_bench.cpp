// engine_bench MODEL... [--threads N] [--prompt 512] [--generate 128] [--rounds 5] [--device cpu|gpu] [--capture LEVEL]
//
// Tokens a second of a prompt and of generation, medians over interleaved rounds after one warm-up, with the machine's own
// rates measured in the same run: a matrix product of the engine's core, and a read of memory that no cache holds. One
// JSON document on stdout. It asserts nothing; what is compared is stated in docs/MEASUREMENTS.md.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <numeric>

#include "core/engine/cpu_engine.h"
#include "core/engine/ops_fast.h"
#include "core/engine/run.h"
#include "core/model/loader.h"
#ifdef EXPERTSCOPE_HAS_GPU
#include "gpu/gpu.h"
#endif

namespace {

using Clock = std::chrono::steady_clock;

double seconds(Clock::time_point from) { return std::chrono::duration<double>(Clock::now() - from).count(); }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// GFLOP/s of y (512, 2048) = x (512, 2048) W^T in f32
double productRate(int threads) {
  core::fast::Machine machine(threads, 64);
  const std::vector<float> w(2048 * 2048, 0.5f), x(512 * 2048, 0.25f);
  std::vector<float> y(512 * 2048);
  core::Linear linear;
  linear.weight = {reinterpret_cast<const std::byte*>(w.data()), core::DType::F32, {2048, 2048}};
  const core::fast::Matrix matrix = core::fast::matrixOf(linear);
  const core::fast::Product jobs[] = {{&matrix, x.data(), y.data(), 512}};
  std::vector<double> rates;
  for (int round = 0; round < 6; ++round) {
    const auto start = Clock::now();
    core::fast::products(machine, jobs);
    if (round > 0) rates.push_back(2.0 * 512 * 2048 * 2048 / seconds(start) * 1e-9);
  }
  return median(rates);
}

// GB/s of one row of x against 256 MiB of weights
double readRate(int threads) {
  core::fast::Machine machine(threads, 64);
  const std::vector<float> w(size_t{32768} * 2048, 0.5f), x(2048, 0.25f);
  std::vector<float> y(32768);
  core::Linear linear;
  linear.weight = {reinterpret_cast<const std::byte*>(w.data()), core::DType::F32, {32768, 2048}};
  const core::fast::Matrix matrix = core::fast::matrixOf(linear);
  const core::fast::Product jobs[] = {{&matrix, x.data(), y.data(), 1}};
  std::vector<double> rates;
  for (int round = 0; round < 6; ++round) {
    const auto start = Clock::now();
    core::fast::products(machine, jobs);
    if (round > 0) rates.push_back(static_cast<double>(w.size()) * 4 / seconds(start) * 1e-9);
  }
  return median(rates);
}

struct Options {
  std::vector<std::string> models;
  int threads = 2, prompt = 512, generate = 128, rounds = 5;
  std::string device = "cpu";
  core::Capture capture = core::Capture::Routing;
};

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if (!arg.starts_with("--")) {
      options.models.push_back(arg);
      continue;
    }
    if (i + 1 >= argc) return false;
    const std::string value = argv[++i];
    if (arg == "--threads") options.threads = std::stoi(value);
    else if (arg == "--prompt") options.prompt = std::stoi(value);
    else if (arg == "--generate") options.generate = std::stoi(value);
    else if (arg == "--rounds") options.rounds = std::stoi(value);
    else if (arg == "--device") options.device = value;
    else if (arg == "--capture")
      options.capture = value == "none"     ? core::Capture::None
                        : value == "ledger" ? core::Capture::Ledger
                        : value == "full"   ? core::Capture::Full
                                            : core::Capture::Routing;
    else return false;
  }
  return !options.models.empty();
}

core::Result<std::shared_ptr<core::Engine>> engineFor(const Options& options, std::shared_ptr<const core::Model> model) {
  if (options.device == "cpu") return core::makeCpuEngine(std::move(model), options.threads);
#ifdef EXPERTSCOPE_HAS_GPU
  return gpu::makeGpuEngine(std::move(model));
#else
  return core::fail("built without the GPU engine");
#endif
}

struct Rates {
  std::shared_ptr<core::Engine> engine;
  std::vector<double> prompt, generate;
};

core::Status measure(const Options& options, Rates& rates, bool count) {
  core::RunRequest request;
  request.capture = options.capture;
  for (int i = 0; i < options.prompt; ++i) request.ids.push_back((i * 7919 + 13) % rates.engine->model().config.vocabulary);
  const auto start = Clock::now();
  TRY_ASSIGN(const auto session, core::Session::start(rates.engine, request));
  const double prompt = seconds(start);
  const auto middle = Clock::now();
  if (options.generate > 0) TRY_STATUS(session->generate(options.generate));
  if (!count) return {};
  rates.prompt.push_back(options.prompt / prompt);
  if (options.generate > 0) rates.generate.push_back(options.generate / seconds(middle));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    fmt::print(stderr, "usage: engine_bench MODEL... [--threads N] [--prompt N] [--generate N] [--rounds N] [--device cpu|gpu] "
                       "[--capture none|routing|ledger|full]\n");
    return 2;
  }
  std::vector<Rates> all;
  for (const std::string& path : options.models) {
    auto model = core::loadModel(path);
    auto engine = model ? engineFor(options, *model) : tl::unexpected(model.error());
    if (!engine) {
      fmt::print(stderr, "{}\n", engine.error().message);
      return 1;
    }
    all.push_back({*engine, {}, {}});
  }
  for (int round = 0; round <= options.rounds; ++round) {
    for (Rates& rates : all) {
      if (auto status = measure(options, rates, round > 0); !status) {
        fmt::print(stderr, "{}\n", status.error().message);
        return 1;
      }
    }
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("{{\"threads\": {}, \"prompt_tokens\": {}, \"generated_tokens\": {}, \"rounds\": {},\n \"product_gflops\": {:.1f}, \"read_gbs\": {:.1f}, "
             "\"peak_mib\": {:.0f},\n \"models\": [",
             options.threads, options.prompt, options.generate, options.rounds, productRate(options.threads),
             readRate(options.threads), static_cast<double>(usage.ru_maxrss) / 1024);
  for (size_t i = 0; i < all.size(); ++i) {
    fmt::print("{}\n  {{\"model\": \"{}\", \"kernels\": \"{}\", \"prompt\": {:.1f}, \"generate\": {:.1f}}}", i ? "," : "",
               all[i].engine->model().name, all[i].engine->info().kernels, median(all[i].prompt),
               all[i].generate.empty() ? 0.0 : median(all[i].generate));
  }
  fmt::print("]}}\n");
  return 0;
}
