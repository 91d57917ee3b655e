// Going on: in the same run, in a branch, from a run that was opened again, with other sampling.
#include <QAbstractButton>
#include <QAction>
#include <QDoubleSpinBox>
#include <QListView>
#include <QMenu>
#include <QSpinBox>
#include <QUndoStack>

#include "app/models/session_model.h"
#include "core/engine/cpu_engine.h"
#include "core/model/loader.h"
#include "flows.h"
#include "tests/support/counting_engine.h"
#include "tests/support/support.h"
#include "ui/views/prediction_view.h"

namespace {

using test::WindowDriver;
using ui::Element;
using ui::Instrument;

TEST(Branch, PickingAnotherTokenRunsOnFromItUnderItsParent) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max.", 12);
  const core::Trace parent = driver.bench().trace();
  const auto parentId = driver.bench().runId();
  const int at = parent.promptTokens() + 3;
  driver.bench().moveToToken(at);
  const ui::Phrases say;
  const ui::PredictionView view = ui::makePredictionView(driver.bench().source(), driver.bench().cursor(), say);
  const int place = view.rows[0].actual ? 1 : 0;
  const int32_t picked = view.rows[static_cast<size_t>(place)].id;
  ASSERT_TRUE(driver.click(driver.window().lower(), {Instrument::Prediction, Element::Candidate, at, -1, -1, place}));
  ASSERT_TRUE(driver.waitUntil([&] { return !driver.bench().busy() && driver.bench().runId() != parentId; }));
  const core::Trace& branch = driver.bench().trace();
  EXPECT_TRUE(std::equal(parent.ids().begin(), parent.ids().begin() + at + 1, branch.ids().begin()));
  EXPECT_EQ(branch.ids()[static_cast<size_t>(at) + 1], picked);
  EXPECT_GE(branch.length(), at + 2 + 10) << "generation goes on from the branch";
  EXPECT_EQ(driver.bench().cursor().token, at + 1);
  EXPECT_EQ(branch.promptTokens(), parent.promptTokens());

  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().row() && driver.bench().row()->origin; }));
  EXPECT_EQ(driver.bench().row()->origin->parent, *parentId);
  EXPECT_EQ(driver.bench().row()->origin->token, at + 1);
  driver.key(Qt::Key_L, Qt::ControlModifier);
  auto* list = driver.find<QListView>("sessionList");
  ASSERT_TRUE(driver.waitUntil([&] { return list->model()->rowCount() == 2; }));
  EXPECT_EQ(list->model()->index(1, 0).data(app::SessionModel::DepthRole).toInt(), 1);
  driver.screenshot("branch");
  // The parent is as it was.
  driver.bench().openRun(*parentId);
  ASSERT_TRUE(driver.waitUntil([&] { return !driver.bench().busy() && driver.bench().runId() == parentId; }));
  EXPECT_EQ(driver.bench().trace().ids(), parent.ids());
}

TEST(Branch, IsUndoneWithItsRunAndDoneAgain) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max.", 6);
  const auto parentId = driver.bench().runId();
  const std::vector<int32_t> parentIds = driver.bench().trace().ids();
  driver.bench().moveTo({3, 2, 5, ui::Stage::Scores});
  const ui::Cursor from = driver.bench().cursor();
  driver.key(Qt::Key_N, Qt::ControlModifier | Qt::ShiftModifier);
  auto* menu = driver.find<QMenu>("branchMenu");
  ASSERT_NE(menu, nullptr);
  (menu->actions()[0]->isChecked() ? menu->actions()[1] : menu->actions()[0])->trigger();
  menu->close();
  ASSERT_TRUE(driver.waitUntil([&] { return !driver.bench().busy() && driver.bench().runId() != parentId; }));
  const auto branchId = driver.bench().runId();
  ASSERT_TRUE(branchId);
  const std::vector<int32_t> branchIds = driver.bench().trace().ids();
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().sessions().size() == 2; }));

  driver.key(Qt::Key_Z, Qt::ControlModifier);
  ASSERT_TRUE(driver.waitUntil([&] { return !driver.bench().busy() && driver.bench().runId() == parentId; }));
  EXPECT_EQ(driver.bench().trace().ids(), parentIds);
  EXPECT_EQ(driver.bench().cursor(), from);
  EXPECT_TRUE(driver.waitUntil([&] { return driver.bench().sessions().size() == 1; })) << "its run is removed";

  driver.key(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
  ASSERT_TRUE(driver.waitUntil([&] { return !driver.bench().busy() && driver.bench().runId() == branchId; }));
  EXPECT_EQ(driver.bench().trace().ids(), branchIds);
  EXPECT_EQ(driver.bench().cursor().token, 4);
  EXPECT_TRUE(driver.waitUntil([&] { return driver.bench().sessions().size() == 2; }));
}

