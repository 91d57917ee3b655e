// Two runs side by side in the window.
#include <QAction>
#include <QDialog>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <algorithm>

#include "app/commands.h"
#include "app/docks/compare_dock.h"
#include "app/second_run.h"
#include "core/engine/cpu_engine.h"
#include "flows.h"
#include "ui/numbers.h"

namespace {

using test::WindowDriver;
using ui::Element;
using ui::Instrument;

ui::ElementId action(ui::Action what) {
  return {Instrument::Compare, Element::Action, -1, -1, -1, static_cast<int>(what)};
}

// Two runs that begin alike, the second one shown.
void runTwo(WindowDriver& driver) {
  test::runText(driver, "There was a boy named Max who liked to play.", 8);
  driver.type("There was a little girl named Lily who liked to play.");
  driver.press("runButton");
  ASSERT_TRUE(driver.waitIdle());
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().sessions().size() == 2; }));
  driver.window().band().setFocus();
}

// Picks the older run by typing a word of it.
void compareWithMax(WindowDriver& driver) {
  driver.key(Qt::Key_K, Qt::ControlModifier | Qt::ShiftModifier);
  auto* field = driver.find<QLineEdit>("runChooserField");
  ASSERT_NE(field, nullptr);
  QTest::keyClicks(field, "Max");
  auto* list = driver.find<QListView>("runChooserList");
  ASSERT_TRUE(driver.waitUntil(
      [&] { return list->model()->rowCount() == 1 && list->model()->index(0, 0).data().toString().contains("Max"); }));
  QTest::keyClick(field, Qt::Key_Return);
  ASSERT_TRUE(driver.waitUntil([&] { return !driver.window().secondRun().empty(); }));
}

TEST(CompareWindow, ASecondRunStandsAlignedBesideTheFirstAndTheJumpGoesToTheParting) {
  WindowDriver driver;
  runTwo(driver);
  driver.key(Qt::Key_Home);
  compareWithMax(driver);
  auto* canvas = driver.find<app::CanvasWidget>("compareCanvas");
  ASSERT_TRUE(driver.waitUntil([&] { return canvas->isVisible(); }));
  EXPECT_TRUE(driver.window().band().isHidden()) << "the comparison has the room of the instruments";
  const ui::Phrases say;
  const ui::CompareView view = driver.window().secondRun().view(say);
  ASSERT_GE(view.partColumn, 0);
  const auto gaps =
      std::count_if(view.pairs.begin(), view.pairs.end(), [](const auto& p) { return p.a < 0 || p.b < 0; });
  EXPECT_GT(gaps, 0) << "one text has a word more";
  // Every layer says how much the two have in common, and how much that would be by chance.
  const auto rows = canvas->table(Instrument::Compare).rows;
  ASSERT_EQ(rows.size(), static_cast<size_t>(driver.bench().source().layers()));
  const int experts = driver.bench().source().experts(), chosen = driver.bench().source().chosen();
  for (size_t layer = 0; layer < rows.size(); ++layer) {
    ASSERT_GT(rows[layer].size(), 12U);
    EXPECT_EQ(rows[layer][3], ui::shareText(static_cast<double>(chosen) / experts));
    int common = 0, all = 0;
    for (const ui::AlignedPair& pair : view.pairs) {
      if (pair.a < 0 || pair.b < 0) continue;
      if (view.a.tokenAt(pair.a) != view.b.tokenAt(pair.b)) continue;
      const auto here = view.a.chosenAt(static_cast<int>(layer), pair.a);
      const auto there = view.b.chosenAt(static_cast<int>(layer), pair.b);
      if (here.empty() || there.empty()) continue;
      all += chosen;
      for (const int expert : here) common += std::count(there.begin(), there.end(), expert) > 0;
    }
    EXPECT_EQ(rows[layer][2], ui::shareText(static_cast<double>(common) / all));
  }
  driver.screenshot("compare");
  ASSERT_TRUE(driver.click(*canvas, action(ui::Action::JumpToFirstDifference)));
  EXPECT_EQ(driver.bench().cursor().token, view.pairs[static_cast<size_t>(view.partColumn)].a);
  EXPECT_EQ(driver.bench().cursor().layer, view.partLayer);

  // The arrows work on in it; Esc brings the instruments back.
  const int token = driver.bench().cursor().token;
  driver.key(Qt::Key_Left);
  EXPECT_EQ(driver.bench().cursor().token, token - 1);
  driver.key(Qt::Key_Escape);
  EXPECT_TRUE(driver.window().band().isVisible());
  EXPECT_FALSE(canvas->isVisible());
  driver.key(Qt::Key_F7);
  EXPECT_TRUE(canvas->isVisible()) << "and F7 the comparison";
}

