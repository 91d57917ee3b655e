// Closed loop in the window: the run done again with its routing changed, and experts knocked out.
#include <gtest/gtest.h>

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTableWidget>
#include <algorithm>

#include "app/changed_run.h"
#include "app/close_calls_run.h"
#include "app/commands.h"
#include "app/docks/compare_dock.h"
#include "app/knockout_run.h"
#include "app/lab.h"
#include "app/policy_sweep.h"
#include "app/push_lens.h"
#include "app/second_run.h"
#include "core/trace/push.h"
#include "flows.h"

namespace {

using test::WindowDriver;

void runShop(WindowDriver& driver, int generate = 0) {
  test::runText(driver, "There was a boy named Max who liked to play in the shop.", generate);
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().runId().has_value(); }));
}

void openPage(WindowDriver& driver, app::Command command) { driver.window().commands().action(command)->trigger(); }

// The cursor on the first choice of a token.
void standOnFirstChoice(WindowDriver& driver, int layer, int token) {
  ui::Cursor cursor = driver.bench().cursor();
  cursor.layer = layer;
  cursor.token = token;
  cursor.expert = driver.bench().source().chosenAt(layer, token).front();
  driver.bench().moveTo(cursor);
}

bool waitChanged(WindowDriver& driver) {
  return driver.waitUntil(
      [&] { return !driver.window().changedRun().busy() && !driver.window().changedRun().empty(); });
}

TEST(ChangeWindow, OneKeyBansTheExpertUnderTheCursorAndComparesTheRunWithout) {
  WindowDriver driver;
  runShop(driver, 4);
  standOnFirstChoice(driver, 2, 5);
  const int banned = driver.bench().cursor().expert;
  const auto parent = driver.bench().runId();
  driver.window().band().setFocus();
  driver.key(Qt::Key_X);
  ASSERT_TRUE(waitChanged(driver));
  const auto& run = *driver.window().changedRun().result();
  for (int t = 0; t < run.changed.tokens(core::Stream::Layer, 2); ++t) {
    for (const int32_t e : run.changed.ints(core::Hook::RouterIds, 2, t)) EXPECT_NE(e, banned) << "token " << t;
  }
  EXPECT_EQ(run.changed.ids(), driver.bench().trace().ids()) << "the same tokens";
  EXPECT_EQ(driver.bench().runId(), parent) << "the run itself is still shown";
  ASSERT_TRUE(driver.waitUntil([&] { return driver.find<QWidget>("compareCanvas")->isVisible(); }));
  EXPECT_FALSE(driver.window().secondRun().empty());
  EXPECT_TRUE(driver.find<QWidget>("effectCanvas")->isVisible()) << "KL by position stands below";
  EXPECT_TRUE(driver.find<QLabel>("changeWords")->text().contains(QString("ban expert %1").arg(banned)));
  EXPECT_TRUE(driver.find<QLabel>("changeWords")->text().contains("After token"));
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().sessions().size() == 2; }));
  bool kept = false;
  for (const core::RunRow& row : driver.bench().sessions()) {
    if (!row.origin) continue;
    kept = true;
    EXPECT_EQ(row.origin->parent, *parent);
    EXPECT_EQ(row.origin->kind, "intervention");
  }
  EXPECT_TRUE(kept);
  driver.screenshot("lab-banned");
  EXPECT_TRUE(driver.bench().canGenerate()) << "the session that goes on stays";
}

TEST(ChangeWindow, AChangeIsPutTogetherByHandAndTargetAndDistractorAreFollowed) {
  WindowDriver driver;
  runShop(driver);
  driver.key(Qt::Key_R, Qt::ControlModifier | Qt::ShiftModifier);
  auto* kind = driver.find<QComboBox>("changeKind");
  ASSERT_TRUE(kind->hasFocus());
  kind->setCurrentIndex(kind->findData(static_cast<int>(core::InterventionKind::K)));
  driver.find<QSpinBox>("changeK")->setValue(1);
  driver.find<QSpinBox>("changeFirstLayer")->setValue(0);
  driver.find<QSpinBox>("changeLastLayer")->setValue(driver.bench().trace().config().layers - 1);
  driver.press("changeAdd");
  kind->setCurrentIndex(kind->findData(static_cast<int>(core::InterventionKind::Temperature)));
  driver.press("changeAdd");
  driver.find<QLineEdit>("changeTarget")->setText(" He");
  driver.find<QLineEdit>("changeDistractor")->setText(" She");
  driver.press("changeRun");
  ASSERT_TRUE(waitChanged(driver));
  const auto& run = *driver.window().changedRun().result();
  const auto ids = run.changed.ints(core::Hook::RouterIds, 1, 3);
  EXPECT_EQ(std::count_if(ids.begin(), ids.end(), [](int32_t id) { return id >= 0; }), 1) << "one choice a token";
  EXPECT_EQ(run.changed.info().interventions.size(), 2U);
  EXPECT_TRUE(driver.find<QLabel>("changeWords")->text().contains("Target"));
  EXPECT_TRUE(driver.find<QLabel>("changeWords")->text().contains("distractor"));
}

