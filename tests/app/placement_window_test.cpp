// The two instruments of the lab that count: experts on several devices, and every measure of a layer's routing.
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QSpinBox>
#include <QTabBar>
#include <algorithm>

#include "app/docks/instrument_dock.h"
#include "core/trace/routing_measures.h"
#include "flows.h"

namespace {

using test::startWithSample;
using test::WindowDriver;
using ui::Instrument;

using Rows = std::vector<std::vector<std::string>>;

// The row of a table whose first cell is `name`; empty: there is none.
std::vector<std::string> rowNamed(const app::CanvasWidget& canvas, Instrument instrument, const std::string& name) {
  for (const std::vector<std::string>& row : canvas.table(instrument).rows) {
    if (!row.empty() && row[0] == name) return row;
  }
  return {};
}

app::CanvasWidget* openPlacement(WindowDriver& driver) {
  startWithSample(driver);
  driver.key(Qt::Key_P, Qt::ControlModifier | Qt::ShiftModifier);
  return driver.find<app::CanvasWidget>("placementCanvas");
}

bool says(WindowDriver& driver, const app::CanvasWidget& canvas, const std::string& text) {
  return driver.waitUntil([&] { return canvas.scene().sentence.find(text) != std::string::npos; }, 5000);
}

// Choices with a slot of the experts from `first` on, in the layer at the cursor.
int64_t keptOf(const ui::ViewSource& source, int layer, int first, int last) {
  int64_t kept = 0;
  for (int token = 0; token < source.trace.tokens(core::Hook::RouterIds, layer); ++token) {
    const auto ids = source.trace.ints(core::Hook::RouterIds, layer, token);
    for (size_t rank = 0; rank < ids.size(); ++rank) {
      kept += ids[rank] >= first && ids[rank] <= last && source.keptAt(layer, token, static_cast<int>(rank)) != 0;
    }
  }
  return kept;
}

void pickRule(WindowDriver& driver, int row) {
  auto* rule = driver.find<QComboBox>("placementRule");
  rule->setCurrentIndex(row);
  emit rule->activated(row);
}

TEST(PlacementWindow, ExpertsStandOnDevicesAndEveryNumberBesideAnEvenRouter) {
  WindowDriver driver;
  app::CanvasWidget* canvas = openPlacement(driver);
  ASSERT_TRUE(canvas->isVisible());
  EXPECT_TRUE(driver.find<QComboBox>("placementRule")->hasFocus());
  ASSERT_TRUE(says(driver, *canvas, "of 4 devices"));
  driver.find<QSpinBox>("placementDevices")->setValue(2);
  ASSERT_TRUE(says(driver, *canvas, "of 2 devices"));
  const ui::ViewSource& source = driver.bench().source();
  const int layer = driver.bench().cursor().layer, half = source.experts() / 2;
  const auto first = rowNamed(*canvas, Instrument::Placement, "D0");
  const auto second = rowNamed(*canvas, Instrument::Placement, "D1");
  ASSERT_GT(first.size(), 1U);
  ASSERT_GT(second.size(), 1U);
  const auto has = [](const std::vector<std::string>& row, int64_t number) {
    return std::find(row.begin(), row.end(), std::to_string(number)) != row.end();
  };
  EXPECT_TRUE(has(first, keptOf(source, layer, 0, half - 1)));
  EXPECT_TRUE(has(second, keptOf(source, layer, half, source.experts() - 1)));

  const ui::Phrases say;
  EXPECT_TRUE(rowNamed(*canvas, Instrument::Placement, say(ui::Say::DeviceDrops)).empty());
  driver.find<QCheckBox>("placementLimited")->setChecked(true);
  ASSERT_TRUE(driver.waitUntil(
      [&] { return !rowNamed(*canvas, Instrument::Placement, say(ui::Say::DeviceDrops)).empty(); }, 5000));
  EXPECT_TRUE(driver.find<QLabel>("placementFormulas")->text().contains("nothing is measured"));
  driver.screenshot("placement");

  // Another layer, another run of numbers: the picture follows the cursor.
  const std::string before = canvas->scene().sentence;
  driver.bench().moveTo({20, layer == 0 ? 1 : 0, 0, {}});
  EXPECT_TRUE(driver.waitUntil([&] { return canvas->scene().sentence != before; }, 5000));
}

TEST(PlacementWindow, AFileSaysWhereExpertsAreAndABadOneSaysWhatIsWrong) {
  WindowDriver driver;
  app::CanvasWidget* canvas = openPlacement(driver);
  QTemporaryDir folder;
  const auto write = [&](const QString& name, const QByteArray& text) {
    QFile file(folder.filePath(name));
    EXPECT_TRUE(file.open(QIODevice::WriteOnly));
    EXPECT_EQ(file.write(text), text.size());
    return file.fileName();
  };
  const int experts = driver.bench().source().experts();
  QByteArray numbers;
  for (int e = 0; e < experts; ++e) numbers += e == 0 ? "2 " : QByteArray::number(e % 2) + ' ';
  pickRule(driver, 3);
  auto* field = driver.find<QLineEdit>("placementFile");
  ASSERT_TRUE(field->isVisible());
  EXPECT_TRUE(field->hasFocus());
  auto* problem = driver.find<QLabel>("placementProblem");
  const auto read = [&](const QString& path) {
    field->setText(path);
    QTest::keyClick(field, Qt::Key_Return);
  };
  read(write("short.txt", "0 1"));
  ASSERT_TRUE(driver.waitUntil([&] { return problem->isVisible(); }, 5000));
  EXPECT_TRUE(problem->text().contains("short.txt")) << problem->text().toStdString();
  EXPECT_TRUE(says(driver, *canvas, "of 4 devices")) << "what was there stays";
  read(write("mine.txt", numbers));
  ASSERT_TRUE(says(driver, *canvas, "of 3 devices"));
  EXPECT_FALSE(problem->isVisible());
  EXPECT_EQ(driver.find<QSpinBox>("placementDevices")->value(), 3);
  EXPECT_FALSE(driver.find<QSpinBox>("placementDevices")->isEnabled()) << "the file says how many";
  read(folder.filePath("nowhere.txt"));
  ASSERT_TRUE(driver.waitUntil([&] { return problem->isVisible(); }, 5000));
  pickRule(driver, 1);
  EXPECT_FALSE(problem->isVisible());
  EXPECT_TRUE(driver.waitUntil([&] { return !field->isVisible(); }, 5000));
  EXPECT_TRUE(driver.find<QSpinBox>("placementDevices")->isEnabled());
}

TEST(MeasuresWindow, EveryMeasureStandsBesideChanceAndFollowsTheLayer) {
  WindowDriver driver;
  startWithSample(driver);
  driver.key(Qt::Key_M, Qt::ControlModifier | Qt::ShiftModifier);
  auto* canvas = driver.find<app::CanvasWidget>("measuresCanvas");
  ASSERT_TRUE(canvas->isVisible());
  EXPECT_TRUE(canvas->hasFocus());
  ASSERT_TRUE(says(driver, *canvas, "MaxVio"));
  const ui::Phrases say;
  const auto maxVio = [&] { return rowNamed(*canvas, Instrument::Measures, say(ui::Say::MMaxViolation)); };
  const auto rows = canvas->table(Instrument::Measures).rows;
  EXPECT_EQ(rows.size(), static_cast<size_t>(core::kMeasures)) << "the sample has a capacity";
  const ui::ViewSource& source = driver.bench().source();
  const auto violation = [&] {
    const int layer = driver.bench().cursor().layer;
    int64_t most = 0, all = 0;
    for (int e = 0; e < source.experts(); ++e) {
      int64_t load = 0;
      for (int token = 0; token < source.trace.tokens(core::Hook::RouterIds, layer); ++token) {
        const auto ids = source.trace.ints(core::Hook::RouterIds, layer, token);
        load += std::count(ids.begin(), ids.end(), e);
      }
      most = std::max(most, load);
      all += load;
    }
    return static_cast<double>(most) * source.experts() / static_cast<double>(all) - 1;
  };
  ASSERT_GT(maxVio().size(), 2U);
  EXPECT_NEAR(std::stod(maxVio()[1]), violation(), 6e-4);
  driver.screenshot("measures");
  driver.key(Qt::Key_Down);
  EXPECT_TRUE(driver.waitUntil([&] { return std::abs(std::stod(maxVio()[1]) - violation()) < 6e-4; }, 5000));
}

TEST(MeasuresWindow, BothInstrumentsStandInWindowsOfTheirOwn) {
  WindowDriver driver;
  startWithSample(driver);
  for (const auto& [instrument, name] :
       {std::pair(Instrument::Placement, "placement"), std::pair(Instrument::Measures, "measures")}) {
    driver.window().tearOut(instrument);
    auto* dock = driver.find<app::InstrumentDock>(QStringLiteral("instrument-") + name);
    ASSERT_NE(dock, nullptr);
    EXPECT_TRUE(driver.waitUntil([&] { return !dock->canvas().scene().sentence.empty(); }, 5000));
    dock->hide();
  }
}

}  // namespace
