#include "app/go_to.h"

#include <gtest/gtest.h>

namespace {

const ui::CursorSpace kSpace{60, 6, 16};

std::string problem(const QString& text) {
  const auto place = app::goToPlace(text, {}, kSpace);
  return place ? "" : place.error().message;
}

TEST(GoTo, MovesThePartsThatAreNamedAndLeavesTheOthers) {
  const ui::Cursor from{5, 1, 2, ui::Stage::Choice};
  EXPECT_EQ(*app::goToPlace("22", from, kSpace), (ui::Cursor{22, 1, 2, ui::Stage::Choice}));
  EXPECT_EQ(*app::goToPlace("l3", from, kSpace), (ui::Cursor{5, 3, 2, ui::Stage::Choice}));
  EXPECT_EQ(*app::goToPlace("E08", from, kSpace), (ui::Cursor{5, 1, 8, ui::Stage::Choice}));
  EXPECT_EQ(*app::goToPlace("22 L3E8", from, kSpace), (ui::Cursor{22, 3, 8, ui::Stage::Choice}));
}

TEST(GoTo, SaysWhatItExpectsAndHowFarTheRunGoes) {
  EXPECT_NE(problem("").find("22 L3E8"), std::string::npos);
  EXPECT_NE(problem("over there").find("over"), std::string::npos);
  EXPECT_NE(problem("60").find("has 60 of them"), std::string::npos);
  EXPECT_NE(problem("L6").find("layer 6"), std::string::npos);
}

}  // namespace