// An engine that runs everything but interventions, as a GPU that has no kernels for them.
class Refusing : public core::Engine {
 public:
  explicit Refusing(std::shared_ptr<core::Engine> inner) : m_inner(std::move(inner)), m_info(m_inner->info()) {
    m_info.engine = "gpu";
  }
  const core::Model& model() const override { return m_inner->model(); }
  const core::EngineInfo& info() const override { return m_info; }
  core::Result<std::unique_ptr<core::Context>> newContext(int tokens) override { return m_inner->newContext(tokens); }
  core::Status forward(core::Context& context, std::span<const int32_t> ids, const core::RunOptions& options,
                       core::TensorSink& sink) override {
    if (options.interventions) return core::fail("no kernels for interventions here");
    return m_inner->forward(context, ids, options, sink);
  }

 private:
  std::shared_ptr<core::Engine> m_inner;
  core::EngineInfo m_info;
};

TEST(ChangeWindow, WhatAnEngineRefusesIsDoneOnTheCpuAndSaidSo) {
  WindowDriver driver;
  const auto make = driver.services.makeEngine;
  driver.services.makeEngine = [make](std::shared_ptr<const core::Model> model, const std::string& device,
                                      const app::OpenProgress&) -> core::Result<app::MadeEngine> {
    TRY_ASSIGN(app::MadeEngine made, make(std::move(model), "cpu", {}));
    if (device != "cpu") made.engine = std::make_shared<Refusing>(made.engine);
    return made;
  };
  runShop(driver);
  standOnFirstChoice(driver, 1, 3);
  driver.window().band().setFocus();
  driver.key(Qt::Key_X);
  ASSERT_TRUE(waitChanged(driver));
  EXPECT_EQ(driver.window().changedRun().result()->changed.info().engine.engine, "cpu");
  EXPECT_TRUE(
      driver.find<QLabel>("changeWords")->text().contains("Done on the CPU: no kernels for interventions here"));
  EXPECT_EQ(driver.bench().trace().info().engine.engine, "gpu");
  EXPECT_TRUE(driver.bench().canGenerate());
}

TEST(ChangeWindow, ThePicturesOfTheLabFollowTheTheme) {
  WindowDriver driver;
  runShop(driver);
  openPage(driver, app::Command::ChangeRun);
  auto* canvas = driver.find<app::CanvasWidget>("effectCanvas");
  ASSERT_TRUE(driver.waitUntil([&] { return canvas->isVisible() && canvas->framesDrawn() > 0; }));
  for (const auto choice : {app::ThemeChoice::Dark, app::ThemeChoice::Light, app::ThemeChoice::Dark}) {
    driver.window().setThemeChoice(choice);
    const ui::Colour ground = driver.window().instruments().theme().bg1;
    EXPECT_TRUE(driver.waitUntil([&] {
      const QImage image = canvas->grab().toImage();
      const QColor found = image.pixelColor(3, image.height() - 3);
      return found.red() == ground.r && found.green() == ground.g && found.blue() == ground.b;
    }));
  }
}

TEST(ChangeWindow, AChangeTheModelCannotTakeIsSaid) {
  WindowDriver driver;
  runShop(driver);
  driver.key(Qt::Key_R, Qt::ControlModifier | Qt::ShiftModifier);
  auto* kind = driver.find<QComboBox>("changeKind");
  kind->setCurrentIndex(kind->findData(static_cast<int>(core::InterventionKind::Capacity)));
  auto* rule = driver.find<QComboBox>("changeRule");
  rule->setCurrentIndex(rule->findData(static_cast<int>(core::CapacityRule::Switch)));
  driver.press("changeRun");
  ASSERT_TRUE(driver.waitUntil([&] { return !test::complaint(driver).empty(); }));
  EXPECT_TRUE(driver.window().changedRun().empty());
}

