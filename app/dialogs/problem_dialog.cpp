#include "app/dialogs/problem_dialog.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "core/base/version.h"

namespace app {

ProblemDialog::ProblemDialog(const Problem& problem, QWidget* parent) : QDialog(parent), m_summary(problem.summary) {
  setObjectName("problemDialog");
  setWindowTitle(tr("Expertscope"));
  setAttribute(Qt::WA_DeleteOnClose);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(24, 20, 24, 20);
  column->setSpacing(12);
  auto* heading = new QLabel(problem.summary);
  heading->setObjectName("problemSummary");
  QFont font = heading->font();
  font.setPixelSize(qRound(font.pixelSize() * 1.25));
  font.setWeight(QFont::DemiBold);
  heading->setFont(font);
  heading->setTextFormat(Qt::PlainText);
  heading->setWordWrap(true);
  auto* advice = new QLabel(problem.advice);
  advice->setObjectName("problemAdvice");
  advice->setTextFormat(Qt::PlainText);
  advice->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  advice->setWordWrap(true);
  column->addWidget(heading);
  column->addWidget(advice);
  if (problem.useRemedy) {
    auto* note = new QLabel(problem.remedyNote);
    note->setTextFormat(Qt::PlainText);
    note->setProperty("role", "secondary");
    note->setWordWrap(true);
    column->addWidget(note);
  }
  column->addStretch(1);
  auto* row = new QHBoxLayout;
  auto* copy = new QPushButton(tr("Copy details"));
  copy->setObjectName("problemCopy");
  const QString details = QStringLiteral("Expertscope %1\n%2\n%3\n")
                              .arg(QString::fromStdString(core::version()), problem.summary, problem.details);
  connect(copy, &QPushButton::clicked, this, [details] { QGuiApplication::clipboard()->setText(details); });
  auto* close = new QPushButton(tr("Close"));
  close->setObjectName("problemClose");
  close->setDefault(true);
  connect(close, &QPushButton::clicked, this, &QDialog::accept);
  row->addStretch(1);
  row->addWidget(copy);
  if (problem.useRemedy) {
    auto* remedy = new QPushButton(problem.remedy);
    remedy->setObjectName("problemRemedy");
    connect(remedy, &QPushButton::clicked, this, [this, act = problem.useRemedy] {
      accept();
      act();
    });
    row->addWidget(remedy);
  }
  row->addWidget(close);
  column->addLayout(row);
  setMinimumWidth(440);
}

}  // namespace app
