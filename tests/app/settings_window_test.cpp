// Settings take effect at once and are there again; instruments can be torn out and come back where they were.
#include <gtest/gtest.h>

#include <QCheckBox>
#include <QComboBox>
#include <QDBusVariant>
#include <QDialog>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QStyle>

#include "app/docks/instrument_dock.h"
#include "app/system_theme.h"
#include "flows.h"
#include "ui/theme.h"

namespace {

using test::startWithSample;
using test::WindowDriver;

void choose(QComboBox* box, const QVariant& data) {
  const int row = box->findData(data);
  ASSERT_GE(row, 0);
  box->setCurrentIndex(row);
  emit box->activated(row);
}

TEST(SettingsWindow, ThemeTextSizeAndMotionTakeEffectAtOnceAndAreRemembered) {
  WindowDriver driver;
  driver.open();
  driver.key(Qt::Key_Comma, Qt::ControlModifier);
  choose(driver.find<QComboBox>("settingsTheme"), static_cast<int>(app::ThemeChoice::Light));
  EXPECT_EQ(driver.window().palette().color(QPalette::Window), QColor(0xFC, 0xFC, 0xFD));
  choose(driver.find<QComboBox>("settingsTheme"), static_cast<int>(app::ThemeChoice::Dark));
  EXPECT_EQ(driver.window().palette().color(QPalette::Window), QColor(0x15, 0x17, 0x1B));
  const int before = driver.find<QWidget>("toolBar")->height();
  choose(driver.find<QComboBox>("settingsSize"), 200);
  EXPECT_EQ(driver.find<QWidget>("toolBar")->height(), 2 * before);
  EXPECT_GT(QApplication::style()->styleHint(QStyle::SH_Widget_Animation_Duration), 0);
  driver.find<QCheckBox>("settingsStill")->setChecked(true);
  EXPECT_EQ(QApplication::style()->styleHint(QStyle::SH_Widget_Animation_Duration), 0);
  EXPECT_FALSE(driver.window().isAnimated());
  driver.screenshot("settings");
  driver.press("settingsClose");
  driver.close();

  driver.open();
  EXPECT_EQ(driver.find<QWidget>("toolBar")->height(), 2 * before);
  EXPECT_FALSE(driver.window().isAnimated());
  driver.key(Qt::Key_Comma, Qt::ControlModifier);
  EXPECT_TRUE(driver.find<QCheckBox>("settingsStill")->isChecked());
}

TEST(SettingsWindow, WhatIsKeptOfARunIsChosenOnce) {
  WindowDriver driver;
  driver.open();
  driver.key(Qt::Key_Comma, Qt::ControlModifier);
  choose(driver.find<QComboBox>("settingsCapture"), static_cast<int>(core::Capture::Routing));
  driver.press("settingsClose");
  driver.openBundledModel();
  driver.type("The bird was happy.");
  driver.press("runButton");
  ASSERT_TRUE(driver.waitIdle());
  ASSERT_FALSE(driver.bench().trace().empty());
  EXPECT_EQ(driver.bench().trace().info().capture, core::Capture::Routing);
}

TEST(SettingsWindow, SessionsMoveToAnotherDatabaseAtOnce) {
  WindowDriver driver;
  startWithSample(driver);
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().sessions().size() == 1; }));
  QTemporaryDir folder;
  const QString file = folder.filePath("other.db");
  driver.key(Qt::Key_Comma, Qt::ControlModifier);
  auto* line = driver.find<QLineEdit>("settingsStore");
  line->setText(file);
  emit line->editingFinished();
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().sessions().empty(); }));
  driver.press("settingsClose");
  driver.type("The bird was happy.");
  driver.press("runButton");
  ASSERT_TRUE(driver.waitIdle());
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().sessions().size() == 1; }));
  EXPECT_EQ(driver.bench().sessions()[0].prompt, "The bird was happy.");
  EXPECT_TRUE(QFile::exists(file));
  driver.close();
  driver.open();
  EXPECT_EQ(driver.bench().storeFile(), std::filesystem::path(file.toStdString())) << "remembered";
}