TEST(KnockoutWindow, SaysWhichExpertMatteredBesideARandomOneAndKeepsItWithTheRun) {
  WindowDriver driver;
  runShop(driver);
  const auto run = driver.bench().runId();
  driver.key(Qt::Key_X, Qt::ControlModifier | Qt::ShiftModifier);
  ASSERT_TRUE(driver.find<QPushButton>("knockoutRun")->hasFocus());
  driver.press("knockoutRun");
  auto& knockout = driver.window().knockoutRun();
  ASSERT_TRUE(driver.waitUntil([&] { return !knockout.busy() && knockout.current() == 0; }));
  const ui::Phrases say;
  const ui::KnockoutView view = knockout.view(say);
  ASSERT_FALSE(view.rows.empty());
  EXPECT_EQ(view.rows.size() + static_cast<size_t>(view.unused), 16U) << "every expert of the layer";
  EXPECT_GT(view.rows.front().kl, 0);
  EXPECT_LE(view.control.low, view.control.mean);
  EXPECT_TRUE(driver.find<QLabel>("knockoutWords")->text().contains("mattered most"));
  EXPECT_TRUE(driver.find<QLabel>("knockoutWords")->text().contains("An expert at random"));
  driver.screenshot("lab-knockout");

  driver.find<QCheckBox>("knockoutOnlyToken")->setChecked(true);
  driver.press("knockoutRun");
  ASSERT_TRUE(driver.waitUntil([&] { return !knockout.busy() && knockout.sweeps().size() == 2; }));
  EXPECT_EQ(driver.find<QComboBox>("knockoutSweeps")->count(), 2);
  const double first = knockout.sweeps()[0].effects[0].kl;
  driver.type("Another story.");
  driver.press("runButton");
  ASSERT_TRUE(driver.waitIdle());
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().runId() != run && knockout.sweeps().empty(); }));
  driver.bench().openRun(*run);
  ASSERT_TRUE(driver.waitUntil([&] { return knockout.sweeps().size() == 2; })) << "they are kept with their run";
  EXPECT_EQ(knockout.sweeps()[0].effects[0].kl, first);
}

TEST(KnockoutWindow, CanBeCancelledAndKeepsWhatItHas) {
  WindowDriver driver;
  runShop(driver);
  driver.key(Qt::Key_X, Qt::ControlModifier | Qt::ShiftModifier);
  driver.find<QComboBox>("knockoutLayers")->setCurrentIndex(1);
  driver.press("knockoutRun");
  auto& knockout = driver.window().knockoutRun();
  ASSERT_TRUE(driver.waitUntil([&] { return knockout.share() > 0.02 || !knockout.busy(); }));
  driver.press("knockoutCancel");
  ASSERT_TRUE(driver.waitUntil([&] { return !knockout.busy(); }));
  ASSERT_EQ(knockout.sweeps().size(), 1U);
  EXPECT_LE(knockout.sweeps()[0].effects.size(), 96U);
  EXPECT_EQ(knockout.sweeps()[0].complete, knockout.sweeps()[0].effects.size() == 96);
}

TEST(PoliciesWindow, AllPoliciesAreDecidedAndOneIsChosenByAPress) {
  WindowDriver driver;
  runShop(driver, 4);
  openPage(driver, app::Command::AllPolicies);
  auto& sweep = driver.window().policySweep();
  ASSERT_TRUE(driver.waitUntil([&] { return !sweep.busy() && sweep.outcomes().size() == core::policies().size(); }));
  driver.screenshot("lab-all-policies");
  auto* canvas = driver.find<app::CanvasWidget>("policiesCanvas");
  ASSERT_TRUE(driver.click(*canvas, {ui::Instrument::Lab, ui::Element::Candidate, -1, -1, -1,
                                     static_cast<int>(core::PolicyKind::ExpertChoice)}));
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().replayIsShown(); }));
  EXPECT_EQ(driver.bench().trace().info().replay->policy, "expert-choice");
  driver.key(Qt::Key_Z, Qt::ControlModifier);
  EXPECT_FALSE(driver.bench().replayIsShown());
}

TEST(PushWindow, FollowsTheCursorAndTheReplayThatIsShown) {
  WindowDriver driver;
  runShop(driver, 4);
  openPage(driver, app::Command::Push);
  app::PushLens& lens = driver.window().pushLens();
  const ui::Phrases say;
  ASSERT_TRUE(driver.waitUntil([&] { return lens.isThere(); }));
  const ui::Cursor& cursor = driver.bench().cursor();
  const auto all = core::pushesOf(driver.bench().trace(), cursor.layer);
  ASSERT_TRUE(all.has_value());
  const auto E = static_cast<size_t>(driver.bench().source().experts());
  const auto z = [&](const std::vector<core::LayerPush>& from, int token) {
    const auto& value = from[static_cast<size_t>(core::Push::Z)].value;
    return std::vector<double>(value.begin() + static_cast<ptrdiff_t>(static_cast<size_t>(token) * E),
                               value.begin() + static_cast<ptrdiff_t>((static_cast<size_t>(token) + 1) * E));
  };
  EXPECT_EQ(lens.view(say).columns[static_cast<size_t>(core::Push::Z)].value, z(*all, cursor.token));
  driver.screenshot("lab-gradient");
  ui::Cursor other = cursor;
  other.token = 2;
  other.layer = 3;
  driver.bench().moveTo(other);
  ASSERT_TRUE(driver.waitUntil([&] { return lens.isThere(); }));
  EXPECT_EQ(lens.view(say).columns[static_cast<size_t>(core::Push::Z)].value,
            z(*core::pushesOf(driver.bench().trace(), 3), 2));
  const core::RouterConfig& router = driver.bench().recorded().config().router;
  driver.window().lab().setChange(core::replayBy(core::defaultPolicy(core::PolicyKind::Hash, router)));
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().replayIsShown() && lens.isThere(); }));
  const auto balance = static_cast<size_t>(core::Push::BalanceChoices);
  EXPECT_NE(lens.view(say).columns[balance].value,
            ui::makePushView(driver.bench().source(), {3, *core::pushesOf(driver.bench().recorded(), 3), {}},
                             core::Policy{}, other, say)
                .columns[balance]
                .value)
      << "the choices of the replay are counted";
}

