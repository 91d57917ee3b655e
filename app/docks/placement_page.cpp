#include "app/docks/placement_page.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QSpinBox>
#include <QUndoStack>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "app/canvas_widget.h"
#include "app/docks/lab_parts.h"
#include "app/engine_thread.h"
#include "app/instruments.h"
#include "app/workbench.h"

namespace app {
namespace {

constexpr int kLeftWidth = 330;
constexpr int kFromFile = -1;  // data of the last rule
constexpr int kMostWidth = 1 << 20;

QSpinBox* wholeBox(const QString& name, const QString& words, int least, int most) {
  auto* box = new QSpinBox;
  box->setObjectName(name);
  box->setAccessibleName(words);
  box->setRange(least, most);
  box->setKeyboardTracking(false);
  box->setButtonSymbols(QAbstractSpinBox::NoButtons);
  return box;
}

// Which of the numbers differs: 1 devices, 2 width, 3 factor, as bits; 0: none of them, another thing does.
int numberTurned(const ui::PlacementChoice& a, const ui::PlacementChoice& b) {
  if (a.kind != b.kind || a.map.has_value() != b.map.has_value() || a.fileName != b.fileName ||
      a.bytesAValue != b.bytesAValue || a.factor.has_value() != b.factor.has_value()) {
    return 0;
  }
  return (a.devices != b.devices ? 1 : 0) | (a.width != b.width ? 2 : 0) | (a.factor != b.factor ? 4 : 0);
}

}  // namespace

// One number turned on and on is one step back.
class PlacementChange : public QUndoCommand {
 public:
  PlacementChange(PlacementPage& page, const PlacementPage::Asked& to)
      : QUndoCommand(PlacementPage::tr("change the placement")), m_page(page), m_before(page.m_asked), m_after(to) {}

  int id() const override { return 4; }
  bool mergeWith(const QUndoCommand* next) override {
    const auto& other = static_cast<const PlacementChange&>(*next);
    const int turned = numberTurned(m_before.choice, m_after.choice);
    if (turned == 0 || turned != numberTurned(m_after.choice, other.m_after.choice)) return false;
    m_after = other.m_after;
    return true;
  }
  void redo() override {
    if (std::exchange(m_begins, false)) return m_page.take(m_after);
    putBack(m_after);
  }
  void undo() override { putBack(m_before); }

 private:
  void putBack(const PlacementPage::Asked& asked) {
    ++m_page.m_serial;  // a file that is being read is not wanted any more
    m_page.m_problem->clear();
    const int rule = asked.choice.map ? kFromFile : static_cast<int>(asked.choice.kind);
    m_page.m_rule->setCurrentIndex(m_page.m_rule->findData(rule));
    if (asked.choice.map) m_page.m_file->setText(asked.file);
    m_page.take(asked);
  }

  PlacementPage& m_page;
  const PlacementPage::Asked m_before;
  PlacementPage::Asked m_after;
  bool m_begins = true;
};

PlacementPage::PlacementPage(Workbench& workbench, const Instruments& instruments, CanvasWidget* canvas,
                             QUndoStack& undo, QWidget* parent)
    : QWidget(parent),
      m_workbench(workbench),
      m_instruments(instruments),
      m_undo(undo),
      m_canvas(canvas),
      m_reader(std::make_unique<EngineThread>(EngineThread::AtEnd::Drop)) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(0);
  row->addWidget(scrolledPart(makeLeft(), kLeftWidth, tr("The placement")));
  m_canvas->setObjectName("placementCanvas");
  m_canvas->setAccessibleName(tr("Experts on several devices"));
  m_canvas->setMinimumWidth(240);
  row->addWidget(m_canvas, 1);
  connect(&workbench, &Workbench::traceChanged, this, &PlacementPage::showState);
}

PlacementPage::~PlacementPage() { m_reader.reset(); }

