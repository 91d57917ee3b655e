#include "ui/numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace ui {
namespace {

TEST(Numbers, ScoresHaveThreeDecimalsAndSayWhenTheyAreTooSmall) {
  EXPECT_EQ(scoreText(0.1239), "0.124");
  EXPECT_EQ(scoreText(0.0625), "0.063");
  EXPECT_EQ(scoreText(0.0005), "0.001");
  EXPECT_EQ(scoreText(0.00049), "<0.001");
  EXPECT_EQ(scoreText(0), "0.000");
}

TEST(Numbers, SignedValuesUseTheRealMinusAndZeroHasNoSign) {
  EXPECT_EQ(signedText(-2.0838), "\u22122.08");
  EXPECT_EQ(signedText(0.73), "+0.73");
  EXPECT_EQ(signedText(-0.001), "0.00");
  EXPECT_EQ(signedText(0.004), "0.00");
  EXPECT_EQ(signedScoreText(0.0112), "+0.011");
}

TEST(Numbers, SharesHaveANarrowNoBreakSpaceBeforeThePercentSign) {
  EXPECT_EQ(shareText(0.1167), "11.7\u202F%");
  EXPECT_EQ(signedShareText(0.784), "+78.4\u202F%");
  EXPECT_EQ(wholeShareText(0.56), "56\u202F%");
}

TEST(Numbers, CountsAreGroupedAndErrorsHaveOneDigit) {
  EXPECT_EQ(countText(4096), "4,096");
  EXPECT_EQ(countText(-1234567), "\u22121,234,567");
  EXPECT_EQ(countText(std::numeric_limits<int64_t>::min()), "\u22129,223,372,036,854,775,808");
  EXPECT_EQ(errorText(8.1e-7), "8e-7");
  EXPECT_EQ(errorText(0), "0");
}

TEST(Numbers, UndefinedIsADash) {
  EXPECT_EQ(scoreText(std::nan("")), "\u2013");
  EXPECT_EQ(signedText(-std::numeric_limits<double>::infinity()), "\u2212\u221E");
  EXPECT_EQ(shareText(std::nan("")), "\u2013");
}

TEST(Numbers, ExpertLabelsHaveTwoDigitsUpToAHundredExperts) {
  EXPECT_EQ(expertLabel(8, 16), "E08");
  EXPECT_EQ(expertLabel(8, 100), "E008");
  EXPECT_EQ(placeLabel(3, 8, 16), "L3E08");
}

}  // namespace
}  // namespace ui
