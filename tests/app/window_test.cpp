// The first journey through the window, with the bundled model: write, run, step, generate, cancel, leave and come
// back.
#include <gtest/gtest.h>

#include <QAccessible>
#include <QClipboard>
#include <QDialog>
#include <QElapsedTimer>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>

#include "app/docks/prompt_dock.h"
#include "app/sample_prompt.h"
#include "flows.h"
#include "ui/theme.h"

namespace {

using test::runText;
using test::WindowDriver;
using ui::Element;
using ui::Instrument;

ui::ElementId stripToken(int token) { return {Instrument::TokenStrip, Element::Token, token}; }

TEST(Window, RunsATypedPromptAndStepsThroughItWithTheArrowKeys) {
  WindowDriver driver;
  runText(driver, "The bird saw a red shop.");
  const core::Trace& trace = driver.bench().trace();
  EXPECT_EQ(*trace.info().prompt, "The bird saw a red shop.");
  const int last = trace.promptTokens() - 1;
  EXPECT_EQ(driver.bench().cursor().token, last);

  driver.key(Qt::Key_Left);
  EXPECT_EQ(driver.bench().cursor().token, last - 1);
  driver.key(Qt::Key_Home);
  EXPECT_EQ(driver.bench().cursor().token, 0);
  driver.key(Qt::Key_Right);
  driver.key(Qt::Key_Right);
  EXPECT_EQ(driver.bench().cursor().token, 2);
  driver.key(Qt::Key_End);
  EXPECT_EQ(driver.bench().cursor().token, last);
  driver.key(Qt::Key_Down);
  driver.key(Qt::Key_Down);
  EXPECT_EQ(driver.bench().cursor().layer, 2);
  driver.key(Qt::Key_Up);
  EXPECT_EQ(driver.bench().cursor().layer, 1);
  driver.key(Qt::Key_Down, Qt::ShiftModifier);
  EXPECT_EQ(driver.bench().cursor().stage, ui::Stage::Scores);
  const int expert = driver.bench().cursor().expert;
  driver.key(expert == 0 ? Qt::Key_Right : Qt::Key_Left, Qt::ShiftModifier);
  EXPECT_EQ(driver.bench().cursor().expert, expert == 0 ? 1 : expert - 1);
}

TEST(Window, ClicksInTheCanvasesMoveTheCursor) {
  WindowDriver driver;
  runText(driver, "There was a boy named Max.");
  ASSERT_TRUE(driver.click(driver.window().band(), stripToken(1)));
  EXPECT_EQ(driver.bench().cursor().token, 1);
  ASSERT_TRUE(driver.click(driver.window().band(), {Instrument::StageRail, Element::Stage, -1, -1, -1, 2}));
  EXPECT_EQ(driver.bench().cursor().stage, ui::Stage::Choice);
}

TEST(Window, FieldsOfTheToolbarFollowTheCursorAndMoveIt) {
  WindowDriver driver;
  runText(driver, "There was a boy named Max.");
  auto* token = driver.find<QSpinBox>("tokenField");
  auto* layer = driver.find<QSpinBox>("layerField");
  driver.key(Qt::Key_Home);
  EXPECT_EQ(token->value(), 0);
  token->setValue(3);
  EXPECT_EQ(driver.bench().cursor().token, 3);
  layer->setValue(4);
  EXPECT_EQ(driver.bench().cursor().layer, 4);
  EXPECT_EQ(driver.find<QSpinBox>("expertField")->text(),
            QString("E%1").arg(driver.bench().cursor().expert, 2, 10, QChar('0')));
}

TEST(Window, GeneratesMoreTokensOfTheSameRun) {
  WindowDriver driver;
  runText(driver, "There was a boy named Max.");
  const int before = driver.bench().trace().length();
  const auto id = driver.bench().runId();
  driver.key(Qt::Key_End);
  driver.press("generate1");
  ASSERT_TRUE(driver.waitIdle());
  EXPECT_EQ(driver.bench().trace().length(), before + 1);
  EXPECT_EQ(driver.bench().cursor().token, before) << "the cursor stays on the newest token";
  driver.press("generate10");
  ASSERT_TRUE(driver.waitIdle());
  EXPECT_EQ(driver.bench().trace().length(), before + 11);
  EXPECT_EQ(driver.bench().runId(), id);
}

TEST(Window, CancelStopsARunAndKeepsWhatItHas) {
  WindowDriver driver;
  driver.open();
  driver.openBundledModel();
  driver.type("There was a boy named Max.");
  driver.find<QSpinBox>("promptGenerate")->setValue(200);
  driver.press("runButton");
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().progress().done > 10; }));
  EXPECT_TRUE(driver.find<QPushButton>("cancelButton")->isVisible());
  EXPECT_TRUE(driver.find<QProgressBar>("progressBar")->isVisible());
  driver.press("cancelButton");
  ASSERT_TRUE(driver.waitIdle());
  EXPECT_FALSE(driver.find<QPushButton>("cancelButton")->isVisible());
  EXPECT_GT(driver.bench().trace().length(), 8);
  EXPECT_LT(driver.bench().trace().length(), 200);
}

