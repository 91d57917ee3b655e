// What goes wrong while people work: one message in plain words, and the window goes on.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <QAction>
#include <QDialog>
#include <QDir>
#include <QLabel>
#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

#include "core/engine/cpu_engine.h"
#include "flows.h"
#include "tests/support/support.h"

namespace {

using test::runText;
using test::WindowDriver;

// An engine on a device that is lost in the middle of the n-th call.
class LosingEngine : public core::Engine {
 public:
  LosingEngine(std::shared_ptr<core::Engine> inner, int callsUntilLoss)
      : m_inner(std::move(inner)), m_info(m_inner->info()), m_left(callsUntilLoss) {
    m_info.engine = "gpu";
  }
  const core::Model& model() const override { return m_inner->model(); }
  const core::EngineInfo& info() const override { return m_info; }
  core::Result<std::unique_ptr<core::Context>> newContext(int tokens) override { return m_inner->newContext(tokens); }
  core::Status forward(core::Context& context, std::span<const int32_t> ids, const core::RunOptions& options,
                       core::TensorSink& sink) override {
    if (m_left-- <= 0) return core::fail("the device was lost (VK_ERROR_DEVICE_LOST)");
    return m_inner->forward(context, ids, options, sink);
  }

 private:
  std::shared_ptr<core::Engine> m_inner;
  core::EngineInfo m_info;
  int m_left;
};

bool waitForProblem(WindowDriver& driver) {
  return driver.waitUntil([&] { return driver.find<QDialog>("problemDialog") != nullptr; });
}

void closeProblem(WindowDriver& driver) {
  driver.press("problemClose");
  EXPECT_TRUE(driver.waitUntil([&] { return driver.find<QDialog>("problemDialog") == nullptr; }));
}

TEST(Trouble, ALostDeviceEndsTheRunAndTheNextRunGetsANewOne) {
  WindowDriver driver;
  int made = 0;
  driver.services.makeEngine = [&made](std::shared_ptr<const core::Model> model, const std::string&,
                                       const app::OpenProgress&) -> core::Result<app::MadeEngine> {
    TRY_ASSIGN(std::shared_ptr<core::Engine> engine, core::makeCpuEngine(std::move(model), 1));
    if (made++ > 0) return app::MadeEngine{std::move(engine), {}};
    return app::MadeEngine{std::make_shared<LosingEngine>(std::move(engine), 3), {}};
  };
  driver.open();
  driver.openBundledModel();
  driver.type("There was a boy named Max.");
  driver.find<QSpinBox>("promptGenerate")->setValue(10);
  driver.press("runButton");
  ASSERT_TRUE(waitForProblem(driver));
  EXPECT_EQ(driver.find<QLabel>("problemSummary")->text(), "The run stopped.");
  EXPECT_TRUE(driver.find<QLabel>("problemAdvice")->text().contains("device was lost"));
  EXPECT_TRUE(driver.find<QLabel>("problemAdvice")->text().contains("choose the CPU"));
  closeProblem(driver);
  EXPECT_FALSE(driver.bench().trace().empty()) << "what was run is there";
  driver.press("runButton");
  ASSERT_TRUE(driver.waitIdle());
  EXPECT_EQ(driver.find<QDialog>("problemDialog"), nullptr);
  EXPECT_EQ(made, 2);
  EXPECT_EQ(driver.bench().trace().length(), driver.bench().trace().promptTokens() + 10);
}

// Making the next engine goes on, half done, until it is told to give up.
TEST(Trouble, AModelOnItsWayToADeviceShowsHowFarItIsAndCancelLeavesWhatIsOpen) {
  WindowDriver driver;
  runText(driver, "The bird was happy.");
  const auto model = driver.bench().model();
  driver.close();
  const auto make = driver.services.makeEngine;
  std::atomic<bool> slow = false;
  driver.services.makeEngine = [make, &slow](std::shared_ptr<const core::Model> of, const std::string&,
                                             const app::OpenProgress& progress) -> core::Result<app::MadeEngine> {
    while (slow) {
      if (!progress(0.5)) return core::cancelled();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return make(std::move(of), "cpu", {});
  };
  driver.open();
  runText(driver, "The bird was happy.");
  for (const bool byKey : {false, true}) {
    const std::vector<int32_t> ids = driver.bench().trace().ids();
    slow = true;
    driver.bench().openModel(QString::fromStdString(test::fixture("models/olmoe-raw-topk").string()));
    auto* bar = driver.find<QProgressBar>("progressBar");
    ASSERT_TRUE(driver.waitUntil([&] { return bar->isVisible() && bar->value() == 500; }, 5000));
    EXPECT_TRUE(driver.find<QLabel>("savedLabel")->text().contains("50 %"));
    if (byKey) driver.key(Qt::Key_Escape);
    if (!byKey) driver.press("cancelButton");
    ASSERT_TRUE(driver.waitIdle());
    slow = false;
    EXPECT_FALSE(bar->isVisible());
    EXPECT_EQ(driver.bench().model()->contentHash, model->contentHash);
    EXPECT_EQ(driver.bench().trace().ids(), ids) << "the run is still there";
    driver.press("generate1");
    ASSERT_TRUE(driver.waitIdle());
    EXPECT_GT(driver.bench().trace().length(), static_cast<int>(ids.size())) << "and goes on, in its engine";
  }
}

TEST(Trouble, ADeviceThatCannotBeUsedIsListedWithTheReasonAndTheOneInUseStays) {
  WindowDriver driver;
  driver.services.listDevices = [] {
    return std::vector<app::DeviceChoice>{{"auto", "", ""},
                                          {"cpu", "CPU", ""},
                                          {"gpu:0", "Card A", ""},
                                          {"gpu:1", "Card B", "it has no storage buffers"}};
  };
  const auto make = driver.services.makeEngine;
  driver.services.makeEngine = [make](std::shared_ptr<const core::Model> model, const std::string& device,
                                      const app::OpenProgress&) -> core::Result<app::MadeEngine> {
    if (device == "gpu:0") return core::fail("Card A: the model needs 9 GiB, the device has 1 GiB");
    return make(std::move(model), "cpu", {});
  };
  runText(driver, "The bird was happy.");
  auto* menu = driver.find<QMenu>("deviceMenu");
  emit menu->aboutToShow();
  ASSERT_TRUE(driver.waitUntil([&] { return menu->actions().size() == 4; }));
  EXPECT_TRUE(menu->actions()[0]->isChecked());
  EXPECT_FALSE(menu->actions()[3]->isEnabled());
  EXPECT_EQ(menu->actions()[3]->toolTip(), "it has no storage buffers");
  menu->actions()[2]->trigger();
  ASSERT_TRUE(waitForProblem(driver));
  EXPECT_TRUE(driver.find<QLabel>("problemAdvice")->text().contains("needs 9 GiB"));
  closeProblem(driver);
  EXPECT_EQ(driver.bench().device(), "auto");
  menu->actions()[1]->trigger();
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().device() == "cpu" && !driver.bench().busy(); }));
  driver.press("generate1");
  ASSERT_TRUE(driver.waitIdle());
  EXPECT_FALSE(driver.bench().trace().empty());
}

