// The panel that says where the time of a run went.
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QAction>
#include <QClipboard>
#include <QDockWidget>
#include <QGuiApplication>
#include <QLabel>
#include <QTableView>

#include "app/docks/profile_dock.h"
#include "app/models/profile_model.h"
#include "flows.h"

namespace {

using test::runText;
using test::WindowDriver;

void runAgain(WindowDriver& driver, const QString& prompt) {
  driver.type(prompt);
  driver.key(Qt::Key_Escape);
  driver.press("runButton");
  ASSERT_TRUE(driver.waitIdle());
}

TEST(ProfileWindow, RunsAreMeasuredWhileThePanelIsOpenAndNoOthers) {
  WindowDriver driver;
  runText(driver, "Once upon a time");
  EXPECT_FALSE(driver.bench().profile()) << "nobody asked";
  auto* dock = driver.find<app::ProfileDock>("profileDock");
  dock->toggleViewAction()->trigger();
  EXPECT_TRUE(driver.find<QLabel>("profileEmpty")->isVisible()) << "it says what to do";
  EXPECT_EQ(dock->model().rowCount(), 0);
  runAgain(driver, "Once upon a time there was");
  ASSERT_TRUE(driver.bench().profile());
  auto* table = driver.find<QTableView>("profileTable");
  EXPECT_TRUE(table->isVisible());
  double shares = 0;
  bool experts = false;
  for (int row = 0; row < dock->model().rowCount(); ++row) {
    shares += dock->model().index(row, 1).data(app::ProfileModel::kShareRole).toDouble();
    experts = experts || dock->model().index(row, 0).data().toString() == "routed experts";
  }
  EXPECT_NEAR(shares, 1, 1e-6);
  EXPECT_TRUE(experts);
  const double before = driver.bench().profile()->seconds;
  driver.screenshot("profile");
  driver.press("profileCopy");
  EXPECT_TRUE(QGuiApplication::clipboard()->text().startsWith("op\tshare\tseconds\tcalls\n"));
  EXPECT_EQ(QGuiApplication::clipboard()->text().count('\n'), dock->model().rowCount() + 1);

  driver.bench().generate(2);
  ASSERT_TRUE(driver.waitIdle());
  EXPECT_GT(driver.bench().profile()->seconds, before) << "what is added is measured with it";

  dock->toggleViewAction()->trigger();
  runAgain(driver, "The end");
  EXPECT_FALSE(driver.bench().profile());
  EXPECT_EQ(dock->model().rowCount(), 0) << "the figures of another run are no figures of this one";
}

TEST(ProfileModel, KeepsTheRulesOfItemModelsAndPutsTheLongestFirst) {
  app::ProfileModel model;
  const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
  core::Profile profile;
  profile.add("attention", 0.25, 2);
  profile.add("routed experts", 0.5, 4);
  profile.seconds = 1;
  model.setProfile(profile);
  ASSERT_EQ(model.rowCount(), 3);
  EXPECT_EQ(model.index(0, app::ProfileModel::Op).data().toString(), "routed experts");
  EXPECT_EQ(model.index(0, app::ProfileModel::Share).data().toString(), "50.0 %");
  EXPECT_EQ(model.index(0, app::ProfileModel::Time).data().toString(), "500.000 ms");
  EXPECT_EQ(model.index(0, app::ProfileModel::Calls).data().toString(), "4");
  EXPECT_EQ(model.toTsv().section('\n', 1, 1), "routed experts\t0.5\t0.5\t4");
  model.setProfile({});
  EXPECT_EQ(model.rowCount(), 0);
}

}  // namespace
