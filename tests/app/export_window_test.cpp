// Ranges, and everything that leaves the window: files that read back, pictures and tables on the clipboard.
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDialog>
#include <QDockWidget>
#include <QGuiApplication>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QSpinBox>
#include <QTableView>

#include "app/commands.h"
#include "core/snapshot/snapshot.h"
#include "core/store/session_store.h"
#include "flows.h"
#include "tests/support/support.h"
#include "ui/views/load_view.h"

namespace {

using test::WindowDriver;
using ui::Element;
using ui::Instrument;

ui::ElementId stripToken(int token) { return {Instrument::TokenStrip, Element::Token, token}; }

// Presses on one token and lets go over another, with Shift held.
void shiftDrag(WindowDriver& driver, int from, int to) {
  app::CanvasWidget& band = driver.window().band();
  ASSERT_TRUE(driver.waitUntil([&] { return band.placeOf(stripToken(from)) && band.placeOf(stripToken(to)); }));
  QWindow* native = driver.window().windowHandle();
  const auto at = [&](int token) { return band.mapTo(&driver.window(), band.placeOf(stripToken(token))->center()); };
  QTest::mouseMove(native, at(from));
  QTest::qWait(30);
  QTest::mousePress(native, Qt::LeftButton, Qt::ShiftModifier, at(from));
  QTest::qWait(30);
  QTest::mouseMove(native, at(to) - QPoint(1, 0));
  QTest::qWait(30);
  QTest::mouseMove(native, at(to));
  QTest::qWait(30);
  QTest::mouseRelease(native, Qt::LeftButton, Qt::ShiftModifier, at(to));
  QTest::qWait(50);
}

std::pair<int, int> rangeOf(WindowDriver& driver) {
  const ui::TokenStripOptions& strip = driver.window().instruments().options.strip;
  return {strip.rangeFirst, strip.rangeLast};
}

TEST(TokenRange, IsChosenByMouseAndKeyAndCountedByLoad) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max who liked to play in the shop.");
  shiftDrag(driver, 2, 6);
  EXPECT_EQ(rangeOf(driver), std::pair(2, 6));
  driver.screenshot("range");
  const ui::LoadView load = ui::makeLoadView(driver.bench().source(), driver.bench().cursor(),
                                             driver.window().instruments().options.load, ui::Phrases());
  EXPECT_EQ(load.tokens, 5);
  // Load goes round: whole run, up to the cursor, the range.
  const ui::ElementId word{Instrument::Load, Element::Action, -1, -1, -1, static_cast<int>(ui::Action::ChangeRange)};
  using Kind = ui::LoadRange::Kind;
  for (const Kind expected : {Kind::WholeRun, Kind::UpToCursor, Kind::Tokens}) {
    ASSERT_TRUE(driver.click(driver.window().band(), word));
    EXPECT_EQ(driver.window().instruments().options.load.kind, expected);
  }
  driver.window().band().setFocus();
  driver.key(Qt::Key_Backslash);
  EXPECT_EQ(rangeOf(driver), std::pair(-1, -1));
  driver.key(Qt::Key_Home);
  driver.key(Qt::Key_BracketLeft);
  driver.key(Qt::Key_Right);
  driver.key(Qt::Key_Right);
  driver.key(Qt::Key_BracketRight);
  EXPECT_EQ(rangeOf(driver), std::pair(0, 2));
}

// Opens the dialog, chooses the format by its ending, and exports to `file`.
void exportTo(WindowDriver& driver, const std::filesystem::path& file) {
  driver.key(Qt::Key_E, Qt::ControlModifier);
  auto* format = driver.find<QComboBox>("exportFormat");
  ASSERT_NE(format, nullptr);
  format->setCurrentIndex(format->findData(QString::fromStdString(file.extension().string())));
  driver.find<QLineEdit>("exportFile")->setText(QString::fromStdString(file.string()));
}

