#include "window_driver.h"

#include <QAbstractButton>
#include <QApplication>
#include <QPlainTextEdit>

#include "app/docks/prompt_dock.h"
#include "app/sample_prompt.h"
#include "app/services.h"
#include "core/base/check.h"

namespace test {

WindowDriver::WindowDriver() : services(app::programServices()) {
  services.storeFile = m_folder.filePath("sessions.db").toStdString();
}

void WindowDriver::open() {
  m_window = std::make_unique<app::MainWindow>(services, m_folder.filePath("window.ini"));
  m_window->show();
  QTest::qWait(0);
}

void WindowDriver::close() {
  m_window->close();
  m_window.reset();
}

bool WindowDriver::waitUntil(const std::function<bool()>& condition, int milliseconds) {
  return QTest::qWaitFor(condition, milliseconds);
}

bool WindowDriver::waitIdle() {
  return waitUntil([this] { return !bench().busy(); });
}

void WindowDriver::openBundledModel() {
  bench().openModel(app::kBundledModel);
  waitIdle();
}

void WindowDriver::activate() {
  if (QApplication::activeModalWidget() || m_window->isActiveWindow()) return;
  m_window->activateWindow();
  (void)QTest::qWaitForWindowActive(m_window.get(), 1000);
}

void WindowDriver::key(int key, Qt::KeyboardModifiers modifiers) {
  activate();
  QTest::keyClick(m_window.get(), static_cast<Qt::Key>(key), modifiers);
}

void WindowDriver::press(const QString& button) {
  auto* found = find<QAbstractButton>(button);
  CHECK(found, "the window has no button called {}", button.toStdString());
  QTest::mouseClick(found, Qt::LeftButton);
}

void WindowDriver::type(const QString& text) {
  key(Qt::Key_N, Qt::ControlModifier);
  auto* editor = find<QPlainTextEdit>("promptEditor");
  editor->selectAll();
  QTest::keyClicks(editor, text);
}

bool WindowDriver::click(app::CanvasWidget& canvas, const ui::ElementId& id) {
  const auto inPicture = [&] { return canvas.placeOf(id).has_value(); };
  if (!waitUntil(inPicture, 2000)) return false;
  // Panels that still find their sizes: what is clicked stands still through five looks.
  QPoint at;
  int still = 0;
  const auto standsStill = [&] {
    const auto place = canvas.placeOf(id);
    const QPoint now = place ? place->center() : QPoint();
    still = place && now == at ? still + 1 : 0;
    at = now;
    return still >= 5;
  };
  if (!waitUntil(standsStill, 5000)) return false;
  QWindow* native = canvas.window()->windowHandle();
  const QPoint inWindow = canvas.mapTo(canvas.window(), at);
  QTest::mouseMove(native, inWindow + QPoint(1, 0));
  QTest::mouseMove(native, inWindow);
  QTest::mouseClick(native, Qt::LeftButton, {}, inWindow);
  QTest::qWait(50);
  return waitUntil([&] { return !canvas.hasFrameToDraw(); }, 10000);
}

void WindowDriver::screenshot(const std::string& name) {
  const QByteArray folder = qgetenv("EXPERTSCOPE_SCREENSHOTS");
  if (folder.isEmpty()) return;
  QTest::qWait(100);
  QWidget* dialog = QApplication::activeModalWidget();
  (dialog ? dialog : m_window.get())
      ->grab()
      .save(QString::fromUtf8(folder) + '/' + QString::fromStdString(name) + ".png");
}

}  // namespace test
