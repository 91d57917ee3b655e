// What is set and done in the lab is taken back with Ctrl Z, a step at a time, and done again with Ctrl Shift Z.
#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFile>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSpinBox>
#include <QUndoStack>

#include "app/changed_run.h"
#include "app/close_calls_run.h"
#include "app/commands.h"
#include "app/instruments.h"
#include "app/knockout_run.h"
#include "app/lab.h"
#include "app/second_run.h"
#include "flows.h"

namespace {

using test::startWithSample;
using test::WindowDriver;

void undo(WindowDriver& driver) { driver.key(Qt::Key_Z, Qt::ControlModifier); }
void redo(WindowDriver& driver) { driver.key(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier); }

void openPage(WindowDriver& driver, app::Command command) { driver.window().commands().action(command)->trigger(); }

void pick(WindowDriver& driver, const char* list, int row) {
  auto* box = driver.find<QComboBox>(list);
  box->setCurrentIndex(row);
  emit box->activated(row);
}

void runShop(WindowDriver& driver) {
  test::runText(driver, "There was a boy named Max who liked to play in the shop.");
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().runId().has_value(); }));
}

TEST(LabUndo, EachSettingOfAPolicyIsAStepAndOneTurnedOnAndOnIsOne) {
  WindowDriver driver;
  startWithSample(driver);
  openPage(driver, app::Command::Lab);
  auto* list = driver.find<QComboBox>("labPolicy");
  const int row = list->findData(static_cast<int>(core::PolicyKind::TokenChoice));
  pick(driver, "labPolicy", row);
  const auto policy = [&] { return driver.window().lab().change()->policy; };
  ASSERT_TRUE(driver.waitUntil([&] { return driver.window().lab().change().has_value(); }));
  const int own = policy().K;
  for (const int k : {own + 1, own + 2, own + 3}) driver.find<QSpinBox>("labK")->setValue(k);
  driver.find<QDoubleSpinBox>("labTemperature")->setValue(0.5);
  EXPECT_EQ(policy().temperature, 0.5);
  driver.window().band().setFocus();
  undo(driver);
  EXPECT_EQ(policy().temperature, 1);
  EXPECT_EQ(policy().K, own + 3) << "another setting is another step";
  undo(driver);
  EXPECT_EQ(policy().K, own) << "one setting turned on and on is one step";
  redo(driver);
  redo(driver);
  EXPECT_EQ(policy().K, own + 3);
  EXPECT_EQ(policy().temperature, 0.5);
}

TEST(LabUndo, AChangeThatIsSetUpAndItsListAreTakenBack) {
  WindowDriver driver;
  runShop(driver);
  openPage(driver, app::Command::ChangeRun);
  auto* kind = driver.find<QComboBox>("changeKind");
  auto* expert = driver.find<QSpinBox>("changeExpert");
  auto* changes = driver.find<QListWidget>("changeList");
  const int first = kind->currentIndex(), followed = expert->value();
  expert->setValue(followed == 5 ? 6 : 5);
  expert->setValue(7);
  driver.press("changeAdd");
  kind->setCurrentIndex(first + 1);
  driver.press("changeAdd");
  ASSERT_EQ(changes->count(), 2);
  const QString second = changes->item(1)->text();
  driver.window().band().setFocus();
  undo(driver);
  EXPECT_EQ(changes->count(), 1);
  undo(driver);
  EXPECT_EQ(kind->currentIndex(), first);
  undo(driver);
  EXPECT_EQ(changes->count(), 0);
  undo(driver);
  EXPECT_EQ(expert->value(), followed) << "turned on and on is one step";
  driver.bench().moveTo({3, 1, 2, {}});
  EXPECT_EQ(expert->value(), 2) << "and it follows the cursor again";
  for (int i = 0; i < 4; ++i) redo(driver);
  EXPECT_EQ(expert->value(), 7);
  ASSERT_EQ(changes->count(), 2);
  EXPECT_EQ(changes->item(1)->text(), second);
  changes->setCurrentRow(0);
  driver.press("changeRemove");
  EXPECT_EQ(changes->count(), 1);
  driver.window().band().setFocus();
  undo(driver);
  EXPECT_EQ(changes->count(), 2);
}

