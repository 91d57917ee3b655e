#include "app/picture_file.h"

#include <gtest/gtest.h>

#include <QImage>
#include <set>

#include "app/qt_text_shaper.h"
#include "tests/support/small_trace.h"
#include "tests/support/support.h"

namespace {

app::PictureOrder order(const std::string& instrument, const std::filesystem::path& out) {
  app::PictureOrder order;
  order.instrument = instrument;
  order.run = {test::smallTrace({.simulated = true}), "first run", {}};
  order.with = {test::smallTrace(), "second run", {}};
  order.token = 1;
  order.layer = 1;
  order.width = 640;
  order.height = 400;
  order.title = "tiny <&\u202E> title";
  order.provenance = "Expertscope 0.1.0, tiny, capture full";
  order.record = R"({"prompt": "a <b> & c"})";
  order.out = out;
  return order;
}

TEST(PictureFile, EveryInstrumentBecomesAnSvgWithTitleProvenanceAndItsOwnNumbers) {
  const test::ScratchFolder folder;
  const app::Painter painter = app::filePainter();
  ASSERT_GE(painter.instruments.size(), 10u);
  std::set<std::string> pictures;
  for (const std::string& instrument : painter.instruments) {
    SCOPED_TRACE(instrument);
    const auto path = folder.path() / (instrument + ".svg");
    const core::Status painted = painter.paint(order(instrument, path));
    ASSERT_TRUE(painted) << painted.error().message;
    const std::string svg = test::readFile(path);
    EXPECT_TRUE(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    EXPECT_NE(svg.find(">tiny &lt;&amp;\u2039202E\u203A&gt; title</text>"), std::string::npos);
    EXPECT_NE(svg.find(">Expertscope 0.1.0, tiny, capture full</text>"), std::string::npos);
    EXPECT_NE(svg.find("<title>"), std::string::npos);
    EXPECT_NE(svg.find("<metadata>{&quot;prompt&quot;: &quot;a &lt;b&gt; &amp; c&quot;}</metadata>"),
              std::string::npos);
    EXPECT_EQ(svg.find('\x1b'), std::string::npos);
    pictures.insert(svg);
  }
  EXPECT_EQ(pictures.size(), painter.instruments.size()) << "two instruments have the same picture";
}

TEST(PictureFile, TheComparisonNamesBothRuns) {
  const test::ScratchFolder folder;
  app::PictureOrder wanted = order(app::kCompareInstrument, folder.path() / "compare.svg");
  wanted.width = 1200;
  wanted.height = 800;
  ASSERT_TRUE(app::filePainter().paint(wanted));
  const std::string svg = test::readFile(wanted.out);
  EXPECT_NE(svg.find("first run"), std::string::npos);
  EXPECT_NE(svg.find("second run"), std::string::npos);
}

TEST(PictureFile, APngHasTheAskedPixelsAndSaysWhatItShows) {
  const test::ScratchFolder folder;
  const auto path = folder.path() / "router.png";
  app::PictureOrder wanted = order("router", path);
  wanted.scale = 2;
  ASSERT_TRUE(app::filePainter().paint(wanted));
  const QImage image(QString::fromStdString(path.string()));
  EXPECT_EQ(image.size(), QSize(1280, 800));
  EXPECT_EQ(image.text("Source").toStdString(), wanted.provenance);
  EXPECT_EQ(image.text("Provenance").toStdString(), wanted.record);
  EXPECT_FALSE(image.text("Description").isEmpty());
  std::set<QRgb> colours;
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) colours.insert(image.pixel(x, y));
  }
  EXPECT_GT(colours.size(), 20u) << "no text and no bars";
}

TEST(PictureFile, TheSameOrderGivesTheSameBytesAndAnotherCursorOrThemeOthers) {
  const test::ScratchFolder folder;
  const auto bytes = [](const app::PictureOrder& wanted) {
    EXPECT_TRUE(app::filePainter().paint(wanted));
    return test::readFile(wanted.out);
  };
  for (const char* name : {"a.svg", "a.png"}) {
    const app::PictureOrder first = order("router", folder.path() / name);
    app::PictureOrder elsewhere = first, light = first;
    elsewhere.token = 2;
    light.dark = false;
    const std::string before = bytes(first);
    EXPECT_EQ(bytes(first), before);
    EXPECT_NE(bytes(elsewhere), before);
    EXPECT_NE(bytes(light), before);
  }
}

TEST(PictureFile, NothingOfTheTitleAndTheProvenanceStandsOutsideOfThePicture) {
  const app::QtTextShaper shaper;
  app::PictureOrder narrow = order("load", "unused.svg");
  narrow.width = 200;
  narrow.title = std::string(500, 'w');
  narrow.provenance = std::string(500, 'm');
  const ui::Scene page = app::makePicture(narrow, ui::darkTheme(), shaper);
  int texts = 0;
  for (const ui::Primitive& primitive : page.primitives()) {
    if (primitive.shape != ui::Shape::Text || primitive.clip != 0) continue;
    ++texts;
    EXPECT_LE(page.bounds(primitive).right(), 200.0f) << page.textOf(primitive);
  }
  EXPECT_EQ(texts, 2);
}

TEST(PictureFile, TooManyPixelsAndAMissingFolderAreErrorsThatSaySo) {
  const test::ScratchFolder folder;
  app::PictureOrder huge = order("router", folder.path() / "huge.png");
  huge.width = huge.height = 8000;
  huge.scale = 3;
  const core::Status large = app::filePainter().paint(huge);
  ASSERT_FALSE(large);
  EXPECT_NE(large.error().message.find("ask for a smaller picture"), std::string::npos) << large.error().message;
  const core::Status nowhere = app::filePainter().paint(order("router", "/nowhere/a.svg"));
  ASSERT_FALSE(nowhere);
  EXPECT_NE(nowhere.error().message.find("/nowhere/a.svg"), std::string::npos) << nowhere.error().message;
}

}  // namespace
