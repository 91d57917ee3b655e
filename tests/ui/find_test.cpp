#include "ui/views/find.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "demo_trace.h"

namespace {

using Kind = ui::FindQuery::Kind;

TEST(FindText, IsReadAsWhatItLooksLike) {
  EXPECT_EQ(ui::parseFind("L3E12")->kind, Kind::Choice);
  EXPECT_EQ(ui::parseFind("L3E12")->layer, 3);
  EXPECT_EQ(ui::parseFind("e12")->expert, 12);
  EXPECT_EQ(ui::parseFind("e12")->layer, -1);
  EXPECT_EQ(ui::parseFind("dropped")->kind, Kind::Dropped);
  EXPECT_EQ(ui::parseFind("margin<0.01")->kind, Kind::Margin);
  EXPECT_TRUE(ui::parseFind("margin < 0.01")->below);
  EXPECT_DOUBLE_EQ(ui::parseFind("surprisal>5")->limit, 5);
  EXPECT_EQ(ui::parseFind("#282")->id, 282);
  for (const char* words : {"bird", "l3", "margin", "margin<x", "e", "# 2"}) {
    EXPECT_EQ(ui::parseFind(words)->kind, Kind::Text) << words;
  }
  EXPECT_FALSE(ui::parseFind("  "));
}

TEST(Find, GoesToTheNextTokenThatAnswersAndRoundTheEnd) {
  const ui::ViewSource source = test::demoSource();
  const int layer = 3, token = 20;
  const int expert = source.chosenAt(layer, token).front();
  const auto query = ui::parseFind("L3E" + std::to_string(expert));
  const ui::Cursor from{token - 1, 1, 0, ui::Stage::Scores};
  const auto found = ui::findNext(source, *query, from);
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (ui::Cursor{token, layer, expert, ui::Stage::Scores}));
  // The only other way to it is round the end.
  int count = 0;
  ui::Cursor at = *found;
  do {
    at = *ui::findNext(source, *query, at);
    ++count;
  } while (at.token != token && count < source.trace.length());
  int expected = 0;
  for (int t = 0; t < source.trace.length(); ++t) {
    const auto chosen = source.chosenAt(layer, t);
    expected += std::find(chosen.begin(), chosen.end(), expert) != chosen.end();
  }
  EXPECT_EQ(count, expected);
}

TEST(Find, DroppedChoicesAndLimitsAreFoundWhereTheyAre) {
  const ui::ViewSource source = test::demoSource();
  const auto dropped = ui::findNext(source, *ui::parseFind("dropped"), {});
  ASSERT_TRUE(dropped);
  const auto chosen = source.chosenAt(dropped->layer, dropped->token);
  const auto rank = std::find(chosen.begin(), chosen.end(), dropped->expert) - chosen.begin();
  EXPECT_EQ(source.keptAt(dropped->layer, dropped->token, static_cast<int>(rank)), 0);
  const auto close = ui::findNext(source, *ui::parseFind("margin<0.05"), {});
  ASSERT_TRUE(close);
  EXPECT_LT(source.trace.floats(core::Hook::RouterMargin, close->layer, close->token)[0], 0.05f);
  EXPECT_FALSE(ui::findNext(source, *ui::parseFind("surprisal>1e9"), {}));
  EXPECT_FALSE(ui::findNext(source, *ui::parseFind("no such words"), {}));
}

}  // namespace
