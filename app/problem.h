// What went wrong, as the user is told: one sentence, what to do about it, and the details to copy.
#pragma once

#include <QString>
#include <functional>

#include "core/base/result.h"

namespace app {

struct Problem {
  QString summary;  // "The run stopped."
  QString advice;   // what was expected and found and what to do, in plain words
  QString details;  // for a report; may repeat advice

  // A button that mends it, if the program can: its label, one sentence on what it does, and the deed.
  QString remedy, remedyNote;
  std::function<void()> useRemedy;
};

// `whatToDo` follows what the error says.
inline Problem makeProblem(const QString& summary, const core::Error& error, const QString& whatToDo = {}) {
  const QString text = QString::fromStdString(error.message);
  return {summary, whatToDo.isEmpty() ? text : text + "\n\n" + whatToDo, text, {}, {}, {}};
}

}  // namespace app