TEST(SettingsWindow, ADarkDesktopIsFollowedWhereNothingElseIsChosen) {
  WindowDriver driver;
  driver.open();
  const auto ground = [&] { return driver.window().palette().color(QPalette::Window); };
  const QColor dark(0x15, 0x17, 0x1B), light(0xFC, 0xFC, 0xFD);
  driver.window().setThemeChoice(app::ThemeChoice::System);
  driver.window().setSystemIsDark(true);
  EXPECT_EQ(ground(), dark);
  driver.window().setSystemIsDark(false);
  EXPECT_EQ(ground(), light);
  driver.window().setThemeChoice(app::ThemeChoice::Dark);
  driver.window().setSystemIsDark(true);
  driver.window().setSystemIsDark(false);
  EXPECT_EQ(ground(), dark);
}

TEST(SystemTheme, ReadsWhatThePortalSays) {
  const auto wrapped = [](const QVariant& value) { return QVariant::fromValue(QDBusVariant(value)); };
  EXPECT_EQ(app::isDarkScheme(wrapped(wrapped(1u))), true);
  EXPECT_EQ(app::isDarkScheme(wrapped(2u)), false);
  EXPECT_EQ(app::isDarkScheme(0u), std::nullopt) << "no preference";
  EXPECT_EQ(app::isDarkScheme(wrapped(QStringLiteral("dark"))), std::nullopt);
  EXPECT_EQ(app::isDarkScheme({}), std::nullopt);
}

TEST(TornOut, EveryInstrumentOpensInACanvasOfItsOwnAndFollowsTheCursor) {
  WindowDriver driver;
  startWithSample(driver);
  for (const app::TearableInstrument& tearable : app::kTearable) {
    SCOPED_TRACE(tearable.key);
    driver.window().tearOut(tearable.instrument);
    auto* dock = driver.find<app::InstrumentDock>(QStringLiteral("instrument-") + tearable.key);
    ASSERT_NE(dock, nullptr);
    EXPECT_TRUE(dock->isFloating());
    EXPECT_TRUE(dock->isVisible());
    ASSERT_TRUE(driver.waitUntil([&] { return dock->canvas().framesDrawn() > 0; }));
    EXPECT_FALSE(dock->canvas().parts().empty());
    const int before = dock->canvas().framesDrawn();
    driver.bench().stepToken(driver.bench().cursor().token > 0 ? -1 : 1);
    EXPECT_TRUE(driver.waitUntil([&] { return dock->canvas().framesDrawn() > before; }, 3000));
    dock->hide();
  }
}

TEST(TornOut, TheDispatchHasASliderThatTakesTheMouse) {
  WindowDriver driver;
  startWithSample(driver);
  driver.window().tearOut(ui::Instrument::Dispatch);
  auto* dock = driver.find<app::InstrumentDock>("instrument-dispatch");
  dock->resize(900, 640);
  QTest::qWait(50);
  ASSERT_TRUE(driver.click(dock->canvas(), {ui::Instrument::Dispatch, ui::Element::Factor, -1, -1, -1, 0}));
  EXPECT_EQ(driver.bench().trace().info().capacity.factor, 0.5);
  ASSERT_TRUE(driver.click(dock->canvas(), {ui::Instrument::Dispatch, ui::Element::Factor, -1, -1, -1, 60}));
  EXPECT_EQ(driver.bench().trace().info().capacity.factor, 2.0);
  ASSERT_TRUE(driver.click(dock->canvas(), {ui::Instrument::Dispatch, ui::Element::Action, -1, -1, -1,
                                            static_cast<int>(ui::Action::ChangeRule)}));
  auto* menu = driver.find<QMenu>("ruleMenu");
  ASSERT_NE(menu, nullptr);
  for (QAction* action : menu->actions()) {
    if (action->text().startsWith("vmoe")) action->trigger();
  }
  EXPECT_EQ(driver.bench().trace().info().capacity.rule, core::CapacityRule::Vmoe);
  menu->close();
  driver.screenshot("torn-out");
}

TEST(TornOut, StaysOutWhenTheWindowIsOpenedAgain) {
  WindowDriver driver;
  startWithSample(driver);
  driver.window().tearOut(ui::Instrument::Load);
  driver.find<app::InstrumentDock>("instrument-load")->setFloating(false);
  driver.close();
  driver.open();
  auto* dock = driver.find<app::InstrumentDock>("instrument-load");
  ASSERT_NE(dock, nullptr);
  EXPECT_FALSE(dock->isHidden());
  EXPECT_FALSE(dock->isFloating());
}

}  // namespace
