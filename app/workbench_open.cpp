// Opening what a path names: a model, or a run that was recorded into a file, here or by somebody else.
#include "app/opening.h"
#include "app/workbench.h"
#include "core/model/catalog.h"

namespace app {
namespace {

// A model of the catalogue with the name of the file. Never the path that a foreign file names: it could be anything.
QString catalogueModel(const core::RunInfo& info) {
  for (const core::CatalogEntry& entry : core::modelCatalog()) {
    if (entry.name == info.modelName) return QString::fromStdString(entry.name);
  }
  return {};
}

}  // namespace

void Workbench::open(const QString& path) {
  const PathToOpen found = whatIs(path.toStdString());
  const QString real = QString::fromStdString(found.path.string());
  found.isModel ? openModel(real) : openSnapshot(real);
}

void Workbench::openSnapshot(const QString& path) {
  if (m_cursorSaver.isActive()) saveCursor();
  cancel();
  const int serial = ++m_serial;
  setActivity(Activity::OpeningRun);
  m_disk->post("open", [this, serial, path](const CancelToken&) {
    auto run = readRecordedRun(path.toStdString());
    QString model;
    if (run) model = catalogueModel(run->trace.info());
    later([this, serial, path, model, run = std::move(run)] {
      if (serial != m_serial) return;
      setActivity(Activity::Idle);
      if (!run) {
        emit failed(makeProblem(tr("This file does not open as a recorded run."), run.error(),
                                tr("What is shown stays as it is. Save the run again where it was made, or open "
                                   "another file.")));
        return;
      }
      leaveRun();
      m_snapshot = path;
      m_cursor = {};
      m_place = true;
      m_recorded = {};
      showTrace(run->trace);
      m_place = false;
      emit cursorMoved();
      if (!run->remark.empty()) emit noted(QString::fromStdString(run->remark));
      const bool open = m_model && m_model->contentHash == run->trace.info().modelHash;
      if (!open && !model.isEmpty()) openModel(model, true);
    });
  });
}

// The next run is nobody's yet: no row, no file, no capacity but its own.
void Workbench::leaveRun() {
  m_runId.reset();
  m_row.reset();
  m_laid.reset();
  m_replayed.reset();
  m_beneath = {};
  m_snapshot.clear();
  setProfile({});
}

bool Workbench::modelOfRunIsOpen() const {
  return !m_recorded.empty() && m_model && m_model->contentHash == m_recorded.info().modelHash;
}

QString Workbench::whyNotGenerate() const {
  if (busy()) return tr("The engine is busy.");
  if (m_recorded.empty()) return tr("Run a prompt first.");
  if (m_recorded.info().replay) return tr("This is a replay: its choices were decided again, nothing was run.");
  if (!m_recorded.info().interventions.empty()) {
    return tr("This run\u2019s routing was changed from outside; go on from the run it was made from.");
  }
  if (canGenerate()) return {};
  if (!m_snapshot.isEmpty()) {
    return tr(
        "This run was recorded elsewhere and its model is not open. Everything can be looked at; to run it again, "
        "open its model with File, Open model folder.");
  }
  return tr("The model of this run is not open.");
}

}  // namespace app
