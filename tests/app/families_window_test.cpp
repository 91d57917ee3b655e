// Every family in the window: its small model opens, a run of it is stepped through by key, and goes on.
#include <gtest/gtest.h>

#include <QComboBox>
#include <QDialog>
#include <QTemporaryDir>
#include <set>

#include "core/engine/cpu_engine.h"
#include "core/snapshot/snapshot.h"
#include "core/trace/second_router.h"
#include "flows.h"
#include "tests/support/golden_model.h"
#include "tests/support/support.h"
#include "ui/views/heat_views.h"
#include "ui/views/ledger_view.h"
#include "ui/views/load_view.h"
#include "ui/views/router_view.h"
#include "ui/views/stage_rail_view.h"

namespace {

using test::WindowDriver;

// The model and a run of its golden ids, as somebody would bring them: a folder and a recorded run.
core::Trace openFamily(WindowDriver& driver, const std::string& name, const QTemporaryDir& folder) {
  const test::GoldenModel golden = test::loadGoldenModel(name);
  auto engine = core::makeCpuEngine(golden.model, 1);
  EXPECT_TRUE(engine) << engine.error().message;
  core::RunRequest request;
  request.ids = golden.ids();
  request.generate = 2;
  const auto session = core::Session::start(*engine, request);
  EXPECT_TRUE(session) << session.error().message;
  const QString file = folder.filePath("run.safetensors");
  EXPECT_TRUE(core::writeSnapshot((*session)->trace(), file.toStdString()));
  driver.services.device = "cpu";
  driver.open();
  driver.bench().open(QString::fromStdString(golden.model->path.string()));
  EXPECT_TRUE(driver.waitIdle());
  driver.bench().open(file);
  EXPECT_TRUE(driver.waitUntil([&] { return !driver.bench().trace().empty() && !driver.bench().busy(); }));
  return (*session)->trace();
}

std::string sentenceOf(app::CanvasWidget& canvas) {
  canvas.grab();
  std::string all;
  for (const app::PicturePart& part : canvas.parts()) all += part.sentence + "\n";
  return all;
}

class FamilyInTheWindow : public testing::TestWithParam<std::string> {};

TEST_P(FamilyInTheWindow, OpensIsSteppedThroughAndGoesOn) {
  const QTemporaryDir folder;
  WindowDriver driver;
  const core::Trace record = openFamily(driver, GetParam(), folder);
  ASSERT_EQ(driver.bench().trace().ids(), record.ids()) << test::complaint(driver);
  driver.window().band().setFocus();
  driver.key(Qt::Key_Home);
  std::set<std::string> said;
  const auto look = [&] {
    const std::string band = sentenceOf(driver.window().band()), lower = sentenceOf(driver.window().lower());
    EXPECT_FALSE(band.empty() || lower.empty());
    said.insert(band);
  };
  for (int layer = 0; layer < record.config().layers; ++layer) {
    for (int token = 0; token < 3; ++token) {
      for (int stage = 0; stage < ui::kStages; ++stage) {
        look();
        driver.key(Qt::Key_Down, Qt::ShiftModifier);
      }
      for (int stage = 0; stage < ui::kStages; ++stage) driver.key(Qt::Key_Up, Qt::ShiftModifier);
      driver.key(Qt::Key_Right);
    }
    driver.key(Qt::Key_Home);
    driver.key(Qt::Key_Down);
  }
  EXPECT_GE(static_cast<int>(said.size()), 3 * record.config().layers) << "each place says something of its own";
  driver.key(Qt::Key_End);
  driver.key(Qt::Key_1, Qt::ControlModifier);
  ASSERT_TRUE(driver.waitUntil([&] {
    return !driver.bench().busy() && driver.bench().trace().length() == record.length() + 1;
  })) << test::complaint(driver);
  look();
  EXPECT_EQ(driver.find<QDialog>("problemDialog"), nullptr) << test::complaint(driver);
}

std::vector<std::string> families() {
  std::vector<std::string> names = test::goldenModelNames();
  std::erase(names, "seed-7m");  // every other test of the window runs it
  return names;
}

INSTANTIATE_TEST_SUITE_P(Each, FamilyInTheWindow, testing::ValuesIn(families()), [](const auto& name) {
  std::string clean = name.param;
  for (char& c : clean) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return clean;
});

TEST(SecondRouter, IsChosenByKeyAndByListAndEveryInstrumentFollows) {
  const QTemporaryDir folder;
  WindowDriver driver;
  const core::Trace record = openFamily(driver, "jetmoe-moa", folder);
  auto* list = driver.find<QComboBox>("toolRouter");
  ASSERT_TRUE(list->isVisible());
  EXPECT_EQ(list->currentText(), "feed-forward experts");
  driver.window().band().setFocus();
  driver.bench().moveTo({3, 1, 0, ui::Stage::Choice});
  const std::string blocks = sentenceOf(driver.window().band()), ledger = sentenceOf(driver.window().lower());
  driver.key(Qt::Key_R);
  ASSERT_TRUE(driver.bench().showsAttention());
  EXPECT_EQ(list->currentText(), "attention experts");
  const std::string attention = sentenceOf(driver.window().band());
  EXPECT_NE(attention, blocks);
  EXPECT_NE(attention.find("Router \u00B7 attention, layer 1, token 3"), std::string::npos) << attention;
  EXPECT_EQ(sentenceOf(driver.window().lower()), ledger) << "the ledger has attention as one part";
  driver.screenshot("second-router");

  const ui::Phrases say;
  const ui::ViewSource& source = driver.bench().source();
  const ui::Cursor cursor = driver.bench().cursor();
  const ui::RouterView router = ui::makeRouterView(source, cursor, false, say);
  const auto logits = record.floats(core::Hook::AttentionRouterLogits, 1, 3);
  const auto chosen = record.ints(core::Hook::AttentionRouterIds, 1, 3);
  const auto weights = record.floats(core::Hook::AttentionRouterWeights, 1, 3);
  ASSERT_EQ(router.rows.size(), logits.size());
  ASSERT_FALSE(chosen.empty());
  EXPECT_EQ(cursor.expert, chosen[0]);
  for (size_t e = 0; e < logits.size(); ++e) EXPECT_EQ(router.rows[e].logit, logits[e]);
  for (size_t rank = 0; rank < chosen.size(); ++rank) {
    EXPECT_EQ(router.rows[static_cast<size_t>(chosen[rank])].rank, static_cast<int>(rank));
    EXPECT_EQ(router.rows[static_cast<size_t>(chosen[rank])].weight, weights[rank]);
  }
  std::vector<int> count(logits.size());
  for (int token = 0; token < record.tokens(core::Stream::Layer, 1); ++token) {
    for (const int32_t id : record.ints(core::Hook::AttentionRouterIds, 1, token)) ++count[static_cast<size_t>(id)];
  }
  const ui::LoadView load = ui::makeLoadView(source, cursor, {}, say);
  ASSERT_EQ(load.rows.size(), count.size());
  for (size_t e = 0; e < count.size(); ++e) EXPECT_EQ(load.rows[e].count(), count[e]);
  const ui::LayersExpertsView heat = ui::makeLayersExpertsView(source, cursor, say);
  EXPECT_EQ(heat.cells[logits.size() + static_cast<size_t>(chosen[0])].rank, 0);
  ui::Cursor experts = cursor;
  experts.stage = ui::Stage::Experts;
  EXPECT_EQ(ui::makeStageRailView(source, experts, say).sentence, say(ui::Say::AttentionExpertsTogether));

  // A capacity that is laid over drops choices of attention experts, and says that it is simulated.
  core::CapacityOptions capacity = driver.bench().capacityToEdit();
  capacity.factor = 0.5;
  driver.bench().setCapacity(capacity);
  EXPECT_TRUE(driver.bench().showsAttention());
  EXPECT_GT(test::droppedChoices(driver.bench().source()), 0);
  EXPECT_TRUE(driver.bench().source().dispatch[1]->simulated);
  driver.bench().setCapacityAsRecorded();

  // What is exported and run again is the run, whichever router is looked at.
  EXPECT_EQ(driver.bench().trace().config().router.experts, record.config().router.experts);
  EXPECT_FALSE(driver.bench().trace().floats(core::Hook::AttentionRouterLogits, 1, 3).empty());

  list->setFocus();
  QTest::keyClick(list, Qt::Key_Up);
  EXPECT_FALSE(driver.bench().showsAttention());
  EXPECT_NE(sentenceOf(driver.window().band()).find("Router, layer 1"), std::string::npos);
}

TEST(SecondRouter, IsNotOfferedWhereThereIsOne) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max.");
  EXPECT_FALSE(driver.find<QComboBox>("toolRouter")->isVisible());
  driver.key(Qt::Key_R);
  EXPECT_FALSE(driver.bench().showsAttention());
  EXPECT_FALSE(core::hasAttentionRouter(driver.bench().trace().config()));
}

}  // namespace
