#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QSignalSpy>

#include "app/models/inspector_model.h"
#include "app/models/session_model.h"

namespace {

using app::InspectorModel;
using app::SessionModel;

core::RunRow makeRun(core::RunId id, const std::string& prompt, int tokens = 60) {
  core::RunRow row;
  row.id = id;
  row.model = "seed-7m";
  row.prompt = prompt;
  row.tokens = tokens;
  row.state = core::RunState::Complete;
  return row;
}

std::string print(const QAbstractItemModel& model) {
  std::string text;
  for (int row = 0; row < model.rowCount(); ++row) {
    for (int column = 0; column < model.columnCount(); ++column) {
      if (column > 0) text += " | ";
      text += model.index(row, column).data().toString().toStdString();
    }
    text += '\n';
  }
  return text;
}

TEST(SessionModel, ListsRunsByPromptAndKeepsRowsWhenOneIsAdded) {
  SessionModel model;
  const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
  model.setRows({makeRun(1, "one"), makeRun(0, "zero")});
  EXPECT_EQ(print(model), "one\nzero\n");
  const QPersistentModelIndex zero = model.indexOf(0);
  const QSignalSpy resets(&model, &SessionModel::modelReset);
  model.setRows({makeRun(2, "two"), makeRun(1, "one"), makeRun(0, "zero")});
  EXPECT_EQ(print(model), "two\none\nzero\n");
  EXPECT_EQ(zero.row(), 2);
  EXPECT_EQ(resets.count(), 0);
  model.setRows({makeRun(1, "one")});
  EXPECT_EQ(print(model), "one\n");
  model.setRows({});
  EXPECT_EQ(model.rowCount(), 0);
}

TEST(SessionModel, SaysHowARunEndedAndWhatItDropped) {
  core::RunRow row = makeRun(7, "", 4096);
  EXPECT_EQ(app::sessionTitle(row), "Run 7");
  EXPECT_EQ(app::sessionDetail(row), "seed-7m");
  EXPECT_EQ(app::sessionCount(row), "4,096");
  row.dropped = 14;
  row.state = core::RunState::Interrupted;
  row.name = "Max in the shop";
  row.tags = {"class", "drops"};
  row.prompt = "There was  a boy";
  EXPECT_EQ(app::sessionTitle(row), "Max in the shop");
  EXPECT_EQ(app::sessionCount(row), QString::fromUtf8("4,096 \u00B7 14 dropped"));
  EXPECT_EQ(app::sessionDetail(row),
            QString::fromUtf8("#class \u00B7 #drops \u00B7 interrupted \u00B7 There was a boy \u00B7 seed-7m"));
}

TEST(SessionModel, PutsBranchesBelowTheirParents) {
  SessionModel model;
  const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
  core::RunRow branch = makeRun(3, "branch"), twig = makeRun(4, "twig"), orphan = makeRun(5, "orphan");
  branch.origin = core::RunOrigin{1, 4, "branch"};
  twig.origin = core::RunOrigin{3, 6, "branch"};
  orphan.origin = core::RunOrigin{99, 6, "branch"};
  model.setRows({orphan, twig, branch, makeRun(2, "other"), makeRun(1, "parent")});
  EXPECT_EQ(print(model), "orphan\nother\nparent\nbranch\ntwig\n");
  EXPECT_EQ(model.indexOf(4).data(SessionModel::DepthRole).toInt(), 2);
  EXPECT_EQ(model.indexOf(5).data(SessionModel::DepthRole).toInt(), 0);
}

TEST(SessionModel, TitlesAreOneLineAndNotEndless) {
  const core::RunRow row = makeRun(1, "a\nb\t" + std::string(500, 'x'));
  const QString title = app::sessionTitle(row);
  EXPECT_TRUE(title.startsWith("a b xxx"));
  EXPECT_LE(title.size(), 121);
}

TEST(InspectorModel, ChangesValuesInPlaceAndHasAColumnForEachFactOfTheHook) {
  InspectorModel model;
  const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
  const ui::InspectorRow score{"score", "0.1240", "0.12398", "", "router.scores", "(60, 16)", "A share.", "softmax(l)"};
  model.setRows({score});
  const QSignalSpy resets(&model, &InspectorModel::modelReset);
  ui::InspectorRow other = score;
  other.value = "0.2030";
  model.setRows({other});
  EXPECT_EQ(resets.count(), 0);
  EXPECT_EQ(print(model), "score | 0.2030 |  | router.scores | (60, 16) | softmax(l) | A share.\n");
  const QString tip = model.index(0, InspectorModel::Value).data(Qt::ToolTipRole).toString();
  for (const char* fact : {"A share.", "softmax(l)", "router.scores", "(60, 16)"}) {
    EXPECT_TRUE(tip.contains(fact)) << fact << " is not in: " << tip.toStdString();
  }
  model.setRows({});
  EXPECT_EQ(resets.count(), 1);
}

}  // namespace
