// Measures and co-activation in the window: all rows are reached, nothing waits for what takes long, and what comes
// late is shown only where it belongs.
#include <gtest/gtest.h>

#include <QAction>
#include <QDockWidget>
#include <QWheelEvent>
#include <algorithm>
#include <set>

#include "app/commands.h"
#include "app/instruments.h"
#include "app/second_run.h"
#include "core/snapshot/snapshot.h"
#include "flows.h"
#include "tests/ui/demo_trace.h"
#include "ui/numbers.h"
#include "ui/views/coactivation_view.h"

namespace {

using test::startWithSample;
using test::WindowDriver;
using ui::Element;
using ui::Instrument;

const ui::Phrases kSay;

test::DemoOptions longRun(uint32_t seed) {
  test::DemoOptions options;
  options.experts = 64;
  options.chosen = 8;
  options.layers = 4;
  options.tokens = 2048;
  options.prompt = 2000;
  options.seed = seed;
  options.capture = core::Capture::Routing;
  return options;
}

// A run made by hand, opened as a recording.
void openRun(WindowDriver& driver, const test::DemoOptions& options) {
  driver.open();
  QTemporaryDir folder;
  const QString path = folder.filePath("long.npz");
  const core::Status written = core::writeSnapshot(test::demoTrace(options), path.toStdString());
  ASSERT_TRUE(written.has_value()) << written.error().message;
  driver.bench().open(path);
  ASSERT_TRUE(driver.waitUntil([&] { return !driver.bench().trace().empty() && !driver.bench().busy(); }));
}

std::string sentence(const app::CanvasWidget& canvas) { return canvas.scene().sentence; }

const std::string kSoon = "Measures: " + kSay(ui::Say::MeasuresSoon);

// As the sentence of the instrument has it.
std::string violationOf(const ui::ViewSource& source, int layer) {
  const core::LayerDispatch& decided = *source.dispatch[static_cast<size_t>(layer)];
  for (const core::RoutingMeasure& one : core::measureRouting(source.trace, layer, decided)) {
    if (one.kind == core::MeasureKind::MaxViolation) return "MaxVio " + ui::scoreText(one.value) + ",";
  }
  return {};
}

std::set<int> rowsIn(const app::CanvasWidget& canvas) {
  std::set<int> rows;
  for (const ui::Primitive& one : canvas.scene().primitives()) {
    const ui::ElementId id = ui::unpack(one.id);
    if (id.element == Element::Fact) rows.insert(id.value);
  }
  return rows;
}

void wheel(app::CanvasWidget& canvas, int notches) {
  const QPointF place = canvas.rect().center();
  QWheelEvent event(place, canvas.mapToGlobal(place), {}, {0, notches * 120}, Qt::NoButton, {}, Qt::NoScrollPhase,
                    false);
  QCoreApplication::sendEvent(&canvas, &event);
}

TEST(MeasuresWindow, RowsThatDoNotFitAreReachedByWheelByKeyAndByAPress) {
  WindowDriver driver;
  startWithSample(driver);
  driver.window().tearOut(Instrument::Measures);
  auto* dock = driver.find<QDockWidget>("instrument-measures");
  ASSERT_NE(dock, nullptr);
  dock->resize(420, 260);
  auto* canvas = driver.find<app::CanvasWidget>("instrument-measures-canvas");
  const auto settled = [&] { return driver.waitUntil([&] { return !canvas->hasFrameToDraw(); }, 5000); };
  ASSERT_TRUE(driver.waitUntil([&] { return !rowsIn(*canvas).empty() && canvas->width() < 500; }, 5000));
  ASSERT_TRUE(settled());
  // Each scrolls from what is drawn.
  const auto pressOften = [&](app::Command command) {
    for (int i = 0; i < 12; ++i) {
      driver.window().commands().action(command)->trigger();
      EXPECT_TRUE(settled());
    }
  };
  const std::set<int> first = rowsIn(*canvas);
  ASSERT_LT(static_cast<int>(first.size()), core::kMeasures);
  wheel(*canvas, -1);
  ASSERT_TRUE(driver.waitUntil([&] { return rowsIn(*canvas) != first; }, 5000)) << "the wheel scrolls";
  wheel(*canvas, 20);
  ASSERT_TRUE(driver.waitUntil([&] { return rowsIn(*canvas) == first; }, 5000)) << "and back";
  canvas->activateWindow();
  canvas->setFocus();
  driver.window().commands().action(app::Command::ScrollOn)->trigger();
  ASSERT_TRUE(driver.waitUntil([&] { return rowsIn(*canvas) != first; }, 5000)) << "so does the key";
  pressOften(app::Command::ScrollOn);
  ASSERT_TRUE(driver.waitUntil([&] { return rowsIn(*canvas).contains(core::kMeasures - 1); }, 5000));
  pressOften(app::Command::ScrollBack);
  ASSERT_TRUE(driver.waitUntil([&] { return rowsIn(*canvas) == first; }, 5000));
  ui::ElementId rest;
  for (const ui::Primitive& one : canvas->scene().primitives()) {
    if (ui::unpack(one.id).element == Element::Overview) rest = ui::unpack(one.id);
  }
  ASSERT_EQ(rest.element, Element::Overview);
  const int token = driver.bench().cursor().token;
  ASSERT_TRUE(driver.click(*canvas, rest));
  EXPECT_TRUE(driver.waitUntil([&] { return rowsIn(*canvas) != first; }, 5000)) << "a press on what is left";
  EXPECT_EQ(driver.bench().cursor().token, token);
}

TEST(MeasuresWindow, WhatTakesLongComesLaterAndOnlyForItsOwnLayer) {
  WindowDriver driver;
  openRun(driver, longRun(7));
  driver.key(Qt::Key_M, Qt::ControlModifier | Qt::ShiftModifier);
  auto* canvas = driver.find<app::CanvasWidget>("measuresCanvas");
  ASSERT_TRUE(driver.waitUntil([&] { return canvas->isVisible(); }, 5000));
  const ui::ViewSource source = driver.bench().source();
  std::vector<std::string> violation;
  for (int layer = 0; layer < source.layers(); ++layer) violation.push_back(violationOf(source, layer));
  ASSERT_EQ(std::set(violation.begin(), violation.end()).size(), 4U) << "the layers differ";
  // Answers only come while events are handled: a picture that is made now cannot have them.
  driver.bench().stepLayer(1);
  EXPECT_EQ(driver.window().instruments().pictureOf(Instrument::Measures, {900, 300}, false).scene.sentence, kSoon);
  int checked = 0;
  const auto holds = [&] {
    const std::string now = sentence(*canvas);
    if (now == kSoon) return true;
    const size_t at = now.find("layer ");
    if (at == std::string::npos) return false;
    ++checked;
    return now.find(violation[static_cast<size_t>(std::stoi(now.substr(at + 6)))]) != std::string::npos;
  };
  for (const int by : {1, 1, -1, -1, -1, 1, 1, 1, -1}) {
    driver.bench().stepLayer(by);
    for (int i = 0; i < 3; ++i) {
      QTest::qWait(4);
      ASSERT_TRUE(holds()) << sentence(*canvas);
    }
  }
  const std::string here = "layer " + std::to_string(driver.bench().cursor().layer) + ",";
  ASSERT_TRUE(driver.waitUntil([&] { return holds() && sentence(*canvas).find(here) != std::string::npos; }, 10000))
      << sentence(*canvas);
  EXPECT_GT(checked, 0);
}

TEST(MeasuresWindow, AnotherRunNeverShowsTheNumbersOfTheOneBefore) {
  WindowDriver driver;
  openRun(driver, longRun(7));
  driver.key(Qt::Key_M, Qt::ControlModifier | Qt::ShiftModifier);
  auto* canvas = driver.find<app::CanvasWidget>("measuresCanvas");
  ASSERT_TRUE(driver.waitUntil([&] { return sentence(*canvas).find("MaxVio") != std::string::npos; }, 10000));
  const std::string before = sentence(*canvas);
  QTemporaryDir folder;
  const QString path = folder.filePath("other.npz");
  ASSERT_TRUE(core::writeSnapshot(test::demoTrace(longRun(8)), path.toStdString()).has_value());
  const auto* old = driver.bench().trace().sharedInfo().get();
  driver.bench().open(path);
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().trace().sharedInfo().get() != old; }));
  const std::string value = violationOf(driver.bench().source(), driver.bench().cursor().layer);
  ASSERT_EQ(before.find(value), std::string::npos);
  bool there = false;
  for (int i = 0; i < 2000 && !there; ++i) {
    const std::string now =
        driver.window().instruments().pictureOf(Instrument::Measures, {900, 300}, false).scene.sentence;
    there = now != kSoon;
    ASSERT_TRUE(!there || now.find(value) != std::string::npos) << now;
    QTest::qWait(2);
  }
  EXPECT_TRUE(there);
  EXPECT_TRUE(driver.waitUntil([&] { return sentence(*canvas).find(value) != std::string::npos; }, 10000));
}

