// The one table of commands: menus, keys, the page about them, and changing keys.
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QAction>
#include <QDialog>
#include <QFile>
#include <QKeyEvent>
#include <QKeySequenceEdit>
#include <QLabel>
#include <QPushButton>
#include <QTableView>
#include <set>

#include "app/commands.h"
#include "app/models/key_model.h"
#include "flows.h"
#include "tests/support/support.h"

namespace {

using app::Command;
using app::Commands;
using test::WindowDriver;

TEST(CommandTable, NoKeyAndNoNameIsGivenTwice) {
  std::set<std::string> names, keys;
  for (const app::CommandInfo& info : app::commandTable()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    if (info.keys[0]) {
      EXPECT_TRUE(keys.insert(info.keys).second) << info.keys;
      const auto key = QKeySequence::fromString(info.keys, QKeySequence::PortableText);
      EXPECT_EQ(key.toString(QKeySequence::PortableText), info.keys) << "as Qt writes it";
    }
  }
}

TEST(CommandTable, ThePageAboutTheKeysIsTheTable) {
  QFile file(QString::fromStdString((test::asset("..") / "docs" / "keys.md").string()));
  ASSERT_TRUE(file.open(QIODevice::ReadOnly));
  EXPECT_EQ(QString::fromUtf8(file.readAll()).toStdString(), app::keysPage().toStdString())
      << "docs/keys.md is made from the table: put this page there";
}

TEST(CommandTable, KeysReadAsPeopleWriteThem) {
  EXPECT_EQ(app::readableKeys("Shift+Right"), QString::fromUtf8("\u21E7\u2192"));
  EXPECT_EQ(app::readableKeys("Ctrl+Return"), "Ctrl Enter");
  EXPECT_EQ(app::readableKeys("PgUp"), "PgUp");
  EXPECT_EQ(app::readableKeys("PgDown"), "PgDn");
  EXPECT_EQ(app::readableKeys("Up"), QString::fromUtf8("\u2191"));
}

TEST(Commands, CanvasKeysActOnlyWhileACanvasHasTheKeyboard) {
  QWidget window;
  Commands commands(&window, {});
  int steps = 0, maps = 0;
  commands.on(Command::NextToken, [&] { ++steps; });
  commands.on(Command::Keys, [&] { ++maps; });
  const QKeyEvent right(QEvent::KeyPress, Qt::Key_Right, Qt::NoModifier);
  EXPECT_FALSE(commands.press(right, false));
  EXPECT_TRUE(commands.press(right, true));
  EXPECT_EQ(steps, 1);
  // A question mark needs Shift on most keyboards.
  EXPECT_TRUE(commands.press(QKeyEvent(QEvent::KeyPress, Qt::Key_Question, Qt::ShiftModifier, "?"), false));
  EXPECT_EQ(maps, 1);
}

TEST(Commands, RememberOnlyKeysThatWereChanged) {
  QWidget window;
  Commands commands(&window, {{"goTo", "Ctrl+J"}, {"noSuchCommand", "Ctrl+Y"}});
  EXPECT_EQ(commands.key(Command::GoTo), QKeySequence("Ctrl+J"));
  EXPECT_EQ(commands.changedKeys(), (QMap<QString, QString>{{"goTo", "Ctrl+J"}}));
  EXPECT_EQ(commands.holderOf(QKeySequence("Ctrl+J"), Command::Find), Command::GoTo);
  commands.resetKeys();
  EXPECT_TRUE(commands.changedKeys().isEmpty());
}

TEST(KeyModel, ListsEveryCommandWithItsKey) {
  QWidget window;
  Commands commands(&window, {});
  app::KeyModel model(commands);
  const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
  EXPECT_EQ(model.rowCount(), app::kCommands);
  const QModelIndex row = model.index(static_cast<int>(Command::GoTo), app::KeyModel::Key);
  EXPECT_EQ(row.data().toString(), "Ctrl G");
  commands.setKey(Command::GoTo, QKeySequence("Ctrl+J"));
  EXPECT_EQ(row.data().toString(), "Ctrl J");
  EXPECT_TRUE(row.data(Qt::ToolTipRole).toString().contains("Ctrl G"));
}

TEST(KeyMap, IsDrawnFromTheTableAndChangesKeysWithConflictsSaid) {
  WindowDriver driver;
  test::runText(driver, "The bird was happy.");
  driver.key(Qt::Key_Question, Qt::ShiftModifier);
  auto* dialog = driver.find<QDialog>("keysDialog");
  ASSERT_NE(dialog, nullptr);
  ASSERT_NE(dialog->findChild<QLabel*>("key.goTo"), nullptr);
  EXPECT_EQ(dialog->findChild<QLabel*>("key.goTo")->text(), "Ctrl G");
  for (const app::CommandInfo& info : app::commandTable()) {
    const bool drawn = dialog->findChild<QLabel*>(QStringLiteral("key.") + info.name) != nullptr;
    EXPECT_EQ(drawn, info.keys[0] != 0) << info.name << ": every command with a key stands in the map";
  }
  driver.screenshot("keys");
  driver.press("changeKeys");
  auto* table = driver.find<QTableView>("keyTable");
  ASSERT_NE(table, nullptr);
  table->selectRow(static_cast<int>(Command::GoTo));
  driver.find<QKeySequenceEdit>("newKey")->setKeySequence(QKeySequence("Ctrl+K"));
  EXPECT_TRUE(driver.find<QLabel>("keyMessage")->text().contains("Find or run a command"))
      << driver.find<QLabel>("keyMessage")->text().toStdString();
  driver.find<QKeySequenceEdit>("newKey")->setKeySequence(QKeySequence("Ctrl+J"));
  driver.press("setKey");
  EXPECT_EQ(dialog->findChild<QLabel*>("key.goTo")->text(), "Ctrl J");
  driver.find<QDialog>("keyEditor")->close();
  dialog->close();
  QTest::qWait(10);
  driver.key(Qt::Key_J, Qt::ControlModifier);
  ASSERT_NE(driver.find<QDialog>("lineDialog"), nullptr) << "the new key goes to a place";
  driver.find<QDialog>("lineDialog")->close();

  // It is still there the next time.
  driver.close();
  driver.open();
  EXPECT_EQ(driver.window().commands().key(Command::GoTo), QKeySequence("Ctrl+J"));
}

}  // namespace
