// lab_bench [MODEL] [tokens]: what the closed loop costs on a model, the bundled one if none is named, as shares of a
// plain run of the same tokens (routing recorded, two threads, medians of rounds that take turns), and how far a
// changed run on the GPU is from the CPU's, largest share of each golden model's tolerance. It asserts nothing.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "core/engine/close_calls.h"
#include "core/engine/cpu_engine.h"
#include "core/engine/intervened_run.h"
#include "core/engine/knockout.h"
#include "core/model/catalog.h"
#include "core/model/loader.h"
#include "tests/support/golden_model.h"
#ifdef EXPERTSCOPE_HAS_GPU
#include "gpu/gpu.h"
#endif

namespace {

using core::Intervention;
using Kind = core::InterventionKind;
using Clock = std::chrono::steady_clock;

constexpr int kRounds = 7;

Intervention change(Kind kind, int expert, double factor = 1, int from = 0) {
  Intervention i;
  i.kind = kind;
  i.expert = i.k = expert;
  i.factor = factor;
  i.fromToken = from;
  return i;
}

template <class T>
T must(core::Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "lab_bench: {}\n", result.error().message);
  std::exit(1);
}

class Costs {
 public:
  Costs(std::shared_ptr<const core::Model> model, int tokens)
      : m_model(std::move(model)), m_engine(must(core::makeCpuEngine(m_model, 2))) {
    for (int t = 0; t < tokens; ++t) m_run.ids.push_back(3 + t * 37 % (m_model->config.vocabulary - 3));
    m_run.capture = core::Capture::Routing;
  }

  void measure() {
    const int tokens = static_cast<int>(m_run.ids.size()), last = tokens - 1;
    const auto session = must(core::Session::start(m_engine, m_run));
    core::KnockoutRequest everything;
    everything.token = last;
    for (int l = 0; l < m_model->config.layers; ++l) {
      if (m_model->config.layer[static_cast<size_t>(l)].moe) everything.layers.push_back(l);
    }
    core::KnockoutRequest here = everything;
    here.onlyToken = true;
    int64_t allRuns = 0, hereRuns = 0, flips = 0, decisions = 0;
    for (int round = 0; round < kRounds; ++round) {
      time("plain", [&] { must(core::Session::start(m_engine, m_run)); });
      time("ban from the first token on", [&] { again(*session, change(Kind::Ban, 0)); });
      time("ban from half of them on", [&] { again(*session, change(Kind::Ban, 0, 1, tokens / 2)); });
      time("ban at the last token", [&] { again(*session, change(Kind::Ban, 0, 1, last)); });
      time("knock-out here alone", [&] { hereRuns = must(core::knockOut(m_engine, *session, m_run, here)).runs; });
      if (round == 0)
        time("knock-out", [&] { allRuns = must(core::knockOut(m_engine, *session, m_run, everything)).runs; });
      for (const auto& [name, rounding] : {std::pair{"close calls, bf16", core::RouterRounding::Bf16},
                                           {"close calls, q8_0", core::RouterRounding::Q8_0}}) {
        time(name, [&, rounding = rounding] {
          const core::CloseCalls found = must(core::closeCalls(m_model, session->trace(), rounding, 2));
          flips = static_cast<int64_t>(found.flips.size());
          decisions = found.decisions;
        });
      }
    }
    const double plain = median("plain");
    fmt::print("{}: {} tokens, plain run {:.1f} ms\n", m_model->name, tokens, 1e3 * plain);
    for (const auto& [name, times] : m_times) {
      fmt::print("  {:<30} {:8.1f} ms  {:7.2f} of a plain run\n", name, 1e3 * median(name), median(name) / plain);
    }
    fmt::print(
        "  knock-out: {} runs everywhere before, {:.2f} of a plain run each; {} at the token alone, {:.3f} each\n",
        allRuns, median("knock-out") / plain / static_cast<double>(std::max<int64_t>(1, allRuns)), hereRuns,
        median("knock-out here alone") / plain / static_cast<double>(std::max<int64_t>(1, hereRuns)));
    fmt::print("  close calls, q8_0: {} of {} decisions\n", flips, decisions);
  }

