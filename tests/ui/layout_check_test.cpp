// Goes through every instrument in many sizes and shapes of models: no text outside of its panel, no two texts over
// each other, and no string that does not come from the phrases.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "tests/ui/demo_trace.h"
#include "tests/ui/fake_shaper.h"
#include "tests/ui/scenes.h"
#include "ui/layout.h"

namespace ui {
namespace {

struct Box {
  Rect rect;
  std::string text;
};

// Complaints about the texts of a scene, empty if there are none.
std::string complaints(const Scene& scene) {
  std::vector<Box> boxes;
  std::string out;
  constexpr float kSlack = 0.75f;
  for (const Primitive& p : scene.primitives()) {
    if (p.shape != Shape::Text) continue;
    const Rect r = scene.bounds(p);
    Rect seen = r;
    if (const auto clip = scene.clipOf(p)) seen = intersect(r, *clip);
    if (seen.empty()) continue;
    const std::string text(scene.textOf(p));
    if (r.x < -kSlack || r.y < -kSlack || r.right() > scene.size().width + kSlack ||
        r.bottom() > scene.size().height + kSlack) {
      out += fmt::format("outside: \"{}\" at {:.1f} {:.1f} to {:.1f} {:.1f}\n", text, r.x, r.y, r.right(), r.bottom());
    }
    for (const Box& other : boxes) {
      const Rect both = intersect(seen, other.rect);
      if (both.width > kSlack && both.height > kSlack) {
        out += fmt::format("overlap: \"{}\" and \"{}\" at {:.1f} {:.1f}\n", text, other.text, both.x, both.y);
      }
    }
    boxes.push_back({seen, text});
    if (out.size() > 2000) break;
  }
  return out;
}

struct ModelShape {
  const char* name;
  test::DemoOptions demo;
};

std::vector<ModelShape> shapes() {
  std::vector<ModelShape> all;
  const auto add = [&](const char* name, auto change) {
    test::DemoOptions o;
    change(o);
    all.push_back({name, o});
  };
  add("seed", [](auto&) {});
  add("one expert", [](auto& o) { o.experts = 1, o.chosen = 1; });
  add("two experts, one token", [](auto& o) { o.experts = 2, o.tokens = 1, o.prompt = 1; });
  add("64 experts, 8 chosen", [](auto& o) { o.experts = 64, o.chosen = 8, o.layers = 16, o.tokens = 200; });
  add("128 experts, 48 layers", [](auto& o) { o.experts = 128, o.chosen = 8, o.layers = 48, o.tokens = 120; });
  add("300 experts", [](auto& o) { o.experts = 300, o.layers = 2, o.tokens = 40; });
  add("4096 tokens", [](auto& o) { o.tokens = 4096, o.prompt = 4000, o.layers = 4; });
  add("routing only", [](auto& o) { o.capture = core::Capture::Routing; });
  add("no rule", [](auto& o) { o.capacity = false; });
  add("dense layer", [](auto& o) { o.denseLayers = {0, 3}; });
  add("no shared expert", [](auto& o) { o.sharedExpert = false; });
  add("half of it run", [](auto& o) { o.recorded = 10; });
  add("wild words", [](auto& o) {
    o.words = {" a very long token that goes on and on without an end",
               "\n\n\n",
               "日本語のトークン",
               "",
               " ",
               "\xFF\xFE",
               "👩‍👩‍👧",
               "\t"};
  });
  return all;
}

const std::map<std::string, std::vector<Size>>& sizes() {
  static const std::map<std::string, std::vector<Size>> all = {
      {"tokens", {{1280, 103}, {960, 65}, {2560, 103}, {1887, 141}}},
      {"stages", {{1280, 47}, {960, 46}, {2560, 47}}},
      {"router", {{340, 351}, {436, 351}, {520, 560}, {900, 600}, {340, 180}}},
      {"dispatch", {{180, 351}, {196, 351}, {400, 560}, {900, 600}, {180, 180}}},
      {"drops", {{340, 180}, {500, 260}, {900, 400}}},
      {"load", {{150, 351}, {188, 351}, {260, 560}, {150, 180}}},
      {"loadbylayer", {{420, 200}, {900, 300}, {1600, 400}}},
      {"layers", {{160, 351}, {184, 351}, {400, 560}, {160, 180}}},
      {"experts", {{160, 351}, {276, 351}, {900, 560}, {160, 180}}},
      {"ledger", {{420, 180}, {592, 215}, {900, 300}, {1400, 500}}},
      {"overlayers", {{420, 180}, {700, 300}}},
      {"prediction", {{240, 180}, {300, 215}, {420, 330}}},
      {"inspector", {{260, 180}, {388, 215}, {900, 500}}},
      {"compare", {{900, 560}, {1280, 518}, {1280, 716}, {2000, 1100}}},
      {"placement", {{340, 180}, {630, 180}, {950, 215}, {500, 300}, {900, 600}, {2200, 700}}},
      {"measures", {{340, 180}, {960, 180}, {1280, 215}, {900, 600}, {2560, 700}}},
      {"coactivation", {{340, 180}, {960, 180}, {1280, 215}, {900, 600}, {2560, 700}}},
      {"central", {{960, 340}, {960, 520}, {1280, 501}, {1920, 760}, {2560, 900}}},
      {"lower", {{571, 180}, {892, 215}, {2000, 600}}},
  };
  return all;
}

class EveryInstrument : public testing::TestWithParam<std::string> {};

TEST_P(EveryInstrument, KeepsItsTextsApartAndInside) {
  const std::string name = GetParam();
  const test::FakeShaper shaper;
  const Phrases say;
  for (const ModelShape& shape : shapes()) {
    const ViewSource source = test::demoSource(shape.demo);
    test::DemoOptions second = shape.demo;
    second.seed += 1;
    const ViewSource other = test::demoSource(second);
    for (const double textScale : {1.0, 1.25}) {
      const Theme theme = makeTheme(true, textScale);
      for (Size size : sizes().at(name)) {
        size.width *= static_cast<float>(textScale);
        size.height *= static_cast<float>(textScale);
        for (const Cursor& cursor : {Cursor{0, 0, 0, Stage::Logits}, Cursor{22, 3, 8, Stage::Capacity},
                                     Cursor{1 << 20, 1 << 20, 1 << 20, Stage::Result}}) {
          test::SceneOptions options;
          options.ownLabels = cursor.token == 22;
          options.focused = cursor.token == 0;
          options.other = &other;
          const Scene scene = test::sceneNamed(name, source, cursor, size, theme, shaper, say, options);
          EXPECT_EQ(complaints(scene), "") << name << ", " << shape.name << ", " << size.width << " x " << size.height
                                           << ", text " << textScale << ", token " << cursor.token;
          EXPECT_FALSE(scene.sentence.empty());
        }
      }
    }
  }
}

TEST(Comparison, ChosenExpertsKeepTheirNamesWhereRowsAreTooLowForAll) {
  const test::FakeShaper shaper;
  test::DemoOptions demo;
  demo.experts = 64;
  const ViewSource source = test::demoSource(demo);
  test::SceneOptions options;
  options.other = &source;
  const Cursor cursor{22, 3, 8, Stage::Logits};
  const Scene scene = test::sceneNamed("compare", source, cursor, {1280, 518}, darkTheme(), shaper, Phrases(), options);
  std::set<std::string> texts;
  for (const Primitive& p : scene.primitives()) {
    if (p.shape == Shape::Text) texts.insert(std::string(scene.textOf(p)));
  }
  EXPECT_TRUE(texts.contains("E08")) << "the one at the cursor";
  int chosen = 0, all = 0;
  for (const int expert : source.chosenAt(3, 22)) chosen += texts.contains(fmt::format("E{:02}", expert));
  for (int expert = 0; expert < demo.experts; ++expert) all += texts.contains(fmt::format("E{:02}", expert));
  EXPECT_GT(chosen, 0);
  EXPECT_LT(all, demo.experts / 2) << "there is no room for all of them";
}

TEST_P(EveryInstrument, SaysWhyItIsEmpty) {
  const test::FakeShaper shaper;
  for (const bool open : {false, true}) {
    ViewSource nothing;
    nothing.modelOpen = open;
    for (const Size size : sizes().at(GetParam())) {
      const Scene scene = test::sceneNamed(GetParam(), nothing, {}, size, darkTheme(), shaper, Phrases(), {});
      EXPECT_EQ(complaints(scene), "") << size.width << " x " << size.height;
      EXPECT_FALSE(scene.sentence.empty());
    }
  }
}

// Every letter of the phrases becomes a circled one; what still has plain letters must be data: a label, a number, a
// hook's name, or a token's text.
Phrases pseudoLanguage() {
  std::map<std::string, std::string> table;
  for (size_t i = 0; i < kPhrases; ++i) {
    std::string text;
    for (const char c : englishPhrase(static_cast<Say>(i))) {
      const bool lower = c >= 'a' && c <= 'z', upper = c >= 'A' && c <= 'Z';
      if (!lower && !upper) {
        text += c;
        continue;
      }
      const char32_t circled =
          lower ? 0x24D0u + static_cast<char32_t>(c - 'a') : 0x24B6u + static_cast<char32_t>(c - 'A');
      text += static_cast<char>(0xE2);
      text += static_cast<char>(0x80 | (circled >> 6 & 0x3F));
      text += static_cast<char>(0x80 | (circled & 0x3F));
    }
    table[std::string(phraseKey(static_cast<Say>(i)))] = text;
  }
  return Phrases::fromTable(table).value();
}

TEST_P(EveryInstrument, WritesNothingThatIsNotFromThePhrases) {
  const test::FakeShaper shaper;
  const Phrases say = pseudoLanguage();
  test::DemoOptions demo;
  demo.words = {"7", "8", "9"};  // texts without a letter
  for (const bool capacity : {true, false}) {
    demo.capacity = capacity;
    ViewSource source = test::demoSource(demo);
    source.tokenText = [](int32_t) { return std::string("5"); };
    test::SceneOptions options;
    options.other = &source;
    options.ownLabels = true;
    const std::regex data("E[0-9]+|L[0-9]+|L[0-9]+E[0-9]+|[0-9]+e-?[0-9]+|P|T|D|E|K|V");
    const Size size = sizes().at(GetParam()).back();
    const Scene scene =
        test::sceneNamed(GetParam(), source, {5, 3, 8, Stage::Capacity}, size, darkTheme(), shaper, say, options);
    for (const Primitive& p : scene.primitives()) {
      if (p.shape != Shape::Text) continue;
      const std::string text(scene.textOf(p));
      bool known = scene.styleOf(p).font == TextFont::Token;
      for (const core::HookInfo& info : core::allHooks()) {
        known =
            known || text == info.name || (!info.formula.empty() && text.find_first_of("=|/^") != std::string::npos);
      }
      std::string rest = std::regex_replace(text, data, "");
      const bool letters =
          rest.find_first_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string::npos;
      EXPECT_TRUE(known || !letters) << text;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryInstrument, testing::ValuesIn(test::sceneNames()),
                         [](const auto& one) { return one.param; });

TEST(EveryInstrumentHere, HasSizesToBeTestedIn) {
  for (const std::string& name : test::sceneNames()) EXPECT_TRUE(sizes().count(name)) << name;
}

TEST(Layouts, NeverLoseStripRailRouterAndDispatchAndTileTheCanvas) {
  for (float width = 960; width <= 2560; width += 80) {
    for (float height = 300; height <= 1200; height += 90) {
      const CentralLayout layout = layoutCentral({width, height}, 1, {});
      for (const Instrument wanted :
           {Instrument::TokenStrip, Instrument::StageRail, Instrument::Router, Instrument::Dispatch}) {
        EXPECT_TRUE(placeOf(layout.places, wanted).has_value()) << width << " x " << height;
      }
      for (const PlacedInstrument& a : layout.places) {
        EXPECT_GE(a.rect.x, 0);
        EXPECT_LE(a.rect.right(), width + 0.01f);
        for (const PlacedInstrument& b : layout.places) {
          EXPECT_TRUE(&a == &b || intersect(a.rect, b.rect).empty());
        }
      }
    }
  }
}

TEST(Layouts, At1280EveryInstrumentOfTheBandHasItsWidth) {
  const CentralLayout layout = layoutCentral({1280, 501}, 1, {});
  EXPECT_NEAR(placeOf(layout.places, Instrument::Router)->width, 436, 4);
  EXPECT_NEAR(placeOf(layout.places, Instrument::Dispatch)->width, 196, 4);
  EXPECT_NEAR(placeOf(layout.places, Instrument::Load)->width, 188, 4);
  EXPECT_NEAR(placeOf(layout.places, Instrument::LayersExperts)->width, 184, 4);
  EXPECT_NEAR(placeOf(layout.places, Instrument::TokensExperts)->width, 276, 6);
  EXPECT_EQ(layout.stripRows, 2);
  EXPECT_FALSE(layout.heatTabs);
}

}  // namespace
}  // namespace ui