// What the window's engine is made of counts the tokens it runs.
void countTokens(WindowDriver& driver, std::shared_ptr<test::CountingEngine>& counted) {
  const auto make = driver.services.makeEngine;
  driver.services.makeEngine = [make, &counted](std::shared_ptr<const core::Model> model, const std::string&,
                                                const app::OpenProgress&) -> core::Result<app::MadeEngine> {
    TRY_ASSIGN(app::MadeEngine made, make(std::move(model), "cpu", {}));
    counted = std::make_shared<test::CountingEngine>(made.engine);
    made.engine = counted;
    return made;
  };
}

int32_t otherToken(WindowDriver& driver) {
  const ui::PredictionView view =
      ui::makePredictionView(driver.bench().source(), driver.bench().cursor(), ui::Phrases());
  return view.rows[view.rows[0].actual ? 1 : 0].id;
}

TEST(Branch, TheKeptTokensAreNotRunAgain) {
  WindowDriver driver;
  std::shared_ptr<test::CountingEngine> counted;
  countTokens(driver, counted);
  test::runText(driver, "There was a boy named Max who liked to play in the shop.", 20);
  const auto parentId = driver.bench().runId();
  const int length = driver.bench().trace().length();
  const core::Trace parent = driver.bench().trace();
  const auto branchAt = [&](int token) {
    const auto before = driver.bench().runId();
    driver.bench().moveToToken(token);
    counted->ran = 0;
    driver.bench().branch(token, otherToken(driver));
    ASSERT_TRUE(driver.waitUntil([&] { return !driver.bench().busy() && driver.bench().runId() != before; }));
    // The last kept token for its logits, the one put after it, and all but the last of those that follow.
    EXPECT_EQ(counted->ran, driver.bench().trace().length() - token - 1);
  };
  branchAt(parent.promptTokens() + 5);
  branchAt(4);  // of the branch, inside of the prompt
  // Back at the parent, whose beginning the branch shares.
  driver.bench().openRun(*parentId);
  ASSERT_TRUE(driver.waitUntil([&] { return !driver.bench().busy() && driver.bench().runId() == parentId; }));
  branchAt(3);

  // Other sampling goes on from the last token.
  driver.bench().openRun(*parentId);
  ASSERT_TRUE(driver.waitUntil([&] { return !driver.bench().busy() && driver.bench().runId() == parentId; }));
  driver.press("generate1");  // the branch holds other tokens: these run again, once
  ASSERT_TRUE(driver.waitIdle());
  EXPECT_EQ(driver.bench().runId(), parentId);
  counted->ran = 0;
  driver.press("generate1");
  ASSERT_TRUE(driver.waitIdle());
  EXPECT_EQ(counted->ran, 1);
  EXPECT_EQ(driver.bench().trace().length(), length + 2);
  core::Sampling sampling;
  sampling.temperature = 0.8;
  sampling.seed = 3;
  driver.bench().setSampling(sampling);
  counted->ran = 0;
  driver.press("generate10");
  ASSERT_TRUE(driver.waitUntil([&] { return !driver.bench().busy() && driver.bench().runId() != parentId; }));
  EXPECT_EQ(driver.bench().trace().length(), length + 12);
  EXPECT_EQ(counted->ran, 10);
}

