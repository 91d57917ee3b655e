// What went wrong, as the user is told: one sentence, what to do about it, and the details to copy.
#pragma once

#include <QString>

#include "core/base/result.h"

namespace app {

struct Problem {
  QString summary;  // "The run stopped."
  QString advice;   // what was expected and found and what to do, in plain words
  QString details;  // for a report; may repeat advice
};

inline Problem makeProblem(const QString& summary, const core::Error& error) {
  const QString text = QString::fromStdString(error.message);
  return {summary, text, text};
}

}  // namespace app
