// Drives the window as a user does: by keys, by the names of widgets, and by what stands in the canvases.
#pragma once

#include <QTemporaryDir>
#include <QtTest/QTest>
#include <memory>
#include <string>

#include "app/canvas_widget.h"
#include "app/main_window.h"

namespace test {

class WindowDriver {
 public:
  WindowDriver();

  app::MainWindow& window() { return *m_window; }
  app::Workbench& bench() { return m_window->workbench(); }

  void open();   // shows the window, without starting anything
  void close();  // closes it and waits until its threads have ended
  void start() { m_window->start(); }

  app::Services services;  // changed before open(), for engines that fail or are slow

  bool waitUntil(const std::function<bool()>& condition, int milliseconds = 30000);
  bool waitIdle();  // no model is being opened and nothing runs
  void openBundledModel();

  void activate();  // the window takes the keyboard; where nobody manages windows, none does so by itself
  void key(int key, Qt::KeyboardModifiers modifiers = {});
  template <class T>
  T* find(const QString& name) {
    return m_window->findChild<T*>(name);
  }
  void press(const QString& button);
  void type(const QString& text);  // a new prompt in the editor
  // Clicks what stands for `id`; false if it is not in the picture.
  bool click(app::CanvasWidget& canvas, const ui::ElementId& id);
  void screenshot(const std::string& name);  // into $EXPERTSCOPE_SCREENSHOTS, if that is set

 private:
  QTemporaryDir m_folder;
  std::unique_ptr<app::MainWindow> m_window;
};

}  // namespace test
