// What the instruments show is switched by key as well as by mouse; what is in view moves by wheel.
#include <QAction>
#include <QClipboard>
#include <QDockWidget>
#include <QMenu>
#include <set>

#include "app/commands.h"
#include "flows.h"
#include "ui/layout.h"

namespace {

using test::WindowDriver;
using ui::Element;
using ui::Instrument;

const ui::CanvasOptions& shown(WindowDriver& driver) { return driver.window().instruments().options; }

bool isDrawn(const app::CanvasWidget& canvas, Instrument instrument) {
  for (const app::PicturePart& part : canvas.parts()) {
    if (part.instrument == instrument) return true;
  }
  return false;
}

void wheel(app::CanvasWidget& canvas, const QPoint& at, int notches, Qt::KeyboardModifiers modifiers = {}) {
  const QPointF place(at);
  QWheelEvent event(place, canvas.mapToGlobal(place), {}, {0, notches * 120}, Qt::NoButton, modifiers,
                    Qt::NoScrollPhase, false);
  QApplication::sendEvent(&canvas, &event);
  QTest::qWait(60);
}

TEST(ViewKeys, SwitchWhatTheMouseSwitches) {
  WindowDriver driver;
  test::startWithSample(driver);
  driver.window().band().setFocus();
  EXPECT_FALSE(shown(driver).routerByScore);
  driver.key(Qt::Key_O);
  EXPECT_TRUE(shown(driver).routerByScore);
  driver.key(Qt::Key_L);
  EXPECT_EQ(shown(driver).load.kind, ui::LoadRange::Kind::UpToCursor);
  driver.key(Qt::Key_S);
  EXPECT_TRUE(shown(driver).heat.global);
  driver.key(Qt::Key_C);
  auto* menu = driver.find<QMenu>("lensMenu");
  ASSERT_NE(menu, nullptr);
  QTest::keyClick(menu, Qt::Key_Down);  // the one after the lens that is chosen
  QTest::keyClick(menu, Qt::Key_Return);
  EXPECT_EQ(shown(driver).strip.lens, ui::Lens::Surprisal);
}

TEST(ViewKeys, EveryLensIsInTheMenuAndDroppedChoicesAreCountedInAllLayers) {
  WindowDriver driver;
  test::startWithSample(driver);
  driver.window().band().setFocus();
  driver.key(Qt::Key_C);
  auto* menu = driver.find<QMenu>("lensMenu");
  ASSERT_NE(menu, nullptr);
  ASSERT_EQ(menu->actions().size(), 7);
  menu->actions().last()->trigger();
  menu->close();
  const ui::TokenStripView view =
      ui::makeTokenStripView(driver.bench().source(), driver.bench().cursor(), shown(driver).strip, {});
  float dropped = 0;
  for (const ui::StripToken& token : view.tokens) dropped += std::isnan(token.value) ? 0 : token.value;
  EXPECT_EQ(static_cast<int>(dropped), test::droppedChoices(driver.bench().source()));
}

TEST(SharedPlaces, ANarrowWindowShowsTheOtherInstrumentByKeyAndByPress) {
  WindowDriver driver;
  test::startWithSample(driver);
  driver.window().resize(960, 600);
  driver.window().band().setFocus();
  app::CanvasWidget& band = driver.window().band();
  ASSERT_TRUE(driver.waitUntil([&] { return !isDrawn(band, Instrument::LayersExperts); }, 3000));
  EXPECT_TRUE(isDrawn(band, Instrument::TokensExperts));
  driver.key(Qt::Key_H);
  ASSERT_TRUE(driver.waitUntil([&] { return isDrawn(band, Instrument::LayersExperts); }, 3000));
  EXPECT_FALSE(isDrawn(band, Instrument::TokensExperts));
  driver.screenshot("other-heat-map");
  ASSERT_TRUE(driver.click(
      band, {Instrument::LayersExperts, Element::Action, -1, -1, -1, static_cast<int>(ui::Action::OtherHeatMap)}));
  EXPECT_TRUE(driver.waitUntil([&] { return isDrawn(band, Instrument::TokensExperts); }, 3000));
}

TEST(Wheel, ZoomsIntoTokensAndExpertsScrollsTheStripAndTheCursorBringsBothBack) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max who liked to play in the shop.", 150);
  driver.key(Qt::Key_Home);
  app::CanvasWidget& band = driver.window().band();
  const auto placeOf = [&](Instrument instrument) {
    for (const app::PicturePart& part : band.parts()) {
      if (part.instrument != instrument) continue;
      return QRectF(part.place.x, part.place.y, part.place.width, part.place.height).toRect();
    }
    return QRect();
  };
  QTest::qWait(50);
  const QPoint map = placeOf(Instrument::TokensExperts).center();
  wheel(band, map, 6);
  EXPECT_GT(shown(driver).heat.zoom, 2);
  const int first = shown(driver).heat.first;
  wheel(band, map, -2, Qt::ShiftModifier);
  EXPECT_GT(shown(driver).heat.first, first) << "with Shift it moves along";
  driver.screenshot("zoomed");

