// frame_bench [TOKENS]: how long the real window takes from a key to the finished pictures of both canvases (CPU
// raster, two threads, engine idle), for a run of the small shape (8 layers, 16 experts, 2 chosen) with the ledger.
// Prints the median, 99 % and worst frame and the largest part of it, for every way of moving and two window sizes.
#include <QApplication>
#include <QtTest/QTest>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>

#include "app/canvas_widget.h"
#include "app/main_window.h"
#include "app/services.h"
#include "core/base/check.h"
#include "core/snapshot/snapshot.h"
#include "tests/app/private_home.h"
#include "tests/ui/demo_trace.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kSteps = 300;

// Both canvases draw every step; then the picture is finished.
double stepMs(app::MainWindow& window, const std::function<void()>& step) {
  const int band = window.band().framesDrawn(), lower = window.lower().framesDrawn();
  const auto start = Clock::now();
  step();
  while (window.band().framesDrawn() == band || window.lower().framesDrawn() == lower) {
    QCoreApplication::processEvents(QEventLoop::AllEvents);
    CHECK(Clock::now() - start < std::chrono::seconds(5), "a step draws nothing");
  }
  QCoreApplication::processEvents(QEventLoop::AllEvents);  // the widgets take the images
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

void measure(app::MainWindow& window, const char* what, const std::function<void(int)>& step) {
  std::vector<double> times;
  for (int i = 0; i < kSteps; ++i) times.push_back(stepMs(window, [&] { step(i); }));
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) { return times[static_cast<size_t>(share * (kSteps - 1))]; };
  std::printf("| %dx%d | %s | %.1f | %.1f | %.1f |\n", window.width(), window.height(), what, at(0.5), at(0.99), at(1));
}

void measureAll(app::MainWindow& window) {
  app::Workbench& bench = window.workbench();
  const int length = bench.trace().length();
  // Keys as a user presses them: the way through the window's own key handling is a part of the time.
  window.band().setFocus();
  ui::Cursor start = bench.cursor();
  start.token = length / 2;
  start.layer = 0;
  bench.moveTo(start);
  measure(window, "next token", [&](int) { QTest::keyClick(&window, Qt::Key_Right); });
  measure(window, "scrubbing, 13 tokens a step", [&](int i) { bench.moveToToken((i * 13 + 7) % length); });
  measure(window, "layer up and down", [&](int i) { QTest::keyClick(&window, i / 7 % 2 ? Qt::Key_Up : Qt::Key_Down); });
  core::CapacityOptions capacity = bench.capacityToEdit();
  measure(window, "dragging the capacity factor", [&](int i) {
    capacity.factor = 0.5 + 0.025 * (i % 80);
    bench.setCapacity(capacity);
  });
}

}  // namespace

int main(int argc, char** argv) {
  const test::PrivateHome home;
  qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication application(argc, argv);
  QTemporaryDir folder;
  app::Services services = app::programServices();
  services.storeFile = folder.filePath("sessions.db").toStdString();
  test::DemoOptions options;
  options.layers = 8;
  options.tokens = argc > 1 ? std::atoi(argv[1]) : 4096;
  options.prompt = options.tokens / 2;
  const QString path = folder.filePath("run.npz");
  CHECK(options.tokens >= 1000, "give at least 1000 tokens: 300 steps go to the right from the middle");
  const core::Status written = core::writeSnapshot(test::demoTrace(options), path.toStdString());
  CHECK(written, "{}", written ? "" : written.error().message);
  app::MainWindow window(services, folder.filePath("window.ini"));
  window.show();
  window.workbench().open(path);
  CHECK(QTest::qWaitFor([&] { return window.workbench().trace().length() == options.tokens; }, 60000),
        "the run does not open");
  QTest::qWait(300);
  std::printf("| window | step | median ms | 99 %% ms | worst ms |\n|---|---|---|---|---|\n");
  measureAll(window);
  window.resize(2560, 1440);
  QTest::qWait(500);
  measureAll(window);
  return 0;
}
