// usage: window_bench   (QT_QPA_PLATFORM=offscreen, or on a display)
//
// One cold start of the program's own window, as a stranger has it: no settings, no sessions, the bundled model opened
// and its sample prompt run. Prints the milliseconds from the start of the process until the window was first drawn,
// and until a right arrow had moved the cursor and both canvases were drawn again.
#include <unistd.h>
#include <QApplication>
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>

#include "app/canvas_widget.h"
#include "tests/app/window_driver.h"

namespace {

// Milliseconds since the kernel started this process (field 22 of /proc/self/stat, in clock ticks since boot).
double sinceProcessStart() {
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string field;
  for (int i = 3; i <= 22; ++i) fields >> field;
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  const double started = std::stod(field) * 1000.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
  return static_cast<double>(now.tv_sec) * 1000.0 + static_cast<double>(now.tv_nsec) / 1e6 - started;
}

}  // namespace

int main(int argc, char** argv) {
  QTemporaryDir folder;
  for (const char* variable : {"XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"})
    qputenv(variable, folder.path().toUtf8());
  QApplication application(argc, argv);
  test::WindowDriver driver;
  driver.open();
  driver.window().grab();
  const double drawn = sinceProcessStart();
  driver.start();
  if (!driver.waitUntil([&] { return driver.bench().trace().length() > 0 && !driver.bench().busy(); })) {
    std::fprintf(stderr, "the sample prompt did not run within 30 s\n");
    return 1;
  }
  driver.window().band().setFocus();
  const int token = driver.bench().cursor().token;
  driver.key(Qt::Key_Right);
  driver.window().grab();
  if (driver.bench().cursor().token != token + 1) {
    std::fprintf(stderr, "the right arrow did not move the cursor\n");
    return 1;
  }
  std::printf("window drawn after %.0f ms, first token stepped after %.0f ms of the process\n", drawn,
              sinceProcessStart());
  return 0;
}
