// Which database the runs go to: opened at the start, changed in the settings, rescued when it is damaged.
#include <QDateTime>

#include "app/workbench.h"

namespace app {
namespace {

namespace fs = std::filesystem;

// The damaged file and its logs step aside under a new name; what was rescued takes their place. Nothing is
// overwritten.
core::Result<fs::path> putAside(const fs::path& damaged, const fs::path& rescued, const std::string& stamp) {
  const fs::path aside = damaged.string() + ".damaged-" + stamp;
  std::error_code problem;
  if (fs::exists(aside, problem)) return core::fail("{}: exists already", aside.string());
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    const fs::path from = damaged.string() + suffix;
    if (!fs::exists(from, problem)) continue;
    fs::rename(from, aside.string() + suffix, problem);
    if (problem) return core::fail("{}: cannot be renamed: {}", from.string(), problem.message());
  }
  fs::rename(rescued, damaged, problem);
  if (problem) return core::fail("{}: cannot be renamed: {}", rescued.string(), problem.message());
  return aside;
}

}  // namespace

void Workbench::openStore(const std::filesystem::path& file) {
  m_storeFile = file;
  auto opened = std::make_shared<std::promise<std::shared_ptr<core::SessionStore>>>();
  m_store = opened->get_future().share();
  m_disk->post("", [this, opened, file, options = m_storeOptions](const CancelToken&) {
    auto store = core::SessionStore::open(file, options);
    if (!store) {
      opened->set_value(nullptr);
      later([this, file, error = store.error()] { reportStore(file, error); });
      return;
    }
    std::shared_ptr<core::SessionStore> shared = std::move(*store);
    opened->set_value(shared);
    later([this, readOnly = shared->readOnly(), notes = shared->notes()] {
      m_readOnly = readOnly;
      for (const std::string& note : notes) emit noted(QString::fromStdString(note));
      emit storeChanged();
    });
  });
}

void Workbench::useStore(const QString& file) {
  if (std::filesystem::path(file.toStdString()) == m_storeFile) return;
  if (m_cursorSaver.isActive()) saveCursor();
  openStore(file.toStdString());
  leaveRun();
  emit traceChanged();
  refreshSessions();
}

void Workbench::reportStore(const std::filesystem::path& file, const core::Error& error) {
  Problem problem =
      makeProblem(tr("Runs cannot be saved: the session database does not open."), error,
                  tr("The program goes on without it; what you run now is not kept. The file stays as it is."));
  std::error_code ignored;
  if (std::filesystem::is_regular_file(file, ignored)) {
    problem.remedy = tr("Rescue the runs");
    problem.remedyNote = tr("Rescue copies what can be read into a new database and keeps the damaged file beside it.");
    problem.useRemedy = [this] { rescueStore(); };
  }
  emit failed(problem);
}

void Workbench::rescueStore() {
  const std::string stamp = QDateTime::currentDateTimeUtc().toString("yyyyMMdd-HHmmss").toStdString();
  m_disk->post("", [this, file = m_storeFile, stamp](const CancelToken&) {
    const fs::path fresh = file.string() + ".rescued-" + stamp;
    const core::Result<core::RescueReport> report = core::rescueStore(file, fresh);
    core::Result<fs::path> aside = tl::unexpected(core::Error{});
    if (report) aside = putAside(file, fresh, stamp);
    later([this, file, report, aside] {
      if (!report || !aside) {
        emit failed(makeProblem(tr("Nothing could be rescued."), report ? aside.error() : report.error(),
                                tr("The file stays as it is. Choose another place for the sessions in Settings.")));
        return;
      }
      openStore(file);
      refreshSessions();
      emit noted(tr("%1 runs rescued, %2 in part, %3 lost. The damaged file is kept as %4.")
                     .arg(report->runs)
                     .arg(report->partly)
                     .arg(report->lost)
                     .arg(QString::fromStdString(aside->filename().string())));
    });
  });
}

}  // namespace app
