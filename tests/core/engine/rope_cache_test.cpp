#include <gtest/gtest.h>

#include <array>

#include "core/engine/rope_cache.h"

namespace {

// The angles of T positions from `first` on, as the cache hands them out, and as they are made without one.
void expectAngles(core::RopeCache& cache, const core::RopeConfig& rope, int first, int T, int sequence) {
  const core::RopeCache::Rows rows = cache.rows(rope, 64, first, T, sequence);
  const core::ops::RopeTable expected = core::ops::ropeTable(rope, 64, first, T, sequence);
  const auto at = static_cast<size_t>(rows.row) * static_cast<size_t>(expected.half);
  ASSERT_EQ(rows.table->half, expected.half);
  ASSERT_GE(rows.table->cos.size(), at + expected.cos.size());
  for (size_t i = 0; i < expected.cos.size(); ++i) {
    ASSERT_EQ(rows.table->cos[at + i], expected.cos[i])
        << "position " << first << "+, sequence " << sequence << ", angle " << i;
    ASSERT_EQ(rows.table->sin[at + i], expected.sin[i]);
  }
}

TEST(RopeCache, AnglesAreThoseOfATableMadeForTheCall) {
  for (const core::RopeScaling scaling :
       {core::RopeScaling::None, core::RopeScaling::Linear, core::RopeScaling::Dynamic, core::RopeScaling::Yarn}) {
    core::RopeConfig rope;
    rope.dimensions = 12;
    rope.scaling = scaling;
    rope.factor = 4;
    core::RopeCache cache;
    for (const auto& [first, T, sequence] : {std::array{0, 5, 5},
                                             {5, 1, 6},
                                             {6, 1, 7},
                                             {0, 3, 3},
                                             {100, 40, 140},
                                             {140, 1, 141},
                                             {139, 2, 141},
                                             {10, 200, 300}}) {
      expectAngles(cache, rope, first, T, sequence);
    }
  }
}

}  // namespace