TEST(GoingOn, ARunOneComesBackToIsNotRunAgain) {
  WindowDriver driver;
  std::shared_ptr<test::CountingEngine> counted;
  countTokens(driver, counted);
  test::runText(driver, "There was a boy named Max.", 6);
  const auto id = driver.bench().runId();
  const int length = driver.bench().trace().length();
  ASSERT_TRUE(id);
  driver.close();
  driver.open();
  driver.start();
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().canGenerate(); }));
  driver.press("generate1");
  ASSERT_TRUE(driver.waitIdle());
  EXPECT_GE(counted->ran, length) << "nothing remembers it any more: it runs again";
  driver.bench().openRun(*id);
  ASSERT_TRUE(driver.waitUntil([&] { return !driver.bench().busy() && driver.bench().runId() == id; }));
  counted->ran = 0;
  driver.press("generate1");
  ASSERT_TRUE(driver.waitIdle());
  EXPECT_EQ(driver.bench().runId(), id);
  EXPECT_EQ(driver.bench().trace().length(), length + 2) << test::complaint(driver);
  EXPECT_EQ(counted->ran, 1);
}

TEST(Branch, APromptThatQueuesAsOneGroupRunsAgainAndSaysSo) {
  const auto model = core::loadModel(test::fixture("models/openmoe-base"));
  ASSERT_TRUE(model) << model.error().message;
  const std::shared_ptr<core::Engine> engine = std::move(*core::makeCpuEngine(*model, 2));
  app::Services services;
  services.loadModel = [&](const std::string&) { return model; };
  services.makeEngine = [&](const std::shared_ptr<const core::Model>&, const std::string&,
                            const app::OpenProgress&) -> core::Result<app::MadeEngine> {
    return app::MadeEngine{engine, {}};
  };
  core::RunRequest request;
  request.ids = {1, 2, 3, 4, 5, 6, 7, 8};
  auto session = core::Session::start(engine, request);
  ASSERT_TRUE(session) << session.error().message;
  app::RunRoom room(services);
  ASSERT_TRUE(room.use(*model, [](double) { return true; }));
  app::FollowRequest follow;
  follow.record = (*session)->trace();
  follow.tokens = 8;
  follow.generate = 2;
  const app::CancelToken go;
  EXPECT_FALSE(room.follow(follow, nullptr, go, {}).ranAgain) << "nothing was there to go on from";
  follow.tokens = 4;
  follow.then = 9;
  const app::RunEnded ended = room.follow(follow, nullptr, go, {});
  EXPECT_FALSE(ended.error);
  EXPECT_EQ(ended.ranAgain, core::Session::Holds::OneGroup);
  EXPECT_EQ(ended.trace.length(), 7);
}

TEST(Branch, IsUndoneWhileItStillRuns) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max.", 60);
  const auto parentId = driver.bench().runId();
  driver.bench().moveToToken(3);
  const ui::PredictionView view =
      ui::makePredictionView(driver.bench().source(), driver.bench().cursor(), ui::Phrases());
  driver.bench().branch(3, view.rows[view.rows[0].actual ? 1 : 0].id);
  ASSERT_TRUE(driver.waitUntil([&] { return driver.window().undoStack().canUndo(); }));
  driver.key(Qt::Key_Z, Qt::ControlModifier);
  ASSERT_TRUE(driver.waitUntil([&] { return !driver.bench().busy() && driver.bench().runId() == parentId; }));
  EXPECT_EQ(driver.bench().cursor().token, 3);
  EXPECT_TRUE(driver.waitUntil([&] { return driver.bench().sessions().size() == 1; }));
  EXPECT_TRUE(driver.bench().canGenerate());
}

