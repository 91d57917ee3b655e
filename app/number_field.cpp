#include "app/number_field.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

#include "app/arrow_icons.h"
#include "app/style.h"

namespace app {
namespace {

class MarkedBox : public QSpinBox {
 public:
  explicit MarkedBox(QString marker) : m_marker(std::move(marker)) {}

 protected:
  QString textFromValue(int value) const override {
    if (m_marker.isEmpty()) return QString::number(value);
    return m_marker + QStringLiteral("%1").arg(value, maximum() >= 100 ? 3 : 2, 10, QChar('0'));
  }
  int valueFromText(const QString& text) const override { return digits(text).toInt(); }
  QValidator::State validate(QString& text, int&) const override {
    bool isNumber = false;
    const QString number = digits(text);
    const int value = number.toInt(&isNumber);
    if (number.isEmpty()) return QValidator::Intermediate;
    return isNumber && value <= maximum() ? QValidator::Acceptable : QValidator::Invalid;
  }

 private:
  QString digits(QString text) const {
    if (!m_marker.isEmpty() && text.startsWith(m_marker, Qt::CaseInsensitive)) text.remove(0, m_marker.size());
    return text.trimmed();
  }
  const QString m_marker;
};

QToolButton* makeArrow(const QString& name) {
  auto* button = new QToolButton;
  button->setProperty("role", "plain");
  button->setAutoRepeat(true);
  button->setFocusPolicy(Qt::NoFocus);
  button->setToolTip(name);
  button->setAccessibleName(name);
  button->setIconSize({9, 9});
  return button;
}

}  // namespace

NumberField::NumberField(const QString& label, const QString& marker, Arrows arrows, QWidget* parent)
    : QFrame(parent), m_arrows(arrows) {
  setObjectName("field");
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(8, 0, 2, 0);
  row->setSpacing(2);
  auto* name = new QLabel(label);
  name->setProperty("role", "label");
  m_box = new MarkedBox(marker);
  m_box->setObjectName(label + "Field");
  m_box->setAccessibleName(label);
  m_box->setButtonSymbols(QAbstractSpinBox::NoButtons);
  m_box->setKeyboardTracking(false);
  m_box->setFrame(false);
  m_box->setAlignment(Qt::AlignRight);
  name->setBuddy(m_box);
  m_less = makeArrow(tr("Previous %1").arg(label));
  m_more = makeArrow(tr("Next %1").arg(label));
  row->addWidget(name);
  row->addWidget(m_box);
  row->addWidget(m_less);
  row->addWidget(m_more);
  connect(m_box, &QSpinBox::valueChanged, this, &NumberField::edited);
  connect(m_less, &QToolButton::clicked, m_box, &QSpinBox::stepDown);
  connect(m_more, &QToolButton::clicked, m_box, &QSpinBox::stepUp);
  setCount(0);
}

void NumberField::setCount(int count) {
  const QSignalBlocker quiet(m_box);
  m_box->setRange(0, std::max(0, count - 1));
  setEnabled(count > 0);
  const QString widest =
      QString(std::max<qsizetype>(2, QString::number(std::max(0, count - 1)).size()) + 1, QChar('0'));
  m_box->setFixedWidth(m_box->fontMetrics().horizontalAdvance(widest) + 12);
}

void NumberField::setValue(int value) {
  const QSignalBlocker quiet(m_box);
  m_box->setValue(value);
}

void NumberField::setTheme(const ui::Theme& theme) {
  m_box->setFont(numberFont(theme, ui::kSizeWord));
  const bool upDown = m_arrows == Arrows::UpDown;
  m_less->setIcon(arrowIcon(upDown ? Arrow::Up : Arrow::Left, false, theme, 9));
  m_more->setIcon(arrowIcon(upDown ? Arrow::Down : Arrow::Right, false, theme, 9));
  setCount(isEnabled() ? m_box->maximum() + 1 : 0);
}

}  // namespace app