  const QPoint strip = placeOf(Instrument::TokenStrip).center();
  wheel(band, strip, -20);
  EXPECT_GT(shown(driver).strip.scrolledTo, 20);
  EXPECT_EQ(driver.bench().cursor().token, 0) << "the cursor stays";
  driver.key(Qt::Key_Right);
  EXPECT_EQ(shown(driver).strip.scrolledTo, -1);
  EXPECT_EQ(shown(driver).heat.first, -1);
  EXPECT_GT(shown(driver).heat.zoom, 2) << "as close as it was";
  driver.key(Qt::Key_0);
  EXPECT_EQ(shown(driver).heat.zoom, 1);
  driver.key(Qt::Key_Plus);
  EXPECT_GT(shown(driver).heat.zoom, 1);
  driver.key(Qt::Key_Minus);
  EXPECT_EQ(shown(driver).heat.zoom, 1);
}

TEST(Panels, EachInstrumentIsReachedByKeyAndIsTheOneThatIsCopied) {
  WindowDriver driver;
  test::startWithSample(driver);
  driver.key(Qt::Key_Escape);
  std::set<Instrument> used;
  for (int i = 0; i < 12; ++i) {
    driver.key(Qt::Key_F6);
    used.insert(shown(driver).focus);
    if (shown(driver).focus != Instrument::Load) continue;
    EXPECT_TRUE(driver.window().band().hasFocus());
    driver.key(Qt::Key_C, Qt::ControlModifier);
    EXPECT_TRUE(QGuiApplication::clipboard()->text().startsWith("expert\tkept\tdropped"))
        << QGuiApplication::clipboard()->text().toStdString();
  }
  for (const Instrument each :
       {Instrument::TokenStrip, Instrument::Router, Instrument::Dispatch, Instrument::Load, Instrument::LayersExperts,
        Instrument::TokensExperts, Instrument::Ledger, Instrument::Prediction}) {
    EXPECT_TRUE(used.contains(each)) << static_cast<int>(each);
  }
}

TEST(Panels, ClosingOneGivesTheKeyboardBackToTheTokens) {
  WindowDriver driver;
  test::startWithSample(driver);
  driver.key(Qt::Key_Escape);
  driver.key(Qt::Key_N, Qt::ControlModifier);
  ASSERT_TRUE(driver.find<QWidget>("promptEditor")->hasFocus());
  driver.find<QDockWidget>("promptDock")->hide();
  EXPECT_TRUE(driver.window().band().hasFocus());
}

TEST(Overview, APressGoesToTheTokenThatStandsThere) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max who liked to play in the shop.", 150);
  driver.key(Qt::Key_Home);
  const int expert = driver.bench().cursor().expert;
  ASSERT_TRUE(driver.click(driver.window().band(), {Instrument::TokenStrip, Element::Overview}));
  const double length = driver.bench().trace().length();
  EXPECT_NEAR(driver.bench().cursor().token, length / 2, length / 20 + 1);
  EXPECT_EQ(driver.bench().cursor().expert, expert);
}

}  // namespace
