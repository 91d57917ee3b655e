// What the lab costs: 4,096 tokens x 16 layers x 64 experts, top-8, two threads.
//   build/release/tests/bench/replay_bench [tokens] [threads]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "core/trace/replay.h"
#include "tests/support/made_trace.h"

namespace {

using Clock = std::chrono::steady_clock;

// The median of several calls, and the longest.
template <class F>
void measure(const std::string& what, int rounds, F&& work) {
  std::vector<double> times;
  for (int i = 0; i < rounds; ++i) {
    const auto start = Clock::now();
    work();
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  std::sort(times.begin(), times.end());
  std::printf("%-44s %9.2f ms   longest %9.2f\n", what.c_str(), times[times.size() / 2], times.back());
}

}  // namespace

int main(int argc, char** argv) {
  test::MadeTrace options;
  options.router = test::plainRouter(64, 8);
  options.layers = 16;
  options.tokens = options.prompt = argc > 1 ? std::atoi(argv[1]) : 4096;
  options.block = 512;
  const int threads = argc > 2 ? std::atoi(argv[2]) : 2;
  const core::Trace trace = test::makeTrace(options);
  core::ThreadPool pool(threads);
  std::printf("%d tokens x 16 layers x 64 experts, top-8, %d threads\n", options.tokens, threads);

  double factor = 0.5;
  for (const core::CapacityRule rule : core::kCapacityRules) {
    measure("capacity rule " + std::string(core::capacityRuleName(rule)), 9, [&] {
      const core::Trace other = test::withCapacity(trace, rule, factor += 0.01);
      pool.run(options.layers, [&](int layer) {
        if (core::dispatchOf(other, layer).tokens != options.tokens) std::abort();
      });
    });
  }
  for (const auto order :
       {core::ServingOrder::TokenMajor, core::ServingOrder::BatchPriority, core::ServingOrder::ByScore}) {
    core::ReplayOptions replay = core::replayBy(core::policyOf(options.router));
    replay.rule = core::CapacityRule::Gshard;
    replay.factor = 1.0;
    replay.serving.order = order;
    const std::string name = "order " + std::string(core::servingOrderName(order));
    std::optional<core::Trace> replayed;
    measure("token-choice, gshard 1.0, " + name, 9, [&] { replayed = *core::replay(trace, replay, pool); });
    measure("capacity rule gshard, " + name, 9, [&] {
      const core::Trace other = test::withCapacity(*replayed, core::CapacityRule::Gshard, factor += 0.01);
      pool.run(options.layers, [&](int layer) {
        if (core::dispatchOf(other, layer).tokens != options.tokens) std::abort();
      });
    });
  }
  for (const core::PolicyInfo& info : core::policies()) {
    if (!info.locked.empty()) continue;
    core::ReplayOptions replay = core::replayBy(core::defaultPolicy(info.kind, options.router));
    replay.rule = core::CapacityRule::Gshard;
    replay.factor = 1.0;
    const bool slow = !info.causal || info.kind == core::PolicyKind::DifferentiableTopK;
    measure(std::string(info.name) + ", gshard 1.0", slow ? 1 : 9, [&] {
      const auto replayed = core::replay(trace, replay, pool);
      if (!replayed) std::printf("%s\n", replayed.error().message.c_str());
    });
  }
  return 0;
}
