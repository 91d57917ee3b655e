// Out of the window: files, and the clipboard.
#include <QApplication>
#include <QClipboard>
#include <QImage>

#include "app/canvas_widget.h"
#include "app/dialogs/export_dialog.h"
#include "app/dialogs/picture_dialog.h"
#include "app/docks/compare_dock.h"
#include "app/html/run_facts.h"
#include "app/main_window.h"
#include "app/picture_file.h"
#include "app/qt_text_shaper.h"
#include "ui/scene/canvas.h"

namespace app {
namespace {

constexpr ui::Size kCopied{1200, 720};
constexpr float kCopiedScale = 2;

// A cell holds no tab and no line end.
QString cell(const std::string& text) {
  QString clean = QString::fromStdString(text);
  for (const char sign : {'\t', '\n', '\r'}) clean.replace(sign, ' ');
  return clean;
}

QString tsvLine(const std::vector<std::string>& cells) {
  QStringList line;
  for (const std::string& each : cells) line << cell(each);
  return line.join('\t') + '\n';
}

}  // namespace

void MainWindow::exportRun() {
  if (m_workbench->trace().empty()) return;
  const ui::TokenStripOptions& strip = m_instruments->options.strip;
  (new ExportDialog(*m_workbench, strip.rangeFirst, strip.rangeLast, this))->open();
}

void MainWindow::savePicture() {
  if (m_workbench->trace().empty()) return;
  (new PictureDialog(*m_workbench, *m_instruments, *m_shaper, chosenInstrument(), this))->open();
}

// The instrument that was used last; the router, which answers the first question, before any was.
ui::Instrument MainWindow::chosenInstrument() const {
  if (m_compare->canvas().isVisible() && !m_compare->isFloating()) return ui::Instrument::Compare;
  const ui::Instrument focus = m_instruments->options.focus;
  return focus == ui::Instrument::None ? ui::Instrument::Router : focus;
}

void MainWindow::copyPicture() {
  if (m_workbench->trace().empty()) return;
  const ui::Instrument instrument = chosenInstrument();
  const core::Trace& trace = m_workbench->trace();
  const ui::Theme& theme = m_instruments->theme();
  const ui::Scene scene = m_instruments->scene(instrument, {kCopied.width, kCopied.height - kPictureFrame}, false);
  const ui::Scene page = framePicture(scene, runTitle(trace), provenanceLine(trace), kCopied, theme, *m_shaper);
  const ui::Image image = ui::paintImage(page, *m_shaper, kCopiedScale, theme.bg1);
  const QImage picture(reinterpret_cast<const uchar*>(image.pixels.data()), image.width, image.height,
                       static_cast<qsizetype>(image.width) * 4, QImage::Format_RGB32);
  QApplication::clipboard()->setImage(picture.copy());
  emit m_workbench->noted(tr("Copied a picture of %1.").arg(instrumentTitle(instrument)));
}

void MainWindow::copyTable() {
  if (m_workbench->trace().empty()) return;
  const ui::Instrument instrument = chosenInstrument();
  const ui::AccessibleTable table = m_instruments->table(instrument);
  if (table.columns.empty()) {
    emit m_workbench->noted(tr("%1 shows no table.").arg(instrumentTitle(instrument)));
    return;
  }
  QString text = tsvLine(table.columns);
  for (const std::vector<std::string>& row : table.rows) text += tsvLine(row);
  QApplication::clipboard()->setText(text);
  emit m_workbench->noted(
      tr("Copied the table of %1, %2 rows.").arg(instrumentTitle(instrument)).arg(table.rows.size()));
}

}  // namespace app