TEST(Window, FirstStartShowsTheFirstDroppedChoiceOfTheSample) {
  WindowDriver driver;
  driver.open();
  driver.start();
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().trace().length() == 60 && !driver.bench().busy(); }));
  const ui::Cursor cursor = driver.bench().cursor();
  EXPECT_EQ(cursor.stage, ui::Stage::Capacity);
  EXPECT_TRUE(driver.bench().trace().info().capacity.simulated);
  const std::vector<int> chosen = driver.bench().source().chosenAt(cursor.layer, cursor.token);
  const auto rank = std::find(chosen.begin(), chosen.end(), cursor.expert) - chosen.begin();
  ASSERT_LT(static_cast<size_t>(rank), chosen.size());
  EXPECT_EQ(driver.bench().source().keptAt(cursor.layer, cursor.token, static_cast<int>(rank)), 0);
  driver.screenshot("first-start");
  const QWidget* tools = driver.find<QWidget>("toolBar");
  for (const QWidget* child : tools->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly)) {
    EXPECT_TRUE(!child->isVisible() || tools->rect().contains(child->geometry()))
        << "the toolbar cuts off what it holds";
  }
}

TEST(Window, ReopensTheLastRunWithTheCursorWhereItWas) {
  WindowDriver driver;
  driver.open();
  driver.start();
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().trace().length() == 60 && !driver.bench().busy(); }));
  driver.window().band().setFocus();
  driver.key(Qt::Key_Home);
  driver.key(Qt::Key_Right);
  driver.key(Qt::Key_Down);
  const ui::Cursor left = driver.bench().cursor();
  const std::vector<int32_t> ids = driver.bench().trace().ids();
  driver.close();

  driver.open();
  driver.start();
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().trace().length() == 60 && !driver.bench().busy(); }));
  EXPECT_EQ(driver.bench().cursor(), left);
  EXPECT_EQ(driver.bench().trace().ids(), ids);
  EXPECT_EQ(driver.find<QPlainTextEdit>("promptEditor")->toPlainText(), app::kSamplePrompt);

  // It can go on from there.
  driver.press("generate1");
  ASSERT_TRUE(driver.waitIdle());
  EXPECT_EQ(driver.bench().trace().length(), 61);
}

TEST(Window, StepsAsSoonAsItsRunIsThere) {
  WindowDriver driver;
  driver.open();
  driver.start();
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().trace().length() == 60 && !driver.bench().busy(); }));
  driver.close();
  QElapsedTimer clock;
  clock.start();
  driver.open();
  driver.start();
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().trace().length() == 60; }));
  driver.window().band().setFocus();
  const int token = driver.bench().cursor().token;
  driver.key(Qt::Key_Right);
  driver.window().band().grab();
  EXPECT_EQ(driver.bench().cursor().token, token + 1);
  const qint64 spent = clock.elapsed();
  RecordProperty("milliseconds", std::to_string(spent));
  std::printf("window to the first stepped token: %lld ms\n", static_cast<long long>(spent));
  clock.start();
  for (int i = 0; i < 20; ++i) {
    driver.key(Qt::Key_Right);
    driver.window().band().grab();
  }
  std::printf("a step, both canvases painted: %.1f ms\n", static_cast<double>(clock.elapsed()) / 20);
}

TEST(Window, EveryRunIsListedAndOpensAgain) {
  WindowDriver driver;
  runText(driver, "There was a boy named Max.");
  driver.key(Qt::Key_Home);
  driver.type("The bird was happy.");
  driver.press("runButton");
  ASSERT_TRUE(driver.waitIdle());
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().sessions().size() == 2; }));
  driver.key(Qt::Key_L, Qt::ControlModifier);
  auto* list = driver.find<QListView>("sessionList");
  ASSERT_EQ(list->model()->rowCount(), 2);
  EXPECT_EQ(list->model()->index(1, 0).data().toString(), "There was a boy named Max.");
  emit list->activated(list->model()->index(1, 0));
  ASSERT_TRUE(driver.waitUntil(
      [&] { return !driver.bench().busy() && driver.bench().trace().info().prompt == "There was a boy named Max."; }));
  EXPECT_EQ(driver.bench().cursor().token, 0);
}

TEST(Window, ClosesCleanlyWhileARunIsGoingOn) {
  WindowDriver driver;
  driver.open();
  driver.openBundledModel();
  driver.type("There was a boy named Max.");
  driver.find<QSpinBox>("promptGenerate")->setValue(400);
  driver.press("runButton");
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().progress().done > 10; }));
  driver.close();

  driver.open();
  driver.start();
  ASSERT_TRUE(driver.waitUntil([&] { return !driver.bench().trace().empty() && !driver.bench().busy(); }));
  EXPECT_GT(driver.bench().trace().length(), 8) << "what was run is in the database";
  EXPECT_LT(driver.bench().trace().length(), 400);
}

