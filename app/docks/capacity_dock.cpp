#include "app/docks/capacity_dock.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QSlider>
#include <QStandardItemModel>
#include <QVBoxLayout>

#include "app/instruments.h"
#include "app/workbench.h"
#include "ui/views/capacity_view.h"
#include "ui/views/dispatch_view.h"

namespace app {
namespace {

constexpr int kNoRule = -1;  // data of the first entry

QLabel* paragraph(const char* role, const QString& name) {
  auto* label = new QLabel;
  label->setObjectName(name);
  label->setProperty("role", role);
  label->setWordWrap(true);
  label->setTextFormat(Qt::PlainText);
  return label;
}

}  // namespace

CapacityDock::CapacityDock(Workbench& workbench, const Instruments& instruments, QWidget* parent)
    : Dock(tr("Capacity"), "capacityDock", parent), m_workbench(workbench), m_instruments(instruments) {
  makeControls();
  connect(m_slider, &QSlider::valueChanged, this, [this](int place) { editFactor(ui::factorAtPlace(place)); });
  connect(m_factor, &QDoubleSpinBox::valueChanged, this, &CapacityDock::editFactor);
  connect(m_rule, &QComboBox::activated, this, &CapacityDock::editRule);
  connect(m_reset, &QPushButton::clicked, this, &CapacityDock::asRecorded);
  connect(&workbench, &Workbench::traceChanged, this, &CapacityDock::showCapacity);
  connect(&workbench, &Workbench::cursorMoved, this, &CapacityDock::showCapacity);
}

void CapacityDock::makeControls() {
  auto* inside = new QWidget;
  auto* column = new QVBoxLayout(inside);
  column->setContentsMargins(12, 8, 12, 8);
  column->setSpacing(6);

  auto* ruleRow = new QHBoxLayout;
  auto* ruleLabel = new QLabel(tr("&Rule"));
  m_rule = new QComboBox;
  m_rule->setObjectName("capacityRule");
  m_rule->setAccessibleName(tr("Capacity rule"));
  m_rule->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  m_rule->setMinimumContentsLength(12);
  ruleLabel->setBuddy(m_rule);
  ruleRow->addWidget(ruleLabel);
  ruleRow->addWidget(m_rule, 1);
  column->addLayout(ruleRow);

  auto* factorRow = new QHBoxLayout;
  auto* factorLabel = new QLabel(tr("&Factor"));
  m_slider = new QSlider(Qt::Horizontal);
  m_slider->setObjectName("capacitySlider");
  m_slider->setAccessibleName(tr("Capacity factor"));
  m_slider->setRange(0, ui::kFactorPlaces - 1);
  m_slider->setPageStep(10);
  m_factor = new QDoubleSpinBox;
  m_factor->setObjectName("capacityFactor");
  m_factor->setAccessibleName(tr("Capacity factor, in digits"));
  m_factor->setRange(0.01, 64);
  m_factor->setDecimals(3);
  m_factor->setSingleStep(ui::kFactorStep);
  m_factor->setButtonSymbols(QAbstractSpinBox::NoButtons);
  m_factor->setKeyboardTracking(false);
  factorLabel->setBuddy(m_slider);
  factorRow->addWidget(factorLabel);
  factorRow->addWidget(m_slider, 1);
  factorRow->addWidget(m_factor);
  column->addLayout(factorRow);

  m_arithmetic = paragraph("secondary", "capacityArithmetic");
  m_here = paragraph("", "capacityDropped");
  m_case = paragraph("", "capacityCase");
  m_about = paragraph("hint", "capacityAbout");
  for (QLabel* label : {m_arithmetic, m_here, m_case, m_about}) column->addWidget(label);
  m_reset = new QPushButton(tr("As recorded"));
  m_reset->setObjectName("capacityReset");
  m_reset->setToolTip(tr("Shows the drops of the run as it was made."));
  auto* last = new QHBoxLayout;
  last->addWidget(m_reset);
  last->addStretch(1);
  column->addLayout(last);
  column->addStretch(1);

  auto* scroll = new QScrollArea;
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setWidgetResizable(true);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setFocusPolicy(Qt::NoFocus);
  scroll->setAccessibleName(tr("Capacity"));
  scroll->setWidget(inside);
  body()->addWidget(scroll);
}

void CapacityDock::startSetting() {
  show();
  raise();
  m_slider->setFocus(Qt::ShortcutFocusReason);
}

void CapacityDock::showEvent(QShowEvent* event) {
  Dock::showEvent(event);
  showCapacity();
}

void CapacityDock::editFactor(double factor) {
  if (m_showing) return;
  core::CapacityOptions options = m_workbench.capacityToEdit();
  options.factor = factor;
  emit edited(options);
}

void CapacityDock::editRule(int index) {
  if (m_showing) return;
  core::CapacityOptions options = m_workbench.capacityToEdit();
  const int rule = m_rule->itemData(index).toInt();
  options.active = rule != kNoRule;
  if (rule != kNoRule) options.rule = static_cast<core::CapacityRule>(rule);
  emit edited(options);
}

void CapacityDock::showCapacity() {
  if (!isVisible()) return;
  const ui::Phrases& say = m_instruments.say();
  const ui::CapacityView view = ui::makeCapacityView(m_workbench.source(), m_workbench.cursor(), say);
  m_showing = true;
  const bool can = view.whyNot.empty();
  for (QWidget* control : std::initializer_list<QWidget*>{m_rule, m_slider, m_factor}) {
    control->setEnabled(can);
    control->setToolTip(QString::fromStdString(view.whyNot));
  }
  m_rule->clear();
  m_rule->addItem(QString::fromStdString(say(ui::Say::NoRuleName)), kNoRule);
  for (const ui::CapacityRuleChoice& rule : view.rules) {
    const std::string& more = rule.whyNot.empty() ? rule.arithmetic : rule.whyNot;
    m_rule->addItem(
        QStringLiteral("%1 \u00B7 %2").arg(QString::fromStdString(rule.name), QString::fromStdString(rule.count)),
        static_cast<int>(rule.rule));
    const int row = m_rule->count() - 1;
    m_rule->setItemData(row, QString::fromStdString(more), Qt::ToolTipRole);
    if (!rule.whyNot.empty()) static_cast<QStandardItemModel*>(m_rule->model())->item(row)->setEnabled(false);
  }
  m_rule->setCurrentIndex(view.options.active ? m_rule->findData(static_cast<int>(view.options.rule)) : 0);
  const double factor = m_workbench.capacityToEdit().factor;
  m_slider->setValue(ui::placeOfFactor(factor));
  m_factor->setValue(factor);
  setSubtitle(QString::fromStdString(view.label));
  m_arithmetic->setText(QString::fromStdString(view.arithmetic));
  m_here->setText(QString::fromStdString(view.here.empty() ? "" : view.here + "; " + view.everywhere));
  m_case->setText(QString::fromStdString(view.atCursor));
  m_about->setText(QString::fromStdString(can ? view.about : view.whyNot));
  for (QLabel* label : {m_arithmetic, m_here, m_case, m_about}) label->setVisible(!label->text().isEmpty());
  m_reset->setEnabled(m_workbench.capacityIsLaidOver());
  m_showing = false;
}

}  // namespace app