TEST(CoactivationWindow, ThePairsOfTheLayerLeadToTheirExpertsAndSayTheirCounts) {
  WindowDriver driver;
  startWithSample(driver);
  driver.window().commands().action(app::Command::Coactivation)->trigger();
  auto* canvas = driver.find<app::CanvasWidget>("coactivationCanvas");
  ASSERT_TRUE(driver.waitUntil([&] { return canvas->isVisible() && !canvas->hasFrameToDraw(); }, 5000));
  EXPECT_TRUE(canvas->hasFocus());
  ASSERT_TRUE(driver.waitUntil([&] { return sentence(*canvas).find("an even router has") != std::string::npos; }));
  const ui::ViewSource& source = driver.bench().source();
  const auto table = canvas->table(Instrument::Coactivation);
  ASSERT_EQ(table.rows.size(), static_cast<size_t>(source.experts()));
  const ui::CoactivationView view = ui::makeCoactivationView(source, driver.bench().cursor(), kSay);
  ASSERT_NE(view.measured, nullptr);
  const ui::ExpertPair top = view.measured->strongest.front();
  EXPECT_EQ(table.rows[static_cast<size_t>(top.from)][static_cast<size_t>(top.to) + 2], ui::shareText(top.rate()));
  driver.screenshot("coactivation");
  const int layer = driver.bench().cursor().layer;
  ASSERT_TRUE(driver.click(*canvas, {Instrument::Coactivation, Element::Pair, -1, 1, top.from, top.to}));
  EXPECT_EQ(driver.bench().cursor().expert, top.from);
  EXPECT_EQ(driver.bench().cursor().layer, layer) << "a pair is of the layer that is shown";
  const auto said = [&](const std::string& text) {
    const auto all = canvas->scene().primitives();
    return std::any_of(all.begin(), all.end(), [&](const ui::Primitive& one) {
      return one.shape == ui::Shape::Text && canvas->scene().textOf(one) == text;
    });
  };
  EXPECT_TRUE(driver.waitUntil([&] { return said("tokens with both: " + std::to_string(top.both)); }, 5000));
  driver.key(Qt::Key_Down);
  EXPECT_TRUE(driver.waitUntil(
      [&] {
        return sentence(*canvas).find("layer " + std::to_string(driver.bench().cursor().layer)) != std::string::npos;
      },
      5000));
}

