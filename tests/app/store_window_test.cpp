// A database that cannot take what is written, or must not be written: said once, and the window goes on.
#include <SQLiteCpp/SQLiteCpp.h>

#include <QDialog>
#include <QLabel>

#include "app/commands.h"
#include "flows.h"

namespace {

using test::WindowDriver;

TEST(StoreWindow, ANewerDatabaseIsReadOnlyAndSaysSo) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max.");
  const std::string file = driver.services.storeFile.string();
  driver.close();
  {
    SQLite::Database database(file, SQLite::OPEN_READWRITE);
    database.exec("PRAGMA user_version=99");
  }
  driver.open();
  driver.start();
  ASSERT_TRUE(driver.waitUntil([&] { return !driver.bench().trace().empty() && !driver.bench().busy(); }));
  EXPECT_EQ(driver.bench().trace().info().prompt, "There was a boy named Max.") << "it can be read";
  EXPECT_TRUE(driver.bench().readOnly());
  driver.bench().moveToToken(1);
  auto* label = driver.find<QLabel>("savedLabel");
  ASSERT_TRUE(driver.waitUntil([&] { return label->text().startsWith("Read-only"); })) << label->text().toStdString();
  driver.window().band().setFocus();
  driver.key(Qt::Key_B, Qt::ControlModifier);
  EXPECT_EQ(driver.find<QDialog>("lineDialog"), nullptr) << "a bookmark could not be kept";
}

TEST(StoreWindow, AFullDiskIsOneMessageAndTheRunIsStillThere) {
  WindowDriver driver;
  driver.services.storeOptions.maxBytes = 160 << 10;
  driver.open();
  driver.openBundledModel();
  driver.type("There was a boy named Max who liked to play in the shop. He saw a big red bird near the water.");
  driver.find<QSpinBox>("promptGenerate")->setValue(40);
  driver.press("runButton");
  ASSERT_TRUE(driver.waitUntil([&] { return driver.find<QDialog>("problemDialog") != nullptr; }));
  EXPECT_TRUE(driver.find<QLabel>("problemAdvice")->text().contains("full"))
      << driver.find<QLabel>("problemAdvice")->text().toStdString();
  driver.press("problemClose");
  ASSERT_TRUE(driver.waitIdle());
  EXPECT_EQ(driver.bench().trace().length(), driver.bench().trace().promptTokens() + 40);
  driver.window().band().setFocus();
  driver.key(Qt::Key_Home);
  EXPECT_EQ(driver.bench().cursor().token, 0);
}

}  // namespace
