// What people keep with their runs: bookmarks, names, stars, tags, notes; removing and undoing; where the cursor was.
#include <QAbstractItemModelTester>
#include <QAction>
#include <QDialog>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QPlainTextEdit>
#include <QToolButton>
#include <QUndoStack>

#include "app/commands.h"
#include "app/models/session_model.h"
#include "flows.h"

namespace {

using app::Command;
using test::WindowDriver;

// Fills the dialog that asks for one line and says OK.
void answer(WindowDriver& driver, const QString& text) {
  auto* line = driver.find<QLineEdit>("line");
  ASSERT_NE(line, nullptr);
  line->selectAll();
  QTest::keyClicks(line, text);
  QTest::keyClick(line, Qt::Key_Return);
  ASSERT_TRUE(driver.waitUntil([&] { return driver.find<QDialog>("lineDialog") == nullptr; }));
}

bool waitForRow(WindowDriver& driver, const std::function<bool(const core::RunRow&)>& is) {
  return driver.waitUntil([&] { return driver.bench().row() && is(*driver.bench().row()); });
}

TEST(BookmarkWindow, KeepsAPlaceWithANoteGoesThereAndUndoes) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max.");
  driver.key(Qt::Key_Home);
  driver.key(Qt::Key_Right);
  driver.key(Qt::Key_Down);
  const ui::Cursor place = driver.bench().cursor();
  driver.key(Qt::Key_B, Qt::ControlModifier);
  answer(driver, "a close call");
  driver.window().commands().action(Command::ShowNotes)->trigger();
  auto* list = driver.find<QListView>("bookmarkList");
  auto* rules = new QAbstractItemModelTester(list->model(), QAbstractItemModelTester::FailureReportingMode::Fatal);
  rules->setParent(list);
  ASSERT_EQ(list->model()->rowCount(), 1);
  driver.key(Qt::Key_End);
  driver.screenshot("bookmarks");
  emit list->activated(list->model()->index(0, 0));
  EXPECT_EQ(driver.bench().cursor(), place);
  EXPECT_EQ(driver.window().instruments().options.strip.bookmarks, std::vector<int>{place.token});

  driver.window().band().setFocus();
  driver.key(Qt::Key_Z, Qt::ControlModifier);
  EXPECT_EQ(list->model()->rowCount(), 0);
  driver.key(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_EQ(list->model()->rowCount(), 1);
  // With another note; then it is there after the window was closed.
  driver.key(Qt::Key_B, Qt::ControlModifier);
  answer(driver, "not that close");
  driver.close();
  driver.open();
  driver.start();
  ASSERT_TRUE(driver.waitUntil([&] { return !driver.bench().trace().empty() && !driver.bench().busy(); }));
  list = driver.find<QListView>("bookmarkList");
  ASSERT_TRUE(driver.waitUntil([&] { return list->model()->rowCount() == 1; }));
  EXPECT_TRUE(list->model()->index(0, 0).data(Qt::AccessibleTextRole).toString().contains("not that close"));
  list->setCurrentIndex(list->model()->index(0, 0));
  QTest::keyClick(list, Qt::Key_Delete);
  EXPECT_EQ(list->model()->rowCount(), 0);
}

TEST(SessionsWindow, NamesStarsTagsAndNotesAreKeptFoundAndUndone) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max.");
  ASSERT_TRUE(waitForRow(driver, [](const core::RunRow&) { return true; }));
  driver.key(Qt::Key_F2);
  answer(driver, "Max in the shop");
  ASSERT_TRUE(waitForRow(driver, [](const core::RunRow& row) { return row.name == "Max in the shop"; }));
  EXPECT_EQ(driver.find<QLabel>("runName")->text(), "Max in the shop");
  driver.window().commands().action(Command::StarRun)->trigger();
  ASSERT_TRUE(waitForRow(driver, [](const core::RunRow& row) { return row.starred; }));
  driver.key(Qt::Key_T, Qt::ControlModifier);
  answer(driver, "class, drops ,class");
  ASSERT_TRUE(waitForRow(driver, [](const core::RunRow& row) {
    return row.tags == std::vector<std::string>{"class", "drops"};
  }));
  driver.window().commands().action(Command::ShowNotes)->trigger();
  auto* note = driver.find<QPlainTextEdit>("runNote");
  driver.activate();
  note->setFocus();
  QTest::keyClicks(note, "Look at the second choice");
  driver.find<QLineEdit>("runTags")->setFocus();
  ASSERT_TRUE(waitForRow(driver, [](const core::RunRow& row) { return row.note == "Look at the second choice"; }));
  driver.window().band().setFocus();

