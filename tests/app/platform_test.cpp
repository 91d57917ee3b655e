// The window on a real X server and at scale 2: the flows of the other tests, in a child of its own.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QGuiApplication>
#include <QScreen>
#include <csignal>

#include "child_run.h"
#include "flows.h"
#include "ui/theme.h"

namespace {

constexpr const char* kFlows =
    "Window.ClicksInTheCanvasesMoveTheCursor:Window.RunsATypedPromptAndStepsThroughItWithTheArrowKeys:"
    "Screen.ShowsTheWindow:CapacityWindow.ARunWithoutARuleCanBeShownWithOneAndIsNotRunAgain";

// An X server without a screen, on a number it picks itself.
class VirtualScreen {
 public:
  VirtualScreen() {
    int pipes[2];
    if (pipe(pipes) != 0) return;
    m_server = fork();
    if (m_server == 0) {
      close(pipes[0]);
      const int nothing = open("/dev/null", O_WRONLY);
      dup2(nothing, STDERR_FILENO);
      const std::string number = std::to_string(pipes[1]);
      execlp("Xvfb", "Xvfb", "-displayfd", number.c_str(), "-screen", "0", "1400x900x24", "-nolisten", "tcp", nullptr);
      _exit(127);
    }
    close(pipes[1]);
    char digit = 0;
    while (read(pipes[0], &digit, 1) == 1 && digit != '\n') m_number += digit;
    close(pipes[0]);
  }
  ~VirtualScreen() {
    if (m_server <= 0) return;
    kill(m_server, SIGTERM);
    waitpid(m_server, nullptr, 0);
  }
  VirtualScreen(const VirtualScreen&) = delete;
  VirtualScreen& operator=(const VirtualScreen&) = delete;
  std::string display() const { return m_number.empty() ? "" : ":" + m_number; }

 private:
  pid_t m_server = -1;
  std::string m_number;
};

// What stands on the screen, not what the window believes it has drawn.
TEST(Screen, ShowsTheWindow) {
  test::WindowDriver driver;
  test::startWithSample(driver);
  ASSERT_TRUE(QTest::qWaitForWindowExposed(&driver.window()));
  const QByteArray wanted = qgetenv("EXPERTSCOPE_TEST_PLATFORM");
  EXPECT_EQ(QGuiApplication::platformName(), wanted.isEmpty() ? "offscreen" : QString::fromUtf8(wanted));
  const ui::Theme theme = ui::makeTheme(driver.window().palette().color(QPalette::Window).lightness() < 128, 1);
  const QPoint band = driver.window().band().mapTo(&driver.window(), QPoint(3, 3));
  const QColor bg1(theme.bg1.r, theme.bg1.g, theme.bg1.b);
  EXPECT_TRUE(driver.waitUntil(
      [&] {
        const QImage shown = driver.window().screen()->grabWindow(driver.window().winId()).toImage();
        const double ratio = shown.devicePixelRatio();
        return shown.pixelColor(qRound(band.x() * ratio), qRound(band.y() * ratio)) == bg1;
      },
      5000));
}

TEST(Screen, ALargeWindowGivesTheLowerBandTheRoomThatTheExpertsCannotUse) {
  test::WindowDriver driver;
  test::startWithSample(driver);
  const int before = driver.window().lower().height();
  driver.window().resize(2560, 1440);
  EXPECT_TRUE(driver.waitUntil([&] { return driver.window().lower().height() > before + 200; }, 3000))
      << driver.window().lower().height();
  driver.window().resize(1280, 800);
  EXPECT_TRUE(driver.waitUntil([&] { return driver.window().lower().height() <= before + 1; }, 3000))
      << driver.window().lower().height();
}

TEST(Screen, AnXServerShowsTheSameWindow) {
  const VirtualScreen screen;
  ASSERT_FALSE(screen.display().empty()) << "Xvfb does not start";
  const test::ChildEnd end =
      test::runTests(kFlows, {{"EXPERTSCOPE_TEST_PLATFORM", "xcb"}, {"DISPLAY", screen.display()}});
  EXPECT_EQ(end.exitCode, 0) << end.output;
  EXPECT_NE(end.output.find("PASSED  ] 4 tests"), std::string::npos) << end.output;
}

TEST(Screen, EverythingWorksAtScalesTwoAndThree) {
  for (const char* scale : {"2", "3"}) {
    const test::ChildEnd end = test::runTests(kFlows, {{"QT_SCALE_FACTOR", scale}});
    EXPECT_EQ(end.exitCode, 0) << scale << "\n" << end.output;
    EXPECT_NE(end.output.find("PASSED  ] 4 tests"), std::string::npos) << scale << "\n" << end.output;
  }
}

}  // namespace
