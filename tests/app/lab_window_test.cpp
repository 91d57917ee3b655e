// The routing lab of the window, as a user works it.
#include <gtest/gtest.h>

#include <QComboBox>
#include <QDockWidget>
#include <QDoubleSpinBox>
#include <QHelpEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QStandardItemModel>
#include <QTableWidget>
#include <QToolTip>
#include <cmath>

#include "app/docks/eliding_box.h"
#include "app/lab.h"
#include "core/trace/dispatch.h"
#include "flows.h"

namespace {

using test::startWithSample;
using test::WindowDriver;

void openLab(WindowDriver& driver) {
  startWithSample(driver);
  driver.key(Qt::Key_R, Qt::ControlModifier);
  ASSERT_TRUE(driver.find<QComboBox>("labPolicy")->hasFocus());
  ASSERT_TRUE(driver.waitUntil([&] { return driver.window().lab().tries().size() == 1; }));
}

void choose(WindowDriver& driver, core::PolicyKind kind) {
  auto* list = driver.find<QComboBox>("labPolicy");
  const int row = list->findData(static_cast<int>(kind));
  ASSERT_GE(row, 0);
  list->setCurrentIndex(row);
  emit list->activated(row);
}

bool waitReplay(WindowDriver& driver, size_t tries) {
  return driver.waitUntil([&] {
    const app::Lab& lab = driver.window().lab();
    return !lab.busy() && driver.bench().replayIsShown() && lab.tries().size() == tries;
  });
}

TEST(LabWindow, APolicyIsDecidedAgainAndEveryInstrumentFollows) {
  WindowDriver driver;
  openLab(driver);
  const std::vector<int> before = driver.bench().source().chosenAt(2, 20);
  choose(driver, core::PolicyKind::ExpertChoice);
  ASSERT_TRUE(waitReplay(driver, 2));
  const ui::ViewSource& source = driver.bench().source();
  ASSERT_TRUE(source.isReplay());
  EXPECT_EQ(source.besideAt(2, 20), before) << "the run itself is known beside it";
  EXPECT_EQ(driver.bench().recorded().info().replay, std::nullopt);
  EXPECT_FALSE(driver.find<QDockWidget>("lowerDock")->isVisible()) << "a replay has no ledger";
  EXPECT_TRUE(driver.find<QLabel>("labAbout")->text().contains("Not causal"));
  EXPECT_TRUE(driver.find<QLabel>("labAbout")->text().contains("Open loop"));
  ASSERT_TRUE(driver.waitUntil([&] { return driver.find<QLabel>("labAbout")->text().contains("would choose"); }))
      << "which tokens saw later ones";
  auto* table = driver.find<QTableWidget>("labTable");
  EXPECT_EQ(table->rowCount(), 4) << "the run, the replay, chance, least";
  EXPECT_TRUE(table->item(1, 0)->text().startsWith("expert-choice"));
  driver.screenshot("lab-expert-choice");

  driver.press("labReset");
  EXPECT_FALSE(driver.bench().replayIsShown());
  EXPECT_EQ(driver.bench().source().chosenAt(2, 20), before);
  driver.key(Qt::Key_Escape);
  EXPECT_TRUE(driver.find<QDockWidget>("lowerDock")->isVisible()) << "the lab gives its room back";
}

TEST(LabWindow, ThePolicyIsReadWholeOrShortenedWithAllOfItBesideThePointer) {
  WindowDriver driver;
  openLab(driver);
  driver.window().resize(1280, 800);
  auto* list = driver.find<app::ElidingBox>("labPolicy");
  ASSERT_NE(list, nullptr);
  ASSERT_GE(list->findText("own: token-choice"), 0);
  list->setCurrentIndex(list->findText("own: token-choice"));
  EXPECT_EQ(list->shownText(), "own: token-choice") << "there is room for it";
  list->setFixedWidth(90);
  EXPECT_NE(list->shownText(), list->currentText());
  EXPECT_TRUE(list->shownText().contains(QChar(0x2026))) << list->shownText().toStdString();
  QHelpEvent asks(QEvent::ToolTip, QPoint(5, 5), list->mapToGlobal(QPoint(5, 5)));
  QCoreApplication::sendEvent(list, &asks);
  EXPECT_EQ(QToolTip::text(), "own: token-choice");
}

TEST(LabWindow, LockedPoliciesSayWhy) {
  WindowDriver driver;
  openLab(driver);
  const auto* list = driver.find<QComboBox>("labPolicy");
  const int row = list->findData(static_cast<int>(core::PolicyKind::SoftMoe));
  EXPECT_FALSE(static_cast<const QStandardItemModel*>(list->model())->item(row)->isEnabled());
  EXPECT_TRUE(list->itemData(row, Qt::ToolTipRole).toString().contains("slot vectors"));
}

TEST(LabWindow, TheTableFillsAsOneTriesAndARowGoesBack) {
  WindowDriver driver;
  openLab(driver);
  choose(driver, core::PolicyKind::TokenChoice);
  ASSERT_TRUE(waitReplay(driver, 2));
  EXPECT_EQ(driver.window().lab().tries()[1].measures.changed, 0) << "the model's own policy is the run";
  driver.find<QSpinBox>("labK")->setValue(4);
  ASSERT_TRUE(waitReplay(driver, 3));
  EXPECT_EQ(driver.bench().source().chosenAt(2, 20).size(), 4U);
  EXPECT_DOUBLE_EQ(driver.window().lab().tries()[2].measures.changed, 0.5) << "two of four are new";
  driver.find<QDoubleSpinBox>("labTemperature")->setValue(0.5);
  ASSERT_TRUE(waitReplay(driver, 4));
  auto* table = driver.find<QTableWidget>("labTable");
  emit table->cellActivated(0, 0);
  EXPECT_FALSE(driver.bench().replayIsShown());
  emit table->cellActivated(2, 0);
  ASSERT_TRUE(waitReplay(driver, 4));
  EXPECT_EQ(driver.window().lab().change()->policy.K, 4);
  EXPECT_EQ(driver.window().lab().change()->policy.temperature, 1);
}

TEST(LabWindow, ChangesAreTakenBackOneByOne) {
  WindowDriver driver;
  openLab(driver);
  choose(driver, core::PolicyKind::ExpertChoice);
  ASSERT_TRUE(waitReplay(driver, 2));
  choose(driver, core::PolicyKind::Hash);
  ASSERT_TRUE(waitReplay(driver, 3));
  driver.key(Qt::Key_Z, Qt::ControlModifier);
  ASSERT_TRUE(driver.waitUntil([&] {
    return driver.bench().trace().info().replay && driver.bench().trace().info().replay->policy == "expert-choice";
  }));
  driver.key(Qt::Key_Z, Qt::ControlModifier);
  EXPECT_FALSE(driver.bench().replayIsShown());
  EXPECT_FALSE(driver.window().lab().change());
}

TEST(LabWindow, CapacityLiesOverTheReplayAndMovesInItsRow) {
  WindowDriver driver;
  openLab(driver);
  choose(driver, core::PolicyKind::Hash);
  ASSERT_TRUE(waitReplay(driver, 2));
  const int64_t dropped = driver.window().lab().tries()[1].measures.dropped;
  driver.find<QDoubleSpinBox>("labFactor")->setValue(0.5);
  ASSERT_TRUE(driver.waitUntil([&] { return driver.window().lab().tries()[1].measures.dropped > dropped; }));
  EXPECT_EQ(driver.window().lab().tries().size(), 2U);
  EXPECT_EQ(driver.bench().trace().info().capacity.factor, 0.5);
  EXPECT_TRUE(driver.bench().replayIsShown());
}

TEST(LabWindow, SettingsThatDoNotFitAreSaidAndLeaveWhatIsShown) {
  WindowDriver driver;
  openLab(driver);
  choose(driver, core::PolicyKind::GroupedTopK);
  ASSERT_TRUE(waitReplay(driver, 2));
  driver.find<QSpinBox>("labGroups")->setValue(3);
  ASSERT_TRUE(driver.waitUntil([&] { return !driver.window().lab().problem().isEmpty(); }));
  EXPECT_TRUE(driver.find<QLabel>("labProblem")->text().contains("groups that divide"));
  EXPECT_TRUE(driver.bench().replayIsShown());
}

TEST(LabWindow, AReplayIsKeptUnderItsRunAndOpensWithTheRunBeside) {
  WindowDriver driver;
  openLab(driver);
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().runId().has_value(); }));
  const core::RunId parent = *driver.bench().runId();
  choose(driver, core::PolicyKind::ExpertChoice);
  ASSERT_TRUE(waitReplay(driver, 2));
  const std::vector<int> chosen = driver.bench().source().chosenAt(2, 20);
  driver.press("labKeep");
  auto* line = QApplication::activeModalWidget()->findChild<QLineEdit*>();
  ASSERT_TRUE(line);
  line->selectAll();
  QTest::keyClicks(line, "what experts would choose");
  QTest::keyClick(line, Qt::Key_Return);
  const auto keptRow = [&]() -> const core::RunRow* {
    for (const core::RunRow& row : driver.bench().sessions()) {
      if (row.name == "what experts would choose") return &row;
    }
    return nullptr;
  };
  ASSERT_TRUE(driver.waitUntil([&] { return keptRow() != nullptr; }));
  const core::RunRow row = *keptRow();
  ASSERT_TRUE(row.origin);
  EXPECT_EQ(row.origin->parent, parent);
  EXPECT_EQ(row.origin->kind, "replay");

  driver.bench().openRun(row.id);
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().runId() == row.id && !driver.bench().busy(); }));
  EXPECT_TRUE(driver.bench().source().isReplay());
  EXPECT_EQ(driver.bench().source().chosenAt(2, 20), chosen);
  EXPECT_FALSE(driver.bench().source().besideAt(2, 20).empty());
  EXPECT_FALSE(driver.bench().canGenerate()) << "nothing was run that could go on";
  EXPECT_FALSE(driver.bench().whyNotGenerate().isEmpty());

  // A kept replay is decided again like a run, beside what it chose, and its replay stands under it.
  ASSERT_TRUE(driver.waitUntil([&] { return driver.window().lab().tries().size() == 1; }));
  EXPECT_EQ(driver.find<QComboBox>("labPolicy")->itemText(0), "the kept replay");
  choose(driver, core::PolicyKind::TokenChoice);
  ASSERT_TRUE(waitReplay(driver, 2));
  EXPECT_EQ(driver.bench().source().chosen(), 2) << "the model's own k, not the columns of the replay";
  EXPECT_EQ(driver.bench().source().besideAt(2, 20), chosen);
  EXPECT_FALSE(driver.bench().trace().info().replay->exact);
  driver.window().lab().keep("and back");
  const auto below = [&]() -> const core::RunRow* {
    for (const core::RunRow& one : driver.bench().sessions()) {
      if (one.name == "and back") return &one;
    }
    return nullptr;
  };
  ASSERT_TRUE(driver.waitUntil([&] { return below() != nullptr; }));
  ASSERT_TRUE(below()->origin);
  EXPECT_EQ(below()->origin->parent, row.id);
  const core::RunId grandchild = below()->id;
  driver.bench().openRun(grandchild);
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().runId() == grandchild && !driver.bench().busy(); }));
  EXPECT_EQ(driver.bench().source().besideAt(2, 20), chosen) << "the replay it came from stands beside it";
}

