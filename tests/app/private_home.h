// Folders of its own for everything the program writes: nothing of the user's is touched.
#pragma once

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

namespace test {

class PrivateHome {
 public:
  PrivateHome() {
    set("XDG_RUNTIME_DIR", "runtime");
    set("XDG_DATA_HOME", "data");
    set("XDG_CONFIG_HOME", "config");
    set("XDG_CACHE_HOME", "cache");
  }

 private:
  void set(const char* variable, const char* name) const {
    QDir(m_home.path()).mkdir(name);
    const QString path = m_home.filePath(name);
    QFile::setPermissions(path, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    qputenv(variable, path.toUtf8());
  }
  QTemporaryDir m_home;
};

}  // namespace test