TEST(Trouble, NoiseInPlaceOfTheDatabaseIsLeftAsItIs) {
  WindowDriver driver;
  QTemporaryDir folder;
  const std::string path = folder.filePath("noise.db").toStdString();
  std::ofstream(path, std::ios::binary) << std::string(8192, 'n');
  driver.services.storeFile = path;
  driver.open();
  ASSERT_TRUE(waitForProblem(driver));
  EXPECT_TRUE(driver.find<QLabel>("problemSummary")->text().startsWith("Runs cannot be saved"));
  driver.press("problemRemedy");
  ASSERT_TRUE(driver.waitUntil([&] {
    const auto* summary = driver.find<QLabel>("problemSummary");
    return summary && summary->text() == "Nothing could be rescued.";
  }));
  std::ifstream file(path, std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), std::string(8192, 'n'));
  driver.find<QDialog>("problemDialog")->close();
  driver.openBundledModel();
  driver.type("The bird was happy.");
  driver.press("runButton");
  ASSERT_TRUE(driver.waitIdle());
  EXPECT_FALSE(driver.bench().trace().empty()) << "runs work without the database";
}

TEST(Trouble, ADamagedDatabaseIsRescuedIntoANewOneAndKeptBeside) {
  WindowDriver driver;
  runText(driver, "The bird was happy.");
  const QString file = QString::fromStdString(driver.services.storeFile.string());
  driver.close();
  {
    // The mark that it is ours is gone: as damage, or another program, would leave it.
    SQLite::Database database(file.toStdString(), SQLite::OPEN_READWRITE);
    database.exec("PRAGMA application_id=1");
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  driver.open();
  ASSERT_TRUE(waitForProblem(driver));
  driver.press("problemRemedy");
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().sessions().size() == 1; }));
  EXPECT_EQ(driver.bench().sessions()[0].prompt, "The bird was happy.");
  const QDir folder = QFileInfo(file).dir();
  EXPECT_EQ(folder.entryList({"*.damaged-*"}).filter(QRegularExpression("damaged-[0-9-]+$")).size(), 1);
  driver.start();
  ASSERT_TRUE(driver.waitUntil([&] { return !driver.bench().trace().empty() && !driver.bench().busy(); }));
  EXPECT_EQ(driver.bench().trace().info().prompt, "The bird was happy.");
}

}  // namespace
