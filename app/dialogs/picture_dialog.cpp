#include "app/dialogs/picture_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QStandardPaths>
#include <algorithm>

#include "app/html/run_facts.h"
#include "app/instruments.h"
#include "app/picture_file.h"
#include "app/qt_text_shaper.h"
#include "core/snapshot/provenance.h"
#include "core/trace/run_info_json.h"

namespace app {
namespace {

using enum ui::Instrument;
constexpr ui::Instrument kPictured[] = {TokenStrip,      StageRail,     Router,    Dispatch,         Load,
                                        LayersExperts,   TokensExperts, Ledger,    LedgerOverLayers, LoadByLayer,
                                        DropsByPosition, Prediction,    Inspector, Compare,          Placement,
                                        Measures,        Coactivation};

QSpinBox* sizeBox(const QString& name, const QString& words, int value, int least) {
  auto* box = new QSpinBox;
  box->setObjectName(name);
  box->setAccessibleName(words);
  box->setRange(least, 8000);
  box->setValue(value);
  box->setButtonSymbols(QAbstractSpinBox::NoButtons);
  return box;
}

}  // namespace

QString instrumentTitle(ui::Instrument instrument) {
  switch (instrument) {
    case TokenStrip:
      return PictureDialog::tr("Tokens");
    case StageRail:
      return PictureDialog::tr("Stages");
    case Router:
      return PictureDialog::tr("Router");
    case Dispatch:
      return PictureDialog::tr("Dispatch");
    case Load:
      return PictureDialog::tr("Load");
    case LayersExperts:
      return PictureDialog::tr("Layers \u00D7 experts");
    case TokensExperts:
      return PictureDialog::tr("Tokens \u00D7 experts");
    case Ledger:
      return PictureDialog::tr("Ledger");
    case LedgerOverLayers:
      return PictureDialog::tr("Ledger over layers");
    case LoadByLayer:
      return PictureDialog::tr("Load by layer");
    case DropsByPosition:
      return PictureDialog::tr("Drops by position");
    case Prediction:
      return PictureDialog::tr("Prediction");
    case Inspector:
      return PictureDialog::tr("Inspector");
    case Compare:
      return PictureDialog::tr("Compare");
    case Placement:
      return PictureDialog::tr("Placement");
    case Measures:
      return PictureDialog::tr("Measures");
    case Coactivation:
      return PictureDialog::tr("Co-activation");
    case Lab:
      return PictureDialog::tr("Routing lab");
    case None:
    case Count:
      break;
  }
  return {};
}

PictureDialog::PictureDialog(Workbench& workbench, const Instruments& instruments, QtTextShaper& shaper,
                             ui::Instrument instrument, QWidget* parent)
    : QDialog(parent), m_workbench(workbench), m_instruments(instruments), m_shaper(shaper) {
  setObjectName("pictureDialog");
  setWindowTitle(tr("Save picture"));
  setAttribute(Qt::WA_DeleteOnClose);
  auto* form = new QFormLayout(this);
  form->setContentsMargins(16, 16, 16, 16);
  m_instrument = new QComboBox;
  m_instrument->setObjectName("pictureInstrument");
  m_instrument->setAccessibleName(tr("Instrument"));
  for (const ui::Instrument each : kPictured) m_instrument->addItem(instrumentTitle(each), static_cast<int>(each));
  m_instrument->setCurrentIndex(std::max(0, m_instrument->findData(static_cast<int>(instrument))));
  form->addRow(tr("Instrument"), m_instrument);
  m_width = sizeBox("pictureWidth", tr("Width"), 1200, 200);
  m_height = sizeBox("pictureHeight", tr("Height"), 720, 120);
  auto* size = new QHBoxLayout;
  size->addWidget(m_width);
  size->addWidget(new QLabel(QStringLiteral("\u00D7")));
  size->addWidget(m_height);
  form->addRow(tr("Size"), size);
  m_scale = new QDoubleSpinBox;
  m_scale->setObjectName("pictureScale");
  m_scale->setAccessibleName(tr("Scale"));
  m_scale->setRange(1, 3);
  m_scale->setSingleStep(0.5);
  m_scale->setValue(2);
  m_scale->setToolTip(tr("Pixels of a PNG for each of these"));
  form->addRow(tr("Scale"), m_scale);
  m_file = new QLineEdit(
      QDir(QStandardPaths::writableLocation(QStandardPaths::PicturesLocation)).filePath("expertscope.svg"));
  m_file->setObjectName("pictureFile");
  m_file->setAccessibleName(tr("File"));
  form->addRow(tr("File, .svg or .png"), m_file);
  m_prompt = new QCheckBox(tr("Include the prompt\u2019s text in the title and in what the file records"));
  m_prompt->setObjectName("picturePrompt");
  m_prompt->setToolTip(tr("Texts of tokens that the instrument itself draws stay in the picture"));
  m_prompt->setChecked(true);
  form->addRow(m_prompt);
  m_message = new QLabel;
  m_message->setObjectName("pictureMessage");
  m_message->setProperty("role", "problem");
  m_message->setWordWrap(true);
  form->addRow(m_message);
  auto* save = new QPushButton(tr("Save"));
  save->setObjectName("pictureSave");
  save->setDefault(true);
  auto* row = new QHBoxLayout;
  row->addStretch(1);
  row->addWidget(save);
  form->addRow(row);
  setMinimumWidth(460);
  connect(save, &QPushButton::clicked, this, &PictureDialog::write);
}

void PictureDialog::write() {
  const auto instrument = static_cast<ui::Instrument>(m_instrument->currentData().toInt());
  const ui::Size size{static_cast<float>(m_width->value()), static_cast<float>(m_height->value())};
  const core::Trace& trace = m_workbench.trace();
  core::SnapshotOptions recorded;
  recorded.withPrompt = m_prompt->isChecked();
  const PictureWords words{recorded.withPrompt ? runTitle(trace) : trace.info().modelName, provenanceLine(trace),
                           core::jsonText(core::provenance(trace, recorded))};
  const ui::Scene scene =
      m_instruments.scene(instrument, {size.width, std::max(1.0f, size.height - kPictureFrame)}, false);
  const ui::Theme& theme = m_instruments.theme();
  const core::Status written =
      writePicture(framePicture(scene, words.title, words.provenance, size, theme, m_shaper), words, m_scale->value(),
                   theme, m_shaper, m_file->text().trimmed().toStdString());
  if (!written) {
    m_message->setText(QString::fromStdString(written.error().message));
    return;
  }
  emit m_workbench.noted(tr("Saved %1").arg(m_file->text()));
  accept();
}

}  // namespace app