  driver.type("The bird was happy.");
  driver.press("runButton");
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().sessions().size() == 2 && !driver.bench().busy(); }));
  driver.key(Qt::Key_L, Qt::ControlModifier);
  driver.screenshot("sessions");
  auto* list = driver.find<QListView>("sessionList");
  const auto shown = [&](int count) { return driver.waitUntil([&] { return list->model()->rowCount() == count; }); };
  auto* search = driver.find<QLineEdit>("sessionSearch");
  QTest::keyClicks(search, "second choice");
  EXPECT_TRUE(shown(1)) << "a word of the note";
  search->clear();
  EXPECT_TRUE(shown(2));
  // Only the starred ones, then all by name.
  const auto pick = [&](const QString& button, const QString& text) {
    QMenu* menu = driver.find<QToolButton>(button)->menu();
    emit menu->aboutToShow();
    for (QAction* action : menu->actions()) {
      if (action->text() == text) return action->trigger();
    }
    FAIL() << "no such entry: " << text.toStdString();
  };
  pick("sessionFilter", "Starred");
  EXPECT_TRUE(shown(1));
  pick("sessionFilter", "All runs");
  EXPECT_TRUE(shown(2));
  pick("sessionFilter", "#drops");
  EXPECT_TRUE(shown(1));
  pick("sessionFilter", "#drops");
  pick("sessionSort", "Oldest first");
  ASSERT_TRUE(driver.waitUntil([&] {
    return list->model()->rowCount() == 2 && list->model()->index(0, 0).data().toString() == "Max in the shop";
  }));

  // Five steps back: note, tags, star, name.
  for (int i = 0; i < 4; ++i) driver.window().undoStack().undo();
  ASSERT_TRUE(driver.waitUntil([&] {
    const core::RunRow& row = driver.bench().sessions()[0];
    return row.name.empty() && !row.starred && row.tags.empty() && row.note.empty();
  }));
}

TEST(SessionsWindow, ARemovedRunComesBackOrIsErasedForGood) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max.");
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().sessions().size() == 1; }));
  driver.key(Qt::Key_L, Qt::ControlModifier);
  auto* list = driver.find<QListView>("sessionList");
  list->setCurrentIndex(list->model()->index(0, 0));
  QTest::keyClick(list, Qt::Key_Delete);
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().sessions().empty(); }));
  driver.window().band().setFocus();
  driver.key(Qt::Key_Z, Qt::ControlModifier);
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().sessions().size() == 1; }));
  driver.window().commands().action(Command::ForgetRun)->trigger();
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().sessions().empty(); }));
  EXPECT_TRUE(driver.bench().trace().info().prompt) << "it is still shown";
  const std::filesystem::path file = driver.services.storeFile;
  driver.close();
  const auto store = core::SessionStore::open(file);
  ASSERT_TRUE(store);
  core::RunFilter removed;
  removed.removed = true;
  EXPECT_EQ((*store)->list(removed)->size(), 0u) << "erased, not hidden";
}

TEST(SessionsWindow, TheMenuOfARunDoesWhatItSays) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max.");
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().sessions().size() == 1; }));
  driver.key(Qt::Key_L, Qt::ControlModifier);
  auto* list = driver.find<QListView>("sessionList");
  list->setCurrentIndex(list->model()->index(0, 0));
  const auto trigger = [&](const QString& text) {
    QTest::keyClick(list, Qt::Key_Menu);
    auto* menu = driver.find<QMenu>("runMenu");
    ASSERT_NE(menu, nullptr);
    for (QAction* action : menu->actions()) {
      if (action->text() == text) action->trigger();
    }
    menu->close();
    ASSERT_TRUE(driver.waitUntil([&] { return driver.find<QMenu>("runMenu") == nullptr; }));
  };
  trigger("Star");
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().sessions()[0].starred; }));
  trigger(QString::fromUtf8("Rename\u2026"));
  answer(driver, "Named");
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().sessions()[0].name == "Named"; }));
  trigger("Remove");
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().sessions().empty(); }));
}

TEST(CursorHistory, AltArrowsGoBackAndForwardThroughJumpsAndRuns) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max who liked to play in the shop.");
  driver.key(Qt::Key_Home);
  driver.key(Qt::Key_Right);
  driver.key(Qt::Key_Right);  // steps make one place
  driver.key(Qt::Key_G, Qt::ControlModifier);
  answer(driver, "9 L3E5");
  EXPECT_EQ(driver.bench().cursor().token, 9);
  EXPECT_EQ(driver.bench().cursor().layer, 3);
  EXPECT_EQ(driver.bench().cursor().expert, 5);
  driver.key(Qt::Key_Left, Qt::AltModifier);
  EXPECT_EQ(driver.bench().cursor().token, 2);
  driver.key(Qt::Key_Right, Qt::AltModifier);
  EXPECT_EQ(driver.bench().cursor().token, 9);
  const auto first = driver.bench().runId();
  driver.type("The bird was happy.");
  driver.press("runButton");
  ASSERT_TRUE(driver.waitIdle());
  driver.window().band().setFocus();
  driver.key(Qt::Key_Left, Qt::AltModifier);
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().runId() == first && !driver.bench().busy(); }));
  EXPECT_EQ(driver.bench().cursor().token, 9) << "in the run it was in";
}

TEST(Layout, ShowingADockIsUndone) {
  WindowDriver driver;
  test::runText(driver, "The bird was happy.");
  auto* notes = driver.find<QDockWidget>("notesDock");
  ASSERT_TRUE(notes->isHidden());
  notes->toggleViewAction()->trigger();
  EXPECT_FALSE(notes->isHidden());
  driver.window().undoStack().undo();
  EXPECT_TRUE(notes->isHidden());
}

}  // namespace
