// Tests of the window run without a screen and touch nothing of the user.
#include <gtest/gtest.h>

#include <QApplication>

#include "private_home.h"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const test::PrivateHome home;
  // The child of a test may ask for another platform.
  const QByteArray platform = qgetenv("EXPERTSCOPE_TEST_PLATFORM");
  qputenv("QT_QPA_PLATFORM", platform.isEmpty() ? QByteArray("offscreen") : platform);
  QApplication application(argc, argv);
  return RUN_ALL_TESTS();
}