TEST(LabWindow, AReplayFollowsARunThatGoesOn) {
  WindowDriver driver;
  openLab(driver);
  choose(driver, core::PolicyKind::Hash);
  ASSERT_TRUE(waitReplay(driver, 2));
  driver.bench().generate(3);
  ASSERT_TRUE(driver.waitUntil([&] {
    return !driver.bench().busy() && driver.bench().replayIsShown() && driver.bench().trace().length() == 63;
  }));
  EXPECT_EQ(driver.bench().trace().info().replay->policy, "hash-router");
}

void pick(WindowDriver& driver, const char* list, int row) {
  auto* box = driver.find<QComboBox>(list);
  ASSERT_FALSE(box->isHidden()) << list;
  box->setCurrentIndex(row);
  emit box->activated(row);
}

TEST(LabWindow, TheOrderOfServingAndTheWeightsOfDropsAreSetAndTakenBack) {
  WindowDriver driver;
  openLab(driver);
  choose(driver, core::PolicyKind::TokenChoice);
  ASSERT_TRUE(waitReplay(driver, 2));
  driver.find<QDoubleSpinBox>("labFactor")->setValue(0.5);
  ASSERT_TRUE(driver.waitUntil([&] { return driver.window().lab().tries()[1].measures.dropped > 0; }));
  const auto replayed = [&] { return driver.bench().trace().info().replay; };
  pick(driver, "labOrder", 3);
  ASSERT_TRUE(driver.waitUntil([&] { return replayed() && replayed()->settings == "order by_score"; }));
  EXPECT_FALSE(replayed()->causal) << "later tokens decide who is served";
  pick(driver, "labDropWeights", 2);
  ASSERT_TRUE(
      driver.waitUntil([&] { return replayed() && replayed()->settings == "order by_score, drop-weights after"; }));
  const auto sumsAreOneOrNone = [&] {
    const core::Trace& trace = driver.bench().trace();
    const core::LayerDispatch d = core::dispatchOf(trace, 2);
    for (int t = 0; t < trace.length(); ++t) {
      float sum = 0;
      bool any = false;
      const auto weights = trace.floats(core::Hook::RouterWeights, 2, t);
      for (size_t j = 0; j < weights.size(); ++j) {
        sum += weights[j];
        any = any || d.kept[static_cast<size_t>(t) * weights.size() + j] != 0;
      }
      if (std::abs(sum - (any ? 1.0F : 0.0F)) > 1e-5F) return false;
    }
    return true;
  };
  EXPECT_TRUE(sumsAreOneOrNone());
  driver.find<QDoubleSpinBox>("labFactor")->setValue(0.3);
  EXPECT_TRUE(driver.waitUntil([&] { return !driver.window().lab().busy() && sumsAreOneOrNone(); }))
      << "weights follow the capacity that lies over them";
  driver.screenshot("lab-order");
  driver.key(Qt::Key_Z, Qt::ControlModifier);
  driver.key(Qt::Key_Z, Qt::ControlModifier);
  EXPECT_TRUE(driver.waitUntil([&] { return replayed() && replayed()->settings == "order by_score"; }));
}