 private:
  template <class F>
  void time(const std::string& name, F work) {
    const auto start = Clock::now();
    work();
    m_times[name].push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  double median(const std::string& name) const {
    std::vector<double> times = m_times.at(name);
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
  }
  void again(const core::Session& session, const Intervention& one) {
    core::IntervenedRequest request;
    request.run = m_run;
    request.interventions = must(core::Interventions::make({one}, m_model->config));
    must(core::runAgain(m_engine, session, request));
  }

  std::shared_ptr<const core::Model> m_model;
  std::shared_ptr<core::Engine> m_engine;
  core::RunRequest m_run;
  std::map<std::string, std::vector<double>> m_times;
};

#ifdef EXPERTSCOPE_HAS_GPU
// The CPU's changed run stands where the golden values are otherwise.
double share(const test::GoldenModel& golden, core::Engine& cpu, core::Engine& gpu,
             const std::vector<Intervention>& list, bool& alike) {
  core::IntervenedRequest request;
  request.run.ids = golden.ids();
  request.run.capture = core::Capture::Full;
  request.interventions = must(core::Interventions::make(list, golden.model->config));
  const auto on = [&](core::Engine& engine) {
    return must(core::runIntervened(std::shared_ptr<core::Engine>(std::shared_ptr<void>(), &engine), request)).changed;
  };
  const core::Trace here = on(cpu), there = on(gpu);
  test::GoldenModel expected = golden;
  for (auto& [name, tensor] : expected.expected) tensor = test::fromTrace(here, name);
  double worst = 0;
  alike = test::compareWithGolden(expected, there, &worst).empty() && alike;
  return worst;
}

void deviations() {
  std::map<std::string, double> worst;
  bool alike = true;
  int models = 0;
  for (const std::string& name : test::goldenModelNames()) {
    const test::GoldenModel golden = test::loadGoldenModel(name);
    const core::RouterConfig& router = golden.model->config.router;
    if (router.experts == 0) continue;
    ++models;
    const auto cpu = must(core::makeCpuEngine(golden.model, 2)), gpu = must(gpu::makeGpuEngine(golden.model));
    std::map<std::string, Intervention> changes = {{"ban", change(Kind::Ban, 1)},
                                                   {"force", change(Kind::Force, router.experts - 1)},
                                                   {"swap", change(Kind::Swap, 1)},
                                                   {"scale", change(Kind::Scale, 0, 0.25)},
                                                   {"temperature", change(Kind::Temperature, 0, 0.5)},
                                                   {"capacity", change(Kind::Capacity, 0)}};
    if (router.score != core::ScoreFunction::SparseMixer) changes["k"] = change(Kind::K, 1);
    if (golden.model->config.shared != core::SharedExpert::None)
      changes["shared scale"] = change(Kind::SharedScale, 0, 2);
    for (const auto& [kind, one] : changes) {
      worst[kind] = std::max(worst[kind], share(golden, *cpu, *gpu, {one}, alike));
    }
  }
  fmt::print("GPU beside CPU, {} models{}: largest deviation as a share of the model's tolerance\n", models,
             alike ? ", all choices alike" : ", SOME DIFFER");
  for (const auto& [kind, value] : worst) fmt::print("  {:<14} {:.3f}\n", kind, value);
}
#endif

}  // namespace

int main(int argc, char** argv) {
  const std::string path = argc > 1 ? argv[1] : (core::assetFolder() / "models" / "seed-7m").string();
  Costs(must(core::loadModel(path)), argc > 2 ? std::atoi(argv[2]) : 128).measure();
#ifdef EXPERTSCOPE_HAS_GPU
  deviations();
#endif
  return 0;
}
