// "Wrap as chat": what is chosen is shown as the text that will run, kept with the run, and there again when it is
// opened.
#include <QComboBox>
#include <QLabel>
#include <QPlainTextEdit>
#include <filesystem>
#include <fstream>

#include "app/sample_prompt.h"
#include "core/text/chat.h"
#include "flows.h"
#include "tests/support/support.h"

namespace {

namespace fs = std::filesystem;
using test::WindowDriver;

QString wrappedText(WindowDriver& driver) { return driver.find<QPlainTextEdit>("promptWrapped")->toPlainText(); }

void choose(WindowDriver& driver, const QString& form) {
  auto* forms = driver.find<QComboBox>("promptChat");
  forms->setFocus();
  QTest::keyClick(forms, Qt::Key_Home);
  for (int i = 0; i < forms->count() && forms->currentData().toString() != form; ++i) {
    QTest::keyClick(forms, Qt::Key_Down);
  }
  ASSERT_EQ(forms->currentData().toString(), form);
}

TEST(ChatWindow, WhatIsChosenIsShownRunKeptAndThereAgain) {
  WindowDriver driver;
  driver.open();
  driver.openBundledModel();
  driver.type("Who was Max?");
  EXPECT_FALSE(driver.find<QPlainTextEdit>("promptWrapped")->isVisible()) << "off to begin with";
  choose(driver, "alpaca");
  const QString expected = "### Instruction:\nWho was Max?\n\n### Response:\n";
  EXPECT_TRUE(driver.find<QPlainTextEdit>("promptWrapped")->isVisible());
  EXPECT_EQ(wrappedText(driver), expected);
  driver.screenshot("chat");
  driver.press("runButton");
  ASSERT_TRUE(driver.waitIdle());
  EXPECT_EQ(QString::fromStdString(*driver.bench().trace().info().prompt), expected);
  EXPECT_EQ(driver.bench().trace().info().chat, "alpaca");
  EXPECT_EQ(driver.find<QPlainTextEdit>("promptEditor")->toPlainText(), "Who was Max?");
  const auto run = driver.bench().runId();

  // Another run without it, then back.
  choose(driver, "");
  driver.press("runButton");
  ASSERT_TRUE(driver.waitIdle());
  EXPECT_EQ(*driver.bench().trace().info().prompt, "Who was Max?");
  EXPECT_EQ(driver.bench().trace().info().chat, "");
  driver.close();
  driver.open();
  driver.start();
  ASSERT_TRUE(driver.waitUntil([&] { return !driver.bench().trace().empty() && !driver.bench().busy(); }));
  EXPECT_EQ(driver.find<QComboBox>("promptChat")->currentData().toString(), "");
  driver.bench().openRun(*run);
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().runId() == run && !driver.bench().busy(); }));
  EXPECT_EQ(driver.find<QComboBox>("promptChat")->currentData().toString(), "alpaca");
  EXPECT_EQ(driver.find<QPlainTextEdit>("promptEditor")->toPlainText(), "Who was Max?");
  EXPECT_EQ(wrappedText(driver), expected);
}

TEST(ChatWindow, TheFormOfTheModelsOwnTemplateStandsFirstAndMissingMarksAreNamed) {
  const test::ScratchFolder scratch;
  const fs::path folder = scratch.path() / "talker";
  fs::create_directory(folder);
  for (const auto& file : fs::directory_iterator(test::asset(std::string("models/") + app::kBundledModel))) {
    fs::create_symlink(file.path(), folder / file.path().filename());
  }
  std::ofstream(folder / "chat_template.jinja") << "{{ '<start_of_turn>' + message['role'] }}";
  WindowDriver driver;
  driver.open();
  driver.bench().open(QString::fromStdString(folder.string()));
  auto* forms = driver.find<QComboBox>("promptChat");
  ASSERT_TRUE(driver.waitUntil([&] { return forms->itemData(1).toString() == "gemma"; }));
  EXPECT_EQ(forms->itemText(1), "gemma: as this model's template");
  EXPECT_TRUE(forms->toolTip().contains("chat_template.jinja says"));
  EXPECT_EQ(forms->count(), 1 + static_cast<int>(core::chatWrappers().size())) << "each form once";
  driver.type("Hello");
  choose(driver, "gemma");
  EXPECT_TRUE(driver.find<QLabel>("promptChatRemark")->text().contains("<start_of_turn>"));
  // Another model: what was chosen stays, its own suggestion is gone.
  driver.openBundledModel();
  ASSERT_TRUE(driver.waitUntil([&] { return forms->itemData(1).toString() != "gemma"; }));
  EXPECT_EQ(forms->currentData().toString(), "gemma");
}

}  // namespace