TEST(LabWindow, GroupsOfSequencesAreSetAndEveryInstrumentFollows) {
  WindowDriver driver;
  openLab(driver);
  EXPECT_TRUE(driver.find<QSpinBox>("labGroupSequences")->isHidden()) << "the run is one sequence";
  EXPECT_EQ(driver.find<QSpinBox>("labSequence")->text(), "the whole run");
  driver.find<QDoubleSpinBox>("labFactor")->setValue(1.0);
  driver.find<QSpinBox>("labSequence")->setValue(16);
  const auto shows = [&](const char* settings) {
    return driver.waitUntil([&] {
      const auto& replay = driver.bench().trace().info().replay;
      return !driver.window().lab().busy() && replay && replay->settings == settings;
    });
  };
  ASSERT_TRUE(shows("groups of 1 x 16 tokens"));
  EXPECT_FALSE(driver.find<QSpinBox>("labGroupSequences")->isHidden());
  driver.find<QSpinBox>("labGroupSequences")->setValue(2);
  ASSERT_TRUE(shows("groups of 2 x 16 tokens"));
  const core::LayerDispatch& d = *driver.bench().source().dispatch[2];
  EXPECT_EQ(d.group, 32);
  const int experts = driver.bench().source().experts(), k = driver.bench().source().chosen();
  EXPECT_EQ(d.capacity, (32 * k + experts - 1) / experts);
  EXPECT_FALSE(driver.bench().trace().info().replay->exact);
  const QString row = driver.find<QTableWidget>("labTable")->item(1, 0)->text();
  EXPECT_TRUE(row.contains("groups of")) << row.toStdString();
  pick(driver, "labOrder", 4);
  ASSERT_TRUE(shows("order permuted, seed 0, groups of 2 x 16 tokens"));
  driver.find<QSpinBox>("labOrderSeed")->setValue(3);
  ASSERT_TRUE(shows("order permuted, seed 3, groups of 2 x 16 tokens"));
  driver.screenshot("lab-groups");
}

TEST(LabWindow, WhatAPolicyReadsIsOfferedAndNothingElse) {
  WindowDriver driver;
  openLab(driver);
  choose(driver, core::PolicyKind::ExpertChoice);
  ASSERT_TRUE(waitReplay(driver, 2));
  EXPECT_FALSE(driver.find<QComboBox>("labRounding")->isHidden());
  EXPECT_TRUE(driver.find<QComboBox>("labWeights")->isHidden());
  choose(driver, core::PolicyKind::Hash);
  ASSERT_TRUE(waitReplay(driver, 3));
  EXPECT_TRUE(driver.find<QSpinBox>("labSeed")->isHidden()) << "the id modulo the experts has no seed";
  pick(driver, "labHash", 1);
  ASSERT_TRUE(waitReplay(driver, 4));
  EXPECT_FALSE(driver.find<QSpinBox>("labSeed")->isHidden());
  choose(driver, core::PolicyKind::TokenChoice);
  ASSERT_TRUE(waitReplay(driver, 5));
  pick(driver, "labWeights", 1);
  ASSERT_TRUE(waitReplay(driver, 6));
  EXPECT_EQ(driver.window().lab().change()->policy.weights, core::WeightForm::Renorm);
}

}  // namespace