TEST(ExportWindow, EveryFormatIsWrittenAndReadsBackAsTheRun) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max.", 3);
  const test::ScratchFolder folder;
  const std::vector<int32_t> ids = driver.bench().trace().ids();
  for (const char* name : {"run.html", "run.json", "run.csv", "run.npz", "run.safetensors", "run.db"}) {
    const std::filesystem::path file = folder.path() / name;
    exportTo(driver, file);
    if (std::string(name) == "run.html") driver.screenshot("export");
    driver.press("exportWrite");
    ASSERT_TRUE(driver.waitUntil([&] { return driver.find<QDialog>("exportDialog") == nullptr; })) << name;
    ASSERT_TRUE(std::filesystem::exists(file)) << name;
    if (file.extension() == ".html") {
      EXPECT_NE(test::readFile(file).find("Content-Security-Policy"), std::string::npos);
    } else if (file.extension() == ".csv") {
      EXPECT_TRUE(test::readFile(file).starts_with("token,position,id,text,layer"));
    } else if (file.extension() == ".db") {
      core::StoreOptions foreign;
      foreign.foreign = true;
      const auto store = core::SessionStore::open(file, foreign);
      ASSERT_TRUE(store) << store.error().message;
      EXPECT_EQ((*store)->loadTrace(1)->ids(), ids);
    } else {
      const auto read = core::readSnapshot(file);
      ASSERT_TRUE(read) << read.error().message;
      EXPECT_EQ(read->ids(), ids);
      EXPECT_EQ(read->tokens(core::Stream::Layer, 2), driver.bench().trace().tokens(core::Stream::Layer, 2));
    }
  }
}

TEST(ExportWindow, ARangeOfTokensAndLayersIsExportedAlone) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max.", 3);
  const test::ScratchFolder folder;
  const core::Trace& trace = driver.bench().trace();
  driver.key(Qt::Key_Home);
  driver.key(Qt::Key_Right);
  driver.key(Qt::Key_BracketLeft);
  driver.key(Qt::Key_Right);
  driver.key(Qt::Key_Right);
  driver.key(Qt::Key_BracketRight);
  exportTo(driver, folder.path() / "part.json");
  EXPECT_EQ(driver.find<QSpinBox>("exportFirstToken")->value(), 1) << "the range of the strip is offered";
  EXPECT_EQ(driver.find<QSpinBox>("exportLastToken")->value(), 3);
  driver.find<QSpinBox>("exportFirstLayer")->setValue(2);
  driver.find<QSpinBox>("exportLastLayer")->setValue(2);
  driver.press("exportWrite");
  ASSERT_TRUE(driver.waitUntil([&] { return driver.find<QDialog>("exportDialog") == nullptr; }));
  const auto part = core::readSnapshot(folder.path() / "part.json");
  ASSERT_TRUE(part) << part.error().message;
  EXPECT_EQ(part->length(), 3);
  EXPECT_EQ(part->ids()[0], trace.ids()[1]);
  EXPECT_FALSE(part->has(core::Hook::RouterIds, 1));
  const auto a = part->floats(core::Hook::RouterScores, 2, 0), b = trace.floats(core::Hook::RouterScores, 2, 1);
  EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end()));
}

TEST(ExportWindow, TheCursorAloneAndWithoutThePrompt) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max.", 3);
  const test::ScratchFolder folder;
  exportTo(driver, folder.path() / "cursor.csv");
  driver.find<QComboBox>("exportScope")->setCurrentIndex(2);
  auto* prompt = driver.find<QCheckBox>("exportPrompt");
  ASSERT_TRUE(prompt->isChecked());
  prompt->click();
  driver.press("exportWrite");
  ASSERT_TRUE(driver.waitUntil([&] { return driver.find<QDialog>("exportDialog") == nullptr; }));
  const std::string rows = test::readFile(folder.path() / "cursor.csv");
  EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 1 + driver.bench().source().chosen());
  EXPECT_EQ(rows.find("Max"), std::string::npos);
  // A page needs its tokens: the choice is locked, with the reason.
  exportTo(driver, folder.path() / "page.html");
  EXPECT_FALSE(driver.find<QCheckBox>("exportPrompt")->isEnabled());
  EXPECT_TRUE(driver.find<QLabel>("exportPromptNote")->text().contains("nothing without"));
  driver.find<QLineEdit>("exportFile")->setText("/nowhere/at/all.html");
  driver.press("exportWrite");
  auto* message = driver.find<QLabel>("exportMessage");
  ASSERT_TRUE(driver.waitUntil([&] { return message->text().contains("/nowhere/at"); }))
      << message->text().toStdString();
  driver.find<QDialog>("exportDialog")->close();
}

