// Figures of the session database: ten thousand short runs (writing, browsing, searching, asking across), one long run
// (writing, first picture, whole), and the share that writing takes of a real run.
//   build/release/tests/bench/store_bench [runs] [folder] [model]
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "core/engine/cpu_engine.h"
#include "core/engine/run.h"
#include "core/model/loader.h"
#include "core/store/session_store.h"
#include "tests/support/support.h"

namespace {

using Clock = std::chrono::steady_clock;

double millisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

template <class T>
T must(core::Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(1);
}

void must(const core::Status& status) {
  if (status) return;
  std::fprintf(stderr, "%s\n", status.error().message.c_str());
  std::exit(1);
}

// The median of several calls.
template <class F>
void measure(const char* what, F&& work) {
  std::vector<double> times;
  long long result = 0;
  for (int i = 0; i < 7; ++i) {
    const auto start = Clock::now();
    result = static_cast<long long>(work());
    times.push_back(millisecondsSince(start));
  }
  std::sort(times.begin(), times.end());
  std::printf("%-44s %8.2f ms   (%lld)\n", what, times[times.size() / 2], result);
}

uint32_t noise(uint64_t value) {
  value = (value ^ (value >> 31)) * 0x9e3779b97f4a7c15ull;
  value = (value ^ (value >> 29)) * 0xbf58476d1ce4e5b9ull;
  return static_cast<uint32_t>(value >> 32);
}

std::shared_ptr<const core::ModelConfig> makeConfig(int layers, int experts, int chosen) {
  auto config = std::make_shared<core::ModelConfig>();
  config->layers = layers;
  config->width = 192;
  config->vocabulary = 4096;
  config->router.experts = experts;
  config->router.chosen = chosen;
  config->layer.assign(static_cast<size_t>(layers), {.moe = true});
  return config;
}

core::Block block(const core::ModelConfig& config, core::Stream stream, int layer, int first, int tokens,
                  uint64_t seed) {
  core::Block out{stream, layer, first, tokens, {}};
  const int E = config.router.experts, K = config.router.chosen;
  for (const core::HookInfo& info : core::allHooks()) {
    if (info.stream != stream || info.level == core::Capture::Full) continue;
    if (info.hook == core::Hook::RouterSelection || info.hook == core::Hook::RouterKept ||
        info.hook == core::Hook::RouterSlot || info.shape == "Ea" || info.shape == "Ka" ||
        info.hook == core::Hook::AttentionRouterMargin || info.hook == core::Hook::AttentionRouterEntropy) {
      continue;  // not recorded for this kind of model
    }
    core::Array& array = out.arrays.emplace_back();
    array.hook = info.hook;
    array.columns = info.shape == "E"    ? E
                    : info.shape == "K"  ? K
                    : info.shape == "P"  ? K + 5
                    : info.shape == "10" ? 10
                                         : 1;
    const int values = tokens * array.columns;
    for (int i = 0; i < values; ++i) {
      const uint32_t random = noise(seed * 131 + static_cast<uint64_t>(layer * 1000003 + first * 7919 + i) * 37 +
                                    static_cast<uint64_t>(info.hook));
      if (info.hook == core::Hook::RouterIds) {
        // Neighbouring experts, so that those of one token differ.
        const int j = i % K, first0 = static_cast<int>(noise(seed + static_cast<uint64_t>(i / K * 31 + layer)) %
                                                       static_cast<uint32_t>(E));
        array.ints.push_back((first0 + j) % E);
      } else if (info.type == core::HookType::I32) {
        array.ints.push_back(static_cast<int32_t>(random % 4096));
      } else {
        array.floats.push_back(static_cast<float>(random) * 1e-9f);
      }
    }
  }
  return out;
}

core::Trace makeTrace(std::shared_ptr<const core::ModelConfig> config, int tokens, uint64_t seed,
                      const std::string& prompt, int chunk) {
  auto info = std::make_shared<core::RunInfo>();
  info->modelName = "bench";
  info->config = config;
  info->prompt = prompt;
  info->promptTokens = tokens;
  info->capacity = {true, true, core::CapacityRule::Gshard, 1.0, 4};
  std::vector<int32_t> ids;
  std::vector<std::string> texts;
  for (int i = 0; i < tokens; ++i) {
    // Few tokens are frequent, many are rare.
    const double u = noise(seed * 977 + static_cast<uint64_t>(i)) / 4294967296.0;
    ids.push_back(static_cast<int32_t>(4095 * u * u * u));
    texts.push_back(" w" + std::to_string(ids.back()));
  }
  core::Trace trace = core::Trace(info).withIds(ids, texts);
  for (int first = 0; first < tokens; first += chunk) {
    const int count = std::min(chunk, tokens - first);
    for (int layer = 0; layer < config->layers; ++layer) {
      for (const auto stream : {core::Stream::Layer, core::Stream::LayerHead, core::Stream::LayerNext}) {
        trace = trace.with(block(*config, stream, layer, first, count, seed));
      }
    }
    for (const auto stream : {core::Stream::Head, core::Stream::HeadNext}) {
      trace = trace.with(block(*config, stream, 0, first, count, seed));
    }
  }
  return trace;
}

constexpr const char* kWords[] = {"river", "garden", "engine", "letter",  "winter",  "teacher", "mountain", "silver",
                                  "token", "expert", "router", "carries", "quietly", "under",   "green",    "morning"};

std::string makePrompt(uint64_t seed) {
  std::string prompt;
  for (uint64_t i = 0; i < 40; ++i) prompt += std::string(i ? " " : "") + kWords[noise(seed * 53 + i) % 16];
  return prompt + " number" + std::to_string(seed);
}

void manyRuns(const std::filesystem::path& path, int runs) {
  auto store = must(core::SessionStore::open(path));
  const auto config = makeConfig(6, 16, 2);
  double spent = 0;
  for (int i = 0; i < runs; ++i) {
    const auto seed = static_cast<uint64_t>(i) + 1;
    const core::Trace trace = makeTrace(config, 64, seed, makePrompt(seed), 64);
    const auto start = Clock::now();
    auto writer = must(store->beginRun(trace.info(), trace.ids(), trace.texts()));
    must(writer->finish(trace));
    spent += millisecondsSince(start);
  }
  std::printf("%d runs of 64 tokens: %.2f ms a run to write, %.1f MiB\n", runs, spent / runs,
              static_cast<double>(std::filesystem::file_size(path)) / (1 << 20));
  measure("open", [&] { return must(core::SessionStore::open(path))->readOnly(); });
  measure("browser: newest 100 rows", [&] {
    return must(store->list({}, {core::RunSort::Created, true, 100, 0})).size();
  });
  measure("browser: all rows", [&] { return must(store->list()).size(); });
  measure("browser: 100 rows by prompt", [&] {
    return must(store->list({}, {core::RunSort::Prompt, false, 100, 0})).size();
  });
  measure("search: a rare word", [&] { return must(store->search("number77")).size(); });
  measure("search: a frequent word, 100 best", [&] { return must(store->search("expert")).size(); });
  measure("search: a prefix and a word", [&] { return must(store->search("mount silver")).size(); });
  core::ChoiceQuestion expert;
  expert.layer = 3;
  expert.expert = 12;
  core::ChoiceQuestion dropped;
  dropped.firstOnly = dropped.droppedOnly = true;
  measure("layer 3 expert 12: first 50 hits", [&] { return must(store->findChoices(expert)).size(); });
  measure("layer 3 expert 12: exact count", [&] { return must(store->countChoices(expert)).hits; });
  measure("dropped first choices: first 50 hits", [&] { return must(store->findChoices(dropped)).size(); });
  measure("dropped first choices: exact count", [&] { return must(store->countChoices(dropped)).hits; });
  measure("a frequent token: first 50 hits", [&] { return must(store->findToken({3, "bench"})).size(); });
  measure("a frequent token: where it went", [&] { return must(store->routesOfToken({3, "bench"})).occurrences; });
  measure("a rare token: first 50 hits", [&] { return must(store->findToken({4001, "bench"})).size(); });
  measure("a rare token: where it went", [&] { return must(store->routesOfToken({4001, "bench"})).occurrences; });
}

void longRun(const std::filesystem::path& path, const char* what, int layers, int experts, int chosen) {
  auto store = must(core::SessionStore::open(path));
  const core::Trace trace = makeTrace(makeConfig(layers, experts, chosen), 4096, 5, "long", 512);
  auto start = Clock::now();
  auto writer = must(store->beginRun(trace.info(), trace.ids(), trace.texts()));
  must(writer->finish(trace));
  std::printf("4096 tokens, %s: %.1f ms to write, %.1f MiB\n", what, millisecondsSince(start),
              static_cast<double>(std::filesystem::file_size(path)) / (1 << 20));
  const core::RunId id = writer->id();
  measure("first picture", [&] {
    const auto begin = Clock::now();
    long long microseconds = 0;
    (void)store->loadTrace(id, [&](const core::Trace&) {
      microseconds = static_cast<long long>(millisecondsSince(begin) * 1000);
      return false;
    });
    return microseconds;
  });
  measure("whole run", [&] { return must(store->loadTrace(id)).length(); });
}

void realRun(const std::filesystem::path& path, const std::filesystem::path& model, int prompt, int generate) {
  const auto engine = must(core::makeCpuEngine(must(core::loadModel(model))));
  for (const bool stored : {false, true, false, true}) {
    core::RunRequest request;
    for (int i = 0; i < prompt; ++i)
      request.ids.push_back(static_cast<int32_t>(noise(static_cast<uint64_t>(i)) % 4000));
    request.generate = generate;
    auto store = must(core::SessionStore::open(path));
    std::unique_ptr<core::RunWriter> writer;
    core::RunCallbacks callbacks;
    callbacks.published = [&](const core::Trace& trace) {
      if (!stored) return;
      if (!writer) writer = must(store->beginRun(trace.info(), trace.ids(), trace.texts()));
      must(writer->append(trace));
    };
    const auto start = Clock::now();
    const auto session = must(core::Session::start(engine, request, callbacks));
    if (writer) must(writer->finish(session->trace()));
    const double total = millisecondsSince(start);
    std::printf("%s, %d + %d tokens, %s: %.1f ms", model.filename().c_str(), prompt, generate,
                stored ? "stored" : "not stored", total);
    if (writer) std::printf(", %.1f %% of it writing", writer->secondsSpent() * 1e5 / total);
    std::printf("\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  test::ScratchFolder scratch;
  const int runs = argc > 1 ? std::atoi(argv[1]) : 10000;
  const std::filesystem::path folder = argc > 2 ? std::filesystem::path(argv[2]) : scratch.path();
  const std::filesystem::path model = argc > 3 ? argv[3] : test::asset("models/seed-7m").string();
  realRun(folder / "real.db", model, 128, 0);
  realRun(folder / "real.db", model, 128, 100);
  realRun(folder / "real.db", model, 512, 400);
  longRun(folder / "long.db", "6 layers, 16 experts", 6, 16, 2);
  longRun(folder / "longer.db", "16 layers, 64 experts, top-8", 16, 64, 8);
  manyRuns(folder / "many.db", runs);
}
