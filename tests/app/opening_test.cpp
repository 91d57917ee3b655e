// Files and folders dropped on the window: models, recorded runs with and without their model, and what is broken.
#include <gtest/gtest.h>

#include <QDialog>
#include <QDir>
#include <QDropEvent>
#include <QLabel>
#include <QMimeData>
#include <QSlider>
#include <QToolButton>
#include <fstream>

#include "core/model/catalog.h"
#include "core/snapshot/snapshot.h"
#include "core/snapshot/write_database.h"
#include "flows.h"
#include "tests/support/support.h"

namespace {

using test::runText;
using test::WindowDriver;

constexpr const char* kText = "There was a boy named Max who liked to play.";

// What a file manager does when a file is let go over the window.
void drop(WindowDriver& driver, const QString& path) {
  QMimeData data;
  data.setUrls({QUrl::fromLocalFile(path)});
  QDragEnterEvent enter({100, 100}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(&driver.window(), &enter);
  ASSERT_TRUE(enter.isAccepted());
  QDropEvent event(QPointF(100, 100), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
  QApplication::sendEvent(&driver.window(), &event);
}

// A run of the bundled model, written by `write` into a file.
core::Trace recordInto(const QString& path, core::Status (*write)(const core::Trace&, const std::filesystem::path&)) {
  WindowDriver driver;
  runText(driver, kText, 4);
  const core::Trace trace = driver.bench().trace();
  const core::Status written = write(trace, path.toStdString());
  EXPECT_TRUE(written) << written.error().message;
  return trace;
}

core::Status asSnapshot(const core::Trace& trace, const std::filesystem::path& path) {
  return core::writeSnapshot(trace, path);
}
core::Status asDatabase(const core::Trace& trace, const std::filesystem::path& path) {
  return core::writeDatabase(trace, path);
}

void withoutModels(WindowDriver& driver) {
  driver.services.loadModel = [](const std::string& name) -> core::Result<std::shared_ptr<const core::Model>> {
    return core::fail("{}: there is no such model here", name);
  };
}

bool shows(WindowDriver& driver, const core::Trace& trace) {
  return driver.waitUntil([&] {
    return !driver.bench().busy() && !driver.bench().trace().empty() && driver.bench().trace().ids() == trace.ids();
  });
}

TEST(Opening, AGgufFileThatIsDroppedIsAModelThatRuns) {
  WindowDriver driver;
  driver.open();
  drop(driver, QString::fromStdString((test::fixture("gguf") / "models" / "qwen2moe" / "model-q8_0.gguf").string()));
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().model() != nullptr && !driver.bench().busy(); }));
  EXPECT_EQ(driver.bench().model()->config.family, "qwen2_moe");
  driver.type("a b");
  driver.press("runButton");
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().trace().length() > 0 && !driver.bench().busy(); }));
  EXPECT_EQ(driver.bench().trace().info().prompt, "a b");
}

TEST(Opening, EveryFormOfSnapshotOpensWithoutItsModelAndSaysRecorded) {
  QTemporaryDir folder;
  core::Trace recorded;
  for (const char* name : {"run.json", "run.npz", "run.safetensors", "run.db", "run.sqlite"}) {
    SCOPED_TRACE(name);
    const QString path = folder.filePath(name);
    recorded = recordInto(
        path, QString(name).contains("run.db") || QString(name).contains("sqlite") ? asDatabase : asSnapshot);
    WindowDriver driver;
    withoutModels(driver);
    driver.open();
    drop(driver, path);
    ASSERT_TRUE(shows(driver, recorded));
    EXPECT_TRUE(driver.find<QLabel>("recordedBadge")->isVisible());
    auto* generate = driver.find<QToolButton>("generate1");
    EXPECT_FALSE(generate->isEnabled());
    EXPECT_TRUE(generate->toolTip().contains("its model is not open")) << generate->toolTip().toStdString();

    driver.window().band().setFocus();
    driver.key(Qt::Key_Home);
    driver.key(Qt::Key_Right);
    EXPECT_EQ(driver.bench().cursor().token, 1);
    driver.key(Qt::Key_D, Qt::ControlModifier);
    QTest::keyClick(driver.find<QSlider>("capacitySlider"), Qt::Key_Home);
    EXPECT_GT(test::droppedChoices(driver.bench().source()), 0) << "drops are decided without the model";
    EXPECT_EQ(driver.find<QDialog>("problemDialog"), nullptr);
    driver.screenshot("recorded");
  }
}

