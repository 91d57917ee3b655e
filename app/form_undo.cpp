#include "app/form_undo.h"

#include <QAbstractButton>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QPointer>
#include <QSignalBlocker>
#include <QSpinBox>
#include <utility>

namespace app {
namespace {

QVariant valueOf(const QWidget* control) {
  if (const auto* list = qobject_cast<const QComboBox*>(control)) return list->currentIndex();
  if (const auto* box = qobject_cast<const QSpinBox*>(control)) return box->value();
  if (const auto* box = qobject_cast<const QDoubleSpinBox*>(control)) return box->value();
  return qobject_cast<const QAbstractButton*>(control)->isChecked();
}

void setValue(QWidget* control, const QVariant& value) {
  const QSignalBlocker quiet(control);
  if (auto* list = qobject_cast<QComboBox*>(control)) {
    list->setCurrentIndex(value.toInt());
  } else if (auto* box = qobject_cast<QSpinBox*>(control)) {
    box->setValue(value.toInt());
  } else if (auto* number = qobject_cast<QDoubleSpinBox*>(control)) {
    number->setValue(value.toDouble());
  } else {
    qobject_cast<QAbstractButton*>(control)->setChecked(value.toBool());
  }
}

}  // namespace

class FormChange : public QUndoCommand {
 public:
  FormChange(FormUndo& form, int control, const QVariantList& before, const QVariantList& after)
      : QUndoCommand(form.m_words),
        m_form(&form),
        m_control(control),
        m_turns(qobject_cast<QAbstractSpinBox*>(form.m_controls[control]) != nullptr),
        m_before(before),
        m_after(after) {}

  int id() const override { return 3; }
  bool mergeWith(const QUndoCommand* next) override {
    const auto& other = static_cast<const FormChange&>(*next);
    if (other.m_form != m_form || other.m_control != m_control || !m_turns) return false;
    m_after = other.m_after;
    return true;
  }
  void redo() override {
    if (std::exchange(m_stands, false)) return;  // the user has just done it
    if (m_form) m_form->put(m_after);
  }
  void undo() override {
    if (m_form) m_form->put(m_before);
  }

 private:
  const QPointer<FormUndo> m_form;
  const int m_control;
  const bool m_turns;
  const QVariantList m_before;
  QVariantList m_after;
  bool m_stands = true;
};

FormUndo::FormUndo(QUndoStack& undo, const QString& words, QWidget* form, std::function<void()> shown)
    : QObject(form), m_undo(undo), m_words(words), m_shown(std::move(shown)) {}

void FormUndo::watch(const QList<QWidget*>& controls) {
  m_controls = controls;
  for (int i = 0; i < static_cast<int>(controls.size()); ++i) {
    const auto changed = [this, i] { edited(i); };
    if (auto* list = qobject_cast<QComboBox*>(controls[i])) {
      connect(list, &QComboBox::currentIndexChanged, this, changed);
    } else if (auto* box = qobject_cast<QSpinBox*>(controls[i])) {
      connect(box, &QSpinBox::valueChanged, this, changed);
    } else if (auto* number = qobject_cast<QDoubleSpinBox*>(controls[i])) {
      connect(number, &QDoubleSpinBox::valueChanged, this, changed);
    } else {
      connect(qobject_cast<QAbstractButton*>(controls[i]), &QAbstractButton::toggled, this, changed);
    }
  }
  seen();
}

void FormUndo::setRest(std::function<QVariant()> read, std::function<void(const QVariant&)> write) {
  m_readRest = std::move(read);
  m_writeRest = std::move(write);
  seen();
}

void FormUndo::seen() {
  m_quiet = false;
  m_last = values();
}

QVariantList FormUndo::values() const {
  QVariantList all;
  for (const QWidget* control : m_controls) all.push_back(valueOf(control));
  all.push_back(m_readRest ? m_readRest() : QVariant());
  return all;
}

void FormUndo::put(const QVariantList& wanted) {
  for (qsizetype i = 0; i < m_controls.size(); ++i) setValue(m_controls[i], wanted[i]);
  if (m_writeRest) m_writeRest(wanted.back());
  m_last = values();
  m_shown();
}

void FormUndo::edited(int control) {
  if (m_quiet) return;
  const QVariantList now = values();
  if (now == m_last) return;
  const QVariantList before = std::exchange(m_last, now);
  m_undo.push(new FormChange(*this, control, before, now));
}

}  // namespace app
