// Model cases of the golden fixtures: weights, what an independent implementation computed from them, and the
// comparison
//   |a - b| <= abs + rel * max(|b|, 0.05 * max|B|), B the whole expected tensor; integers are equal.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/run.h"
#include "core/model/model.h"

namespace test {

struct GoldenTensor {
  std::vector<int64_t> shape;
  std::vector<float> floats;  // or
  std::vector<int64_t> ints;
};

struct GoldenModel {
  std::string name;
  std::shared_ptr<const core::Model> model;
  std::map<std::string, GoldenTensor> expected;
  double abs = 0, rel = 0;

  std::vector<int32_t> ids() const;
  int greedyTokens() const;
};

std::map<std::string, GoldenTensor> readGoldenTensors(const std::filesystem::path& file);

// Names under tests/fixtures/models whose case runs today.
std::vector<std::string> goldenModelNames();
// Small models that bring every option of their families together: scaled rotation, windows in some layers, biases, ...
std::vector<std::string> goldenOptionNames();
GoldenModel loadGoldenModel(const std::string& name);

// One recorded value of every golden name, in golden form; throws if the trace lacks it.
GoldenTensor fromTrace(const core::Trace& trace, const std::string& name);

// One line per tensor that differs, with the worst place; empty if all agree. `worst` becomes the largest share of the
// tolerance that was used.
std::string compareWithGolden(const GoldenModel& golden, const core::Trace& trace, double* worst = nullptr);

// Largest |a - b| over tolerance, with where; ints: count of differing values.
std::string differences(const std::string& name, const GoldenTensor& got, const GoldenTensor& expected, double abs,
                        double rel, double* worst = nullptr);

// The whole case through a session: full capture, greedy tokens generated.
core::Result<std::unique_ptr<core::Session>> runGolden(const GoldenModel& golden,
                                                       const std::shared_ptr<core::Engine>& engine, int chunk = 0);

}  // namespace test
