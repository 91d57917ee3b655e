#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "core/base/half.h"
#include "core/base/json.h"
#include "core/base/thread_pool.h"

namespace {

TEST(Half, EveryFiniteHalfSurvivesTheWayToFloatAndBack) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    if ((half & 0x7fff) > 0x7c00) continue;
    ASSERT_EQ(core::floatToHalf(core::halfToFloat(half)), half) << bits;
  }
}

TEST(Half, NarrowingRoundsToNearestWithTiesToEven) {
  EXPECT_EQ(core::floatToHalf(1.0f + 0x1p-11f), 0x3c00);            // half way, to the even neighbour below
  EXPECT_EQ(core::floatToHalf(1.0f + 0x3p-11f), 0x3c02);            // half way, to the even neighbour above
  EXPECT_EQ(core::floatToHalf(0x1p-25f), 0x0000);                   // half of the smallest subnormal
  EXPECT_EQ(core::floatToHalf(std::nextafter(0x1p-25f, 1.f)), 1);   // just above
  EXPECT_EQ(core::floatToHalf(65520.f), 0x7c00);                    // past the largest
  EXPECT_TRUE(std::isnan(core::halfToFloat(core::floatToHalf(NAN))));
  EXPECT_EQ(core::floatToBf16(1.0f + 0x1p-8f), 0x3f80);
  EXPECT_EQ(core::floatToBf16(1.0f + 0x3p-8f), 0x3f82);
}

TEST(ThreadPool, EveryPieceRunsOnceForAnyNumberOfThreads) {
  for (int threads : {1, 2, 3, 7}) {
    core::ThreadPool pool(threads);
    for (int round = 0; round < 200; ++round) {
      std::vector<int> hits(static_cast<size_t>(round % 37), 0);
      pool.run(static_cast<int>(hits.size()), [&](int piece) { hits[static_cast<size_t>(piece)] += 1; });
      ASSERT_EQ(std::accumulate(hits.begin(), hits.end(), 0), static_cast<int>(hits.size()));
    }
  }
}

TEST(Json, DeepAndLargeAndDoubledDocumentsAreRefusedWithTheReason) {
  EXPECT_EQ(core::parseJson(R"({"a": [1, -2, 0.5, "x", true, null]})", "t")->dump(), R"({"a":[1,-2,0.5,"x",true,null]})");
  EXPECT_EQ(core::parseJson(std::string(100000, '['), "t").error().message, "t: nested deeper than 64 levels");
  EXPECT_EQ(core::parseJson(R"({"a":1,"a":2})", "t").error().message, "t: key \"a\" occurs twice in one object");
  EXPECT_FALSE(core::parseJson("[1,", "t").has_value());
  EXPECT_FALSE(core::parseJson("[NaN]", "t").has_value());
  EXPECT_FALSE(core::parseJson("[\"\xff\"]", "t").has_value());
  EXPECT_FALSE(core::parseJson("[" + std::string(10000, '1') + "]", "t").has_value() &&
               core::parseJson("[1e999]", "t").has_value());
  std::string wide = "[0";
  for (int i = 0; i < 100000; ++i) wide += ",0";
  EXPECT_NE(core::parseJson(wide + "]", "t", {.depth = 8, .bytes = 1 << 20}).error().message.find("memory"), std::string::npos);
}

TEST(Json, TokensThatWouldSwellTheParserAreRefusedBeforeIt) {
  const auto message = [](const std::string& text) {
    const auto json = core::parseJson(text, "t", {.depth = 8, .bytes = size_t{1} << 30});
    return json ? std::string() : json.error().message;
  };
  const std::string large(5 << 20, 'x');
  EXPECT_EQ(message("[\"" + large + "\"]"),
            "t: expected texts of at most 4194304 bytes, found a longer one before byte 4194305");
  EXPECT_NE(message("[" + large), "");
  EXPECT_NE(message("[" + std::string(5 << 20, '1') + "]"), "");
  EXPECT_EQ(message("{" + std::string(70000, '\n') + "}"),
            "t: expected at most 65536 line breaks in a row, found more before byte 65537");
  EXPECT_EQ(message("{" + std::string(5 << 20, ' ') + "}"), "");
  EXPECT_EQ(message("[\"" + large.substr(0, 4 << 10) + "\\\"\"]"), "");
  EXPECT_LT(message("[" + std::string(60000, '\t') + "wrong]").size(), 400u);
}

}  // namespace
