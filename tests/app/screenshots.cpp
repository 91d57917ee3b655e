// Pictures of the real window, drawn offscreen: `screenshots FOLDER [PART]`. At scale 2 (QT_SCALE_FACTOR) only those
// that show the scale.
#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDialog>
#include <QDir>
#include <QDockWidget>
#include <QLineEdit>
#include <QMenu>
#include <QSpinBox>
#include <cstdio>

#include "app/changed_run.h"
#include "app/close_calls_run.h"
#include "app/commands.h"
#include "app/docks/capacity_dock.h"
#include "app/docks/instrument_dock.h"
#include "app/knockout_run.h"
#include "app/lab.h"
#include "app/policy_sweep.h"
#include "app/push_lens.h"
#include "app/sample_prompt.h"
#include "app/second_run.h"
#include "core/base/check.h"
#include "core/engine/router_policy.h"
#include "core/snapshot/snapshot.h"
#include "flows.h"
#include "private_home.h"
#include "tests/ui/demo_trace.h"

namespace {

using test::WindowDriver;

class Camera {
 public:
  explicit Camera(QString folder) : m_folder(std::move(folder)) {}

  void take(QWidget& widget, const QString& name) {
    QTest::qWait(80);
    const QString path = m_folder + '/' + name + ".png";
    CHECK(widget.grab().save(path), "{} cannot be written", path.toStdString());
    std::printf("%s\n", qPrintable(path));
  }

