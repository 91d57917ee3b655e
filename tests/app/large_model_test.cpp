// Large models: the window says what they cost and asks, and remembers the answer where it is told to.
#include <QAbstractButton>
#include <QCheckBox>
#include <QDialog>
#include <QLabel>

#include "app/dialogs/price_dialog.h"
#include "app/sample_prompt.h"
#include "flows.h"
#include "tests/support/support.h"

namespace {

using test::WindowDriver;

constexpr const char* kOther = "olmoe-raw-topk";

QString fixture(const char* name) {
  return QString::fromStdString((test::fixture(std::string("models/") + name)).string());
}

bool isAsked(WindowDriver& driver) {
  return driver.waitUntil([&] { return driver.find<QDialog>("priceDialog") != nullptr; }, 10000);
}

bool isAnswered(WindowDriver& driver) {
  return driver.waitUntil([&] { return !driver.find<QDialog>("priceDialog") && !driver.bench().busy(); }, 10000);
}

TEST(LargeModel, IsAskedAboutWithWhatItCostsAndCancelLeavesWhatIsOpen) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max.", 4);
  const auto model = driver.bench().model();
  const auto run = driver.bench().runId();
  const std::vector<int32_t> ids = driver.bench().trace().ids();
  driver.close();
  driver.services.large.bytes = 1;
  driver.open();
  driver.start();
  ASSERT_TRUE(isAsked(driver)) << "the model of the last run is asked about too";
  driver.press("priceOpen");
  ASSERT_TRUE(isAnswered(driver));
  ASSERT_NE(driver.bench().model(), nullptr);
  EXPECT_EQ(driver.bench().model()->contentHash, model->contentHash);

  driver.bench().open(fixture(kOther));
  ASSERT_TRUE(isAsked(driver));
  EXPECT_EQ(driver.find<QLabel>("priceHeading")->text(), QString("%1 is a large model.").arg(kOther));
  EXPECT_TRUE(driver.find<QLabel>("priceResident")->text().contains("of weights"));
  EXPECT_TRUE(driver.find<QLabel>("priceMemory")->text().contains("available now: it fits"));
  EXPECT_TRUE(driver.find<QLabel>("priceTime")->text().contains("about"));
  EXPECT_TRUE(driver.find<QLabel>("priceMethod")->text().contains("measured just now"));
  driver.screenshot("large-model");
  QTest::keyClick(driver.find<QDialog>("priceDialog"), Qt::Key_Escape);
  ASSERT_TRUE(isAnswered(driver));
  EXPECT_EQ(driver.bench().model()->contentHash, model->contentHash);
  EXPECT_EQ(driver.bench().runId(), run);
  ASSERT_TRUE(driver.bench().canGenerate());
  driver.press("generate1");
  ASSERT_TRUE(driver.waitIdle());
  EXPECT_EQ(driver.bench().runId(), run);
  EXPECT_EQ(driver.bench().trace().length(), static_cast<int>(ids.size()) + 1) << test::complaint(driver);
}

TEST(LargeModel, IsNotAskedAboutAgainWhereOneSaidSo) {
  WindowDriver driver;
  driver.services.large.bytes = 1;
  driver.open();
  driver.bench().open(fixture(kOther));
  ASSERT_TRUE(isAsked(driver));
  EXPECT_EQ(driver.bench().model(), nullptr);
  driver.find<QCheckBox>("priceKnown")->click();
  QTest::keyClick(driver.find<QDialog>("priceDialog"), Qt::Key_Return);
  ASSERT_TRUE(isAnswered(driver));
  ASSERT_NE(driver.bench().model(), nullptr);
  EXPECT_EQ(driver.bench().model()->name, kOther);
  driver.close();

  driver.open();
  driver.bench().open(fixture(kOther));
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().model() != nullptr; }));
  EXPECT_EQ(driver.find<QDialog>("priceDialog"), nullptr);
  driver.bench().openModel(app::kBundledModel);
  ASSERT_TRUE(isAsked(driver)) << "what was said about one model holds for it alone";
}

TEST(LargeModel, AnAnswerIsTakenBackInTheSettings) {
  WindowDriver driver;
  driver.services.large.bytes = 1;
  driver.open();
  driver.bench().open(fixture(kOther));
  ASSERT_TRUE(isAsked(driver));
  driver.find<QCheckBox>("priceKnown")->click();
  driver.press("priceOpen");
  ASSERT_TRUE(isAnswered(driver));

  driver.key(Qt::Key_Comma, Qt::ControlModifier);
  EXPECT_EQ(driver.find<QLabel>("settingsKnownLarge")->text(), "One is opened without a question.");
  driver.press("settingsAskAgain");
  EXPECT_FALSE(driver.find<QAbstractButton>("settingsAskAgain")->isEnabled());
  driver.press("settingsClose");
  driver.close();
  driver.open();
  driver.bench().open(fixture(kOther));
  EXPECT_TRUE(isAsked(driver)) << "also the next time the program starts";
}

TEST(LargeModel, OrdinaryModelsOpenWithoutAQuestion) {
  WindowDriver driver;
  driver.open();
  driver.openBundledModel();
  EXPECT_NE(driver.bench().model(), nullptr);
  const app::ModelPrice price = app::priceOf(*driver.bench().model());
  EXPECT_FALSE(app::isLarge(price, driver.services.large));
  EXPECT_TRUE(app::isLarge(price, {price.resident - 1, 1.0}));
  EXPECT_TRUE(app::isLarge(price, {~uint64_t{0}, 1e-6})) << "a share of the memory counts too";
  EXPECT_GT(price.resident, price.cost.fileBytes);
}

TEST(LargeModel, WhatDoesNotFitIsSaid) {
  app::ModelPrice price;
  price.name = "huge";
  price.cost.fileBytes = 64'000'000'000;
  price.resident = 65'000'000'000;
  price.memory = 8'000'000'000;
  price.secondsAToken = 3.4;
  app::PriceDialog dialog(price, nullptr);
  EXPECT_TRUE(dialog.findChild<QLabel*>("priceMemory")->text().contains("does not fit"));
  EXPECT_TRUE(dialog.findChild<QLabel*>("priceMethod")->text().contains("comes from the disk"));
  EXPECT_EQ(dialog.findChild<QLabel*>("priceTime")->text(), "about 3.4 s");
}

}  // namespace
