#include "app/dialogs/line_dialog.h"

#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace app {

LineDialog::LineDialog(const QString& title, const QString& label, const QString& text, QWidget* parent)
    : QDialog(parent) {
  setObjectName("lineDialog");
  setWindowTitle(title);
  setAttribute(Qt::WA_DeleteOnClose);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(16, 16, 16, 16);
  column->setSpacing(8);
  auto* words = new QLabel(label);
  words->setTextFormat(Qt::PlainText);
  words->setWordWrap(true);
  m_line = new QLineEdit(text);
  m_line->setObjectName("line");
  m_line->setAccessibleName(label);
  m_line->selectAll();
  column->addWidget(words);
  column->addWidget(m_line);
  m_buttons = new QHBoxLayout;
  m_buttons->addStretch(1);
  auto* cancel = new QPushButton(tr("Cancel"));
  auto* done = new QPushButton(tr("OK"));
  done->setObjectName("lineDone");
  done->setDefault(true);
  m_buttons->addWidget(cancel);
  m_buttons->addWidget(done);
  column->addLayout(m_buttons);
  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  connect(done, &QPushButton::clicked, this, &QDialog::accept);
  setMinimumWidth(420);
}

void LineDialog::onDone(std::function<void(const QString&)> done) {
  connect(this, &QDialog::accepted, this, [this, done = std::move(done)] { done(m_line->text()); });
}

void LineDialog::addButton(const QString& text, const QString& objectName, std::function<void()> pressed) {
  auto* button = new QPushButton(text);
  button->setObjectName(objectName);
  button->setAutoDefault(false);
  connect(button, &QPushButton::clicked, this, [this, pressed = std::move(pressed)] {
    reject();
    pressed();
  });
  m_buttons->insertWidget(0, button);
}

}  // namespace app