TEST(Window, FindGoesToTheNextTokenWithTheText) {
  WindowDriver driver;
  runText(driver, "The bird saw a bird in the shop.");
  driver.key(Qt::Key_Home);
  driver.key(Qt::Key_F, Qt::ControlModifier);
  auto* line = driver.find<QLineEdit>("commandLine");
  ASSERT_NE(line, nullptr);
  QTest::keyClicks(line, "bird");
  EXPECT_EQ(driver.find<QListWidget>("commandList")->count(), 2);
  QTest::keyClick(line, Qt::Key_Down);
  QTest::keyClick(line, Qt::Key_Return);
  const int token = driver.bench().cursor().token;
  EXPECT_EQ(driver.bench().trace().texts()[static_cast<size_t>(token)], " bird");
  EXPECT_GT(token, 2);
}

TEST(Window, CommandsAreFoundByTheirWords) {
  WindowDriver driver;
  runText(driver, "The bird saw a bird in the shop.");
  driver.key(Qt::Key_K, Qt::ControlModifier);
  auto* line = driver.find<QLineEdit>("commandLine");
  ASSERT_NE(line, nullptr);
  QTest::keyClicks(line, "theme light");
  ASSERT_EQ(driver.find<QListWidget>("commandList")->count(), 1);
  QTest::keyClick(line, Qt::Key_Return);
  EXPECT_EQ(driver.window().palette().color(QPalette::Window), QColor(0xFC, 0xFC, 0xFD));
}

TEST(Window, WithoutAModelTheCanvasOffersTheBundledOne) {
  WindowDriver driver;
  driver.open();
  ASSERT_TRUE(driver.click(driver.window().band(), {Instrument::Router, Element::Action, -1, -1, -1,
                                                    static_cast<int>(ui::Action::OpenBundledModel)}));
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().model() != nullptr; }));
  EXPECT_EQ(driver.bench().model()->name, app::kBundledModel);
}

TEST(Window, AModelThatDoesNotOpenIsOneMessageAndTheWindowGoesOn) {
  WindowDriver driver;
  driver.open();
  driver.bench().openModel("/nowhere/at/all");
  ASSERT_TRUE(driver.waitUntil([&] { return driver.find<QDialog>("problemDialog") != nullptr; }));
  EXPECT_EQ(driver.find<QLabel>("problemSummary")->text(), "/nowhere/at/all does not open.");
  driver.press("problemCopy");
  EXPECT_TRUE(QGuiApplication::clipboard()->text().contains("/nowhere/at/all"));
  driver.press("problemClose");
  driver.openBundledModel();
  EXPECT_NE(driver.bench().model(), nullptr);
}

TEST(Window, SpacePlaysOnPastTheEndOfThePrompt) {
  WindowDriver driver;
  runText(driver, "The bird was happy.");
  const int before = driver.bench().trace().length();
  driver.key(Qt::Key_End);
  driver.key(Qt::Key_Space);
  EXPECT_TRUE(driver.window().playing());
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().trace().length() >= before + 2; }, 5000));
  driver.key(Qt::Key_Space);
  EXPECT_FALSE(driver.window().playing());
}

TEST(Window, IsDrawnInBothThemes) {
  WindowDriver driver;
  driver.open();
  driver.start();
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().trace().length() == 60 && !driver.bench().busy(); }));
  for (const bool dark : {true, false}) {
    driver.window().setThemeChoice(dark ? app::ThemeChoice::Dark : app::ThemeChoice::Light);
    QTest::qWait(50);
    const QImage image = driver.window().band().grab().toImage();
    const ui::Colour expected = ui::makeTheme(dark, 1).bg1;
    EXPECT_EQ(image.pixelColor(2, 2), QColor(expected.r, expected.g, expected.b));
    driver.screenshot(dark ? "dark" : "light");
  }
  driver.window().setThemeChoice(app::ThemeChoice::Dark);
  driver.key(Qt::Key_Escape);
  driver.screenshot("inspector");
  driver.key(Qt::Key_N, Qt::ControlModifier);
  driver.key(Qt::Key_L, Qt::ControlModifier);
  driver.screenshot("docks");
  driver.window().setTextScale(1.5);
  driver.screenshot("large-text");
  driver.window().setTextScale(1);
  driver.window().resize(2560, 1440);
  driver.screenshot("large-window");
}

TEST(Window, AScreenReaderHearsEachInstrument) {
  WindowDriver driver;
  runText(driver, "The bird was happy.");
  driver.key(Qt::Key_Home);
  QTest::qWait(50);
  QAccessibleInterface* canvas = QAccessible::queryAccessibleInterface(&driver.window().band());
  ASSERT_NE(canvas, nullptr);
  ASSERT_GE(canvas->childCount(), 4);
  QAccessibleInterface* router = nullptr;
  for (int i = 0; i < canvas->childCount(); ++i) {
    if (canvas->child(i)->text(QAccessible::Name) == "Router") router = canvas->child(i);
  }
  ASSERT_NE(router, nullptr);
  EXPECT_TRUE(router->text(QAccessible::Description).startsWith("Router, layer 0, token 0"))
      << router->text(QAccessible::Description).toStdString();
  EXPECT_EQ(router->text(QAccessible::Value).count('\n'), 16) << "a head and a line an expert";
  EXPECT_FALSE(router->rect().isEmpty());
}

}  // namespace