QWidget* PlacementPage::makeLeft() {
  auto* inside = new QWidget;
  auto* column = new QVBoxLayout(inside);
  column->setContentsMargins(12, 8, 12, 8);
  column->setSpacing(6);
  auto* form = new QFormLayout;
  form->setVerticalSpacing(5);
  m_rule = new QComboBox;
  m_rule->setObjectName("placementRule");
  m_rule->setAccessibleName(tr("Where experts are placed"));
  m_rule->addItem(tr("contiguous"), static_cast<int>(core::PlacementKind::Contiguous));
  m_rule->addItem(tr("striped"), static_cast<int>(core::PlacementKind::Striped));
  m_rule->addItem(tr("greedy, by the run\u2019s loads"), static_cast<int>(core::PlacementKind::Greedy));
  m_rule->addItem(tr("from a file"), kFromFile);
  form->addRow(tr("&Experts"), m_rule);
  m_fileRow = new QWidget;
  auto* fileRow = new QHBoxLayout(m_fileRow);
  fileRow->setContentsMargins(0, 0, 0, 0);
  m_file = new QLineEdit;
  m_file->setObjectName("placementFile");
  m_file->setAccessibleName(tr("File with a device number for each expert"));
  m_file->setPlaceholderText(tr("a device number for each expert"));
  auto* browse = new QPushButton(tr("Browse\u2026"));
  browse->setObjectName("placementBrowse");
  browse->setAutoDefault(false);
  fileRow->addWidget(m_file, 1);
  fileRow->addWidget(browse);
  form->addRow(m_fileRow);
  m_devices = wholeBox("placementDevices", tr("Devices"), 1, 1);
  form->addRow(tr("&Devices"), m_devices);
  m_width = wholeBox("placementWidth", tr("Values of a token\u2019s state that moves"), 0, kMostWidth);
  form->addRow(tr("&Width"), m_width);
  m_type = new QComboBox;
  m_type->setObjectName("placementType");
  m_type->setAccessibleName(tr("Type of a value"));
  m_type->addItem(tr("F32, 4 bytes"), 4);
  m_type->addItem(tr("BF16 or F16, 2 bytes"), 2);
  m_type->addItem(tr("FP8 or INT8, 1 byte"), 1);
  form->addRow(tr("&Type"), m_type);
  m_limited = new QCheckBox(tr("De&vice capacity"));
  m_limited->setObjectName("placementLimited");
  m_limited->setToolTip(tr("A device takes so many times its even share, and the rest is dropped."));
  m_factor = new QDoubleSpinBox;
  m_factor->setObjectName("placementFactor");
  m_factor->setAccessibleName(tr("Device capacity factor"));
  m_factor->setRange(0, 64);
  m_factor->setDecimals(2);
  m_factor->setSingleStep(0.05);
  m_factor->setValue(1);
  m_factor->setKeyboardTracking(false);
  m_factor->setButtonSymbols(QAbstractSpinBox::NoButtons);
  form->addRow(m_limited, m_factor);
  for (QComboBox* list : {m_rule, m_type}) {
    list->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    list->setMinimumContentsLength(10);
  }
  for (QAbstractSpinBox* box : std::initializer_list<QAbstractSpinBox*>{m_devices, m_width, m_factor}) {
    box->setMinimumWidth(60);  // by themselves they are as wide as the longest number, and wider than the column
  }
  column->addLayout(form);
  m_problem = wordsPart("problem", "placementProblem");
  column->addWidget(m_problem);
  auto* formulas = wordsPart("hint", "placementFormulas");
  formulas->setText(QString::fromStdString(m_instruments.say()(ui::Say::PlacementFormulas)));
  column->addWidget(formulas);
  column->addStretch(1);

  connect(m_rule, &QComboBox::activated, this, &PlacementPage::chooseRule);
  connect(m_file, &QLineEdit::returnPressed, this, &PlacementPage::readFile);
  connect(browse, &QPushButton::clicked, this, &PlacementPage::browse);
  connect(m_devices, &QSpinBox::valueChanged, this, &PlacementPage::choose);
  connect(m_width, &QSpinBox::valueChanged, this, &PlacementPage::choose);
  connect(m_type, &QComboBox::activated, this, &PlacementPage::choose);
  connect(m_limited, &QCheckBox::toggled, this, &PlacementPage::choose);
  connect(m_factor, &QDoubleSpinBox::valueChanged, this, &PlacementPage::choose);
  return inside;
}

