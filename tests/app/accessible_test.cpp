// What a screen reader finds: every control with a name and a role, every instrument with its sentence and its table.
#include <gtest/gtest.h>

#include <QAccessible>
#include <QDialog>
#include <QDockWidget>
#include <set>

#include "flows.h"

namespace {

using test::startWithSample;
using test::WindowDriver;

const std::set<QAccessible::Role> kControls = {
    QAccessible::PushButton, QAccessible::ButtonMenu, QAccessible::CheckBox, QAccessible::RadioButton,
    QAccessible::ComboBox,   QAccessible::SpinBox,    QAccessible::Slider,   QAccessible::EditableText,
    QAccessible::List,       QAccessible::Table,      QAccessible::Tree,     QAccessible::ProgressBar,
    QAccessible::Canvas,     QAccessible::MenuItem,
};

// The controls below `item` that have no name, and widgets that take the keyboard without a role.
void collectNameless(QAccessibleInterface* item, QStringList& nameless, int& controls, int depth = 0) {
  if (!item || !item->isValid() || depth > 40) return;
  const bool separator = item->role() == QAccessible::Separator;
  const bool control = kControls.contains(item->role());
  const auto where = [&] {
    const QObject* object = item->object();
    return object ? QStringLiteral("%1 \"%2\" in \"%3\"")
                        .arg(object->metaObject()->className(), object->objectName(),
                             object->parent() ? object->parent()->objectName() : QString())
                  : QStringLiteral("role %1").arg(item->role());
  };
  // The line inside a spin box or an editable combo box is a part of it, not a control of its own.
  const QObject* parent = item->object() ? item->object()->parent() : nullptr;
  const bool part = parent && (parent->inherits("QAbstractSpinBox") || parent->inherits("QComboBox") ||
                               parent->inherits("QComboBoxPrivateContainer"));
  if (control && !separator && !part) {
    ++controls;
    if (item->text(QAccessible::Name).trimmed().isEmpty()) nameless << where();
  }
  if (item->state().focusable && item->role() == QAccessible::NoRole) nameless << where() + " has no role";
  if (item->role() == QAccessible::Table || item->role() == QAccessible::List || item->role() == QAccessible::Tree) {
    return;  // its cells are data
  }
  for (int i = 0; i < item->childCount(); ++i) collectNameless(item->child(i), nameless, controls, depth + 1);
}

TEST(Accessible, EveryControlOfTheWindowHasANameAndARole) {
  WindowDriver driver;
  startWithSample(driver);
  for (QDockWidget* dock : driver.window().findChildren<QDockWidget*>()) dock->show();
  QTest::qWait(0);
  QStringList nameless;
  int controls = 0;
  collectNameless(QAccessible::queryAccessibleInterface(&driver.window()), nameless, controls);
  EXPECT_GT(controls, 30);
  EXPECT_TRUE(nameless.isEmpty()) << nameless.join('\n').toStdString();
}

TEST(Accessible, EveryControlOfTheDialogsHasANameAndARole) {
  WindowDriver driver;
  startWithSample(driver);
  driver.window().band().setFocus();
  const std::pair<const char*, std::function<void()>> dialogs[] = {
      {"commandDialog", [&] { driver.key(Qt::Key_K, Qt::ControlModifier); }},
      {"keysDialog", [&] { driver.key(Qt::Key_Question, Qt::ShiftModifier); }},
      {"settingsDialog", [&] { driver.window().showSettings(); }},
      {"problemDialog", [&] { driver.bench().open("/nowhere/run.npz"); }},
  };
  for (const auto& [name, show] : dialogs) {
    SCOPED_TRACE(name);
    show();
    ASSERT_TRUE(driver.waitUntil([&, name = name] { return driver.find<QDialog>(name) != nullptr; }, 5000));
    QStringList nameless;
    int controls = 0;
    collectNameless(QAccessible::queryAccessibleInterface(driver.find<QDialog>(name)), nameless, controls);
    EXPECT_TRUE(nameless.isEmpty()) << nameless.join('\n').toStdString();
    driver.find<QDialog>(name)->close();
    ASSERT_TRUE(driver.waitUntil([&, name = name] { return driver.find<QDialog>(name) == nullptr; }, 5000));
  }
}

// Whoever works by keyboard must see where it is.
TEST(Accessible, EveryControlShowsThatItHasTheKeyboard) {
  WindowDriver driver;
  test::startWithSample(driver);
  for (const char* dock :
       {"promptDock", "sessionsDock", "questionDock", "notesDock", "inspectorDock", "capacityDock"}) {
    driver.find<QDockWidget>(dock)->show();
  }
  driver.window().resize(2560, 1440);
  QTest::qWait(200);
  driver.activate();
  int seen = 0;
  for (QWidget* widget : driver.window().findChildren<QWidget*>()) {
    if (!widget->isVisible() || !widget->isEnabled() || !(widget->focusPolicy() & Qt::TabFocus)) continue;
    const QRect place(widget->mapTo(&driver.window(), QPoint()), widget->size());
    if (widget->focusProxy() || !driver.window().rect().contains(place)) continue;  // behind another tab
    const auto look = [&](QWidget* focused) {
      focused->setFocus(Qt::TabFocusReason);
      QTest::qWait(10);
      const QPoint at = widget->mapTo(&driver.window(), QPoint());
      return driver.window().grab(QRect(at, widget->size()).adjusted(-3, -3, 3, 3)).toImage();
    };
    QWidget* elsewhere = widget == &driver.window().band() ? static_cast<QWidget*>(&driver.window().lower())
                                                           : static_cast<QWidget*>(&driver.window().band());
    const QImage without = look(elsewhere), with = look(widget);
    if (!widget->hasFocus()) continue;  // a container whose parts take it
    ++seen;
    EXPECT_NE(without, with) << widget->metaObject()->className() << " " << widget->objectName().toStdString();
  }
  EXPECT_GT(seen, 25);
}

TEST(Accessible, EveryInstrumentOffersItsSentenceAndItsTable) {
  WindowDriver driver;
  startWithSample(driver);
  driver.window().band().grab();
  driver.window().lower().grab();
  int instruments = 0;
  for (app::CanvasWidget* canvas : {&driver.window().band(), &driver.window().lower()}) {
    QAccessibleInterface* item = QAccessible::queryAccessibleInterface(canvas);
    ASSERT_NE(item, nullptr);
    EXPECT_EQ(item->role(), QAccessible::Canvas);
    EXPECT_FALSE(item->text(QAccessible::Name).isEmpty());
    ASSERT_GT(item->childCount(), 0);
    for (int i = 0; i < item->childCount(); ++i) {
      QAccessibleInterface* instrument = item->child(i);
      const QString name = instrument->text(QAccessible::Name);
      SCOPED_TRACE(name.toStdString());
      ++instruments;
      EXPECT_EQ(instrument->role(), QAccessible::Graphic);
      EXPECT_TRUE(instrument->text(QAccessible::Description).contains(' '));
      EXPECT_GE(instrument->text(QAccessible::Value).count('\n'), 1) << "a head and at least one row";
      EXPECT_EQ(item->indexOfChild(instrument), i);
      EXPECT_EQ(item->childAt(instrument->rect().center().x(), instrument->rect().center().y()), instrument);
    }
  }
  EXPECT_GE(instruments, 8);
}

TEST(Accessible, TheSentenceFollowsTheCursor) {
  WindowDriver driver;
  startWithSample(driver);
  driver.window().band().setFocus();
  QAccessibleInterface* canvas = QAccessible::queryAccessibleInterface(&driver.window().band());
  const auto said = [&] {
    driver.window().band().grab();
    return canvas->text(QAccessible::Description);
  };
  driver.key(Qt::Key_Home);
  const QString first = said();
  driver.key(Qt::Key_Right);
  EXPECT_NE(said(), first);
  EXPECT_TRUE(said().contains("token 1"));
}

}  // namespace
