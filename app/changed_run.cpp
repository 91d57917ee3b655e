#include "app/changed_run.h"

#include "app/models/session_model.h"

namespace app {

ChangedRun::ChangedRun(Workbench& workbench) : m_workbench(workbench) {
  connect(&workbench, &Workbench::modelChanged, this, &ChangedRun::cancel);
}

QString ChangedRun::whyNot() const {
  if (m_busy) return tr("The run is being done again already.");
  if (m_workbench.recorded().empty()) return tr("Run a prompt first.");
  if (m_workbench.recorded().config().router.experts == 0) return tr("This model has no router to change.");
  return m_workbench.whyNotGenerate();
}

void ChangedRun::run(std::vector<core::Intervention> list, const Followed& followed) {
  if (const QString why = whyNot(); !why.isEmpty()) {
    emit m_workbench.noted(why);
    return;
  }
  InterveneRequest request;
  request.record = m_workbench.recorded();
  request.standing = m_workbench.runStands();
  request.target = followed.target;
  request.distractor = followed.distractor;
  request.parent = m_workbench.runId();
  QStringList words;
  for (const core::Intervention& one : list)
    words << QString::fromStdString(core::interventionText(one, request.record.config().layers));
  QString name = tr("this run");
  if (m_workbench.row()) name = sessionTitle(*m_workbench.row());
  name = QStringLiteral("%1 \u203A %2").arg(name, words.join(tr("; ")));
  request.name = name.toStdString();
  request.list = std::move(list);
  const bool keep = !m_workbench.readOnly() && (!request.parent || !m_workbench.isRemoved(*request.parent));
  m_busy = true;
  m_share = 0;
  emit changed();
  const auto progress = [this](double share) {
    QMetaObject::invokeMethod(this, [this, share] {
      if (!m_busy || share < m_share + 0.01) return;
      m_share = share;
      emit changed();
    });
  };
  m_workbench.askEngine("changed", this,
                        [this, request, keep, progress, name, serial = ++m_serial](
                            RunRoom& room, core::SessionStore* store, const CancelToken& token) -> Workbench::Answer {
                          const Intervened done = room.intervene(request, keep ? store : nullptr, token, progress);
                          return [this, done, name, serial] {
                            if (serial == m_serial) receive(done, name);
                          };
                        });
}

void ChangedRun::receive(const Intervened& done, const QString& name) {
  m_busy = false;
  if (done.storeError) emit failed(makeProblem(tr("The changed run was not kept."), *done.storeError));
  if (done.error) {
    emit changed();
    if (done.error->cancelled) {
      emit m_workbench.noted(tr("Stopped."));
    } else {
      emit failed(makeProblem(tr("The run could not be done again."), *done.error));
    }
    return;
  }
  m_before = last();
  m_run = done.run;
  m_remark = QString::fromStdString(done.remark);
  m_workbench.refreshSessions();
  emit changed();
  emit finished(done.row, m_run->changed, name);
}

void ChangedRun::put(const Result& result) {
  m_run = result.run;
  m_remark = result.remark;
  emit changed();
}

void ChangedRun::cancel() {
  if (m_busy) m_workbench.cancelJob("changed");
}

ui::EffectView ChangedRun::view(const ui::Phrases& say) const {
  return ui::makeEffectView(m_run.get(), m_workbench.source().ofBlock(), m_workbench.cursor(), say);
}

}  // namespace app