 private:
  const QString m_folder;
};

void bothThemes(WindowDriver& driver, Camera& camera, const QString& name) {
  driver.window().setThemeChoice(app::ThemeChoice::Light);
  camera.take(driver.window(), name + "-light");
  driver.window().setThemeChoice(app::ThemeChoice::Dark);
  camera.take(driver.window(), name + "-dark");
}

// A run made by hand, opened as a recording.
void openDemo(WindowDriver& driver, const test::DemoOptions& options) {
  QTemporaryDir folder;
  const QString path = folder.filePath("demo.npz");
  const core::Status written = core::writeSnapshot(test::demoTrace(options), path.toStdString());
  CHECK(written, "{}", written ? "" : written.error().message);
  driver.bench().open(path);
  driver.waitUntil([&] { return !driver.bench().trace().empty() && !driver.bench().busy(); });
  CHECK(!driver.bench().trace().empty(), "the made run does not open");
  driver.bench().moveToFirstDropped();
}

void sample(WindowDriver& driver) {
  driver.open();
  driver.start();
  driver.waitUntil([&] { return driver.bench().trace().length() == 60 && !driver.bench().busy(); });
  CHECK(driver.bench().trace().length() == 60, "the sample does not run");
}

void chat(WindowDriver& driver, Camera& camera, const QString& name) {
  driver.type("Who was Max?");
  auto* forms = driver.find<QComboBox>("promptChat");
  forms->setCurrentIndex(forms->findData("alpaca"));
  bothThemes(driver, camera, name);
  driver.find<QDockWidget>("promptDock")->hide();
}

void firstStart(Camera& camera) {
  WindowDriver driver;
  sample(driver);
  bothThemes(driver, camera, "first-start");
  driver.key(Qt::Key_Escape);
  bothThemes(driver, camera, "window");
  driver.key(Qt::Key_D, Qt::ControlModifier);
  bothThemes(driver, camera, "capacity");
  driver.find<app::CapacityDock>("capacityDock")->hide();
  chat(driver, camera, "prompt-chat");
  driver.window().resize(960, 600);
  camera.take(driver.window(), "window-smallest");
  driver.window().resize(2560, 1440);
  bothThemes(driver, camera, "window-large");
  driver.window().resize(1280, 800);
  driver.window().setTextScale(1.5);
  camera.take(driver.window(), "window-text-150");
  driver.window().setTextScale(2);
  driver.window().resize(1920, 1200);
  camera.take(driver.window(), "window-text-200");
}

void instruments(Camera& camera) {
  WindowDriver driver;
  sample(driver);
  driver.key(Qt::Key_Escape);
  for (const bool dark : {true, false}) {
    driver.window().setThemeChoice(dark ? app::ThemeChoice::Dark : app::ThemeChoice::Light);
    for (const app::TearableInstrument& tearable : app::kTearable) {
      driver.window().tearOut(tearable.instrument);
      auto* dock = driver.find<app::InstrumentDock>(QStringLiteral("instrument-") + tearable.key);
      dock->setFloating(true);
      dock->resize(900, 600);
      camera.take(dock->canvas(), QStringLiteral("instrument-%1-%2").arg(tearable.key, dark ? "dark" : "light"));
      dock->hide();
    }
  }
}

void states(Camera& camera) {
  {
    WindowDriver driver;
    driver.open();
    bothThemes(driver, camera, "empty");
    driver.openBundledModel();
    camera.take(driver.window(), "empty-model-open");
  }
  {
    WindowDriver driver;
    test::runText(driver, "There was a boy named Max who liked to play in the shop.", 8);
    camera.take(driver.window(), "no-capacity");
  }
  WindowDriver driver;
  driver.open();
  test::DemoOptions options;
  options.experts = 64;
  options.chosen = 8;
  options.layers = 16;
  options.tokens = 2000;
  options.prompt = 1800;
  openDemo(driver, options);
  bothThemes(driver, camera, "long");
  options.experts = 128;
  options.layers = 24;
  options.tokens = 300;
  options.prompt = 200;
  openDemo(driver, options);
  bothThemes(driver, camera, "experts-128");
  driver.window().resize(2560, 1440);
  camera.take(driver.window(), "experts-128-large");
  driver.window().resize(1280, 800);
  test::DemoOptions wide;
  wide.words = {"Once",
                " upon",
                "\u65E5\u672C\u8A9E",
                "\u4E2D\u6587\u5B57",
                " \u0627\u0644\u0639\u0631\u0628\u064A\u0629",
                " \u0939\u093F\u0928\u094D\u0926\u0940",
                "\U0001F426",
                "\n",
                "\t",
                " \u05E2\u05D1\u05E8\u05D9\u05EA",
                "\uD55C\uAD6D\uC5B4",
                " \u0E44\u0E17\u0E22",
                "\U0001F468\u200D\U0001F469\u200D\U0001F467",
                " end."};
  openDemo(driver, wide);
  bothThemes(driver, camera, "scripts");
  test::DemoOptions routing;
  routing.capture = core::Capture::Routing;
  routing.capacity = false;
  openDemo(driver, routing);
  camera.take(driver.window(), "routing-only");
}

// Two prompts that differ by a few words, side by side.
void comparison(Camera& camera, const QString& suffix) {
  WindowDriver driver;
  sample(driver);
  driver.key(Qt::Key_Escape);
  const std::optional<core::RunId> first = driver.bench().runId();
  driver.window().commands().action(app::Command::ShowCompare)->trigger();
  camera.take(driver.window(), "compare-empty" + suffix);
  driver.window().commands().action(app::Command::ShowCompare)->trigger();
  driver.type(QString(app::kSamplePrompt).replace("a boy named Max", "a little girl named Lily").replace("He", "She"));
  driver.find<QSpinBox>("promptGenerate")->setValue(app::kSampleTokens);
  driver.press("runButton");
  driver.waitIdle();
  driver.find<QDockWidget>("promptDock")->hide();
  driver.bench().moveToToken(20);
  driver.window().secondRun().choose(*first);
  driver.waitUntil([&] { return !driver.window().secondRun().empty(); });
  driver.window().commands().action(app::Command::ShowCompare)->trigger();
  bothThemes(driver, camera, "compare" + suffix);
}

// The large window with every dock of the sides open, a question answered and a place kept.
void everyDock(Camera& camera) {
  WindowDriver driver;
  sample(driver);
  driver.key(Qt::Key_Escape);
  driver.window().resize(2560, 1440);
  const auto run = [&](app::Command command) { driver.window().commands().action(command)->trigger(); };
  run(app::Command::ToggleBookmark);
  if (auto* line = driver.find<QLineEdit>("line")) {
    QTest::keyClicks(line, "the first dropped choice");
    QTest::keyClick(line, Qt::Key_Return);
  }
  for (const app::Command dock :
       {app::Command::NewPrompt, app::Command::ShowSessions, app::Command::ShowNotes, app::Command::ShowQuestion}) {
    run(dock);
  }
  auto* question = driver.find<QLineEdit>("questionField");
  QTest::keyClicks(question, "chose L3E08");
  QTest::keyClick(question, Qt::Key_Return);
  QTest::qWait(500);
  driver.window().band().setFocus();
  bothThemes(driver, camera, "every-dock");
}

// What else an instrument can show: each lens of the tokens, a part of a long run close by.
void closeBy(Camera& camera) {
  WindowDriver driver;
  driver.open();
  test::DemoOptions options;
  options.tokens = 4096;
  options.prompt = 4000;
  options.experts = 128;
  options.chosen = 8;
  options.layers = 4;
  openDemo(driver, options);
  driver.window().band().setFocus();
  driver.bench().moveToToken(2000);
  camera.take(driver.window(), "long-4096");
  for (int i = 0; i < 14; ++i) {
    driver.key(Qt::Key_Plus);
    QTest::qWait(30);
  }
  camera.take(driver.window(), "long-4096-zoomed");
  options = {};
  openDemo(driver, options);
  const char* lenses[] = {"first-expert", "surprisal", "entropy", "margin", "weight", "shared", "dropped"};
  for (int i = 1; i < 7; ++i) {
    driver.window().band().setFocus();
    driver.key(Qt::Key_C);
    auto* menu = driver.find<QMenu>("lensMenu");
    menu->actions()[i]->trigger();
    menu->close();
    QTest::qWait(20);
    camera.take(driver.window().band(), QStringLiteral("lens-") + lenses[i]);
  }
}

void takeDialog(WindowDriver& driver, Camera& camera, const char* name) {
  driver.waitUntil([&] { return driver.find<QDialog>(name) != nullptr; }, 5000);
  auto* dialog = driver.find<QDialog>(name);
  CHECK(dialog, "{} does not open", name);
  camera.take(*dialog, QStringLiteral("dialog-") + name);
  dialog->close();
  driver.waitUntil([&] { return driver.find<QDialog>(name) == nullptr; }, 5000);
}

void dialogs(Camera& camera) {
  {
    WindowDriver driver;
    driver.services.large.bytes = 1;
    driver.open();
    driver.bench().openModel(app::kBundledModel);
    takeDialog(driver, camera, "priceDialog");
  }
  WindowDriver driver;
  sample(driver);
  const auto one = [&](const char* name) { takeDialog(driver, camera, name); };
  driver.key(Qt::Key_K, Qt::ControlModifier);
  one("commandDialog");
  driver.key(Qt::Key_Question, Qt::ShiftModifier);
  one("keysDialog");
  driver.window().showSettings();
  one("settingsDialog");
  driver.window().commands().action(app::Command::Export)->trigger();
  one("exportDialog");
  driver.window().commands().action(app::Command::SavePicture)->trigger();
  one("pictureDialog");
  driver.bench().open("/nowhere/run.npz");
  one("problemDialog");
}

// The lab: a replay in the instruments, all policies, a banned expert beside the run, a knock-out, close calls.
void lab(Camera& camera, const QString& suffix) {
  WindowDriver driver;
  sample(driver);
  driver.key(Qt::Key_Escape);
  app::MainWindow& window = driver.window();
  const auto open = [&](app::Command page) { window.commands().action(page)->trigger(); };
  open(app::Command::Lab);
  const core::RouterConfig& router = driver.bench().recorded().config().router;
  window.lab().setChange(core::replayBy(core::defaultPolicy(core::PolicyKind::ExpertChoice, router)));
  driver.waitUntil([&] { return window.lab().tries().size() == 2; });
  CHECK(driver.bench().replayIsShown(), "the replay does not come");
  window.lab().setChange(core::replayBy(core::defaultPolicy(core::PolicyKind::NoisyTopK, router)));
  driver.waitUntil([&] { return window.lab().tries().size() == 3; });
  bothThemes(driver, camera, "lab-replay" + suffix);
  core::ReplayOptions groups = core::replayBy(core::defaultPolicy(core::PolicyKind::TokenChoice, router));
  groups.serving = {core::ServingOrder::Permuted, 3, 16, 2};
  groups.dropWeights = core::DropWeights::After;
  window.lab().setChange(groups);
  driver.waitUntil([&] { return window.lab().tries().size() == 4; });
  bothThemes(driver, camera, "lab-groups" + suffix);
  open(app::Command::AllPolicies);
  driver.waitUntil([&] { return !window.policySweep().busy() && !window.policySweep().outcomes().empty(); });
  bothThemes(driver, camera, "lab-all-policies" + suffix);
  window.lab().setChange(std::nullopt);
  open(app::Command::Knockout);
  driver.press("knockoutRun");
  driver.waitUntil([&] { return window.knockoutRun().current() == 0; });
  bothThemes(driver, camera, "lab-knockout" + suffix);
  open(app::Command::CloseCalls);
  driver.press("closeRun");
  driver.waitUntil([&] { return window.closeCalls().found().has_value(); });
  bothThemes(driver, camera, "lab-close-calls" + suffix);
  open(app::Command::Push);
  driver.waitUntil([&] { return window.pushLens().isThere(); });
  bothThemes(driver, camera, "lab-gradient" + suffix);
  open(app::Command::BanExpert);
  driver.waitUntil([&] { return !window.changedRun().empty(); });
  CHECK(!window.changedRun().empty(), "the changed run does not come");
  bothThemes(driver, camera, "lab-banned" + suffix);
}

// The pages of the lab that count: experts on several devices, every measure of a layer.
void counting(Camera& camera, const QString& suffix) {
  WindowDriver driver;
  driver.open();
  if (!suffix.isEmpty()) driver.window().resize(1280, 720);  // 2560 x 1440 at scale 2
  const auto both = [&](const QString& name) {
    for (const auto& [command, page] :
         {std::pair(app::Command::Placement, "lab-placement"), std::pair(app::Command::Measures, "lab-measures"),
          std::pair(app::Command::Coactivation, "lab-coactivation")}) {
      driver.window().commands().action(command)->trigger();
      bothThemes(driver, camera, page + name + suffix);
    }
  };
  both("-empty");
  driver.start();
  driver.waitUntil([&] { return driver.bench().trace().length() == 60 && !driver.bench().busy(); });
  both("");
  test::DemoOptions options;
  options.experts = 64;
  options.chosen = 8;
  options.layers = 16;
  options.tokens = 2000;
  options.prompt = 1800;
  openDemo(driver, options);
  driver.find<QSpinBox>("placementDevices")->setValue(8);
  driver.find<QCheckBox>("placementLimited")->setChecked(true);
  both("-long");
  if (!suffix.isEmpty()) return;
  driver.window().resize(2560, 1440);
  both("-large");
}

}  // namespace

