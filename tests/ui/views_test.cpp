// Views made from small traces and printed as text: the sentence, then the table.
#include <gtest/gtest.h>

#include "tests/ui/demo_trace.h"
#include "ui/views/align.h"
#include "ui/views/compare_view.h"
#include "ui/views/dispatch_view.h"
#include "ui/views/drops_view.h"
#include "ui/views/heat_views.h"
#include "ui/views/inspector_view.h"
#include "ui/views/ledger_view.h"
#include "ui/views/load_view.h"
#include "ui/views/prediction_view.h"
#include "ui/views/router_view.h"
#include "ui/views/stage_rail_view.h"
#include "ui/views/token_strip_view.h"
#include "ui/views/token_text.h"

namespace ui {
namespace {

using core::Hook;

std::string print(const Description& d) {
  std::string out = d.sentence + "\n";
  const auto line = [&](const std::vector<std::string>& cells) {
    for (size_t i = 0; i < cells.size(); ++i) out += (i == 0 ? "" : " | ") + cells[i];
    if (!cells.empty()) out += "\n";
  };
  line(d.columns);
  for (const auto& row : d.rows) line(row);
  return out;
}

core::Array floats(Hook hook, int columns, std::vector<float> values) { return {hook, columns, std::move(values), {}}; }
core::Array ints(Hook hook, int columns, std::vector<int32_t> values) { return {hook, columns, {}, std::move(values)}; }

// Four tokens, three experts, two choices each, one layer; capacity rule and capture as told.
core::Trace handMade(bool capacity, core::Capture capture = core::Capture::Ledger) {
  auto config = std::make_shared<core::ModelConfig>();
  config->layers = 1;
  config->router.experts = 3;
  config->router.chosen = 2;
  config->shared = core::SharedExpert::Summed;
  config->layer = {{true}};
  auto info = std::make_shared<core::RunInfo>();
  info->config = config;
  info->promptTokens = 3;
  info->capture = capture;
  info->capacity = {capacity, true, core::CapacityRule::Gshard, 0.75, 4};  // C = ceil(2 * 4 / 3 * 0.75) = 2
  core::Trace trace(info);
  trace = trace.withIds({1, 2, 3, 4}, {"Once", " upon", " a", "\n"});
  core::Block block;
  block.tokens = 4;
  block.arrays = {
      floats(Hook::RouterLogits, 3, {1, 2, 0, 2, 1, 0, 2, 0, 1, 2, 0, 1}),
      floats(Hook::RouterScores, 3, {.25f, .66f, .09f, .66f, .25f, .09f, .66f, .09f, .25f, .66f, .09f, .25f}),
      ints(Hook::RouterIds, 2, {1, 0, 0, 1, 0, 2, 0, 2}),
      floats(Hook::RouterWeights, 2, {.66f, .25f, .66f, .25f, .66f, .25f, .66f, .25f}),
      floats(Hook::RouterMargin, 1, {.16f, .16f, .16f, .004f}),
      floats(Hook::RouterEntropy, 1, {.83f, .83f, .83f, .83f})};
  if (capture >= core::Capture::Ledger) {
    // residual, attention, two choices, shared, dense, remainder
    const std::vector<float> norm = {6, 3, 2, 1, 2, 0, 0}, share = {5, 2, 1, 1, 1, 0, 0};
    std::vector<float> norms, shares;
    for (int t = 0; t < 4; ++t) {
      norms.insert(norms.end(), norm.begin(), norm.end());
      shares.insert(shares.end(), share.begin(), share.end());
    }
    block.arrays.push_back(floats(Hook::LedgerNorm, 7, norms));
    block.arrays.push_back(floats(Hook::LedgerOutputShare, 7, shares));
    block.arrays.push_back(floats(Hook::LedgerOutNorm, 1, {10, 10, 10, 10}));
  }
  trace = trace.with(std::move(block));
  if (capture >= core::Capture::Ledger) {
    core::Block next;
    next.stream = core::Stream::LayerNext;
    next.tokens = 3;
    std::vector<float> push;
    for (int t = 0; t < 3; ++t) push.insert(push.end(), {.5f, .25f, -.25f, .1f, .2f, 0, 0});
    next.arrays = {floats(Hook::LedgerActualEffect, 7, push)};
    trace = trace.with(std::move(next));
  }
  core::Block head;
  head.stream = core::Stream::Head;
  head.tokens = 4;
  std::vector<int32_t> top;
  std::vector<float> p;
  for (int t = 0; t < 4; ++t) {
    top.insert(top.end(), {3, 9, 7, -1, -1, -1, -1, -1, -1, -1});
    p.insert(p.end(), {.5f, .25f, .125f, 0, 0, 0, 0, 0, 0, 0});
  }
  head.arrays = {ints(Hook::TopIds, 10, top), floats(Hook::TopProbabilities, 10, p),
                 floats(Hook::PredictionEntropy, 1, {1, 1, 1, 1})};
  trace = trace.with(std::move(head));
  core::Block surprisal;
  surprisal.stream = core::Stream::HeadNext;
  surprisal.tokens = 3;
  surprisal.arrays = {floats(Hook::Surprisal, 1, {4.6f, .69f, 4.6f})};
  return trace.with(std::move(surprisal));
}

const Phrases kSay;

TEST(RouterViews, ShowEveryStageOfEveryExpertAndTheCloseCall) {
  const ViewSource source = makeViewSource(handMade(true));
  EXPECT_EQ(
      print(makeRouterView(source, {1, 0, 1, Stage::Choice}, false, kSay).description),
      "Router, layer 0, token 1 “ upon”: E00 first and E01 second, E01 0.160 ahead of E02; uniform would be 0.333.\n"
      "expert | raw logit | score | selection | rank | applied weight | dropped\n"
      "E00 | +2.00 | 0.660 | 0.660 | 1 | 0.660 | \n"
      "E01 | +1.00 | 0.250 | 0.250 | 2 | 0.250 | \n"
      "E02 | 0.00 | 0.090 | 0.090 | next |  | \n");
  const RouterView sorted = makeRouterView(source, {0, 0, 1, Stage::Choice}, true, kSay);
  EXPECT_EQ(sorted.order, (std::vector<int>{1, 0, 2}));
}

TEST(DispatchViews, ServeFirstChoicesBeforeSecondOnesAndSayWhoCameTooLate) {
  const ViewSource source = makeViewSource(handMade(true));
  const DispatchView view = makeDispatchView(source, {3, 0, 0, Stage::Capacity}, kSay);
  EXPECT_EQ(print(view.description),
            "Dispatch, layer 0, token 3 “↵”: 2 of 8 choices came too late, 2 of them at E00, most (2) at E00; capacity "
            "2, simulated.\n"
            "expert | slot | token | text | choice | kept\n"
            "E00 | 0 | 1 |  upon | 1st | yes\n"
            "E00 | 1 | 2 |  a | 1st | yes\n"
            "E00 | 2 | 3 | \n | 1st | no\n"
            "E00 | 3 | 0 | Once | 2nd | no\n"
            "E01 | 0 | 0 | Once | 1st | yes\n"
            "E01 | 1 | 1 |  upon | 2nd | yes\n"
            "E02 | 0 | 2 |  a | 2nd | yes\n"
            "E02 | 1 | 3 | \n | 2nd | yes\n");
  EXPECT_EQ(view.capacityFormula, "⌈2 × 4 / 3 × 0.75⌉");
  EXPECT_EQ(
      view.atCursor,
      "E00 serves 2 = ⌈2 × 4 / 3 × 0.75⌉ choices. This token’s first choice came 3rd, behind 2 earlier first choices: "
      "dropped, weight 0.660 unused.");
  EXPECT_EQ(
      capacityCase(source, {0, 0, 0, Stage::Capacity}, kSay),
      "E00 serves 2 = ⌈2 × 4 / 3 × 0.75⌉ choices. This token’s second choice came 4th, behind 3 first choices and 0 "
      "earlier second choices: dropped, weight 0.250 unused.");
  EXPECT_EQ(capacityCase(source, {0, 0, 2, Stage::Capacity}, kSay),
            "E02 serves 2 = ⌈2 × 4 / 3 × 0.75⌉ choices. This token did not choose it; 2 of 2 slots are taken.");
}

TEST(DispatchViews, WithoutARuleNothingIsDroppedAndCapacityCanBeSimulated) {
  const DispatchView view = makeDispatchView(makeViewSource(handMade(false)), {0, 0, 0, Stage::Capacity}, kSay);
  ASSERT_TRUE(view.panel.notice.has_value());
  EXPECT_EQ(view.panel.notice->heading, "Nothing is dropped.");
  EXPECT_EQ(view.panel.notice->buttons[0].action, Action::SimulateCapacity);
}

TEST(LoadViews, CountChoicesAgainstTheIdeal) {
  const ViewSource source = makeViewSource(handMade(true));
  EXPECT_EQ(
      print(makeLoadView(source, {0, 0, 0, Stage::Logits}, {}, kSay).description),
      "Load, layer 0, token 0 “Once”: E00 has 1.50 × ideal, E01 0.75; an even router would give each 2.67 choices. The "
      "entropy of the shares is 1.04 of at most 1.10 nats.\n"
      "expert | kept | dropped | × ideal\n"
      "E00 | 2 | 2 | 1.50\n"
      "E01 | 2 | 0 | 0.75\n"
      "E02 | 2 | 0 | 0.75\n");
  const LoadView part = makeLoadView(source, {1, 0, 0, Stage::Logits}, {LoadRange::Kind::UpToCursor, 0, 0}, kSay);
  EXPECT_EQ(part.panel.corner, "up to token 1");
  EXPECT_EQ(part.dead, (std::vector<int>{2}));
  EXPECT_NE(part.description.sentence.find("Without a choice: E02."), std::string::npos) << part.description.sentence;
  EXPECT_EQ(part.capacity, -1);
}

TEST(LedgerViews, SharesAddUpAndThePushIsOnTheTokenThatFollows) {
  const ViewSource source = makeViewSource(handMade(true));
  const LedgerView view = makeLedgerView(source, {0, 0, 0, Stage::Result}, kSay);
  EXPECT_EQ(
      print(view.description),
      "Ledger, layer 0, token 0 “Once”: wrote in norm: attention 3.0, E01 routed 2.0, E00 routed 1.0 and shared 2.0; "
      "residual is 50.0\u202F% of the output.\n"
      "part | norm | of output | push on ·upon\n"
      "residual in | 6.0 | +50.0\u202F% | +0.50\n"
      "attention | 3.0 | +20.0\u202F% | +0.25\n"
      "E01 routed | 2.0 | +10.0\u202F% | −0.25\n"
      "E00 routed | 1.0 | +10.0\u202F% | +0.10\n"
      "shared | 2.0 | +10.0\u202F% | +0.20\n"
      "remainder | 0.0 | 0.0\u202F% | 0.00\n"
      "output | 10.0 | 100.0\u202F% | +0.80\n");
  EXPECT_EQ(view.sharedSentence, "Shared 40\u202F% of shared + routed norms");
  EXPECT_TRUE(view.rows[3].dropped);
}

TEST(LedgerViews, AreLockedWhereTheRunKeptRoutingOnly) {
  const ViewSource source = makeViewSource(handMade(true, core::Capture::Routing));
  const LedgerView view = makeLedgerView(source, {0, 0, 0, Stage::Result}, kSay);
  ASSERT_TRUE(view.panel.notice.has_value());
  EXPECT_EQ(view.panel.notice->heading, "This run kept routing only.");
  EXPECT_EQ(view.panel.notice->buttons[0].action, Action::RunAgainWithLedger);
  EXPECT_EQ(makeStageRailView(source, {0, 0, 0, Stage::Result}, kSay).sentence,
            "Norms need capture level “ledger”; this run kept routing only.");
}

TEST(LedgerViews, ManyChoicesBecomeFourRowsAndTheOthers) {
  test::DemoOptions demo;
  demo.chosen = 8;
  demo.experts = 64;
  const LedgerView view = makeLedgerView(test::demoSource(demo), {5, 2, 0, Stage::Result}, kSay);
  int routed = 0;
  double sum = 0;
  for (const LedgerRow& row : view.rows) {
    if (row.part == Part::Routed) ++routed;
    EXPECT_TRUE(row.part != Part::OtherRouted || row.label == "4 others") << row.label;
    sum += row.share;
  }
  EXPECT_EQ(routed, 4);
  EXPECT_NEAR(sum, 1.0, 1e-5);
}

TEST(LedgerViews, CallABiasAfterTheRoutedSumWhatItIsNotAnError) {
  test::DemoOptions demo;
  EXPECT_TRUE(makeLedgerView(test::demoSource(demo), {5, 2, 0, Stage::Result}, kSay)
                  .errorSentence.starts_with("recombination error "));
  demo.routedBias = true;
  const std::string sentence = makeLedgerView(test::demoSource(demo), {5, 2, 0, Stage::Result}, kSay).errorSentence;
  EXPECT_TRUE(sentence.starts_with("remainder ") && sentence.ends_with(" of the output: the block's own bias"))
      << sentence;
}

TEST(StageRails, SayWhatHappenedToThisTokenWithItsNumbers) {
  const ViewSource source = makeViewSource(handMade(true));
  const StageRailView view = makeStageRailView(source, {0, 0, 0, Stage::Capacity}, kSay);
  std::string cells;
  for (const StageCell& cell : view.cells) cells += cell.name + ": " + cell.number + (cell.warns ? " !" : "") + "\n";
  EXPECT_EQ(cells,
            "logits: max +2.00\n"
            "scores: H 0.83 nats\n"
            "choice: E01 E00\n"
            "capacity: 1 of 2 kept !\n"
            "experts: ‖3‖ ‖4‖\n"
            "combine: Σw 0.910\n"
            "result: ‖10.0‖\n");
  EXPECT_EQ(makeStageRailView(source, {3, 0, 0, Stage::Choice}, kSay).sentence,
            "The top 2 of 3 by selection score: E00 and E02. E02 is 0.160 ahead of E01.");
  EXPECT_EQ(makeStageRailView(source, {0, 0, 0, Stage::Scores}, kSay).sentence,
            "Softmax makes shares of the logits: E01 gets 0.660, 2.0 times the 0.333 of a uniform router. Entropy is "
            "0.83 of at "
            "most 1.10 nats.");
}

TEST(Predictions, AppendTheActualTokenWhereItIsBelowTheTen) {
  ViewSource source = makeViewSource(handMade(true));
  source.tokenText = [](int32_t id) { return id == 3 ? std::string(" a") : fmt::format(" t{}", id); };
  EXPECT_EQ(print(makePredictionView(source, {0, 0, 0, Stage::Logits}, kSay).description),
            "Prediction, layer 0, token 0 “Once”: “ a” 0.500; the actual “ upon” is >10, 0.010; entropy 1.00 nats.\n"
            "place | text | probability | actual next token\n"
            "1 | ·a | 0.500 | \n"
            "2 | ·t9 | 0.250 | \n"
            "3 | ·t7 | 0.125 | \n"
            ">10 | ·upon | 0.010 | yes\n");
  const PredictionView end = makePredictionView(source, {3, 0, 0, Stage::Logits}, kSay);
  EXPECT_EQ(end.rows.size(), 3u);
}

TEST(Inspectors, ListEveryQuantityWithHookAndShape) {
  const ViewSource source = makeViewSource(handMade(true));
  EXPECT_EQ(print(makeInspectorView(source, {0, 0, 0, Stage::Logits}, kSay).description),
            "Inspector, layer 0, token 0 “Once”: 21 quantities; raw logit 1.0000.\n"
            "Quantity | Value | Unit | Hook | Shape\n"
            "raw logit | 1.0000 |  | router.logits | (4, 3)\n"
            "score | 0.2500 |  | router.scores | (4, 3)\n"
            "rank | 2 of 2 |  | router.ids | (4, 2)\n"
            "applied weight | 0.2500 |  | router.weights | (4, 2)\n"
            "margin | 0.1600 |  | router.margin | (4)\n"
            "router entropy | 0.8300 | nats | router.entropy | (4)\n"
            "slot | 3 | ≥ C | router.slot | (4, 2)\n"
            "kept | no |  | router.kept | (4, 2)\n"
            "capacity | 2 | slots | router.slot | (4, 2)\n"
            "attention norm | 3.0000 | L2 norm | ledger.norm | (4, 7)\n"
            "expert output norm | 1.0000 | L2 norm | ledger.norm | (4, 7)\n"
            "shared norm | 2.0000 | L2 norm | ledger.norm | (4, 7)\n"
            "residual in norm | 6.0000 | L2 norm | ledger.norm | (4, 7)\n"
            "output norm | 10.0000 | L2 norm | ledger.out_norm | (4)\n"
            "expert share of output | +10.0\u202F% |  | ledger.output_projection | (4, 7)\n"
            "push on next token | 0.1000 | logits | ledger.actual_effect | (3, 7)\n"
            "top probability | 0.5000 | probability | top.probabilities | (4, 10)\n"
            "prediction entropy | 1.0000 | nats | prediction.entropy | (4)\n"
            "surprisal of next | 4.6000 | nats | surprisal | (3)\n"
            "queue length | 4 | choices | router.ids | (4, 2)\n"
            "load | 1.50 | × ideal | router.ids | (4, 2)\n");
}

TEST(Inspectors, ShowTheAttentionRoutersViewOfTheExpertToo) {
  auto config = std::make_shared<core::ModelConfig>();
  config->layers = 1;
  config->router.experts = config->attentionRouter.experts = 3;
  config->router.chosen = config->attentionRouter.chosen = 1;
  config->layer = {{true}};
  auto info = std::make_shared<core::RunInfo>();
  info->config = config;
  info->promptTokens = 1;
  info->capture = core::Capture::Routing;
  core::Block block;
  block.tokens = 1;
  block.arrays = {floats(Hook::RouterLogits, 3, {1, 2, 0}),   ints(Hook::RouterIds, 1, {1}),
                  floats(Hook::RouterWeights, 1, {1}),        floats(Hook::AttentionRouterLogits, 3, {3, 1, .5f}),
                  ints(Hook::AttentionRouterIds, 1, {0}),     floats(Hook::AttentionRouterWeights, 1, {.75f}),
                  floats(Hook::AttentionRouterMargin, 1, {2})};
  const ViewSource source = makeViewSource(core::Trace(info).withIds({1}, {"Once"}).with(std::move(block)));
  const std::string chosen = print(makeInspectorView(source, {0, 0, 0, Stage::Logits}, kSay).description);
  EXPECT_NE(chosen.find("attention logit | 3.0000 |  | attn_router.logits | (1, 3)\n"
                        "attention weight | 0.7500 |  | attn_router.weights | (1)\n"
                        "attention margin | 2.0000 |  | attn_router.margin | (1)\n"),
            std::string::npos)
      << chosen;
  const std::string other = print(makeInspectorView(source, {0, 0, 1, Stage::Logits}, kSay).description);
  EXPECT_NE(other.find("attention logit | 1.0000"), std::string::npos) << other;
  EXPECT_EQ(other.find("attention weight"), std::string::npos) << other;
}

TEST(HeatViews, SayWhereATokensChoicesAre) {
  const ViewSource source = makeViewSource(handMade(true));
  EXPECT_EQ(print(makeLayersExpertsView(source, {0, 0, 0, Stage::Logits}, kSay).description),
            "Layers × experts, layer 0, token 0 “Once”: E01 and E00 in layer 0; by chance an expert is chosen in 0.67 "
            "of 1 layers.\n"
            "layer | 1st | 2nd\n"
            "L0 | E01 | E00 dropped\n");
  EXPECT_EQ(
      makeTokensExpertsView(source, {0, 0, 0, Stage::Logits}, {}, kSay).description.sentence,
      "Tokens × experts, layer 0, token 0 “Once”: E00 is chosen by 4 of 4 tokens; an even router would give 2.67.");
}

TEST(Strips, CountDropsAndShowSpacesAndLineEnds) {
  const ViewSource source = makeViewSource(handMade(true));
  EXPECT_EQ(print(makeTokenStripView(source, {0, 0, 0, Stage::Logits}, {}, kSay).description),
            "Tokens, layer 0, token 0 “Once”: 4 tokens, 3 of the prompt and 1 generated; 2 choices dropped at L0.\n"
            "token | text | Colour: 1st expert at L0 | dropped\n"
            "0 | Once | 01 | 1\n"
            "1 | ·upon | 00 | 0\n"
            "2 | ·a | 00 | 0\n"
            "3 | ↵ | 00 | 1\n");
}

TEST(TokenTexts, HideNothingAndTurnNothing) {
  EXPECT_EQ(visibleToken("  a b").whole(), "··a b");
  EXPECT_EQ(visibleToken("\t").whole(), "⇥");
  EXPECT_EQ(visibleToken("").whole(), "∅");
  EXPECT_EQ(visibleToken("👨‍👩‍👧").whole(), "👨‍👩‍👧")
      << "a joiner between pictures makes one of them";
  EXPECT_EQ(visibleToken("a\u200Db\u200D").whole(), "a‹200D›b‹200D›");
  EXPECT_EQ(visibleToken("\x01\xE2\x80\xAE\xFF").whole(), "␁‹202E›\uFFFD");
}

TEST(DropsViews, ANullWithoutAPreferenceLosesLessThanAFullQueue) {
  test::DemoOptions demo;
  const DropsView view = makeDropsView(test::demoSource(demo), {22, 3, 8, Stage::Capacity}, kSay);
  ASSERT_EQ(view.bins.size(), 6u);
  for (const DropsBin& bin : view.bins) {
    EXPECT_GE((bin.last - bin.first + 1) * demo.chosen, kLeastChoicesInBin);
    EXPECT_LE(bin.low, bin.shuffled + 1e-9);
    EXPECT_GE(bin.high, bin.shuffled - 1e-9);
    EXPECT_GE(bin.uniform, 0);
  }
  EXPECT_GT(view.bins.back().uniform, view.bins.front().uniform);
}

TEST(Alignments, KeepWhatIsCommonTogether) {
  const auto text = [](std::vector<int32_t> a, std::vector<int32_t> b) {
    std::string out;
    for (const AlignedPair& p : alignTokens(a, b)) out += fmt::format("{}/{} ", p.a, p.b);
    return out;
  };
  EXPECT_EQ(text({1, 2, 3}, {1, 2, 3}), "0/0 1/1 2/2 ");
  EXPECT_EQ(text({1, 9, 3}, {1, 7, 8, 3}), "0/0 1/-1 -1/1 -1/2 2/3 ");
  EXPECT_EQ(text({1, 9, 3}, {1, 7, 3}), "0/0 1/1 2/2 ");
  EXPECT_EQ(text({}, {5}), "-1/0 ");
  EXPECT_EQ(text({1, 2}, {}), "0/-1 1/-1 ");
}

TEST(Compares, ARunWithItselfNeverParts) {
  const ViewSource source = test::demoSource({});
  const CompareView view = makeCompareView(source, "A", source, "B", {22, 3, 8, Stage::Choice}, kSay);
  EXPECT_TRUE(view.description.sentence.starts_with(
      "Compare: the same experts at 100\u202F% of aligned choices in layer 3; the routing never parts. L3 saturation "
      "100\u202F% (even 13\u202F%, "))
      << view.description.sentence;
  EXPECT_EQ(view.jensenShannon, 0);
  EXPECT_EQ(makeEmptyCompareView(kSay).panel.notice->heading, "Pick a second run.");
}

TEST(Cursors, StayInside) {
  const CursorSpace space{60, 6, 16};
  EXPECT_EQ(clamped({100, -1, 16, Stage::Logits}, space), (Cursor{59, 0, 15, Stage::Logits}));
  EXPECT_EQ(movedToken({0, 0, 0, Stage::Logits}, -1, space).token, 0);
  EXPECT_EQ(movedToken({5, 0, 0, Stage::Logits}, INT32_MAX, space).token, 59);
  EXPECT_EQ(movedStage({0, 0, 0, Stage::Result}, 1).stage, Stage::Result);
  EXPECT_EQ(clamped({3, 3, 3, Stage::Logits}, {}), Cursor{});
}

}  // namespace
}  // namespace ui