TEST(CompareLater, TwoLongRunsAreComparedInTheBackgroundAndACapacityLaidOverThemChangesNothing) {
  WindowDriver driver;
  openRun(driver, longRun(7));
  app::SecondRun& second = driver.window().secondRun();
  const core::Trace b = test::demoTrace(longRun(8)), c = test::demoTrace(longRun(9));
  int answers = 0;
  QObject::connect(&second, &app::SecondRun::changed, &driver.window(), [&] { ++answers; });
  second.show(b, "B", std::nullopt);
  const auto waits = [&] { return second.viewSoon(kSay).panel.notice.has_value(); };
  EXPECT_TRUE(waits()) << "nothing is compared while a picture is made";
  second.show(c, "C", std::nullopt);
  EXPECT_TRUE(waits());
  answers = 0;
  ASSERT_TRUE(driver.waitUntil([&] { return answers > 0; }, 20000));
  ASSERT_FALSE(waits());
  const ui::CompareView shown = second.viewSoon(kSay);
  const ui::ViewSource other = ui::makeViewSource(c);
  const ui::CompareView alone =
      ui::makeCompareView(driver.bench().source(), "A", other, "C", driver.bench().cursor(), kSay);
  EXPECT_EQ(shown.shared, alone.shared) << "of the run that was chosen last";
  EXPECT_EQ(shown.pairs, alone.pairs);
  core::CapacityOptions capacity = driver.bench().capacityToEdit();
  capacity.active = capacity.simulated = true;
  capacity.factor = 0.5;
  driver.bench().setCapacity(capacity);
  EXPECT_FALSE(waits()) << "the same choices";
  second.clear();
  EXPECT_TRUE(waits()) << "there is no second run";
}

}  // namespace