TEST(Clipboard, HoldsThePictureAndTheTableOfTheInstrumentThatWasUsed) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max.");
  ASSERT_TRUE(driver.click(driver.window().band(), stripToken(1)));
  driver.window().band().setFocus();
  driver.key(Qt::Key_C, Qt::ControlModifier);
  const QStringList lines = QGuiApplication::clipboard()->text().split('\n', Qt::SkipEmptyParts);
  ASSERT_EQ(lines.size(), 1 + driver.bench().trace().length());
  EXPECT_TRUE(lines[0].startsWith("token\ttext"));
  EXPECT_EQ(lines[1].count('\t'), lines[0].count('\t'));
  driver.key(Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
  const QImage picture = QGuiApplication::clipboard()->image();
  ASSERT_FALSE(picture.isNull());
  EXPECT_EQ(picture.size(), QSize(2400, 1440));
  EXPECT_NE(picture.pixelColor(300, 20), picture.pixelColor(300, 720)) << "something is drawn";
}

TEST(InspectorWindow, CopiesEveryNumberWithWhatItsHookHoldsAndShowsAsManyColumnsAsFit) {
  WindowDriver driver;
  test::startWithSample(driver);
  driver.key(Qt::Key_Escape);  // the hints go, the inspector stands there
  driver.press("inspectorCopy");
  const QStringList lines = QGuiApplication::clipboard()->text().split('\n', Qt::SkipEmptyParts);
  ASSERT_GT(lines.size(), 20) << "routing, dispatch, ledger, prediction and load of the cursor";
  EXPECT_EQ(lines[0], "Quantity\tValue\tUnit\tHook\tShape\tMeaning\tFormula");
  for (const QString& line : lines) EXPECT_EQ(line.count('\t'), 6) << line.toStdString();
  EXPECT_TRUE(lines[1].startsWith("raw logit\t"));
  EXPECT_TRUE(lines[1].contains("\trouter.logits\t(59, 16)\t")) << lines[1].toStdString();

  auto* dock = driver.find<QDockWidget>("inspectorDock");
  auto* table = driver.find<QTableView>("inspectorTable");
  const auto shown = [&] {
    int columns = 0;
    for (int i = 0; i < table->model()->columnCount(); ++i) columns += !table->isColumnHidden(i);
    return columns;
  };
  dock->setFloating(true);
  dock->resize(270, 300);
  ASSERT_TRUE(driver.waitUntil([&] { return shown() == 3 || shown() == 2; }, 3000)) << shown() << " columns";
  dock->resize(1600, 300);
  ASSERT_TRUE(driver.waitUntil([&] { return shown() == table->model()->columnCount(); }, 3000)) << shown();
}

TEST(InspectorWindow, SaysWhyItIsEmpty) {
  WindowDriver driver;
  driver.open();
  auto* empty = driver.find<QLabel>("inspectorEmpty");
  EXPECT_TRUE(empty->isVisible());
  EXPECT_TRUE(empty->text().startsWith("Nothing is open yet.")) << empty->text().toStdString();
  test::runText(driver, "There was a boy named Max.");
  EXPECT_FALSE(driver.find<QLabel>("inspectorEmpty")->isVisible());
}

TEST(PictureWindow, AnyInstrumentBecomesASharpPictureWithRealText) {
  WindowDriver driver;
  test::runText(driver, "There was a boy named Max.");
  const test::ScratchFolder folder;
  const std::filesystem::path file = folder.path() / "load.svg";
  driver.key(Qt::Key_E, Qt::ControlModifier | Qt::ShiftModifier);
  auto* instrument = driver.find<QComboBox>("pictureInstrument");
  ASSERT_NE(instrument, nullptr);
  instrument->setCurrentIndex(instrument->findData(static_cast<int>(Instrument::LoadByLayer)));
  driver.find<QLineEdit>("pictureFile")->setText(QString::fromStdString(file.string()));
  driver.press("pictureSave");
  const std::string svg = test::readFile(file);
  EXPECT_TRUE(svg.find("<svg") != std::string::npos && svg.find("MaxVio") != std::string::npos);
  EXPECT_NE(svg.find("seed-7m"), std::string::npos) << "where the numbers come from";
  EXPECT_NE(svg.find("a boy named Max"), std::string::npos);
  driver.key(Qt::Key_E, Qt::ControlModifier | Qt::ShiftModifier);
  instrument = driver.find<QComboBox>("pictureInstrument");
  instrument->setCurrentIndex(instrument->findData(static_cast<int>(Instrument::LoadByLayer)));
  driver.find<QLineEdit>("pictureFile")->setText(QString::fromStdString(file.string()));
  driver.find<QCheckBox>("picturePrompt")->setChecked(false);
  driver.press("pictureSave");
  EXPECT_EQ(test::readFile(file).find("a boy named Max"), std::string::npos) << "left out when asked";
}

}  // namespace