TEST(CompareWindow, WithoutASecondRunItAsksForOne) {
  WindowDriver driver;
  test::runText(driver, "The bird was happy.");
  driver.key(Qt::Key_F7);
  auto* canvas = driver.find<app::CanvasWidget>("compareCanvas");
  ASSERT_TRUE(driver.waitUntil([&] { return canvas->isVisible() && canvas->height() > 400; }));
  QTest::qWait(50);  // the picture of this size is drawn
  ASSERT_TRUE(driver.click(*canvas, action(ui::Action::ChooseSecondRun)));
  auto* chooser = driver.find<QDialog>("runChooser");
  ASSERT_NE(chooser, nullptr);
  chooser->close();
  driver.screenshot("compare-empty");
}

// The CPU again under another name: its values are those of a GPU that is right.

class TwinEngine : public core::Engine {
 public:
  explicit TwinEngine(std::shared_ptr<core::Engine> inner) : m_inner(std::move(inner)), m_info(m_inner->info()) {
    m_info.engine = "gpu";
    m_info.device = "twin";
  }
  const core::Model& model() const override { return m_inner->model(); }
  const core::EngineInfo& info() const override { return m_info; }
  core::Result<std::unique_ptr<core::Context>> newContext(int tokens) override { return m_inner->newContext(tokens); }
  core::Status forward(core::Context& context, std::span<const int32_t> ids, const core::RunOptions& options,
                       core::TensorSink& sink) override {
    return m_inner->forward(context, ids, options, sink);
  }

 private:
  std::shared_ptr<core::Engine> m_inner;
  core::EngineInfo m_info;
};

TEST(CompareWindow, CpuAgainstGpuIsOneClickAndSaysWhetherTheyAgree) {
  WindowDriver driver;
  driver.services.listDevices = [] {
    return std::vector<app::DeviceChoice>{{"auto", "", ""}, {"cpu", "CPU", ""}, {"gpu:0", "twin (discrete)", ""}};
  };
  const auto make = driver.services.makeEngine;
  driver.services.makeEngine = [make](std::shared_ptr<const core::Model> model, const std::string& device,
                                      const app::OpenProgress&) -> core::Result<app::MadeEngine> {
    TRY_ASSIGN(app::MadeEngine made, make(std::move(model), "cpu", {}));
    if (device == "gpu:0") made.engine = std::make_shared<TwinEngine>(made.engine);
    return made;
  };
  test::runText(driver, "The bird saw a red shop.", 5);
  const auto parent = driver.bench().runId();
  const std::vector<int32_t> ids = driver.bench().trace().ids();
  driver.key(Qt::Key_F7);
  driver.press("compareDevices");
  auto* verdict = driver.find<QLabel>("compareVerdict");
  ASSERT_TRUE(driver.waitUntil([&] { return verdict->text().startsWith("CPU and GPU agree"); }))
      << verdict->text().toStdString();
  driver.screenshot("compare-devices");
  EXPECT_EQ(driver.bench().runId(), parent) << "what is shown stays";
  EXPECT_EQ(driver.bench().trace().ids(), ids);
  // It is a run of its own below the one it repeats, with the same tokens.
  ASSERT_TRUE(driver.waitUntil([&] {
    const auto& rows = driver.bench().sessions();
    return rows.size() == 2 && rows[0].origin && rows[0].origin->kind == "device" && !rows[0].name.empty();
  }));
  EXPECT_EQ(driver.bench().sessions()[0].origin->parent, *parent);
  EXPECT_EQ(driver.bench().sessions()[0].tokens, static_cast<int>(ids.size()));

  // The run can still go on in its own session.
  driver.key(Qt::Key_Escape);
  driver.press("generate1");
  ASSERT_TRUE(driver.waitIdle());
  EXPECT_EQ(driver.bench().runId(), parent);
}

}  // namespace
