// Panels of the window that are moved, floated or closed come back by undo.
#include <QDockWidget>
#include <QToolButton>
#include <QUndoStack>

#include "flows.h"

namespace {

using test::WindowDriver;

QDockWidget* dockOf(WindowDriver& driver, const char* name) { return driver.find<QDockWidget>(name); }

// The arrangement at the start is what the first step goes back to.
void waitUntilSettled() { QTest::qWait(700); }

TEST(LayoutOfTheWindow, AMovedAndAFloatedPanelGoBackByKey) {
  WindowDriver driver;
  test::startWithSample(driver);
  driver.window().band().setFocus();
  QDockWidget* inspector = dockOf(driver, "inspectorDock");
  driver.key(Qt::Key_Escape);  // the hints go, the inspector stands there
  ASSERT_TRUE(driver.waitUntil([&] { return inspector->isVisible(); }));
  waitUntilSettled();
  const int before = driver.window().undoStack().count();
  EXPECT_EQ(before, 0) << "starting is no step";
  driver.window().addDockWidget(Qt::LeftDockWidgetArea, inspector);
  ASSERT_TRUE(driver.waitUntil([&] { return driver.window().undoStack().count() == 1; }));
  waitUntilSettled();
  inspector->setFloating(true);
  ASSERT_TRUE(driver.waitUntil([&] { return driver.window().undoStack().count() == 2; }));
  driver.key(Qt::Key_Z, Qt::ControlModifier);
  EXPECT_FALSE(inspector->isFloating());
  EXPECT_EQ(driver.window().dockWidgetArea(inspector), Qt::LeftDockWidgetArea);
  driver.key(Qt::Key_Z, Qt::ControlModifier);
  EXPECT_EQ(driver.window().dockWidgetArea(inspector), Qt::BottomDockWidgetArea);
  driver.key(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_EQ(driver.window().dockWidgetArea(inspector), Qt::LeftDockWidgetArea);
  waitUntilSettled();
  EXPECT_EQ(driver.window().undoStack().count(), 2) << "going back and forth is no step of its own";
}

TEST(LayoutOfTheWindow, APanelThatWasClosedByItsButtonComesBack) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max.", 2);
  driver.key(Qt::Key_L, Qt::ControlModifier);
  QDockWidget* sessions = dockOf(driver, "sessionsDock");
  ASSERT_TRUE(driver.waitUntil([&] { return sessions->isVisible(); }));
  QToolButton* close = nullptr;
  for (QToolButton* button : sessions->findChildren<QToolButton*>()) {
    if (button->accessibleName() == "Hide Sessions") close = button;
  }
  ASSERT_NE(close, nullptr);
  QTest::mouseClick(close, Qt::LeftButton);
  EXPECT_TRUE(sessions->isHidden());
  driver.key(Qt::Key_Z, Qt::ControlModifier);
  EXPECT_FALSE(sessions->isHidden());
  driver.key(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_TRUE(sessions->isHidden());
}

TEST(LayoutOfTheWindow, AnInstrumentThatWasTornOutGoesBackAndItsWindowThatWasClosedOpensAgain) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max.", 2);
  waitUntilSettled();
  driver.window().tearOut(ui::Instrument::Router);
  QDockWidget* router = nullptr;
  for (QDockWidget* dock : driver.window().findChildren<QDockWidget*>()) {
    if (dock->objectName().startsWith("instrument-")) router = dock;
  }
  ASSERT_NE(router, nullptr);
  EXPECT_TRUE(router->isVisible());
  EXPECT_TRUE(router->isFloating());
  router->close();  // as the button of its window does
  EXPECT_TRUE(router->isHidden());
  driver.key(Qt::Key_Z, Qt::ControlModifier);
  EXPECT_TRUE(router->isVisible());
  driver.key(Qt::Key_Z, Qt::ControlModifier);
  EXPECT_TRUE(router->isHidden()) << "it is in the band again, where it was before";
}

}  // namespace