TEST(PushWindow, AWeightIsThatOfTheReplayThatIsShownWhenAnotherCannotBeDecided) {
  WindowDriver driver;
  runShop(driver, 4);
  openPage(driver, app::Command::Push);
  app::PushLens& lens = driver.window().pushLens();
  app::Lab& lab = driver.window().lab();
  const core::RouterConfig& router = driver.bench().recorded().config().router;
  core::ReplayOptions options = core::replayBy(core::defaultPolicy(core::PolicyKind::Hash, router));
  lab.setChange(options);
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().replayIsShown() && lens.isThere(); }));
  ui::Cursor at = driver.bench().cursor();
  at.expert = driver.bench().source().chosenAt(at.layer, at.token).at(0);
  driver.bench().moveTo(at);
  const ui::Phrases say;
  const std::vector<double> constant(static_cast<size_t>(router.experts));
  EXPECT_EQ(lens.view(say).columns.back().value, constant) << "a hash's weights hang on no logit";
  options.policy = core::policyOf(router);
  options.policy.K = router.experts + 1;
  lab.setChange(options);
  ASSERT_TRUE(driver.waitUntil([&] { return !lab.busy(); }));
  ASSERT_TRUE(driver.bench().replayIsShown());
  EXPECT_EQ(lens.view(say).columns.back().value, constant);
}

TEST(CloseCallsWindow, RoundingTheRouterFlipsWhatIsCloseAndARowLeadsThere) {
  WindowDriver driver;
  runShop(driver);
  openPage(driver, app::Command::CloseCalls);
  auto* what = driver.find<QComboBox>("closeWhat");
  what->setCurrentIndex(what->findData(static_cast<int>(core::RouterRounding::Q8_0)));
  driver.press("closeRun");
  auto& calls = driver.window().closeCalls();
  ASSERT_TRUE(driver.waitUntil([&] { return !calls.busy() && calls.found().has_value(); }));
  EXPECT_EQ(calls.found()->calls.decisions, 6 * 15) << "every token of the prompt in every layer";
  auto* table = driver.find<QTableWidget>("closeTable");
  ASSERT_EQ(table->rowCount(), static_cast<int>(calls.found()->calls.flips.size()));
  ASSERT_GT(table->rowCount(), 0);
  driver.screenshot("lab-close-calls");
  emit table->cellActivated(0, 0);
  EXPECT_EQ(driver.bench().cursor().token, calls.found()->calls.flips[0].token);
  EXPECT_EQ(driver.bench().cursor().layer, calls.found()->calls.flips[0].layer);
}

TEST(CloseCallsWindow, AParaphraseTypedBesideIsRunAndCompared) {
  WindowDriver driver;
  runShop(driver);
  const auto run = driver.bench().runId();
  openPage(driver, app::Command::CloseCalls);
  auto* what = driver.find<QComboBox>("closeWhat");
  what->setCurrentIndex(2);
  EXPECT_FALSE(driver.find<QPushButton>("closeRun")->isEnabled()) << "there is nothing to compare with yet";
  auto* text = driver.find<QLineEdit>("closeText");
  text->setFocus();
  QTest::keyClicks(text, "There was a boy named Tim who liked to run in the shop.");
  QTest::keyClick(text, Qt::Key_Return);
  auto& calls = driver.window().closeCalls();
  ASSERT_TRUE(driver.waitUntil([&] { return !calls.busy() && calls.found().has_value(); }));
  EXPECT_FALSE(calls.found()->rounding);
  EXPECT_GT(calls.found()->tokens, 8);
  EXPECT_GT(calls.found()->calls.flips.size(), 0U);
  for (const core::Flip& flip : calls.found()->calls.flips) EXPECT_GE(flip.token, 5) << "the texts begin alike";
  EXPECT_EQ(driver.bench().runId(), run);
  EXPECT_EQ(driver.bench().sessions().size(), 1U) << "nothing of it is kept";
  EXPECT_TRUE(driver.bench().canGenerate());
}

}  // namespace
