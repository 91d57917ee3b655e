#include "core/store/blob.h"

#include <gtest/gtest.h>

#include "core/store/posting.h"
#include "core/trace/dispatch.h"
#include "tests/core/store/made_runs.h"

namespace {

using core::Bytes;
using core::Hook;

const core::BlockKey kKey{core::Stream::Layer, 1, 4, 9};

core::Block routerBlock() {
  return test::madeBlock(1, core::Stream::Layer, 1, 4, 9, {{Hook::RouterLogits, 4}, {Hook::RouterIds, 2}});
}

std::string problem(const Bytes& bytes, const core::BlockKey& key = kKey) {
  const auto block = core::decodeBlock(bytes, key, test::madeModel(), "blob");
  return block ? "accepted" : block.error().message;
}

TEST(Blob, ABlockReadsBackTheSame) {
  const core::Block block = routerBlock();
  const auto back = core::decodeBlock(core::encodeBlock(block, core::Capture::Ledger), kKey, test::madeModel(), "blob");
  ASSERT_TRUE(back) << back.error().message;
  ASSERT_EQ(back->arrays.size(), 2u);
  EXPECT_EQ(back->arrays[0].floats, block.arrays[0].floats);
  EXPECT_EQ(back->arrays[1].ints, block.arrays[1].ints);
  EXPECT_EQ(back->firstToken, 4);
}

TEST(Blob, IntegersTakeTheNarrowestType) {
  core::Block block;
  block.tokens = 1;
  const std::vector<std::pair<int, int>> sizes = {{127, 1}, {-128, 1}, {128, 2}, {-32768, 2}, {32768, 4}};
  for (const auto& [value, bytes] : sizes) {
    block.arrays = {{Hook::RouterSlot, 2, {}, {value, 0}}};
    const size_t size = core::encodeBlock(block, core::Capture::Routing).size();
    EXPECT_EQ(size, 12 + 1 + 11 + 1 + 4 + 2 * static_cast<size_t>(bytes) + 8) << value;
  }
}

TEST(Blob, NothingIsWrittenOfALevelThatIsNotKept) {
  const auto block = test::madeBlock(1, core::Stream::Layer, 1, 0, 3, {{Hook::Out, 6}});
  EXPECT_TRUE(core::encodeBlock(block, core::Capture::Ledger).empty());
  EXPECT_FALSE(core::encodeBlock(block, core::Capture::Full).empty());
}

TEST(Blob, EveryChangedByteAndEveryShorterBlobIsRefused) {
  const Bytes good = core::encodeBlock(routerBlock(), core::Capture::Ledger);
  for (size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] ^= 0x10;
    EXPECT_NE(problem(bad), "accepted") << "byte " << i;
    EXPECT_NE(problem(Bytes(good.begin(), good.begin() + static_cast<ptrdiff_t>(i))), "accepted") << "length " << i;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_NE(problem(longer), "accepted");
}

TEST(Blob, WhatDoesNotFitItsRowOrTheModelIsRefusedWithTheReason) {
  const auto of = [](const std::vector<std::pair<Hook, int>>& hooks) {
    return core::encodeBlock(test::madeBlock(1, core::Stream::Layer, 1, 4, 9, hooks), core::Capture::Ledger);
  };
  EXPECT_EQ(problem(of({{Hook::RouterLogits, 5}})), "blob: router.logits: expected (9, 4), found (9, 5)");
  EXPECT_EQ(problem(of({{Hook::RouterLogits, 4}, {Hook::RouterLogits, 4}})), "blob: router.logits occurs twice");
  EXPECT_EQ(problem(of({{Hook::TopIds, 10}})), "blob: top.ids does not belong to this stream");
  core::Block block = routerBlock();
  block.arrays[1].ints[3] = 4;
  EXPECT_EQ(problem(core::encodeBlock(block, core::Capture::Ledger)),
            "blob: router.ids: expected values from -1 to 3, found 4");
  const Bytes good = of({{Hook::RouterLogits, 4}});
  EXPECT_EQ(problem(good, {core::Stream::Layer, 1, 4, 8}), "blob: expected 8 rows, found 9");
  EXPECT_EQ(problem(good, {core::Stream::Layer, 1, 4, 0}), "blob: expected 1 to 16777216 tokens, found 0 from 4 on");
  EXPECT_EQ(problem(core::encodeIds(std::vector<int32_t>(9, 1))), "blob: expected the magic XSBL, found other bytes");
}

TEST(Blob, IdsAndTextsReadBackAndAreChecked) {
  const std::vector<int32_t> ids = {0, 49, 7};
  const std::vector<std::string> texts = {"", std::string("a\0b", 3), "\xc3\xa9"};
  EXPECT_EQ(*core::decodeIds(core::encodeIds(ids), 3, 50, "ids"), ids);
  EXPECT_EQ(*core::decodeTexts(core::encodeTexts(texts), 3, "texts"), texts);
  EXPECT_EQ(core::decodeIds(core::encodeIds(ids), 3, 49, "ids").error().message,
            "ids: expected token ids from 0 to 48, found 49");
  EXPECT_FALSE(core::decodeIds(core::encodeIds(ids), -3, 50, "ids"));
  EXPECT_FALSE(core::decodeTexts(core::encodeTexts(texts), 2, "texts"));
  EXPECT_FALSE(core::decodeTexts(core::encodeIds(ids), 3, "texts"));
}

TEST(Posting, ListsHoldEveryChoiceOfTheRun) {
  const core::Trace trace = test::grown(core::Trace(test::madeInfo(10)), 4, 300, 299);
  const core::Postings postings = core::makePostings(trace);
  int64_t choices = 0, dropped = 0;
  for (const core::ChoicePosting& posting : postings.choices) {
    const auto list = core::decodeChoices(posting.list, posting.choices, "list");
    ASSERT_TRUE(list) << list.error().message;
    const core::LayerDispatch dispatch = core::dispatchOf(trace, posting.layer);
    for (const core::PostedChoice& choice : *list) {
      EXPECT_EQ(trace.ints(Hook::RouterIds, posting.layer, choice.token)[static_cast<size_t>(choice.rank)],
                posting.expert);
      EXPECT_EQ(choice.dropped, dispatch.kept[static_cast<size_t>(choice.token * 2 + choice.rank)] == 0);
      dropped += choice.dropped;
    }
    choices += posting.choices;
  }
  EXPECT_EQ(choices, 299 * 2 * 2);  // tokens, layers with a router, choices
  EXPECT_EQ(dropped, postings.dropped);
  EXPECT_GT(dropped, 0);
}

TEST(Posting, TokensKnowTheirPlacesAndTheirWays) {
  const core::Trace trace = test::grown(core::Trace(test::madeInfo(10)), 4, 300, 299);
  int64_t places = 0;
  for (const core::TokenPosting& posting : core::makePostings(trace).tokens) {
    const auto positions = core::decodePositions(posting.positions, posting.occurrences, "positions");
    const auto routes = core::decodeRoutes(posting.routes, posting.occurrences, "routes");
    ASSERT_TRUE(positions && routes);
    ASSERT_EQ(routes->layers * routes->K, 6);
    for (size_t i = 0; i < positions->size(); ++i) {
      const int token = (*positions)[i];
      EXPECT_EQ(trace.ids()[static_cast<size_t>(token)], posting.id);
      EXPECT_EQ(routes->choices[i * 6], core::kNoChoice);  // layer 0 is dense
      const uint16_t first = routes->choices[i * 6 + 2];
      if (token == 299) {
        EXPECT_EQ(first, core::kNoChoice);  // the last token was not run
      } else {
        EXPECT_EQ(first & ~core::kDroppedBit, trace.ints(Hook::RouterIds, 1, token)[0]);
      }
    }
    places += posting.occurrences;
  }
  EXPECT_EQ(places, 300);
}

TEST(Posting, BrokenListsAreRefused) {
  const core::Trace trace = test::grown(core::Trace(test::madeInfo(10)), 4, 300, 299);
  const core::ChoicePosting posting = core::makePostings(trace).choices[0];
  for (size_t length = 0; length < posting.list.size(); ++length) {
    EXPECT_FALSE(core::decodeChoices(core::ByteView(posting.list).first(length), posting.choices, "list"));
  }
  EXPECT_FALSE(core::decodeChoices(posting.list, posting.choices - 1, "list"));
  EXPECT_FALSE(core::decodeChoices(posting.list, -1, "list"));
  EXPECT_FALSE(core::decodeChoices(posting.list, int64_t{1} << 60, "list"));
  EXPECT_FALSE(core::decodePositions(Bytes{1, 0xff, 0xff, 0xff, 0xff, 0x7f}, 1, "list"));  // past 32 bits
  EXPECT_FALSE(core::decodePositions(Bytes{1, 0xff, 0xff, 0xff, 0x7f}, 1, "list"));        // past the longest run
  EXPECT_FALSE(core::decodePositions(Bytes{2, 0}, 1, "list"));
  EXPECT_FALSE(core::decodeRoutes(Bytes{1, 1, 0, 1, 0, 0, 0}, 2, "list"));
  EXPECT_TRUE(core::decodeRoutes(Bytes{1, 1, 0, 1, 0, 0, 0}, 1, "list"));
}

}  // namespace
