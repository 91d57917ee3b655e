// Tests of the window run without a screen and touch nothing of the user: every folder the program writes to is
// private.
#include <gtest/gtest.h>

#include <QApplication>
#include <QDir>
#include <QTemporaryDir>

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  QTemporaryDir home;
  const auto privateFolder = [&](const char* variable, const char* name) {
    QDir(home.path()).mkdir(name);
    const QString path = home.filePath(name);
    QFile::setPermissions(path, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    qputenv(variable, path.toUtf8());
  };
  privateFolder("XDG_RUNTIME_DIR", "runtime");
  privateFolder("XDG_DATA_HOME", "data");
  privateFolder("XDG_CONFIG_HOME", "config");
  privateFolder("XDG_CACHE_HOME", "cache");
  qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication application(argc, argv);
  return RUN_ALL_TESTS();
}