int main(int argc, char** argv) {
  if ((argc != 2 && argc != 3) || !QDir(argv[1]).exists()) {
    std::fprintf(stderr, "usage: screenshots FOLDER [PART]\n");
    return 2;
  }
  const test::PrivateHome home;
  qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication::setHighDpiScaleFactorRoundingPolicy(Qt::HighDpiScaleFactorRoundingPolicy::PassThrough);
  QApplication application(argc, argv);
  Camera camera(QString::fromLocal8Bit(argv[1]));
  const QString only = argc == 3 ? QString::fromLocal8Bit(argv[2]) : QString();
  const auto part = [&](const char* name, const auto& take) {
    if (only.isEmpty() || only == name) take();
  };
  const bool scaled = qEnvironmentVariableIsSet("QT_SCALE_FACTOR");
  const QString suffix = scaled ? QStringLiteral("-scale-2") : QString();
  part("lab", [&] { lab(camera, suffix); });
  part("counting", [&] { counting(camera, suffix); });
  part("comparison", [&] { comparison(camera, suffix); });
  if (scaled) {
    if (!only.isEmpty()) return 0;
    WindowDriver driver;
    sample(driver);
    driver.key(Qt::Key_Escape);
    bothThemes(driver, camera, "window-scale-2");
    driver.key(Qt::Key_D, Qt::ControlModifier);
    bothThemes(driver, camera, "capacity-scale-2");
    driver.find<app::CapacityDock>("capacityDock")->hide();
    chat(driver, camera, "prompt-chat-scale-2");
    driver.window().showSettings();
    driver.waitUntil([&] { return driver.find<QDialog>("settingsDialog") != nullptr; }, 5000);
    camera.take(*driver.find<QDialog>("settingsDialog"), "dialog-settings-scale-2");
    return 0;
  }
  part("start", [&] { firstStart(camera); });
  part("instruments", [&] { instruments(camera); });
  part("states", [&] { states(camera); });
  part("docks", [&] { everyDock(camera); });
  part("close", [&] { closeBy(camera); });
  part("dialogs", [&] { dialogs(camera); });
  return 0;
}
