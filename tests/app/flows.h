// Steps that many tests of the window begin with.
#pragma once

#include <gtest/gtest.h>

#include <QLabel>
#include <QSpinBox>

#include "window_driver.h"

namespace test {

// Types a prompt and runs it; the band has the keyboard afterwards.
inline void runText(WindowDriver& driver, const QString& prompt, int generate = 0) {
  driver.open();
  driver.openBundledModel();
  driver.type(prompt);
  driver.find<QSpinBox>("promptGenerate")->setValue(generate);
  driver.key(Qt::Key_Escape);
  driver.press("runButton");
  ASSERT_TRUE(driver.waitIdle());
  ASSERT_FALSE(driver.bench().trace().empty());
  driver.window().band().setFocus();
}

// The first start: the sample with its simulated capacity.
inline void startWithSample(WindowDriver& driver) {
  driver.open();
  driver.start();
  ASSERT_TRUE(driver.waitUntil([&] { return driver.bench().trace().length() == 60 && !driver.bench().busy(); }));
}

// What the window complains of right now; empty: nothing.
inline std::string complaint(WindowDriver& driver) {
  const auto* advice = driver.find<QLabel>("problemAdvice");
  return advice ? advice->text().toStdString() : "";
}

inline int droppedChoices(const ui::ViewSource& source) {
  int dropped = 0;
  for (int layer = 0; layer < source.layers(); ++layer) {
    for (int token = 0; token < source.trace.length(); ++token) {
      for (int rank = 0; rank < source.chosen(); ++rank) dropped += source.keptAt(layer, token, rank) == 0;
    }
  }
  return dropped;
}

}  // namespace test
