// loading_bench FOLDER [MODEL...]
//
// How long it takes to open what is large: a header of 100,000 tensors in both formats, files of 64 GB whose unchosen
// experts are holes (written into FOLDER, where they take some 200 MB, and removed), and for each MODEL the way from
// the start of a process to its first token, with the file in the page cache. Prints Markdown: the median of five runs
// in processes of their own after one that is not counted, and the largest peak of resident memory.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>

#include "core/engine/cpu_engine.h"
#include "core/engine/run.h"
#include "core/model/gguf.h"
#include "core/model/loader.h"
#include "core/model/safetensors.h"
#include "tests/core/model/gguf_bytes.h"
#include "tests/support/sparse_model.h"

namespace {

namespace fs = std::filesystem;

constexpr int kRounds = 5;

// Of the work in a child process: the wall time from before it starts to its end, and its peak.
bool measure(const std::string& what, const std::function<bool()>& work) {
  std::vector<double> seconds;
  long peak = 0;
  for (int round = 0; round <= kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    const pid_t child = fork();
    if (child == 0) _exit(work() ? 0 : 1);
    int status = 0;
    rusage usage{};
    if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0) {
      fmt::print(stderr, "{}: failed\n", what);
      return false;
    }
    if (round == 0) continue;
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    peak = std::max(peak, usage.ru_maxrss);
  }
  std::sort(seconds.begin(), seconds.end());
  fmt::print("| {} | {:.3f} s | {} MiB |\n", what, seconds[kRounds / 2], peak >> 10);
  std::fflush(stdout);
  return true;
}

void complain(const core::Error& error) { fmt::print(stderr, "{}\n", error.message); }

bool firstToken(const fs::path& path) {
  const auto model = core::loadModel(path);
  if (!model) return complain(model.error()), false;
  auto engine = core::makeCpuEngine(*model, 2);
  if (!engine) return complain(engine.error()), false;
  core::RunRequest request;
  request.ids = {1, 2, 3};
  request.generate = 1;
  request.capture = core::Capture::Ledger;
  const auto session = core::Session::start(*engine, request);
  if (!session) return complain(session.error()), false;
  return true;
}

template <class File>
bool opens(const fs::path& path) {
  const auto file = File::open(path);
  if (!file) complain(file.error());
  return file.has_value();
}

constexpr int kTensors = 100000;

void writeFolderHeader(const fs::path& path) {
  std::string header = "{";
  for (int i = 0; i < kTensors; ++i) {
    header += fmt::format(
        "{}\"model.layers.{}.mlp.experts.{}.gate_proj.weight\":{{\"dtype\":\"F16\",\"shape\":[2,1],"
        "\"data_offsets\":[{},{}]}}",
        i ? "," : "", i / 256, i % 256, 4 * i, 4 * i + 4);
  }
  header += "}";
  test::writeFile(path, test::bytesOf(uint64_t{header.size()}) + header + std::string(4 * kTensors, '\0'));
}

void writeGgufHeader(const fs::path& path) {
  test::GgufBytes file;
  file.text("general.architecture", "llama");
  for (int i = 0; i < kTensors; ++i) {
    file.tensorInfo(fmt::format("blk.{}.ffn_gate.{}.weight", i / 256, i % 256), {1, 2}, 1,
                    32 * static_cast<uint64_t>(i));
  }
  file.data.assign(32 * kTensors, '\0');
  test::writeFile(path, file.file());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: loading_bench FOLDER [MODEL...]\n");
    return 2;
  }
  const fs::path folder = fs::path(argv[1]) / fmt::format("loading-{}", getpid());
  fs::create_directories(folder);
  fmt::print("| what | wall, median | peak resident |\n|---|---|---|\n");
  writeFolderHeader(folder / "many.safetensors");
  writeGgufHeader(folder / "many.gguf");
  bool good = measure("header of 100,000 tensors, safetensors",
                      [&] { return opens<core::SafetensorsFile>(folder / "many.safetensors"); });
  good &= measure("header of 100,000 tensors, GGUF", [&] { return opens<core::GgufFile>(folder / "many.gguf"); });
  for (const bool gguf : {false, true}) {
    const test::SparseModel shape = gguf ? test::SparseModel::gguf() : test::SparseModel::folder();
    const fs::path path = folder / (gguf ? "sparse.gguf" : "sparse");
    const uint64_t bytes = shape.write(path);
    good &=
        measure(fmt::format("{} of {:.1f} GB, all but two experts a layer ({} of {}) holes, 3 tokens and 1 generated",
                            gguf ? "GGUF Q8_0" : "safetensors F32", static_cast<double>(bytes) / 1e9, 2 * shape.layers,
                            shape.experts * shape.layers),
                [&] { return firstToken(path); });
    fs::remove_all(path);
  }
  for (int i = 2; i < argc; ++i) {
    good &= measure(fmt::format("{}, start to first token, 3 tokens and 1 generated", argv[i]),
                    [&] { return firstToken(argv[i]); });
  }
  fs::remove_all(folder);
  return good ? 0 : 1;
}
