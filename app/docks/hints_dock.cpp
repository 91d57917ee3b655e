#include "app/docks/hints_dock.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

namespace app {
namespace {

struct Hint {
  const char* keys[2];
  const char* what;
  const char* more;
};

constexpr Hint kHints[] = {
    {{"\u2190", "\u2192"},
     QT_TRANSLATE_NOOP("HintsDock", "Step through the tokens."),
     QT_TRANSLATE_NOOP("HintsDock", "Space plays, and writes on past the prompt.")},
    {{"\u21E7", "\u2193"},
     QT_TRANSLATE_NOOP("HintsDock", "Walk through the layer\u2019s seven stages."),
     QT_TRANSLATE_NOOP("HintsDock", "Now: capacity takes a choice away.")},
    {{"?", nullptr},
     QT_TRANSLATE_NOOP("HintsDock", "Every key. Click anything: all views follow."),
     QT_TRANSLATE_NOOP("HintsDock", "Marked: this token\u2019s dropped choice.")},
};

QLabel* keyCap(const char* text) {
  auto* key = new QLabel(QString::fromUtf8(text));
  key->setProperty("role", "key");
  key->setAlignment(Qt::AlignCenter);
  return key;
}

}  // namespace

HintsDock::HintsDock(QWidget* parent) : Dock(tr("Start here"), "hintsDock", parent) {
  setSubtitle(tr("Esc hides"));
  body()->setContentsMargins(12, 8, 12, 8);
  int number = 0;
  for (const Hint& hint : kHints) {
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    auto* square = new QLabel(QString::number(++number));
    square->setProperty("role", "number");
    square->setAlignment(Qt::AlignCenter);
    row->addWidget(square);
    row->addSpacing(8);
    auto* keys = new QWidget;
    keys->setFixedWidth(76);
    auto* caps = new QHBoxLayout(keys);
    caps->setContentsMargins(0, 0, 0, 0);
    for (const char* key : hint.keys) {
      if (key) caps->addWidget(keyCap(key));
    }
    caps->addStretch(1);
    row->addWidget(keys);
    auto* words = new QVBoxLayout;
    words->setSpacing(0);
    words->addStretch(1);
    auto* what = new QLabel(tr(hint.what));
    QFont semibold = what->font();
    semibold.setWeight(QFont::DemiBold);
    what->setFont(semibold);
    m_more.push_back(new QLabel(tr(hint.more)));
    for (QLabel* label : {what, m_more.back()}) {
      label->setWordWrap(true);
      words->addWidget(label);
    }
    words->addStretch(1);
    row->addLayout(words, 1);
    body()->addLayout(row, 1);
    if (number < 3) {
      auto* line = new QFrame;
      line->setFrameShape(QFrame::HLine);
      line->setProperty("role", "line");
      body()->addWidget(line);
    }
  }
}

// In a low window the second lines go before the first ones are cut off.
void HintsDock::resizeEvent(QResizeEvent* event) {
  Dock::resizeEvent(event);
  for (QLabel* label : m_more) label->show();
  const bool fits = body()->totalHeightForWidth(widget()->width()) <= widget()->height();
  for (QLabel* label : m_more) label->setVisible(fits);
}

}  // namespace app
