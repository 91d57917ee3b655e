// Questions to all stored runs.
#include <QAbstractItemModelTester>
#include <QLabel>
#include <QLineEdit>
#include <QListView>

#include "app/models/hit_model.h"
#include "app/question_text.h"
#include "flows.h"

namespace {

using test::WindowDriver;

app::ParsedQuestion parsed(const QString& text) {
  auto question = app::parseQuestion(
      text, [](const QString& word) { return word == "the" ? std::optional<int32_t>(282) : std::nullopt; });
  EXPECT_TRUE(question) << text.toStdString();
  return question ? *question : app::ParsedQuestion{};
}

TEST(QuestionText, IsReadInAnyOrderAndSaidBackInWords) {
  EXPECT_EQ(parsed("chose L3E12").words, "choices of L3E12");
  EXPECT_EQ(parsed("first l3e12 dropped").words, "first choices of L3E12 that were dropped");
  EXPECT_EQ(parsed("dropped first").words, "first choices that were dropped");
  EXPECT_EQ(parsed("chose E5").words, "choices of E05");
  EXPECT_EQ(parsed("token the").words, "where token #282 went");
  EXPECT_EQ(std::get<core::TokenQuestion>(parsed("token #17").question).id, 17);
}

TEST(QuestionText, WhatIsNoQuestionSaysWhatOneLooksLike) {
  for (const char* text : {"", "why", "chose X3", "token #x", "token nonsense"}) {
    EXPECT_FALSE(app::parseQuestion(text, {})) << text;
  }
  const auto why = app::parseQuestion("why", {});
  EXPECT_NE(why.error().message.find("chose L3E12"), std::string::npos);
}

TEST(HitModel, GroupsHitsByRunAndGrowsAtItsEnd) {
  app::HitModel model;
  const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
  const auto hit = [](int64_t run, int token) {
    app::Hit made;
    made.place.run = run;
    made.place.token = token;
    made.place.text = " the";
    made.rank = 0;
    return made;
  };
  const auto name = [](int64_t run) { return QString("run %1").arg(run); };
  model.append({hit(2, 1), hit(2, 5), hit(1, 0)}, name);
  model.append({hit(1, 7)}, name);
  EXPECT_EQ(model.rowCount(), 6);
  EXPECT_EQ(model.hits(), 4);
  EXPECT_EQ(model.index(0, 0).data().toString(), "run 2");
  EXPECT_EQ(model.at(model.index(0, 0)), nullptr);
  EXPECT_EQ(model.at(model.index(5, 0))->place.token, 7);
  model.clear();
  EXPECT_EQ(model.rowCount(), 0);
}

TEST(QuestionWindow, AnswersWithCountsContextAndAJump) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max who saw the bird near the shop.");
  driver.type("The girl saw the bird in the shop.");
  driver.press("runButton");
  ASSERT_TRUE(driver.waitIdle());
  driver.window().band().setFocus();
  const int layer = 2, token = 3;
  const int expert = driver.bench().source().chosenAt(layer, token).front();
  driver.key(Qt::Key_F, Qt::ControlModifier | Qt::ShiftModifier);
  auto* field = driver.find<QLineEdit>("questionField");
  QTest::keyClicks(field, QString("chose L%1E%2 first").arg(layer).arg(expert));
  QTest::keyClick(field, Qt::Key_Return);
  auto* list = driver.find<QListView>("questionHits");
  auto* count = driver.find<QLabel>("questionCount");
  ASSERT_TRUE(driver.waitUntil([&] { return list->model()->rowCount() > 1; })) << count->text().toStdString();
  auto* model = static_cast<app::HitModel*>(list->model());
  int64_t expected = 0;
  for (int t = 0; t < driver.bench().trace().length(); ++t) {
    const auto chosen = driver.bench().source().chosenAt(layer, t);
    expected += !chosen.empty() && chosen.front() == expert;
  }
  const auto here = driver.bench().runId();
  int64_t found = 0;
  QModelIndex jump;
  for (int row = 0; row < model->rowCount(); ++row) {
    const app::Hit* hit = model->at(model->index(row, 0));
    if (!hit) continue;
    found += hit->place.run == *here;
    if (hit->place.run == *here && hit->place.token == token) jump = model->index(row, 0);
  }
  EXPECT_EQ(found, expected);
  EXPECT_TRUE(count->text().contains(QString::number(model->hits()))) << count->text().toStdString();
  driver.screenshot("question");
  ASSERT_TRUE(jump.isValid());
  emit list->activated(jump);
  EXPECT_EQ(driver.bench().cursor().token, token);
  EXPECT_EQ(driver.bench().cursor().layer, layer);
  EXPECT_EQ(driver.bench().cursor().expert, expert);

  // Into the other run.
  for (int row = 0; row < model->rowCount(); ++row) {
    const app::Hit* hit = model->at(model->index(row, 0));
    if (!hit || hit->place.run == *here) continue;
    const int64_t run = hit->place.run;
    const int wanted = hit->place.token;
    emit list->activated(model->index(row, 0));
    ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().runId() == run && !driver.bench().busy(); }));
    EXPECT_EQ(driver.bench().cursor().token, wanted);
    break;
  }
}

TEST(QuestionWindow, SaysWhereATokenWentAndWhatWasDropped) {
  WindowDriver driver;
  test::startWithSample(driver);
  driver.key(Qt::Key_F, Qt::ControlModifier | Qt::ShiftModifier);
  driver.press("askDropped");
  auto* count = driver.find<QLabel>("questionCount");
  ASSERT_TRUE(driver.waitUntil([&] { return count->text().startsWith("first choices that were dropped:"); }))
      << count->text().toStdString();
  driver.press("askToken");
  auto* routes = driver.find<QLabel>("questionRoutes");
  ASSERT_TRUE(driver.waitUntil([&] { return routes->isVisible() && routes->text().startsWith("L0: E"); }))
      << count->text().toStdString();
  EXPECT_EQ(routes->text().count('\n'), driver.bench().source().layers() - 1);
  driver.screenshot("question-token");
  auto* field = driver.find<QLineEdit>("questionField");
  field->setText("how many");
  QTest::keyClick(field, Qt::Key_Return);
  EXPECT_TRUE(count->text().contains("chose L3E12"));
}

}  // namespace