TEST(Opening, ASnapshotOfAModelThatIsHereGoesOn) {
  QTemporaryDir folder;
  const QString path = folder.filePath("run.npz");
  const core::Trace recorded = recordInto(path, asSnapshot);
  WindowDriver driver;
  driver.open();
  drop(driver, path);
  ASSERT_TRUE(shows(driver, recorded));
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().modelOfRunIsOpen() && !driver.bench().busy(); }));
  EXPECT_FALSE(driver.find<QLabel>("recordedBadge")->isVisible());
  EXPECT_FALSE(driver.bench().runId());
  driver.press("generate1");
  ASSERT_TRUE(driver.waitIdle());
  EXPECT_EQ(driver.bench().trace().length(), recorded.length() + 1);
  EXPECT_TRUE(driver.bench().runId()) << "what is run here is kept here";
}

TEST(Opening, AModelFolderDroppedOnTheWindowOpens) {
  WindowDriver driver;
  driver.open();
  const auto folder = core::resolveModel("seed-7m");
  ASSERT_TRUE(folder);
  drop(driver, QString::fromStdString(folder->string()));
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().model() != nullptr; }));
  // A file of the folder stands for the folder.
  WindowDriver other;
  other.open();
  drop(other, QString::fromStdString((*folder / "config.json").string()));
  EXPECT_TRUE(other.waitUntil([&] { return other.bench().model() != nullptr; }));
}

TEST(Opening, ABrokenSnapshotIsOneMessageAndTheRunStays) {
  QTemporaryDir folder;
  WindowDriver driver;
  runText(driver, kText);
  const std::vector<int32_t> ids = driver.bench().trace().ids();
  const char* names[] = {"a.json", "b.npz", "c.safetensors", "d.db", "e.txt"};
  for (const char* name : names) {
    SCOPED_TRACE(name);
    const QString path = folder.filePath(name);
    std::ofstream(path.toStdString(), std::ios::binary) << "{\"schema\": \"nothing of the kind\"";
    drop(driver, path);
    ASSERT_TRUE(driver.waitUntil([&] { return driver.find<QDialog>("problemDialog") != nullptr; }));
    EXPECT_EQ(driver.find<QLabel>("problemSummary")->text(), "This file does not open as a recorded run.");
    EXPECT_TRUE(driver.find<QLabel>("problemAdvice")->text().contains(name));
    driver.press("problemClose");
    ASSERT_TRUE(driver.waitUntil([&] { return driver.find<QDialog>("problemDialog") == nullptr; }));
    EXPECT_EQ(driver.bench().trace().ids(), ids);
  }
  driver.press("generate1");
  ASSERT_TRUE(driver.waitIdle());
  EXPECT_EQ(driver.bench().trace().length(), static_cast<int>(ids.size()) + 1);
}

TEST(Opening, AFileThatVanishedIsOneMessage) {
  WindowDriver driver;
  driver.open();
  driver.bench().open("/nowhere/run.npz");
  ASSERT_TRUE(driver.waitUntil([&] { return driver.find<QDialog>("problemDialog") != nullptr; }));
  EXPECT_TRUE(driver.find<QLabel>("problemAdvice")->text().contains("there is no such file"));
}

TEST(Opening, TextOfAStrangersFileIsShownAsItIs) {
  QTemporaryDir folder;
  const QString path = folder.filePath("run.json");
  WindowDriver maker;
  runText(maker, kText);
  auto info = std::make_shared<core::RunInfo>(maker.bench().trace().info());
  info->modelName = "<b>bold</b>";
  ASSERT_TRUE(core::writeSnapshot(maker.bench().trace().withInfo(info), path.toStdString()));
  WindowDriver driver;
  driver.open();
  drop(driver, path);
  ASSERT_TRUE(shows(driver, maker.bench().trace()));
  for (const QLabel* label : driver.find<QWidget>("toolBar")->findChildren<QLabel*>()) {
    if (!label->text().contains("<b>")) continue;
    EXPECT_EQ(label->textFormat(), Qt::PlainText);
  }
}

}  // namespace