TEST(LabUndo, ABannedExpertIsBackAndItsRunInTheBin) {
  WindowDriver driver;
  runShop(driver);
  const std::optional<core::RunId> parent = driver.bench().runId();
  ui::Cursor cursor{5, 2, driver.bench().source().chosenAt(2, 5).front(), {}};
  driver.bench().moveTo(cursor);
  driver.window().band().setFocus();
  driver.key(Qt::Key_X);
  app::ChangedRun& changed = driver.window().changedRun();
  ASSERT_TRUE(driver.waitUntil([&] { return !changed.busy() && !changed.empty(); }));
  const std::optional<core::RunId> row = driver.window().secondRun().id();
  ASSERT_TRUE(row);
  ASSERT_NE(row, parent);
  ASSERT_TRUE(driver.find<QWidget>("compareCanvas")->isVisible());
  undo(driver);
  EXPECT_TRUE(changed.empty());
  EXPECT_TRUE(driver.window().secondRun().empty());
  EXPECT_FALSE(driver.find<QWidget>("compareCanvas")->isVisible());
  EXPECT_TRUE(driver.bench().isRemoved(*row));
  EXPECT_EQ(driver.bench().runId(), parent);
  redo(driver);
  EXPECT_FALSE(changed.empty());
  EXPECT_EQ(driver.window().secondRun().id(), row);
  EXPECT_TRUE(driver.find<QWidget>("compareCanvas")->isVisible());
  EXPECT_FALSE(driver.bench().isRemoved(*row));
}

TEST(LabUndo, ASweepGivesWayToTheOneBeforeAndComesAgain) {
  WindowDriver driver;
  runShop(driver);
  driver.bench().moveToToken(4);
  openPage(driver, app::Command::Knockout);
  app::KnockoutRun& run = driver.window().knockoutRun();
  driver.press("knockoutRun");
  ASSERT_TRUE(driver.waitUntil([&] { return run.current() == 0; }));
  auto* only = driver.find<QCheckBox>("knockoutOnlyToken");
  only->setChecked(true);
  driver.press("knockoutRun");
  ASSERT_TRUE(driver.waitUntil([&] { return run.current() == 1; }));
  driver.window().band().setFocus();
  undo(driver);
  EXPECT_EQ(run.current(), 0);
  EXPECT_EQ(run.sweeps().size(), 2U) << "what was computed stays kept";
  undo(driver);
  EXPECT_FALSE(only->isChecked());
  undo(driver);
  EXPECT_EQ(run.current(), -1);
  for (int i = 0; i < 3; ++i) redo(driver);
  EXPECT_EQ(run.current(), 1);
  EXPECT_TRUE(only->isChecked());
  pick(driver, "knockoutSweeps", 0);
  EXPECT_EQ(run.current(), 0);
  driver.window().band().setFocus();
  undo(driver);
  EXPECT_EQ(run.current(), 1);
}

TEST(LabUndo, CloseCallsThatWereFoundAreTakenBack) {
  WindowDriver driver;
  runShop(driver);
  openPage(driver, app::Command::CloseCalls);
  app::CloseCallsRun& run = driver.window().closeCalls();
  driver.find<QComboBox>("closeWhat")->setCurrentIndex(1);
  driver.press("closeRun");
  ASSERT_TRUE(driver.waitUntil([&] { return run.found().has_value(); }));
  driver.window().band().setFocus();
  undo(driver);
  EXPECT_FALSE(run.found());
  undo(driver);
  EXPECT_EQ(driver.find<QComboBox>("closeWhat")->currentIndex(), 0);
  redo(driver);
  redo(driver);
  ASSERT_TRUE(run.found());
  EXPECT_EQ(run.found()->rounding, core::RouterRounding::Q8_0);
}

TEST(LabUndo, APlacementIsTakenBackSettingBySetting) {
  WindowDriver driver;
  startWithSample(driver);
  openPage(driver, app::Command::Placement);
  auto* rule = driver.find<QComboBox>("placementRule");
  auto* devices = driver.find<QSpinBox>("placementDevices");
  auto* canvas = driver.find<app::CanvasWidget>("placementCanvas");
  const auto says = [&](const char* text) {
    return driver.waitUntil([&] { return canvas->scene().sentence.find(text) != std::string::npos; }, 5000);
  };
  devices->setValue(3);
  devices->setValue(8);
  pick(driver, "placementRule", 2);
  ASSERT_TRUE(says("of 8 devices"));
  QTemporaryDir folder;
  QFile file(folder.filePath("mine.txt"));
  ASSERT_TRUE(file.open(QIODevice::WriteOnly));
  for (int e = 0; e < driver.bench().source().experts(); ++e) file.write(e == 0 ? "1\n" : "0\n");
  file.close();
  pick(driver, "placementRule", 3);
  auto* field = driver.find<QLineEdit>("placementFile");
  field->setText(file.fileName());
  QTest::keyClick(field, Qt::Key_Return);
  ASSERT_TRUE(says("of 2 devices"));
  driver.window().band().setFocus();
  undo(driver);
  ASSERT_TRUE(says("of 8 devices"));
  EXPECT_EQ(rule->currentIndex(), 2);
  EXPECT_EQ(devices->value(), 8);
  undo(driver);
  EXPECT_EQ(rule->currentIndex(), 0);
  undo(driver);
  ASSERT_TRUE(says("of 4 devices"));
  EXPECT_EQ(devices->value(), 4) << "turned on and on is one step";
  for (int i = 0; i < 3; ++i) redo(driver);
  ASSERT_TRUE(says("of 2 devices"));
  EXPECT_EQ(field->text(), file.fileName());
}

}  // namespace
