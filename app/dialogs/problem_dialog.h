// One message in plain words: what happened, what to do, and the details to copy.
#pragma once

#include <QDialog>

#include "app/problem.h"

namespace app {

class ProblemDialog : public QDialog {
  Q_OBJECT

 public:
  ProblemDialog(const Problem& problem, QWidget* parent);
  const QString& summary() const { return m_summary; }

 private:
  QString m_summary;
};

}  // namespace app
