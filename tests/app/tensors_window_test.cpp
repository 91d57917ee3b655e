// Every tensor of a run: computed again when they are wanted, kept in the database where one asks for it.
#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QTableView>

#include "app/commands.h"
#include "app/settings.h"
#include "flows.h"

namespace {

using app::Command;
using test::WindowDriver;

void compute(WindowDriver& driver) {
  driver.window().commands().action(Command::ComputeTensors)->trigger();
  ASSERT_TRUE(driver.waitIdle());
}

bool inspectorNames(WindowDriver& driver, const QString& quantity) {
  const auto* model = driver.find<QTableView>("inspectorTable")->model();
  for (int row = 0; row < model->rowCount(); ++row) {
    if (model->index(row, 0).data().toString() == quantity) return true;
  }
  return false;
}

void chooseFull(WindowDriver& driver, bool keep) {
  driver.key(Qt::Key_Comma, Qt::ControlModifier);
  auto* capture = driver.find<QComboBox>("settingsCapture");
  auto* tensors = driver.find<QCheckBox>("settingsTensors");
  EXPECT_FALSE(tensors->isEnabled()) << "other runs have none";
  capture->setCurrentIndex(capture->findData(static_cast<int>(core::Capture::Full)));
  emit capture->activated(capture->currentIndex());
  EXPECT_TRUE(tensors->isEnabled());
  EXPECT_TRUE(driver.find<QLabel>("settingsTensorSize")->text().startsWith("seed-7m: ")) << "the size is said first";
  EXPECT_TRUE(driver.find<QLabel>("settingsTensorSize")->isVisible());
  tensors->setChecked(keep);
  driver.press("settingsClose");
}

core::Trace reopened(WindowDriver& driver) {
  driver.close();
  driver.open();
  driver.start();
  EXPECT_TRUE(driver.waitUntil([&] { return driver.bench().model() && !driver.bench().trace().empty(); }));
  EXPECT_TRUE(driver.waitIdle());
  return driver.bench().trace();
}

TEST(TensorsWindow, AreComputedAgainFromTheStoredIds) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max.", 4);
  const core::Trace before = reopened(driver);
  driver.window().band().setFocus();
  driver.key(Qt::Key_Home);
  EXPECT_FALSE(before.has(core::Hook::Out));
  EXPECT_FALSE(inspectorNames(driver, "norm of out"));
  const auto id = driver.bench().runId();

  compute(driver);
  const core::Trace& after = driver.bench().trace();
  EXPECT_TRUE(after.has(core::Hook::Out)) << test::complaint(driver);
  EXPECT_TRUE(after.has(core::Hook::Logits));
  EXPECT_EQ(after.ids(), before.ids());
  EXPECT_EQ(driver.bench().runId(), id) << "it is the same run";
  EXPECT_TRUE(inspectorNames(driver, "norm of out"));
  // The recorded numbers are those of the tensors.
  const auto out = after.floats(core::Hook::Out, 2, 3);
  double squares = 0;
  for (const float x : out) squares += double{x} * double{x};
  EXPECT_NEAR(std::sqrt(squares), before.floats(core::Hook::LedgerOutNorm, 2, 3)[0], 1e-3);
}

TEST(TensorsWindow, OfAFullRunAreNotStoredUnlessAsked) {
  for (const bool keep : {false, true}) {
    WindowDriver driver;
    driver.open();
    driver.openBundledModel();
    chooseFull(driver, keep);
    driver.close();
    test::runText(driver, "There was a boy.", 2);
    ASSERT_EQ(driver.bench().trace().info().capture, core::Capture::Full) << "the settings are remembered";
    EXPECT_TRUE(driver.bench().trace().has(core::Hook::Out));
    EXPECT_EQ(reopened(driver).has(core::Hook::Out), keep);
  }
}

}  // namespace
