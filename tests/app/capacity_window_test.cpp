// The slider of the capacity factor and the list of rules, as a user works them.
#include <gtest/gtest.h>

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QPushButton>
#include <QSlider>
#include <QStandardItemModel>

#include "flows.h"
#include "ui/views/capacity_view.h"

namespace {

using test::droppedChoices;
using test::runText;
using test::startWithSample;
using test::WindowDriver;

TEST(CapacityWindow, SliderDecidesAgainAndEveryInstrumentFollows) {
  WindowDriver driver;
  startWithSample(driver);
  const int before = droppedChoices(driver.bench().source());
  const std::vector<int32_t> ids = driver.bench().trace().ids();
  driver.key(Qt::Key_D, Qt::ControlModifier);
  auto* slider = driver.find<QSlider>("capacitySlider");
  ASSERT_TRUE(slider->hasFocus());
  EXPECT_EQ(slider->value(), 20) << "factor 1.0";
  QTest::keyClick(slider, Qt::Key_Home);
  EXPECT_EQ(driver.bench().trace().info().capacity.factor, 0.5);
  const int tight = droppedChoices(driver.bench().source());
  EXPECT_GT(tight, before);
  EXPECT_TRUE(driver.find<QLabel>("capacityDropped")->text().contains(QString("%1 of").arg(tight)));
  QTest::keyClick(slider, Qt::Key_End);
  EXPECT_EQ(driver.bench().trace().info().capacity.factor, 2.5);
  EXPECT_LT(droppedChoices(driver.bench().source()), before);
  EXPECT_EQ(driver.bench().trace().ids(), ids) << "nothing is run again";
  driver.screenshot("capacity");

  driver.press("capacityReset");
  EXPECT_EQ(driver.bench().trace().info().capacity.factor, 1.0);
  EXPECT_EQ(droppedChoices(driver.bench().source()), before);
  EXPECT_FALSE(driver.find<QPushButton>("capacityReset")->isEnabled());
}

TEST(CapacityWindow, EveryRuleThatFitsCanBeChosenAndGivesItsOwnCapacity) {
  WindowDriver driver;
  startWithSample(driver);
  driver.key(Qt::Key_D, Qt::ControlModifier);
  auto* rules = driver.find<QComboBox>("capacityRule");
  ASSERT_EQ(rules->count(), 11) << "none, and ten rules";
  for (const core::CapacityRule rule : core::kCapacityRules) {
    const int row = rules->findData(static_cast<int>(rule));
    ASSERT_GE(row, 0);
    const bool fits = rule != core::CapacityRule::Switch;
    EXPECT_EQ(static_cast<QStandardItemModel*>(rules->model())->item(row)->isEnabled(), fits);
    if (!fits) continue;
    rules->setCurrentIndex(row);
    emit rules->activated(row);
    const auto& source = driver.bench().source();
    const auto expected = core::capacity(rule, {source.dispatch[0]->tokens, source.experts(), source.chosen(), 1.0, 4});
    ASSERT_TRUE(expected);
    EXPECT_EQ(source.dispatch[0]->capacity, *expected) << core::capacityRuleName(rule);
    EXPECT_TRUE(source.dispatch[0]->simulated);
  }
  rules->setCurrentIndex(0);
  emit rules->activated(0);
  EXPECT_FALSE(driver.bench().source().dispatch[0]->exists) << "no rule: every choice is served";
}

TEST(CapacityWindow, ARunWithoutARuleCanBeShownWithOneAndIsNotRunAgain) {
  WindowDriver driver;
  runText(driver, "There was a boy named Max who liked to play in the shop.");
  EXPECT_EQ(droppedChoices(driver.bench().source()), 0);
  const auto id = driver.bench().runId();
  ASSERT_TRUE(driver.click(driver.window().band(), {ui::Instrument::Dispatch, ui::Element::Action, -1, -1, -1,
                                                    static_cast<int>(ui::Action::SimulateCapacity)}));
  EXPECT_GT(droppedChoices(driver.bench().source()), 0);
  EXPECT_TRUE(driver.bench().trace().info().capacity.simulated);
  EXPECT_EQ(driver.bench().runId(), id);
  ASSERT_TRUE(driver.click(driver.window().band(), {ui::Instrument::Dispatch, ui::Element::Action, -1, -1, -1,
                                                    static_cast<int>(ui::Action::ChangeCapacity)}));
  EXPECT_TRUE(driver.find<QSlider>("capacitySlider")->isVisible());
}

TEST(CapacityWindow, StaysLaidOverWhileTheRunGoesOn) {
  WindowDriver driver;
  runText(driver, "There was a boy named Max who liked to play in the shop.");
  core::CapacityOptions options = driver.bench().capacityToEdit();
  options.factor = 0.75;
  driver.bench().setCapacity(options);
  driver.press("generate10");
  ASSERT_TRUE(driver.waitIdle());
  EXPECT_EQ(driver.bench().trace().info().capacity.factor, 0.75);
  EXPECT_EQ(driver.bench().source().dispatch[0]->tokens, driver.bench().trace().length() - 1);
  EXPECT_GT(droppedChoices(driver.bench().source()), 0);
}

TEST(CapacityWindow, TheFactorIsTypedInDigitsToo) {
  WindowDriver driver;
  startWithSample(driver);
  driver.key(Qt::Key_D, Qt::ControlModifier);
  auto* factor = driver.find<QDoubleSpinBox>("capacityFactor");
  factor->setFocus();
  factor->selectAll();
  QTest::keyClicks(factor, "8");
  QTest::keyClick(factor, Qt::Key_Return);
  EXPECT_EQ(driver.bench().trace().info().capacity.factor, 8.0);
  EXPECT_EQ(droppedChoices(driver.bench().source()), 0);
  EXPECT_EQ(driver.find<QSlider>("capacitySlider")->value(), driver.find<QSlider>("capacitySlider")->maximum());
}

}  // namespace