TEST(Branch, ByKeyATokenIsPickedFromAMenu) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max.", 4);
  const auto parentId = driver.bench().runId();
  driver.bench().moveToToken(3);  // inside of the prompt
  driver.key(Qt::Key_N, Qt::ControlModifier | Qt::ShiftModifier);
  auto* menu = driver.find<QMenu>("branchMenu");
  ASSERT_NE(menu, nullptr);
  QAction* other = menu->actions()[0]->isChecked() ? menu->actions()[1] : menu->actions()[0];
  other->trigger();
  menu->close();
  ASSERT_TRUE(driver.waitUntil([&] { return !driver.bench().busy() && driver.bench().runId() != parentId; }));
  EXPECT_EQ(driver.bench().trace().promptTokens(), 4) << "the prompt is cut where the branch begins";
  EXPECT_EQ(driver.bench().cursor().token, 4);
  EXPECT_EQ(*driver.bench().trace().info().prompt, "There was a boy");
}

TEST(GoingOn, ARunThatWasOpenedAgainGoesOnInItsOwnRow) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max.", 6);
  const auto id = driver.bench().runId();
  const std::vector<int32_t> before = driver.bench().trace().ids();
  driver.close();
  driver.open();
  driver.start();
  ASSERT_TRUE(driver.waitUntil(
      [&] { return !driver.bench().trace().empty() && !driver.bench().busy() && driver.bench().canGenerate(); }));
  driver.press("generate1");
  ASSERT_TRUE(driver.waitIdle());
  EXPECT_EQ(driver.bench().runId(), id);
  ASSERT_EQ(driver.bench().trace().length(), static_cast<int>(before.size()) + 1) << test::complaint(driver);
  EXPECT_TRUE(std::equal(before.begin(), before.end(), driver.bench().trace().ids().begin()));
  ASSERT_TRUE(driver.waitUntil([&] {
    const auto& rows = driver.bench().sessions();
    return rows.size() == 1 && rows[0].tokens == static_cast<int>(before.size()) + 1;
  }));
  // What it holds now is what is stored.
  const std::vector<int32_t> longer = driver.bench().trace().ids();
  driver.press("generate10");
  ASSERT_TRUE(driver.waitIdle());
  EXPECT_EQ(driver.bench().runId(), id);
  driver.close();
  driver.open();
  driver.start();
  ASSERT_TRUE(driver.waitUntil([&] { return !driver.bench().trace().empty() && !driver.bench().busy(); }));
  EXPECT_EQ(driver.bench().trace().length(), static_cast<int>(longer.size()) + 10);
}

TEST(GoingOn, OtherSamplingMakesANamedBranchAndTheSameSeedTheSameText) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max.", 4);
  const auto id = driver.bench().runId();
  const auto sampled = [&] {
    driver.find<QDoubleSpinBox>("samplingTemperature")->setValue(0.9);
    driver.find<QSpinBox>("samplingSeed")->setValue(7);
    driver.press("generate10");
    EXPECT_TRUE(driver.waitUntil([&] { return !driver.bench().busy() && driver.bench().runId() != id; }));
    return driver.bench().trace().ids();
  };
  driver.key(Qt::Key_N, Qt::ControlModifier);
  driver.screenshot("sampling");
  const std::vector<int32_t> once = sampled();
  EXPECT_EQ(driver.bench().trace().info().sampling.seed, 7u);
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().row() && !driver.bench().row()->name.empty(); }));
  EXPECT_TRUE(QString::fromStdString(driver.bench().row()->name).contains("seed 7"));
  EXPECT_EQ(driver.bench().row()->origin->parent, *id);
  driver.bench().openRun(*id);
  ASSERT_TRUE(driver.waitUntil([&] { return !driver.bench().busy() && driver.bench().runId() == id; }));
  EXPECT_EQ(driver.find<QDoubleSpinBox>("samplingTemperature")->value(), 0) << "a run brings its own sampling";
  EXPECT_EQ(sampled(), once);
}

TEST(GoingOn, ARunThatIsNotKeptLeavesNothing) {
  WindowDriver driver;
  driver.open();
  driver.openBundledModel();
  driver.type("The bird was happy.");
  driver.find<QAbstractButton>("promptKeep")->click();
  driver.press("runButton");
  ASSERT_TRUE(driver.waitIdle());
  EXPECT_FALSE(driver.bench().trace().empty());
  EXPECT_FALSE(driver.bench().runId());
  EXPECT_EQ(driver.bench().sessions().size(), 0u);
}

}  // namespace
