// Moving panels about can be undone.
#include "app/layout_undo.h"

#include <gtest/gtest.h>

#include <QDockWidget>
#include <QMainWindow>
#include <QUndoStack>
#include <QtTest/QTest>

namespace {

TEST(LayoutUndo, AFloatedPanelGoesBackAndOutAgain) {
  QMainWindow window;
  window.setCentralWidget(new QWidget);
  QDockWidget dock("Panel");
  dock.setObjectName("panel");
  dock.setWidget(new QWidget);
  window.addDockWidget(Qt::RightDockWidgetArea, &dock);
  window.resize(600, 400);
  window.show();
  QUndoStack undo;
  app::LayoutUndo layout(window, undo);
  layout.watch(dock);
  QTest::qWait(600);
  EXPECT_EQ(undo.count(), 0) << "nothing was moved yet";

  dock.setFloating(true);
  ASSERT_TRUE(QTest::qWaitFor([&] { return undo.count() == 1; }, 3000));
  undo.undo();
  EXPECT_FALSE(dock.isFloating());
  undo.redo();
  EXPECT_TRUE(dock.isFloating());
  undo.undo();
  QTest::qWait(600);
  EXPECT_EQ(undo.count(), 1) << "going back is no step of its own";

  window.addDockWidget(Qt::LeftDockWidgetArea, &dock);
  ASSERT_TRUE(QTest::qWaitFor([&] { return undo.canUndo(); }, 3000));
  EXPECT_EQ(window.dockWidgetArea(&dock), Qt::LeftDockWidgetArea);
  undo.undo();
  EXPECT_EQ(window.dockWidgetArea(&dock), Qt::RightDockWidgetArea);
}

TEST(LayoutUndo, HidingAPanelIsNoMove) {
  QMainWindow window;
  QDockWidget dock("Panel");
  dock.setObjectName("panel");
  window.addDockWidget(Qt::RightDockWidgetArea, &dock);
  window.show();
  QUndoStack undo;
  app::LayoutUndo layout(window, undo);
  layout.watch(dock);
  QTest::qWait(400);
  dock.hide();
  QTest::qWait(600);
  EXPECT_EQ(undo.count(), 0);
}

}  // namespace
