// The parity table of the processor: every fast operation against its readable reference, on every instruction set this
// machine has, over sizes that hurt (1, 13, 64, 127).
#include <gtest/gtest.h>

#include <cmath>
#include <regex>
#include <set>

#include "tests/support/parity_rows.h"
#include "tests/support/support.h"

namespace {

using core::DType;
using test::fast::Row;
using test::fast::Source;

std::vector<Row> table() {
  std::vector<Row> rows;
  test::fast::addProducts(rows);
  test::fast::addRows(rows);
  test::fast::addRotations(rows);
  test::fast::addAttention(rows);
  test::fast::addLatentHeads(rows);
  test::fast::addExperts(rows);
  test::fast::addTiledAttention(rows);
  test::fast::addRouted(rows);
  return rows;
}

std::vector<const core::kernels::Table*> instructionSets() {
  std::vector<const core::kernels::Table*> sets = {&core::kernels::sse2()};
  const std::string best = core::kernels::best().name;
  if (best != "sse2") sets.push_back(&core::kernels::avx2());
  if (best == "avx512") sets.push_back(&core::kernels::avx512());
  return sets;
}

TEST(OpsParity, EveryFastOperationAgreesWithItsReferenceOnEveryInstructionSet) {
  for (const core::kernels::Table* set : instructionSets()) {
    core::fast::Machine machine(2, 128, *set);
    uint64_t seed = 1;
    for (const Row& row : table()) {
      Source source(seed++);
      const test::fast::Outcome o = row.run(machine, source);
      ASSERT_EQ(o.expected.size(), o.got.size());
      double largest = 0;
      for (float value : o.expected) largest = std::max(largest, static_cast<double>(std::fabs(value)));
      for (size_t i = 0; i < o.expected.size(); ++i) {
        const double b = o.expected[i];
        ASSERT_LE(std::fabs(o.got[i] - b), row.abs + row.rel * std::max(std::fabs(b), largest))
            << row.op << " " << row.shape << " on " << set->name << ", index " << i << ": expected " << b << ", got "
            << o.got[i];
      }
    }
  }
}

TEST(OpsParity, EveryFunctionOfTheFastOperationsHasARow) {
  std::set<std::string> rows = {"matrixOf", "matricesOf"};  // conversions that every row goes through
  for (const Row& row : table()) rows.insert(row.op);
  const std::string header = test::readFile(test::fixture("../../core/engine/ops_fast.h"));
  const std::regex declaration("\\n(?:void|Matrix|MlpMatrices|std::vector<float>) ([a-zA-Z]+)\\(");
  int found = 0;
  for (std::sregex_iterator it(header.begin(), header.end(), declaration), end; it != end; ++it, ++found) {
    EXPECT_TRUE(rows.count((*it)[1].str())) << (*it)[1].str() << " has no row in the parity table";
  }
  EXPECT_GE(found, 9);
}

TEST(OpsParity, ThreadsDoNotChangeABitOfAProduct) {
  std::vector<std::vector<float>> results;
  for (int threads : {1, 2, 5}) {
    core::fast::Machine machine(threads, 64);
    std::vector<float> all;
    for (const auto& [type, in] :
         {std::pair{DType::F16, 127}, {DType::Q8_0, 96}, {DType::Q6_K, 512}, {DType::IQ4_NL, 96}}) {
      Source source(9);
      const core::Linear linear = source.linear(type, 300, in);
      const auto x = source.floats(static_cast<size_t>(300 * in));
      const core::fast::Matrix matrix = core::fast::matrixOf(linear);
      for (const int T : {1, 7, 300}) {
        std::vector<float> y(static_cast<size_t>(T) * 300);
        const core::fast::Product jobs[] = {{&matrix, x.data(), y.data(), T}};
        core::fast::products(machine, jobs);
        all.insert(all.end(), y.begin(), y.end());
      }
    }
    results.push_back(std::move(all));
  }
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

TEST(Kernels, SoftmaxSumsAgreeWithDoublePrecision) {
  Source source(3);
  for (const size_t n : {1u, 13u, 1023u, 1024u, 5000u}) {
    const auto x = source.floats(n, 12);
    double top = -INFINITY, sum = 0, moment = 0;
    for (float value : x) top = std::max(top, static_cast<double>(value));
    for (float value : x) {
      sum += std::exp(value - top);
      moment += std::exp(value - top) * (value - top);
    }
    for (const core::kernels::Table* set : instructionSets()) {
      float gotTop = 0;
      double gotSum = 0, gotMoment = 0;
      set->softmaxSums(x.data(), static_cast<int64_t>(n), &gotTop, &gotSum, &gotMoment);
      EXPECT_EQ(gotTop, top);
      EXPECT_NEAR(gotSum, sum, 1e-5 * sum);
      EXPECT_NEAR(gotMoment, moment, 1e-5 * std::fabs(moment) + 1e-9);
    }
  }
}

}  // namespace