void PlacementPage::startChoosing() { m_rule->setFocus(Qt::ShortcutFocusReason); }

void PlacementPage::choose() {
  if (m_showing) return;
  Asked to = m_asked;
  if (!to.choice.map) to.choice.devices = m_devices->value();
  to.choice.width = m_width->value();
  to.choice.bytesAValue = m_type->currentData().toInt();
  to.choice.factor = m_limited->isChecked() ? std::optional(m_factor->value()) : std::nullopt;
  ask(to);
}

void PlacementPage::ask(const Asked& to) { m_undo.push(new PlacementChange(*this, to)); }

void PlacementPage::take(const Asked& to) {
  m_asked = to;
  emit edited(m_asked.choice);
  showState();
}

void PlacementPage::chooseRule() {
  m_problem->clear();
  ++m_serial;  // a file that is being read is not wanted any more
  if (m_rule->currentData().toInt() == kFromFile) {
    showState();
    m_file->setFocus(Qt::OtherFocusReason);
    if (!m_file->text().isEmpty()) readFile();
    return;
  }
  Asked to = m_asked;
  to.choice.kind = static_cast<core::PlacementKind>(m_rule->currentData().toInt());
  to.choice.map.reset();
  to.choice.fileName.clear();
  ask(to);
}

void PlacementPage::browse() {
  auto* ask = new QFileDialog(this, tr("Placement of experts"), m_file->text());
  ask->setAttribute(Qt::WA_DeleteOnClose);
  ask->setFileMode(QFileDialog::ExistingFile);
  connect(ask, &QFileDialog::fileSelected, this, [this](const QString& file) {
    m_file->setText(file);
    readFile();
  });
  ask->open();
}

void PlacementPage::readFile() {
  const core::Trace& trace = m_workbench.recorded();
  if (trace.empty()) return;
  const int serial = ++m_serial, experts = trace.config().router.experts;
  m_reader->post("file", [this, serial, experts, file = m_file->text().trimmed().toStdString()](const CancelToken&) {
    auto map = core::readPlacement(file, experts);
    QMetaObject::invokeMethod(
        this,
        [this, serial, file, map = std::move(map)] {
          if (serial != m_serial) return;
          m_problem->setText(map ? QString() : QString::fromStdString(map.error().message));
          if (map) {
            Asked to = m_asked;
            to.file = QString::fromStdString(file);
            to.choice.map = *map;
            to.choice.fileName = QFileInfo(to.file).fileName().toStdString();
            ask(to);
          }
          showState();
        },
        Qt::QueuedConnection);
  });
}

void PlacementPage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  showState();
}

void PlacementPage::showState() {
  if (!isVisible()) return;
  const ui::ViewSource& source = m_workbench.source();
  const int experts = source.experts();
  const bool can = !source.empty() && experts > 0;
  m_showing = true;
  const bool file = m_rule->currentData().toInt() == kFromFile;
  m_fileRow->setVisible(file);
  m_devices->setRange(1, std::max(1, experts));
  m_devices->setValue(m_asked.choice.map ? m_asked.choice.map->devices
                                         : std::min(m_asked.choice.devices, m_devices->maximum()));
  m_devices->setEnabled(can && !file);
  m_devices->setToolTip(file ? tr("The file says how many.") : QString());
  m_width->setSpecialValueText(can ? tr("the model\u2019s, %1").arg(source.config().width) : tr("the model\u2019s"));
  m_width->setValue(m_asked.choice.width);
  m_type->setCurrentIndex(m_type->findData(m_asked.choice.bytesAValue));
  m_limited->setChecked(m_asked.choice.factor.has_value());
  if (m_asked.choice.factor) m_factor->setValue(*m_asked.choice.factor);
  m_factor->setEnabled(can && m_asked.choice.factor.has_value());
  for (QWidget* control : std::initializer_list<QWidget*>{m_rule, m_width, m_type, m_limited, m_fileRow}) {
    control->setEnabled(can);
  }
  m_problem->setVisible(!m_problem->text().isEmpty());
  m_showing = false;
}

}  // namespace app
