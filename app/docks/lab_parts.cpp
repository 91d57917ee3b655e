#include "app/docks/lab_parts.h"

#include <QCoreApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>

namespace app {

QLabel* wordsPart(const char* role, const QString& name) {
  auto* label = new QLabel;
  label->setObjectName(name);
  label->setProperty("role", role);
  label->setWordWrap(true);
  label->setTextFormat(Qt::PlainText);
  return label;
}

QScrollArea* scrolledPart(QWidget* inside, int width, const QString& name) {
  auto* area = new QScrollArea;
  area->setFrameShape(QFrame::NoFrame);
  area->setWidgetResizable(true);
  area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  area->setFocusPolicy(Qt::NoFocus);
  area->setAccessibleName(name);
  area->setWidget(inside);
  area->setFixedWidth(width);
  return area;
}

QWidget* progressPart(QProgressBar** bar, const QString& barName, const QString& cancelName, const QString& words,
                      const std::function<void()>& cancel) {
  auto* row = new QWidget;
  auto* line = new QHBoxLayout(row);
  line->setContentsMargins(0, 0, 0, 0);
  *bar = new QProgressBar;
  (*bar)->setObjectName(barName);
  (*bar)->setAccessibleName(words);
  (*bar)->setRange(0, 1000);
  (*bar)->setTextVisible(false);
  auto* button = new QPushButton(QCoreApplication::translate("LabParts", "Cancel"));
  button->setObjectName(cancelName);
  button->setAutoDefault(false);
  QObject::connect(button, &QPushButton::clicked, row, cancel);
  line->addWidget(*bar, 1);
  line->addWidget(button);
  return row;
}

}  // namespace app
